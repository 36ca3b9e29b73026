-- name: with_ripe_balls
-- why: Who has something to collect at a moment.
SELECT customer_id FROM ledger.holder
WHERE EXISTS (SELECT FROM unnest(balls) ball WHERE ball >> 36 <= ledger.minute(%(now)s)) ORDER BY customer_id

-- name: begun
-- why: Whom the welcome gift is for: the first customers who have reduced anything.
SELECT h.customer_id FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
WHERE h.carbon_mg > 0 AND c.closed_at IS NULL ORDER BY h.customer_id LIMIT %(customers)s

-- name: can_order
-- why: Who can afford something, and what she has.
SELECT h.customer_id, c.customer_ref, h.available_energy FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
WHERE h.available_energy >= 500 AND c.closed_at IS NULL ORDER BY h.customer_id

-- name: busy
-- why: Whose page shows the most: orders of several kinds, fruits that can be collected, energy, and a grown garden.
SELECT c.customer_ref, h.customer_id
FROM ledger.holder h JOIN accounts.customer c USING (customer_id)
CROSS JOIN LATERAL (
    SELECT count(DISTINCT partner) FILTER (WHERE state = 'fulfilled') + count(*) FILTER (WHERE partner = 'green-hill') AS kinds
    FROM rewards.order o WHERE o.customer_id = h.customer_id
) ordered
CROSS JOIN LATERAL (
    SELECT count(DISTINCT a.scenario) FILTER (WHERE a.occurred_at > %(now)s::timestamptz - interval '4 days') AS kinds,
        count(*) FILTER (WHERE s.id = 'metro_ride') AS rides, count(*) FILTER (WHERE a.cut <> 0) * 10 > count(*) AS often_cut
    FROM ledger.act a JOIN methodology.scenario s USING (pack_id, scenario) WHERE a.customer_id = h.customer_id
) n
WHERE h.carbon_mg BETWEEN 5000000 AND 80000000 AND c.closed_at IS NULL AND n.rides > 0 AND h.available_energy > 60
  AND cardinality(h.balls) BETWEEN 2 AND 5
ORDER BY ordered.kinds DESC, n.often_cut, least(n.kinds, 4) DESC, cardinality(h.balls) DESC, n.rides DESC, h.customer_id
LIMIT 1

-- name: latest_ride
-- why: Which of some events was a customer's latest ride on the metro.
SELECT a.act_id FROM ledger.act a JOIN methodology.scenario s USING (pack_id, scenario)
WHERE a.customer_id = %(customer_id)s AND a.act_id = ANY (%(acts)s) AND s.id = 'metro_ride'
ORDER BY a.occurred_at DESC LIMIT 1

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
WHERE h.available_energy BETWEEN 3600 AND 3999 AND h.carbon_mg > 3000000 AND c.closed_at IS NULL AND c.customer_ref <> ALL (%(not)s)
  AND (SELECT count(*) FROM ledger.act a WHERE a.customer_id = h.customer_id AND a.amount_fen > 0 AND a.energy > 0) >= 12
ORDER BY h.available_energy, h.customer_id LIMIT 1

-- name: given_by
-- why: Which of some events gave energy to a customer.
SELECT act_id, energy FROM ledger.act WHERE customer_id = %(customer_id)s AND act_id = ANY (%(acts)s) AND energy > 0

-- name: cards_of
-- why: What the bank would name in the token of a customer.
SELECT card_ref, product FROM accounts.card d JOIN accounts.customer c USING (customer_id)
WHERE c.customer_ref = %(customer_ref)s AND d.unlinked_at IS NULL ORDER BY card_id
