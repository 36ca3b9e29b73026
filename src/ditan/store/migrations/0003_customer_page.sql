-- why:   what the customer's page keeps of its own: how a customer wants to read it, and what a request was answered
-- locks: none, everything is new
-- time:  instant
-- undo:  DROP SCHEMA home, api CASCADE

CREATE SCHEMA home;
CREATE SCHEMA api;
GRANT USAGE ON SCHEMA home, api TO ditan_app;


-- home: how a customer wants the page -------------------------------------------------------------------------------------

-- No row: the page follows the phone, and nothing is personalised.
CREATE TABLE home.preference (
    customer_id bigint PRIMARY KEY REFERENCES accounts.customer,
    language text NOT NULL CHECK (language IN ('auto', 'zh', 'en')),
    large_type boolean NOT NULL,            -- 大字版
    personalised boolean NOT NULL,          -- off unless the customer switches it on
    changed_at timestamptz NOT NULL
);


-- api: a request is done once -----------------------------------------------------------------------------------------------

-- What a customer or a system asked under which idempotency key, and what it was answered: the same request again gets the
-- same answer, forever, and another one under its key is refused. Written in the unit of work that does what was asked.
CREATE TABLE api.request (
    request_key uuid PRIMARY KEY,           -- 128 bits of SHA-256 of audience, subject and idempotency key
    content_key uuid NOT NULL,              -- of method, route and body
    answer jsonb,                           -- empty: asking again is safe by itself, as with events
    recorded_at timestamptz NOT NULL
);


GRANT SELECT, INSERT, UPDATE ON home.preference TO ditan_app;
GRANT SELECT, INSERT ON api.request TO ditan_app;
