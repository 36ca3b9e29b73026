-- name: inv_01
-- why: rows read = accepted + duplicate + rejected; accepted = recognized + refunds + not green; and so on to the ledger.
SELECT (SELECT count(*) FROM feed.batch) AS looked, array(
    SELECT format('batch %s: read %s, accept %s→%s, recognize %s→%s+%s, post %s', b.batch_id, b.rows_read, t.accept,
        t.accepted, t.recognize, t.recognized, t.refunds, t.post)
    FROM feed.batch b CROSS JOIN LATERAL (
        SELECT coalesce(sum(rows) FILTER (WHERE stage = 'accept'), 0) AS accept,
            coalesce(sum(rows) FILTER (WHERE stage = 'accept' AND went_on), 0) AS accepted,
            coalesce(sum(rows) FILTER (WHERE stage = 'recognize'), 0) AS recognize,
            coalesce(sum(rows) FILTER (WHERE stage = 'recognize' AND code = 'recognized'), 0) AS recognized,
            coalesce(sum(rows) FILTER (WHERE stage = 'recognize' AND code = 'refund'), 0) AS refunds,
            coalesce(sum(rows) FILTER (WHERE stage = 'quantify'), 0) AS quantify,
            coalesce(sum(rows) FILTER (WHERE stage = 'post'), 0) AS post
        FROM feed.tally t WHERE t.batch_id = b.batch_id
    ) t
    WHERE b.rows_read <> t.accept OR t.accepted <> t.recognize OR t.recognized <> t.quantify
       OR t.recognized + t.refunds <> t.post
    ORDER BY b.batch_id LIMIT 5) AS offenders

-- name: inv_02
-- why: An act id is the event, so the primary key keeps it single; a conflict was never applied; a refund is no act.
SELECT (SELECT count(*) FROM ledger.act) + (SELECT count(*) FROM feed.conflict) AS looked, array(
    SELECT format('event %s: its conflicting content was applied', c.event_key)
    FROM feed.conflict c JOIN ledger.act a ON a.act_id = c.event_key AND a.content_key = c.content_key
    UNION ALL
    SELECT format('event %s is an act and a reversal', a.act_id)
    FROM ledger.act a JOIN ledger.reversal r ON r.reversal_id = a.act_id
    LIMIT 5) AS offenders

-- name: inv_03
-- why: Postings of each asset sum to zero per batch and over all; what scenarios issued is what customers hold.
SELECT (SELECT count(*) FROM ledger.posting) AS looked, array(
    SELECT format('batch %s, %s: postings sum to %s', batch_id, asset, sum(amount))
    FROM ledger.posting GROUP BY batch_id, asset HAVING sum(amount) <> 0
    UNION ALL
    SELECT format('scenario %s issued %s mg and %s points, its entries say %s and %s', scenario, i.carbon_mg, i.energy,
        coalesce(e.mg, 0), coalesce(e.points, 0))
    FROM ledger.issuance i FULL JOIN (
        SELECT scenario, sum(mg) AS mg, sum(points) AS points FROM (
            SELECT scenario, carbon_mg AS mg, energy AS points FROM ledger.act
            UNION ALL
            SELECT a.scenario, -r.carbon_mg, -r.energy FROM ledger.reversal r JOIN ledger.act a USING (act_id)
        ) entry GROUP BY scenario
    ) e USING (scenario)
    WHERE i.carbon_mg IS DISTINCT FROM coalesce(e.mg, 0) OR i.energy IS DISTINCT FROM coalesce(e.points, 0)
    LIMIT 5) AS offenders

-- name: inv_04
-- why: The application's role may add and read entries, never change them.
SELECT 2 AS looked, array(
    SELECT format('ditan_app may %s %s', privilege, relation)
    FROM unnest(array['ledger.act', 'ledger.reversal']) relation,
        unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) privilege
    WHERE has_table_privilege('ditan_app', relation, privilege)
       OR privilege = 'UPDATE' AND has_any_column_privilege('ditan_app', relation, privilege)) AS offenders

-- name: inv_05
-- why: Each balance is the sum of its entries, and so are the quotas of the two latest months, which a holder keeps.
SELECT (SELECT count(*) FROM ledger.holder) AS looked, array(
    SELECT format('customer %s holds %s mg and %s points, the entries say %s and %s', customer_id, h.carbon_mg, h.energy,
        coalesce(e.mg, 0), coalesce(e.points, 0))
    FROM ledger.holder h FULL JOIN (
        SELECT customer_id, sum(mg) AS mg, sum(points) AS points FROM (
            SELECT customer_id, carbon_mg AS mg, energy AS points FROM ledger.act
            UNION ALL
            SELECT customer_id, -carbon_mg, -energy FROM ledger.reversal
        ) entry GROUP BY customer_id
    ) e USING (customer_id)
    WHERE h.carbon_mg IS DISTINCT FROM coalesce(e.mg, 0) OR h.energy IS DISTINCT FROM coalesce(e.points, 0)
    UNION ALL
    SELECT format('customer %s, month and scenario %s: the quota says %s, the acts say %s', customer_id, key,
        coalesce(q.used::text, 'nothing'), coalesce(a.used::text, 'nothing'))
    FROM (
        SELECT customer_id, quota[i * 7 + 1] AS key, quota[i * 7 + 2 : i * 7 + 7] AS used
        FROM ledger.holder, generate_series(0, cardinality(quota) / 7 - 1) i
    ) q FULL JOIN (
        SELECT customer_id, month * 100 + scenario AS key,
            array[count(*) FILTER (WHERE given), sum(carbon_mg)::bigint,
                coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE given AND day <= 12), 0)::bigint,
                coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE given AND day BETWEEN 13 AND 24), 0)::bigint,
                coalesce(sum(1::bigint << (5 * ((day - 1) % 12))) FILTER (WHERE given AND day >= 25), 0)::bigint,
                (extract(epoch FROM max(occurred_at)) * 1000000)::bigint] AS used
        FROM (
            SELECT *, carbon_mg > 0 OR energy > 0 AS given, extract(day FROM local)::integer AS day,
                to_char(local, 'YYYYMM')::bigint AS month,
                dense_rank() OVER (PARTITION BY customer_id ORDER BY to_char(local, 'YYYYMM') DESC) AS months_back
            FROM ledger.act, LATERAL (SELECT occurred_at AT TIME ZONE 'Asia/Shanghai' AS local) zone
            WHERE cut <> 32 -- an act that is only the same occasion counts nowhere
        ) act WHERE months_back <= 2 GROUP BY customer_id, month, scenario
    ) a USING (customer_id, key)
    WHERE q.used IS DISTINCT FROM a.used
    LIMIT 5) AS offenders

-- name: inv_06
-- why: Taken back = given × money refunded ÷ money paid, half-even; all of it after a whole refund; never more.
SELECT (SELECT count(*) FROM ledger.reversal) AS looked, array(
    SELECT format('act %s gave %s mg and %s points, reversals took %s and %s', act_id, a.carbon_mg, a.energy, r.mg,
        r.points)
    FROM (
        SELECT act_id, sum(carbon_mg) AS mg, sum(energy) AS points, sum(amount_fen) AS fen
        FROM ledger.reversal GROUP BY act_id
    ) r LEFT JOIN ledger.act a USING (act_id)
    WHERE a.act_id IS NULL
       OR r.mg <> CASE WHEN r.fen >= a.amount_fen THEN a.carbon_mg
                       ELSE ledger.half_even(a.carbon_mg::numeric * r.fen, a.amount_fen) END
       OR r.points <> CASE WHEN r.fen >= a.amount_fen THEN a.energy
                       ELSE ledger.half_even(a.energy::numeric * r.fen, a.amount_fen) END
    LIMIT 5) AS offenders

-- name: inv_09
-- why: At the moment of each act the account was open and every consent its scenario needs was active.
SELECT (SELECT count(*) FROM ledger.act) AS looked, array(
    SELECT format('act %s of customer %s', a.act_id, a.customer_id)
    FROM ledger.act a
    JOIN methodology.scenario s ON s.pack_id = a.pack_id AND s.scenario = a.scenario
    LEFT JOIN accounts.customer c USING (customer_id)
    WHERE c.customer_id IS NULL OR a.occurred_at < c.opened_at OR a.occurred_at >= c.closed_at
       OR EXISTS (
            SELECT FROM unnest(s.purposes) AS needed (purpose)
            WHERE NOT EXISTS (
                SELECT FROM accounts.consent k
                WHERE k.customer_id = a.customer_id AND k.purpose = needed.purpose AND k.granted_at <= a.occurred_at
                  AND (k.withdrawn_at IS NULL OR a.occurred_at < k.withdrawn_at)))
    UNION ALL
    SELECT format('customer %s: the ledger knows other consents or cards than the account', c.customer_id)
    FROM accounts.customer c LEFT JOIN ledger.holder h USING (customer_id)
    LEFT JOIN LATERAL (
        SELECT array_agg(n ORDER BY code, since, until, place) AS permits FROM (
            SELECT CASE purpose WHEN 'card_payments' THEN 1 WHEN 'whereabouts' THEN 2 ELSE 3 END::bigint AS code,
                granted_at AS since, coalesce(withdrawn_at, 'infinity') AS until
            FROM accounts.consent k WHERE k.customer_id = c.customer_id
            UNION
            SELECT card_key, linked_at, coalesce(unlinked_at, 'infinity') FROM accounts.card d WHERE d.customer_id = c.customer_id
        ) permit, LATERAL unnest(array[code, (extract(epoch FROM since) * 1000000)::bigint, CASE until
            WHEN 'infinity' THEN 9223372036854775807 ELSE (extract(epoch FROM until) * 1000000)::bigint END])
            WITH ORDINALITY AS part (n, place)
    ) decided ON true
    WHERE h.customer_id IS NULL OR h.opened_at <> c.opened_at OR h.closed_at IS DISTINCT FROM c.closed_at
       OR h.permits <> coalesce(decided.permits, '{}')
    LIMIT 5) AS offenders

-- name: inv_12
-- why: A commit is on disk before it is acknowledged.
SELECT 3 AS looked, array(
    SELECT format('%s = %s', name, setting) FROM pg_settings
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting NOT IN ('on', 'remote_apply')
) AS offenders

-- name: inv_13
-- why: Every text the bank gave us: no run of 13 to 19 digits, joined or in groups, that passes the Luhn test. The day in
-- why: the name of a file is none.
WITH given AS (
    SELECT unnest(array[customer_ref, channel]) AS value FROM accounts.customer
    UNION ALL SELECT card_ref FROM accounts.card
    UNION ALL SELECT unnest(array[version, channel, withdrawn_channel]) FROM accounts.consent
    UNION ALL SELECT regexp_replace(file_name, '20\d\d-?(0[1-9]|1[0-2])-?([0-2]\d|3[01])', 'day', 'g') FROM feed.batch
    UNION ALL SELECT field FROM feed.rejection
), run AS (
    SELECT value, (regexp_matches(value, '\d+', 'g'))[1] AS digits FROM given WHERE value ~ '\d{13}'
    UNION
    SELECT value, regexp_replace((regexp_matches(value, '\d(?:[ -]{0,2}\d){12,}', 'g'))[1], '\D', '', 'g') FROM given
)
SELECT (SELECT count(*) FROM given) AS looked, array(
    SELECT DISTINCT format('a card number in %s', left(value, 3) || '…')
    FROM run
    WHERE length(digits) BETWEEN 13 AND 19 AND (
        SELECT sum(CASE WHEN (length(digits) - i) % 2 = 0 THEN d WHEN d * 2 > 9 THEN d * 2 - 9 ELSE d * 2 END)
        FROM generate_series(1, length(digits)) i, LATERAL (SELECT substr(digits, i, 1)::integer AS d) digit
    ) % 10 = 0
    LIMIT 5) AS offenders

-- name: inv_15
-- why: Every batch with acts has its evidence file, with a row for each act; more rows only where the full archive was on.
SELECT (SELECT count(*) FROM ledger.act) AS looked, array(
    SELECT format('batch %s archived %s rows for %s acts', b.batch_id, coalesce(e.rows, 0), coalesce(a.acts, 0))
    FROM feed.batch b
    LEFT JOIN feed.evidence_file e USING (batch_id)
    LEFT JOIN (SELECT batch_id, count(*) AS acts FROM ledger.act GROUP BY batch_id) a USING (batch_id)
    WHERE coalesce(e.rows, 0) < coalesce(a.acts, 0)
    LIMIT 5) AS offenders

-- name: ledger_digest
-- why: One number for the whole ledger, independent of batches and of the order of rows: acts, reversals and balances.
SELECT encode(sha256(convert_to(concat_ws('|',
    (SELECT concat_ws(',', count(*), sum(carbon_mg), sum(energy), sum(quantified_mg),
        sum(('x' || left(encode(sha256(convert_to(concat_ws(',', act_id, content_key, carbon_mg, energy, quantified_mg,
            cut), 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric)) FROM ledger.act),
    (SELECT concat_ws(',', count(*), sum(carbon_mg), sum(energy),
        sum(('x' || left(encode(sha256(convert_to(concat_ws(',', reversal_id, act_id, carbon_mg, energy), 'UTF8')),
            'hex'), 15))::bit(60)::bigint::numeric)) FROM ledger.reversal),
    (SELECT concat_ws(',', sum(b.carbon_mg), sum(b.energy),
        sum(('x' || left(encode(sha256(convert_to(concat_ws(',', c.customer_ref, b.carbon_mg, b.energy), 'UTF8')),
            'hex'), 15))::bit(60)::bigint::numeric))
     FROM ledger.holder b JOIN accounts.customer c USING (customer_id)),
    (SELECT count(*) FROM feed.waiting_refund)
), 'UTF8')), 'hex')
