-- name: one_registrar
-- why: A pack is registered once.
SELECT pg_advisory_xact_lock(7315003)

-- name: hold_shards
-- why: Batches of the same customers post one after the other, so that caps see everything before them; batches of other
-- why: shards at the same time. Always in the same order, so that nobody waits in a circle.
SELECT pg_advisory_xact_lock(7315001, shard) FROM (SELECT unnest(%(shards)s::integer[]) AS shard ORDER BY 1) asked

-- name: search_by_index
-- why: What a batch asks is little beside what is stored, and sorted: an index finds it whatever the planner thinks.
SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)

-- name: open_books
-- why: The day a batch is booked on stays open until its commit.
SELECT ledger.open_day(%(now)s)

-- name: open_working_tables
-- why: Temporary tables for what a batch asks about and what it changes; emptied by the commit.
SELECT ledger.open_working_tables()

-- name: copy_in
-- why: The batch enters PostgreSQL here, a table at a time.
COPY {table} FROM STDIN (FORMAT binary)

-- name: read_holders
-- why: One row per customer holds all that posting must know of it; here each column of all of them is one value.
SELECT string_agg(int4send(a.customer_no), ''), string_agg(int8send(h.customer_id), ''),
    string_agg(timestamptz_send(h.opened_at), ''), string_agg(timestamptz_send(coalesce(h.closed_at, 'infinity')), ''),
    string_agg(int4send(octet_length(h.permits)), ''), string_agg(h.permits, ''),
    string_agg(int4send(octet_length(h.quota)), ''), string_agg(h.quota, '')
FROM asked_customer a
CROSS JOIN LATERAL (SELECT * FROM ledger.holder h WHERE h.customer_key = a.customer_key OFFSET 0) h

-- name: read_known
-- why: What is there already under these ids: the same event again, or a conflict; an id that was a refund is no act's. Rows
-- why: that will be written are not looked up among the acts: the primary key does it, at no cost beside the writing.
COPY (
    SELECT k.act_id, k.content_key
    FROM asked_act a CROSS JOIN LATERAL (SELECT * FROM ledger.act k WHERE k.act_id = a.act_id OFFSET 0) k
    WHERE NOT a.written
    UNION ALL
    SELECT r.reversal_id, r.content_key FROM asked_act a JOIN ledger.reversal r ON r.reversal_id = a.act_id
    UNION ALL
    SELECT w.refund_key, w.content_key FROM asked_act a JOIN feed.waiting_refund w ON w.refund_key = a.act_id
    WHERE EXISTS (SELECT FROM feed.waiting_refund) -- asked once: often none is waiting
) TO STDOUT (FORMAT csv)

-- name: forget_asked_acts
-- why: They are asked about again, all of them: some of what was to be written is there.
TRUNCATE asked_act

-- name: read_taken
-- why: Occasions that have their act; `freed`: which was refunded whole, so that the same bill may be paid, and count, again.
COPY (
    SELECT o.occasion_key, coalesce((
        SELECT sum(r.amount_fen) >= k.amount_fen FROM ledger.reversal r JOIN ledger.act k USING (act_id)
        WHERE r.act_id = o.act_id GROUP BY k.amount_fen), false)::integer
    FROM asked_occasion JOIN ledger.occasion o USING (occasion_key)
) TO STDOUT (FORMAT csv)

-- name: free_occasions
-- why: Those that were found so give their place to a new act.
DELETE FROM ledger.occasion o USING asked_occasion a
WHERE o.occasion_key = a.occasion_key AND (
    SELECT sum(r.amount_fen) >= k.amount_fen FROM ledger.reversal r JOIN ledger.act k USING (act_id)
    WHERE r.act_id = o.act_id GROUP BY k.amount_fen)

-- name: read_history
-- why: The use of a month that has left the holder, from the acts: as a used quota.
COPY (
    SELECT h.customer_id, h.quota_key, count(*) FILTER (WHERE counted), sum(carbon_mg),
        coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE counted AND day <= 12), 0),
        coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE counted AND day BETWEEN 13 AND 24), 0),
        coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE counted AND day >= 25), 0),
        coalesce((extract(epoch FROM max(occurred_at) FILTER (WHERE cut <> 32)) * 1000000)::bigint, 0)
    FROM asked_history h
    JOIN LATERAL (
        SELECT a.cut, a.carbon_mg, a.occurred_at, a.carbon_mg > 0 OR a.energy > 0 AS counted,
            extract(day FROM a.occurred_at AT TIME ZONE 'Asia/Shanghai')::integer AS day
        FROM ledger.act a
        WHERE a.customer_id = h.customer_id AND a.scenario = h.quota_key % 100
          AND a.occurred_at >= to_date((h.quota_key / 100)::text, 'YYYYMM')::timestamp AT TIME ZONE 'Asia/Shanghai'
          AND a.occurred_at < (to_date((h.quota_key / 100)::text, 'YYYYMM') + interval '1 month') AT TIME ZONE 'Asia/Shanghai'
    ) a ON true
    GROUP BY h.customer_id, h.quota_key
) TO STDOUT (FORMAT csv)

-- name: read_neighbors
-- why: Late events with an act of the same scenario within the gap before or after.
COPY (
    SELECT n.row_number FROM asked_neighbor n
    WHERE EXISTS (
        SELECT FROM ledger.act a
        WHERE a.customer_id = n.customer_id AND a.scenario = n.scenario AND a.cut <> 32
          AND a.occurred_at > n.at - n.gap_us * interval '1 microsecond'
          AND a.occurred_at < n.at + n.gap_us * interval '1 microsecond')
) TO STDOUT (FORMAT csv)

-- name: read_caps
-- why: What posting needs of each scenario of the methodology. Purposes as bits, like the codes of permits.
SELECT scenario, daily_acts, monthly_acts, monthly_mg, energy_daily_acts, energy_monthly_acts,
    (extract(epoch FROM min_gap) * 1000000)::bigint AS gap_us,
    CASE WHEN 'card_payments' = ANY (purposes) THEN 2 ELSE 0 END + CASE WHEN 'whereabouts' = ANY (purposes) THEN 4 ELSE 0 END
        + CASE WHEN 'steps' = ANY (purposes) THEN 8 ELSE 0 END AS purposes
FROM methodology.scenario WHERE pack_id = %(pack_id)s

-- name: read_life
-- why: How long the energy of this methodology lives.
SELECT matures_after_days, matures_at_minute, collect_days, expires_months FROM methodology.life WHERE pack_id = %(pack_id)s

-- name: change_holders
-- why: One change per customer and batch: what it was given, and the quota after it.
UPDATE ledger.holder h
SET carbon_mg = h.carbon_mg + c.carbon_mg, pending_energy = h.pending_energy + c.energy,
    due_minute = least(h.due_minute, c.due_minute), quota = c.quota,
    ball_keys = h.ball_keys || c.ball_keys, balls = h.balls || c.balls
FROM change c WHERE h.customer_id = c.customer_id

-- name: offer_refunds
-- why: The batch's refunds, and the waiting ones whose original is among the acts of the batch, each with the act it concerns.
INSERT INTO refund_outcome (row_number, refund_key, content_key, original_key, match_key, whole, amount_fen, occurred_at,
    code, act_id, customer_id)
SELECT r.row_number, r.refund_key, r.content_key,
    nullif(r.original_key, '00000000-0000-0000-0000-000000000000'),
    nullif(r.match_key, '00000000-0000-0000-0000-000000000000'), r.whole, r.amount_fen, r.occurred_at,
    CASE
        WHEN '00000000-0000-0000-0000-000000000000' IN (v.content_key, x.content_key) THEN 'erased'
        WHEN v.content_key = r.content_key THEN 'duplicate'
        WHEN v.reversal_id IS NOT NULL OR w.content_key <> r.content_key OR x.act_id IS NOT NULL THEN 'conflict'
        WHEN w.refund_key IS NOT NULL AND a.act_id IS NULL THEN 'waiting_original'
        WHEN r.original_refused THEN 'original_not_posted'
        WHEN a.act_id IS NULL AND h.customer_id IS NULL THEN 'no_account'
        WHEN a.act_id IS NULL THEN 'waiting_original'
    END,
    a.act_id, h.customer_id
FROM refund_stage r
LEFT JOIN ledger.holder h ON h.customer_key = r.customer_key
LEFT JOIN ledger.reversal v ON v.reversal_id = r.refund_key
LEFT JOIN feed.waiting_refund w ON w.refund_key = r.refund_key
LEFT JOIN ledger.act x ON x.act_id = r.refund_key
LEFT JOIN LATERAL (
    SELECT act_id FROM ledger.act b WHERE b.act_id = r.original_key
    UNION ALL
    (SELECT m.act_id FROM ledger.match m
     WHERE r.original_key = '00000000-0000-0000-0000-000000000000'
       AND m.match_key = r.match_key AND r.match_key <> '00000000-0000-0000-0000-000000000000'
       AND m.occurred_at <= r.occurred_at AND m.amount_fen >= r.amount_fen
     ORDER BY m.occurred_at DESC, m.act_id LIMIT 1)
    LIMIT 1
) a ON true
UNION ALL
SELECT -1, w.refund_key, w.content_key, w.original_key, w.match_key, w.whole, w.amount_fen, w.occurred_at, NULL, a.act_id, NULL
FROM asked_act k
JOIN feed.waiting_refund w ON w.original_key = k.act_id
JOIN ledger.act a ON a.act_id = k.act_id
WHERE NOT EXISTS (SELECT FROM refund_stage s WHERE s.refund_key = w.refund_key AND s.content_key = w.content_key)
UNION ALL
(SELECT DISTINCT ON (w.refund_key)
    -1, w.refund_key, w.content_key, w.original_key, w.match_key, w.whole, w.amount_fen, w.occurred_at, NULL, m.act_id, NULL
FROM feed.waiting_refund w
JOIN ledger.match m ON m.match_key = w.match_key AND m.occurred_at <= w.occurred_at AND m.amount_fen >= w.amount_fen
WHERE w.original_key IS NULL AND w.match_key IS NOT NULL
  AND NOT EXISTS (SELECT FROM refund_stage s WHERE s.refund_key = w.refund_key AND s.content_key = w.content_key)
ORDER BY w.refund_key, m.occurred_at DESC, m.act_id)

-- name: hold_refunded
-- why: Two batches may take back from one act at the same time: the second sees what the first took.
SELECT count(*) FROM (
    SELECT FROM ledger.holder WHERE customer_id IN (
        SELECT a.customer_id FROM refund_outcome r JOIN ledger.act a USING (act_id) WHERE r.code IS NULL)
    ORDER BY customer_id FOR UPDATE) held

-- name: refuse_erased
-- why: Of an erased account nothing is taken back: what is left of it belongs to nobody. Asked once nobody can be erased any more.
UPDATE refund_outcome r SET code = 'erased' FROM ledger.act a
WHERE a.act_id = r.act_id AND a.content_key = '00000000-0000-0000-0000-000000000000' AND r.code IS NULL

-- name: weigh_refunds
-- why: What each refund takes back: the act's gift in proportion to all money refunded so far, less what was taken before.
-- why: Working with the running sum keeps partial refunds exact: the last one always takes the rest.
WITH before AS (
    SELECT v.act_id, sum(v.amount_fen) AS fen, sum(v.carbon_mg) AS mg, sum(v.energy) AS energy
    FROM ledger.reversal v WHERE v.act_id IN (SELECT act_id FROM refund_outcome WHERE code IS NULL)
    GROUP BY v.act_id
), running AS (
    SELECT r.refund_key, a.act_id, a.customer_id, a.scenario, a.carbon_mg, a.energy, a.amount_fen AS whole_fen,
        coalesce(b.mg, 0) AS mg_before, coalesce(b.energy, 0) AS energy_before, coalesce(b.fen, 0) AS fen_before,
        least(a.amount_fen, coalesce(b.fen, 0) + sum(CASE WHEN r.whole THEN a.amount_fen ELSE r.amount_fen END) OVER w) AS fen,
        bool_or(r.whole OR a.amount_fen = 0) OVER w AS whole,
        row_number() OVER w AS nth
    FROM refund_outcome r
    JOIN ledger.act a ON a.act_id = r.act_id
    LEFT JOIN before b ON b.act_id = r.act_id
    WHERE r.code IS NULL
    WINDOW w AS (PARTITION BY a.act_id ORDER BY r.occurred_at, r.refund_key ROWS UNBOUNDED PRECEDING)
), target AS (
    SELECT r.*,
        CASE WHEN whole OR fen >= whole_fen THEN carbon_mg
             ELSE ledger.half_even(carbon_mg::numeric * fen, whole_fen) END AS mg_target,
        CASE WHEN whole OR fen >= whole_fen THEN energy
             ELSE ledger.half_even(energy::numeric * fen, whole_fen)::integer END AS energy_target,
        whole OR fen >= whole_fen AS emptied
    FROM running r
), taken AS (
    SELECT t.refund_key, t.act_id, t.customer_id, t.scenario,
        t.mg_target - coalesce(lag(t.mg_target) OVER w, t.mg_before) AS mg,
        t.energy_target - coalesce(lag(t.energy_target) OVER w, t.energy_before) AS energy,
        coalesce(lag(t.emptied) OVER w, t.fen_before >= t.whole_fen AND t.fen_before > 0
            OR EXISTS (SELECT FROM ledger.reversal v WHERE v.act_id = t.act_id AND t.whole_fen = 0)) AS nothing_left
    FROM target t
    WINDOW w AS (PARTITION BY t.act_id ORDER BY t.nth)
)
UPDATE refund_outcome r
SET code = CASE WHEN t.nothing_left THEN 'nothing_left' ELSE 'refunded' END,
    customer_id = t.customer_id, scenario = t.scenario,
    carbon_mg = CASE WHEN t.nothing_left THEN 0 ELSE t.mg END,
    energy = CASE WHEN t.nothing_left THEN 0 ELSE t.energy END
FROM taken t WHERE t.refund_key = r.refund_key AND r.code IS NULL

-- name: post_reversals
-- why: A correction is a new entry that names what it corrects; it takes the energy from where it is now, refund by refund.
-- why: A whole refund is kept with the money of its act.
INSERT INTO ledger.reversal (reversal_id, content_key, act_id, customer_id, batch_id, occurred_at, amount_fen, carbon_mg,
    energy, pending_energy, available_energy, gone_energy, owed_energy, lots, lot_day)
SELECT r.refund_key, r.content_key, r.act_id, r.customer_id, %(batch_id)s, r.occurred_at, r.fen, r.carbon_mg, r.energy, t.*
FROM (
    SELECT o.*, CASE WHEN o.whole THEN a.amount_fen ELSE o.amount_fen END AS fen
    FROM refund_outcome o JOIN ledger.act a USING (act_id) WHERE o.code = 'refunded'
    ORDER BY o.customer_id, o.occurred_at, o.refund_key OFFSET 0
) r CROSS JOIN LATERAL ledger.take_back(r.act_id, r.customer_id, r.carbon_mg, r.energy, %(now)s) t

-- name: end_waiting
-- why: A refund that found its original no longer waits; one that waited longer than its retention is forgotten.
DELETE FROM feed.waiting_refund w
WHERE w.refund_key IN (SELECT refund_key FROM refund_outcome WHERE code IN ('refunded', 'nothing_left'))
   OR w.expires_at < %(now)s

-- name: start_waiting
-- why: Hashes, money and time only, and the number of whose it is.
INSERT INTO feed.waiting_refund (refund_key, content_key, original_key, match_key, whole, amount_fen, occurred_at, batch_id,
    expires_at, customer_id)
SELECT refund_key, content_key, original_key, match_key, whole, amount_fen, occurred_at, %(batch_id)s,
    %(now)s + %(waiting_days)s * interval '1 day', customer_id
FROM refund_outcome WHERE code = 'waiting_original'
ON CONFLICT (refund_key) DO NOTHING

-- name: record_conflicts
-- why: An act whose id was used before with other content is an incident, never applied (INV-02).
INSERT INTO feed.conflict (event_key, content_key, batch_id, row_number)
SELECT c.event_key, c.content_key, %(batch_id)s, c.row_number
FROM jsonb_to_recordset(%(conflicts)s) AS c(event_key uuid, content_key uuid, row_number bigint)
ON CONFLICT DO NOTHING

-- name: record_refund_conflicts
-- why: A refund whose id was used before with other content is an incident, never applied (INV-02).
INSERT INTO feed.conflict (event_key, content_key, batch_id, row_number)
SELECT refund_key, content_key, %(batch_id)s, row_number FROM refund_outcome WHERE code = 'conflict'
ON CONFLICT DO NOTHING

-- name: take_back_issued
-- why: What this batch's refunds took back of each scenario, for the books.
INSERT INTO ledger.issued (batch_id, scenario, taken_back, entries, carbon_mg, energy)
SELECT %(batch_id)s, scenario, true, count(*), sum(carbon_mg), sum(energy) FROM refund_outcome
WHERE code = 'refunded' GROUP BY scenario

-- name: read_refund_outcome
-- why: What became of each refund. One that waited and found its original carries row number -1.
COPY (SELECT row_number, code, -coalesce(carbon_mg, 0), -coalesce(energy, 0), 0 FROM refund_outcome) TO STDOUT (FORMAT csv)

-- name: read_pack_id
-- why: A pack is registered once.
SELECT pack_id FROM methodology.pack WHERE version = %(version)s

-- name: write_pack
-- why: The whole content, so that any gram can be explained after ten years.
INSERT INTO methodology.pack (version, content, content_sha256)
VALUES (%(version)s, %(content)s, %(sha256)s) RETURNING pack_id

-- name: write_scenarios
-- why: What posting needs of each scenario.
INSERT INTO methodology.scenario
SELECT %(pack_id)s, s.* FROM jsonb_to_recordset(%(scenarios)s) AS s(
    scenario smallint, id text, family text, name_zh text, name_en text, purposes text[],
    daily_acts integer, monthly_acts integer, monthly_mg bigint, energy_daily_acts integer, energy_monthly_acts integer,
    min_gap interval)

-- name: write_rates
-- why: The compiled rates are the provenance an act points to.
INSERT INTO methodology.rate
SELECT %(pack_id)s, r.* FROM jsonb_to_recordset(%(rates)s) AS r(
    rate_id integer, scenario smallint, activity_source text, tier text, numerator numeric, denominator numeric,
    p5 numeric, p95 numeric, factor_ids text[], detail jsonb)

-- name: write_life
-- why: Every ball keeps the rule of the methodology it was earned under.
INSERT INTO methodology.life VALUES (%(pack_id)s, %(matures_after_days)s, %(matures_at_minute)s, %(collect_days)s,
    %(expires_months)s)

-- name: read_act
-- why: One act with its pack, rate, batch and what was taken back.
SELECT a.act_id, c.customer_ref, a.occurred_at, b.received_at, a.amount_fen, a.quantity_milli, a.quantified_mg,
    a.carbon_mg, a.energy, a.cut, p.version, s.id AS scenario, r.activity_source, r.tier, r.p5, r.p95, r.factor_ids,
    a.batch_id,
    coalesce((SELECT sum(v.carbon_mg) FROM ledger.reversal v WHERE v.act_id = a.act_id), 0)::bigint AS reversed_mg,
    coalesce((SELECT sum(v.energy) FROM ledger.reversal v WHERE v.act_id = a.act_id), 0)::bigint AS reversed_energy
FROM ledger.act a
JOIN accounts.customer c USING (customer_id)
JOIN feed.batch b USING (batch_id)
JOIN methodology.pack p ON p.pack_id = a.pack_id
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
JOIN methodology.rate r ON r.pack_id = a.pack_id AND r.rate_id = a.rate_id
WHERE a.act_id = %(act_id)s

-- name: read_cuts
-- why: The reasons a cap gives.
SELECT bit, code, reason_zh, reason_en FROM ledger.cut ORDER BY bit

-- name: read_balance
-- why: One row. What has lapsed or expired by now is not counted, whether or not a sweep has been there.
SELECT h.carbon_mg, h.owed_energy, h.held_energy,
    (SELECT coalesce(sum(ball & 33554431), 0) FROM unnest(h.balls) ball WHERE ball >> 36 > ledger.minute(%(now)s))::bigint
        AS growing_energy,
    (SELECT coalesce(sum(ball & 33554431), 0) FROM unnest(h.balls) ball WHERE ball >> 36 <= ledger.minute(%(now)s)
        AND (ball >> 36) + ((ball >> 31) & 31) * 1440 > ledger.minute(%(now)s))::bigint AS ripe_energy,
    (SELECT coalesce(sum(lot & 1099511627775), 0) FROM unnest(h.lots) lot
     WHERE lot >> 40 >= ledger.business_day(%(now)s) - date '1970-01-01')::bigint AS available_energy
FROM ledger.holder h WHERE h.customer_key = %(customer_key)s

-- name: read_customer_acts
-- why: A period of a customer's acts, oldest first.
SELECT a.act_id, a.occurred_at, s.id AS scenario, s.name_zh, s.name_en, a.quantity_milli, r.activity_source, r.tier,
    a.quantified_mg, a.carbon_mg, a.energy, a.cut
FROM ledger.act a
JOIN accounts.customer c USING (customer_id)
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
JOIN methodology.rate r ON r.pack_id = a.pack_id AND r.rate_id = a.rate_id
WHERE c.customer_ref = %(customer_ref)s AND a.occurred_at >= %(start)s AND a.occurred_at < %(end)s
ORDER BY a.occurred_at, a.act_id

-- name: read_customer_reversals
-- why: And what was taken back in it.
SELECT v.reversal_id, v.act_id, v.occurred_at, s.id AS scenario, s.name_zh, s.name_en, v.amount_fen, v.carbon_mg, v.energy
FROM ledger.reversal v
JOIN ledger.act a USING (act_id)
JOIN accounts.customer c ON c.customer_id = v.customer_id
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
WHERE c.customer_ref = %(customer_ref)s AND v.occurred_at >= %(start)s AND v.occurred_at < %(end)s
ORDER BY v.occurred_at, v.reversal_id

-- name: find_customer
-- why: The ledger's number of a customer.
SELECT customer_id FROM ledger.holder WHERE customer_key = %(customer_key)s

-- name: collect
-- why: One statement for all taps that came at the same time.
SELECT * FROM ledger.collect(%(customers)s::bigint[], %(entries)s::uuid[], %(contents)s::uuid[], %(balls)s::bigint[], %(now)s)

-- name: hold
-- why: Energy and units of a limited account are set aside together or not at all.
SELECT * FROM ledger.hold(%(entry)s, %(content)s, %(customer)s, %(energy)s, %(limited)s::integer, %(units)s, %(deadline)s,
    %(reason)s, %(now)s)

-- name: end_hold
-- why: A hold ends once: used, in part or whole, or given back.
SELECT * FROM ledger.end_hold(%(hold)s, %(content)s, %(capture)s, %(energy)s::bigint, %(reason)s, %(now)s)

-- name: give_back
-- why: What a hold used comes back in part, into the lots it came from: the entry names the hold.
SELECT * FROM ledger.give_back(%(entry)s, %(content)s, %(hold)s, %(energy)s::bigint, %(reason)s, %(now)s)

-- name: award
-- why: A campaign's budget pays for what it gives.
SELECT * FROM ledger.award(%(entry)s, %(content)s, %(customer)s, %(energy)s, %(limited)s::integer, %(collect_days)s::integer,
    %(months)s::integer, %(reason)s, %(now)s)

-- name: adjust
-- why: A correction of a customer's energy, decided by a second person.
SELECT * FROM ledger.adjust(%(proposal_id)s, %(content_key)s, %(customer_id)s, %(amount)s, %(months)s::integer, %(reason)s,
    %(maker)s, %(checker)s, %(now)s)

-- name: supply
-- why: Units put into a limited account or taken out, decided by a second person.
SELECT * FROM ledger.supply(%(proposal_id)s, %(content_key)s, %(limited_id)s::integer, %(amount)s, %(reason)s, %(maker)s,
    %(checker)s, %(now)s)

-- name: propose
-- why: The same proposal again is the same proposal.
INSERT INTO ledger.proposal (proposal_id, content_key, kind, customer_id, limited_id, amount, payload, consequences, effective_at,
    reason, maker, proposed_at)
VALUES (%(proposal_id)s, %(content_key)s, %(kind)s, %(customer_id)s::bigint, %(limited_id)s::integer, %(amount)s, %(payload)s,
    %(consequences)s, %(effective_at)s, %(reason)s, %(maker)s, %(now)s)
ON CONFLICT (proposal_id) DO NOTHING

-- name: read_proposal
-- why: Held while it is decided, so that it is decided once.
SELECT * FROM ledger.proposal WHERE proposal_id = %(proposal_id)s FOR UPDATE

-- name: read_open_proposals
-- why: What waits for a second person, oldest first.
SELECT p.*, c.customer_ref, l.name AS limited_name
FROM ledger.proposal p LEFT JOIN accounts.customer c USING (customer_id) LEFT JOIN ledger.limited l USING (limited_id)
WHERE p.state = 'proposed' ORDER BY p.proposed_at, p.proposal_id

-- name: read_proposals
-- why: One of them, or those of a state, a kind or a customer, the latest first.
SELECT p.*, c.customer_ref, l.name AS limited_name
FROM ledger.proposal p LEFT JOIN accounts.customer c USING (customer_id) LEFT JOIN ledger.limited l USING (limited_id)
WHERE (%(proposal_id)s::uuid IS NULL OR p.proposal_id = %(proposal_id)s)
  AND (%(state)s::text IS NULL OR p.state = %(state)s) AND (%(kind)s::text IS NULL OR p.kind = %(kind)s)
  AND (%(before_at)s::timestamptz IS NULL OR (p.proposed_at, p.proposal_id) < (%(before_at)s, %(before_id)s::uuid))
ORDER BY p.proposed_at DESC, p.proposal_id DESC LIMIT %(limit)s

-- name: withdraw_proposal
-- why: Its maker takes it back while nobody has decided.
UPDATE ledger.proposal SET withdrawn_at = %(now)s WHERE proposal_id = %(proposal_id)s

-- name: decide_proposal
-- why: Who decided, when, and how.
UPDATE ledger.proposal SET checker = %(checker)s, decided_at = %(now)s, approved = %(approved)s, opinion = %(opinion)s,
    applied_at = CASE WHEN %(approved)s THEN %(now)s::timestamptz END
WHERE proposal_id = %(proposal_id)s

-- name: open_limited
-- why: A name is one account, however often it is opened.
INSERT INTO ledger.limited (kind, name, unit, opened_at) VALUES (%(kind)s, %(name)s, %(unit)s, %(now)s)
ON CONFLICT (name) DO NOTHING

-- name: read_limited
-- why: By name, or all of them.
SELECT limited_id, kind, name, unit, balance, opened_at FROM ledger.limited
WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY kind, name

-- name: customer_range
-- why: A sweep goes over all customers, so many at a time.
SELECT customer_id FROM ledger.holder WHERE customer_id > %(after)s ORDER BY customer_id OFFSET %(customers)s - 1 LIMIT 1

-- name: last_customer
-- why: Where the sweep ends.
SELECT coalesce(max(customer_id), 0) AS customer_id, count(*) AS customers FROM ledger.holder

-- name: settle
-- why: Lapse and expire what is due of these customers.
SELECT * FROM ledger.settle(%(first)s, %(last)s, %(now)s)

-- name: release_due
-- why: Holds past their deadline.
SELECT * FROM ledger.release_due(%(after)s, %(after_id)s, %(now)s, %(most)s)

-- name: last_sweep
-- why: Holds whose deadline was long before it have ended.
SELECT coalesce(max(swept_at), '2000-01-01') - interval '1 day' AS after FROM ledger.sweep

-- name: write_sweep
-- why: A sweep that came to its end; another one of the same moment finds nothing.
INSERT INTO ledger.sweep VALUES (%(now)s, %(customers)s, %(lapsed_energy)s, %(expired_energy)s, %(released_holds)s)
ON CONFLICT DO NOTHING
