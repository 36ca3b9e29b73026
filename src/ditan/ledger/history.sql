-- name: read_history_page
-- why: A customer's acts, reversals and entries in one list, newest first by the moment they were recorded, from a place on.
-- why: What comes later stands before that place, so a page never moves. An act's moment is its batch's.
SELECT h.*, s.id AS scenario, s.name_zh, s.name_en FROM (
    SELECT a.act_id AS entry_id, 'act' AS kind, b.booked_on, a.occurred_at, b.received_at AS recorded_at, a.carbon_mg,
        a.energy::bigint AS pending_energy, 0::bigint AS available_energy, 0::bigint AS held_energy, 0::bigint AS owed_energy,
        a.energy::bigint AS energy, NULL::uuid AS act_id, NULL::uuid AS hold_id, NULL::timestamptz AS deadline,
        NULL::integer AS limited_id, 0::bigint AS units, NULL AS reason, NULL AS maker, NULL AS checker, a.pack_id,
        a.scenario AS scenario_no
    FROM ledger.act a JOIN feed.batch b USING (batch_id) WHERE a.customer_id = %(customer)s
    UNION ALL
    SELECT r.reversal_id, 'reversal', b.booked_on, r.occurred_at, b.received_at, -r.carbon_mg, -r.pending_energy,
        -r.available_energy, 0, r.owed_energy, -r.pending_energy - r.available_energy - r.owed_energy, r.act_id, NULL, NULL, NULL,
        0, NULL, NULL, NULL, a.pack_id, a.scenario
    FROM ledger.reversal r JOIN feed.batch b USING (batch_id) JOIN ledger.act a USING (act_id)
    WHERE r.customer_id = %(customer)s
    UNION ALL
    SELECT e.entry_id, e.kind::text, e.booked_on, e.occurred_at, e.recorded_at, 0, e.pending_energy, e.available_energy,
        e.held_energy, e.owed_energy, e.pending_energy + e.available_energy + e.held_energy - e.owed_energy, NULL, e.hold_id,
        e.deadline, e.limited_id, e.units, e.reason, e.maker, e.checker, NULL, NULL
    FROM ledger.entry e WHERE e.customer_id = %(customer)s
) h LEFT JOIN methodology.scenario s ON s.pack_id = h.pack_id AND s.scenario = h.scenario_no
WHERE %(at)s::timestamptz IS NULL OR (h.recorded_at, h.entry_id) < (%(at)s::timestamptz, %(id)s::uuid)
ORDER BY h.recorded_at DESC, h.entry_id DESC LIMIT %(most)s

-- name: read_balance_as_of
-- why: What a customer had: entries that had happened and were recorded by then, and the balls and lots they left at that
-- why: minute and day. What was collected before energy had a life has no balls: it is one ball without an end.
WITH legacy AS (
    SELECT coalesce(max(recorded_at), '-infinity') AS until FROM ledger.entry
    WHERE customer_id = %(customer)s AND kind = 'collect' AND ball_keys IS NULL
), act AS (
    SELECT a.act_id, a.carbon_mg, a.energy, b.received_at > legacy.until AS lives,
        ledger.ripens(a.occurred_at, b.received_at, l.matures_after_days, l.matures_at_minute) AS ripens, l.collect_days,
        a.occurred_at <= %(happened)s AND b.received_at <= %(recorded)s AS counts
    FROM ledger.act a JOIN feed.batch b USING (batch_id) JOIN methodology.life l ON l.pack_id = a.pack_id CROSS JOIN legacy
    WHERE a.customer_id = %(customer)s
), reversal AS (
    SELECT r.*, a.lives, a.ripens, a.collect_days FROM ledger.reversal r JOIN feed.batch b USING (batch_id) JOIN act a USING (act_id)
    WHERE r.customer_id = %(customer)s AND r.occurred_at <= %(happened)s AND b.received_at <= %(recorded)s
), entry AS (
    SELECT * FROM ledger.entry
    WHERE customer_id = %(customer)s AND occurred_at <= %(happened)s AND recorded_at <= %(recorded)s
), ball AS (
    SELECT ripens, ripens + collect_days * 1440 AS until, energy::bigint AS energy FROM act WHERE counts AND lives
    UNION ALL
    SELECT ripens, ripens + collect_days * 1440, -pending_energy FROM reversal WHERE lives
    UNION ALL
    SELECT 0, 9223372036854775807, energy FROM act WHERE counts AND NOT lives
    UNION ALL
    SELECT 0, 9223372036854775807, -pending_energy FROM reversal WHERE NOT lives
    UNION ALL
    SELECT 0, 9223372036854775807, pending_energy FROM entry WHERE kind = 'collect' AND ball_keys IS NULL
    UNION ALL
    SELECT ball >> 36, (ball >> 36) + ((ball >> 31) & 31) * 1440,
        CASE WHEN kind = 'award' THEN ball & 33554431 ELSE -(ball & 33554431) END
    FROM entry, unnest(balls) ball
), lot AS (
    SELECT lot >> 40 AS day, CASE WHEN available_energy < 0 THEN -(lot & 1099511627775) ELSE lot & 1099511627775 END AS energy
    FROM entry, unnest(lots) lot
    UNION ALL
    SELECT lot >> 40, -(lot & 1099511627775) FROM reversal, unnest(lots) lot
), clock AS (
    SELECT ledger.minute(%(at)s) AS minute, ledger.business_day(%(at)s) - date '1970-01-01' AS today
)
SELECT coalesce((SELECT sum(carbon_mg) FROM act WHERE counts), 0)::bigint
        - coalesce((SELECT sum(carbon_mg) FROM reversal), 0)::bigint AS carbon_mg,
    coalesce((SELECT sum(energy) FROM ball WHERE ripens > minute), 0)::bigint AS growing_energy,
    coalesce((SELECT sum(energy) FROM ball WHERE ripens <= minute AND until > minute), 0)::bigint AS ripe_energy,
    coalesce((SELECT sum(energy) FROM lot WHERE day >= today), 0)::bigint AS available_energy,
    coalesce((SELECT sum(held_energy) FROM entry), 0)::bigint AS held_energy,
    coalesce((SELECT sum(owed_energy) FROM entry), 0)::bigint
        + coalesce((SELECT sum(owed_energy) FROM reversal), 0)::bigint AS owed_energy
FROM clock

-- name: sum_period
-- why: What became of a customer's energy in a period, as far as no act and no refund of the statement says it.
SELECT -coalesce(sum(pending_energy) FILTER (WHERE kind = 'collect'), 0)::bigint AS collected_energy,
    coalesce(sum(pending_energy) FILTER (WHERE kind = 'award'), 0)::bigint AS awarded_energy,
    -coalesce(sum(pending_energy) FILTER (WHERE kind = 'lapse'), 0)::bigint AS lapsed_energy,
    -coalesce(sum(available_energy) FILTER (WHERE kind = 'expire'), 0)::bigint AS expired_energy,
    -coalesce(sum(available_energy + held_energy - owed_energy) FILTER (WHERE kind IN ('capture', 'give_back')), 0)::bigint
        AS redeemed_energy,
    coalesce(sum(available_energy - owed_energy) FILTER (WHERE kind = 'adjust'), 0)::bigint AS adjusted_energy
FROM ledger.entry
WHERE customer_id = (SELECT customer_id FROM ledger.holder WHERE customer_key = %(customer_key)s)
    AND occurred_at >= %(start)s AND occurred_at < %(end)s
