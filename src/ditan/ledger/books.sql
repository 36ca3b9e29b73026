-- name: hold_books
-- why: Waits until everything that is being booked has committed; nothing new is booked until this unit of work ends.
SELECT pg_advisory_xact_lock(7315002)

-- name: take_turns
-- why: Days are summed up by one process at a time; booking goes on beside it.
SELECT pg_advisory_xact_lock(7315004)

-- name: first_open
-- why: The day after the last one that is shut, else the first one that has anything.
SELECT coalesce((SELECT max(day) + 1 FROM ledger.shut_day),
    least((SELECT min(booked_on) FROM feed.batch), (SELECT min(booked_on) FROM ledger.entry), %(day)s)) AS day

-- name: shut_days
-- why: In order and without a gap, up to the day that was asked for.
INSERT INTO ledger.shut_day
SELECT day::date, %(now)s FROM generate_series(%(first)s::date, %(day)s::date, interval '1 day') day
ON CONFLICT DO NOTHING

-- name: read_unsummed
-- why: Days that are shut and not summed up yet, also those that a killed process left.
SELECT day FROM ledger.shut_day s WHERE day <= %(day)s AND NOT EXISTS (SELECT FROM ledger.closed_day c WHERE c.day = s.day)
ORDER BY day

-- name: write_lines
-- why: What moved on the day, on top of the balances of the day before; and the same by kind of entry and place of energy.
WITH moved AS MATERIALIZED (
    SELECT * FROM ledger.moved(%(day)s, %(day)s)
), flow AS (
    INSERT INTO ledger.closed_flow
    SELECT %(day)s, kind, sum(entries), sum(earlier_entries), sum(growing_energy), sum(ripe_energy), sum(available_energy),
        sum(held_energy), sum(owed_energy)
    FROM moved GROUP BY kind
)
INSERT INTO ledger.closed_line
SELECT %(day)s, asset, account, coalesce(m.entries, 0), coalesce(m.debit, 0), coalesce(m.credit, 0),
    coalesce(b.balance, 0) + coalesce(m.credit, 0) - coalesce(m.debit, 0)
FROM (SELECT asset, account, sum(l.entries) AS entries, sum(debit) AS debit, sum(credit) AS credit
    FROM moved m, ledger.lines(m) l GROUP BY asset, account) m
FULL JOIN (SELECT asset, account, balance FROM ledger.closed_line WHERE day = %(day)s::date - 1) b USING (asset, account)

-- name: write_matured
-- why: Balls ripen without an entry: what was growing, was given and not taken back, and is not growing at the end, is ripe.
INSERT INTO ledger.closed_flow
SELECT %(day)s, 'mature', 0, 0, -energy, energy, 0, 0, 0
FROM (
    SELECT coalesce((SELECT growing_energy FROM ledger.closed_day WHERE day = %(day)s::date - 1), 0)
        + coalesce((SELECT sum(growing_energy) FROM ledger.closed_flow WHERE day = %(day)s), 0)
        - ledger.growing(%(day)s, ledger.last_minute(%(day)s)) AS energy
) matured WHERE energy <> 0

-- name: write_lots
-- why: Available energy by its last day: that of the day before, and what moved.
INSERT INTO ledger.closed_lot
SELECT %(day)s, last_on, sum(energy) FROM (
    SELECT last_on, energy FROM ledger.closed_lot WHERE day = %(day)s::date - 1
    UNION ALL
    SELECT last_on, energy FROM ledger.moved_lots(%(day)s, %(day)s)
) lot GROUP BY last_on HAVING sum(energy) <> 0

-- name: write_day
-- why: The day is closed: the places of energy at its end, and a digest that chains it to the day before.
INSERT INTO ledger.closed_day
SELECT %(day)s, %(now)s, coalesce(sum(f.entries), 0), coalesce(sum(f.earlier_entries), 0),
    coalesce(min(b.growing_energy), 0) + coalesce(sum(f.growing_energy), 0),
    coalesce(min(b.ripe_energy), 0) + coalesce(sum(f.ripe_energy), 0),
    coalesce(min(b.available_energy), 0) + coalesce(sum(f.available_energy), 0),
    coalesce(min(b.held_energy), 0) + coalesce(sum(f.held_energy), 0),
    coalesce(min(b.owed_energy), 0) + coalesce(sum(f.owed_energy), 0),
    ledger.day_digest(%(day)s, min(b.digest))
FROM (SELECT) one
LEFT JOIN ledger.closed_day b ON b.day = %(day)s::date - 1
LEFT JOIN ledger.closed_flow f ON f.day = %(day)s

-- name: read_closed
-- why: Days that are closed, oldest first.
SELECT * FROM ledger.closed_day WHERE day BETWEEN %(first)s AND %(last)s ORDER BY day

-- name: last_closed
-- why: Up to here sums are ready; from here on they are made from the entries.
SELECT max(day) AS day FROM ledger.closed_day

-- name: read_trial
-- why: Balances at the start, debits and credits between, from closed days as far as they go and from entries after that.
-- why: `before` and `within` are the last closed days not after the start, and not after the end.
WITH opening AS (
    SELECT asset, account, balance FROM ledger.closed_line WHERE day = %(before)s
    UNION ALL
    SELECT asset, account, credit - debit FROM ledger.moved(%(open_before)s, %(start)s::date - 1) m, ledger.lines(m)
), moved AS (
    SELECT asset, account, entries, debit, credit FROM ledger.closed_line WHERE day BETWEEN %(start)s AND %(within)s
    UNION ALL
    SELECT asset, account, l.entries, debit, credit FROM ledger.moved(%(open_within)s, %(end)s) m, ledger.lines(m) l
)
SELECT asset, account, sum(entries)::bigint AS entries, sum(opening)::bigint AS opening, sum(debit)::bigint AS debit,
    sum(credit)::bigint AS credit, sum(opening + credit - debit)::bigint AS closing
FROM (
    SELECT asset, account, 0::bigint AS entries, balance AS opening, 0::bigint AS debit, 0::bigint AS credit FROM opening
    UNION ALL
    SELECT asset, account, entries, 0, debit, credit FROM moved
) line GROUP BY asset, account ORDER BY asset COLLATE "C", account COLLATE "C"

-- name: read_flows
-- why: What each kind of entry added to each place of energy, of closed days and of entries after them. Maturing is not here.
SELECT kind, sum(entries)::bigint AS entries, sum(earlier_entries)::bigint AS earlier_entries,
    sum(growing_energy)::bigint AS growing_energy, sum(ripe_energy)::bigint AS ripe_energy,
    sum(available_energy)::bigint AS available_energy, sum(held_energy)::bigint AS held_energy,
    sum(owed_energy)::bigint AS owed_energy
FROM (
    SELECT kind, entries, earlier_entries, growing_energy, ripe_energy, available_energy, held_energy, owed_energy
    FROM ledger.closed_flow WHERE day BETWEEN %(start)s AND %(within)s AND kind <> 'mature'
    UNION ALL
    SELECT kind, entries, earlier_entries, growing_energy, ripe_energy, available_energy, held_energy, owed_energy
    FROM ledger.moved(%(open_within)s, %(end)s)
) flow GROUP BY kind ORDER BY kind

-- name: read_places
-- why: Where the energy of all customers is at the end of a day: of the last closed day, and what moved since. `minute`: what
-- why: ripens after it is growing.
SELECT growing AS growing_energy, pending - growing AS ripe_energy, available AS available_energy, held AS held_energy,
    owed AS owed_energy
FROM (
    SELECT coalesce(sum(pending), 0)::bigint AS pending, coalesce(sum(available), 0)::bigint AS available,
        coalesce(sum(held), 0)::bigint AS held, coalesce(sum(owed), 0)::bigint AS owed
    FROM (
        SELECT growing_energy + ripe_energy AS pending, available_energy AS available, held_energy AS held, owed_energy AS owed
        FROM ledger.closed_day WHERE day = %(closed)s
        UNION ALL
        SELECT growing_energy + ripe_energy, available_energy, held_energy, owed_energy FROM ledger.moved(%(open)s, %(day)s)
    ) part
) place, LATERAL (SELECT ledger.growing(%(day)s, coalesce(%(minute)s::bigint, ledger.last_minute(%(day)s))) AS growing) ripening

-- name: read_lots
-- why: Available energy by its last day, at the end of a day.
SELECT last_on, sum(energy)::bigint AS energy FROM (
    SELECT last_on, energy FROM ledger.closed_lot WHERE day = %(closed)s
    UNION ALL
    SELECT last_on, energy FROM ledger.moved_lots(%(open)s, %(day)s)
) lot GROUP BY last_on HAVING sum(energy) <> 0 ORDER BY last_on

-- name: sum_closed
-- why: Before a day is kept: debits equal credits, and the places of energy and its lots are what the accounts say.
SELECT 'debits and credits of ' || asset AS what, sum(credit) - sum(debit) AS difference
FROM ledger.closed_line WHERE day = %(day)s GROUP BY asset
UNION ALL
SELECT 'places of energy and its accounts', c.growing_energy + c.ripe_energy + c.available_energy + c.held_energy - c.owed_energy
    - coalesce((SELECT sum(balance) FROM ledger.closed_line WHERE day = %(day)s AND asset = 'energy' AND account LIKE 'customers:%%'), 0)
FROM ledger.closed_day c WHERE day = %(day)s
UNION ALL
SELECT 'available energy and its lots', c.available_energy
    - coalesce((SELECT sum(energy) FROM ledger.closed_lot WHERE day = %(day)s), 0)
FROM ledger.closed_day c WHERE day = %(day)s

-- name: count_booked
-- why: How many entries a period has, and how many of them happened on a day before the one they were booked on.
SELECT coalesce(sum(entries), 0)::bigint AS entries, coalesce(sum(earlier_entries), 0)::bigint AS earlier_entries
FROM (
    SELECT entries, earlier_entries FROM ledger.closed_day WHERE day BETWEEN %(start)s AND %(within)s
    UNION ALL
    SELECT entries, earlier_entries FROM ledger.moved(%(open_within)s, %(end)s)
) counted
