-- name: read_batches
-- why: Batches with every boundary, the latest first; or one of them. The tallies of a batch are some ten rows.
SELECT b.batch_id, b.feed, b.file_name, encode(b.file_sha256, 'hex') AS file_sha256, b.chunk, b.part, b.rerun_of, b.received_at,
    b.booked_on, p.version AS methodology, b.rows_read, t.lines
FROM (
    SELECT * FROM feed.batch
    WHERE (%(batch_id)s::bigint IS NULL OR batch_id = %(batch_id)s)
      AND (%(feed)s::text IS NULL OR feed = %(feed)s)
      AND (%(before_id)s::bigint IS NULL OR batch_id < %(before_id)s)
    ORDER BY batch_id DESC LIMIT %(limit)s
) b
JOIN methodology.pack p USING (pack_id)
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_array(y.stage, y.code, y.went_on, y.rows, y.carbon_mg, y.energy)
        ORDER BY y.went_on DESC, y.rows DESC, y.code), '[]') AS lines
    FROM feed.tally y WHERE y.batch_id = b.batch_id
) t
ORDER BY b.batch_id DESC

-- name: read_given
-- why: What the acts of one batch were given, by scenario: the sum is what the boundary says was posted.
SELECT a.scenario, s.name_zh, s.name_en, count(*) FILTER (WHERE a.carbon_mg > 0 OR a.energy > 0) AS acts,
    sum(a.carbon_mg)::bigint AS carbon_mg, sum(a.energy)::bigint AS energy
FROM ledger.act a JOIN methodology.scenario s USING (pack_id, scenario)
WHERE a.batch_id = %(batch_id)s
GROUP BY 1, 2, 3 ORDER BY carbon_mg DESC, acts DESC, a.scenario

-- name: read_file
-- why: A file by its content: as what it first came, and whether its batches are the last of this name that refused rows, for then
-- why: the CSV under this name is its own.
SELECT f.feed, f.file_name, NOT EXISTS (
    SELECT FROM feed.batch l
    WHERE l.batch_id > f.batch_id AND l.file_sha256 <> f.file_sha256
      AND regexp_replace(l.file_name, '(?<=.)\.[^.]*$', '') = regexp_replace(f.file_name, '(?<=.)\.[^.]*$', '')
      AND EXISTS (SELECT FROM feed.tally y
          WHERE y.batch_id = l.batch_id AND y.stage = 'accept' AND y.code NOT IN ('accepted', 'duplicate') AND y.rows > 0)
) AS owns_name
FROM feed.batch f WHERE f.file_sha256 = %(file_sha256)s ORDER BY f.batch_id DESC LIMIT 1

-- name: read_rejections
-- why: The refused rows of a file by code, with the first of each. Rows are kept by number, code and field.
SELECT r.code, count(*) AS rows,
    jsonb_agg(jsonb_build_array(r.row_number, r.field) ORDER BY r.row_number) FILTER (WHERE r.nth <= %(examples)s) AS examples
FROM (
    SELECT code, field, row_number, row_number() OVER (PARTITION BY code ORDER BY row_number) AS nth
    FROM feed.rejection WHERE file_sha256 = %(file_sha256)s
) r
GROUP BY r.code ORDER BY rows DESC, r.code

-- name: read_refused
-- why: Number and code of every refused row of a file, to tell whether a CSV on the disk is this file's.
SELECT row_number, code FROM feed.rejection WHERE file_sha256 = %(file_sha256)s

-- name: read_waiting
-- why: Refunds whose payment has not come, the longest waiting first. There is nothing in them by which anybody could be found.
SELECT w.refund_key, w.whole, w.original_key IS NOT NULL AS names_original, w.amount_fen, w.occurred_at, w.expires_at,
    b.received_at, b.batch_id, b.feed
FROM feed.waiting_refund w JOIN feed.batch b USING (batch_id)
WHERE (%(after_at)s::timestamptz IS NULL OR (w.occurred_at, w.refund_key) > (%(after_at)s, %(after_key)s::uuid))
ORDER BY w.occurred_at, w.refund_key LIMIT %(limit)s

-- name: read_waiting_by_age
-- why: How many wait how long, in days since they were received.
SELECT g.days_from, g.days_to, count(w.refund_key) AS refunds, coalesce(sum(w.amount_fen), 0)::bigint AS amount_fen
FROM (VALUES (0, 1), (1, 3), (3, 7), (7, NULL)) g (days_from, days_to)
LEFT JOIN (feed.waiting_refund w JOIN feed.batch b USING (batch_id))
    ON b.received_at <= %(now)s - make_interval(days => g.days_from)
    AND (g.days_to IS NULL OR b.received_at > %(now)s - make_interval(days => g.days_to))
GROUP BY 1, 2 ORDER BY 1

-- name: read_conflicts
-- why: The same id with other content, the latest first; whether the first content is an act, a refund, or left no trace.
SELECT c.event_key, c.content_key, c.row_number, b.batch_id, b.feed, b.file_name, b.received_at,
    CASE WHEN EXISTS (SELECT FROM ledger.act a WHERE a.act_id = c.event_key) THEN 'act'
         WHEN EXISTS (SELECT FROM ledger.reversal r WHERE r.reversal_id = c.event_key) THEN 'refund' ELSE 'none' END AS first_is
FROM feed.conflict c JOIN feed.batch b USING (batch_id)
WHERE (%(before_at)s::timestamptz IS NULL OR (b.received_at, c.content_key) < (%(before_at)s, %(before_key)s::uuid))
ORDER BY b.received_at DESC, c.content_key DESC LIMIT %(limit)s
