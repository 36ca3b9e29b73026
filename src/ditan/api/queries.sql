-- name: read_request
-- why: What this request was answered, if it was ever done.
SELECT content_key, answer::text FROM api.request WHERE request_key = %(request_key)s

-- name: write_request
-- why: In the unit of work that does it: done and remembered, or neither. A customer's goes with the customer.
INSERT INTO api.request (request_key, content_key, answer, recorded_at, customer_id)
VALUES (%(request_key)s, %(content_key)s, %(answer)s::jsonb, %(now)s,
    (SELECT customer_id FROM ledger.holder WHERE customer_key = %(customer_key)s))

-- name: ready
-- why: The cheapest question that reaches a row of ours.
SELECT number FROM store.migration ORDER BY number DESC LIMIT 1
