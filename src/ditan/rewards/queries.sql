-- name: read_catalogue_id
-- why: A catalogue that ran before is known by its version.
SELECT catalogue_id FROM rewards.catalogue WHERE version = %(version)s

-- name: write_catalogue
-- why: Kept whole: an order says what it promised. Two processes that start together write it once.
INSERT INTO rewards.catalogue (version, content, sha256, registered_at)
VALUES (%(version)s, %(content)s, %(sha256)s, %(now)s) ON CONFLICT (version) DO NOTHING

-- name: lock_customer
-- why: Everything of a customer's orders takes turns here, like everything of her energy. Nothing: no account.
SELECT customer_id, closed_at FROM ledger.holder WHERE customer_key = %(customer_key)s FOR UPDATE

-- name: lock_customer_of
-- why: The same, from an order: the customer first, then the order, as the sweep does.
SELECT FROM ledger.holder WHERE customer_id = (SELECT customer_id FROM rewards.order WHERE order_id = %(order_id)s) FOR UPDATE

-- name: read_order
-- why: One order, as it stands now.
SELECT order_id, customer_id, content_key, reward_id, partner, quantity, energy, limited_id, units, placed_at, deadline,
    state::text, changes
FROM rewards.order WHERE order_id = %(order_id)s

-- name: used
-- why: What a customer had of a reward since a moment; what came to nothing does not count.
SELECT coalesce(sum(quantity), 0)::bigint AS quantity FROM rewards.order
WHERE customer_id = %(customer_id)s AND reward_id = %(reward_id)s AND placed_at >= %(since)s
  AND state NOT IN ('failed', 'cancelled', 'expired')

-- name: in_segment
-- why: Some rewards are for the customers of a segment, as the bank says.
SELECT segment FROM accounts.segment_member WHERE customer_id = %(customer_id)s AND segment = ANY (%(segments)s) LIMIT 1

-- name: write_order
-- why: The order, in the unit of work that holds its energy.
INSERT INTO rewards.order (order_id, customer_id, content_key, catalogue_id, reward_id, partner, quantity, energy, limited_id,
    units, note, placed_at, deadline, state, changes)
VALUES (%(order_id)s, %(customer_id)s, %(content_key)s, %(catalogue_id)s, %(reward_id)s, %(partner)s, %(quantity)s, %(energy)s,
    %(limited_id)s, %(units)s, %(note)s, %(now)s, %(deadline)s, 'held', 1)

-- name: write_change
-- why: History is only added to.
INSERT INTO rewards.order_change (order_id, nth, state, reason, by, occurred_at, recorded_at)
VALUES (%(order_id)s, %(nth)s, %(state)s, %(reason)s, %(by)s, %(at)s, %(now)s)

-- name: change_order
-- why: Where an order stands, beside the change that says why.
UPDATE rewards.order SET state = %(state)s, changes = %(nth)s, delivered = coalesce(%(delivered)s, delivered),
    code = coalesce(%(code)s, code)
WHERE order_id = %(order_id)s

-- name: write_job
-- why: In the unit of work that makes it necessary. One of a kind: asking again for the same only moves it.
INSERT INTO rewards.job (order_id, kind, due_at) VALUES (%(order_id)s, %(kind)s, %(due_at)s)
ON CONFLICT (order_id, kind) DO UPDATE SET due_at = least(job.due_at, excluded.due_at)

-- name: take_job
-- why: The oldest job that is due and that nobody else takes, moved into the future: due again by itself if the worker dies.
UPDATE rewards.job SET due_at = %(until)s, attempts = attempts + 1
WHERE job_id = (SELECT job_id FROM rewards.job WHERE due_at <= %(now)s ORDER BY due_at, job_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING job_id, order_id, kind, attempts

-- name: repeat_job
-- why: It did not work this time.
UPDATE rewards.job SET due_at = %(due_at)s, trouble = %(trouble)s WHERE job_id = %(job_id)s

-- name: finish_job
-- why: It is done; the order's history says what came of it.
DELETE FROM rewards.job WHERE job_id = %(job_id)s

-- name: drop_jobs
-- why: An order that is over has nothing to be done.
DELETE FROM rewards.job WHERE order_id = %(order_id)s

-- name: next_due
-- why: When there is something to do next.
SELECT min(due_at) AS due_at, count(*) AS jobs FROM rewards.job

-- name: read_webhook
-- why: Whether a message was believed before, and what came of it.
SELECT content_key, outcome FROM rewards.webhook WHERE partner = %(partner)s AND webhook_id = %(webhook_id)s

-- name: write_webhook
-- why: In the unit of work that does what it says.
INSERT INTO rewards.webhook (partner, webhook_id, content_key, outcome, received_at)
VALUES (%(partner)s, %(webhook_id)s, %(content_key)s, %(outcome)s, %(now)s)

-- name: read_shelf
-- why: What the customer has, what is left, and what was used in each period, in one trip. Nothing: no account.
SELECT h.available_energy, h.closed_at <= %(now)s AS closed, array(
        SELECT m.segment FROM accounts.segment_member m WHERE m.customer_id = h.customer_id) AS segments, (
        SELECT jsonb_object_agg(l.name, l.balance) FROM ledger.limited l WHERE l.name = ANY (%(stocks)s)) AS stocks, (
        SELECT jsonb_object_agg(u.reward_id, u.quantity) FROM (
            SELECT o.reward_id, sum(o.quantity) AS quantity
            FROM rewards.order o JOIN unnest(%(rewards)s::text[], %(since)s::timestamptz[]) AS p (reward_id, since) USING (reward_id)
            WHERE o.customer_id = h.customer_id AND o.placed_at >= p.since AND o.state NOT IN ('failed', 'cancelled', 'expired')
            GROUP BY o.reward_id) u) AS used
FROM ledger.holder h WHERE h.customer_key = %(customer_key)s

-- name: read_orders
-- why: A customer's orders with what each promised and its history, the latest first. One empty row: none; no row: no account.
SELECT o.order_id, o.reward_id, o.partner, o.quantity, o.energy, o.note, o.placed_at, o.deadline, o.state::text, o.delivered,
    o.code, o.reward, o.partner_name, o.history, o.trees
FROM ledger.holder h LEFT JOIN LATERAL (
    SELECT o.*, (SELECT r FROM jsonb_array_elements(c.content -> 'rewards') r WHERE r ->> 'id' = o.reward_id) AS reward,
        (SELECT p -> 'name' FROM jsonb_array_elements(c.content -> 'partners') p WHERE p ->> 'id' = o.partner) AS partner_name,
        (SELECT jsonb_agg(jsonb_build_object('state', k.state, 'reason', k.reason, 'by', k.by, 'at', k.recorded_at) ORDER BY k.nth)
         FROM rewards.order_change k WHERE k.order_id = o.order_id) AS history,
        (SELECT jsonb_agg(jsonb_build_array(t.tree_no, t.issued_at) ORDER BY t.nth)
         FROM rewards.tree t WHERE t.order_id = o.order_id) AS trees
    FROM rewards.order o JOIN rewards.catalogue c USING (catalogue_id)
    WHERE o.customer_id = h.customer_id AND (%(order_id)s::uuid IS NULL OR o.order_id = %(order_id)s)
      AND (%(before_at)s::timestamptz IS NULL OR (o.placed_at, o.order_id) < (%(before_at)s, %(before_id)s::uuid))
    ORDER BY o.placed_at DESC, o.order_id DESC LIMIT %(limit)s
) o ON true
WHERE h.customer_key = %(customer_key)s
ORDER BY o.placed_at DESC, o.order_id DESC

-- name: read_partner_orders
-- why: A partner's own orders, the latest first: nothing that says whose they are.
SELECT order_id, reward_id, quantity, state::text, placed_at, deadline, delivered FROM rewards.order
WHERE partner = %(partner)s AND state <> 'held'
  AND (%(before_at)s::timestamptz IS NULL OR (placed_at, order_id) < (%(before_at)s, %(before_id)s::uuid))
ORDER BY placed_at DESC, order_id DESC LIMIT %(limit)s

-- name: captured
-- why: The energy an order used, after what went back of a part.
SELECT -(available_energy + held_energy - owed_energy) - coalesce((
        SELECT sum(g.available_energy - g.owed_energy) FROM ledger.entry g
        WHERE g.customer_id = e.customer_id AND g.kind = 'give_back' AND g.hold_id = %(order_id)s), 0)::bigint AS energy
FROM ledger.entry e WHERE entry_id = ledger.end_of(%(order_id)s) AND kind = 'capture'

-- name: money_back
-- why: What of a donation came back; goods that came back are looked at first, and go into a stock by hand.
SELECT rewards.came_back(o) AS fen FROM rewards.order o JOIN ledger.limited l USING (limited_id)
WHERE o.order_id = %(order_id)s AND l.kind = 'fund'

-- name: noted
-- why: What a partner says in vain is written down once, however often it is said.
SELECT nth FROM rewards.order_change WHERE order_id = %(order_id)s AND reason = %(reason)s LIMIT 1

-- name: issue_trees
-- why: A tree order that is delivered gets its numbers, once; any other order gets none.
INSERT INTO rewards.tree (order_id, nth, reward_id, issued_at)
SELECT o.order_id, nth, o.reward_id, %(now)s
FROM rewards.order o JOIN rewards.catalogue c USING (catalogue_id), generate_series(1, o.delivered) nth
WHERE o.order_id = %(order_id)s AND EXISTS (
    SELECT FROM jsonb_array_elements(c.content -> 'rewards') r WHERE r ->> 'id' = o.reward_id AND r ->> 'kind' = 'tree')
ORDER BY nth
ON CONFLICT (order_id, nth) DO NOTHING

-- name: write_planting
-- why: A planting begins with the trees that wait longest; those of orders that came back wait for nothing.
WITH waiting AS (
    SELECT tree_no FROM rewards.tree t JOIN rewards.order o USING (order_id)
    WHERE t.reward_id = %(reward_id)s AND t.planting_id IS NULL AND o.partner = %(partner)s AND o.state <> 'returned'
    ORDER BY tree_no LIMIT %(most)s FOR UPDATE OF t SKIP LOCKED
), made AS (
    INSERT INTO rewards.planting (partner, contract, reward_id, place_zh, place_en, trees, opened_by, opened_at)
    SELECT %(partner)s, %(contract)s, %(reward_id)s, %(place_zh)s, %(place_en)s, count(*), %(by)s, %(now)s
    FROM waiting HAVING count(*) > 0
    RETURNING planting_id, trees
)
SELECT planting_id, trees, (SELECT array_agg(tree_no) FROM waiting) AS tree_nos FROM made

-- name: assign_trees
-- why: A tree says which planting it is part of.
UPDATE rewards.tree SET planting_id = %(planting_id)s WHERE tree_no = ANY (%(tree_nos)s)

-- name: read_planting
-- why: Its events are numbered one after the other: two at the same moment meet at the primary key.
SELECT p.planting_id, p.trees, p.opened_at, (SELECT max(nth) FROM rewards.planting_event e WHERE e.planting_id = p.planting_id) AS nth,
    EXISTS (SELECT FROM rewards.planting_event e WHERE e.planting_id = p.planting_id AND kind = 'planted') AS planted
FROM rewards.planting p WHERE planting_id = %(planting_id)s

-- name: write_planting_event
-- why: History is only added to.
INSERT INTO rewards.planting_event (planting_id, nth, kind, on_day, trees, evidence, recorded_by, recorded_at)
VALUES (%(planting_id)s, %(nth)s, %(kind)s, %(on_day)s, %(trees)s, %(evidence)s, %(by)s, %(now)s)

-- name: read_tree
-- why: What anybody may know of a tree who has its number: nothing says whose it is.
SELECT t.tree_no, t.issued_at, o.state = 'returned' AS given_back, p.planting_id, p.contract, p.place_zh, p.place_en, p.trees,
    (SELECT r FROM jsonb_array_elements(c.content -> 'rewards') r WHERE r ->> 'id' = o.reward_id) AS reward,
    (SELECT q FROM jsonb_array_elements(c.content -> 'partners') q WHERE q ->> 'id' = o.partner) AS partner,
    c.content ->> 'status' AS status, coalesce((
        SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'on', e.on_day, 'trees', e.trees, 'evidence', e.evidence) ORDER BY e.nth)
        FROM rewards.planting_event e WHERE e.planting_id = p.planting_id), '[]') AS events, coalesce((
        SELECT jsonb_agg(jsonb_build_object('kind', v.kind, 'on', v.on_day, 'evidence', v.evidence, 'planting_id', v.planting_id,
            'contract', q.contract) ORDER BY v.nth)
        FROM rewards.tree_event v JOIN rewards.planting q ON q.planting_id = v.planting_id WHERE v.tree_no = t.tree_no), '[]') AS history
FROM rewards.tree t JOIN rewards.order o USING (order_id) JOIN rewards.catalogue c USING (catalogue_id)
LEFT JOIN rewards.planting p ON p.planting_id = t.planting_id
WHERE t.tree_no = ANY (%(tree_nos)s) ORDER BY t.tree_no DESC

-- name: lock_customers_of_trees
-- why: Customers first, then trees: energy may come back.
SELECT FROM ledger.holder WHERE customer_id IN (
    SELECT o.customer_id FROM rewards.tree t JOIN rewards.order o USING (order_id) WHERE t.tree_no = ANY (%(tree_nos)s))
ORDER BY customer_id FOR UPDATE

-- name: read_trees
-- why: How trees stand, and what their orders were; what happened to them is written after this lock.
SELECT t.tree_no, t.issued_at, t.order_id, t.reward_id, t.planting_id, o.partner, o.quantity, o.energy, o.content_key,
    o.state = 'returned' AS given_back, coalesce(v.nth, 0) AS events, v.kind AS latest, v.evidence AS latest_evidence,
    EXISTS (SELECT FROM rewards.planting_event e WHERE e.planting_id = t.planting_id AND e.kind = 'planted') AS planted
FROM rewards.tree t JOIN rewards.order o USING (order_id) LEFT JOIN LATERAL (
    SELECT nth, kind, evidence FROM rewards.tree_event WHERE tree_no = t.tree_no ORDER BY nth DESC LIMIT 1) v ON true
WHERE t.tree_no = ANY (%(tree_nos)s) ORDER BY t.tree_no FOR UPDATE OF t

-- name: read_trees_of
-- why: A partner names an order and the how-manieth tree of it.
SELECT tree_no, nth FROM rewards.tree WHERE order_id = %(order_id)s ORDER BY nth

-- name: trees_elsewhere
-- why: An operator names a planting and trees of it; saying it again after they moved is no mistake.
SELECT tree_no FROM unnest(%(tree_nos)s::bigint[]) tree_no
WHERE NOT EXISTS (SELECT FROM rewards.tree t WHERE t.tree_no = tree_no.tree_no AND t.planting_id = %(planting_id)s)
  AND NOT EXISTS (SELECT FROM rewards.tree_event v WHERE v.tree_no = tree_no.tree_no AND v.planting_id = %(planting_id)s)

-- name: write_tree_event
-- why: History is only added to.
INSERT INTO rewards.tree_event (tree_no, nth, kind, planting_id, on_day, evidence, entry_id, recorded_by, recorded_at)
VALUES (%(tree_no)s, %(nth)s, %(kind)s, %(planting_id)s, %(on_day)s, %(evidence)s, %(entry_id)s, %(by)s, %(now)s)

-- name: grow_planting
-- why: Trees that are planted again join the planting of their new contract, the latest of that name.
UPDATE rewards.planting SET trees = trees + %(trees)s
WHERE planting_id = (SELECT max(planting_id) FROM rewards.planting
    WHERE partner = %(partner)s AND reward_id = %(reward_id)s AND contract = %(contract)s)
RETURNING planting_id

-- name: write_replanting
-- why: Or a planting begins with them.
INSERT INTO rewards.planting (partner, contract, reward_id, place_zh, place_en, trees, opened_by, opened_at)
VALUES (%(partner)s, %(contract)s, %(reward_id)s, %(place_zh)s, %(place_en)s, %(trees)s, %(by)s, %(now)s)
RETURNING planting_id

-- name: list_plantings
-- why: What operators look after, and how many trees of each reward still wait for one.
SELECT planting_id, partner, contract, reward_id, place_zh, place_en, trees,
    (SELECT e.kind FROM rewards.planting_event e WHERE e.planting_id = p.planting_id ORDER BY nth DESC LIMIT 1) AS latest
FROM rewards.planting p
UNION ALL
SELECT NULL, o.partner, NULL, t.reward_id, NULL, NULL, count(*)::integer, NULL
FROM rewards.tree t JOIN rewards.order o USING (order_id) WHERE t.planting_id IS NULL AND o.state <> 'returned'
GROUP BY o.partner, t.reward_id
ORDER BY planting_id NULLS FIRST

-- name: read_plantings
-- why: What became of the trees of one reward so far, for anybody who thinks of ordering one.
SELECT p.planting_id, p.contract, p.place_zh, p.place_en, p.trees, coalesce((
    SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'on', e.on_day, 'trees', e.trees, 'evidence', e.evidence) ORDER BY e.nth)
    FROM rewards.planting_event e WHERE e.planting_id = p.planting_id), '[]') AS events
FROM rewards.planting p WHERE p.reward_id = %(reward_id)s ORDER BY p.planting_id DESC LIMIT %(limit)s

-- name: lock_fund
-- why: Two lists of one fund at the same moment would hold the same donations.
SELECT pg_advisory_xact_lock(7315003, %(limited_id)s)

-- name: write_transfer
-- why: Everything of a fund that is given and that no transfer holds. Nothing: no row.
INSERT INTO rewards.transfer (limited_id, orders, fen, maker, made_at)
SELECT %(limited_id)s, count(*), sum(rewards.given(o)), %(maker)s, %(now)s
FROM rewards.order o
WHERE o.limited_id = %(limited_id)s AND rewards.given(o) > 0
  AND NOT EXISTS (SELECT FROM rewards.transfer_order t WHERE t.order_id = o.order_id)
HAVING count(*) > 0
RETURNING transfer_id, orders, fen

-- name: write_transfer_orders
-- why: In the same unit of work; an order that was done meanwhile waits for the next list.
INSERT INTO rewards.transfer_order (order_id, transfer_id, fen)
SELECT o.order_id, %(transfer_id)s, rewards.given(o) FROM rewards.order o
WHERE o.limited_id = %(limited_id)s AND rewards.given(o) > 0
  AND NOT EXISTS (SELECT FROM rewards.transfer_order t WHERE t.order_id = o.order_id)
ORDER BY o.placed_at, o.order_id LIMIT %(orders)s

-- name: lock_transfer
-- why: It is decided, and receipted, once: who comes second sees what the first did.
SELECT transfer_id FROM rewards.transfer WHERE transfer_id = %(transfer_id)s FOR UPDATE

-- name: decide_transfer
-- why: Once.
UPDATE rewards.transfer SET checker = %(checker)s, approved = %(approved)s, decided_at = %(now)s
WHERE transfer_id = %(transfer_id)s AND decided_at IS NULL

-- name: came_back
-- why: A donation of a list that came back before anybody decided must not be sent. Orders are locked until the commit.
SELECT o.order_id, o.state = 'returned' AS returned
FROM rewards.transfer_order t JOIN rewards.order o USING (order_id) WHERE t.transfer_id = %(transfer_id)s
ORDER BY o.order_id FOR UPDATE OF o

-- name: let_go_transfer_orders
-- why: What was declined is owed again.
DELETE FROM rewards.transfer_order WHERE transfer_id = %(transfer_id)s

-- name: receipt_transfer
-- why: Once, and only for what was sent.
UPDATE rewards.transfer SET receipt = %(receipt)s, received_at = %(now)s
WHERE transfer_id = %(transfer_id)s AND approved AND receipt IS NULL

-- name: read_transfers
-- why: One, or all of them.
SELECT transfer_id, l.name AS fund, orders, fen, maker, made_at, checker, decided_at, approved, receipt, received_at
FROM rewards.transfer JOIN ledger.limited l USING (limited_id)
WHERE %(transfer_id)s::integer IS NULL OR transfer_id = %(transfer_id)s ORDER BY transfer_id DESC

-- name: read_transfer_orders
-- why: The list for the charity: donations, without their givers.
SELECT o.order_id, o.placed_at, t.fen
FROM rewards.transfer_order t JOIN rewards.order o USING (order_id) WHERE t.transfer_id = %(transfer_id)s
ORDER BY o.placed_at, o.order_id

-- name: read_funds
-- why: Where the money of each project is; every order is in exactly one place.
SELECT l.name AS fund, l.balance AS left_fen, coalesce((
        SELECT sum(e.units) FROM ledger.entry e WHERE e.limited_id = l.limited_id AND e.kind = 'supply'), 0)::bigint AS put_in_fen,
    coalesce(sum(rewards.came_back(o)), 0)::bigint AS returned_fen,
    coalesce(sum(rewards.left_out(o)), 0)::bigint AS undelivered_fen, coalesce(sum(o.units) FILTER (
        WHERE o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')), 0)::bigint AS pledged_fen,
    coalesce(sum(rewards.given(o)) FILTER (WHERE x.approved IS NOT TRUE), 0)::bigint AS given_fen,
    coalesce(sum(rewards.given(o)) FILTER (WHERE x.approved AND x.receipt IS NULL), 0)::bigint AS sent_fen,
    coalesce(sum(rewards.given(o)) FILTER (WHERE x.receipt IS NOT NULL), 0)::bigint AS received_fen
FROM ledger.limited l LEFT JOIN rewards.order o USING (limited_id)
LEFT JOIN rewards.transfer_order t USING (order_id) LEFT JOIN rewards.transfer x USING (transfer_id)
WHERE l.name = ANY (%(funds)s) GROUP BY l.limited_id, l.name, l.balance

-- name: read_key
-- why: The key a customer's addresses are under.
SELECT master_id, wrapped FROM rewards.address_key WHERE customer_id = %(customer_id)s

-- name: write_key
-- why: One for each customer; she is locked.
INSERT INTO rewards.address_key (customer_id, master_id, wrapped, made_at)
VALUES (%(customer_id)s, %(master_id)s, %(wrapped)s, %(now)s)

-- name: write_address
-- why: One address is kept: the new one takes the place of the one before.
INSERT INTO rewards.address (customer_id, sealed, changed_at) VALUES (%(customer_id)s, %(sealed)s, %(now)s)
ON CONFLICT (customer_id) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at

-- name: forget_address
-- why: Orders keep their copies until they are over.
DELETE FROM rewards.address WHERE customer_id = %(customer_id)s RETURNING customer_id

-- name: drop_idle_key
-- why: A key that nothing is under any more is destroyed: what lies in backups goes with it.
DELETE FROM rewards.address_key k WHERE customer_id = %(customer_id)s
  AND NOT EXISTS (SELECT FROM rewards.address a WHERE a.customer_id = k.customer_id)
  AND NOT EXISTS (SELECT FROM rewards.order_address o WHERE o.customer_id = k.customer_id)

-- name: drop_idle_keys
-- why: The same for many: who is about to keep an address has her row of the ledger locked, and is passed over.
DELETE FROM rewards.address_key k WHERE customer_id IN (
    SELECT customer_id FROM ledger.holder WHERE customer_id = ANY (%(customers)s) ORDER BY customer_id FOR UPDATE SKIP LOCKED)
  AND NOT EXISTS (SELECT FROM rewards.address a WHERE a.customer_id = k.customer_id)
  AND NOT EXISTS (SELECT FROM rewards.order_address o WHERE o.customer_id = k.customer_id)

-- name: read_addresses
-- why: All of a customer's, the kept one first. No row: no account; one without content: she has none.
SELECT h.customer_id, k.master_id, k.wrapped, a.order_id, a.sealed, a.changed_at
FROM ledger.holder h LEFT JOIN rewards.address_key k USING (customer_id) LEFT JOIN LATERAL (
    SELECT NULL::uuid AS order_id, sealed, changed_at FROM rewards.address WHERE customer_id = k.customer_id
    UNION ALL
    SELECT order_id, sealed, NULL FROM rewards.order_address WHERE customer_id = k.customer_id
) a ON true
WHERE h.customer_key = %(customer_key)s ORDER BY a.order_id NULLS FIRST

-- name: read_kept_address
-- why: What an order takes a copy of.
SELECT k.master_id, k.wrapped, a.sealed FROM rewards.address a JOIN rewards.address_key k USING (customer_id)
WHERE customer_id = %(customer_id)s

-- name: write_order_address
-- why: In the unit of work that places the order.
INSERT INTO rewards.order_address (order_id, customer_id, sealed) VALUES (%(order_id)s, %(customer_id)s, %(sealed)s)

-- name: read_order_address
-- why: For the call to the partner of this order.
SELECT k.customer_id, k.master_id, k.wrapped, a.sealed
FROM rewards.order_address a JOIN rewards.address_key k USING (customer_id) WHERE order_id = %(order_id)s

-- name: forget_old_addresses
-- why: An order that ended some days ago needs no address any more, nor does a closed account. Only copies are in this table:
-- why: it stays small.
DELETE FROM rewards.order_address a USING rewards.order o
WHERE o.order_id = a.order_id AND o.state NOT IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AND (
    (SELECT max(k.recorded_at) FROM rewards.order_change k WHERE k.order_id = o.order_id) <= %(before)s
    OR EXISTS (SELECT FROM accounts.customer c WHERE c.customer_id = a.customer_id AND c.closed_at <= %(now)s))
RETURNING a.customer_id

-- name: read_old_keys
-- why: Those that are not under the current key of the bank; who is being worked on comes with the next round.
SELECT customer_id, master_id, wrapped FROM rewards.address_key WHERE master_id <> %(master_id)s
ORDER BY customer_id LIMIT %(limit)s FOR UPDATE

-- name: rewrap_key
-- why: The same key under another one; addresses stay as they are.
UPDATE rewards.address_key SET master_id = %(master_id)s, wrapped = %(wrapped)s WHERE customer_id = %(customer_id)s

-- name: count_keys
-- why: How many are under a key of the bank.
SELECT count(*) AS keys FROM rewards.address_key WHERE master_id = %(master_id)s

-- name: read_forest
-- why: The numbers of a customer's trees, the latest first, and her tree orders under way. No row: no account.
SELECT (SELECT count(*) FROM rewards.tree t JOIN rewards.order o USING (order_id) WHERE o.customer_id = h.customer_id) AS trees_in_all,
    coalesce((
        SELECT jsonb_agg(jsonb_build_array(t.tree_no, t.order_id) ORDER BY t.tree_no DESC) FROM (
            SELECT t.tree_no, t.order_id FROM rewards.tree t JOIN rewards.order o USING (order_id)
            WHERE o.customer_id = h.customer_id ORDER BY t.tree_no DESC LIMIT %(limit)s) t), '[]') AS trees,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('order_id', o.order_id, 'quantity', o.quantity, 'placed_at', o.placed_at,
            'deadline', o.deadline, 'state', o.state, 'reward', r, 'partner', q -> 'name') ORDER BY o.placed_at DESC)
        FROM rewards.order o JOIN rewards.catalogue c USING (catalogue_id),
            jsonb_array_elements(c.content -> 'rewards') r, jsonb_array_elements(c.content -> 'partners') q
        WHERE o.customer_id = h.customer_id AND o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')
          AND r ->> 'id' = o.reward_id AND r ->> 'kind' = 'tree' AND q ->> 'id' = o.partner), '[]') AS to_come
FROM ledger.holder h WHERE h.customer_key = %(customer_key)s

-- name: read_donations
-- why: A customer's donations with where the money is, the latest first. One empty row: none; no row: no account.
SELECT d.*
FROM ledger.holder h LEFT JOIN LATERAL (
    SELECT o.order_id, o.reward_id, r -> 'donation' -> 'project' AS project, r ->> 'picture' AS picture, q -> 'name' AS partner,
        o.state::text, o.placed_at AS pledged_at, open.open, CASE WHEN open.open THEN o.units ELSE rewards.given(o) END AS fen,
        CASE WHEN open.open THEN o.energy WHEN rewards.given(o) > 0 THEN o.energy / o.quantity * o.delivered ELSE 0 END AS energy,
        CASE WHEN rewards.given(o) > 0 THEN (
            SELECT min(k.recorded_at) FROM rewards.order_change k
            WHERE k.order_id = o.order_id AND k.state IN ('fulfilled', 'partly_fulfilled')) END AS given_at,
        CASE WHEN x.approved THEN x.decided_at END AS sent_at, x.received_at, x.receipt
    FROM rewards.order o JOIN rewards.catalogue c USING (catalogue_id)
    CROSS JOIN LATERAL (SELECT o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AS open) open
    CROSS JOIN LATERAL jsonb_array_elements(c.content -> 'rewards') r
    CROSS JOIN LATERAL jsonb_array_elements(c.content -> 'partners') q
    LEFT JOIN rewards.transfer_order t USING (order_id) LEFT JOIN rewards.transfer x USING (transfer_id)
    WHERE o.customer_id = h.customer_id AND r ->> 'id' = o.reward_id AND r ->> 'kind' = 'donation' AND q ->> 'id' = o.partner
      AND (%(before_at)s::timestamptz IS NULL OR (o.placed_at, o.order_id) < (%(before_at)s, %(before_id)s::uuid))
    ORDER BY o.placed_at DESC, o.order_id DESC LIMIT %(limit)s
) d ON true
WHERE h.customer_key = %(customer_key)s
ORDER BY d.pledged_at DESC, d.order_id DESC

-- name: read_own_projects
-- why: The same, summed by fund, under the words of its latest donation; what came to nothing is in no sum.
SELECT (array_agg(d.reward_id ORDER BY d.placed_at DESC))[1] AS reward_id, (array_agg(d.project ORDER BY d.placed_at DESC))[1] AS project,
    (array_agg(d.partner ORDER BY d.placed_at DESC))[1] AS partner, (array_agg(d.picture ORDER BY d.placed_at DESC))[1] AS picture,
    count(*) AS donations, sum(d.energy)::bigint AS energy, coalesce(sum(d.units) FILTER (WHERE d.open), 0)::bigint AS pledged_fen,
    coalesce(sum(d.given) FILTER (WHERE NOT d.open AND d.approved IS NOT TRUE), 0)::bigint AS given_fen,
    coalesce(sum(d.given) FILTER (WHERE NOT d.open AND d.approved AND d.receipt IS NULL), 0)::bigint AS sent_fen,
    coalesce(sum(d.given) FILTER (WHERE NOT d.open AND d.receipt IS NOT NULL), 0)::bigint AS received_fen
FROM (
    SELECT o.limited_id, o.reward_id, o.placed_at, o.units, rewards.given(o) AS given, x.approved, x.receipt,
        r -> 'donation' -> 'project' AS project, q -> 'name' AS partner, r ->> 'picture' AS picture, open.open,
        CASE WHEN open.open THEN o.energy ELSE o.energy / o.quantity * o.delivered END AS energy
    FROM ledger.holder h JOIN rewards.order o USING (customer_id) JOIN rewards.catalogue c USING (catalogue_id)
    CROSS JOIN LATERAL (SELECT o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AS open) open
    CROSS JOIN LATERAL jsonb_array_elements(c.content -> 'rewards') r
    CROSS JOIN LATERAL jsonb_array_elements(c.content -> 'partners') q
    LEFT JOIN rewards.transfer_order t USING (order_id) LEFT JOIN rewards.transfer x USING (transfer_id)
    WHERE h.customer_key = %(customer_key)s AND r ->> 'id' = o.reward_id AND r ->> 'kind' = 'donation' AND q ->> 'id' = o.partner
      AND (open.open OR rewards.given(o) > 0)
) d GROUP BY d.limited_id ORDER BY max(d.placed_at) DESC

-- name: read_project_terms
-- why: What a project was last offered as: a project that is over is still told of.
SELECT r AS reward, q AS partner FROM rewards.catalogue c, jsonb_array_elements(c.content -> 'rewards') r,
    jsonb_array_elements(c.content -> 'partners') q
WHERE r ->> 'id' = %(reward_id)s AND r ->> 'kind' = 'donation' AND q ->> 'id' = r ->> 'partner'
ORDER BY c.catalogue_id DESC LIMIT 1

-- name: read_sent_transfers
-- why: What of a fund was sent off, the latest first, for everybody: no names of people, no donations.
SELECT x.decided_at AS sent_at, x.orders AS donations, x.fen, x.receipt, x.received_at
FROM rewards.transfer x JOIN ledger.limited l USING (limited_id)
WHERE l.name = %(fund)s AND x.approved ORDER BY x.decided_at DESC, x.transfer_id DESC LIMIT %(limit)s
