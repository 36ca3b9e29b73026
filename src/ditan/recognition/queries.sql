-- name: make_candidate
-- why: Most payments are not green: the cheap test drops them before any pattern is tried, and only narrow columns are
-- why: carried. The registry's city stands in where the feed names none: a metro operator runs in one city.
CREATE OR REPLACE TEMP TABLE candidate AS
WITH near AS (
    SELECT a.row_number, a.kind, a.currency, a.occurred_at, a.amount_fen, a.mcc, a.channel, a.card_product, a.service,
        a.card_ref, a.merchant_id, a.settled_on, coalesce(a.city, m.city) AS city, m.role,
        lower(coalesce(a.descriptor, '')) AS said, CASE WHEN a.attributes IS NOT NULL THEN {facts} END AS facts
    FROM accepted a LEFT JOIN merchant m ON m.merchant_id = a.merchant_id
    WHERE a.kind IN ('card_payment', 'service_event') AND {candidate}
), ruled AS (
    SELECT *, {rule} AS rule FROM near
), named AS (
    SELECT n.*, r.scenario, r.switched_on, r.evidence, r.confidence FROM ruled n JOIN rule r USING (rule)
), excluded AS (
    SELECT *, {exclusion} AS exclusion FROM named
)
SELECT e.row_number, e.city, e.scenario, e.evidence, e.confidence, {occasion} AS occasion,
    CASE
        WHEN e.currency <> 'CNY' THEN 'foreign_currency'
        WHEN x.code IS NOT NULL THEN x.code
        WHEN (e.occurred_at + INTERVAL 8 HOUR)::DATE NOT BETWEEN DATE '{valid_from}' AND DATE '{valid_to}'
            THEN 'outside_methodology'
        WHEN NOT e.switched_on THEN 'scenario_off'
    END AS code
FROM excluded e LEFT JOIN exclusion x USING (exclusion)

-- name: make_recognized
-- why: The green acts, with the text that names their occasion (NULL: the event itself is the occasion).
CREATE OR REPLACE TEMP VIEW recognized AS
SELECT a.* REPLACE (c.city AS city), c.scenario, c.evidence, c.confidence, c.occasion
FROM accepted a JOIN candidate c USING (row_number)
WHERE c.code IS NULL

-- name: make_refund
-- why: Refunds and reversals, each with what the batch knows of its original. They are few: the rest joins to them.
CREATE OR REPLACE TEMP TABLE any_refund AS
SELECT * FROM accepted WHERE kind >= 'card_re' AND kind < 'card_rf' -- card_refund, card_reversal

-- name: keep_refund
-- why: A refund of a payment that stands in the same batch and is not green takes nothing back; every other one goes on.
CREATE OR REPLACE TEMP TABLE refund AS
WITH here AS (
    SELECT a.event_key, c.row_number IS NOT NULL AS green
    FROM accepted a
    SEMI JOIN any_refund r ON r.original_key = a.event_key
    LEFT JOIN candidate c ON c.row_number = a.row_number AND c.code IS NULL
)
SELECT r.* FROM any_refund r LEFT JOIN here h ON h.event_key = r.original_key WHERE coalesce(h.green, TRUE)

-- name: tally
-- why: Every event that does not go on, under one code.
SELECT code, count(*) AS rows FROM candidate WHERE code IS NOT NULL GROUP BY code
UNION ALL
SELECT 'refund_of_not_green', n FROM (
    SELECT (SELECT count(*) FROM any_refund) - (SELECT count(*) FROM refund) AS n
) WHERE n > 0
UNION ALL
SELECT 'not_green', n FROM (
    SELECT (SELECT count(*) FROM accepted) - (SELECT count(*) FROM any_refund) - (SELECT count(*) FROM candidate) AS n
) WHERE n > 0
ORDER BY 1

-- name: sum_up
-- why: Counts of the boundary, and a digest that does not depend on the order of rows.
SELECT
    (SELECT count(*) FROM accepted),
    (SELECT count(*) FROM candidate WHERE code IS NULL),
    (SELECT count(*) FROM refund),
    (SELECT coalesce(sum(hash(row_number, scenario, evidence)::HUGEINT), 0)::VARCHAR FROM candidate WHERE code IS NULL)
