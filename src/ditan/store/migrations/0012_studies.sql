-- why:   before a methodology is decided, its consequences are computed from the population; that takes a while, and is kept
-- locks: none that matter: a new table
-- time:  instant
-- undo:  DROP TABLE insight.study

-- What a proposed methodology would change, by replaying the archive. The work is done by a process that may end at any moment:
-- then `beat_at` stands still, and somebody begins it anew.
CREATE TABLE insight.study (
    proposal_id uuid PRIMARY KEY REFERENCES ledger.proposal,
    attempt integer NOT NULL,               -- of the process that works on it; an older one writes nothing any more
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,           -- when progress was last written
    files_done integer NOT NULL DEFAULT 0,
    files integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    result jsonb,                           -- by scenario and customers, before caps
    trouble text,                           -- why it ended without a result
    CONSTRAINT result_or_trouble CHECK ((finished_at IS NULL) = (result IS NULL AND trouble IS NULL))
);
COMMENT ON TABLE insight.study IS 'What a proposed methodology would change, computed from the archive.';
GRANT SELECT, INSERT, UPDATE ON insight.study TO ditan_app;
