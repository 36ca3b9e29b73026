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
-- why: Postings of each asset sum to zero in each entry's batch or day; what scenarios issued is what their acts say; what an
-- why: entry moves inside a customer's energy comes from inside it.
SELECT (SELECT count(*) FROM ledger.posting) AS looked, array(
    SELECT format('%s, %s: postings sum to %s', coalesce('batch ' || batch_id, 'day ' || booked_on), asset, sum(amount))
    FROM ledger.posting GROUP BY batch_id, booked_on, asset HAVING sum(amount) <> 0
    UNION ALL
    SELECT format('entry %s: a %s changes the sum of a customer''s energy by %s', entry_id, kind,
        pending_energy + available_energy + held_energy - owed_energy)
    FROM ledger.entry
    WHERE kind IN ('collect', 'hold', 'release', 'supply') AND pending_energy + available_energy + held_energy <> owed_energy
    UNION ALL
    SELECT format('batch %s, scenario %s: %s mg and %s points issued, its entries say %s and %s', batch_id, scenario,
        i.carbon_mg, i.energy, e.mg, e.points)
    FROM (SELECT batch_id, scenario, sum(CASE WHEN taken_back THEN -carbon_mg ELSE carbon_mg END) AS carbon_mg,
            sum(CASE WHEN taken_back THEN -energy ELSE energy END) AS energy, sum(entries) AS entries
        FROM ledger.issued GROUP BY batch_id, scenario) i
    FULL JOIN (
        SELECT batch_id, scenario, sum(mg) AS mg, sum(points) AS points, count(*) AS entries FROM (
            SELECT batch_id, scenario, carbon_mg AS mg, energy AS points FROM ledger.act
            UNION ALL
            SELECT r.batch_id, a.scenario, -r.carbon_mg, -r.energy FROM ledger.reversal r JOIN ledger.act a USING (act_id)
        ) entry GROUP BY batch_id, scenario
    ) e USING (batch_id, scenario)
    WHERE i.carbon_mg IS DISTINCT FROM e.mg OR i.energy IS DISTINCT FROM e.points OR i.entries IS DISTINCT FROM e.entries
    LIMIT 5) AS offenders

-- name: inv_04
-- why: The application's role may add and read entries, never change them. A closed day says what its entries say, once more
-- why: from the postings and the entries; its balances follow the day before, and its digest follows from both.
SELECT 11 + (SELECT count(*) FROM ledger.closed_line) AS looked, array(
    SELECT format('ditan_app may %s %s', privilege, relation)
    FROM unnest(array['ledger.act', 'ledger.reversal', 'ledger.entry', 'ledger.issued', 'ledger.shut_day', 'ledger.closed_day',
            'ledger.closed_line', 'ledger.closed_flow', 'ledger.closed_lot', 'rewards.order_change',
            'rewards.planting_event']) relation,
        unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) privilege
    WHERE has_table_privilege('ditan_app', relation, privilege)
       OR privilege = 'UPDATE' AND has_any_column_privilege('ditan_app', relation, privilege)
    UNION ALL
    SELECT format('day %s is closed with %s postings, debit %s and credit %s on %s %s; its entries say %s, %s and %s', day, asset,
        account, l.entries, l.debit, l.credit, coalesce(e.entries, 0), coalesce(e.debit, 0), coalesce(e.credit, 0))
    FROM (SELECT * FROM ledger.closed_line WHERE entries <> 0 OR debit <> 0 OR credit <> 0) l FULL JOIN (
        SELECT booked_on AS day, asset, line AS account, count(*) AS entries, sum(greatest(-amount, 0)) AS debit,
            sum(greatest(amount, 0)) AS credit
        FROM ledger.posting WHERE booked_on <= (SELECT max(day) FROM ledger.closed_day) GROUP BY booked_on, asset, line
    ) e USING (day, asset, account)
    WHERE (l.entries, l.debit, l.credit) IS DISTINCT FROM (e.entries, e.debit, e.credit)
    UNION ALL
    SELECT format('day %s is closed with %s on %s %s; the days to it say %s', day, balance, asset, account, running)
    FROM (
        SELECT *, sum(credit - debit) OVER (PARTITION BY asset, account ORDER BY day) AS running,
            lead(day) OVER (PARTITION BY asset, account ORDER BY day) AS next_day
        FROM ledger.closed_line
    ) line WHERE balance <> running OR coalesce(next_day <> day + 1, day <> (SELECT max(day) FROM ledger.closed_day))
    UNION ALL
    SELECT format('day %s has lines and is not closed', day)
    FROM (SELECT day FROM ledger.closed_line EXCEPT SELECT day FROM ledger.closed_day) lost
    UNION ALL
    SELECT format('day %s is closed with other %s than its entries say: %s, not %s', day, what, closed, found)
    FROM ledger.closed_day d CROSS JOIN LATERAL (
        SELECT 'flows' AS what, array(
            SELECT concat_ws(' ', kind, entries, earlier_entries, growing_energy, ripe_energy, available_energy, held_energy, owed_energy)
            FROM ledger.closed_flow WHERE day = d.day AND kind <> 'mature' ORDER BY kind COLLATE "C") AS closed, array(
            SELECT concat_ws(' ', kind, sum(entries), sum(earlier_entries), sum(growing_energy), sum(ripe_energy), sum(available_energy),
                sum(held_energy), sum(owed_energy))
            FROM ledger.moved(d.day, d.day) GROUP BY kind ORDER BY kind COLLATE "C") AS found
        UNION ALL
        SELECT 'lots', array(
            SELECT concat_ws(' ', last_on, energy) FROM ledger.closed_lot WHERE day = d.day ORDER BY last_on), array(
            SELECT concat_ws(' ', last_on, sum(energy)) FROM (
                SELECT last_on, energy FROM ledger.closed_lot WHERE day = d.day - 1
                UNION ALL
                SELECT last_on, energy FROM ledger.moved_lots(d.day, d.day)
            ) lot GROUP BY last_on HAVING sum(energy) <> 0 ORDER BY last_on)
    ) compared WHERE closed <> found
    UNION ALL
    SELECT format('day %s is closed with %s energy (growing, ripe, available, held, owed), the days to it say %s', day, closed, found)
    FROM (
        SELECT day, concat_ws(' ', growing_energy, ripe_energy, available_energy, held_energy, owed_energy) AS closed,
            concat_ws(' ', growing, sum(f.pending) OVER so_far - growing, sum(f.available) OVER so_far, sum(f.held) OVER so_far,
                sum(f.owed) OVER so_far) AS found
        FROM ledger.closed_day JOIN LATERAL ledger.growing(day, ledger.last_minute(day)) AS growing ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(x.growing_energy + x.ripe_energy), 0) AS pending, coalesce(sum(x.available_energy), 0) AS available,
                coalesce(sum(x.held_energy), 0) AS held, coalesce(sum(x.owed_energy), 0) AS owed
            FROM ledger.closed_flow x WHERE x.day = closed_day.day
        ) f ON true
        WINDOW so_far AS (ORDER BY day)
    ) place WHERE closed <> found
    UNION ALL
    SELECT format('day %s is closed with the digest %s; its books say %s', day, left(encode(digest, 'hex'), 16),
        left(encode(ledger.day_digest(day, before), 'hex'), 16))
    FROM (SELECT *, lag(digest) OVER (ORDER BY day) AS before, lag(day) OVER (ORDER BY day) AS day_before FROM ledger.closed_day) d
    WHERE digest <> ledger.day_digest(day, before) OR day_before <> day - 1
    LIMIT 5) AS offenders

-- name: inv_05
-- why: Each part of a balance is the sum of its entries, and of the balls and lots in it; a hold ends once and whole; so are
-- why: the quotas of the two latest months, which a holder keeps, the sum of its acts.
SELECT (SELECT count(*) FROM ledger.holder) AS looked, array(
    SELECT format('customer %s holds %s mg and %s energy (pending, available, held, owed), the entries say %s and %s', customer_id,
        h.carbon_mg, concat_ws(' ', h.pending_energy, h.available_energy, h.held_energy, h.owed_energy), coalesce(e.mg, 0),
        concat_ws(' ', coalesce(e.pending, 0), coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.owed, 0)))
    FROM ledger.holder h FULL JOIN (
        SELECT customer_id, sum(mg) AS mg, sum(pending) AS pending, sum(available) AS available, sum(held) AS held,
            sum(owed) AS owed
        FROM (
            SELECT customer_id, carbon_mg AS mg, energy::bigint AS pending, 0::bigint AS available, 0::bigint AS held,
                0::bigint AS owed FROM ledger.act
            UNION ALL
            SELECT customer_id, -carbon_mg, -pending_energy, -available_energy, 0, owed_energy FROM ledger.reversal
            UNION ALL
            SELECT customer_id, 0, pending_energy, available_energy, held_energy, owed_energy FROM ledger.entry
            WHERE customer_id IS NOT NULL
        ) entry GROUP BY customer_id
    ) e USING (customer_id)
    WHERE h.carbon_mg IS DISTINCT FROM coalesce(e.mg, 0) OR h.pending_energy IS DISTINCT FROM coalesce(e.pending, 0)
       OR h.available_energy IS DISTINCT FROM coalesce(e.available, 0) OR h.held_energy IS DISTINCT FROM coalesce(e.held, 0)
       OR h.owed_energy IS DISTINCT FROM coalesce(e.owed, 0)
    UNION ALL
    SELECT format('customer %s: balls of %s for %s pending, lots of %s for %s available', customer_id,
        in_balls, pending_energy, ledger.lot_energy(lots), available_energy)
    FROM ledger.holder h, LATERAL (SELECT coalesce(sum(ball & 33554431), 0) AS in_balls FROM unnest(h.balls) ball) b
    WHERE in_balls <> pending_energy OR ledger.lot_energy(lots) <> available_energy
       OR cardinality(ball_keys) <> cardinality(h.balls)
    UNION ALL
    SELECT format('hold %s of %s energy ended with %s', k.entry_id, k.held_energy, -e.held_energy)
    FROM ledger.entry k JOIN ledger.entry e ON e.entry_id = ledger.end_of(k.entry_id)
    WHERE k.kind = 'hold' AND (e.held_energy <> -k.held_energy OR e.available_energy < 0 OR e.owed_energy > 0
        OR e.available_energy - e.owed_energy > k.held_energy OR e.kind = 'release' AND e.units <> -k.units)
    UNION ALL
    SELECT format('entry %s ends no hold', e.entry_id)
    FROM ledger.entry e LEFT JOIN ledger.entry k ON k.entry_id = e.hold_id AND k.kind = 'hold'
    WHERE e.kind IN ('capture', 'release') AND (k.entry_id IS NULL OR e.entry_id <> ledger.end_of(e.hold_id))
    UNION ALL
    SELECT format('hold %s used %s energy, and %s came back', g.hold_id,
        coalesce(-(e.available_energy + e.held_energy - e.owed_energy), 0), g.energy)
    FROM (
        SELECT hold_id, sum(available_energy - owed_energy) AS energy FROM ledger.entry WHERE kind = 'give_back' GROUP BY hold_id
    ) g LEFT JOIN ledger.entry e ON e.entry_id = ledger.end_of(g.hold_id) AND e.kind = 'capture'
    WHERE e.entry_id IS NULL OR g.energy > -(e.available_energy + e.held_energy - e.owed_energy)
    UNION ALL
    SELECT format('customer %s, month and scenario %s: the quota says %s, the acts say %s', customer_id, key,
        coalesce(q.used::text, 'nothing'), coalesce(a.used::text, 'nothing'))
    FROM (
        SELECT customer_id, numbers[i * 7 + 1] AS key, numbers[i * 7 + 2 : i * 7 + 7] AS used
        FROM ledger.holder, LATERAL (SELECT ledger.unpacked(quota) AS numbers) quota,
            generate_series(0, cardinality(numbers) / 7 - 1) i
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
    UNION ALL
    SELECT format('reversal %s took %s energy from lots, which say %s', reversal_id, available_energy, ledger.lot_energy(lots))
    FROM ledger.reversal WHERE available_energy <> ledger.lot_energy(lots)
       OR energy <> pending_energy + available_energy + gone_energy + owed_energy
    UNION ALL
    SELECT format('customer %s, lot to %s: refunds count %s as expired, %s did', customer_id,
        date '1970-01-01' + lot_day, r.energy, coalesce(e.energy, 0))
    FROM (
        SELECT customer_id, lot_day, sum(gone_energy) AS energy FROM ledger.reversal
        WHERE gone_energy > 0 AND lot_day IS NOT NULL GROUP BY customer_id, lot_day
    ) r LEFT JOIN (
        SELECT customer_id, (lot >> 40)::integer AS lot_day, sum(lot & 1099511627775) AS energy
        FROM ledger.entry, unnest(lots) lot WHERE kind = 'expire' GROUP BY 1, 2
    ) e USING (customer_id, lot_day)
    WHERE r.energy > coalesce(e.energy, 0)
    UNION ALL
    SELECT format('reversal %s counts %s energy of act %s as lapsed, which did not lapse', r.reversal_id, r.gone_energy, r.act_id)
    FROM ledger.reversal r LEFT JOIN (
        SELECT customer_id, key FROM ledger.entry, unnest(ball_keys) key WHERE kind = 'lapse'
    ) e ON e.customer_id = r.customer_id AND e.key = ledger.ball_key(r.act_id)
    WHERE r.gone_energy > 0 AND r.lot_day IS NULL AND e.key IS NULL
    UNION ALL
    SELECT format('customer %s owes %s and has %s', customer_id, owed_energy, available_energy)
    FROM ledger.holder WHERE owed_energy > 0 AND available_energy > 0
    LIMIT 5) AS offenders

-- name: inv_07
-- why: What is in each lot is what its entries put in and took out; lots expire only after their last day, balls lapse only
-- why: after their time; an act's energy is in one place: a ball, collected, lapsed, or taken back before that; a ball carries
-- why: the rule its act was posted under.
SELECT (SELECT count(*) FROM ledger.entry) AS looked, array(
    SELECT format('customer %s, lot to %s: holds %s, its entries say %s', customer_id, date '1970-01-01' + day::integer,
        coalesce(h.energy, 0), coalesce(e.energy, 0))
    FROM (
        SELECT customer_id, lot >> 40 AS day, sum(lot & 1099511627775) AS energy FROM ledger.holder, unnest(lots) lot GROUP BY 1, 2
    ) h FULL JOIN (
        SELECT customer_id, day, sum(energy) AS energy FROM (
            SELECT customer_id, lot >> 40 AS day, CASE WHEN kind IN ('hold', 'expire') OR kind = 'adjust' AND available_energy < 0
                THEN -(lot & 1099511627775) ELSE lot & 1099511627775 END AS energy
            FROM ledger.entry, unnest(lots) lot
            UNION ALL
            SELECT customer_id, lot >> 40, -(lot & 1099511627775) FROM ledger.reversal, unnest(lots) lot
        ) moved GROUP BY customer_id, day HAVING sum(energy) <> 0
    ) e USING (customer_id, day)
    WHERE h.energy IS DISTINCT FROM e.energy
    UNION ALL
    SELECT format('entry %s moved %s energy, its lots say %s', entry_id, available_energy, ledger.lot_energy(lots))
    FROM ledger.entry WHERE lots IS NOT NULL AND abs(available_energy) <> ledger.lot_energy(lots)
    UNION ALL
    SELECT format('entry %s expired a lot before its last day was over', e.entry_id)
    FROM ledger.entry e, unnest(lots) lot
    WHERE kind = 'expire' AND lot >> 40 >= ledger.business_day(recorded_at) - date '1970-01-01'
    UNION ALL
    SELECT format('entry %s: a ball it ended was not ripe, or not due', e.entry_id)
    FROM ledger.entry e, unnest(balls) ball
    WHERE kind = 'collect' AND ball >> 36 > ledger.minute(recorded_at)
       OR kind = 'lapse' AND (ball >> 36) + ((ball >> 31) & 31) * 1440 > ledger.minute(recorded_at)
    UNION ALL
    SELECT format('customer %s: the ball of %s does not ripen, lapse or live as it was given', customer_id, r.id)
    FROM (
        SELECT customer_id, key, ball >> 25 AS rule FROM ledger.holder h, unnest(h.ball_keys, h.balls) AS b (key, ball)
        UNION ALL
        SELECT customer_id, key, ball >> 25
        FROM ledger.entry e, unnest(e.ball_keys, e.balls) AS b (key, ball) WHERE kind IN ('collect', 'lapse')
    ) b JOIN (
        SELECT a.customer_id, ledger.ball_key(a.act_id) AS key, a.act_id AS id, greatest(
            (ledger.business_day(a.occurred_at) - date '1970-01-01' + l.matures_after_days) * 1440 + l.matures_at_minute - 480,
            ceil(extract(epoch FROM f.received_at) / 60))::bigint * 2048 + l.collect_days * 64 + l.expires_months AS rule
        FROM ledger.act a JOIN feed.batch f USING (batch_id) JOIN methodology.life l ON l.pack_id = a.pack_id WHERE a.energy > 0
        UNION ALL
        SELECT customer_id, ball_keys[1], entry_id, balls[1] >> 25 FROM ledger.entry WHERE kind = 'award'
    ) r USING (customer_id, key)
    WHERE b.rule <> r.rule
    UNION ALL
    SELECT format('customer %s: the balls of act or award %s got %s energy; %s is in them, was collected, lapsed, taken back',
        customer_id, (array_agg(id))[1], sum(given), sum(found))
    FROM (
        SELECT customer_id, ledger.ball_key(act_id) AS key, act_id AS id, energy AS given, 0::bigint AS found
        FROM ledger.act WHERE energy > 0
        UNION ALL
        SELECT customer_id, ledger.ball_key(entry_id), entry_id, pending_energy, 0 FROM ledger.entry WHERE kind = 'award'
        UNION ALL
        SELECT customer_id, key, NULL, 0, ball & 33554431 FROM ledger.holder h, unnest(h.ball_keys, h.balls) AS b (key, ball)
        UNION ALL
        SELECT customer_id, key, NULL, 0, ball & 33554431
        FROM ledger.entry e, unnest(e.ball_keys, e.balls) AS b (key, ball) WHERE kind IN ('collect', 'lapse')
        UNION ALL
        SELECT customer_id, ledger.ball_key(act_id), act_id, 0, pending_energy FROM ledger.reversal WHERE pending_energy > 0
    ) ball
    WHERE customer_id NOT IN ( -- collected before energy had a life
        SELECT customer_id FROM ledger.entry WHERE kind = 'collect' AND ball_keys IS NULL)
    GROUP BY customer_id, key HAVING sum(given) <> sum(found)
    LIMIT 5) AS offenders

-- name: inv_08
-- why: A limited account is never below zero, and is the sum of what its entries put in and took out. An order stands as its
-- why: hold does and as its history says, and one that is open is being seen to.
SELECT (SELECT count(*) FROM ledger.limited) + (SELECT count(*) FROM rewards.order) AS looked, array(
    SELECT format('%s %s (%s) holds %s, its entries say %s', l.kind, limited_id, l.name, l.balance, coalesce(e.units, 0))
    FROM ledger.limited l FULL JOIN (
        SELECT limited_id, sum(units) AS units FROM ledger.entry WHERE units <> 0 GROUP BY limited_id
    ) e USING (limited_id)
    WHERE l.balance IS DISTINCT FROM coalesce(e.units, 0) OR l.balance < 0
    UNION ALL
    SELECT format('award %s of %s energy took %s from its budget', entry_id, pending_energy, -units)
    FROM ledger.entry WHERE kind = 'award' AND (units <> -pending_energy OR limited_id IS NULL)
    UNION ALL
    SELECT format('order %s is %s; its hold of %s energy and %s of account %s was %s', order_id, o.state, -h.available_energy,
        -h.units, h.limited_id, coalesce(e.kind::text, 'not ended'))
    FROM rewards.order o LEFT JOIN ledger.entry h ON h.entry_id = o.order_id AND h.kind = 'hold'
    LEFT JOIN ledger.entry e ON e.entry_id = ledger.end_of(o.order_id)
    WHERE (h.customer_id, h.held_energy, -h.units, h.limited_id, h.deadline)
        IS DISTINCT FROM (o.customer_id, o.energy, o.units, o.limited_id, o.deadline)
       OR e.kind IS DISTINCT FROM CASE WHEN o.state IN ('fulfilled', 'partly_fulfilled', 'returned') THEN 'capture'
            WHEN o.state IN ('failed', 'cancelled', 'expired') THEN 'release' END::ledger.kind
       OR e.kind = 'capture' AND -(e.available_energy + e.held_energy - e.owed_energy) <> o.energy / o.quantity * o.delivered
    UNION ALL
    SELECT format('order %s is %s after %s changes; its history says %s after %s', order_id, o.state, o.changes, k.state, k.changes)
    FROM rewards.order o LEFT JOIN (
        SELECT DISTINCT ON (order_id) order_id, state, nth AS last, count(*) OVER (PARTITION BY order_id) AS changes
        FROM rewards.order_change ORDER BY order_id, nth DESC
    ) k USING (order_id)
    WHERE (o.state, o.changes, o.changes) IS DISTINCT FROM (k.state, k.last, k.changes)
    UNION ALL
    SELECT format('transfer %s of %s donations and %s fen holds %s of %s', transfer_id, x.orders, x.fen, count(o.order_id),
        coalesce(sum(t.fen), 0))
    FROM rewards.transfer x LEFT JOIN rewards.transfer_order t USING (transfer_id) LEFT JOIN rewards.order o USING (order_id)
    WHERE x.approved IS NOT FALSE
    GROUP BY transfer_id, x.orders, x.fen
    HAVING x.orders <> count(o.order_id) OR x.fen <> coalesce(sum(t.fen), 0)
        OR bool_or(t.fen <> rewards.given(o) + rewards.came_back(o))
    UNION ALL
    SELECT format('planting %s of %s trees has %s', planting_id, p.trees, count(t.tree_no))
    FROM rewards.planting p LEFT JOIN ( -- also those that failed there and stand elsewhere now
        SELECT planting_id, tree_no FROM rewards.tree UNION SELECT planting_id, tree_no FROM rewards.tree_event
    ) t USING (planting_id) GROUP BY planting_id, p.trees
    HAVING p.trees <> count(t.tree_no)
    UNION ALL
    SELECT format('order %s: %s energy came back, its refunded trees say %s', order_id, coalesce(g.energy, 0), coalesce(v.energy, 0))
    FROM (
        SELECT hold_id AS order_id, sum(available_energy - owed_energy) AS energy FROM ledger.entry
        WHERE kind = 'give_back' GROUP BY hold_id
    ) g FULL JOIN (
        SELECT order_id, sum(o.energy / o.quantity) AS energy
        FROM rewards.tree_event v JOIN rewards.tree t USING (tree_no) JOIN rewards.order o USING (order_id)
        WHERE v.entry_id IS NOT NULL GROUP BY order_id
    ) v USING (order_id)
    WHERE g.energy IS DISTINCT FROM v.energy
    UNION ALL
    SELECT format('order %s is %s and nothing is to be done for it', order_id, o.state)
    FROM rewards.order o
    WHERE o.state IN ('held', 'sent', 'confirmed', 'delayed', 'substituted')
      AND NOT EXISTS (SELECT FROM rewards.job j WHERE j.order_id = o.order_id)
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
        SELECT string_agg(int8send(n), '' ORDER BY code, since, until, place) AS permits FROM (
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
       OR h.permits <> coalesce(decided.permits, '')
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
    UNION ALL SELECT unnest(array[reason, maker, checker]) FROM ledger.entry WHERE reason IS NOT NULL
    UNION ALL SELECT unnest(array[reason, maker, checker, opinion, payload::text]) FROM ledger.proposal
    UNION ALL SELECT unnest(array[actor, subject_id, reason, before::text, after::text]) FROM console.audit_log
    UNION ALL SELECT unnest(array[actor, reason]) FROM console.access_log
    UNION ALL SELECT name FROM ledger.limited
    UNION ALL SELECT words FROM home.dispute WHERE words IS NOT NULL
    UNION ALL SELECT unnest(array[contract, place_zh, place_en, opened_by]) FROM rewards.planting
    UNION ALL SELECT unnest(array[maker, checker, receipt]) FROM rewards.transfer
    UNION ALL SELECT unnest(array[evidence, recorded_by]) FROM rewards.planting_event
    UNION ALL SELECT unnest(array[note, code]) FROM rewards.order WHERE note IS NOT NULL OR code IS NOT NULL
    UNION ALL SELECT unnest(array[because_zh, because_en, answered_by]) FROM home.dispute_answer
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

-- name: inv_14
-- why: An erased account has a number and no name; no card, preference, waiting refund, remembered request or open correction is
-- why: left of it; its entries hold no hash over what the bank said of it, and no occasion, match or conflict leads to them. And
-- why: nothing else lost them.
WITH erased AS (
    SELECT customer_id FROM accounts.customer WHERE erased_at IS NOT NULL
), entry AS (
    SELECT 'act' AS what, act_id AS id, customer_id, content_key FROM ledger.act
    WHERE customer_id IN (SELECT customer_id FROM erased) OR content_key = '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT 'reversal', reversal_id, customer_id, content_key FROM ledger.reversal
    WHERE customer_id IN (SELECT customer_id FROM erased) OR content_key = '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT 'entry', entry_id, customer_id, CASE WHEN kind IN ('lapse', 'expire', 'collect') AND content_key = entry_id
        THEN '00000000-0000-0000-0000-000000000000' ELSE content_key END
    FROM ledger.entry WHERE customer_id IN (SELECT customer_id FROM erased)
    UNION ALL
    SELECT 'correction', proposal_id, customer_id, content_key FROM ledger.proposal
    WHERE customer_id IN (SELECT customer_id FROM erased)
)
SELECT (SELECT count(*) FROM accounts.customer) AS looked, array(
    SELECT format('erased customer %s has a name', customer_id)
    FROM accounts.customer WHERE erased_at IS NOT NULL AND (customer_ref IS NOT NULL OR customer_key IS NOT NULL)
    UNION ALL
    SELECT format('customer %s is erased in %s and not in %s', customer_id, CASE WHEN e.customer_id IS NULL
        THEN 'the ledger' ELSE 'the accounts' END, CASE WHEN e.customer_id IS NULL THEN 'the accounts' ELSE 'the ledger' END)
    FROM erased e FULL JOIN (SELECT customer_id FROM ledger.holder WHERE customer_key IS NULL) h USING (customer_id)
    WHERE e.customer_id IS NULL OR h.customer_id IS NULL
    UNION ALL
    SELECT format('erased customer %s: there is %s', customer_id, what)
    FROM (
        SELECT customer_id, 'a card' AS what FROM accounts.card
        UNION ALL SELECT customer_id, 'a preference' FROM home.preference
        UNION ALL SELECT customer_id, 'a mark of what was read' FROM home.notice_read
        UNION ALL SELECT customer_id, 'the words of a dispute' FROM home.dispute WHERE words IS NOT NULL
        UNION ALL SELECT customer_id, 'the answer to a dispute' FROM home.dispute JOIN home.dispute_answer USING (dispute_no)
            WHERE because_en <> 'erased'
        UNION ALL SELECT customer_id, 'the words or the code of an order' FROM rewards.order
            WHERE note IS NOT NULL OR code IS NOT NULL OR content_key <> '00000000-0000-0000-0000-000000000000'
        UNION ALL SELECT customer_id, 'a waiting refund' FROM feed.waiting_refund
        UNION ALL SELECT customer_id, 'a remembered request' FROM api.request
        UNION ALL SELECT customer_id, 'an open correction' FROM ledger.proposal WHERE decided_at IS NULL
        UNION ALL SELECT customer_id, 'the reason of an entry' FROM ledger.entry WHERE reason NOT IN ('', 'erased', 'deadline')
        UNION ALL SELECT customer_id, 'the reason of a correction' FROM ledger.proposal WHERE reason <> 'erased'
        UNION ALL SELECT customer_id, 'an opinion on a correction' FROM ledger.proposal WHERE opinion <> 'erased'
        UNION ALL SELECT customer_id, 'the reason of a look at her' FROM console.access_log WHERE reason <> 'erased'
    ) kept JOIN erased USING (customer_id)
    UNION ALL
    SELECT format('closed customer %s: there is %s', customer_id, k.what)
    FROM accounts.customer c JOIN (
        SELECT customer_id, 'an address' AS what FROM rewards.address_key
        UNION ALL SELECT customer_id, 'a segment' FROM accounts.segment_member
    ) k USING (customer_id) WHERE c.closed_at IS NOT NULL
    UNION ALL
    SELECT format('%s %s of erased customer %s: there is a hash over it', what, id, customer_id)
    FROM entry JOIN erased USING (customer_id) WHERE content_key <> '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT format('%s %s: customer %s is not erased, and the hash over it is gone', what, id, customer_id)
    FROM entry LEFT JOIN erased e USING (customer_id)
    WHERE content_key = '00000000-0000-0000-0000-000000000000' AND e.customer_id IS NULL
    UNION ALL
    SELECT format('%s %s of erased customer %s: there is %s', what, id, customer_id, k.led)
    FROM (
        SELECT act_id AS id, 'its occasion' AS led FROM ledger.occasion
        UNION ALL SELECT act_id, 'its match' FROM ledger.match
        UNION ALL SELECT event_key, 'its conflict' FROM feed.conflict
    ) k JOIN entry USING (id) JOIN erased USING (customer_id)
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
-- why: One number for the whole ledger, independent of batches and of the order of rows: acts, reversals and balances. Nothing
-- why: in it is the customer's name or made from it: erasing one does not change it (INV-14).
SELECT encode(sha256(convert_to(concat_ws('|',
    (SELECT concat_ws(',', count(*), sum(carbon_mg), sum(energy), sum(quantified_mg),
        sum(('x' || left(encode(sha256(convert_to(concat_ws(',', act_id, carbon_mg, energy, quantified_mg,
            cut), 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric)) FROM ledger.act),
    (SELECT concat_ws(',', count(*), sum(carbon_mg), sum(energy),
        sum(('x' || left(encode(sha256(convert_to(concat_ws(',', reversal_id, act_id, carbon_mg, energy), 'UTF8')),
            'hex'), 15))::bit(60)::bigint::numeric)) FROM ledger.reversal),
    (SELECT concat_ws(',', sum(b.carbon_mg), sum(b.pending_energy), sum(b.available_energy), sum(b.held_energy),
        sum(b.owed_energy), sum(('x' || left(encode(sha256(convert_to(concat_ws(',', b.carbon_mg,
            b.pending_energy, b.available_energy, b.held_energy, b.owed_energy), 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric))
     FROM ledger.holder b),
    (SELECT count(*) FROM feed.waiting_refund)
), 'UTF8')), 'hex')
