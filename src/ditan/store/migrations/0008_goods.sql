-- why:   goods have an address, trees can fail, donations can come back, rewards are for segments, an order can be asked to stop
-- locks: ACCESS EXCLUSIVE on rewards.job and rewards.transfer_order for an instant; SHARE ROW EXCLUSIVE on accounts.customer
-- time:  instant, but rewards.transfer_order is written once: a second per 100,000 transferred donations
-- undo:  DROP TABLE rewards.address_key CASCADE; DROP TABLE rewards.tree_event, accounts.segment_member; the kind give_back stays


-- rewards: where goods go --------------------------------------------------------------------------------------------------

-- Each customer's addresses are enciphered with a key of her own, and that key with one of the bank's that is not in the
-- database. Whoever deletes her row here makes every copy unreadable, and takes the copies along.
CREATE TABLE rewards.address_key (
    customer_id bigint PRIMARY KEY REFERENCES accounts.customer ON DELETE CASCADE,
    master_id text NOT NULL,                -- which of the bank's keys it is enciphered with
    wrapped bytea NOT NULL,                 -- her key, enciphered; bound to her number
    made_at timestamptz NOT NULL
);
CREATE INDEX address_key_of_master ON rewards.address_key (master_id);

-- The address she keeps for next time.
CREATE TABLE rewards.address (
    customer_id bigint PRIMARY KEY REFERENCES rewards.address_key ON DELETE CASCADE,
    sealed bytea NOT NULL,                  -- recipient, phone, region, street, enciphered; bound to her number
    changed_at timestamptz NOT NULL
);

-- The copy that one order was placed with: for the partner of that order, until some days after it ended.
CREATE TABLE rewards.order_address (
    order_id uuid PRIMARY KEY REFERENCES rewards.order,
    customer_id bigint NOT NULL REFERENCES rewards.address_key ON DELETE CASCADE,
    sealed bytea NOT NULL                   -- bound to her number and this order
);
CREATE INDEX order_address_of_customer ON rewards.order_address (customer_id);


-- accounts: segments the bank names -------------------------------------------------------------------------------------------

-- Who is in a segment, as the bank says: nothing here infers one.
CREATE TABLE accounts.segment_member (
    segment text NOT NULL,
    customer_id bigint NOT NULL REFERENCES accounts.customer ON DELETE CASCADE,
    since timestamptz NOT NULL,             -- when the list that named her first was read
    PRIMARY KEY (segment, customer_id)
);
CREATE INDEX segment_of_customer ON accounts.segment_member (customer_id);

-- Who closes her account has no address here from that moment on, and is in no segment.
CREATE FUNCTION accounts.forget_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM rewards.address_key WHERE customer_id = NEW.customer_id;
    DELETE FROM accounts.segment_member WHERE customer_id = NEW.customer_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_closed AFTER UPDATE OF closed_at ON accounts.customer FOR EACH ROW
    WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION accounts.forget_closed();


-- rewards: an order can be asked to stop ---------------------------------------------------------------------------------------

ALTER TABLE rewards.job
    DROP CONSTRAINT job_kind_check,
    ADD CONSTRAINT job_kind_check CHECK (kind IN ('send', 'ask', 'withdraw', 'cancel'));


-- rewards: a tree that failed ---------------------------------------------------------------------------------------------------

-- What happened to one tree: a survey found that it failed; then it was planted again elsewhere, or its energy came back. Only
-- ever added to (INV-04).
CREATE TABLE rewards.tree_event (
    tree_no bigint NOT NULL REFERENCES rewards.tree,
    nth integer NOT NULL,                   -- from 1
    kind text NOT NULL CHECK (kind IN ('failed', 'replaced', 'refunded')),
    planting_id integer NOT NULL REFERENCES rewards.planting, -- replaced: its new one; else where it stood
    on_day date NOT NULL,                   -- when it happened
    evidence text NOT NULL CHECK (evidence <> ''), -- reference of the report
    entry_id uuid,                          -- refunded: the entry that gave its energy back; none once the customer is erased
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tree_no, nth)
);
CREATE UNIQUE INDEX refunded_once ON rewards.tree_event (tree_no) WHERE kind = 'refunded';
CREATE INDEX tree_event_of_planting ON rewards.tree_event (planting_id);


-- rewards: money of a fund is in one place ----------------------------------------------------------------------------------------

-- A list keeps what was given when it was made, also when a donation comes back later.
ALTER TABLE rewards.transfer_order ADD COLUMN fen bigint; -- of this donation, when the list was made
UPDATE rewards.transfer_order t SET fen = o.units / o.quantity * o.delivered FROM rewards.order o WHERE o.order_id = t.order_id;
ALTER TABLE rewards.transfer_order ALTER COLUMN fen SET NOT NULL;

-- What came back of an order that had been delivered.
CREATE FUNCTION rewards.came_back(o rewards.order) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN o.state = 'returned' THEN o.units / o.quantity * o.delivered ELSE 0 END;

-- What never came of an order that was delivered in part: two people put it back.
CREATE FUNCTION rewards.left_out(o rewards.order) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN o.state IN ('fulfilled', 'partly_fulfilled', 'returned')
        THEN o.units - o.units / o.quantity * o.delivered ELSE 0 END;


-- ledger: what a redemption used comes back ------------------------------------------------------------------------------------

-- In this unit of work nothing may use the new kind yet: what is checked now compares it as text.
ALTER TYPE ledger.kind ADD VALUE 'give_back' AFTER 'release'; -- energy that was used comes back to its lots, with their age

-- Give back a part of what a hold used, once for each request: into the lots it came from, the oldest first, with their age,
-- after debt is paid. The entry names the hold. Never more than was used.
CREATE FUNCTION ledger.give_back(p_entry uuid, p_content uuid, p_hold uuid, p_energy bigint, p_reason text, p_at timestamptz)
    RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    k ledger.entry;
    h ledger.holder;
    v_known uuid;
    v_used bigint;
    v_before bigint;
    v_paid bigint;
    v_back bigint[];
BEGIN
    SELECT * INTO k FROM ledger.entry WHERE entry_id = p_hold AND kind = 'hold';
    IF NOT FOUND THEN
        RETURN ('no_hold', NULL, 0)::ledger.answer;
    END IF;
    SELECT * INTO h FROM ledger.holder WHERE customer_id = k.customer_id FOR UPDATE;
    SELECT content_key INTO v_known FROM ledger.entry WHERE entry_id = p_entry;
    IF FOUND THEN
        RETURN (CASE WHEN v_known = p_content THEN 'exists' ELSE 'conflict' END, p_entry,
            CASE WHEN v_known = p_content THEN p_energy ELSE 0 END)::ledger.answer;
    END IF;
    SELECT -(available_energy + held_energy - owed_energy) INTO v_used FROM ledger.entry
    WHERE entry_id = ledger.end_of(p_hold) AND kind = 'capture';
    IF NOT FOUND THEN
        RETURN ('released', NULL, 0)::ledger.answer;
    END IF;
    SELECT coalesce(sum(available_energy - owed_energy), 0) INTO v_before FROM ledger.entry
    WHERE customer_id = k.customer_id AND kind = 'give_back' AND hold_id = p_hold;
    IF p_energy > v_used - v_before THEN
        RETURN ('not_enough', NULL, v_used - v_before)::ledger.answer;
    END IF;
    v_paid := least(h.owed_energy, p_energy);
    v_back := (ledger.take_lots((ledger.take_lots(k.lots, v_before)).rest, p_energy)).taken;
    v_back := (ledger.take_lots(v_back, v_paid)).rest;
    UPDATE ledger.holder
    SET owed_energy = owed_energy - v_paid, available_energy = available_energy + p_energy - v_paid,
        lots = ledger.add_lots(lots, v_back), due_minute = least(due_minute, ledger.lots_due(v_back)),
        version = version + 1, last_at = greatest(last_at, p_at)
    WHERE customer_id = k.customer_id;
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
        available_energy, owed_energy, hold_id, lots, reason)
    VALUES (p_entry, p_content, k.customer_id, 'give_back', v_day, p_at, greatest(h.last_at, p_at),
        p_energy - v_paid, -v_paid, p_hold, v_back, p_reason);
    IF cardinality(v_back) > 0 AND ledger.lots_due(v_back) <= ledger.minute(p_at) THEN
        PERFORM ledger.settle(k.customer_id, k.customer_id, p_at); -- a lot that expired meanwhile does not come back to life
    END IF;
    RETURN ('done', p_entry, p_energy)::ledger.answer;
END $$;

-- As before; what is given back comes out of `redeemed`.
CREATE OR REPLACE VIEW ledger.posting AS
    SELECT a.act_id AS entry_id, b.booked_on, a.batch_id, 'act'::text AS kind, p.asset, p.account, p.line, p.amount
    FROM ledger.act a JOIN feed.batch b USING (batch_id) CROSS JOIN LATERAL (VALUES
        ('carbon', 'issuance:' || a.scenario, 'issuance:' || a.scenario, -a.carbon_mg),
        ('carbon', 'customer:' || a.customer_id, 'customers', a.carbon_mg),
        ('energy', 'issuance:' || a.scenario, 'issuance:' || a.scenario, -a.energy::bigint),
        ('energy', 'customer:' || a.customer_id || ':pending', 'customers:pending', a.energy::bigint)
    ) AS p (asset, account, line, amount) WHERE p.amount <> 0
    UNION ALL
    SELECT r.reversal_id, b.booked_on, r.batch_id, 'reversal', p.asset, p.account, p.line, p.amount
    FROM ledger.reversal r JOIN feed.batch b USING (batch_id) JOIN ledger.act a USING (act_id) CROSS JOIN LATERAL (VALUES
        ('carbon', 'customer:' || r.customer_id, 'customers', -r.carbon_mg),
        ('carbon', 'issuance:' || a.scenario, 'issuance:' || a.scenario, r.carbon_mg),
        ('energy', 'customer:' || r.customer_id || ':pending', 'customers:pending', -r.pending_energy::bigint),
        ('energy', 'customer:' || r.customer_id || ':available', 'customers:available', -r.available_energy::bigint),
        ('energy', 'customer:' || r.customer_id || ':owed', 'customers:owed', -r.owed_energy::bigint),
        ('energy', CASE WHEN r.lot_day IS NULL THEN 'lapsed' ELSE 'expired' END,
            CASE WHEN r.lot_day IS NULL THEN 'lapsed' ELSE 'expired' END, -r.gone_energy::bigint),
        ('energy', 'issuance:' || a.scenario, 'issuance:' || a.scenario, r.energy::bigint)
    ) AS p (asset, account, line, amount) WHERE p.amount <> 0
    UNION ALL
    SELECT e.entry_id, e.booked_on, NULL, e.kind::text, p.asset, p.account, p.line, p.amount
    FROM ledger.entry e CROSS JOIN LATERAL (
        SELECT CASE e.kind::text WHEN 'lapse' THEN 'lapsed' WHEN 'expire' THEN 'expired' WHEN 'capture' THEN 'redeemed' WHEN 'give_back' THEN 'redeemed'
            WHEN 'adjust' THEN 'adjusted' WHEN 'award' THEN 'campaign:' || e.limited_id ELSE 'nowhere' END AS other
    ) o CROSS JOIN LATERAL (VALUES
        ('energy', 'customer:' || e.customer_id || ':pending', 'customers:pending', e.pending_energy),
        ('energy', 'customer:' || e.customer_id || ':available', 'customers:available', e.available_energy),
        ('energy', 'customer:' || e.customer_id || ':held', 'customers:held', e.held_energy),
        ('energy', 'customer:' || e.customer_id || ':owed', 'customers:owed', -e.owed_energy),
        ('energy', o.other, o.other, -(e.pending_energy + e.available_energy + e.held_energy - e.owed_energy)),
        ('limited:' || e.limited_id, 'balance', 'balance', e.units),
        ('limited:' || e.limited_id, 'outside', 'outside', -e.units)
    ) AS p (asset, account, line, amount) WHERE p.amount <> 0;

CREATE OR REPLACE FUNCTION ledger.moved(p_first date, p_last date) RETURNS SETOF ledger.movement LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_from bigint;
    v_to bigint;
BEGIN
    SELECT min(batch_id), max(batch_id) INTO v_from, v_to FROM feed.batch WHERE booked_on BETWEEN p_first AND p_last;
    RETURN QUERY
    SELECT 'act', a.scenario, NULL::integer, 'issuance:' || a.scenario, count(*),
        count(*) FILTER (WHERE ledger.business_day(a.occurred_at) < b.booked_on),
        sum(a.carbon_mg)::bigint, count(*) FILTER (WHERE a.carbon_mg <> 0),
        sum(a.energy)::bigint, 0::bigint, count(*) FILTER (WHERE a.energy <> 0),
        0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
        sum(a.energy)::bigint, count(*) FILTER (WHERE a.energy <> 0), 0::bigint, 0::bigint
    FROM ledger.act a JOIN feed.batch b USING (batch_id)
    WHERE a.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last
    GROUP BY a.scenario
    UNION ALL
    SELECT 'reversal', a.scenario, NULL, CASE WHEN r.lot_day IS NULL THEN 'lapsed' ELSE 'expired' END, count(*),
        count(*) FILTER (WHERE ledger.business_day(r.occurred_at) < b.booked_on),
        -sum(r.carbon_mg)::bigint, count(*) FILTER (WHERE r.carbon_mg <> 0),
        -coalesce(sum(r.pending_energy) FILTER (WHERE was.growing), 0), -coalesce(sum(r.pending_energy) FILTER (WHERE NOT was.growing), 0),
        count(*) FILTER (WHERE r.pending_energy <> 0),
        -sum(r.available_energy), count(*) FILTER (WHERE r.available_energy <> 0), 0, 0,
        sum(r.owed_energy), count(*) FILTER (WHERE r.owed_energy <> 0),
        sum(r.gone_energy), count(*) FILTER (WHERE r.gone_energy <> 0),
        -sum(r.energy), count(*) FILTER (WHERE r.energy <> 0), 0, 0
    FROM ledger.reversal r JOIN feed.batch b USING (batch_id)
    JOIN ledger.act a USING (act_id) JOIN feed.batch first ON first.batch_id = a.batch_id
    JOIN methodology.life l ON l.pack_id = a.pack_id
    CROSS JOIN LATERAL (SELECT ledger.ripens(a.occurred_at, first.received_at, l.matures_after_days, l.matures_at_minute)
        > ledger.minute(b.received_at) AS growing) was
    WHERE r.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last
    GROUP BY a.scenario, r.lot_day IS NULL
    UNION ALL
    SELECT e.kind::text, NULL, e.limited_id,
        CASE e.kind::text WHEN 'lapse' THEN 'lapsed' WHEN 'expire' THEN 'expired' WHEN 'capture' THEN 'redeemed' WHEN 'give_back' THEN 'redeemed'
            WHEN 'adjust' THEN 'adjusted' WHEN 'award' THEN 'campaign:' || e.limited_id END,
        count(*), count(*) FILTER (WHERE ledger.business_day(e.occurred_at) < e.booked_on),
        0, 0, 0, sum(e.pending_energy)::bigint, count(*) FILTER (WHERE e.pending_energy <> 0),
        sum(e.available_energy)::bigint, count(*) FILTER (WHERE e.available_energy <> 0),
        sum(e.held_energy)::bigint, count(*) FILTER (WHERE e.held_energy <> 0),
        sum(e.owed_energy)::bigint, count(*) FILTER (WHERE e.owed_energy <> 0), 0, 0,
        sum(e.pending_energy + e.available_energy + e.held_energy - e.owed_energy)::bigint,
        count(*) FILTER (WHERE e.pending_energy + e.available_energy + e.held_energy <> e.owed_energy),
        sum(e.units)::bigint, count(*) FILTER (WHERE e.units <> 0)
    FROM ledger.entry e
    WHERE e.booked_on BETWEEN p_first AND p_last
    GROUP BY e.kind, e.limited_id, e.available_energy < 0, e.units < 0;
END $$;


-- home: a tree that failed is told of; the rest as before ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION home.notices(
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
        UNION ALL
        SELECT md5(concat_ws(' ', 'tree', v.tree_no, v.nth))::uuid, 'tree', v.recorded_at, NULL, NULL, jsonb_build_object(
            'happened', v.kind, 'tree_no', v.tree_no, 'issued_at', t.issued_at, 'energy', e.available_energy - e.owed_energy,
            'paid', -e.owed_energy)
        FROM rewards.order o JOIN rewards.tree t USING (order_id) JOIN rewards.tree_event v USING (tree_no)
        LEFT JOIN ledger.entry e ON e.entry_id = v.entry_id
        WHERE o.customer_id = p_customer_id
    ) n
    WHERE n.at >= p_from AND n.at <= p_now
$$;

-- Addresses and memberships can be taken away again; of a tree's history nothing can. A planting grows by trees planted again.
GRANT SELECT, INSERT, UPDATE, DELETE ON rewards.address_key, rewards.address TO ditan_app;
GRANT SELECT, INSERT, DELETE ON rewards.order_address, accounts.segment_member TO ditan_app;
GRANT SELECT, INSERT ON rewards.tree_event TO ditan_app;
GRANT UPDATE (trees) ON rewards.planting TO ditan_app;
