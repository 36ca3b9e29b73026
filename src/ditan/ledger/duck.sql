-- name: make_outcome
-- why: One row per act and refund of the batch, and per waiting refund that found its original (row number -1).
CREATE OR REPLACE TEMP TABLE outcome AS
SELECT row_number, code, carbon_mg, energy::BIGINT AS energy, cut::BIGINT AS cut FROM decided
UNION ALL
SELECT row_number, code, carbon_mg, energy, cut FROM refund_outcome

-- name: tally
-- why: Rows, carbon and energy by code. Waiting refunds that an original released carry row number -1 and are not rows of
-- why: this batch.
SELECT code, count(*) FILTER (WHERE row_number >= 0) AS rows,
    coalesce(sum(carbon_mg), 0)::BIGINT AS carbon_mg, coalesce(sum(energy), 0)::BIGINT AS energy,
    count(*) FILTER (WHERE row_number < 0) AS released
FROM outcome GROUP BY code ORDER BY code

-- name: sum_up
-- why: How many rows were offered; and a digest of the result that does not depend on their order.
SELECT (SELECT count(*) FROM quantified) + (SELECT count(*) FROM refund),
    (SELECT coalesce(sum(hash(row_number, code, carbon_mg, energy)::HUGEINT), 0)::VARCHAR FROM outcome)

-- name: unnamed
-- why: INV-14: no text of the archive names a customer or a card, wherever the bank wrote it. Of a text that recognition reads,
-- why: only what is too long to be there by chance
CREATE OR REPLACE TEMP MACRO unnamed(said, customer, card, shortest) AS replace(
    replace(said, CASE WHEN length(customer) >= shortest THEN customer ELSE chr(30) END, '…'),
    CASE WHEN length(card) >= shortest THEN card ELSE chr(30) END, '…')

-- name: unnamed_facts
-- why: the values of facts that are references go as well; that there was one stays, since recognition asks for it
CREATE OR REPLACE TEMP MACRO unnamed_facts(facts, customer, card) AS replace(
    replace(
        regexp_replace(facts, '("[a-z0-9_]*_ref":)("([^"\\]|\\.)*"|[^,}]+)', '\1"…"', 'g'),
        concat(':"', customer, '"'), ':"…"'),
    concat(':"', coalesce(card, chr(30)), '"'), ':"…"')

-- name: evidence
-- why: What the archive keeps: the events of acts, also of those that were given nothing, and nothing else (INV-15).
SELECT q.* EXCLUDE (content_key, match_key, customer_ref, card_ref, occasion) REPLACE (
    unnamed(event_id, customer_ref, card_ref, 1) AS event_id,
    unnamed(descriptor, customer_ref, card_ref, 4) AS descriptor,
    unnamed_facts(attributes, customer_ref, card_ref) AS attributes)
FROM quantified q JOIN outcome o USING (row_number)
WHERE o.code IN ('posted', 'capped', 'same_occasion', 'too_soon') ORDER BY q.event_key

-- name: full_evidence
-- why: With the full archive switched on: every accepted event; those that are acts with what they were quantified at.
SELECT a.*, q.* EXCLUDE ({accepted}, occasion)
FROM (
    SELECT * EXCLUDE (content_key, match_key, customer_ref, card_ref) REPLACE (
        unnamed(event_id, customer_ref, card_ref, 1) AS event_id,
        unnamed(descriptor, customer_ref, card_ref, 4) AS descriptor,
        unnamed_facts(attributes, customer_ref, card_ref) AS attributes)
    FROM accepted
) a LEFT JOIN (
    SELECT q.* FROM quantified q JOIN outcome o USING (row_number) WHERE o.code IN ('posted', 'capped', 'same_occasion', 'too_soon')
) q USING (row_number)
ORDER BY a.row_number
