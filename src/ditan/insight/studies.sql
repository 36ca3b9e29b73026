-- name: read_study
-- why: Progress, and the result when there is one.
SELECT * FROM insight.study WHERE proposal_id = %(proposal_id)s

-- name: begin_study
-- why: One process works on it; who went silent is replaced, and what is done can be done anew.
INSERT INTO insight.study (proposal_id, attempt, started_by, started_at, beat_at, files)
VALUES (%(proposal_id)s, 1, %(by)s, %(now)s, %(now)s, %(files)s)
ON CONFLICT (proposal_id) DO UPDATE SET attempt = study.attempt + 1, started_by = excluded.started_by,
    started_at = excluded.started_at, beat_at = excluded.beat_at, files = excluded.files, files_done = 0, finished_at = NULL,
    result = NULL, trouble = NULL
WHERE study.finished_at IS NOT NULL OR study.beat_at < %(dead)s
RETURNING attempt

-- name: beat_study
-- why: An attempt that was given up writes nothing.
UPDATE insight.study SET files_done = %(files_done)s, beat_at = %(now)s
WHERE proposal_id = %(proposal_id)s AND attempt = %(attempt)s AND finished_at IS NULL

-- name: end_study
-- why: The same.
UPDATE insight.study SET files_done = %(files_done)s, beat_at = %(now)s, finished_at = %(now)s, result = %(result)s, trouble = %(trouble)s
WHERE proposal_id = %(proposal_id)s AND attempt = %(attempt)s AND finished_at IS NULL

-- name: standing_on_factors
-- why: How many milligrams stand on each factor, net of what refunds took back: a weak one that carries much is looked at first.
SELECT factor, sum(d.carbon_mg)::bigint
FROM insight.days('1970-01-01', '9999-12-31') d JOIN methodology.rate r USING (pack_id, rate_id) CROSS JOIN unnest(r.factor_ids) factor
GROUP BY factor

-- name: standing_in_all
-- why: All milligrams, net of refunds: what a factor carries is a share of this. An act stands on several factors.
SELECT coalesce(sum(carbon_mg), 0)::bigint FROM insight.days('1970-01-01', '9999-12-31')
