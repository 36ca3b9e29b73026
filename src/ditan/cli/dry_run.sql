-- name: dry_run
-- why: Every row of the chunk in its order, with what it was recognized as or the code that says why it was not.
SELECT a.row_number, a.event_id, a.descriptor, a.mcc, a.amount_fen, c.scenario, c.evidence,
    c.confidence::VARCHAR AS confidence,
    CASE WHEN c.row_number IS NOT NULL THEN c.code
         WHEN a.kind IN ('card_refund', 'card_reversal') THEN 'refund'
         ELSE 'not_green' END AS code,
    q.carbon_mg, q.energy
FROM accepted a LEFT JOIN candidate c USING (row_number) LEFT JOIN quantified q USING (row_number)
UNION ALL
SELECT row_number, coalesce(event_id, ''), NULL, NULL, 0, NULL, NULL, NULL, code::VARCHAR, NULL, NULL FROM rejected
ORDER BY row_number
