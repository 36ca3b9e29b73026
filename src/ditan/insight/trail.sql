-- name: write_change
-- why: In the unit of work that makes the change: neither is there without the other.
INSERT INTO console.audit_log (at, actor, role, action, subject_kind, subject_id, reason, before, after, request_id)
VALUES (%(at)s, %(actor)s, %(role)s, %(action)s, %(subject_kind)s, %(subject_id)s, %(reason)s, %(before)s, %(after)s, %(request_id)s)

-- name: write_access
-- why: Committed before the answer is given. A customer who does not exist was looked for as well.
INSERT INTO console.access_log (at, actor, role, customer_id, what, reason, request_id)
VALUES (%(at)s, %(actor)s, %(role)s, (SELECT customer_id FROM accounts.customer WHERE customer_key = %(customer_key)s), %(what)s,
    %(reason)s, %(request_id)s)

-- name: read_changes
-- why: Who changed what, the latest first; words are looked for in what was done, to what, and why.
SELECT audit_id, at, actor, role, action, subject_kind, subject_id, reason, before, after, request_id
FROM console.audit_log
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s) AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(subject)s::text IS NULL OR subject_id = %(subject)s)
  AND (%(words)s::text IS NULL OR concat_ws(' ', actor, action, subject_id, reason, after::text) ILIKE %(words)s)
  AND (%(from_at)s::timestamptz IS NULL OR at >= %(from_at)s) AND (%(to_at)s::timestamptz IS NULL OR at < %(to_at)s)
  AND (%(before_at)s::timestamptz IS NULL OR (at, audit_id) < (%(before_at)s, %(before_id)s::bigint))
ORDER BY at DESC, audit_id DESC LIMIT %(limit)s

-- name: read_accesses
-- why: Who looked at whom and why, the latest first.
SELECT l.access_id, l.at, l.actor, l.role, c.customer_ref, l.what, l.reason, l.request_id
FROM console.access_log l LEFT JOIN accounts.customer c USING (customer_id)
WHERE (%(actor)s::text IS NULL OR l.actor = %(actor)s)
  AND (%(customer_key)s::uuid IS NULL OR c.customer_key = %(customer_key)s)
  AND (%(from_at)s::timestamptz IS NULL OR l.at >= %(from_at)s) AND (%(to_at)s::timestamptz IS NULL OR l.at < %(to_at)s)
  AND (%(before_at)s::timestamptz IS NULL OR (l.at, l.access_id) < (%(before_at)s, %(before_id)s::bigint))
ORDER BY l.at DESC, l.access_id DESC LIMIT %(limit)s
