-- why:   a methodology is decided by two people, and is in force for acts from a day on; older acts keep theirs
-- locks: ACCESS EXCLUSIVE on feed.batch for an instant: a column with a constant default
-- time:  instant
-- undo:  DROP TABLE methodology.publication; DROP FUNCTION methodology.lock_publishing();
--        ALTER TABLE feed.batch DROP COLUMN part; restore the index batch_of_file

-- From which day on acts are quantified by which pack. Of two for the same day the later decision holds. Without a row the pack
-- that ships is in force; the first decision writes it down, from the beginning of time.
CREATE TABLE methodology.publication (
    publication_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pack_id smallint NOT NULL REFERENCES methodology.pack,
    effective_from date NOT NULL,           -- business day of the act; -infinity: the pack before any decision
    maker text NOT NULL,                    -- the logins of two persons
    checker text NOT NULL,
    reason text NOT NULL,                   -- of the maker
    opinion text NOT NULL,                  -- of the checker
    decided_at timestamptz NOT NULL,
    CONSTRAINT two_persons CHECK (maker <> checker OR effective_from = '-infinity'),
    CONSTRAINT never_backwards CHECK (effective_from = '-infinity'
        OR effective_from > (decided_at AT TIME ZONE 'Asia/Shanghai')::date)
);
COMMENT ON TABLE methodology.publication IS 'Which methodology is in force from which day on, and who decided it.';
GRANT SELECT, INSERT ON methodology.publication TO ditan_app;

-- A chunk of a file whose days fall under several methodologies becomes a batch for each.
ALTER TABLE feed.batch ADD COLUMN part integer NOT NULL DEFAULT 0; -- publication_id of its methodology; 0: one for all
COMMENT ON COLUMN feed.batch.part IS 'Publication of the methodology, when a chunk falls under several; else 0.';
DROP INDEX feed.batch_of_file;
CREATE INDEX batch_of_file ON feed.batch (file_sha256, chunk, part);
