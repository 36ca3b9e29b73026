-- name: read_reconciled
-- why: Feed, acts and balances, each summed from its own table; nothing of one is made from another.
SELECT b.rows_read, t.accept_rows, t.accepted, t.recognize_rows, t.recognized, t.post_rows, a.mg - r.mg AS acts_mg,
    a.energy - r.energy AS acts_energy, h.mg AS held_mg
FROM (SELECT coalesce(sum(rows_read), 0)::bigint AS rows_read FROM feed.batch) b,
    (SELECT coalesce(sum(rows) FILTER (WHERE stage = 'accept'), 0)::bigint AS accept_rows,
        coalesce(sum(rows) FILTER (WHERE stage = 'accept' AND went_on), 0)::bigint AS accepted,
        coalesce(sum(rows) FILTER (WHERE stage = 'recognize'), 0)::bigint AS recognize_rows,
        coalesce(sum(rows) FILTER (WHERE stage = 'recognize' AND code IN ('recognized', 'refund')), 0)::bigint AS recognized,
        coalesce(sum(rows) FILTER (WHERE stage = 'post'), 0)::bigint AS post_rows FROM feed.tally) t,
    (SELECT coalesce(sum(carbon_mg), 0)::bigint AS mg, coalesce(sum(energy), 0)::bigint AS energy FROM ledger.act) a,
    (SELECT coalesce(sum(carbon_mg), 0)::bigint AS mg, coalesce(sum(energy), 0)::bigint AS energy FROM ledger.reversal) r,
    (SELECT coalesce(sum(carbon_mg), 0)::bigint AS mg FROM ledger.holder) h
