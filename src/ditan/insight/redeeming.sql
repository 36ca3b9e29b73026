-- name: read_accounts
-- why: What is left of every stock, budget and fund, what orders under way hold of it, and what was ever put in.
SELECT l.name, l.kind::text, l.unit, l.balance AS left_units, coalesce(o.held, 0)::bigint AS held_units, coalesce(o.orders, 0) AS open_orders,
    coalesce((SELECT sum(e.units) FROM ledger.entry e WHERE e.limited_id = l.limited_id AND e.kind = 'supply'), 0)::bigint AS put_in_units
FROM ledger.limited l LEFT JOIN (
    SELECT limited_id, sum(units) AS held, count(*) AS orders FROM rewards.order
    WHERE state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') GROUP BY limited_id) o USING (limited_id)
ORDER BY l.kind, l.name

-- name: read_states
-- why: How many orders stand how, since when the oldest waits, and how many are past their deadline; states without orders too.
SELECT s.state::text, count(o.order_id) AS orders, coalesce(sum(o.energy), 0)::bigint AS energy, min(o.placed_at) AS oldest_at,
    s.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AS open,
    count(o.order_id) FILTER (WHERE o.deadline <= %(now)s
        AND s.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')) AS late
FROM unnest(enum_range(NULL::rewards.state)) WITH ORDINALITY s (state, nth) LEFT JOIN rewards.order o USING (state)
GROUP BY s.state, s.nth ORDER BY s.nth

-- name: read_partners
-- why: What each partner has to do and has done.
SELECT partner, count(*) AS orders, count(*) FILTER (WHERE open) AS open_orders, count(*) FILTER (WHERE open AND deadline <= %(now)s) AS late,
    count(*) FILTER (WHERE state IN ('fulfilled', 'partly_fulfilled')) AS done, count(*) FILTER (WHERE state = 'failed') AS failed,
    min(placed_at) FILTER (WHERE open) AS oldest_at
FROM (SELECT *, state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AS open FROM rewards.order) o
GROUP BY partner ORDER BY partner

-- name: read_desk_orders
-- why: Orders of one state or of all, the latest first; of the customer only the reference, to be shown by its end.
SELECT o.order_id, o.placed_at, o.deadline, o.state::text, o.reward_id, o.partner, o.quantity, o.energy, o.units, o.delivered, c.customer_ref,
    o.deadline <= %(now)s AND o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted') AS late,
    (SELECT max(k.recorded_at) FROM rewards.order_change k WHERE k.order_id = o.order_id) AS changed_at
FROM rewards.order o LEFT JOIN accounts.customer c USING (customer_id)
WHERE (%(state)s::rewards.state IS NULL OR o.state = %(state)s::rewards.state)
  AND (%(before_at)s::timestamptz IS NULL OR (o.placed_at, o.order_id) < (%(before_at)s, %(before_id)s::uuid))
ORDER BY o.placed_at DESC, o.order_id DESC LIMIT %(limit)s

-- name: read_desk_plantings
-- why: Every planting with what happened to it, the latest first.
SELECT p.planting_id, p.partner, p.contract, p.reward_id, p.place_zh, p.place_en, p.trees, coalesce((
    SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'on', e.on_day, 'trees', e.trees, 'evidence', e.evidence) ORDER BY e.nth)
    FROM rewards.planting_event e WHERE e.planting_id = p.planting_id), '[]') AS events
FROM rewards.planting p ORDER BY p.planting_id DESC LIMIT %(limit)s

-- name: read_waiting_trees
-- why: Trees that were promised and are part of no planting yet.
SELECT o.partner, t.reward_id, count(*) AS trees, min(o.placed_at) AS oldest_at
FROM rewards.tree t JOIN rewards.order o USING (order_id) WHERE t.planting_id IS NULL AND o.state <> 'returned'
GROUP BY o.partner, t.reward_id ORDER BY o.partner, t.reward_id

-- name: read_owed
-- why: Donations that were delivered and that no list holds yet, by fund: what a list made now would hold.
SELECT l.name AS fund, count(*) AS donations, sum(rewards.given(o))::bigint AS fen
FROM rewards.order o JOIN ledger.limited l USING (limited_id)
WHERE l.kind = 'fund' AND rewards.given(o) > 0 AND NOT EXISTS (SELECT FROM rewards.transfer_order t WHERE t.order_id = o.order_id)
GROUP BY l.name ORDER BY l.name
