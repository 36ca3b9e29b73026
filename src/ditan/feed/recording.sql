-- name: next_batch
-- why: Acts name their batch before the batch's row, with its counts, is written at the end.
SELECT nextval('feed.batch_batch_id_seq')

-- name: write_batch
-- why: One row per micro-batch. The first batch of the same rows is named, so that the feed's totals leave reruns out.
INSERT INTO feed.batch (batch_id, feed, file_name, file_sha256, chunk, part, pack_id, rerun_of, received_at, booked_on, rows_read,
    digest)
SELECT %(batch_id)s, %(feed)s, %(file_name)s, %(file_sha256)s, %(chunk)s, %(part)s, %(pack_id)s,
    (SELECT min(batch_id) FROM feed.batch WHERE file_sha256 = %(file_sha256)s AND chunk = %(chunk)s AND part = %(part)s),
    %(received_at)s, ledger.open_day(%(received_at)s), %(rows_read)s, %(digest)s

-- name: write_tallies
-- why: Every boundary of the batch, to be balanced again by `ditan check` (INV-01).
INSERT INTO feed.tally
SELECT %(batch_id)s, t.* FROM jsonb_to_recordset(%(tallies)s) AS t(
    stage text, code text, went_on boolean, rows bigint, carbon_mg bigint, energy bigint)

-- name: write_rejections
-- why: By number, code and field. The same row of the same file is one rejection, however often the file is sent.
INSERT INTO feed.rejection (file_sha256, row_number, code, field, event_key, batch_id)
SELECT %(file_sha256)s, r.row_number, r.code, r.field, r.event_key, %(batch_id)s
FROM jsonb_to_recordset(%(rejections)s) AS r(row_number bigint, code text, field text, event_key uuid)
ON CONFLICT DO NOTHING

-- name: write_conflicts
-- why: Conflicts inside one batch; those with earlier batches are the ledger's.
INSERT INTO feed.conflict (event_key, content_key, batch_id, row_number)
SELECT c.event_key, c.content_key, %(batch_id)s, c.row_number
FROM jsonb_to_recordset(%(conflicts)s) AS c(event_key uuid, content_key uuid, row_number bigint)
ON CONFLICT DO NOTHING

-- name: write_evidence_file
-- why: The archive's manifest commits with the acts it proves.
INSERT INTO feed.evidence_file (batch_id, path, rows, bytes, sha256)
VALUES (%(batch_id)s, %(path)s, %(rows)s, %(bytes)s, %(sha256)s)

-- name: read_evidence_files
-- why: The manifest, for recovery and replay, with the methodology the acts were posted under.
SELECT e.batch_id, e.path, e.rows, e.bytes AS size, e.sha256, p.version
FROM feed.evidence_file e JOIN feed.batch b USING (batch_id) JOIN methodology.pack p USING (pack_id)
ORDER BY e.batch_id
