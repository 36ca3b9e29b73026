-- why:   a customer says "this is wrong" and is answered; what the page tells her of, and how far she has read
-- locks: none that anybody waits for, everything is new
-- time:  instant
-- undo:  DROP FUNCTION home.notices; DROP TABLE home.notice_read, home.dispute_answer, home.dispute

-- A customer says that an act is wrong. Neither a dispute nor its answer changes a gram: a correction comes as events, a new
-- methodology or an entry of two people.
CREATE TABLE home.dispute (
    dispute_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- with the year and a check character it is D-2026-000123-6
    customer_id bigint NOT NULL REFERENCES accounts.customer,
    act_id uuid NOT NULL,
    nth bigint NOT NULL,                    -- of its act: one more than were answered, so that one is open at a time
    reason text NOT NULL CHECK (reason IN ('not_mine', 'wrong_amount', 'wrong_distance', 'wrong_scenario', 'missing', 'refunded', 'other')),
    words text,                             -- the customer's own; empty once the customer is erased
    opened_at timestamptz NOT NULL,
    CONSTRAINT one_open_dispute UNIQUE (act_id, nth)
);
CREATE INDEX dispute_of_customer ON home.dispute (customer_id, opened_at);

-- What the bank answered, once.
CREATE TABLE home.dispute_answer (
    dispute_no bigint PRIMARY KEY REFERENCES home.dispute,
    upheld boolean NOT NULL,                -- the customer is right
    because_zh text NOT NULL,
    because_en text NOT NULL,
    answered_by text NOT NULL,              -- the login of a person
    answered_at timestamptz NOT NULL
);

-- How far a customer has read her notices: this one and all before it.
CREATE TABLE home.notice_read (
    customer_id bigint PRIMARY KEY REFERENCES accounts.customer,
    read_at timestamptz NOT NULL,           -- when the notice came, …
    notice_id uuid NOT NULL                 -- … and which it was
);


-- What a customer is told of, worked out from what is recorded: no job writes notices for everybody. A notice goes away with
-- its reason: energy that was spent no longer expires. `p_purposes`, `p_versions` and `p_since`: the consent texts in force.
CREATE FUNCTION home.notices(
    p_customer_id bigint, p_from timestamptz, p_now timestamptz, p_purposes text[], p_versions text[], p_since timestamptz[]
) RETURNS TABLE (notice_id uuid, kind text, at timestamptz, act_id uuid, month text, detail jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT n.notice_id, n.kind, n.at, n.act_id, n.month, n.detail
    FROM (
        SELECT r.reversal_id AS notice_id, 'refund' AS kind, b.received_at AS at, r.act_id, NULL::text AS month,
            jsonb_build_object('scenario', a.scenario, 'carbon_mg', r.carbon_mg, 'energy', r.energy) AS detail
        FROM ledger.reversal r JOIN feed.batch b USING (batch_id) JOIN ledger.act a ON a.act_id = r.act_id
        WHERE r.customer_id = p_customer_id AND (r.carbon_mg > 0 OR r.energy > 0)
        UNION ALL
        SELECT md5(concat_ws(' ', 'energy expiring', p_customer_id, day))::uuid, 'energy_expiring',
            (date '1970-01-01' + day - 7)::timestamp AT TIME ZONE 'Asia/Shanghai', NULL, NULL,
            jsonb_build_object('energy', lot & 1099511627775, 'last_on', date '1970-01-01' + day)
        FROM ledger.holder h CROSS JOIN LATERAL unnest(h.lots) lot CROSS JOIN LATERAL (SELECT (lot >> 40)::integer AS day) d
        WHERE h.customer_id = p_customer_id AND date '1970-01-01' + day >= ledger.business_day(p_now)
        UNION ALL
        SELECT md5(concat_ws(' ', 'dispute answered', d.dispute_no))::uuid, 'dispute_answered', w.answered_at, d.act_id, NULL,
            jsonb_build_object('dispute_no', d.dispute_no, 'opened_at', d.opened_at, 'upheld', w.upheld,
                'because_zh', w.because_zh, 'because_en', w.because_en)
        FROM home.dispute d JOIN home.dispute_answer w USING (dispute_no)
        WHERE d.customer_id = p_customer_id
        UNION ALL
        SELECT md5(concat_ws(' ', 'consent text', p_customer_id, string_agg(t.purpose || t.version, ' ' ORDER BY t.purpose)))::uuid,
            'consent_text', max(greatest(t.since, k.granted_at)), NULL, NULL,
            jsonb_build_object('purposes', jsonb_agg(t.purpose ORDER BY t.place))
        FROM accounts.consent k
        JOIN unnest(p_purposes, p_versions, p_since) WITH ORDINALITY t (purpose, version, since, place) USING (purpose)
        WHERE k.customer_id = p_customer_id AND k.withdrawn_at IS NULL AND k.version <> t.version AND t.since <= p_now
        HAVING count(*) > 0
        UNION ALL
        SELECT md5(concat_ws(' ', 'statement', p_customer_id, to_char(first, 'YYYY-MM')))::uuid, 'statement_ready', ends.at, NULL,
            to_char(first, 'YYYY-MM'), NULL
        FROM accounts.customer c
        CROSS JOIN LATERAL generate_series(
            date_trunc('month', greatest(c.opened_at, p_from - interval '31 days') AT TIME ZONE 'Asia/Shanghai'),
            (p_now AT TIME ZONE 'Asia/Shanghai') - interval '1 month', interval '1 month') first
        CROSS JOIN LATERAL (SELECT first AT TIME ZONE 'Asia/Shanghai' AS since,
            (first + interval '1 month') AT TIME ZONE 'Asia/Shanghai' AS at) ends
        WHERE c.customer_id = p_customer_id AND (
            EXISTS (SELECT FROM ledger.act a
                WHERE a.customer_id = p_customer_id AND a.occurred_at >= ends.since AND a.occurred_at < ends.at)
            OR EXISTS (SELECT FROM ledger.reversal r
                WHERE r.customer_id = p_customer_id AND r.occurred_at >= ends.since AND r.occurred_at < ends.at))
        UNION ALL
        SELECT md5(concat_ws(' ', 'debt', p_customer_id, extract(epoch FROM latest.at)))::uuid, 'debt', latest.at, latest.act_id, NULL,
            jsonb_build_object('energy', h.owed_energy)
        FROM ledger.holder h
        CROSS JOIN LATERAL (
            SELECT b.received_at AS at, r.act_id FROM ledger.reversal r JOIN feed.batch b USING (batch_id)
            WHERE r.customer_id = h.customer_id AND r.owed_energy > 0
            UNION ALL
            SELECT e.recorded_at, NULL FROM ledger.entry e WHERE e.customer_id = h.customer_id AND e.owed_energy > 0
            ORDER BY 1 DESC LIMIT 1
        ) latest
        WHERE h.customer_id = p_customer_id AND h.owed_energy > 0
    ) n
    WHERE n.at >= p_from AND n.at <= p_now
$$;


-- A dispute and its answer can be added and read. Only the customer's own words can be taken away again, by erasing her.
GRANT SELECT, INSERT ON home.dispute, home.dispute_answer TO ditan_app;
GRANT UPDATE (words) ON home.dispute TO ditan_app;
GRANT SELECT, INSERT, UPDATE ON home.notice_read TO ditan_app;
