-- name: people
-- why: Customers of the batches, in a random order that is the same in every run, by half of the shards.
CREATE OR REPLACE TABLE person AS
SELECT *, row_number() OVER (PARTITION BY half ORDER BY hash(n)) - 1 AS place FROM (
    SELECT n, 'cust-' || n AS customer_ref, 'card-' || n AS card_ref,
        (('0x' || substr(sha256('cust-' || n), 1, 2))::INTEGER >> 7) AS half
    FROM range({first}, {last} + 1) customers (n))

-- name: habits
-- why: How often a scenario is somebody's habit: Zipf's law over the 21, the rides first. A thousand slots to draw from.
CREATE OR REPLACE TABLE habit AS
WITH weight AS (
    SELECT place, sum(1.0 / (place + 1)) OVER (ORDER BY place) / sum(1.0 / (place + 1)) OVER () AS until FROM kind
)
SELECT slot, (SELECT min(place) FROM weight WHERE until * 1000 >= slot + 1 OR place = (SELECT max(place) FROM kind)) AS place
FROM range(1000) slots (slot)

-- name: offer
-- why: What quantification leaves of a batch: three acts on three days of each customer whose turn it is; event ids as
-- why: random as a bank's. A customer has four habits; in a hot batch all have one.
CREATE OR REPLACE TEMP TABLE quantified AS
SELECT row_number() OVER ()::BIGINT AS row_number, md5(concat_ws(' ', 'event', {round}, {hot}, n, nth))::UUID AS event_key,
    md5(concat_ws(' ', 'content', {round}, {hot}, n, nth))::UUID AS content_key, NULL::UUID AS match_key, 'card_payment' AS kind,
    customer_ref, card_ref, s.scenario,
    (TIMESTAMP '2026-06-30 16:00' + INTERVAL 1 DAY * ({day} + nth) + INTERVAL 1 MINUTE * (420 + hash(n, nth, {round}) % 600))
        AS occurred_at,
    (100 + hash(n, nth) % 900)::BIGINT AS amount_fen, 8000::BIGINT AS quantity_milli,
    (1000 + hash(n, nth, {round}) % 400000)::BIGINT AS raw_mg, (1000 + hash(n, nth, {round}) % 400000)::BIGINT AS carbon_mg,
    s.energy, s.rate_id, CASE WHEN s.occasion THEN 'bill ' || {round} || ' ' || nth END AS occasion
FROM person p CROSS JOIN range(3) acts (nth)
JOIN habit h ON h.slot = CASE WHEN {hot} = 1 THEN 0 ELSE hash(p.n, 'habit', ({round} + nth) % 4) % 1000 END
JOIN kind s ON s.place = h.place
WHERE p.half IN {halves} AND p.place >= {from_place} AND p.place < {to_place}

-- name: no_refunds
-- why: Refunds have their own tests; here the path of an act is measured.
CREATE OR REPLACE TEMP TABLE refund AS
SELECT row_number, event_key, content_key, NULL::UUID AS original_key, match_key, kind, customer_ref, amount_fen, occurred_at
FROM quantified WHERE FALSE
