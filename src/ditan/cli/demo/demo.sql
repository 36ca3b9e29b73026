-- name: with_ripe_balls
-- why: Who has something to collect at a moment.
SELECT customer_id FROM ledger.holder
WHERE EXISTS (SELECT FROM unnest(balls) ball WHERE ball >> 36 <= ledger.minute(%(now)s)) ORDER BY customer_id

-- name: busy
-- why: Whose page shows the most: fruits that are raw, ripe and about to fall, energy, and a garden that has grown.
SELECT c.customer_ref
FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE ripens > ledger.minute(%(now)s)) AS raw,
        count(*) FILTER (WHERE ripens <= ledger.minute(%(now)s) AND lapses - ledger.minute(%(now)s) > 720) AS ripe,
        count(*) FILTER (WHERE lapses - ledger.minute(%(now)s) BETWEEN 1 AND 720) AS soon
    FROM (SELECT ball >> 36 AS ripens, (ball >> 36) + ((ball >> 31) & 31) * 1440 AS lapses FROM unnest(h.balls) ball) b
) n
WHERE h.carbon_mg >= 5000000 AND c.closed_at IS NULL
ORDER BY (n.raw > 0)::int + (n.ripe > 1)::int + (n.soon > 0)::int + (h.available_energy > 0)::int DESC,
    n.raw + n.ripe + n.soon <= 6 DESC, n.raw + n.ripe + n.soon DESC, h.customer_id
LIMIT 1

-- name: quiet
-- why: Somebody with a small garden and a few fruits.
SELECT c.customer_ref
FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
WHERE h.carbon_mg BETWEEN 300000 AND 20000000 AND cardinality(h.balls) BETWEEN 2 AND 4 AND c.closed_at IS NULL
  AND c.customer_ref <> %(not)s
ORDER BY cardinality(h.balls) DESC, h.carbon_mg DESC, h.customer_id LIMIT 1

-- name: spender
-- why: Somebody whose payments can be refunded after the energy they gave was used.
SELECT c.customer_ref, h.customer_id, h.available_energy
FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
WHERE h.available_energy BETWEEN 100 AND 2000 AND c.closed_at IS NULL AND c.customer_ref <> ALL (%(not)s)
  AND (SELECT count(*) FROM ledger.act a WHERE a.customer_id = h.customer_id AND a.amount_fen > 0 AND a.energy > 0) >= 12
ORDER BY h.available_energy, h.customer_id LIMIT 1

-- name: given_by
-- why: Which of some events gave energy to a customer.
SELECT act_id, energy FROM ledger.act WHERE customer_id = %(customer_id)s AND act_id = ANY (%(acts)s) AND energy > 0

-- name: cards_of
-- why: What the bank would name in the token of a customer.
SELECT card_ref, product FROM accounts.card d JOIN accounts.customer c USING (customer_id)
WHERE c.customer_ref = %(customer_ref)s AND d.unlinked_at IS NULL ORDER BY card_id
