-- name: read_home
-- why: All that the first page shows of a customer, in one trip: balances by place, balls, the month, what never goes back.
-- why: A ball is found by its own number alone: by whose it is, each would read all acts of the customer.
SELECT h.opened_at, h.closed_at, h.carbon_mg, h.held_energy, h.owed_energy, h.ball_keys, h.balls, h.lots,
    h.carbon_mg + back.ever_mg AS lifetime_mg, given.today_mg - back.today_mg AS today_mg,
    given.month_mg - back.month_mg AS month_mg, given.recent_mg - back.recent_mg AS recent_mg,
    b.keys AS act_keys, b.act_ids, b.scenarios
FROM ledger.holder h
CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.carbon_mg) FILTER (WHERE a.occurred_at >= %(today_start)s AND a.occurred_at < %(today_end)s), 0)::bigint
            AS today_mg,
        coalesce(sum(a.carbon_mg) FILTER (WHERE a.occurred_at >= %(month_start)s), 0)::bigint AS month_mg,
        coalesce(sum(a.carbon_mg) FILTER (WHERE a.occurred_at >= %(recent_start)s AND a.occurred_at < %(today_end)s), 0)::bigint
            AS recent_mg
    FROM ledger.act a
    WHERE a.customer_id = h.customer_id
      AND a.occurred_at >= least(%(month_start)s, %(recent_start)s) AND a.occurred_at < %(month_end)s
) given
CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.carbon_mg), 0)::bigint AS ever_mg,
        coalesce(sum(r.carbon_mg) FILTER (WHERE r.occurred_at >= %(today_start)s AND r.occurred_at < %(today_end)s), 0)::bigint
            AS today_mg,
        coalesce(sum(r.carbon_mg) FILTER (WHERE r.occurred_at >= %(month_start)s AND r.occurred_at < %(month_end)s), 0)::bigint
            AS month_mg,
        coalesce(sum(r.carbon_mg) FILTER (WHERE r.occurred_at >= %(recent_start)s AND r.occurred_at < %(today_end)s), 0)::bigint
            AS recent_mg
    FROM ledger.reversal r WHERE r.customer_id = h.customer_id
) back
CROSS JOIN LATERAL (
    SELECT array_agg(key) AS keys, array_agg(act_id) AS act_ids, array_agg(scenario) AS scenarios
    FROM unnest(h.ball_keys) key
    CROSS JOIN LATERAL (SELECT lpad(to_hex(key), 16, '0') AS digits) d
    CROSS JOIN LATERAL (
        SELECT a.act_id, a.scenario FROM ledger.act a
        WHERE a.act_id BETWEEN (digits || '0000000000000000')::uuid AND (digits || 'ffffffffffffffff')::uuid
          AND a.customer_id + 0 = h.customer_id
        UNION ALL
        SELECT e.entry_id, 0 FROM ledger.entry e
        WHERE e.entry_id BETWEEN (digits || '0000000000000000')::uuid AND (digits || 'ffffffffffffffff')::uuid
          AND e.customer_id + 0 = h.customer_id AND e.kind = 'award'
    ) named
) b
WHERE h.customer_key = %(customer_key)s

-- name: owns_ball
-- why: A ball that is gone was the customer's own; any other id is not told apart from one that never was.
SELECT true AS owned FROM ledger.holder h
WHERE h.customer_key = %(customer_key)s AND (
    EXISTS (SELECT FROM ledger.act a WHERE a.act_id = %(ball_id)s AND a.customer_id = h.customer_id AND a.energy > 0)
    OR EXISTS (SELECT FROM ledger.entry e
        WHERE e.entry_id = %(ball_id)s AND e.customer_id = h.customer_id AND e.kind = 'award'))

-- name: read_acts
-- why: A page of a customer's acts, the latest first, by the index of the customer; one row of nothing says there are none.
SELECT a.*
FROM ledger.holder h
LEFT JOIN LATERAL (
    SELECT a.act_id, a.occurred_at, a.scenario, a.quantity_milli, r.activity_source, r.tier, r.p5, r.p95, a.quantified_mg,
        a.carbon_mg, a.energy,
        coalesce((SELECT sum(v.carbon_mg) FROM ledger.reversal v WHERE v.act_id = a.act_id), 0)::bigint AS reversed_mg,
        coalesce((SELECT sum(v.energy) FROM ledger.reversal v WHERE v.act_id = a.act_id), 0)::bigint AS reversed_energy,
        coalesce((SELECT jsonb_agg(jsonb_build_array(c.code, c.reason_zh, c.reason_en) ORDER BY c.bit)
            FROM ledger.cut c WHERE a.cut & c.bit <> 0), '[]') AS cuts
    FROM ledger.act a
    JOIN methodology.rate r ON r.pack_id = a.pack_id AND r.rate_id = a.rate_id
    WHERE a.customer_id = h.customer_id
      AND (%(scenarios)s::integer[] IS NULL OR a.scenario = ANY (%(scenarios)s::integer[]))
      AND a.occurred_at >= coalesce(%(start)s, '-infinity'::timestamptz)
      AND a.occurred_at < coalesce(%(end)s, 'infinity'::timestamptz)
      AND (a.occurred_at, a.act_id) < (coalesce(%(before_at)s, 'infinity'::timestamptz),
          coalesce(%(before_id)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    ORDER BY a.occurred_at DESC, a.act_id DESC LIMIT %(most)s
) a ON true
WHERE h.customer_key = %(customer_key)s
ORDER BY a.occurred_at DESC, a.act_id DESC

-- name: read_quota
-- why: What is used of the caps, from the row that posting keeps, and which purposes are consented to now.
SELECT h.quota, coalesce((SELECT array_agg(k.purpose) FROM accounts.consent k
    WHERE k.customer_id = h.customer_id AND k.withdrawn_at IS NULL), '{}') AS active
FROM ledger.holder h WHERE h.customer_key = %(customer_key)s

-- name: read_preferences
-- why: No row of its own means that the customer never chose.
SELECT p.language, p.large_type, p.personalised
FROM ledger.holder h LEFT JOIN home.preference p USING (customer_id) WHERE h.customer_key = %(customer_key)s

-- name: write_preferences
-- why: The last choice holds.
INSERT INTO home.preference (customer_id, language, large_type, personalised, changed_at)
SELECT customer_id, %(language)s, %(large_type)s, %(personalised)s, %(now)s
FROM ledger.holder WHERE customer_key = %(customer_key)s
ON CONFLICT (customer_id) DO UPDATE SET language = excluded.language, large_type = excluded.large_type,
    personalised = excluded.personalised, changed_at = excluded.changed_at

-- name: read_months
-- why: The business months in which anything was given or taken back, from the index of the customer.
SELECT m.month, m.acts, m.carbon_mg, m.energy
FROM ledger.holder h LEFT JOIN LATERAL (
    SELECT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, sum(act)::bigint AS acts,
        sum(mg)::bigint AS carbon_mg, sum(energy)::bigint AS energy
    FROM (
        SELECT a.occurred_at AS at, 1 AS act, a.carbon_mg AS mg, a.energy FROM ledger.act a WHERE a.customer_id = h.customer_id
        UNION ALL
        SELECT r.occurred_at, 0, -r.carbon_mg, -r.energy FROM ledger.reversal r WHERE r.customer_id = h.customer_id
    ) line GROUP BY 1
) m ON true
WHERE h.customer_key = %(customer_key)s ORDER BY m.month DESC

-- name: read_reductions
-- why: What was reduced, by business day or month and by family, net of what was taken back on the day it was taken back;
-- why: one row of nothing says that there is an account.
SELECT m.period, m.family, m.acts, m.carbon_mg, m.energy
FROM ledger.holder h LEFT JOIN LATERAL (
    SELECT to_char(line.at AT TIME ZONE 'Asia/Shanghai', %(form)s) AS period, s.family, sum(line.act)::bigint AS acts,
        sum(line.mg)::bigint AS carbon_mg, sum(line.energy)::bigint AS energy
    FROM (
        SELECT a.occurred_at AS at, a.pack_id, a.scenario, 1 AS act, a.carbon_mg AS mg, a.energy
        FROM ledger.act a
        WHERE a.customer_id = h.customer_id AND a.occurred_at >= %(start)s AND a.occurred_at < %(end)s
        UNION ALL
        SELECT r.occurred_at, a.pack_id, a.scenario, 0, -r.carbon_mg, -r.energy
        FROM ledger.reversal r JOIN ledger.act a USING (act_id)
        WHERE r.customer_id = h.customer_id AND r.occurred_at >= %(start)s AND r.occurred_at < %(end)s
    ) line JOIN methodology.scenario s ON s.pack_id = line.pack_id AND s.scenario = line.scenario
    GROUP BY 1, 2
) m ON true
WHERE h.customer_key = %(customer_key)s ORDER BY m.period, m.family

-- name: read_statement
-- why: A month in one question, so that its parts agree; the line `account` says that there is one.
WITH holder AS (SELECT customer_id, opened_at FROM ledger.holder WHERE customer_key = %(customer_key)s)
SELECT 'account' AS kind, NULL::uuid AS id, NULL::uuid AS act_id, opened_at AS occurred_at, 0 AS scenario, '' AS name,
    0::bigint AS carbon_mg, 0::bigint AS energy
FROM holder
UNION ALL
SELECT 'act', a.act_id, a.act_id, a.occurred_at, a.scenario, '', a.carbon_mg, a.energy
FROM holder JOIN ledger.act a USING (customer_id)
WHERE a.occurred_at >= %(start)s AND a.occurred_at < %(end)s
UNION ALL
SELECT 'reversal', r.reversal_id, r.act_id, r.occurred_at, a.scenario, '', r.carbon_mg, r.energy
FROM holder JOIN ledger.reversal r USING (customer_id) JOIN ledger.act a ON a.act_id = r.act_id
WHERE r.occurred_at >= %(start)s AND r.occurred_at < %(end)s
UNION ALL
SELECT 'move', NULL, NULL, NULL, 0, e.kind::text, 0, sum(CASE WHEN e.kind IN ('collect', 'lapse') THEN -e.pending_energy
    WHEN e.kind = 'award' THEN e.pending_energy WHEN e.kind = 'expire' THEN -e.available_energy
    WHEN e.kind IN ('hold', 'release') THEN abs(e.held_energy)
    WHEN e.kind = 'capture' THEN -(e.available_energy + e.held_energy - e.owed_energy)
    ELSE e.available_energy - e.owed_energy END)::bigint
FROM holder JOIN ledger.entry e USING (customer_id)
WHERE e.recorded_at >= %(start)s AND e.recorded_at < %(end)s
GROUP BY e.kind
UNION ALL
SELECT 'owed', NULL, NULL, NULL, 0, '', 0, (coalesce((
        SELECT sum(r.owed_energy) FROM ledger.reversal r JOIN feed.batch b USING (batch_id)
        WHERE r.customer_id = h.customer_id AND b.received_at < %(end)s), 0)
    + coalesce((SELECT sum(e.owed_energy) FROM ledger.entry e
        WHERE e.customer_id = h.customer_id AND e.recorded_at < %(end)s), 0))::bigint
FROM holder h
UNION ALL
SELECT 'methodology', NULL, NULL, NULL, 0, p.version || ' ' || (p.content ->> 'status'), 0, 0
FROM methodology.pack p WHERE p.pack_id IN (
    SELECT a.pack_id FROM holder JOIN ledger.act a USING (customer_id)
    WHERE a.occurred_at >= %(start)s AND a.occurred_at < %(end)s
    UNION
    SELECT a.pack_id FROM holder JOIN ledger.reversal r USING (customer_id) JOIN ledger.act a ON a.act_id = r.act_id
    WHERE r.occurred_at >= %(start)s AND r.occurred_at < %(end)s)
ORDER BY kind, occurred_at, id, name

-- name: open_dispute
-- why: One dispute of an act is open at a time: a second has the same number of its act, and is none. Only of her own act.
INSERT INTO home.dispute (customer_id, act_id, nth, reason, words, opened_at)
SELECT a.customer_id, a.act_id, 1 + (SELECT count(*) FROM home.dispute d JOIN home.dispute_answer w USING (dispute_no)
    WHERE d.act_id = a.act_id), %(reason)s, %(words)s, %(now)s
FROM ledger.holder h JOIN ledger.act a USING (customer_id)
WHERE h.customer_key = %(customer_key)s AND a.act_id = %(act_id)s
ON CONFLICT (act_id, nth) DO NOTHING RETURNING dispute_no

-- name: read_disputes
-- why: A page of a customer's disputes, the latest first; one row of nothing says that there is an account.
SELECT d.*
FROM ledger.holder h LEFT JOIN LATERAL (
    SELECT d.dispute_no, d.act_id, a.scenario, d.reason, d.words, d.opened_at, w.upheld, w.because_zh, w.because_en,
        w.answered_at
    FROM home.dispute d JOIN ledger.act a USING (act_id) LEFT JOIN home.dispute_answer w USING (dispute_no)
    WHERE d.customer_id = h.customer_id AND (%(act_id)s::uuid IS NULL OR d.act_id = %(act_id)s::uuid)
      AND (d.opened_at, d.dispute_no) < (coalesce(%(before_at)s, 'infinity'::timestamptz),
          coalesce(%(before_no)s, 9223372036854775807))
    ORDER BY d.opened_at DESC, d.dispute_no DESC LIMIT %(limit)s
) d ON true
WHERE h.customer_key = %(customer_key)s
ORDER BY d.opened_at DESC, d.dispute_no DESC

-- name: list_disputes
-- why: What operators look at, the oldest first: all of them, or those without an answer.
SELECT d.dispute_no, c.customer_ref, d.act_id, s.id AS scenario_id, d.reason, d.words, d.opened_at, w.upheld, w.because_zh,
    w.because_en, w.answered_by, w.answered_at
FROM home.dispute d
JOIN accounts.customer c USING (customer_id)
JOIN ledger.act a USING (act_id)
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
LEFT JOIN home.dispute_answer w USING (dispute_no)
WHERE NOT %(only_open)s OR w.dispute_no IS NULL
ORDER BY d.dispute_no LIMIT %(limit)s

-- name: find_dispute
-- why: One dispute with its answer, as operators see it.
SELECT d.dispute_no, c.customer_ref, d.act_id, s.id AS scenario_id, d.reason, d.words, d.opened_at, w.upheld, w.because_zh,
    w.because_en, w.answered_by, w.answered_at
FROM home.dispute d
JOIN accounts.customer c USING (customer_id)
JOIN ledger.act a USING (act_id)
JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
LEFT JOIN home.dispute_answer w USING (dispute_no)
WHERE d.dispute_no = %(dispute_no)s

-- name: answer_dispute
-- why: An answer is given once: who comes second reads what the first answered.
INSERT INTO home.dispute_answer (dispute_no, upheld, because_zh, because_en, answered_by, answered_at)
SELECT dispute_no, %(upheld)s, %(zh)s, %(en)s, %(by)s, %(now)s FROM home.dispute WHERE dispute_no = %(dispute_no)s
ON CONFLICT (dispute_no) DO NOTHING RETURNING dispute_no

-- name: read_notices
-- why: A page of what a customer is told of, the latest first; one row of nothing says that there is an account.
SELECT n.*, m.read_at IS NULL OR (n.at, n.notice_id) > (m.read_at, m.notice_id) AS unread
FROM ledger.holder h
LEFT JOIN home.notice_read m USING (customer_id)
LEFT JOIN LATERAL (
    SELECT n.* FROM home.notices(h.customer_id, %(notices_from)s, %(now)s, %(purposes)s, %(versions)s, %(since)s) n
    WHERE (n.at, n.notice_id) < (coalesce(%(before_at)s, 'infinity'::timestamptz),
        coalesce(%(before_id)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    ORDER BY n.at DESC, n.notice_id DESC LIMIT %(limit)s
) n ON true
WHERE h.customer_key = %(customer_key)s
ORDER BY n.at DESC, n.notice_id DESC

-- name: find_notice
-- why: A notice of this customer, and when it came.
SELECT n.at FROM ledger.holder h CROSS JOIN LATERAL
    home.notices(h.customer_id, %(notices_from)s, %(now)s, %(purposes)s, %(versions)s, %(since)s) n
WHERE h.customer_key = %(customer_key)s AND n.notice_id = %(notice_id)s

-- name: mark_read
-- why: How far she has read only goes forward.
INSERT INTO home.notice_read AS was (customer_id, read_at, notice_id)
SELECT customer_id, %(at)s, %(notice_id)s FROM ledger.holder WHERE customer_key = %(customer_key)s
ON CONFLICT (customer_id) DO UPDATE SET read_at = excluded.read_at, notice_id = excluded.notice_id
    WHERE (was.read_at, was.notice_id) < (excluded.read_at, excluded.notice_id)
RETURNING customer_id

-- name: count_unread
-- why: How many notices came after the one that was read last, by itself: the first page does not wait for it.
SELECT count(n.notice_id) AS unread
FROM ledger.holder h
LEFT JOIN home.notice_read m USING (customer_id)
LEFT JOIN LATERAL home.notices(h.customer_id, greatest(m.read_at, %(notices_from)s), %(now)s,
    %(purposes)s, %(versions)s, %(since)s) n ON m.read_at IS NULL OR (n.at, n.notice_id) > (m.read_at, m.notice_id)
WHERE h.customer_key = %(customer_key)s
GROUP BY h.customer_id

-- name: read_kept
-- why: Everything about one customer, as one value.
SELECT jsonb_build_object(
    'customer_ref', c.customer_ref, 'opened_at', c.opened_at, 'closed_at', c.closed_at, 'channel', c.channel,
    'preferences', (SELECT jsonb_build_object('language', p.language, 'large_type', p.large_type, 'personalised', p.personalised)
        FROM home.preference p WHERE p.customer_id = c.customer_id),
    'consents', (SELECT coalesce(jsonb_agg(jsonb_build_object('purpose', k.purpose, 'version', k.version, 'channel', k.channel,
            'granted_at', k.granted_at, 'withdrawn_at', k.withdrawn_at) ORDER BY k.granted_at, k.purpose), '[]')
        FROM accounts.consent k WHERE k.customer_id = c.customer_id),
    'cards', (SELECT coalesce(jsonb_agg(jsonb_build_object('card_ref', d.card_ref, 'product', d.product,
            'linked_at', d.linked_at, 'unlinked_at', d.unlinked_at) ORDER BY d.linked_at, d.card_ref), '[]')
        FROM accounts.card d WHERE d.customer_id = c.customer_id),
    'balance', jsonb_build_object('carbon_mg', h.carbon_mg, 'pending_energy', h.pending_energy,
        'available_energy', h.available_energy, 'held_energy', h.held_energy, 'owed_energy', h.owed_energy),
    'acts', (SELECT coalesce(jsonb_agg(jsonb_build_object('act_id', a.act_id, 'occurred_at', a.occurred_at, 'scenario', s.id,
            'amount_fen', a.amount_fen, 'quantity_milli', a.quantity_milli, 'quantified_mg', a.quantified_mg,
            'carbon_mg', a.carbon_mg, 'energy', a.energy, 'cut', a.cut, 'methodology', p.version)
            ORDER BY a.occurred_at, a.act_id), '[]')
        FROM ledger.act a JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
        JOIN methodology.pack p ON p.pack_id = a.pack_id WHERE a.customer_id = c.customer_id),
    'reversals', (SELECT coalesce(jsonb_agg(jsonb_build_object('reversal_id', r.reversal_id, 'act_id', r.act_id,
            'occurred_at', r.occurred_at, 'amount_fen', r.amount_fen, 'carbon_mg', r.carbon_mg, 'energy', r.energy)
            ORDER BY r.occurred_at, r.reversal_id), '[]')
        FROM ledger.reversal r WHERE r.customer_id = c.customer_id),
    'waiting_refunds', (SELECT coalesce(jsonb_agg(jsonb_build_object('occurred_at', w.occurred_at, 'amount_fen', w.amount_fen,
            'expires_at', w.expires_at) ORDER BY w.occurred_at, w.refund_key), '[]')
        FROM feed.waiting_refund w WHERE w.customer_id = c.customer_id),
    'entries', (SELECT coalesce(jsonb_agg(jsonb_build_object('entry_id', e.entry_id, 'kind', e.kind,
            'occurred_at', e.occurred_at, 'recorded_at', e.recorded_at, 'pending_energy', e.pending_energy,
            'available_energy', e.available_energy, 'held_energy', e.held_energy, 'owed_energy', e.owed_energy,
            'reason', e.reason) ORDER BY e.recorded_at, e.entry_id), '[]')
        FROM ledger.entry e WHERE e.customer_id = c.customer_id),
    'disputes', (SELECT coalesce(jsonb_agg(jsonb_build_object('act_id', d.act_id, 'reason', d.reason, 'words', d.words,
            'opened_at', d.opened_at, 'upheld', w.upheld, 'answer', w.because_zh, 'answered_at', w.answered_at)
            ORDER BY d.dispute_no), '[]')
        FROM home.dispute d LEFT JOIN home.dispute_answer w USING (dispute_no) WHERE d.customer_id = c.customer_id),
    'orders', (SELECT coalesce(jsonb_agg(jsonb_build_object('order_id', o.order_id, 'reward_id', o.reward_id, 'partner', o.partner,
            'quantity', o.quantity, 'energy', o.energy, 'note', o.note, 'placed_at', o.placed_at, 'deadline', o.deadline,
            'state', o.state, 'delivered', o.delivered, 'code', o.code, 'changes', (
                SELECT jsonb_agg(jsonb_build_object('state', k.state, 'reason', k.reason, 'by', k.by,
                    'occurred_at', k.occurred_at, 'recorded_at', k.recorded_at) ORDER BY k.nth)
                FROM rewards.order_change k WHERE k.order_id = o.order_id)) ORDER BY o.placed_at, o.order_id), '[]')
        FROM rewards.order o WHERE o.customer_id = c.customer_id),
    'segments', (SELECT coalesce(jsonb_agg(jsonb_build_object('segment', g.segment, 'since', g.since) ORDER BY g.segment), '[]')
        FROM accounts.segment_member g WHERE g.customer_id = c.customer_id),
    'notices_read_at', (SELECT n.read_at FROM home.notice_read n WHERE n.customer_id = c.customer_id)
)::text AS kept
FROM ledger.holder h JOIN accounts.customer c USING (customer_id) WHERE h.customer_key = %(customer_key)s
