-- name: read_rejections
-- why: What PostgreSQL keeps of a rejected row.
SELECT row_number, code::VARCHAR AS code, field, event_key::VARCHAR AS event_key FROM rejected ORDER BY row_number

-- name: read_conflicts
-- why: The same id with other content inside one batch.
SELECT event_key::VARCHAR AS event_key, content_key::VARCHAR AS content_key, row_number FROM conflict ORDER BY row_number
