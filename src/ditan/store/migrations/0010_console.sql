-- why:   the console: what the overview reads quickly, who changed and who looked at what, one table for what two people decide
-- locks: ACCESS EXCLUSIVE on ledger.proposal, SHARE ROW EXCLUSIVE on accounts.customer for an instant
-- time:  reads accounts.customer once for an index: a minute at 100 M rows; the rest is instant
-- undo:  DROP SCHEMA insight, console CASCADE; the columns of ledger.proposal may stay

CREATE SCHEMA insight;
CREATE SCHEMA console;
GRANT USAGE ON SCHEMA insight, console TO ditan_app;


-- insight: closed days, folded -------------------------------------------------------------------------------------------------

-- A closed day of the books never changes, so what it says of every day is summed once. What is not folded yet is read from the
-- acts, so that no figure depends on when this ran.
CREATE TABLE insight.folded_day (
    day date PRIMARY KEY REFERENCES ledger.closed_day, -- of the books
    folded_at timestamptz NOT NULL
);

-- What the batches booked on one day say of the day on which things happened, by rate: net of what refunds took back on it.
CREATE TABLE insight.daily (
    day date NOT NULL,                      -- business day on which it happened
    booked_on date NOT NULL REFERENCES insight.folded_day,
    pack_id smallint NOT NULL,
    rate_id integer NOT NULL,               -- with the pack: formula, tier, uncertainty
    scenario smallint NOT NULL,
    acts bigint NOT NULL,                   -- those that are acts of their own, also when a cap left them nothing
    carbon_mg bigint NOT NULL,
    energy bigint NOT NULL,
    PRIMARY KEY (day, booked_on, pack_id, rate_id, scenario)
);

-- On which days of a month a customer did something green: bit 0 is the first of the month.
CREATE TABLE insight.presence (
    month date NOT NULL,                    -- its first day
    customer_id bigint NOT NULL,
    days bigint NOT NULL CHECK (days > 0 AND days < 2147483648),
    PRIMARY KEY (month, customer_id)
) WITH (fillfactor = 70);

-- How many customers were there on a day: those whom a day of the books was the first to say so.
CREATE TABLE insight.active_day (
    day date NOT NULL,
    booked_on date NOT NULL REFERENCES insight.folded_day,
    customers bigint NOT NULL,
    PRIMARY KEY (day, booked_on)
);

CREATE INDEX customer_opened ON accounts.customer (opened_at);

-- The bits of the days of one month that lie between two days.
CREATE FUNCTION insight.bits(month date, p_first date, p_last date) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN p_last < month OR p_first > month + 30 OR p_last < p_first THEN 0
        ELSE ((2::bigint << least(p_last - month, 30)) - 1) - ((1::bigint << greatest(p_first - month, 0)) - 1) END;

-- The first day of the books that is not folded.
CREATE FUNCTION insight.open_from() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT max(day) + 1 FROM insight.folded_day), date '1970-01-01');

-- What was booked from one day to another, as rows of `insight.daily`. Acts are found by their batches.
CREATE FUNCTION insight.moved(p_first date, p_last date)
    RETURNS TABLE (day date, booked_on date, pack_id smallint, rate_id integer, scenario smallint, acts bigint, carbon_mg bigint,
        energy bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_from bigint;
    v_to bigint;
BEGIN
    SELECT min(b.batch_id), max(b.batch_id) INTO v_from, v_to FROM feed.batch b WHERE b.booked_on BETWEEN p_first AND p_last;
    RETURN QUERY
    SELECT m.day, m.booked_on, m.pack_id, m.rate_id, m.scenario, sum(m.acts)::bigint, sum(m.carbon_mg)::bigint,
        sum(m.energy)::bigint
    FROM (
        SELECT ledger.business_day(a.occurred_at) AS day, b.booked_on, a.pack_id, a.rate_id, a.scenario,
            count(*) FILTER (WHERE a.cut < 32) AS acts, sum(a.carbon_mg) AS carbon_mg, sum(a.energy) AS energy
        FROM ledger.act a JOIN feed.batch b USING (batch_id)
        WHERE a.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last
        GROUP BY 1, 2, 3, 4, 5
        UNION ALL
        SELECT ledger.business_day(r.occurred_at), b.booked_on, a.pack_id, a.rate_id, a.scenario, 0, -sum(r.carbon_mg),
            -sum(r.energy)
        FROM ledger.reversal r JOIN feed.batch b USING (batch_id) JOIN ledger.act a USING (act_id)
        WHERE r.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last
        GROUP BY 1, 2, 3, 4, 5
    ) m
    GROUP BY 1, 2, 3, 4, 5;
END $$;

-- Who did something green on which days, by what was booked from one day to another.
CREATE FUNCTION insight.seen(p_first date, p_last date) RETURNS TABLE (month date, customer_id bigint, days bigint)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_from bigint;
    v_to bigint;
BEGIN
    SELECT min(b.batch_id), max(b.batch_id) INTO v_from, v_to FROM feed.batch b WHERE b.booked_on BETWEEN p_first AND p_last;
    RETURN QUERY
    SELECT s.first, s.customer_id, bit_or(1::bigint << (s.day - s.first))
    FROM (
        SELECT a.customer_id, d.day, date_trunc('month', d.day::timestamp)::date AS first
        FROM ledger.act a JOIN feed.batch b USING (batch_id) CROSS JOIN LATERAL (SELECT ledger.business_day(a.occurred_at) AS day) d
        WHERE a.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last AND a.cut < 32
    ) s
    GROUP BY 1, 2;
END $$;

-- Days on which things happened, of everything that is booked.
CREATE FUNCTION insight.days(p_first date, p_last date)
    RETURNS TABLE (day date, pack_id smallint, rate_id integer, scenario smallint, acts bigint, carbon_mg bigint, energy bigint)
    LANGUAGE sql STABLE AS $$
    SELECT m.day, m.pack_id, m.rate_id, m.scenario, sum(m.acts)::bigint, sum(m.carbon_mg)::bigint, sum(m.energy)::bigint
    FROM (
        SELECT d.day, d.pack_id, d.rate_id, d.scenario, d.acts, d.carbon_mg, d.energy FROM insight.daily d
        WHERE d.day BETWEEN p_first AND p_last
        UNION ALL
        SELECT o.day, o.pack_id, o.rate_id, o.scenario, o.acts, o.carbon_mg, o.energy
        FROM insight.moved(insight.open_from(), date '9999-12-31') o
        WHERE o.day BETWEEN p_first AND p_last
    ) m
    GROUP BY m.day, m.pack_id, m.rate_id, m.scenario
$$;

-- What is booked and not folded yet adds to who was there: only days on which nobody had seen the customer before.
CREATE FUNCTION insight.fresh() RETURNS TABLE (month date, customer_id bigint, days bigint)
    LANGUAGE sql STABLE AS $$
    SELECT o.month, o.customer_id, o.days & ~coalesce(p.days, 0)
    FROM insight.seen(insight.open_from(), date '9999-12-31') o LEFT JOIN insight.presence p USING (month, customer_id)
    WHERE o.days & ~coalesce(p.days, 0) <> 0
$$;

-- Who was there in the months that a period touches. A customer may have two rows of a month, never twice the same day.
CREATE FUNCTION insight.present(p_first date, p_last date) RETURNS TABLE (month date, customer_id bigint, days bigint)
    LANGUAGE sql STABLE AS $$
    SELECT p.month, p.customer_id, p.days FROM insight.presence p
    WHERE p.month BETWEEN date_trunc('month', p_first::timestamp)::date AND p_last
    UNION ALL
    SELECT o.month, o.customer_id, o.days FROM insight.fresh() o
    WHERE o.month BETWEEN date_trunc('month', p_first::timestamp)::date AND p_last
$$;


-- ledger: what two people decide ------------------------------------------------------------------------------------------------

-- One table for every kind of change. A correction of energy or of a limited account was the first kind.
ALTER TABLE ledger.proposal
    ALTER COLUMN amount DROP NOT NULL,
    DROP CONSTRAINT of_one_account,
    ADD COLUMN kind text,                   -- adjustment, supply; later kinds name themselves
    ADD COLUMN payload jsonb NOT NULL DEFAULT '{}', -- what is to be done, for kinds that are no amount
    ADD COLUMN consequences jsonb NOT NULL DEFAULT '{}', -- in numbers, as they were when it was proposed
    ADD COLUMN opinion text,                -- of whoever decided
    ADD COLUMN withdrawn_at timestamptz,    -- by its maker
    ADD COLUMN effective_at timestamptz,    -- empty: when it is approved
    ADD COLUMN applied_at timestamptz;      -- in the unit of work that approved it, unless it takes effect later
UPDATE ledger.proposal SET kind = CASE WHEN customer_id IS NOT NULL THEN 'adjustment' ELSE 'supply' END,
    applied_at = CASE WHEN approved THEN decided_at END;
ALTER TABLE ledger.proposal
    ALTER COLUMN kind SET NOT NULL,
    ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN decided_at IS NULL THEN 'proposed' WHEN NOT approved THEN 'refused' WHEN applied_at IS NULL THEN 'approved'
        ELSE 'applied' END) STORED,
    ADD CONSTRAINT of_one_account CHECK (CASE kind
        WHEN 'adjustment' THEN customer_id IS NOT NULL AND limited_id IS NULL AND amount IS NOT NULL
        WHEN 'supply' THEN customer_id IS NULL AND limited_id IS NOT NULL AND amount IS NOT NULL
        ELSE limited_id IS NULL AND amount IS NULL END),
    ADD CONSTRAINT decided_by_somebody CHECK ((decided_at IS NULL) = (checker IS NULL) AND (decided_at IS NULL) = (approved IS NULL)),
    ADD CONSTRAINT withdrawn_undecided CHECK (withdrawn_at IS NULL OR decided_at IS NULL),
    ADD CONSTRAINT applied_when_approved CHECK (applied_at IS NULL OR approved);
CREATE INDEX proposal_made ON ledger.proposal (proposed_at DESC, proposal_id DESC);


-- console: who did what, who looked at whom --------------------------------------------------------------------------------------

-- Every change through the console, written in the unit of work that makes it. Nobody is named but by pseudonyms (INV-13).
CREATE TABLE console.audit_log (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''), -- pseudonym of a member of staff
    role text NOT NULL,                     -- in which role
    action text NOT NULL,                   -- proposal.made, proposal.approved, …
    subject_kind text NOT NULL,             -- proposal, dispute, …
    subject_id text NOT NULL,
    reason text,
    before jsonb,                           -- what stood before, where something did
    after jsonb,
    request_id text NOT NULL                -- of the request that did it
);
CREATE INDEX audit_at ON console.audit_log (at DESC, audit_id DESC);
CREATE INDEX audit_of_subject ON console.audit_log (subject_id, at DESC);

-- Who looked at a customer, when, why and at what: written before the answer is given.
CREATE TABLE console.access_log (
    access_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    role text NOT NULL,
    customer_id bigint,                     -- empty: there was no such customer
    what text NOT NULL,                     -- customer, timeline, explanation, …
    reason text NOT NULL CHECK (reason <> ''),
    request_id text NOT NULL
);
CREATE INDEX access_at ON console.access_log (at DESC, access_id DESC);
CREATE INDEX access_of_customer ON console.access_log (customer_id, at DESC);

-- What the staff was answered under which idempotency key is in api.request like everybody else's.

-- Who is erased is a number without a name here as well, and nothing that was written of her in words stays. Her entries have the
-- new number already: accounts.erase took it from this sequence.
CREATE FUNCTION insight.erase_presence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_new bigint := currval('accounts.erased_customer_id');
BEGIN
    UPDATE insight.presence SET customer_id = v_new
    WHERE customer_id = OLD.customer_id AND month IN (
        SELECT DISTINCT date_trunc('month', ledger.business_day(occurred_at)::timestamp)::date
        FROM ledger.act WHERE customer_id = v_new);
    UPDATE console.access_log SET customer_id = v_new, reason = 'erased' WHERE customer_id = OLD.customer_id;
    UPDATE console.audit_log l SET reason = CASE WHEN l.reason <> '' THEN 'erased' END
    FROM ledger.proposal p WHERE p.customer_id = v_new AND l.subject_id = p.proposal_id::text;
    UPDATE console.audit_log l SET reason = CASE WHEN l.reason <> '' THEN 'erased' END, after = NULL
    FROM home.dispute d WHERE d.customer_id IN (OLD.customer_id, v_new) AND l.subject_kind = 'dispute' AND l.subject_id = d.dispute_no::text;
    UPDATE ledger.proposal SET opinion = 'erased' WHERE customer_id = v_new AND opinion IS NOT NULL;
    RETURN OLD;
END $$;
CREATE TRIGGER erase_presence BEFORE DELETE ON accounts.customer FOR EACH ROW EXECUTE FUNCTION insight.erase_presence();


-- Logs can be added to and read, never changed (INV-04).
GRANT SELECT, INSERT ON insight.folded_day, insight.daily, insight.active_day TO ditan_app;
GRANT SELECT, INSERT, UPDATE ON insight.presence TO ditan_app;
GRANT SELECT, INSERT ON console.audit_log, console.access_log TO ditan_app;
