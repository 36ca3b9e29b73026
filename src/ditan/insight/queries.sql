-- name: read_pack
-- why: Any pack that ever ran can be compiled again.
SELECT content::text FROM methodology.pack WHERE version = %(version)s

-- name: read_entries
-- why: What the ledger keeps of each act, for comparing with a replay.
COPY (
    SELECT a.act_id, a.customer_id, a.quantified_mg, a.carbon_mg, a.energy, a.cut, a.quantity_milli, a.rate_id, a.scenario
    FROM ledger.act a
) TO STDOUT (FORMAT csv)

-- name: find_evidence
-- why: The file in which the evidence of an act lies.
SELECT e.path FROM ledger.act a JOIN feed.evidence_file e USING (batch_id) WHERE a.act_id = %(act_id)s

-- name: find_all_evidence
-- why: The files in which the evidence of a customer's acts lies, and the acts: the archive does not say whose they are.
SELECT e.path, array_agg(a.act_id) AS acts
FROM ledger.holder h JOIN ledger.act a USING (customer_id) JOIN feed.evidence_file e USING (batch_id)
WHERE h.customer_key = %(customer_key)s GROUP BY e.path ORDER BY e.path

-- name: read_scenario_totals
-- why: The programme by scenario: acts, what they gave net of reversals, and how many a cap cut to nothing.
SELECT s.scenario AS number, s.id, s.family, s.name_zh, s.name_en,
    count(a.act_id) FILTER (WHERE a.cut < 32) AS acts,
    count(a.act_id) FILTER (WHERE a.cut BETWEEN 1 AND 31) AS cut,
    count(DISTINCT a.customer_id) AS customers,
    coalesce(sum(a.carbon_mg), 0)::bigint - coalesce((
        SELECT sum(r.carbon_mg) FROM ledger.reversal r JOIN ledger.act b USING (act_id) WHERE b.scenario = s.scenario), 0)::bigint AS carbon_mg,
    coalesce(sum(a.energy), 0)::bigint - coalesce((
        SELECT sum(r.energy) FROM ledger.reversal r JOIN ledger.act b USING (act_id) WHERE b.scenario = s.scenario), 0)::bigint AS energy
FROM (SELECT DISTINCT ON (scenario) * FROM methodology.scenario ORDER BY scenario, pack_id DESC) s
LEFT JOIN ledger.act a ON a.scenario = s.scenario
GROUP BY s.scenario, s.id, s.family, s.name_zh, s.name_en
ORDER BY s.scenario

-- name: read_boundaries
-- why: What became of every row the feed ever sent, reruns of the same rows left out.
SELECT t.stage, t.code, t.went_on, sum(t.rows)::bigint AS rows
FROM feed.tally t JOIN feed.batch b USING (batch_id)
WHERE b.rerun_of IS NULL
GROUP BY t.stage, t.code, t.went_on
ORDER BY array_position(array['accept', 'recognize', 'quantify', 'post'], t.stage), t.went_on DESC, rows DESC

-- name: read_busiest
-- why: A customer whose statement of a month shows as much as possible: many scenarios, a refund, not too many lines.
SELECT c.customer_ref FROM ledger.act a JOIN accounts.customer c USING (customer_id)
WHERE a.occurred_at >= %(start)s AND a.occurred_at < %(end)s AND c.erased_at IS NULL
GROUP BY c.customer_id, c.customer_ref HAVING count(*) BETWEEN 8 AND 22
ORDER BY count(DISTINCT a.scenario)
        + 2 * EXISTS (SELECT FROM ledger.reversal r WHERE r.customer_id = c.customer_id
            AND r.occurred_at >= %(start)s AND r.occurred_at < %(end)s)::integer
        + bool_or(a.cut <> 0)::integer DESC, count(*), c.customer_ref LIMIT 1

-- name: read_telling_act
-- why: An act worth explaining: a metro ride whose distance came from the fare, of a usual length.
SELECT a.act_id FROM ledger.act a
JOIN methodology.rate r ON r.pack_id = a.pack_id AND r.rate_id = a.rate_id
WHERE a.carbon_mg > 0 AND NOT EXISTS (SELECT FROM ledger.reversal v WHERE v.act_id = a.act_id)
ORDER BY (r.activity_source = 'fare_band') DESC, abs(a.quantity_milli - 7300), a.amount_fen DESC, a.occurred_at, a.act_id
LIMIT 1

-- name: read_publications
-- why: What is in force from which day on; few rows, ever.
SELECT publication_id, pack_id, version, nullif(effective_from, '-infinity') AS effective_from, maker, checker, reason, opinion, decided_at
FROM methodology.publication JOIN methodology.pack USING (pack_id)
ORDER BY 4 NULLS FIRST, publication_id

-- name: newest_publication
-- why: Whether somebody decided since a schedule was read.
SELECT coalesce(max(publication_id), 0) FROM methodology.publication

-- name: one_publisher
-- why: Two decisions at the same moment would both write the base down.
SELECT pg_advisory_xact_lock(7315005)

-- name: write_base
-- why: What was in force before any decision, so that a later Ditan that ships another pack changes nothing.
INSERT INTO methodology.publication (pack_id, effective_from, maker, checker, reason, opinion, decided_at)
SELECT %(pack_id)s, '-infinity', 'ditan', 'ditan', 'in force before any decision', 'in force before any decision', %(now)s
WHERE NOT EXISTS (SELECT FROM methodology.publication)

-- name: write_publication
-- why: The constraints refuse one person, and a day that has begun.
INSERT INTO methodology.publication (pack_id, effective_from, maker, checker, reason, opinion, decided_at)
VALUES (%(pack_id)s, %(effective_from)s, %(maker)s, %(checker)s, %(reason)s, %(opinion)s, %(now)s)
RETURNING publication_id
