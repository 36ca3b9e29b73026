-- name: add_customers
-- why: Customers with every consent and a card, as opening an account makes them; numbers and references are made up.
WITH made AS (
    SELECT n, 'cust-' || n AS ref, 'card-' || n AS card FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
), keyed AS MATERIALIZED (
    SELECT n, ref, card, substr(encode(sha256(ref::bytea), 'hex'), 1, 32)::uuid AS customer_key,
        ('x' || substr(encode(sha256(card::bytea), 'hex'), 1, 15))::bit(60)::bigint AS card_key
    FROM made
), numbered AS MATERIALIZED (
    SELECT *, (ledger.shard(customer_key)::bigint << 40) + n AS customer_id FROM keyed
), holders AS (
    INSERT INTO ledger.holder (customer_id, customer_key, opened_at, permits)
    SELECT customer_id, customer_key, %(opened)s, %(consents)s::bytea || int8send(card_key) || %(since)s::bytea
    FROM numbered ORDER BY customer_id
), customers AS (
    INSERT INTO accounts.customer (customer_id, customer_key, customer_ref, opened_at, channel) OVERRIDING SYSTEM VALUE
    SELECT customer_id, customer_key, ref, %(opened)s, 'app' FROM numbered WHERE %(whole)s
), cards AS (
    INSERT INTO accounts.card (card_ref, card_key, customer_id, product, linked_at)
    SELECT card, card_key, customer_id, 'debit', %(opened)s FROM numbered WHERE %(whole)s
)
INSERT INTO accounts.consent (customer_id, purpose, data_class, version, channel, granted_at)
SELECT customer_id, purpose, '2', 'v1', 'app', %(opened)s
FROM numbered, unnest(array['card_payments', 'whereabouts', 'steps']) purpose WHERE %(whole)s

-- name: add_past
-- why: A bank that has used the ledger for long: acts of every customer under random ids, and used quotas.
INSERT INTO ledger.act
SELECT gen_random_uuid(), gen_random_uuid(), customer_id, 0, %(opened)s::timestamptz + nth * interval '1 day', 500, 8000,
    300000, 300000, 10, 0, %(pack_id)s, 1, 0
FROM ledger.holder, generate_series(1, %(acts)s) nth
WHERE customer_id BETWEEN %(first)s AND %(last)s

-- name: add_readers
-- why: Customers whose key can be computed from their number, with three ripe balls each and energy to spend. Their ids are of
-- why: the upper half of a shard, where no other customer's is; erased ones begin after the last shard.
WITH made AS MATERIALIZED (
    SELECT n, lpad(to_hex(n), 32, '0')::uuid AS customer_key, (121::bigint << 39) + n AS customer_id
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
), act AS MATERIALIZED (
    SELECT n, customer_id, nth, md5('act ' || n || ' ' || nth)::uuid AS act_id,
        (ledger.minute(%(ripe_at)s) << 36) | (7::bigint << 31) | (12 << 25) | 10 AS ball
    FROM made, generate_series(1, 3) nth
), acts AS (
    INSERT INTO ledger.act
    SELECT act_id, act_id, customer_id, 0, %(ripe_at)s::timestamptz - nth * interval '2 hours', 500, 8000, 300000, 300000, 10,
        0, %(pack_id)s, 1, 0
    FROM act
), given AS (
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, available_energy,
        lots, reason, maker, checker)
    SELECT md5('gift ' || n)::uuid, md5('gift ' || n)::uuid, customer_id, 'adjust', ledger.business_day(%(ripe_at)s),
        %(ripe_at)s, %(ripe_at)s, %(energy)s, array[ledger.lot(%(ripe_at)s, %(months)s, %(energy)s)], 'bench', 'maker', 'checker'
    FROM made
)
INSERT INTO ledger.holder (customer_id, customer_key, opened_at, carbon_mg, pending_energy, available_energy, ball_keys, balls,
    lots, due_minute, version, last_at)
SELECT customer_id, max(customer_key::text)::uuid, %(opened)s, 900000, 30, %(energy)s, array_agg(ledger.ball_key(act_id)),
    array_agg(ball), array[ledger.lot(%(ripe_at)s, %(months)s, %(energy)s)], ledger.minute(%(ripe_at)s) + 7 * 1440, 1, %(ripe_at)s
FROM act JOIN made USING (customer_id) GROUP BY customer_id ORDER BY customer_id

-- name: add_sleepers
-- why: Customers with one lot each and nothing else: what a month's end must expire.
WITH made AS MATERIALIZED (
    SELECT n, ('1' || lpad(to_hex(n), 31, '0'))::uuid AS customer_key, (123::bigint << 39) + n AS customer_id
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
), given AS (
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, available_energy,
        lots, reason, maker, checker)
    SELECT md5('old lot ' || n)::uuid, md5('old lot ' || n)::uuid, customer_id, 'adjust', ledger.business_day(%(ripe_at)s),
        %(ripe_at)s, %(ripe_at)s, 10, array[ledger.lot(%(ripe_at)s, %(months)s, 10)], 'bench', 'maker', 'checker'
    FROM made
)
INSERT INTO ledger.holder (customer_id, customer_key, opened_at, available_energy, lots, due_minute, version, last_at)
SELECT customer_id, customer_key, %(opened)s, 10, array[ledger.lot(%(ripe_at)s, %(months)s, 10)],
    ledger.lots_due(array[ledger.lot(%(ripe_at)s, %(months)s, 10)]), 1, %(ripe_at)s
FROM made ORDER BY customer_id

-- name: dump_acts
-- why: For the gate: what each act was given, as the reference model says it.
SELECT a.act_id, c.customer_ref, a.carbon_mg, a.energy, a.cut FROM ledger.act a JOIN accounts.customer c USING (customer_id)

-- name: dump_balances
-- why: And what each customer has.
SELECT c.customer_ref, h.carbon_mg, h.pending_energy + h.available_energy + h.held_energy - h.owed_energy
FROM ledger.holder h JOIN accounts.customer c USING (customer_id) WHERE h.carbon_mg > 0 OR h.pending_energy > 0

-- name: with_balls
-- why: Customers whose first page has something on it, the same ones each time.
SELECT c.customer_ref FROM accounts.customer c JOIN ledger.holder h USING (customer_id)
WHERE cardinality(h.balls) > 0 ORDER BY c.customer_key LIMIT %(most)s

-- name: sizes
-- why: Bytes on disk of everything that posting writes, indexes included.
SELECT coalesce(sum(pg_total_relation_size(name::regclass)), 0)::bigint
FROM unnest(array['ledger.act', 'ledger.holder', 'ledger.occasion', 'ledger.match', 'ledger.issued', 'feed.batch']) name
