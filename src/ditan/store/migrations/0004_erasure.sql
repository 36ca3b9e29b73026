-- why:   a customer can be erased: the link to the person goes, what was posted stays and still adds up (INV-14)
-- locks: ACCESS EXCLUSIVE on accounts.customer, ledger.holder, ledger.occasion, ledger.match, feed.waiting_refund, api.request
-- time:  writes ledger.occasion and ledger.match anew: about ten minutes at 100 M rows of them; the rest is instant
-- undo:  DROP FUNCTION accounts.erase; the columns may stay. What was erased is gone: that is what it is for

-- Who is erased gets a new number, from a range of its own: the old one begins with six bits of a hash of the name.
CREATE SEQUENCE accounts.erased_customer_id MINVALUE 70368744177664; -- 64 << 40: after the last shard

ALTER TABLE accounts.customer
    ALTER COLUMN customer_key DROP NOT NULL,
    ALTER COLUMN customer_ref DROP NOT NULL,
    ADD COLUMN erased_at timestamptz,       -- nobody can say any more whose account it was
    ADD CONSTRAINT inv_14_named_or_erased CHECK (CASE WHEN erased_at IS NULL
        THEN customer_ref IS NOT NULL AND customer_key IS NOT NULL
        ELSE customer_ref IS NULL AND customer_key IS NULL AND closed_at <= erased_at AND customer_id >= 70368744177664 END);

ALTER TABLE ledger.holder
    ALTER COLUMN customer_key DROP NOT NULL,
    ADD CONSTRAINT inv_14_named_or_erased CHECK ((customer_key IS NULL) = (customer_id >= 70368744177664));

-- Whose an occasion or a match is, so that it can go with the customer. A batch writes them by customer, so a small index finds
-- them: 4 pages of each batch are looked at.
ALTER TABLE ledger.occasion ADD COLUMN customer_id bigint;
UPDATE ledger.occasion o SET customer_id = a.customer_id FROM ledger.act a WHERE a.act_id = o.act_id;
ALTER TABLE ledger.occasion ALTER COLUMN customer_id SET NOT NULL;
CREATE INDEX occasion_of_customer ON ledger.occasion USING brin (customer_id) WITH (pages_per_range = 4, autosummarize = on);
ALTER TABLE ledger.match ADD COLUMN customer_id bigint;
UPDATE ledger.match m SET customer_id = a.customer_id FROM ledger.act a WHERE a.act_id = m.act_id;
ALTER TABLE ledger.match ALTER COLUMN customer_id SET NOT NULL;
CREATE INDEX match_of_customer ON ledger.match USING brin (customer_id) WITH (pages_per_range = 4, autosummarize = on);

-- Whose they are, so that they can go with the customer. Empty: nobody's who has an account.
ALTER TABLE feed.waiting_refund ADD COLUMN customer_id bigint;
CREATE INDEX waiting_of_customer ON feed.waiting_refund (customer_id) WHERE customer_id IS NOT NULL;
ALTER TABLE api.request ADD COLUMN customer_id bigint;
CREATE INDEX request_of_customer ON api.request (customer_id) WHERE customer_id IS NOT NULL;

-- Erase one customer, all of it in the caller's unit of work. `done`, or why not: `no_account`, `open`: close it first,
-- `held`: energy is set aside for a redemption that is under way.
--
-- The application may not change history (INV-04); this function does, as its owner, and in one way only: of the entries of
-- a closed account it takes what could name the person, and leaves amounts, times and ids. What is taken:
--   its number, everywhere, for a new one: the old begins with six bits of a hash of the name, and is in every backup
--   hashes over what the bank said (`content_key`), and over the name and a bill or a card (occasion, match, waiting refund)
--   cards, preferences, remembered requests, the words of a correction
CREATE FUNCTION accounts.erase(p_customer_key uuid, p_at timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    nothing CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    c accounts.customer;
    v_held bigint;
    v_new bigint;
BEGIN
    -- After the batch that posts for this customer, and before the next one: see hold_shards in ledger/queries.sql.
    PERFORM pg_advisory_xact_lock(7315001, ledger.shard(p_customer_key));
    SELECT * INTO c FROM accounts.customer WHERE customer_key = p_customer_key;
    IF NOT FOUND THEN
        RETURN 'no_account';
    ELSIF c.closed_at IS NULL OR c.closed_at > p_at THEN
        RETURN 'open';
    END IF;
    SELECT held_energy INTO v_held FROM ledger.holder WHERE customer_id = c.customer_id FOR UPDATE;
    IF v_held > 0 THEN
        RETURN 'held';
    END IF;
    v_new := nextval('accounts.erased_customer_id');

    DELETE FROM ledger.occasion WHERE customer_id = c.customer_id;
    DELETE FROM ledger.match WHERE customer_id = c.customer_id;
    DELETE FROM feed.conflict WHERE event_key IN (
        SELECT act_id FROM ledger.act WHERE customer_id = c.customer_id
        UNION ALL
        SELECT reversal_id FROM ledger.reversal WHERE customer_id = c.customer_id);
    DELETE FROM feed.waiting_refund WHERE customer_id = c.customer_id;

    UPDATE ledger.act SET customer_id = v_new, content_key = nothing WHERE customer_id = c.customer_id;
    UPDATE ledger.reversal SET customer_id = v_new, content_key = nothing WHERE customer_id = c.customer_id;
    -- Entries that the sweep wrote carry the number in their name (ledger.entry_name).
    UPDATE ledger.entry
    SET customer_id = v_new, reason = CASE WHEN reason <> '' THEN 'erased' ELSE reason END,
        content_key = CASE WHEN swept THEN name ELSE nothing END, entry_id = name
    FROM (
        SELECT entry_id AS old_id, swept, CASE WHEN swept THEN overlay(replace(entry_id::text, '-', '')
            PLACING lpad(to_hex(v_new), 12, '0') FROM 9 FOR 12)::uuid ELSE entry_id END AS name
        FROM (
            SELECT entry_id, kind IN ('lapse', 'expire') OR kind = 'collect' AND content_key = entry_id AS swept
            FROM ledger.entry WHERE customer_id = c.customer_id
        ) own
    ) renamed WHERE entry_id = old_id;
    DELETE FROM ledger.proposal WHERE customer_id = c.customer_id AND decided_at IS NULL;
    UPDATE ledger.proposal SET customer_id = v_new, content_key = nothing, reason = 'erased' WHERE customer_id = c.customer_id;
    UPDATE ledger.holder
    SET customer_id = v_new, customer_key = NULL, permits = coalesce((
        SELECT string_agg(int8send(n), '' ORDER BY code, since, until, place) FROM (
            SELECT DISTINCT CASE purpose WHEN 'card_payments' THEN 1 WHEN 'whereabouts' THEN 2 ELSE 3 END::bigint AS code,
                granted_at AS since, withdrawn_at AS until
            FROM accounts.consent WHERE customer_id = c.customer_id
        ) permit, LATERAL unnest(array[code, (extract(epoch FROM since) * 1000000)::bigint,
            (extract(epoch FROM until) * 1000000)::bigint]) WITH ORDINALITY AS part (n, place)), '')
    WHERE customer_id = c.customer_id;

    DELETE FROM home.preference WHERE customer_id = c.customer_id;
    DELETE FROM api.request WHERE customer_id = c.customer_id;
    INSERT INTO accounts.customer (customer_id, opened_at, closed_at, channel, recorded_at, erased_at) OVERRIDING SYSTEM VALUE
    VALUES (v_new, c.opened_at, c.closed_at, c.channel, c.recorded_at, p_at);
    UPDATE accounts.consent SET customer_id = v_new WHERE customer_id = c.customer_id;
    DELETE FROM accounts.card WHERE customer_id = c.customer_id;
    DELETE FROM accounts.customer WHERE customer_id = c.customer_id;
    RETURN 'done';
END $$;
REVOKE ALL ON FUNCTION accounts.erase(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts.erase(uuid, timestamptz) TO ditan_app;

-- What one batch asks about and changes: a refund says whose it is, so that one that waits can go with its customer.
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
        row_number bigint, refund_key uuid, content_key uuid, original_key uuid, match_key uuid, customer_key uuid, whole boolean,
        amount_fen bigint, occurred_at timestamptz, original_refused boolean
    ) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE refund_outcome (
        row_number bigint, refund_key uuid, content_key uuid, original_key uuid, match_key uuid, whole boolean,
        amount_fen bigint, occurred_at timestamptz, code text, act_id uuid, customer_id bigint, scenario smallint,
        carbon_mg bigint, energy integer
    ) ON COMMIT DELETE ROWS;
END $$;
