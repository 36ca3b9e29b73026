-- name: take_turns
-- why: Days are folded by one process at a time.
SELECT pg_advisory_xact_lock(7315005)

-- name: read_unfolded
-- why: Days of the books that are closed and not folded yet, oldest first.
SELECT c.day FROM ledger.closed_day c
WHERE c.day > coalesce((SELECT max(day) FROM insight.folded_day), '-infinity'::date) ORDER BY c.day

-- name: begin_fold
-- why: The mark comes first, in the same unit of work: nobody reads a day twice, and a killed process leaves none half folded.
INSERT INTO insight.folded_day (day, folded_at) VALUES (%(day)s, %(now)s)

-- name: fold_daily
-- why: What the day's batches say, by the day on which it happened and by rate.
INSERT INTO insight.daily SELECT * FROM insight.moved(%(day)s, %(day)s)

-- name: fold_presence
-- why: A customer who was there is there once, however many batches say so; whom this day is the first to tell of is counted.
WITH seen AS MATERIALIZED (
    SELECT s.month, s.customer_id, s.days, s.days & ~coalesce(p.days, 0) AS fresh
    FROM insight.seen(%(day)s, %(day)s) s LEFT JOIN insight.presence p USING (month, customer_id)
), counted AS (
    INSERT INTO insight.active_day
    SELECT month + bit, %(day)s, count(*) FROM seen, generate_series(0, 30) bit WHERE fresh >> bit & 1 = 1 GROUP BY 1
)
INSERT INTO insight.presence AS p (month, customer_id, days)
SELECT month, customer_id, days FROM seen WHERE fresh <> 0 ORDER BY month, customer_id
ON CONFLICT (month, customer_id) DO UPDATE SET days = p.days | excluded.days

-- name: drop_open
-- why: What was put aside for a report before in the same unit of work.
DROP TABLE IF EXISTS pg_temp.open_presence, pg_temp.open_day

-- name: put_aside_presence
-- why: What is not folded is worked out from the acts, once for the report and not once for each figure.
CREATE TEMPORARY TABLE open_presence ON COMMIT DROP AS SELECT month, customer_id, days FROM insight.fresh()

-- name: put_aside_days
-- why: Likewise the grams.
CREATE TEMPORARY TABLE open_day ON COMMIT DROP AS
SELECT day, pack_id, rate_id, scenario, acts, carbon_mg, energy FROM insight.moved(insight.open_from(), date '9999-12-31')

-- name: read_grams
-- why: Grams, acts and energy of a period by day, by scenario and status, by tier, by status and in all, net of what refunds took back.
-- why: Grams of one rate move together, and rates share factors: bounds are summed, never narrowed; what a refund took back takes its
-- why: own bounds along. The status of a rate is the weakest among the values it was made with.
WITH moved AS MATERIALIZED (
    SELECT day, pack_id, rate_id, scenario, sum(acts) AS acts, sum(carbon_mg) AS carbon_mg, sum(energy) AS energy
    FROM (
        SELECT day, pack_id, rate_id, scenario, acts, carbon_mg, energy FROM insight.daily
        UNION ALL SELECT * FROM pg_temp.open_day
    ) booked
    WHERE day BETWEEN %(first)s AND %(last)s GROUP BY day, pack_id, rate_id, scenario
), used AS MATERIALIZED (
    SELECT DISTINCT pack_id, rate_id FROM moved
), standing AS MATERIALIZED (
    SELECT p.pack_id, f.key AS id, f.value ->> 'status' AS status
    FROM methodology.pack p, jsonb_each(p.content -> 'factors') f WHERE p.pack_id IN (SELECT pack_id FROM used)
    UNION ALL
    SELECT p.pack_id, 'tariff ' || (t ->> 'id'), t ->> 'status'
    FROM methodology.pack p, jsonb_array_elements(p.content -> 'tariffs') t WHERE p.pack_id IN (SELECT pack_id FROM used)
), rate AS MATERIALIZED (
    SELECT r.pack_id, r.rate_id, r.tier, r.p5, r.p95, coalesce((
        SELECT (array['withdrawn', 'draft', 'reviewed', 'approved'])[
            min(array_position(array['withdrawn', 'draft', 'reviewed', 'approved'], s.status))]
        FROM standing s WHERE s.pack_id = r.pack_id AND (s.id = ANY (r.factor_ids) OR s.id = 'tariff ' || (r.detail ->> 'tariff'))
    ), 'draft') AS status
    FROM used JOIN methodology.rate r USING (pack_id, rate_id)
), graded AS (
    SELECT m.day, m.scenario, r.tier, r.status, m.acts, m.energy, m.carbon_mg, m.carbon_mg * r.p5 AS low_mg,
        m.carbon_mg * r.p95 AS high_mg
    FROM moved m JOIN rate r USING (pack_id, rate_id)
)
SELECT CASE grouping(day, scenario, tier, status) WHEN 7 THEN 'day' WHEN 10 THEN 'scenario' WHEN 13 THEN 'tier' WHEN 14 THEN 'status'
    ELSE 'all' END AS by,
    day, scenario, tier, status, coalesce(sum(acts), 0)::bigint AS acts, coalesce(sum(energy), 0)::bigint AS energy,
    coalesce(sum(carbon_mg), 0)::numeric AS carbon_mg, coalesce(sum(low_mg), 0)::numeric AS low_mg,
    coalesce(sum(high_mg), 0)::numeric AS high_mg
FROM graded GROUP BY GROUPING SETS ((day), (scenario, status), (tier), (status), ())
ORDER BY 1, day, scenario, tier, status

-- name: read_active
-- why: Customers with an act in the period, and in the 30 days, 7 days and the day that end it. Which bits of a month count is worked
-- why: out once a month, not once a customer. Who is over 60 is known where the bank has a segment of them.
WITH mask AS MATERIALIZED (
    SELECT month, insight.bits(month, %(first)s, %(last)s) AS period, insight.bits(month, %(last)s::date - 29, %(last)s) AS thirty,
        insight.bits(month, %(last)s::date - 6, %(last)s) AS seven, insight.bits(month, %(last)s, %(last)s) AS one
    FROM (SELECT m::date AS month FROM generate_series(date_trunc('month', least(%(first)s::date, %(last)s::date - 29)::timestamp),
        %(last)s::date::timestamp, interval '1 month') m) months
)
SELECT count(*) FILTER (WHERE period)::bigint AS period, count(*) FILTER (WHERE thirty)::bigint AS month,
    count(*) FILTER (WHERE seven)::bigint AS week, count(*) FILTER (WHERE one)::bigint AS day,
    CASE WHEN EXISTS (SELECT FROM accounts.segment_member WHERE segment = %(older)s)
        THEN count(s.customer_id) FILTER (WHERE period) END::bigint AS older
FROM (
    SELECT p.customer_id, bool_or(p.days & k.period <> 0) AS period, bool_or(p.days & k.thirty <> 0) AS thirty,
        bool_or(p.days & k.seven <> 0) AS seven, bool_or(p.days & k.one <> 0) AS one
    FROM (
        SELECT month, customer_id, days FROM insight.presence
        UNION ALL SELECT month, customer_id, days FROM pg_temp.open_presence
    ) p JOIN mask k USING (month)
    WHERE p.days & (k.period | k.thirty) <> 0
    GROUP BY p.customer_id
) customer LEFT JOIN accounts.segment_member s ON s.segment = %(older)s AND s.customer_id = customer.customer_id

-- name: read_active_days
-- why: Customers with an act, day by day: those counted when days were folded, and whom nobody had counted yet.
SELECT day, sum(customers)::bigint AS accounts
FROM (
    SELECT day, customers FROM insight.active_day WHERE day BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT f.month + bit, count(*) FROM pg_temp.open_presence f, generate_series(0, 30) bit
    WHERE f.days >> bit & 1 = 1 AND f.month + bit BETWEEN %(first)s AND %(last)s GROUP BY 1
) counted
GROUP BY day ORDER BY day

-- name: read_opened
-- why: Accounts opened, day by day; an account that was erased was still opened.
SELECT ledger.business_day(opened_at) AS day, count(*)::bigint AS accounts FROM accounts.customer
WHERE opened_at >= %(from_at)s AND opened_at < %(to_at)s GROUP BY 1 ORDER BY 1

-- name: read_standing
-- why: Accounts that are open, and cards linked to them, at the end of a period.
SELECT (SELECT count(*) FROM accounts.customer WHERE opened_at < %(to_at)s AND (closed_at IS NULL OR closed_at >= %(to_at)s)) AS accounts,
    (SELECT count(*) FROM accounts.card WHERE linked_at < %(to_at)s AND (unlinked_at IS NULL OR unlinked_at >= %(to_at)s)) AS cards

-- name: read_activation
-- why: Of those who opened in a period and whose first seven days are over, how many had an act in them.
WITH cohort AS MATERIALIZED (
    SELECT customer_id, ledger.business_day(opened_at) AS day FROM accounts.customer
    WHERE opened_at >= %(from_at)s AND opened_at < %(to_at)s AND ledger.business_day(opened_at) + 6 <= %(over)s::date
), woken AS (
    SELECT DISTINCT c.customer_id
    FROM cohort c JOIN (
        SELECT month, customer_id, days FROM insight.presence
        UNION ALL SELECT month, customer_id, days FROM pg_temp.open_presence
    ) p USING (customer_id)
    WHERE p.month BETWEEN date_trunc('month', %(first)s::date::timestamp)::date AND %(last)s::date + 6
        AND p.days & insight.bits(p.month, c.day, c.day + 6) <> 0
)
SELECT (SELECT count(*) FROM cohort) AS opened, (SELECT count(*) FROM woken) AS active

-- name: read_retention
-- why: Of those who opened in one week, how many had an act in each later week that is over.
WITH cohort AS MATERIALIZED (
    SELECT customer_id, date_trunc('week', ledger.business_day(opened_at)::timestamp)::date AS week FROM accounts.customer
    WHERE opened_at >= %(from_at)s AND opened_at < %(to_at)s
), mask AS MATERIALIZED (
    SELECT w.monday::date AS week, nth, m.month::date AS month,
        insight.bits(m.month::date, w.monday::date + 7 * nth, w.monday::date + 7 * nth + 6) AS bits
    FROM generate_series(%(first)s::date::timestamp, %(cohorts_to)s::date::timestamp, interval '7 days') w (monday),
        generate_series(1, %(weeks)s::integer) nth,
        generate_series(date_trunc('month', %(first)s::date::timestamp), %(last)s::date::timestamp, interval '1 month') m (month)
    WHERE insight.bits(m.month::date, w.monday::date + 7 * nth, w.monday::date + 7 * nth + 6) <> 0
), there AS (
    SELECT week, nth, count(*) AS active
    FROM (
        SELECT c.week, k.nth FROM cohort c JOIN (
        SELECT month, customer_id, days FROM insight.presence
        UNION ALL SELECT month, customer_id, days FROM pg_temp.open_presence
    ) p USING (customer_id)
        JOIN mask k ON k.week = c.week AND k.month = p.month AND p.days & k.bits <> 0
        GROUP BY c.week, k.nth, c.customer_id
    ) once
    GROUP BY week, nth
), opened AS (
    SELECT w.monday::date AS week, count(c.customer_id) AS opened
    FROM generate_series(%(first)s::date::timestamp, %(cohorts_to)s::date::timestamp, interval '7 days') w (monday)
    LEFT JOIN cohort c ON c.week = w.monday::date GROUP BY 1
)
SELECT o.week, o.opened, nth, coalesce(t.active, 0) AS active
FROM opened o CROSS JOIN generate_series(1, %(weeks)s::integer) nth LEFT JOIN there t USING (week, nth)
ORDER BY o.week, nth

-- name: read_good
-- why: Trees, donations and produce, each with the end of the period as its last moment. Orders that came to nothing are left out;
-- why: a donation that came back is told apart, so that what was delivered was settled, and what was settled was pledged.
WITH kind AS MATERIALIZED (
    SELECT c.catalogue_id, r ->> 'id' AS reward_id, r ->> 'kind' AS kind
    FROM rewards.catalogue c, jsonb_array_elements(c.content -> 'rewards') r
), standing AS MATERIALIZED (
    SELECT o.*, k.kind, (
        SELECT min(e.recorded_at) FROM rewards.order_change e
        WHERE e.order_id = o.order_id AND e.state IN ('fulfilled', 'partly_fulfilled')) AS done_at
    FROM rewards.order o JOIN kind k USING (catalogue_id, reward_id)
    WHERE o.placed_at < %(to_at)s AND o.state NOT IN ('failed', 'cancelled', 'expired', 'returned')
), counted AS (
    SELECT s.*, CASE WHEN s.state IN ('fulfilled', 'partly_fulfilled') THEN s.delivered ELSE s.quantity END AS pieces,
        CASE WHEN s.state IN ('fulfilled', 'partly_fulfilled') THEN s.units / s.quantity * s.delivered ELSE s.units END AS units_due
    FROM standing s
), sent AS (
    SELECT t.fen, x.decided_at, x.received_at
    FROM rewards.transfer_order t JOIN rewards.transfer x USING (transfer_id) JOIN rewards.order o USING (order_id)
    WHERE x.approved AND o.state <> 'returned'
), fate AS (
    SELECT DISTINCT tree_no, kind FROM rewards.tree_event WHERE on_day <= %(last)s
), planting AS (
    SELECT p.trees, (
            SELECT e.trees FROM rewards.planting_event e WHERE e.planting_id = p.planting_id AND e.kind = 'surveyed'
                AND e.on_day <= %(last)s ORDER BY e.on_day DESC, e.nth DESC LIMIT 1) AS alive, (
            SELECT sum(e.trees) FROM rewards.planting_event e WHERE e.planting_id = p.planting_id AND e.kind = 'planted'
                AND e.on_day <= %(last)s) AS planted
    FROM rewards.planting p
)
SELECT coalesce((SELECT sum(pieces) FROM counted WHERE kind = 'tree'), 0)::bigint AS ordered, (
        SELECT count(*) FROM rewards.tree t JOIN rewards.order o USING (order_id)
        WHERE t.issued_at < %(to_at)s AND o.state <> 'returned') AS issued,
    coalesce((SELECT sum(planted) FROM planting), 0)::bigint AS planted,
    coalesce((SELECT sum(trees) FROM planting WHERE alive IS NOT NULL), 0)::bigint AS surveyed,
    coalesce((SELECT sum(alive) FROM planting), 0)::bigint AS alive,
    coalesce((SELECT sum(units_due) FROM counted WHERE kind = 'donation'), 0)::bigint AS pledged_fen,
    coalesce((SELECT sum(fen) FROM sent WHERE decided_at < %(to_at)s), 0)::bigint AS settled_fen,
    coalesce((SELECT sum(fen) FROM sent WHERE received_at < %(to_at)s), 0)::bigint AS delivered_fen,
    coalesce((SELECT sum(rewards.came_back(o)) FROM rewards.order o JOIN kind k USING (catalogue_id, reward_id)
        WHERE o.placed_at < %(to_at)s AND k.kind = 'donation'), 0)::bigint AS returned_fen,
    (SELECT count(*) FROM fate WHERE kind = 'failed') AS failed, (SELECT count(*) FROM fate WHERE kind = 'replaced') AS replaced,
    (SELECT count(*) FROM fate WHERE kind = 'refunded') AS refunded,
    coalesce((SELECT sum(units_due) FROM counted WHERE kind = 'donation' AND done_at >= %(from_at)s AND done_at < %(to_at)s), 0)::bigint
        AS cost_fen,
    coalesce((SELECT sum(pieces) FROM counted WHERE kind = 'produce' AND done_at >= %(from_at)s AND done_at < %(to_at)s), 0)::bigint
        AS produce

-- name: read_scenario_names
-- why: What each scenario is called, by the newest methodology.
SELECT DISTINCT ON (scenario) scenario AS number, id, family, name_zh, name_en FROM methodology.scenario
ORDER BY scenario, pack_id DESC
