-- name: endings
-- why: How each row of the batch ended, from the tables that the stages leave, in the order of the rows.
SELECT e.row_number, e.stage, e.code, e.field, e.carbon_mg, e.energy, c.scenario,
    CASE WHEN e.stage = 'post' AND e.code IN ('posted', 'capped', 'same_occasion', 'too_soon', 'duplicate')
         THEN a.event_key::VARCHAR END AS act_id
FROM (
    SELECT row_number, 'accept' AS stage, code::VARCHAR AS code, field, 0::BIGINT AS carbon_mg, 0::BIGINT AS energy FROM rejected
    UNION ALL SELECT row_number, 'accept', 'duplicate', NULL, 0, 0 FROM duplicate
    UNION ALL SELECT row_number, 'accept', 'conflict', NULL, 0, 0 FROM conflict
    UNION ALL SELECT row_number, 'recognize', code, NULL, 0, 0 FROM candidate WHERE code IS NOT NULL
    UNION ALL SELECT row_number, 'recognize', 'not_green', NULL, 0, 0 FROM accepted
        WHERE kind IN ('card_payment', 'service_event') AND row_number NOT IN (SELECT row_number FROM candidate)
    UNION ALL SELECT row_number, 'recognize', 'refund_of_not_green', NULL, 0, 0 FROM accepted
        WHERE kind IN ('card_refund', 'card_reversal') AND row_number NOT IN (SELECT row_number FROM refund)
    UNION ALL SELECT row_number, 'post', code, NULL, carbon_mg, energy FROM outcome WHERE row_number >= 0
) e
LEFT JOIN accepted a USING (row_number)
LEFT JOIN candidate c USING (row_number)
ORDER BY e.row_number
