-- why:   what a customer's energy does costs less: functions that PostgreSQL can write out into the statement that calls them, one
-- why:   statement for a hold and a capture that nothing speaks against, constraints in fewer words
-- locks: ACCESS EXCLUSIVE on ledger.holder and ledger.entry while five constraints are tried anew
-- time:  reads both tables once: about a minute at 100 M rows; the rest is instant
-- undo:  run the same CREATE FUNCTION of migration 0002 as CREATE OR REPLACE; the constraints may stay

-- Small words that are a function of nothing but what they are given, and now say so word by word: `extract` from an instant and the
-- text of an unknown type depend on settings in PostgreSQL's eyes, and a function with such a thing inside is called, 5 µs each time,
-- where it could be written out. They give what they gave.

CREATE OR REPLACE FUNCTION ledger.minute(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 60)::bigint;

CREATE OR REPLACE FUNCTION ledger.entry_name(at timestamptz, customer_id bigint, number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (lpad(to_hex(floor(extract(epoch FROM at AT TIME ZONE 'UTC'))::bigint), 8, '0') || lpad(to_hex(customer_id), 12, '0')
        || lpad(to_hex(number), 12, '0'))::uuid;

CREATE OR REPLACE FUNCTION ledger.end_of(hold_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5('end of hold ' || hold_id::text)::uuid;

-- The same promises in fewer words: PostgreSQL reads the text of a table's constraints again for every statement that writes to it,
-- half of the cost of writing one entry.
ALTER TABLE ledger.holder
    DROP CONSTRAINT inv_05_never_below_zero,
    DROP CONSTRAINT inv_06_debt_is_paid_first,
    ADD CONSTRAINT inv_05_never_below_zero
        CHECK (least(carbon_mg, pending_energy, available_energy, held_energy, owed_energy) >= 0),
    ADD CONSTRAINT inv_06_debt_is_paid_first CHECK (least(available_energy, owed_energy) <= 0);
ALTER TABLE ledger.entry
    DROP CONSTRAINT inv_03_entry_balances,
    DROP CONSTRAINT a_correction_says_why,
    ADD CONSTRAINT inv_03_entry_balances CHECK (pending_energy + available_energy + held_energy = owed_energy
        OR kind NOT IN ('collect', 'hold', 'release', 'supply')),
    ADD CONSTRAINT a_correction_says_why CHECK (maker IS NULL OR least(reason, maker, checker) <> '');


-- Lapse the balls and expire the lots that are due, as before; balls are looked through only of who has some. (INV-07)
CREATE OR REPLACE FUNCTION ledger.settle(p_first bigint, p_last bigint, p_at timestamptz,
    OUT customers bigint, OUT lapsed_energy bigint, OUT expired_energy bigint) LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    v_minute bigint := ledger.minute(p_at);
    v_today bigint := ledger.business_day(p_at) - date '1970-01-01';
BEGIN
    WITH due AS MATERIALIZED (
        SELECT h.customer_id, h.version, greatest(h.last_at, p_at) AS at, h.pending_energy, h.available_energy, h.lots,
            h.ball_keys, h.balls,
            CASE WHEN coalesce(h.lots[1] >> 40 >= v_today, true) THEN 0
                 WHEN coalesce(h.lots[2] >> 40 >= v_today, true) THEN 1
                 ELSE (SELECT count(*) FROM unnest(h.lots) lot WHERE lot >> 40 < v_today) END::integer AS lots_gone
        FROM ledger.holder h
        WHERE h.customer_id BETWEEN p_first AND p_last AND h.due_minute <= v_minute
        ORDER BY h.customer_id FOR UPDATE
    ), balls AS MATERIALIZED (
        SELECT d.customer_id,
            coalesce(array_agg(key) FILTER (WHERE until > v_minute), '{}') AS kept_keys,
            coalesce(array_agg(ball) FILTER (WHERE until > v_minute), '{}') AS kept,
            array_agg(key) FILTER (WHERE until <= v_minute) AS lapsed_keys,
            array_agg(ball) FILTER (WHERE until <= v_minute) AS lapsed,
            coalesce(sum(ball & 33554431) FILTER (WHERE until <= v_minute), 0)::bigint AS lapsed_sum,
            max(until) FILTER (WHERE until <= v_minute) AS lapsed_minute,
            min(until) FILTER (WHERE until > v_minute) AS next_ball
        FROM (SELECT * FROM due WHERE cardinality(due.balls) > 0) d CROSS JOIN LATERAL (
            SELECT key, ball, (ball >> 36) + ((ball >> 31) & 31) * 1440 AS until FROM unnest(d.ball_keys, d.balls) AS b (key, ball)
        ) ball
        GROUP BY d.customer_id
    ), split AS MATERIALIZED (
        SELECT d.customer_id, d.version, d.at, d.pending_energy, d.available_energy, coalesce(b.kept_keys, '{}') AS kept_keys,
            coalesce(b.kept, '{}') AS kept, b.lapsed_keys, b.lapsed, coalesce(b.lapsed_sum, 0) AS lapsed_sum, b.lapsed_minute,
            coalesce(b.next_ball, 9223372036854775807) AS next_ball, d.lots[d.lots_gone + 1 :] AS kept_lots,
            d.lots[: d.lots_gone] AS gone,
            CASE d.lots_gone WHEN 0 THEN 0 WHEN 1 THEN d.lots[1] & 1099511627775 ELSE ledger.lot_energy(d.lots[: d.lots_gone])
                END AS gone_sum,
            b.lapsed_minute IS NOT NULL AS lapses, d.lots_gone > 0 AS expires
        FROM due d LEFT JOIN balls b USING (customer_id)
    ), changed AS ( -- from the row as it was locked: a constraint is tried on an older one before PostgreSQL sees the newer
        UPDATE ledger.holder h
        SET ball_keys = s.kept_keys, balls = s.kept, lots = s.kept_lots,
            pending_energy = s.pending_energy - s.lapsed_sum, available_energy = s.available_energy - s.gone_sum,
            due_minute = least(s.next_ball, ledger.lots_due(s.kept_lots)),
            version = s.version + s.lapses::integer + s.expires::integer,
            last_at = CASE WHEN s.lapses OR s.expires THEN s.at ELSE h.last_at END
        FROM split s WHERE h.customer_id = s.customer_id
    ), written AS (
        INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
            pending_energy, available_energy, lots, ball_keys, balls)
        SELECT name, name, customer_id, kind, v_day, occurred_at, at, -pending, -available, lots, keys, balls
        FROM (
            SELECT ledger.entry_name(at, customer_id, version) AS name, customer_id, 'lapse'::ledger.kind AS kind,
                to_timestamp(lapsed_minute * 60) AS occurred_at, at, lapsed_sum AS pending, 0::bigint AS available,
                NULL::bigint[] AS lots, lapsed_keys AS keys, lapsed AS balls
            FROM split WHERE lapses
            UNION ALL
            SELECT ledger.entry_name(at, customer_id, version + lapses::integer), customer_id, 'expire',
                to_timestamp(ledger.lots_due(gone[cardinality(gone) :]) * 60), at, 0, gone_sum, gone, NULL, NULL
            FROM split WHERE expires
        ) entry
    )
    SELECT count(*), coalesce(sum(lapsed_sum), 0), coalesce(sum(gone_sum), 0) FROM split WHERE lapses OR expires
    INTO customers, lapsed_energy, expired_energy;
END $$;

-- Collect what is ripe, of many customers at once, as before; the lots afterwards are worked out once.
CREATE OR REPLACE FUNCTION ledger.collect(p_customers bigint[], p_entries uuid[], p_contents uuid[], p_balls bigint[], p_at timestamptz)
    RETURNS TABLE (customer_id bigint, entry_id uuid, code text, energy bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_day date := ledger.open_day(p_at);
    v_minute bigint := ledger.minute(p_at);
BEGIN
    -- Two deliveries of one request meet here; the second looks for the first one's entry only after this.
    PERFORM FROM ledger.holder h WHERE h.customer_id = ANY (p_customers) ORDER BY h.customer_id FOR UPDATE;
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.* FROM unnest(p_customers, p_entries, p_contents, p_balls) AS a (customer_id, entry_id, content_key, ball_key)
    ), known AS MATERIALIZED (
        SELECT a.entry_id, e.content_key = a.content_key AS same,
            CASE WHEN e.content_key = a.content_key THEN -e.pending_energy ELSE 0 END AS energy
        FROM asked a JOIN ledger.entry e USING (entry_id)
    ), held AS MATERIALIZED (
        SELECT a.entry_id, a.content_key, a.ball_key, h.customer_id, h.version, greatest(h.last_at, p_at) AS at,
            h.pending_energy, h.available_energy, h.owed_energy, h.lots, h.ball_keys, h.balls, coalesce(h.closed_at <= p_at, false) AS closed
        FROM asked a JOIN ledger.holder h USING (customer_id)
        WHERE a.entry_id NOT IN (SELECT entry_id FROM known)
    ), split AS MATERIALIZED (
        SELECT h.*, b.*, least(h.owed_energy, b.ripe_sum) AS paid,
            CASE WHEN b.months_min = b.months_max THEN array[ledger.lot(h.at, b.months_min, b.ripe_sum)]
                 ELSE (SELECT ledger.merge_lots(array_agg(ledger.lot(h.at, ((ball >> 25) & 63)::integer, ball & 33554431)))
                       FROM unnest(b.ripe) ball) END AS added
        FROM held h
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(key) FILTER (WHERE NOT is_ripe), '{}') AS kept_keys,
                coalesce(array_agg(ball) FILTER (WHERE NOT is_ripe), '{}') AS kept,
                array_agg(key) FILTER (WHERE is_ripe) AS ripe_keys,
                array_agg(ball) FILTER (WHERE is_ripe) AS ripe,
                coalesce(sum(ball & 33554431) FILTER (WHERE is_ripe), 0)::bigint AS ripe_sum,
                min(((ball >> 25) & 63)::integer) FILTER (WHERE is_ripe) AS months_min,
                max(((ball >> 25) & 63)::integer) FILTER (WHERE is_ripe) AS months_max,
                coalesce(min((ball >> 36) + ((ball >> 31) & 31) * 1440) FILTER (WHERE NOT is_ripe), 9223372036854775807) AS next_ball
            FROM (
                SELECT key, ball, ball >> 36 <= v_minute AND (ball >> 36) + ((ball >> 31) & 31) * 1440 > v_minute
                    AND (h.ball_key IS NULL OR h.ball_key = key) AND NOT h.closed AS is_ripe
                FROM unnest(h.ball_keys, h.balls) AS b (key, ball)
            ) ball
        ) b
        WHERE b.ripe_sum > 0
    ), filled AS MATERIALIZED (
        SELECT s.*, CASE WHEN s.paid = 0 THEN s.added ELSE (ledger.take_lots(s.added, s.paid)).rest END AS filled FROM split s
    ), after AS MATERIALIZED (
        SELECT f.*, ledger.add_lots(f.lots, f.filled) AS lots_after FROM filled f
    ), changed AS ( -- from the row as it was locked, as in ledger.settle
        UPDATE ledger.holder h
        SET ball_keys = s.kept_keys, balls = s.kept, lots = s.lots_after,
            pending_energy = s.pending_energy - s.ripe_sum, available_energy = s.available_energy + s.ripe_sum - s.paid,
            owed_energy = s.owed_energy - s.paid,
            due_minute = least(s.next_ball, ledger.lots_due(s.lots_after)),
            version = s.version + 1, last_at = s.at
        FROM after s WHERE h.customer_id = s.customer_id
    ), written AS (
        INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
            pending_energy, available_energy, owed_energy, lots, ball_keys, balls)
        SELECT entry_id, content_key, customer_id, 'collect', v_day, p_at, at, -ripe_sum, ripe_sum - paid, -paid, filled,
            ripe_keys, ripe
        FROM after
        RETURNING entry_id, -pending_energy AS energy
    )
    SELECT a.customer_id, a.entry_id,
        CASE WHEN k.same THEN 'exists' WHEN k.entry_id IS NOT NULL THEN 'conflict' WHEN w.entry_id IS NOT NULL THEN 'done'
             WHEN h.customer_id IS NULL THEN 'no_account' WHEN h.closed THEN 'closed' ELSE 'nothing' END,
        coalesce(k.energy, w.energy, 0)::bigint
    FROM asked a LEFT JOIN known k USING (entry_id) LEFT JOIN written w USING (entry_id) LEFT JOIN held h USING (entry_id);
END $$;

-- Set energy aside, oldest lots first, and with it units of a limited account, until a deadline.
CREATE OR REPLACE FUNCTION ledger.hold(p_entry uuid, p_content uuid, p_customer bigint, p_energy bigint, p_limited integer, p_units bigint,
    p_deadline timestamptz, p_reason text, p_at timestamptz) RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date;
    v_minute bigint := ledger.minute(p_at);
    h ledger.holder;
    v_known uuid;
    v_taken bigint[];
    v_rest bigint[];
BEGIN
    -- Nearly always nothing speaks against it: no units, nothing due, enough of the oldest lot, a new request. One statement sees to
    -- all that and does it. Whatever else there is, also a request that comes twice at once, the long way below answers.
    IF p_units = 0 AND p_deadline > p_at AND pg_advisory_xact_lock_shared(7315002) IS NOT NULL THEN
        WITH changed AS (
            UPDATE ledger.holder x
            SET lots = x.lots[1] - p_energy || x.lots[2 :], available_energy = x.available_energy - p_energy,
                held_energy = x.held_energy + p_energy, version = x.version + 1, last_at = greatest(x.last_at, p_at)
            WHERE x.customer_id = p_customer AND (x.closed_at <= p_at) IS NOT TRUE AND x.due_minute > v_minute
                AND x.available_energy >= p_energy AND x.lots[1] & 1099511627775 > p_energy
                AND NOT EXISTS (SELECT FROM ledger.entry e WHERE e.entry_id = p_entry)
            RETURNING x.last_at, array[(x.lots[1] >> 40 << 40) | p_energy] AS taken
        )
        INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, available_energy,
            held_energy, deadline, lots, reason)
        SELECT p_entry, p_content, p_customer, 'hold',
            greatest(ledger.business_day(p_at), (SELECT max(day) + 1 FROM ledger.shut_day)), p_at, last_at, -p_energy, p_energy,
            p_deadline, taken, p_reason
        FROM changed;
        IF FOUND THEN
            RETURN ('done', p_entry, p_energy)::ledger.answer;
        END IF;
    END IF;
    v_day := ledger.open_day(p_at);
    SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer FOR UPDATE;
    SELECT content_key INTO v_known FROM ledger.entry WHERE entry_id = p_entry;
    IF FOUND THEN
        RETURN (CASE WHEN v_known = p_content THEN 'exists' ELSE 'conflict' END, p_entry,
            CASE WHEN v_known = p_content THEN p_energy ELSE 0 END)::ledger.answer;
    ELSIF h.customer_id IS NULL THEN
        RETURN ('no_account', NULL, 0)::ledger.answer;
    ELSIF h.closed_at <= p_at THEN
        RETURN ('closed', NULL, 0)::ledger.answer;
    ELSIF p_deadline <= p_at THEN
        RETURN ('too_late', NULL, 0)::ledger.answer;
    END IF;
    IF h.due_minute <= v_minute THEN
        PERFORM ledger.settle(p_customer, p_customer, p_at);
        SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer;
    END IF;
    IF h.available_energy < p_energy THEN
        RETURN ('not_enough', NULL, h.available_energy)::ledger.answer;
    END IF;
    IF p_units > 0 THEN
        UPDATE ledger.limited SET balance = balance - p_units WHERE limited_id = p_limited AND balance >= p_units;
        IF NOT FOUND THEN
            RETURN ('used_up', NULL, 0)::ledger.answer;
        END IF;
    END IF;
    IF h.lots[1] & 1099511627775 > p_energy THEN
        v_taken := array[(h.lots[1] >> 40 << 40) | p_energy];
        v_rest := h.lots;
        v_rest[1] := v_rest[1] - p_energy;
    ELSE
        SELECT taken, rest INTO v_taken, v_rest FROM ledger.take_lots(h.lots, p_energy);
    END IF;
    UPDATE ledger.holder
    SET lots = v_rest, available_energy = available_energy - p_energy, held_energy = held_energy + p_energy,
        version = version + 1, last_at = greatest(last_at, p_at)
    WHERE customer_id = p_customer;
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
        available_energy, held_energy, limited_id, units, deadline, lots, reason)
    VALUES (p_entry, p_content, p_customer, 'hold', v_day, p_at, greatest(h.last_at, p_at), -p_energy, p_energy,
        CASE WHEN p_units > 0 THEN p_limited END, -p_units, p_deadline, v_taken, p_reason);
    RETURN ('done', p_entry, p_energy)::ledger.answer;
END $$;

-- End a hold, once: use a part of it (all, by default) before its deadline, or none; what is not used goes back to the lots it
-- came from, with their age, after debt is paid. A hold that is used in part keeps its units.
CREATE OR REPLACE FUNCTION ledger.end_hold(p_hold uuid, p_content uuid, p_capture boolean, p_energy bigint, p_reason text, p_at timestamptz)
    RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date;
    v_end uuid := ledger.end_of(p_hold);
    k ledger.entry;
    h ledger.holder;
    e ledger.entry;
    v_used bigint;
    v_paid bigint;
    v_back bigint[] := '{}';
    v_limited integer;
BEGIN
    -- Nearly always it is used whole, in time and once: as in ledger.hold. Two that end it at once meet at the customer's row; the
    -- second finds too little held there, or the first one's entry in its place, and is answered below or tried again.
    IF p_capture AND pg_advisory_xact_lock_shared(7315002) IS NOT NULL THEN
        WITH changed AS (
            UPDATE ledger.holder x
            SET held_energy = x.held_energy - w.held_energy, version = x.version + 1, last_at = greatest(x.last_at, p_at)
            FROM ledger.entry w
            WHERE w.entry_id = p_hold AND w.kind = 'hold' AND w.deadline > p_at AND w.held_energy = coalesce(p_energy, w.held_energy)
                AND x.customer_id = w.customer_id AND x.held_energy >= w.held_energy
                AND NOT EXISTS (SELECT FROM ledger.entry o WHERE o.entry_id = v_end)
            RETURNING x.customer_id, x.last_at, w.held_energy AS used
        )
        INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, held_energy, hold_id,
            lots, reason)
        SELECT v_end, p_content, customer_id, 'capture',
            greatest(ledger.business_day(p_at), (SELECT max(day) + 1 FROM ledger.shut_day)), p_at, last_at, -used, p_hold, v_back,
            p_reason
        FROM changed
        RETURNING -held_energy INTO v_used;
        IF FOUND THEN
            RETURN ('done', v_end, v_used)::ledger.answer;
        END IF;
    END IF;
    v_day := ledger.open_day(p_at);
    SELECT * INTO k FROM ledger.entry WHERE entry_id = p_hold AND kind = 'hold';
    IF NOT FOUND THEN
        RETURN ('no_hold', NULL, 0)::ledger.answer;
    END IF;
    SELECT * INTO h FROM ledger.holder WHERE customer_id = k.customer_id FOR UPDATE;
    SELECT * INTO e FROM ledger.entry WHERE entry_id = v_end;
    IF FOUND THEN
        RETURN (CASE WHEN e.content_key = p_content THEN 'exists' WHEN e.kind = 'capture' THEN 'captured' ELSE 'released' END,
            v_end, CASE WHEN e.kind = 'capture' THEN -(e.available_energy + e.held_energy - e.owed_energy) ELSE -e.held_energy END)::ledger.answer;
    ELSIF p_capture AND k.deadline <= p_at THEN
        RETURN ('too_late', NULL, 0)::ledger.answer;
    END IF;
    v_used := CASE WHEN p_capture THEN coalesce(p_energy, k.held_energy) ELSE 0 END;
    IF v_used > k.held_energy OR p_capture AND v_used <= 0 THEN
        RETURN ('not_enough', NULL, k.held_energy)::ledger.answer;
    END IF;
    v_paid := 0;
    IF v_used < k.held_energy THEN
        v_paid := least(h.owed_energy, k.held_energy - v_used);
        v_back := (ledger.take_lots(k.lots, v_used + v_paid)).rest;
    END IF;
    UPDATE ledger.holder
    SET held_energy = held_energy - k.held_energy, owed_energy = owed_energy - v_paid,
        available_energy = available_energy + k.held_energy - v_used - v_paid,
        lots = ledger.add_lots(lots, v_back), due_minute = least(due_minute, ledger.lots_due(v_back)),
        version = version + 1, last_at = greatest(last_at, p_at)
    WHERE customer_id = k.customer_id;
    IF NOT p_capture AND k.units < 0 THEN
        UPDATE ledger.limited SET balance = balance - k.units WHERE limited_id = k.limited_id;
        v_limited := k.limited_id;
    END IF;
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
        available_energy, held_energy, owed_energy, limited_id, units, hold_id, lots, reason)
    VALUES (v_end, p_content, k.customer_id, CASE WHEN p_capture THEN 'capture' ELSE 'release' END::ledger.kind, v_day, p_at,
        greatest(h.last_at, p_at), k.held_energy - v_used - v_paid, -k.held_energy, -v_paid, v_limited,
        CASE WHEN v_limited IS NULL THEN 0 ELSE -k.units END, p_hold, v_back, p_reason);
    IF cardinality(v_back) > 0 AND ledger.lots_due(v_back) <= ledger.minute(p_at) THEN
        PERFORM ledger.settle(k.customer_id, k.customer_id, p_at); -- a lot that expired meanwhile does not come back to life
    END IF;
    RETURN ('done', v_end, CASE WHEN p_capture THEN v_used ELSE k.held_energy END)::ledger.answer;
END $$;
