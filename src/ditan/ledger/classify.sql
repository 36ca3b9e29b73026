-- name: ask
-- why: What posting must know of the batch before it can decide: who, which acts, which occasions, under which month. A
-- why: customer and a card have several acts in a batch and are hashed once.
CREATE OR REPLACE TEMP TABLE offered AS
WITH customer AS (
    SELECT customer_ref, substr(sha256(customer_ref), 1, 32)::UUID AS customer_key
    FROM (SELECT DISTINCT customer_ref FROM quantified)
), card AS (
    SELECT card_ref, ('0x' || substr(sha256(card_ref), 1, 15))::BIGINT AS card_key
    FROM (SELECT DISTINCT card_ref FROM quantified WHERE card_ref IS NOT NULL)
)
SELECT row_number, event_key AS act_id, content_key, match_key, customer_key,
    CASE WHEN kind = 'card_payment' THEN coalesce(card_key, 0) END AS card_key,
    scenario::SMALLINT AS scenario, epoch_us(occurred_at) AS at_us,
    date_part('day', occurred_at + INTERVAL 8 HOUR)::INTEGER AS day,
    ((date_part('year', occurred_at + INTERVAL 8 HOUR) * 100 + date_part('month', occurred_at + INTERVAL 8 HOUR)) * 100
        + scenario)::BIGINT AS quota_key,
    amount_fen, quantity_milli, raw_mg, carbon_mg, energy, rate_id,
    CASE WHEN occasion IS NOT NULL THEN
        substr(sha256(scenario::VARCHAR || chr(31) || customer_ref || chr(31) || occasion), 1, 32)::UUID
    END AS occasion_key
FROM quantified LEFT JOIN customer USING (customer_ref) LEFT JOIN card USING (card_ref)

-- name: number_customers
-- why: A short number for each customer of the batch, refunds' included, in the order of the index that will be searched.
CREATE OR REPLACE TEMP TABLE asked_customer AS
SELECT customer_key, row_number() OVER (ORDER BY customer_key)::INTEGER AS customer_no
FROM (SELECT DISTINCT customer_key FROM offered)

-- name: asked_customers
-- why: As numbered.
SELECT customer_key, customer_no FROM asked_customer ORDER BY customer_no

-- name: asked_shards
-- why: What a batch holds while it posts: the shards of its customers, those of its refunds included.
SELECT DISTINCT ('0x' || substr(customer_key::VARCHAR, 1, 2))::INTEGER >> 2 AS shard
FROM (SELECT customer_key FROM asked_customer UNION SELECT substr(sha256(customer_ref), 1, 32)::UUID FROM refund)
ORDER BY shard

-- name: nothing_known
-- why: At first every act is taken for a new one, as nearly all are.
CREATE OR REPLACE TEMP TABLE known (act_id UUID, content_key UUID)

-- name: asked_acts
-- why: In the order of the primary key, which itself will say which of those that are to be written are there already.
SELECT act_id, code IN ('posted', 'capped', 'same_occasion', 'too_soon') AS written FROM decided ORDER BY act_id

-- name: doubted_acts
-- why: It has said so: all are looked up.
SELECT act_id, FALSE AS written FROM decided ORDER BY act_id

-- name: asked_occasions
-- why: Only scenarios with an occasion have any.
SELECT DISTINCT occasion_key FROM offered WHERE occasion_key IS NOT NULL ORDER BY occasion_key

-- name: drop_freed
-- why: An occasion whose act was refunded whole is there to be taken again.
DELETE FROM taken WHERE freed = 1

-- name: open_holders
-- why: The customers of the batch that have an account, with what posting must know of each.
CREATE OR REPLACE TEMP TABLE holder AS
SELECT a.customer_key, h.* FROM read_holder h JOIN asked_customer a USING (customer_no)

-- name: open_permits
-- why: Consents and cards with their times.
CREATE OR REPLACE TEMP TABLE permit AS SELECT * FROM read_permit

-- name: open_quotas
-- why: What is used of the caps of a month and scenario.
CREATE OR REPLACE TEMP TABLE used AS SELECT * FROM read_used

-- name: keep_answer
-- why: What PostgreSQL answered, as a table; keys become UUIDs again.
CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM answer

-- name: add_history
-- why: A month counted from the acts is a used quota like those the holder keeps.
INSERT INTO used SELECT * FROM history

-- name: asked_history
-- why: Events that came so late that their month has left the holder: their use is counted from the acts.
SELECT DISTINCT h.customer_id, o.quota_key
FROM offered o JOIN holder h USING (customer_key)
JOIN (SELECT customer_id, min(quota_key // 100) AS month FROM used GROUP BY customer_id) u USING (customer_id)
WHERE o.quota_key // 100 < u.month
ORDER BY ALL

-- name: asked_neighbors
-- why: An event that came late may belong to a journey between two known acts; the holder remembers only the latest.
SELECT DISTINCT o.row_number, h.customer_id, o.scenario, o.at_us, c.gap_us
FROM offered o
JOIN holder h USING (customer_key)
JOIN cap c ON c.scenario = o.scenario AND c.gap_us > 0
JOIN (SELECT customer_id, max(last_us) AS last_us FROM used GROUP BY customer_id) u
    ON u.customer_id = h.customer_id AND u.last_us > o.at_us
ORDER BY ALL

-- name: classify
-- why: Everything that decides about an act, in the order of `PostCode`: known before? whose? consented and linked at the
-- why: time of the act? the same occasion, or the same journey? within the caps? Caps count in order of occurrence. Only
-- why: where a customer's batch could pass a cap (`tight`) is the order looked at; elsewhere all of it fits.
CREATE OR REPLACE TEMP TABLE decided AS
WITH span AS (
    SELECT min(at_us) AS first_us, max(at_us) AS last_us FROM offered
), steady AS ( -- consents that hold all the time the batch is about: nearly all of them
    SELECT customer_id, bit_or(1 << code) AS purposes FROM permit, span
    WHERE code <= 3 AND from_us <= first_us AND to_us > last_us GROUP BY customer_id
), brief AS MATERIALIZED ( -- and those that begin or end in it
    SELECT h.customer_key, p.* FROM permit p JOIN span ON p.from_us > first_us OR p.to_us <= last_us
    JOIN holder h USING (customer_id) WHERE p.code <= 3
), passing AS (
    SELECT o.row_number, bit_or(1 << p.code) AS purposes
    FROM brief p JOIN offered o ON o.customer_key = p.customer_key AND o.at_us >= p.from_us AND o.at_us < p.to_us
    GROUP BY o.row_number
), owned AS MATERIALIZED (
    SELECT o.*, h.customer_id,
        CASE
            WHEN k.content_key = '00000000-0000-0000-0000-000000000000' THEN 'erased'
            WHEN k.content_key = o.content_key THEN 'duplicate'
            WHEN k.act_id IS NOT NULL THEN 'conflict'
            WHEN h.customer_id IS NULL OR o.at_us < h.opened_us OR o.at_us >= h.closed_us THEN 'no_account'
            WHEN (coalesce(y.purposes, 0) | coalesce(a.purposes, 0)) & s.purposes <> s.purposes THEN 'no_consent'
            WHEN o.card_key IS NOT NULL AND c.code IS NULL THEN 'card_not_linked'
            WHEN t.occasion_key IS NOT NULL THEN 'same_occasion'
        END AS refused
    FROM offered o
    LEFT JOIN known k ON k.act_id = o.act_id
    LEFT JOIN holder h ON h.customer_key = o.customer_key
    LEFT JOIN steady y ON y.customer_id = h.customer_id
    LEFT JOIN passing a ON a.row_number = o.row_number
    LEFT JOIN (SELECT * FROM permit WHERE code > 3) c
        ON c.customer_id = h.customer_id AND c.code = o.card_key AND o.at_us >= c.from_us AND o.at_us < c.to_us
    LEFT JOIN taken t ON t.occasion_key = o.occasion_key
    JOIN cap s ON s.scenario = o.scenario
), first_of_occasion AS (
    SELECT occasion_key, arg_min(row_number, (at_us, row_number)) AS row_number
    FROM owned WHERE refused IS NULL AND occasion_key IS NOT NULL GROUP BY occasion_key
), single AS MATERIALIZED (
    SELECT o.row_number, o.customer_id, o.scenario, o.quota_key, o.day, o.at_us, o.carbon_mg, o.energy,
        CASE WHEN o.occasion_key IS NOT NULL AND f.row_number <> o.row_number THEN 'same_occasion' END AS refused
    FROM owned o LEFT JOIN first_of_occasion f ON f.occasion_key = o.occasion_key
    WHERE o.refused IS NULL
), journey AS (
    SELECT s.row_number, s.at_us - lag(s.at_us) OVER (
        PARTITION BY s.customer_id, s.scenario ORDER BY s.at_us, s.row_number) < c.gap_us AS continued
    FROM single s JOIN cap c ON c.scenario = s.scenario AND c.gap_us > 0
    WHERE s.refused IS NULL
), continued AS (
    SELECT row_number FROM journey WHERE continued
    UNION
    SELECT row_number FROM neighbor
    UNION
    SELECT s.row_number FROM single s
    JOIN cap c ON c.scenario = s.scenario AND c.gap_us > 0
    JOIN used u ON u.customer_id = s.customer_id AND u.quota_key % 100 = s.scenario AND abs(s.at_us - u.last_us) < c.gap_us
), eligible AS MATERIALIZED (
    SELECT s.* REPLACE (coalesce(s.refused, CASE WHEN j.row_number IS NOT NULL THEN 'too_soon' END) AS refused),
        coalesce(s.refused, j.row_number::VARCHAR) IS NULL AND (s.carbon_mg > 0 OR s.energy > 0) AS counts,
        coalesce(u.acts, 0) AS used_acts, coalesce(u.mg, 0) AS used_mg,
        coalesce((CASE WHEN s.day <= 12 THEN u.days_01 WHEN s.day <= 24 THEN u.days_13 ELSE u.days_25 END
                  >> (5 * ((s.day - 1) % 12))) & 31, 0) AS used_day
    FROM single s
    LEFT JOIN continued j ON j.row_number = s.row_number
    LEFT JOIN used u ON u.customer_id = s.customer_id AND u.quota_key = s.quota_key
), per_day AS (
    SELECT customer_id, quota_key, scenario, used_acts, used_mg, used_day + count(*) AS of_day, count(*) AS acts,
        sum(carbon_mg) AS mg
    FROM eligible WHERE counts GROUP BY customer_id, quota_key, scenario, day, used_day, used_acts, used_mg
), tight AS (
    SELECT p.customer_id, p.quota_key
    FROM per_day p JOIN cap c ON c.scenario = p.scenario
    GROUP BY p.customer_id, p.quota_key, p.used_acts, p.used_mg, c.daily_acts, c.energy_daily_acts, c.monthly_acts,
        c.energy_monthly_acts, c.monthly_mg
    HAVING max(p.of_day) > least(c.daily_acts, c.energy_daily_acts)
        OR p.used_acts + sum(p.acts) > least(c.monthly_acts, c.energy_monthly_acts)
        OR p.used_mg + sum(p.mg) > c.monthly_mg
), by_day AS (
    SELECT e.*, c.* EXCLUDE (scenario), e.used_day + sum(CASE WHEN e.counts THEN 1 ELSE 0 END) OVER (
        PARTITION BY e.customer_id, e.quota_key, e.day ORDER BY e.at_us, e.row_number) AS nth_of_day
    FROM eligible e SEMI JOIN tight USING (customer_id, quota_key) JOIN cap c ON c.scenario = e.scenario
), by_month AS (
    SELECT *, used_acts + sum(CASE WHEN counts AND nth_of_day <= greatest(daily_acts, energy_daily_acts) THEN 1 ELSE 0 END)
        OVER (PARTITION BY customer_id, quota_key ORDER BY at_us, row_number) AS nth_of_month
    FROM by_day
), allowed AS (
    SELECT *,
        counts AND carbon_mg > 0 AND nth_of_day <= daily_acts AND nth_of_month <= monthly_acts AS carbon_allowed,
        counts AND energy > 0 AND nth_of_day <= energy_daily_acts AND nth_of_month <= energy_monthly_acts AS energy_allowed
    FROM by_month
), weighed AS (
    SELECT *, used_mg + coalesce(sum(CASE WHEN carbon_allowed THEN carbon_mg ELSE 0 END) OVER (
        PARTITION BY customer_id, quota_key ORDER BY at_us, row_number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS mg_before
    FROM allowed
), given AS (
    SELECT row_number, refused, carbon_mg, energy, daily_acts, monthly_acts, energy_daily_acts, nth_of_day, nth_of_month,
        CASE WHEN carbon_allowed THEN greatest(0, least(carbon_mg, monthly_mg - mg_before)) ELSE 0 END::BIGINT AS given_mg,
        CASE WHEN energy_allowed THEN energy ELSE 0 END AS given_energy
    FROM weighed
), verdict AS (
    SELECT row_number, refused, given_mg, given_energy,
        CASE WHEN refused = 'same_occasion' THEN 32
             WHEN refused = 'too_soon' THEN 64
             WHEN carbon_mg = 0 THEN 0
             WHEN nth_of_day > daily_acts THEN 1
             WHEN nth_of_month > monthly_acts THEN 2
             WHEN given_mg < carbon_mg THEN 4 ELSE 0 END
        + CASE WHEN energy = 0 OR refused IS NOT NULL THEN 0
             WHEN nth_of_day > energy_daily_acts THEN 8
             WHEN given_energy = 0 THEN 16 ELSE 0 END AS cut
    FROM given
    UNION ALL
    SELECT row_number, refused, CASE WHEN counts THEN carbon_mg ELSE 0 END, CASE WHEN counts THEN energy ELSE 0 END,
        CASE refused WHEN 'same_occasion' THEN 32 WHEN 'too_soon' THEN 64 ELSE 0 END
    FROM eligible ANTI JOIN tight USING (customer_id, quota_key)
)
SELECT o.row_number, o.act_id, o.content_key, o.match_key, o.customer_id, o.scenario, o.at_us, o.day, o.quota_key,
    o.amount_fen, o.quantity_milli, o.raw_mg, o.rate_id, o.occasion_key,
    CASE WHEN o.refused IS NOT NULL THEN o.refused
         WHEN v.refused IS NOT NULL THEN v.refused
         WHEN v.cut <> 0 AND v.given_mg = 0 AND v.given_energy = 0 THEN 'capped'
         ELSE 'posted' END AS code,
    coalesce(v.given_mg, 0)::BIGINT AS carbon_mg, coalesce(v.given_energy, 0) AS energy,
    CASE WHEN o.refused = 'same_occasion' THEN 32 ELSE coalesce(v.cut, 0) END::SMALLINT AS cut,
    coalesce(v.given_mg > 0 OR v.given_energy > 0, FALSE) AS counted
FROM owned o LEFT JOIN verdict v ON v.row_number = o.row_number

-- name: new_acts
-- why: In the column order of `ledger.act`, a customer's acts together. One that was given nothing (a cap, the same occasion,
-- why: the same journey) is kept with the reason: it ends the same way however often it is sent.
SELECT act_id, content_key, customer_id, {batch_id}::BIGINT AS batch_id, at_us, amount_fen::BIGINT AS amount_fen,
    quantity_milli::BIGINT AS quantity_milli, raw_mg::BIGINT AS raw_mg, carbon_mg, energy::INTEGER AS energy,
    rate_id::INTEGER AS rate_id, {pack_id}::SMALLINT AS pack_id, scenario, cut
FROM decided WHERE code IN ('posted', 'capped', 'same_occasion', 'too_soon') ORDER BY customer_id, at_us, row_number

-- name: new_occasions
-- why: A second act of the same occasion will find it taken. By customer: so they are found when one is erased.
SELECT occasion_key, act_id, customer_id FROM decided
WHERE code IN ('posted', 'capped') AND occasion_key IS NOT NULL ORDER BY customer_id

-- name: new_matches
-- why: Only feeds whose refunds carry no reference have any.
SELECT match_key, act_id, at_us, amount_fen::BIGINT AS amount_fen, customer_id FROM decided
WHERE code IN ('posted', 'capped', 'same_occasion', 'too_soon') AND match_key IS NOT NULL ORDER BY customer_id

-- name: make_balls
-- why: The energy of an act ripens on a later business day, at once if it came later than that, and carries its own rule.
CREATE OR REPLACE TEMP TABLE new_ball AS
SELECT customer_id, act_id, (ripens << 36) | (collect_days << 31) | (expires_months << 25) | energy AS ball,
    ripens + collect_days * 1440 AS until
FROM (
    SELECT d.customer_id, d.act_id, d.energy::BIGINT AS energy, l.collect_days::BIGINT AS collect_days,
        l.expires_months::BIGINT AS expires_months, greatest(
            ((d.at_us + 28800000000) // 86400000000 + l.matures_after_days) * 1440 + l.matures_at_minute - 480,
            ({now_us}::BIGINT + 59999999) // 60000000) AS ripens
    FROM decided d CROSS JOIN life l WHERE d.energy > 0
)

-- name: spent
-- why: What the batch used of each quota.
SELECT customer_id, quota_key, count(*) FILTER (WHERE counted) AS acts, sum(carbon_mg)::BIGINT AS mg,
    coalesce(sum(CASE WHEN counted AND day <= 12 THEN 1::BIGINT << (5 * (day - 1)) END), 0)::BIGINT AS days_01,
    coalesce(sum(CASE WHEN counted AND day BETWEEN 13 AND 24 THEN 1::BIGINT << (5 * (day - 13)) END), 0)::BIGINT AS days_13,
    coalesce(sum(CASE WHEN counted AND day >= 25 THEN 1::BIGINT << (5 * (day - 25)) END), 0)::BIGINT AS days_25,
    max(at_us) AS last_us
FROM decided WHERE code IN ('posted', 'capped', 'too_soon') GROUP BY customer_id, quota_key

-- name: used
-- why: And what the same customers used before.
SELECT * FROM used SEMI JOIN (SELECT customer_id FROM decided WHERE code IN ('posted', 'capped', 'too_soon')) USING (customer_id)

-- name: gained
-- why: One change per customer: what the batch gave it, and when the first of its new balls will lapse.
SELECT d.customer_id, d.carbon_mg, d.energy, coalesce(b.due_minute, 9223372036854775807)::BIGINT AS due_minute
FROM (
    SELECT customer_id, sum(carbon_mg)::BIGINT AS carbon_mg, sum(energy)::BIGINT AS energy
    FROM decided WHERE code IN ('posted', 'capped', 'too_soon') GROUP BY customer_id
) d LEFT JOIN (SELECT customer_id, min(until) AS due_minute FROM new_ball GROUP BY customer_id) b USING (customer_id)
ORDER BY d.customer_id

-- name: new_balls
-- why: A customer's together, in the order they ripen.
SELECT customer_id, act_id, ball FROM new_ball ORDER BY customer_id, ball, act_id

-- name: issued
-- why: What each scenario issued in this batch, for the books.
SELECT {batch_id}::BIGINT AS batch_id, scenario, FALSE AS taken_back, count(*) AS entries, sum(carbon_mg)::BIGINT AS carbon_mg,
    sum(energy)::BIGINT AS energy
FROM decided WHERE code IN ('posted', 'capped', 'same_occasion', 'too_soon') GROUP BY scenario ORDER BY scenario

-- name: conflicts
-- why: The same id with other content is an incident to look at, never applied (INV-02).
SELECT act_id::VARCHAR AS event_key, content_key::VARCHAR AS content_key, row_number
FROM decided WHERE code = 'conflict' ORDER BY row_number

-- name: stage_refunds
-- why: The batch's refunds; a reversal, or a refund of an event without money, takes back everything. One whose original is
-- why: in the batch and was not posted has nothing to take back.
SELECT r.row_number, r.event_key AS refund_key, r.content_key,
    coalesce(r.original_key, '00000000-0000-0000-0000-000000000000'::UUID) AS original_key,
    coalesce(r.match_key, '00000000-0000-0000-0000-000000000000'::UUID) AS match_key,
    substr(sha256(r.customer_ref), 1, 32)::UUID AS customer_key,
    r.kind = 'card_reversal' OR r.amount_fen = 0 AS whole,
    r.amount_fen::BIGINT AS amount_fen, epoch_us(r.occurred_at) AS at_us,
    coalesce(d.code NOT IN ('posted', 'capped', 'same_occasion', 'too_soon', 'duplicate', 'conflict', 'erased'), FALSE) AS original_refused
FROM refund r LEFT JOIN decided d ON d.act_id = r.original_key
ORDER BY refund_key
