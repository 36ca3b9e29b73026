-- name: open_evidence
-- why: The archive is the input of the replay; a green act's evidence is its event as accepted, but for who it was. The stages
-- why: know those columns, and need nothing of them.
CREATE OR REPLACE TEMP TABLE evidence AS
SELECT COLUMNS(lambda c: NOT list_contains(['content_key', 'match_key', 'customer_ref', 'card_ref', 'occasion'], c)),
    NULL::UUID AS content_key, NULL::UUID AS match_key, NULL::VARCHAR AS customer_ref, NULL::VARCHAR AS card_ref,
    NULL::VARCHAR AS occasion
FROM read_parquet($files)

-- name: naming_columns
-- why: INV-14: what a file of evidence may not have, since it never changes and a customer may be erased.
SELECT list(name) FROM parquet_schema($files)
WHERE name IN ('content_key', 'match_key', 'customer_ref', 'card_ref', 'occasion')

-- name: as_recognized
-- why: Under its own version an act was recognized before; only its milligrams are made again.
CREATE OR REPLACE TEMP VIEW recognized AS
SELECT * EXCLUDE (rate_id, activity_source, quantity_milli, raw_mg, carbon_mg, energy) FROM evidence
WHERE scenario IS NOT NULL

-- name: as_accepted
-- why: Another methodology recognizes anew.
CREATE OR REPLACE TEMP TABLE accepted AS
SELECT * EXCLUDE (rate_id, activity_source, quantity_milli, raw_mg, carbon_mg, energy, scenario, evidence, confidence,
    occasion)
FROM evidence

-- name: make_entry
-- why: The ledger's side of the comparison.
CREATE OR REPLACE TEMP TABLE entry (
    act_id UUID, customer_id BIGINT, quantified_mg BIGINT, carbon_mg BIGINT, energy BIGINT, cut INTEGER, quantity_milli BIGINT,
    rate_id INTEGER, scenario SMALLINT)

-- name: fill_entry
-- why: As PostgreSQL wrote it.
INSERT INTO entry SELECT * FROM read_csv($file, header = false, columns = {
    'act_id': 'UUID', 'customer_id': 'BIGINT', 'quantified_mg': 'BIGINT', 'carbon_mg': 'BIGINT', 'energy': 'BIGINT', 'cut': 'INTEGER',
    'quantity_milli': 'BIGINT', 'rate_id': 'INTEGER', 'scenario': 'SMALLINT'})

-- name: compare
-- why: To the milligram, the thousandth of a unit and the point (where nothing took the energy).
SELECT count(*),
    count(*) FILTER (WHERE e.act_id IS NULL OR e.quantified_mg <> q.raw_mg OR e.quantity_milli <> q.quantity_milli
        OR e.rate_id <> q.rate_id OR (e.cut & 120 = 0 AND e.energy <> q.energy)),
    coalesce(sum(q.raw_mg), 0)::VARCHAR, coalesce(sum(e.quantified_mg), 0)::VARCHAR,
    list(q.event_key::VARCHAR) FILTER (WHERE e.act_id IS NULL OR e.quantified_mg <> q.raw_mg)[1:5]
FROM quantified q LEFT JOIN entry e ON e.act_id = q.event_key

-- name: impact
-- why: Who would change under another methodology, before caps: by scenario, acts and grams, old and new.
SELECT coalesce(new.scenario, old.scenario) AS scenario,
    count(old.event_key) AS acts_before, count(new.event_key) AS acts_after,
    coalesce(sum(old.carbon_mg), 0)::BIGINT AS mg_before, coalesce(sum(new.carbon_mg), 0)::BIGINT AS mg_after,
    count(*) FILTER (WHERE coalesce(new.carbon_mg, 0) > coalesce(old.carbon_mg, 0)) AS acts_up,
    count(*) FILTER (WHERE coalesce(new.carbon_mg, 0) < coalesce(old.carbon_mg, 0)) AS acts_down
FROM (SELECT * FROM evidence WHERE scenario IS NOT NULL) old FULL JOIN quantified new ON new.event_key = old.event_key
GROUP BY 1 ORDER BY 1

-- name: open_change
-- why: What each customer would gain or lose, over all files.
CREATE OR REPLACE TEMP TABLE change (customer_id BIGINT, mg BIGINT)

-- name: add_change
-- why: Of one file. Whose an act is, the ledger says; a payment of the full archive that is no act is nobody's.
INSERT INTO change
SELECT e.customer_id, sum(coalesce(new.carbon_mg, 0) - coalesce(old.carbon_mg, 0))
FROM (SELECT * FROM evidence WHERE scenario IS NOT NULL) old FULL JOIN quantified new ON new.event_key = old.event_key
JOIN entry e ON e.act_id = coalesce(old.event_key, new.event_key)
GROUP BY ALL

-- name: sum_change
-- why: How many customers would have more, less and the same, and by how much the two it touches most.
SELECT count(*) FILTER (WHERE mg > 0), count(*) FILTER (WHERE mg < 0), count(*) FILTER (WHERE mg = 0),
    coalesce(max(mg), 0), coalesce(min(mg), 0)
FROM (SELECT customer_id, sum(mg)::BIGINT AS mg FROM change GROUP BY customer_id)

-- name: distribution
-- why: Winners and losers: how many customers change by how much, between edges that are powers of ten.
SELECT edge AS at_least_mg, count(mg) AS customers FROM (
    SELECT unnest($edges::BIGINT[]) AS edge
) e LEFT JOIN (
    SELECT mg, list_max(list_filter($edges::BIGINT[], lambda x: x <= mg)) AS bucket
    FROM (SELECT customer_id, sum(mg)::BIGINT AS mg FROM change GROUP BY customer_id)
) c ON c.bucket = e.edge
GROUP BY edge ORDER BY edge

-- name: one_event
-- why: The evidence of one act.
SELECT * FROM read_parquet($file) WHERE event_key = $act_id

-- name: events_of_customer
-- why: What the archive keeps of one customer, from the files that hold any of it.
SELECT * FROM read_parquet($files, union_by_name = true)
WHERE event_key IN (SELECT unnest($acts::UUID[])) ORDER BY occurred_at, event_id
