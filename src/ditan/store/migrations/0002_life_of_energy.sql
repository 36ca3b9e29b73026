-- why:   energy gets its life: balls that ripen, lots that expire, holds, debt, accounts with limits; posting by shards
-- locks: ACCESS EXCLUSIVE on ledger.holder, ledger.reversal, feed.batch, methodology.pack while it runs
-- time:  rewrites ledger.holder: about a minute for 10 M customers; the rest is instant
-- undo:  restore a backup; what was collected, held and spent since has no place in the form before

-- Energy words. A *ball* is the energy of one act until it is collected; a *lot* is collected energy with one last day of
-- use. Both are single bigints, so that the row of a customer holds them all and one lock guards them:
--   ball = minute it ripens << 36 | days it can be collected << 31 | months its lot lives << 25 | energy (25 bits)
--   lot  = last day it can be used, in days since 1970 << 40 | energy (40 bits); sorted, the oldest lot comes first
-- The rule an act was posted under is in its ball: a later rule never touches what is earned.


-- small words ------------------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger.business_day(at timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((at AT TIME ZONE 'UTC') + interval '8 hours')::date;

-- Whole minutes since 1970.
CREATE FUNCTION ledger.minute(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor(extract(epoch FROM at) / 60)::bigint;

-- A lot that begins at a moment and lives some months: its last day is the end of that month.
CREATE FUNCTION ledger.lot(at timestamptz, months integer, energy bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((date_trunc('month', ledger.business_day(at)::timestamp) + make_interval(months => months + 1))::date - 1
        - date '1970-01-01')::bigint << 40) | energy;

CREATE FUNCTION ledger.lot_energy(lots bigint[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((SELECT sum(lot & 1099511627775) FROM unnest(lots) lot), 0)::bigint;

-- Lots of one day are one lot, the oldest comes first, empty ones go.
CREATE FUNCTION ledger.merge_lots(lots bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg((day << 40) | energy ORDER BY day), '{}') FROM (
        SELECT lot >> 40 AS day, sum(lot & 1099511627775)::bigint AS energy FROM unnest(lots) lot GROUP BY lot >> 40
    ) merged WHERE energy > 0);

-- Nearly always the new lot is the last one, or a part of it.
CREATE FUNCTION ledger.add_lots(lots bigint[], added bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN cardinality(added) = 0 THEN lots
        WHEN cardinality(lots) = 0 AND cardinality(added) = 1 THEN added
        WHEN cardinality(added) = 1 AND lots[cardinality(lots)] >> 40 < added[1] >> 40 THEN lots || added
        WHEN cardinality(added) = 1 AND lots[cardinality(lots)] >> 40 = added[1] >> 40
            THEN lots[: cardinality(lots) - 1] || (lots[cardinality(lots)] + (added[1] & 1099511627775))
        ELSE ledger.merge_lots(lots || added)
    END;

-- First in, first out: take some energy from lots. `missing` is what they did not have.
CREATE FUNCTION ledger.take_lots(lots bigint[], wanted bigint, OUT taken bigint[], OUT rest bigint[], OUT missing bigint)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    nth integer := 1;
    energy bigint;
BEGIN
    taken := '{}';
    missing := wanted;
    WHILE missing > 0 AND nth <= cardinality(lots) LOOP
        energy := lots[nth] & 1099511627775;
        EXIT WHEN energy > missing;
        taken := taken || lots[nth];
        missing := missing - energy;
        nth := nth + 1;
    END LOOP;
    rest := lots[nth :];
    IF missing > 0 AND cardinality(rest) > 0 THEN
        taken := taken || ((rest[1] >> 40 << 40) | missing);
        rest[1] := rest[1] - missing;
        missing := 0;
    END IF;
END $$;

-- Numbers in one value, big-endian: what posting reads of many customers at once and never changes in place.
CREATE FUNCTION ledger.packed(numbers bigint[]) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((SELECT string_agg(int8send(n), '' ORDER BY place) FROM unnest(numbers) WITH ORDINALITY AS part (n, place)), '');

CREATE FUNCTION ledger.unpacked(value bytea) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((SELECT array_agg(('x' || encode(substr(value, place * 8 + 1, 8), 'hex'))::bit(64)::bigint ORDER BY place)
        FROM generate_series(0, octet_length(value) / 8 - 1) place), '{}');

-- One of 64 shards, from the customer's key: what one batch holds while it posts.
CREATE FUNCTION ledger.shard(customer_key uuid) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN get_byte(uuid_send(customer_key), 0) >> 2;

-- What an act is called among the balls of its customer.
CREATE FUNCTION ledger.ball_key(act_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('x' || encode(substr(uuid_send(act_id), 1, 8), 'hex'))::bit(64)::bigint;

-- The id of an entry nobody asked for by name: when, of whom, its how-manieth. Ascending, which an index likes.
CREATE FUNCTION ledger.entry_name(at timestamptz, customer_id bigint, number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (lpad(to_hex(floor(extract(epoch FROM at))::bigint), 8, '0') || lpad(to_hex(customer_id), 12, '0')
        || lpad(to_hex(number), 12, '0'))::uuid;

-- The one entry that can end a hold: its primary key lets it end once.
CREATE FUNCTION ledger.end_of(hold_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5('end of hold ' || hold_id)::uuid;


-- methodology: how long energy lives, with the pack ----------------------------------------------------------------------

CREATE TABLE methodology.life (
    pack_id smallint PRIMARY KEY REFERENCES methodology.pack,
    matures_after_days integer NOT NULL,    -- a ball ripens so many business days after its act …
    matures_at_minute integer NOT NULL,     -- … at this minute of the day
    collect_days integer NOT NULL,          -- and can be collected for so long; then it lapses
    expires_months integer NOT NULL,        -- a lot can be used to the end of the month so many months on
    CONSTRAINT fits_a_ball CHECK (matures_after_days BETWEEN 0 AND 31 AND matures_at_minute BETWEEN 0 AND 1439
        AND collect_days BETWEEN 1 AND 31 AND expires_months BETWEEN 0 AND 63)
);
INSERT INTO methodology.life SELECT pack_id, 1, 420, 7, 12 FROM methodology.pack;


-- ledger: days that are closed ------------------------------------------------------------------------------------------

-- From this moment nothing more is booked on the day. Shutting waits for who is booking and takes an instant; the day is
-- summed up afterwards, while the next one goes on.
CREATE TABLE ledger.shut_day (
    day date PRIMARY KEY,
    shut_at timestamptz NOT NULL
);

-- A day's books. Once closed they never change; what comes later is booked on the first open day and says when it happened.
-- Energy is what all customers had together at the end of the day.
CREATE TABLE ledger.closed_day (
    day date PRIMARY KEY REFERENCES ledger.shut_day,
    closed_at timestamptz NOT NULL,
    entries bigint NOT NULL,                -- acts, reversals and entries booked on it
    earlier_entries bigint NOT NULL,        -- of them, those that happened on a day before
    growing_energy bigint NOT NULL,         -- in balls that are not ripe
    ripe_energy bigint NOT NULL,            -- in balls that are ripe, or were, and neither collected nor lapsed
    available_energy bigint NOT NULL,
    held_energy bigint NOT NULL,
    owed_energy bigint NOT NULL,
    digest bytea NOT NULL                   -- SHA-256 over the digest of the day before, its lines, flows and lots
);

-- The trial balance of a closed day: what moved on each account, and what stands on it at the end.
CREATE TABLE ledger.closed_line (
    day date NOT NULL REFERENCES ledger.shut_day,
    asset text NOT NULL,                    -- carbon, energy, or limited:<id>
    account text NOT NULL,                  -- all customers together: see ledger.posting
    entries bigint NOT NULL,                -- postings on it
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    balance bigint NOT NULL,                -- credits less debits, from the first day on
    PRIMARY KEY (day, asset, account)
);

-- What a closed day did to the energy of all customers, by kind of entry: what it added to each place.
CREATE TABLE ledger.closed_flow (
    day date NOT NULL REFERENCES ledger.shut_day,
    kind text NOT NULL,                     -- act, reversal, a kind of ledger.entry, or mature: balls became ripe
    entries bigint NOT NULL,
    earlier_entries bigint NOT NULL,        -- of them, those that happened on a day before
    growing_energy bigint NOT NULL,
    ripe_energy bigint NOT NULL,
    available_energy bigint NOT NULL,
    held_energy bigint NOT NULL,
    owed_energy bigint NOT NULL,            -- positive is more debt
    PRIMARY KEY (day, kind)
);

-- Available energy at the end of a closed day, by the last day it can be used.
CREATE TABLE ledger.closed_lot (
    day date NOT NULL REFERENCES ledger.shut_day,
    last_on date NOT NULL,
    energy bigint NOT NULL,
    PRIMARY KEY (day, last_on)
);

-- A day's acts and reversals lie together, batch by batch: the smallest index finds them.
CREATE INDEX act_of_batch ON ledger.act USING brin (batch_id) WITH (autosummarize = on);
CREATE INDEX reversal_of_batch ON ledger.reversal USING brin (batch_id) WITH (autosummarize = on);

-- The day something is booked on now. Whoever asks holds the books open until the commit.
CREATE FUNCTION ledger.open_day(at timestamptz) RETURNS date LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7315002);
    RETURN greatest(ledger.business_day(at), (SELECT max(day) + 1 FROM ledger.shut_day));
END $$;

ALTER TABLE feed.batch
    ADD COLUMN booked_on date NOT NULL DEFAULT ledger.open_day(now()); -- the open day of the books when it was posted
UPDATE feed.batch SET booked_on = ledger.business_day(received_at);
CREATE INDEX batch_booked ON feed.batch (booked_on);


-- ledger: the customer's row --------------------------------------------------------------------------------------------

-- A projection of entries, verified by `ditan check` (INV-05, INV-07). A customer's ids lie together by shard, and so do
-- its acts in `act_of_customer`. `due_minute` may be too early, never too late.
ALTER TABLE ledger.holder DROP CONSTRAINT inv_05_never_below_zero;
ALTER TABLE ledger.holder RENAME COLUMN energy TO available_energy;
ALTER TABLE ledger.holder
    ALTER COLUMN permits DROP DEFAULT, ALTER COLUMN quota DROP DEFAULT,
    ALTER COLUMN permits TYPE bytea USING ledger.packed(permits), -- numbers: triples of consent 1 card_payments, 2 whereabouts, 3 steps, or card_key; from; to (µs)
    ALTER COLUMN quota TYPE bytea USING ledger.packed(quota), -- numbers: sevens of month·100 + scenario; acts; mg; day counts 1–12, 13–24, 25–31; last µs
    ALTER COLUMN permits SET DEFAULT '', ALTER COLUMN quota SET DEFAULT '',
    ALTER COLUMN permits SET STORAGE MAIN, ALTER COLUMN quota SET STORAGE MAIN,
    ADD COLUMN pending_energy bigint NOT NULL DEFAULT 0, -- in balls
    ADD COLUMN held_energy bigint NOT NULL DEFAULT 0, -- promised to redemptions that are under way
    ADD COLUMN owed_energy bigint NOT NULL DEFAULT 0, -- debt: refunds took more than there was; later earnings pay it first
    ADD COLUMN due_minute bigint NOT NULL DEFAULT 9223372036854775807, -- when a ball lapses or a lot expires next
    ADD COLUMN version bigint NOT NULL DEFAULT 0, -- entries so far
    ADD COLUMN last_at timestamptz NOT NULL DEFAULT '-infinity', -- of the latest entry: time does not go back
    ADD COLUMN lots bigint[] NOT NULL DEFAULT '{}', -- collected energy, by the last day of its use
    ADD COLUMN ball_keys bigint[] NOT NULL DEFAULT '{}', -- the first 64 bits of the act's id, …
    ADD COLUMN balls bigint[] NOT NULL DEFAULT '{}', -- … and its ball
    ADD CONSTRAINT inv_05_never_below_zero CHECK (carbon_mg >= 0 AND pending_energy >= 0 AND available_energy >= 0
        AND held_energy >= 0 AND owed_energy >= 0),
    ADD CONSTRAINT inv_06_debt_is_paid_first CHECK (owed_energy = 0 OR available_energy = 0);


-- ledger: entries that are no acts ----------------------------------------------------------------------------------------

CREATE TYPE ledger.kind AS ENUM (
    'collect',  -- ripe balls become a lot; debt is paid first
    'lapse',    -- balls nobody collected in time
    'hold',     -- energy, and units of a limited account, set aside until a deadline
    'capture',  -- a hold is used, whole or in part; the rest goes back to its lots
    'release',  -- a hold is given back whole
    'expire',   -- lots past their last day
    'adjust',   -- a correction with reason, maker and checker
    'award',    -- energy from a campaign's budget, as a ball
    'supply'    -- units put into, or taken from, a limited account
);

-- Every movement of energy that is not an act or its reversal. Amounts are what the entry adds to each part of the
-- customer's energy; the other side, for kinds that have one, is named by the kind: see ledger.posting.
CREATE TABLE ledger.entry (
    entry_id uuid PRIMARY KEY,              -- of the request: the same request again is the same entry
    content_key uuid NOT NULL,              -- of what was asked: the same id with another content is refused
    customer_id bigint,                     -- empty: only a limited account moved
    kind ledger.kind NOT NULL,
    booked_on date NOT NULL,                -- the open day of the books
    occurred_at timestamptz NOT NULL,       -- the moment it belongs to: a lapse, when its ball lapsed
    recorded_at timestamptz NOT NULL,
    pending_energy bigint NOT NULL DEFAULT 0,
    available_energy bigint NOT NULL DEFAULT 0,
    held_energy bigint NOT NULL DEFAULT 0,
    owed_energy bigint NOT NULL DEFAULT 0,  -- debt: positive is more of it
    limited_id integer,
    units bigint NOT NULL DEFAULT 0,        -- added to the limited account
    hold_id uuid,                           -- of a capture or release
    deadline timestamptz,                   -- of a hold: from then on it can only be released
    lots bigint[],                          -- lots it filled (collect, capture's rest, release, adjust up) or emptied
    ball_keys bigint[],                     -- balls it ended or, an award, made
    balls bigint[],
    reason text,
    maker text,
    checker text,
    CONSTRAINT inv_03_entry_balances CHECK (
        CASE WHEN kind IN ('collect', 'hold', 'release', 'supply')
             THEN pending_energy + available_energy + held_energy - owed_energy = 0 ELSE true END),
    CONSTRAINT two_people CHECK (maker <> checker),
    CONSTRAINT a_correction_says_why CHECK (kind NOT IN ('adjust', 'supply') OR reason <> '' AND maker <> '' AND checker <> '')
);
CREATE INDEX entry_of_customer ON ledger.entry (customer_id, recorded_at);
CREATE INDEX hold_until ON ledger.entry (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX entry_booked ON ledger.entry USING brin (booked_on);

-- What was collected before this migration was never pending.
INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, pending_energy,
    available_energy, lots)
SELECT ledger.entry_name(now(), customer_id, 0), ledger.entry_name(now(), customer_id, 0), customer_id, 'collect',
    ledger.business_day(now()), now(), now(), -available_energy, available_energy,
    array[ledger.lot(now(), 12, available_energy)]
FROM ledger.holder WHERE available_energy > 0;
UPDATE ledger.holder SET lots = array[ledger.lot(now(), 12, available_energy)], version = 1, last_at = now(), due_minute = 0
WHERE available_energy > 0;

-- A refund takes its energy from where it is: the ball; the lot and then other lots; what had lapsed or expired; else debt.
ALTER TABLE ledger.reversal
    ADD COLUMN pending_energy integer NOT NULL DEFAULT 0,
    ADD COLUMN available_energy integer NOT NULL DEFAULT 0,
    ADD COLUMN gone_energy integer NOT NULL DEFAULT 0, -- had lapsed or expired: the bank gives back, the customer nothing
    ADD COLUMN owed_energy integer NOT NULL DEFAULT 0, -- became debt
    ADD COLUMN lots bigint[] NOT NULL DEFAULT '{}', -- lots it emptied
    ADD COLUMN lot_day integer; -- of the lot its act was collected into, in days since 1970
UPDATE ledger.reversal SET pending_energy = energy;
ALTER TABLE ledger.reversal ADD CONSTRAINT inv_06_taken_from_somewhere
    CHECK (energy = pending_energy + available_energy + gone_energy + owed_energy);


-- An occasion is asked for by its key, and freed when a new act wants it: nobody looks for it by its act.
DROP INDEX ledger.occasion_of_act;


-- ledger: accounts that cannot go below zero --------------------------------------------------------------------------------

-- The stock of a reward, the budget of a campaign, the fund of a donation project (INV-08).
CREATE TABLE ledger.limited (
    limited_id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('stock', 'budget', 'fund')),
    name text NOT NULL UNIQUE,
    unit text NOT NULL,                     -- piece, energy, fen
    balance bigint NOT NULL DEFAULT 0,      -- the sum of units of its entries
    opened_at timestamptz NOT NULL,
    CONSTRAINT inv_08_never_below_zero CHECK (balance >= 0)
) WITH (fillfactor = 10);

-- A line per sweep that came to its end. The next one looks for holds from a day before it: clocks may differ.
CREATE TABLE ledger.sweep (
    swept_at timestamptz PRIMARY KEY,       -- everything due at this moment was settled
    customers bigint NOT NULL,              -- of whom something lapsed or expired
    lapsed_energy bigint NOT NULL,
    expired_energy bigint NOT NULL,
    released_holds bigint NOT NULL
);

-- A correction waits here for a second person. Who proposed it cannot decide it.
CREATE TABLE ledger.proposal (
    proposal_id uuid PRIMARY KEY,           -- also the id of the entry it becomes
    content_key uuid NOT NULL,
    customer_id bigint,
    limited_id integer REFERENCES ledger.limited,
    amount bigint NOT NULL CHECK (amount <> 0), -- energy of a customer, or units of a limited account
    reason text NOT NULL CHECK (reason <> ''),
    maker text NOT NULL CHECK (maker <> ''),
    proposed_at timestamptz NOT NULL,
    checker text,
    decided_at timestamptz,
    approved boolean,
    CONSTRAINT of_one_account CHECK ((customer_id IS NULL) <> (limited_id IS NULL)),
    CONSTRAINT two_people CHECK (maker <> checker)
);


-- ledger: what scenarios issued, a line per batch: no row that every batch must wait for -----------------------------------

CREATE TABLE ledger.issued (
    batch_id bigint NOT NULL,
    scenario smallint NOT NULL,
    taken_back boolean NOT NULL,            -- by refunds
    entries bigint NOT NULL,                -- acts or reversals
    carbon_mg bigint NOT NULL,
    energy bigint NOT NULL,
    PRIMARY KEY (batch_id, scenario, taken_back)
);
INSERT INTO ledger.issued
SELECT batch_id, scenario, false, count(*), sum(carbon_mg), sum(energy) FROM ledger.act GROUP BY batch_id, scenario
UNION ALL
SELECT r.batch_id, a.scenario, true, count(*), sum(r.carbon_mg), sum(r.energy)
FROM ledger.reversal r JOIN ledger.act a USING (act_id) GROUP BY r.batch_id, a.scenario;
DROP TABLE ledger.issuance;
CREATE VIEW ledger.issuance AS
    SELECT scenario, sum(CASE WHEN taken_back THEN -carbon_mg ELSE carbon_mg END)::bigint AS carbon_mg,
        sum(CASE WHEN taken_back THEN -energy ELSE energy END)::bigint AS energy
    FROM ledger.issued GROUP BY scenario;


-- what a customer's energy can do: one function each, one call, one answer -----------------------------------------------------

-- All of them: lock the customer's row first, then a limited account; refuse without a trace; give the same answer to the
-- same request forever. `code` says what became of it: see ledger/codes.py.
CREATE TYPE ledger.answer AS (code text, entry_id uuid, energy bigint);

-- The first minute of the day after the last day of the oldest lot.
CREATE FUNCTION ledger.lots_due(lots bigint[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN cardinality(lots) > 0 THEN ((lots[1] >> 40) + 1) * 1440 - 480 ELSE 9223372036854775807 END;

-- Lapse the balls and expire the lots that are due, of the customers from one id to another. What a sweep does every night,
-- and what an operation does first for its own customer, so that no answer depends on when the sweep ran. (INV-07)
CREATE FUNCTION ledger.settle(p_first bigint, p_last bigint, p_at timestamptz,
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
        FROM due d CROSS JOIN LATERAL (
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

-- Collect what is ripe, of many customers at once, each named once: all of it, or where a ball is named, that one.
CREATE FUNCTION ledger.collect(p_customers bigint[], p_entries uuid[], p_contents uuid[], p_balls bigint[], p_at timestamptz)
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
    ), changed AS ( -- from the row as it was locked, as in ledger.settle
        UPDATE ledger.holder h
        SET ball_keys = s.kept_keys, balls = s.kept, lots = ledger.add_lots(s.lots, s.filled),
            pending_energy = s.pending_energy - s.ripe_sum, available_energy = s.available_energy + s.ripe_sum - s.paid,
            owed_energy = s.owed_energy - s.paid,
            due_minute = least(s.next_ball, ledger.lots_due(ledger.add_lots(s.lots, s.filled))),
            version = s.version + 1, last_at = s.at
        FROM filled s WHERE h.customer_id = s.customer_id
    ), written AS (
        INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
            pending_energy, available_energy, owed_energy, lots, ball_keys, balls)
        SELECT entry_id, content_key, customer_id, 'collect', v_day, p_at, at, -ripe_sum, ripe_sum - paid, -paid, filled,
            ripe_keys, ripe
        FROM filled
        RETURNING entry_id, -pending_energy AS energy
    )
    SELECT a.customer_id, a.entry_id,
        CASE WHEN k.same THEN 'exists' WHEN k.entry_id IS NOT NULL THEN 'conflict' WHEN w.entry_id IS NOT NULL THEN 'done'
             WHEN h.customer_id IS NULL THEN 'no_account' WHEN h.closed THEN 'closed' ELSE 'nothing' END,
        coalesce(k.energy, w.energy, 0)::bigint
    FROM asked a LEFT JOIN known k USING (entry_id) LEFT JOIN written w USING (entry_id) LEFT JOIN held h USING (entry_id);
END $$;

-- Set energy aside, oldest lots first, and with it units of a limited account, until a deadline.
CREATE FUNCTION ledger.hold(p_entry uuid, p_content uuid, p_customer bigint, p_energy bigint, p_limited integer, p_units bigint,
    p_deadline timestamptz, p_reason text, p_at timestamptz) RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    h ledger.holder;
    v_known uuid;
    v_taken bigint[];
    v_rest bigint[];
BEGIN
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
    IF h.due_minute <= ledger.minute(p_at) THEN
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
CREATE FUNCTION ledger.end_hold(p_hold uuid, p_content uuid, p_capture boolean, p_energy bigint, p_reason text, p_at timestamptz)
    RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    v_end uuid := ledger.end_of(p_hold);
    k ledger.entry;
    h ledger.holder;
    e ledger.entry;
    v_used bigint;
    v_paid bigint;
    v_back bigint[] := '{}';
    v_limited integer;
BEGIN
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

-- Holds past their deadline, the oldest first: the sweep releases them one by one.
CREATE FUNCTION ledger.release_due(p_after timestamptz, p_after_id uuid, p_at timestamptz, p_limit integer,
    OUT holds bigint, OUT reached timestamptz, OUT reached_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    k record;
BEGIN
    holds := 0;
    -- All customers first, then limited accounts, like everybody: who holds a stock must not wait for a customer.
    PERFORM FROM ledger.holder h WHERE h.customer_id IN (
        SELECT e.customer_id FROM ledger.entry e
        WHERE e.deadline >= p_after AND e.deadline <= p_at AND (e.deadline, e.entry_id) > (p_after, p_after_id)
        ORDER BY e.deadline, e.entry_id LIMIT p_limit)
    ORDER BY h.customer_id FOR UPDATE;
    FOR k IN
        SELECT entry_id, deadline FROM ledger.entry
        WHERE deadline >= p_after AND deadline <= p_at AND (deadline, entry_id) > (p_after, p_after_id)
        ORDER BY deadline, entry_id LIMIT p_limit
    LOOP
        reached := k.deadline;
        reached_id := k.entry_id;
        IF NOT EXISTS (SELECT FROM ledger.entry WHERE entry_id = ledger.end_of(k.entry_id)) THEN
            holds := holds + ((ledger.end_hold(k.entry_id, ledger.end_of(k.entry_id), false, NULL, 'deadline', p_at)).code
                = 'done')::integer;
        END IF;
    END LOOP;
END $$;

-- Correct a customer's energy, up (debt first, then a lot) or down (oldest lots first, never below zero).
CREATE FUNCTION ledger.adjust(p_entry uuid, p_content uuid, p_customer bigint, p_energy bigint, p_months integer, p_reason text,
    p_maker text, p_checker text, p_at timestamptz) RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    h ledger.holder;
    v_known uuid;
    v_paid bigint := 0;
    v_lots bigint[] := '{}';
    v_all bigint[];
BEGIN
    SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer FOR UPDATE;
    SELECT content_key INTO v_known FROM ledger.entry WHERE entry_id = p_entry;
    IF FOUND THEN
        RETURN (CASE WHEN v_known = p_content THEN 'exists' ELSE 'conflict' END, p_entry,
            CASE WHEN v_known = p_content THEN p_energy ELSE 0 END)::ledger.answer;
    ELSIF h.customer_id IS NULL THEN
        RETURN ('no_account', NULL, 0)::ledger.answer;
    END IF;
    IF h.due_minute <= ledger.minute(p_at) THEN
        PERFORM ledger.settle(p_customer, p_customer, p_at);
        SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer;
    END IF;
    IF p_energy >= 0 THEN
        v_paid := least(h.owed_energy, p_energy);
        IF p_energy > v_paid THEN
            v_lots := array[ledger.lot(greatest(h.last_at, p_at), p_months, p_energy - v_paid)];
        END IF;
        v_all := ledger.add_lots(h.lots, v_lots);
    ELSIF h.available_energy < -p_energy THEN
        RETURN ('not_enough', NULL, h.available_energy)::ledger.answer;
    ELSE
        SELECT taken, rest INTO v_lots, v_all FROM ledger.take_lots(h.lots, -p_energy);
    END IF;
    UPDATE ledger.holder
    SET lots = v_all, available_energy = available_energy + p_energy - v_paid, owed_energy = owed_energy - v_paid,
        due_minute = least(due_minute, ledger.lots_due(v_lots)), version = version + 1, last_at = greatest(last_at, p_at)
    WHERE customer_id = p_customer;
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at,
        available_energy, owed_energy, lots, reason, maker, checker)
    VALUES (p_entry, p_content, p_customer, 'adjust', v_day, p_at, greatest(h.last_at, p_at), p_energy - v_paid, -v_paid, v_lots,
        p_reason, p_maker, p_checker);
    RETURN ('done', p_entry, p_energy)::ledger.answer;
END $$;

-- Put units into a limited account, or take some out: never more than are there.
CREATE FUNCTION ledger.supply(p_entry uuid, p_content uuid, p_limited integer, p_units bigint, p_reason text, p_maker text,
    p_checker text, p_at timestamptz) RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    l ledger.limited;
    v_known uuid;
BEGIN
    SELECT * INTO l FROM ledger.limited WHERE limited_id = p_limited FOR UPDATE;
    SELECT content_key INTO v_known FROM ledger.entry WHERE entry_id = p_entry;
    IF FOUND THEN
        RETURN (CASE WHEN v_known = p_content THEN 'exists' ELSE 'conflict' END, p_entry,
            CASE WHEN v_known = p_content THEN p_units ELSE 0 END)::ledger.answer;
    ELSIF l.limited_id IS NULL THEN
        RETURN ('no_account', NULL, 0)::ledger.answer;
    ELSIF l.balance + p_units < 0 THEN
        RETURN ('used_up', NULL, l.balance)::ledger.answer;
    END IF;
    UPDATE ledger.limited SET balance = balance + p_units WHERE limited_id = p_limited;
    INSERT INTO ledger.entry (entry_id, content_key, kind, booked_on, occurred_at, recorded_at, limited_id, units, reason, maker,
        checker)
    VALUES (p_entry, p_content, 'supply', v_day, p_at, p_at, p_limited, p_units, p_reason, p_maker, p_checker);
    RETURN ('done', p_entry, p_units)::ledger.answer;
END $$;

-- Give a customer energy from a campaign's budget: a ball that is ripe at once.
CREATE FUNCTION ledger.award(p_entry uuid, p_content uuid, p_customer bigint, p_energy bigint, p_limited integer,
    p_collect_days integer, p_months integer, p_reason text, p_at timestamptz) RETURNS ledger.answer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := ledger.open_day(p_at);
    h ledger.holder;
    v_known uuid;
    v_ball bigint;
BEGIN
    SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer FOR UPDATE;
    SELECT content_key INTO v_known FROM ledger.entry WHERE entry_id = p_entry;
    IF FOUND THEN
        RETURN (CASE WHEN v_known = p_content THEN 'exists' ELSE 'conflict' END, p_entry,
            CASE WHEN v_known = p_content THEN p_energy ELSE 0 END)::ledger.answer;
    ELSIF h.customer_id IS NULL THEN
        RETURN ('no_account', NULL, 0)::ledger.answer;
    ELSIF h.closed_at <= p_at THEN
        RETURN ('closed', NULL, 0)::ledger.answer;
    END IF;
    UPDATE ledger.limited SET balance = balance - p_energy WHERE limited_id = p_limited AND kind = 'budget' AND balance >= p_energy;
    IF NOT FOUND THEN
        RETURN ('used_up', NULL, 0)::ledger.answer;
    END IF;
    v_ball := (ledger.minute(p_at) << 36) | (p_collect_days::bigint << 31) | (p_months::bigint << 25) | p_energy;
    UPDATE ledger.holder
    SET pending_energy = pending_energy + p_energy, ball_keys = ball_keys || ledger.ball_key(p_entry), balls = balls || v_ball,
        due_minute = least(due_minute, ledger.minute(p_at) + p_collect_days * 1440), version = version + 1,
        last_at = greatest(last_at, p_at)
    WHERE customer_id = p_customer;
    INSERT INTO ledger.entry (entry_id, content_key, customer_id, kind, booked_on, occurred_at, recorded_at, pending_energy,
        limited_id, units, ball_keys, balls, reason)
    VALUES (p_entry, p_content, p_customer, 'award', v_day, p_at, greatest(h.last_at, p_at), p_energy, p_limited, -p_energy,
        array[ledger.ball_key(p_entry)], array[v_ball], p_reason);
    RETURN ('done', p_entry, p_energy)::ledger.answer;
END $$;

-- Take back what a refund undoes, from where it is: the ball of the act; else what has lapsed; else the lot it was collected
-- into, what of that lot has expired, other lots; the rest becomes debt. What is held is promised and stays. (INV-06)
CREATE FUNCTION ledger.take_back(p_act uuid, p_customer bigint, p_carbon bigint, p_energy integer, p_at timestamptz,
    OUT pending integer, OUT available integer, OUT gone integer, OUT owed integer, OUT lots bigint[], OUT lot_day integer)
    LANGUAGE plpgsql AS $$
DECLARE
    v_key bigint := ledger.ball_key(p_act);
    h ledger.holder;
    e ledger.entry;
    v_place integer;
    v_left integer := p_energy;
    v_own bigint[];
    v_more bigint[];
    v_missing bigint;
BEGIN
    pending := 0; available := 0; gone := 0; owed := 0; lots := '{}';
    SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer FOR UPDATE;
    IF h.due_minute <= ledger.minute(p_at) THEN
        PERFORM ledger.settle(p_customer, p_customer, p_at);
        SELECT * INTO h FROM ledger.holder WHERE customer_id = p_customer;
    END IF;
    v_place := array_position(h.ball_keys, v_key);
    IF v_place IS NOT NULL THEN
        pending := v_left;
        IF h.balls[v_place] & 33554431 > v_left THEN
            h.balls[v_place] := h.balls[v_place] - v_left;
        ELSE
            h.balls := h.balls[: v_place - 1] || h.balls[v_place + 1 :];
            h.ball_keys := h.ball_keys[: v_place - 1] || h.ball_keys[v_place + 1 :];
        END IF;
        v_left := 0;
    ELSIF v_left > 0 THEN
        SELECT * INTO e FROM ledger.entry x
        WHERE x.customer_id = p_customer AND x.kind IN ('collect', 'lapse') AND v_key = ANY (x.ball_keys);
        IF e.kind = 'lapse' THEN
            gone := v_left;
            v_left := 0;
        ELSE
            -- What was collected before energy had a life has no ball: its lot is the first one.
            lot_day := coalesce(ledger.lot(e.recorded_at, ((e.balls[array_position(e.ball_keys, v_key)] >> 25) & 63)::integer, 0),
                (SELECT first.lots[1] FROM ledger.entry first WHERE first.customer_id = p_customer AND first.kind = 'collect'
                 ORDER BY first.recorded_at LIMIT 1)) >> 40;
            SELECT coalesce(array_agg(lot), '{}') INTO v_own FROM unnest(h.lots) lot WHERE lot >> 40 = lot_day;
            SELECT t.taken, t.missing INTO lots, v_missing FROM ledger.take_lots(v_own, v_left) t;
            IF v_missing > 0 THEN
                SELECT least(v_missing, greatest(0,
                    coalesce((SELECT sum(lot & 1099511627775) FROM ledger.entry x, unnest(x.lots) lot
                        WHERE x.customer_id = p_customer AND x.kind = 'expire' AND lot >> 40 = lot_day), 0)
                    - coalesce((SELECT sum(r.gone_energy) FROM ledger.reversal r
                        WHERE r.customer_id = p_customer AND r.lot_day = take_back.lot_day), 0)))
                INTO gone;
                v_missing := v_missing - gone;
            END IF;
            SELECT coalesce(array_agg(lot - coalesce((SELECT t & 1099511627775 FROM unnest(lots) t WHERE t >> 40 = lot >> 40), 0)
                ORDER BY lot), '{}') INTO h.lots FROM unnest(h.lots) lot;
            h.lots := ledger.merge_lots(h.lots);
            IF v_missing > 0 THEN
                SELECT t.taken, t.rest, t.missing INTO v_more, h.lots, v_missing FROM ledger.take_lots(h.lots, v_missing) t;
                lots := ledger.merge_lots(lots || v_more);
            END IF;
            owed := v_missing;
            available := p_energy - gone - owed;
        END IF;
    END IF;
    UPDATE ledger.holder x
    SET carbon_mg = x.carbon_mg - p_carbon, pending_energy = x.pending_energy - pending,
        available_energy = x.available_energy - available, owed_energy = x.owed_energy + owed,
        ball_keys = h.ball_keys, balls = h.balls, lots = h.lots, last_at = greatest(x.last_at, p_at)
    WHERE x.customer_id = p_customer;
END $$;


-- reading ---------------------------------------------------------------------------------------------------------------

-- Postings as a bookkeeper reads them. Positive is a credit. A customer's energy has four accounts; what is owed is negative.
-- `line` is the account in a trial balance, where all customers are one.
DROP VIEW ledger.posting;
CREATE VIEW ledger.posting AS
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
        SELECT CASE e.kind WHEN 'lapse' THEN 'lapsed' WHEN 'expire' THEN 'expired' WHEN 'capture' THEN 'redeemed'
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

-- When the ball of an act ripens: the rule of its pack; at once where the act came later than that.
CREATE FUNCTION ledger.ripens(occurred_at timestamptz, received_at timestamptz, after_days integer, at_minute integer)
    RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest((ledger.business_day(occurred_at) - date '1970-01-01' + after_days)::bigint * 1440 + at_minute - 480,
        ceil(extract(epoch FROM received_at) / 60)::bigint);

-- What was booked from one day to another, summed: a row per kind, and per scenario or limited account, up and down apart, so
-- that each sum has one sign. `n_…`: how many entries moved it. `other`: the account on the other side of the energy.
-- Acts and reversals are found by their batches, entries by their day: never more is read than those days.
CREATE TYPE ledger.movement AS (
    kind text, scenario smallint, limited_id integer, other text, entries bigint, earlier_entries bigint,
    carbon_mg bigint, n_carbon bigint, growing_energy bigint, ripe_energy bigint, n_pending bigint,
    available_energy bigint, n_available bigint, held_energy bigint, n_held bigint, owed_energy bigint, n_owed bigint,
    gone_energy bigint, n_gone bigint, energy bigint, n_energy bigint, units bigint, n_units bigint
);

CREATE FUNCTION ledger.moved(p_first date, p_last date) RETURNS SETOF ledger.movement LANGUAGE plpgsql STABLE AS $$
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
        CASE e.kind WHEN 'lapse' THEN 'lapsed' WHEN 'expire' THEN 'expired' WHEN 'capture' THEN 'redeemed'
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

-- The lines of a trial balance that a sum of movements is: each has one sign, so it is a debit or a credit.
CREATE FUNCTION ledger.lines(m ledger.movement)
    RETURNS TABLE (asset text, account text, entries bigint, debit bigint, credit bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.asset, p.account, p.n, greatest(-p.amount, 0), greatest(p.amount, 0)
    FROM (VALUES
        ('carbon', 'issuance:' || m.scenario, -m.carbon_mg, m.n_carbon),
        ('carbon', 'customers', m.carbon_mg, m.n_carbon),
        ('energy', 'customers:pending', m.growing_energy + m.ripe_energy, m.n_pending),
        ('energy', 'customers:available', m.available_energy, m.n_available),
        ('energy', 'customers:held', m.held_energy, m.n_held),
        ('energy', 'customers:owed', -m.owed_energy, m.n_owed),
        ('energy', m.other, -m.gone_energy, m.n_gone),
        ('energy', CASE WHEN m.scenario IS NULL THEN m.other ELSE 'issuance:' || m.scenario END, -m.energy, m.n_energy),
        ('limited:' || m.limited_id, 'balance', m.units, m.n_units),
        ('limited:' || m.limited_id, 'outside', -m.units, m.n_units)
    ) AS p (asset, account, amount, n) WHERE p.n > 0;
END;

-- How the available energy of all customers changed, by the last day it can be used.
CREATE FUNCTION ledger.moved_lots(p_first date, p_last date) RETURNS TABLE (last_on date, energy bigint)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_from bigint;
    v_to bigint;
BEGIN
    SELECT min(batch_id), max(batch_id) INTO v_from, v_to FROM feed.batch WHERE booked_on BETWEEN p_first AND p_last;
    RETURN QUERY
    SELECT date '1970-01-01' + day::integer, sum(moved.energy)::bigint FROM (
        SELECT lot >> 40 AS day, CASE WHEN e.available_energy < 0 THEN -(lot & 1099511627775) ELSE lot & 1099511627775 END AS energy
        FROM ledger.entry e, unnest(e.lots) lot WHERE e.booked_on BETWEEN p_first AND p_last
        UNION ALL
        SELECT lot >> 40, -(lot & 1099511627775)
        FROM ledger.reversal r JOIN feed.batch b USING (batch_id), unnest(r.lots) lot
        WHERE r.batch_id BETWEEN v_from AND v_to AND b.booked_on BETWEEN p_first AND p_last
    ) moved GROUP BY day;
END $$;

-- The first moment whose acts are not ripe at a minute, when they came in time.
CREATE FUNCTION ledger.growing_since(p_minute bigint, after_days integer, at_minute integer) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((date '1970-01-01' + ((p_minute - at_minute + 480) / 1440)::integer - after_days + 1)::timestamp - interval '8 hours')
        AT TIME ZONE 'UTC';

-- What was booked by a day and is not ripe at a minute. Only acts of the last days can be: a rule says how many. Compares moments
-- where `ripens` would count minutes for each act.
CREATE FUNCTION ledger.growing(p_last date, p_minute bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_first date := date '1970-01-01' + ((p_minute + 480) / 1440)::integer
        - coalesce((SELECT max(matures_after_days) FROM methodology.life), 0) - 1;
    v_moment timestamptz := to_timestamp(p_minute * 60);
    v_from bigint;
    v_to bigint;
BEGIN
    SELECT min(batch_id), max(batch_id) INTO v_from, v_to FROM feed.batch WHERE booked_on BETWEEN v_first AND p_last;
    RETURN coalesce((
        SELECT sum(a.energy) FROM ledger.act a JOIN feed.batch b USING (batch_id) JOIN (
            SELECT pack_id, ledger.growing_since(p_minute, matures_after_days, matures_at_minute) AS since FROM methodology.life
        ) l ON l.pack_id = a.pack_id
        WHERE a.batch_id BETWEEN v_from AND v_to AND b.booked_on <= p_last AND (a.occurred_at >= l.since OR b.received_at > v_moment)
    ), 0) - coalesce((
        SELECT sum(r.pending_energy) FROM ledger.reversal r JOIN feed.batch b USING (batch_id)
        JOIN ledger.act a USING (act_id) JOIN feed.batch first ON first.batch_id = a.batch_id JOIN (
            SELECT pack_id, ledger.growing_since(p_minute, matures_after_days, matures_at_minute) AS since FROM methodology.life
        ) l ON l.pack_id = a.pack_id
        WHERE r.batch_id BETWEEN v_from AND v_to AND b.booked_on <= p_last AND (a.occurred_at >= l.since OR first.received_at > v_moment)
    ), 0);
END $$;

-- The last minute of a business day.
CREATE FUNCTION ledger.last_minute(day date) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (day - date '1970-01-01' + 1)::bigint * 1440 - 481;

-- The digest of a day: SHA-256 over text, a line each: the digest before in hexadecimal, the day, its lines, flows and lots.
CREATE FUNCTION ledger.day_digest(p_day date, p_before bytea) RETURNS bytea LANGUAGE sql STABLE
    RETURN sha256(convert_to(concat_ws(E'\n', encode(p_before, 'hex'), to_char(p_day, 'YYYY-MM-DD'),
        (SELECT string_agg(concat_ws('|', asset, account, entries, debit, credit, balance), E'\n'
            ORDER BY asset COLLATE "C", account COLLATE "C") FROM ledger.closed_line WHERE day = p_day),
        (SELECT string_agg(concat_ws('|', kind, entries, earlier_entries, growing_energy, ripe_energy, available_energy,
            held_energy, owed_energy), E'\n' ORDER BY kind COLLATE "C") FROM ledger.closed_flow WHERE day = p_day),
        (SELECT string_agg(concat_ws('|', to_char(last_on, 'YYYY-MM-DD'), energy), E'\n' ORDER BY last_on)
            FROM ledger.closed_lot WHERE day = p_day)
    ), 'UTF8'));

-- What one batch asks about and changes; keys and numbers only, so that nothing personal is staged. Made once per connection.
CREATE OR REPLACE FUNCTION ledger.open_working_tables() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('pg_temp.asked_customer') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE TEMPORARY TABLE asked_customer (customer_key uuid, customer_no integer) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE asked_act (act_id uuid, written boolean) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE asked_occasion (occasion_key uuid) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE asked_history (customer_id bigint, quota_key bigint) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE asked_neighbor (
        row_number bigint, customer_id bigint, scenario smallint, at timestamptz, gap_us bigint
    ) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE change (
        customer_id bigint, carbon_mg bigint, energy bigint, due_minute bigint, quota bytea, ball_keys bigint[], balls bigint[]
    ) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE refund_stage (
        row_number bigint, refund_key uuid, content_key uuid, original_key uuid, match_key uuid, whole boolean,
        amount_fen bigint, occurred_at timestamptz, original_refused boolean
    ) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE refund_outcome (
        row_number bigint, refund_key uuid, content_key uuid, original_key uuid, match_key uuid, whole boolean,
        amount_fen bigint, occurred_at timestamptz, code text, act_id uuid, customer_id bigint, scenario smallint,
        carbon_mg bigint, energy integer
    ) ON COMMIT DELETE ROWS;
END $$;


-- Grants repeat the promises: entries can be added and read, never changed (INV-04); a balance only by who has the row.

GRANT SELECT, INSERT ON methodology.life TO ditan_app;
GRANT USAGE ON SEQUENCE accounts.customer_customer_id_seq TO ditan_app;
GRANT SELECT, INSERT ON ledger.entry, ledger.issued, ledger.sweep TO ditan_app;
GRANT SELECT, INSERT ON ledger.shut_day, ledger.closed_day, ledger.closed_line, ledger.closed_flow, ledger.closed_lot TO ditan_app;
GRANT SELECT, INSERT, UPDATE ON ledger.limited, ledger.proposal TO ditan_app;
GRANT SELECT ON ledger.posting, ledger.issuance TO ditan_app;
