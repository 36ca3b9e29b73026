-- why:   energy becomes something real: catalogues, orders with their history, jobs, what partners say
-- locks: SHARE ROW EXCLUSIVE on ledger.entry and accounts.customer for an instant: triggers are added
-- time:  instant
-- undo:  DROP TRIGGER expire_order ON ledger.entry; DROP TRIGGER erase_orders ON accounts.customer; DROP SCHEMA rewards CASCADE

CREATE SCHEMA rewards;
COMMENT ON SCHEMA rewards IS 'From energy to a tree, a donation, a parcel.';

-- A catalogue that ran once, whole: an order says what it promised.
CREATE TABLE rewards.catalogue (
    catalogue_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version text NOT NULL UNIQUE,           -- its id and the beginning of its hash
    content jsonb NOT NULL,                 -- as it was hashed, keys in order
    sha256 bytea NOT NULL,
    registered_at timestamptz NOT NULL
);

-- How an order can stand. The first five may still move energy; partner: what a partner can say.
CREATE TYPE rewards.state AS ENUM (
    'held',             -- energy and stock are set aside; the partner knows nothing
    'sent',             -- the partner may have it: written before the call, so that a crash cannot forget it
    'confirmed',        -- partner: it will be delivered
    'delayed',          -- partner: later than promised
    'substituted',      -- partner: with something equal
    'fulfilled',        -- partner: delivered; the energy is used
    'partly_fulfilled', -- partner: some of it; the energy of the rest went back
    'failed',           -- partner: it will not come; energy and stock went back
    'cancelled',        -- by the customer or the partner, before delivery; energy and stock went back
    'expired',          -- the deadline passed; energy and stock went back
    'returned'          -- partner: it came back after delivery; two people decide about the energy
);

-- One redemption. Its id is the id of its hold, and the key under which every call to the partner is made, forever.
CREATE TABLE rewards.order (
    order_id uuid PRIMARY KEY,              -- also ledger.entry.entry_id of the hold
    customer_id bigint NOT NULL,            -- an erased one is a number without a name
    content_key uuid NOT NULL,              -- of what was asked: the same key with another content is refused
    catalogue_id smallint NOT NULL REFERENCES rewards.catalogue,
    reward_id text NOT NULL,
    partner text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    energy bigint NOT NULL CHECK (energy > 0), -- of all
    limited_id integer NOT NULL REFERENCES ledger.limited,
    units bigint NOT NULL CHECK (units > 0),   -- of all
    note text,                              -- the customer's own words; empty once the customer is erased
    placed_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,          -- of the hold
    state rewards.state NOT NULL,           -- of its last change
    changes integer NOT NULL,               -- so far
    delivered integer,                      -- how many of the quantity came, once that is known
    code text                               -- of a card or coupon, from the partner
);
CREATE INDEX order_of_customer ON rewards.order (customer_id, placed_at);
CREATE INDEX order_of_partner ON rewards.order (partner, placed_at);

-- Its history: every change, and everything that was said of it and changed nothing. Only ever added to (INV-04).
CREATE TABLE rewards.order_change (
    order_id uuid NOT NULL REFERENCES rewards.order,
    nth integer NOT NULL,                   -- from 1
    state rewards.state NOT NULL,           -- after it
    reason text NOT NULL,                   -- a code: see rewards/codes.py
    by text NOT NULL CHECK (by IN ('customer', 'bank', 'partner')),
    occurred_at timestamptz NOT NULL,       -- as whoever did it says
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, nth)
);

-- What is still to be done, and when. A worker that takes a job moves it into the future: when it is killed, the job is due
-- again by itself. Done is gone; orders keep the history.
CREATE TABLE rewards.job (
    job_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES rewards.order,
    kind text NOT NULL CHECK (kind IN ('send', 'ask', 'withdraw')),
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    trouble text,                           -- of the last attempt
    CONSTRAINT one_job_of_a_kind UNIQUE (order_id, kind)
);
CREATE INDEX job_due ON rewards.job (due_at, job_id);

-- Webhooks that were believed: the same id again changes nothing.
CREATE TABLE rewards.webhook (
    partner text NOT NULL,
    webhook_id text NOT NULL,
    content_key uuid NOT NULL,
    outcome text NOT NULL,                  -- done, exists, or why it changed nothing
    received_at timestamptz NOT NULL,
    PRIMARY KEY (partner, webhook_id)
);

-- Trees are planted together: what was agreed with the partner, and where.
CREATE TABLE rewards.planting (
    planting_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner text NOT NULL,
    contract text NOT NULL,                 -- reference of the contract with the partner
    reward_id text NOT NULL,
    place_zh text NOT NULL,
    place_en text NOT NULL,
    trees integer NOT NULL CHECK (trees > 0), -- that belong to it
    opened_by text NOT NULL,                -- the login of a person
    opened_at timestamptz NOT NULL
);

-- What happened to a planting, with its evidence. Only ever added to (INV-04).
CREATE TABLE rewards.planting_event (
    planting_id integer NOT NULL REFERENCES rewards.planting,
    nth integer NOT NULL,                   -- from 1
    kind text NOT NULL CHECK (kind IN ('planted', 'surveyed', 'replaced')),
    on_day date NOT NULL,                   -- when it happened
    trees integer NOT NULL CHECK (trees >= 0), -- planted; alive, of those looked at; planted again
    evidence text NOT NULL CHECK (evidence <> ''), -- reference of the report
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (planting_id, nth)
);

-- A tree that an order was promised, with the number of its certificate. It waits for a planting.
CREATE TABLE rewards.tree (
    tree_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- with the year and a check character it is T-2026-000123-6
    order_id uuid NOT NULL REFERENCES rewards.order,
    nth integer NOT NULL,                   -- of its order
    reward_id text NOT NULL,
    issued_at timestamptz NOT NULL,
    planting_id integer REFERENCES rewards.planting,
    CONSTRAINT one_tree_of_an_order UNIQUE (order_id, nth)
);
CREATE INDEX tree_of_planting ON rewards.tree (planting_id);

-- Money of donations that is owed to a charity: listed by one person, sent off by another, receipted.
CREATE TABLE rewards.transfer (
    transfer_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    limited_id integer NOT NULL REFERENCES ledger.limited, -- the fund
    orders integer NOT NULL CHECK (orders > 0),
    fen bigint NOT NULL CHECK (fen > 0),
    maker text NOT NULL CHECK (maker <> ''),
    made_at timestamptz NOT NULL,
    checker text,
    decided_at timestamptz,
    approved boolean,                       -- declined: its donations are owed again
    receipt text,                           -- reference of the charity's
    received_at timestamptz,
    CONSTRAINT two_people CHECK (maker <> checker),
    CONSTRAINT receipted_when_sent CHECK (receipt IS NULL OR approved)
);

-- Which donations a transfer holds: each at most one.
CREATE TABLE rewards.transfer_order (
    order_id uuid PRIMARY KEY REFERENCES rewards.order,
    transfer_id integer NOT NULL REFERENCES rewards.transfer
);
CREATE INDEX order_of_transfer ON rewards.transfer_order (transfer_id);

-- What is owed for an order of a fund that is done: its units, or those of the part that was delivered.
CREATE FUNCTION rewards.given(o rewards.order) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN o.state IN ('fulfilled', 'partly_fulfilled') THEN o.units / o.quantity * o.delivered ELSE 0 END;

-- A hold that is released at its deadline, by whoever does it, takes its order along: never one without the other. The partner
-- is told, as soon as it can be.
CREATE FUNCTION rewards.expire_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    o rewards.order;
BEGIN
    UPDATE rewards.order SET state = 'expired', changes = changes + 1, delivered = 0
    WHERE order_id = NEW.hold_id AND state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')
    RETURNING * INTO o;
    IF FOUND THEN
        INSERT INTO rewards.order_change (order_id, nth, state, reason, by, occurred_at, recorded_at)
        VALUES (o.order_id, o.changes, 'expired', 'deadline', 'bank', NEW.occurred_at, NEW.recorded_at);
        DELETE FROM rewards.job WHERE order_id = o.order_id;
        IF EXISTS (SELECT FROM rewards.order_change WHERE order_id = o.order_id AND state = 'sent') THEN
            INSERT INTO rewards.job (order_id, kind, due_at) VALUES (o.order_id, 'withdraw', NEW.occurred_at);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER expire_order AFTER INSERT ON ledger.entry FOR EACH ROW
    WHEN (NEW.kind = 'release' AND NEW.reason = 'deadline') EXECUTE FUNCTION rewards.expire_order();

-- Who is erased keeps no order under her number, and no word in one. The hold of an order has the new number already.
CREATE FUNCTION rewards.erase_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rewards.order o
    SET customer_id = e.customer_id, note = NULL, code = NULL, content_key = '00000000-0000-0000-0000-000000000000'
    FROM ledger.entry e WHERE e.entry_id = o.order_id AND o.customer_id = OLD.customer_id;
    RETURN OLD;
END $$;
CREATE TRIGGER erase_orders BEFORE DELETE ON accounts.customer FOR EACH ROW EXECUTE FUNCTION rewards.erase_orders();

-- Orders can be added and read, their history only added to. Of an order only where it stands can change.
GRANT USAGE ON SCHEMA rewards TO ditan_app;
GRANT SELECT, INSERT ON rewards.catalogue, rewards.order, rewards.order_change, rewards.webhook TO ditan_app;
GRANT SELECT, INSERT ON rewards.planting, rewards.planting_event, rewards.tree TO ditan_app;
GRANT UPDATE (planting_id) ON rewards.tree TO ditan_app;
GRANT SELECT, INSERT ON rewards.transfer TO ditan_app;
GRANT UPDATE (checker, decided_at, approved, receipt, received_at) ON rewards.transfer TO ditan_app;
GRANT SELECT, INSERT, DELETE ON rewards.transfer_order TO ditan_app;
GRANT UPDATE (state, changes, delivered, code) ON rewards.order TO ditan_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON rewards.job TO ditan_app;
