-- why:   the role of the application, and the list of migrations. `ditan_app` cannot log in: whoever runs Ditan
--        connects under a login of its own and becomes `ditan_app`, which owns nothing and is granted, table by
--        table, only what the flow needs. History has no UPDATE and no DELETE (INV-04)
-- locks: none that anybody waits for, everything is new
-- time:  instant
-- undo:  DROP SCHEMA store CASCADE; DROP OWNED BY ditan_app; DROP ROLE ditan_app

DO $$
BEGIN
    -- Roles belong to the whole server: another database of it may already have made this one, even now.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ditan_app') THEN
        CREATE ROLE ditan_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'ditan_app', 'SET') THEN
        EXECUTE format('GRANT ditan_app TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA store;
COMMENT ON SCHEMA store IS 'Book-keeping of the database itself.';

CREATE TABLE store.migration (
    number integer PRIMARY KEY CHECK (number >= 0),
    name text NOT NULL UNIQUE,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE store.migration IS 'Migrations that are applied, each with the hash of its file.';

GRANT USAGE ON SCHEMA store TO ditan_app;
GRANT SELECT ON store.migration TO ditan_app;
