-- Statements of the store itself. `ditan.store.pool` and `ditan.store.migrations` execute them.

-- name: become_application
-- why: every statement of Ditan runs as the role that may not change history (INV-04), in UTC
SELECT set_config('role', 'ditan_app', false), set_config('TimeZone', 'UTC', false);

-- name: use_utc
-- why: the owner's connection reads and writes instants in UTC like the application's
SELECT set_config('TimeZone', 'UTC', false);

-- name: server_version
-- why: `ditan db status` shows it
SELECT current_setting('server_version');

-- name: has_migrations
-- why: a new database has no list of migrations yet
SELECT to_regclass('store.migration') IS NOT NULL;

-- name: applied_migrations
-- why: tells what is missing, what was changed after it was applied, and a newer Ditan's database
SELECT number, name, sha256 FROM store.migration ORDER BY number;

-- name: record_migration
-- why: in the same unit of work as the migration itself, so that neither is there without the other
INSERT INTO store.migration (number, name, sha256) VALUES (%(number)s, %(name)s, %(sha256)s);

-- name: lock_migrations
-- why: two processes that start together must not migrate together; goes with the connection
SELECT pg_advisory_lock(%(key)s);

-- name: unlock_migrations
-- why: the connection may live on
SELECT pg_advisory_unlock(%(key)s);

-- name: may_become_application
-- why: the application may log in with another name than the owner of the tables
SELECT pg_has_role(%(login)s, 'ditan_app', 'SET');

-- name: let_become_application
-- why: that login must be able to act as the application role
GRANT ditan_app TO {login};

-- name: only_read
-- why: A connection for pages: it cannot write, and a statement that takes too long is stopped.
SELECT set_config('default_transaction_read_only', 'on', false), set_config('statement_timeout', %(ms)s, false)

-- name: begin_snapshot
-- why: The numbers of a report must agree with each other: all of it is read as of one moment. It may put aside what it reads
-- why: in temporary tables.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: report_for
-- why: A report is given up before the request that asked for it is; only within this unit of work.
SELECT set_config('statement_timeout', %(ms)s, true)
