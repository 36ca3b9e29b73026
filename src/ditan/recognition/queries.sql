-- name: make_candidate
-- why: Most payments are not green: the cheap test drops them before any pattern is tried. The registry's city stands in
-- why: where the feed names none, because a metro operator runs in one city.
CREATE OR REPLACE TEMP TABLE candidate AS
WITH near AS (
    SELECT a.* REPLACE (coalesce(a.city, m.city) AS city), m.role
    FROM accepted a LEFT JOIN merchant m ON m.merchant_id = a.merchant_id
    WHERE a.kind IN ('card_payment', 'service_event') AND {candidate}
), ruled AS (
    SELECT *, {rule} AS rule FROM near
), named AS (
    SELECT ruled.*, r.scenario, r.switched_on, r.evidence, r.confidence
    FROM ruled JOIN rule r USING (rule)
), excluded AS (
    SELECT *, {exclusion} AS exclusion FROM named
)
SELECT e.* EXCLUDE (exclusion, switched_on),
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
CREATE OR REPLACE TEMP TABLE recognized AS
SELECT * EXCLUDE (role, rule, code), {occasion} AS occasion
FROM candidate WHERE code IS NULL

-- name: make_refund
-- why: A refund of a payment that stands in the same batch and is not green takes nothing back; every other one goes on.
CREATE OR REPLACE TEMP TABLE refund AS
SELECT a.*
FROM accepted a
WHERE a.kind IN ('card_refund', 'card_reversal')
  AND NOT (
    a.original_key IN (SELECT event_key FROM accepted)
    AND a.original_key NOT IN (SELECT event_key FROM recognized)
  ) IS TRUE

-- name: tally
-- why: Every event that does not go on, under one code.
SELECT code, count(*) AS rows FROM candidate WHERE code IS NOT NULL GROUP BY code
UNION ALL
SELECT 'refund_of_not_green', n FROM (
    SELECT (SELECT count(*) FROM accepted WHERE kind IN ('card_refund', 'card_reversal')) - (SELECT count(*) FROM refund) AS n
) WHERE n > 0
UNION ALL
SELECT 'not_green', n FROM (
    SELECT (SELECT count(*) FROM accepted WHERE kind IN ('card_payment', 'service_event')) - (SELECT count(*) FROM candidate) AS n
) WHERE n > 0
ORDER BY 1

-- name: sum_up
-- why: Counts of the boundary, and a digest that does not depend on the order of rows.
SELECT
    (SELECT count(*) FROM accepted),
    (SELECT count(*) FROM recognized),
    (SELECT count(*) FROM refund),
    (SELECT coalesce(sum(hash(event_key, scenario, evidence)::HUGEINT), 0)::VARCHAR FROM recognized)
