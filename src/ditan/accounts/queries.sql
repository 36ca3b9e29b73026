-- name: hold_shards
-- why: A batch reads who may post and then posts (ledger/queries.sql): a decision comes before both or after both.
SELECT pg_advisory_xact_lock(7315001, shard)
FROM (SELECT DISTINCT ledger.shard(key) AS shard FROM unnest(%(keys)s::uuid[]) key ORDER BY 1) asked

-- name: open
-- why: Opening twice is the same account.
INSERT INTO accounts.customer (customer_id, customer_key, customer_ref, opened_at, channel) OVERRIDING SYSTEM VALUE
VALUES ((ledger.shard(%(customer_key)s)::bigint << 40) + nextval('accounts.customer_customer_id_seq'), %(customer_key)s,
    %(customer_ref)s, %(at)s, %(channel)s)
ON CONFLICT (customer_ref) DO NOTHING

-- name: open_holder
-- why: Every account has its row in the ledger from the first day, so that posting only ever updates it.
INSERT INTO ledger.holder (customer_id, customer_key, opened_at)
SELECT customer_id, customer_key, opened_at FROM accounts.customer WHERE customer_ref = %(customer_ref)s
ON CONFLICT DO NOTHING

-- name: link_card
-- why: A card that is linked then, or now, stays as it is; one that feeds another account is refused by the index.
INSERT INTO accounts.card (customer_id, card_key, card_ref, product, linked_at)
SELECT customer_id, %(card_key)s, %(card_ref)s, %(product)s, %(at)s
FROM accounts.customer c
WHERE customer_ref = %(customer_ref)s AND closed_at IS NULL
  AND NOT EXISTS (
    SELECT FROM accounts.card d
    WHERE d.customer_id = c.customer_id AND d.card_key = %(card_key)s
      AND (d.unlinked_at IS NULL OR d.linked_at = %(at)s OR %(at)s >= d.linked_at AND %(at)s < d.unlinked_at))

-- name: unlink_card
-- why: From now on payments with this card do not count; past ones stay.
UPDATE accounts.card d SET unlinked_at = %(at)s
FROM accounts.customer c
WHERE c.customer_id = d.customer_id AND c.customer_ref = %(customer_ref)s AND d.card_key = %(card_key)s
  AND d.unlinked_at IS NULL AND d.linked_at <= %(at)s

-- name: grant_consent
-- why: One active consent per purpose; granting again changes nothing, nor does telling of a consent of the past again.
INSERT INTO accounts.consent (customer_id, purpose, data_class, version, channel, granted_at)
SELECT customer_id, %(purpose)s, %(data_class)s, %(version)s, %(channel)s, %(at)s
FROM accounts.customer c
WHERE customer_ref = %(customer_ref)s AND closed_at IS NULL
  AND NOT EXISTS (
    SELECT FROM accounts.consent k
    WHERE k.customer_id = c.customer_id AND k.purpose = %(purpose)s
      AND (k.withdrawn_at IS NULL OR k.granted_at = %(at)s OR %(at)s >= k.granted_at AND %(at)s < k.withdrawn_at))

-- name: withdraw_consent
-- why: Effective at once; acts before this moment stay.
UPDATE accounts.consent k SET withdrawn_at = %(at)s, withdrawn_channel = %(channel)s
FROM accounts.customer c
WHERE c.customer_id = k.customer_id AND c.customer_ref = %(customer_ref)s AND k.purpose = %(purpose)s
  AND k.withdrawn_at IS NULL AND k.granted_at <= %(at)s

-- name: under_way
-- why: An account is not closed while an order of it holds energy; locked, there will be no other until the commit.
SELECT c.customer_ref, o.orders, o.energy
FROM ledger.holder h JOIN accounts.customer c USING (customer_id) CROSS JOIN LATERAL (
    SELECT count(*) AS orders, coalesce(sum(o.energy), 0)::bigint AS energy FROM rewards.order o
    WHERE o.customer_id = h.customer_id AND o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')) o
WHERE c.customer_ref = ANY (%(refs)s) AND c.closed_at IS NULL AND o.orders > 0 ORDER BY c.customer_ref

-- name: lock_holders
-- why: An order is placed under this lock; customers in order, like everybody.
SELECT FROM ledger.holder h WHERE customer_id IN (SELECT customer_id FROM accounts.customer WHERE customer_ref = ANY (%(refs)s))
ORDER BY customer_id FOR UPDATE

-- name: close
-- why: Nothing that happens after this moment is posted.
UPDATE accounts.customer SET closed_at = %(at)s WHERE customer_ref = %(customer_ref)s AND closed_at IS NULL

-- name: withdraw_all
-- why: A closed account has no active consent.
UPDATE accounts.consent k SET withdrawn_at = greatest(%(at)s, k.granted_at), withdrawn_channel = %(channel)s
FROM accounts.customer c
WHERE c.customer_id = k.customer_id AND c.customer_ref = %(customer_ref)s AND k.withdrawn_at IS NULL

-- name: unlink_all
-- why: Nor a linked card: it may be linked to another account.
UPDATE accounts.card d SET unlinked_at = greatest(%(at)s, d.linked_at)
FROM accounts.customer c
WHERE c.customer_id = d.customer_id AND c.customer_ref = %(customer_ref)s AND d.unlinked_at IS NULL

-- name: known
-- why: Which of these references have an account, and which of those are closed.
SELECT customer_ref, closed_at IS NOT NULL AS closed FROM accounts.customer WHERE customer_ref = ANY (%(refs)s)

-- name: linked
-- why: The cards that closing an account lets go.
SELECT customer_ref, card_ref FROM accounts.card JOIN accounts.customer USING (customer_id)
WHERE customer_ref = ANY (%(refs)s) AND unlinked_at IS NULL

-- name: read_customer
-- why: The account itself.
SELECT customer_id, customer_ref, opened_at, closed_at, channel FROM accounts.customer
WHERE customer_ref = %(customer_ref)s

-- name: read_cards
-- why: Its cards, past and present.
SELECT card_ref, product, linked_at, unlinked_at FROM accounts.card WHERE customer_id = %(customer_id)s
ORDER BY linked_at, card_ref

-- name: read_consents
-- why: Its consents, past and present.
SELECT purpose, data_class, version, channel, granted_at, withdrawn_at FROM accounts.consent
WHERE customer_id = %(customer_id)s ORDER BY granted_at, purpose

-- name: project_permits
-- why: Posting reads one row per customer; this is where that row learns what the customer decided.
UPDATE ledger.holder h SET opened_at = c.opened_at, closed_at = c.closed_at, permits = coalesce((
    SELECT string_agg(int8send(n), '' ORDER BY code, since, until, place) FROM (
        SELECT CASE purpose WHEN 'card_payments' THEN 1 WHEN 'whereabouts' THEN 2 ELSE 3 END::bigint AS code,
            granted_at AS since, coalesce(withdrawn_at, 'infinity') AS until
        FROM accounts.consent k WHERE k.customer_id = c.customer_id
        UNION
        SELECT card_key, linked_at, coalesce(unlinked_at, 'infinity') FROM accounts.card d WHERE d.customer_id = c.customer_id
    ) permit, LATERAL unnest(array[code, (extract(epoch FROM since) * 1000000)::bigint, CASE until
        WHEN 'infinity' THEN 9223372036854775807 ELSE (extract(epoch FROM until) * 1000000)::bigint END])
        WITH ORDINALITY AS part (n, place)
    ), '')
FROM accounts.customer c WHERE c.customer_id = h.customer_id AND c.customer_ref = ANY (%(refs)s)

-- name: acts_left_alone
-- why: A decision dated in the past must not leave an act without the account and consents it was posted under (INV-09).
SELECT c.customer_ref, a.occurred_at
FROM accounts.customer c
JOIN ledger.act a USING (customer_id)
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
WHERE c.customer_ref = ANY (%(refs)s) AND (
    a.occurred_at >= c.closed_at
    OR EXISTS (
        SELECT FROM unnest(s.purposes) wanted
        WHERE NOT EXISTS (
            SELECT FROM accounts.consent k
            WHERE k.customer_id = a.customer_id AND k.purpose = wanted AND k.granted_at <= a.occurred_at
              AND (k.withdrawn_at IS NULL OR a.occurred_at < k.withdrawn_at))))
ORDER BY a.occurred_at DESC LIMIT 1

-- name: erase
-- why: One function that belongs to the owner of the tables: the application itself may not change history.
SELECT accounts.erase(%(customer_key)s, %(now)s)

-- name: leave_segment
-- why: A list is the whole of its segment: who is not in it any more leaves.
DELETE FROM accounts.segment_member m USING accounts.customer c
WHERE c.customer_id = m.customer_id AND m.segment = %(segment)s AND c.customer_key <> ALL (%(keys)s::uuid[])

-- name: join_segment
-- why: Who was in it stays since then.
INSERT INTO accounts.segment_member (segment, customer_id, since)
SELECT %(segment)s, customer_id, %(now)s FROM accounts.customer
WHERE customer_key = ANY (%(keys)s::uuid[]) AND closed_at IS NULL ORDER BY customer_id
ON CONFLICT DO NOTHING

-- name: list_segments
-- why: How many are in each.
SELECT segment, count(*) AS members FROM accounts.segment_member GROUP BY segment ORDER BY segment
