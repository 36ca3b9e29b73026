"""Every figure of the overview equals a question asked straight of the ledger, to the unit. Folding changes nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest
from msgspec.structs import asdict, replace
from tests.console.conftest import CLOSED, LAST, Played

from ditan.accounts.segments import import_segment
from ditan.insight import exporting
from ditan.insight import overview as reading
from ditan.insight.definitions import DEFINITIONS
from ditan.insight.exporting import as_csv, as_xlsx
from ditan.insight.figures import Against, Figure, Overview
from ditan.insight.folding import fold
from ditan.insight.overview import Span, before, read_overview, span_of
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import InvalidInput

DAY = timedelta(days=1)
WEEK = Span(first=LAST - 12 * DAY, last=LAST)  # folded days and others
MONTH = Span(first=LAST - 29 * DAY, last=LAST)
ON = "((occurred_at AT TIME ZONE 'UTC') + interval '8 hours')::date"


class Asked:
    """A period of the played bank, and what the ledger itself says of it."""

    def __init__(self, played: Played, span: Span) -> None:
        self.bench, self.span = played.bench, span
        now = played.clock.now()
        self.found: Overview = played.bench.store.snapshot(lambda c: read_overview(c, span, Against.PREVIOUS, now))

    def figure(self, id_: str) -> Figure:
        [figure] = [each for each in self.found.figures if each.id == id_]
        return figure

    def value(self, id_: str) -> Decimal:
        value = self.figure(id_).value
        assert value is not None, id_
        return Decimal(value)

    def one(self, question: str, *given: Any) -> Any:
        return self.bench.one(question, *given) or 0

    def in_span(self, question: str, span: Span | None = None) -> Any:
        """A question with two days in it."""
        span = span or self.span
        return self.one(question, span.first, span.last)


@pytest.fixture(params=[WEEK, MONTH], ids=["two weeks", "a month"])
def asked(played: Played, request: pytest.FixtureRequest) -> Asked:
    return Asked(played, request.param)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE)


NET = f"""
    SELECT coalesce((SELECT sum({{0}}) FROM ledger.act WHERE {ON} BETWEEN %s AND %s), 0)
        - coalesce((SELECT sum(r.{{0}}) FROM ledger.reversal r WHERE {ON} BETWEEN %s AND %s), 0)
"""
BAND = f"""
    SELECT sum(mg * {{0}}) FROM (
        SELECT {ON} AS day, pack_id, rate_id, carbon_mg AS mg FROM ledger.act
        UNION ALL
        SELECT {ON.replace("occurred_at", "r.occurred_at")}, pack_id, rate_id, -r.carbon_mg
        FROM ledger.reversal r JOIN ledger.act USING (act_id)
    ) m JOIN methodology.rate USING (pack_id, rate_id) WHERE day BETWEEN %s AND %s
"""


def test_grams_acts_and_energy_are_the_ledgers(asked: Asked) -> None:
    first, last = asked.span.first, asked.span.last
    mg = asked.one(NET.format("carbon_mg"), first, last, first, last)
    acts = asked.in_span(f"SELECT count(*) FROM ledger.act WHERE cut < 32 AND {ON} BETWEEN %s AND %s")
    found, figure = asked.found, asked.figure("carbon_mg")
    assert mg > 0
    assert asked.value("carbon_mg") == mg
    assert asked.value("acts") == acts > 100
    assert Decimal(figure.low or 0) == asked.in_span(BAND.format("p5")) < mg
    assert Decimal(figure.high or 0) == asked.in_span(BAND.format("p95")) > mg
    for rows in (found.scenarios, found.families, found.tiers, found.statuses, figure.series):
        column = "value" if rows is figure.series else "carbon_mg"
        assert sum(Decimal(getattr(row, column)) for row in rows) == mg
    assert sum(row.acts for row in found.scenarios) == sum(row.acts for row in found.families) == acts
    assert sum(Decimal(row.low_mg) for row in found.scenarios) == Decimal(figure.low or 0)
    assert sum(row.energy for row in found.scenarios) == asked.one(NET.format("energy"), first, last, first, last)
    assert sum(int(day.value) for day in asked.figure("acts").series) == acts
    for row in found.scenarios:
        own = f"SELECT count(*) FROM ledger.act WHERE cut < 32 AND {ON} BETWEEN %s AND %s AND scenario = {row.number}"
        assert asked.in_span(own) == row.acts
    rides = next(row for row in found.scenarios if row.scenario == "metro_ride")
    assert rides.acts > 0
    assert rides.status == "draft"


def test_who_was_there(asked: Asked) -> None:
    def there(first: date, last: date) -> int:
        question = f"SELECT count(DISTINCT customer_id) FROM ledger.act WHERE cut < 32 AND {ON} BETWEEN %s AND %s"
        return int(asked.one(question, first, last))

    last = asked.span.last
    assert asked.value("active_period") == there(asked.span.first, last) > 10
    for name, days in (("active_month", 30), ("active_week", 7), ("active_day", 1)):
        assert asked.value(name) == there(last - (days - 1) * DAY, last) > 0
    series = asked.figure("active_month").series
    assert [each.day for each in series] == [asked.span.first + n * DAY for n in range(asked.span.days)]
    assert [int(each.value) for each in series] == [there(each.day, each.day) for each in series]


def test_who_opened_woke_up_and_stayed(asked: Asked) -> None:
    first, last = midnight(asked.span.first), midnight(asked.span.last + DAY)
    opened = asked.one("SELECT count(*) FROM accounts.customer WHERE opened_at >= %s AND opened_at < %s", first, last)
    assert asked.value("accounts_opened") == opened == sum(int(d.value) for d in asked.figure("accounts_opened").series)
    standing = asked.one(
        "SELECT count(*) FROM accounts.customer WHERE opened_at < %s AND (closed_at IS NULL OR closed_at >= %s)",
        last, last,
    )  # fmt: skip
    assert asked.value("accounts_open") == standing > 50
    cards = asked.one(
        "SELECT count(*) FROM accounts.card WHERE linked_at < %s AND (unlinked_at IS NULL OR unlinked_at >= %s)",
        last, last,
    )  # fmt: skip
    assert asked.value("cards_linked") == cards > 50
    tried = asked.bench.ask(
        "SELECT customer_id, ledger.business_day(opened_at) FROM accounts.customer"
        " WHERE opened_at >= %s AND opened_at < %s AND ledger.business_day(opened_at) + 6 <= %s",
        first, last, LAST,
    )  # fmt: skip
    woken = [
        who
        for who, day in tried
        if asked.one(
            f"SELECT count(*) FROM ledger.act WHERE customer_id = %s AND cut < 32 AND {ON} BETWEEN %s AND %s",
            who, day, day + 6 * DAY,
        )
    ]  # fmt: skip
    figure = asked.figure("activation_7d")
    assert (figure.numerator, figure.denominator) == (str(len(woken)), str(len(tried)))
    for cohort in asked.found.retention:
        of_week = "ledger.business_day(opened_at) BETWEEN %s AND %s"
        days = (cohort.week, cohort.week + 6 * DAY)
        assert cohort.week.weekday() == 0
        assert asked.one(f"SELECT count(*) FROM accounts.customer WHERE {of_week}", *days) == cohort.opened
        for nth, active in enumerate(cohort.active, start=1):
            since = cohort.week + 7 * nth * DAY
            assert (active is None) is (since + 6 * DAY > LAST)
            count = asked.one(
                "SELECT count(DISTINCT customer_id) FROM ledger.act JOIN accounts.customer USING (customer_id)"
                f" WHERE cut < 32 AND {of_week} AND {ON} BETWEEN %s AND %s",
                *days, since, since + 6 * DAY,
            )  # fmt: skip
            assert active in {None, count}
    assert asked.figure("retention_8w").denominator == str(asked.found.retention[0].opened)


def test_windows_are_exact_on_every_day(played: Played) -> None:
    """The edges of thirty days, of a week, and of the first seven days of an account, as each day is the last one."""
    acts = set(played.bench.ask(f"SELECT customer_id, {ON} FROM ledger.act WHERE cut < 32"))
    opened = dict(played.bench.ask("SELECT customer_id, ledger.business_day(opened_at) FROM accounts.customer"))
    lasts = [LAST - n * DAY for n in range(60)]

    def there(first: date, last: date) -> int:
        return len({who for who, day in acts if first <= day <= last})

    def read(connection: Any) -> list[tuple[Any, Any]]:
        for name in ("put_aside_presence", "put_aside_days"):
            connection.execute(reading._SQL[name])
        asked = [reading._asked(last - 20 * DAY, last) | {"over": last, "older": "nobody"} for last in lasts]
        return [
            (reading.fetch(connection, "read_active", each)[0], reading.fetch(connection, "read_activation", each)[0])
            for each in asked
        ]

    edges = 0
    for last, (active, activation) in zip(lasts, played.bench.store.snapshot(read), strict=True):
        assert active == {
            "period": there(last - 20 * DAY, last), "month": there(last - 29 * DAY, last),
            "week": there(last - 6 * DAY, last), "day": there(last, last), "older": None,
        }  # fmt: skip
        edges += there(last - 29 * DAY, last) != there(last - 28 * DAY, last)
        tried = {who: day for who, day in opened.items() if last - 20 * DAY <= day <= last - 6 * DAY}
        woken = {who for who, day in acts if who in tried and tried[who] <= day <= tried[who] + 6 * DAY}
        assert activation == {"opened": len(tried), "active": len(woken)}
        edges += last - 6 * DAY in tried.values()
    assert edges > 5  # the test would see a window that is a day too short


def test_energy_and_money_are_the_books(asked: Asked) -> None:
    last = midnight(asked.span.last + DAY)
    owed = asked.one("SELECT sum(pending_energy + available_energy + held_energy - owed_energy) FROM ledger.holder")
    later = asked.one(
        "SELECT sum(pending_energy + available_energy + held_energy - owed_energy) FROM ledger.entry"
        " WHERE booked_on > %s",
        asked.span.last,
    )
    arrived = asked.one(
        "SELECT sum(energy) FROM ledger.act JOIN feed.batch USING (batch_id) WHERE booked_on > %s", asked.span.last
    ) - asked.one(
        "SELECT sum(energy - gone_energy) FROM ledger.reversal JOIN feed.batch USING (batch_id) WHERE booked_on > %s",
        asked.span.last,
    )
    assert asked.value("liability_energy") == owed - later - arrived > 0
    assert sum(bucket.energy for bucket in asked.found.liability) == asked.value("liability_energy")
    figure = asked.figure("redemption")
    assert figure.numerator == str(
        -asked.in_span(
            "SELECT sum(held_energy + available_energy - owed_energy) FROM ledger.entry"
            " WHERE kind::text IN ('capture', 'give_back') AND booked_on BETWEEN %s AND %s"
        )
    )
    assert figure.denominator == str(
        -asked.in_span(
            "SELECT sum(pending_energy) FROM ledger.entry WHERE kind = 'collect' AND booked_on BETWEEN %s AND %s"
        )
    )
    receipts = asked.one("SELECT sum(fen) FROM rewards.transfer WHERE receipt <> '' AND received_at < %s", last)
    assert asked.value("donations_delivered") == receipts


def test_what_orders_became(played: Played) -> None:
    """Orders were placed on the morning after the bank's last day: the period that has them ends with that day."""
    asked = Asked(played, Span(first=LAST, last=LAST + DAY))
    trees = {"ordered": 3, "issued": 2, "planted": 2, "surveyed": 2, "alive": 1}
    assert asdict(asked.found.trees) == trees | {"failed": 0, "replaced": 0, "refunded": 0}
    # 7 receipted; 7 + 4 sent off; 7 + 4 + 3 delivered and 2 confirmed are pledged; 5 failed; 9 came back
    donations = {"pledged_fen": 1_600, "settled_fen": 1_100, "delivered_fen": 700, "returned_fen": 900}
    assert asdict(asked.found.donations) == donations
    assert (asked.value("cost_fen"), asked.value("farm_aid_orders")) == (1_400, 2)
    assert asked.value("trees_planted") == 2
    active, mg = asked.value("active_period"), asked.value("carbon_mg")
    places = Decimal("0.000001")
    assert asked.value("cost_per_active") == (Decimal(1_400) / active).quantize(places)
    assert asked.value("cost_per_kg") == (Decimal(1_400) * 1_000_000 / mg).quantize(places)
    earlier = Asked(played, Span(first=LAST - DAY, last=LAST))
    assert earlier.found.trees.ordered == 0
    assert earlier.value("cost_fen") == 0


def test_the_previous_period_is_the_period_before(played: Played) -> None:
    now = Asked(played, WEEK)
    then = Asked(played, before(WEEK, Against.PREVIOUS))
    assert (now.found.previous_first, now.found.previous_last) == (WEEK.first - 13 * DAY, WEEK.first - DAY)
    for figure in now.found.figures:
        earlier = then.figure(figure.id)
        assert (figure.previous, figure.previous_low, figure.previous_high) == (
            earlier.value, earlier.low, earlier.high,
        )  # fmt: skip
        assert figure.previous_series == earlier.series


def test_what_has_no_source_is_unknown_and_says_why(played: Played) -> None:
    found = Asked(played, WEEK).found
    unknown = {figure.id for figure in found.figures if figure.unknown}
    assert {"quickpass_share", "over_60_share"} <= unknown
    for figure in found.figures:
        assert (figure.value is None) is (figure.unknown is not None)
        assert all((figure.name.zh, figure.name.en, figure.definition.zh, figure.definition.en, figure.formula))
    assert [figure.id for figure in found.figures] == [each.id for each in DEFINITIONS]
    assert len({figure.id for figure in found.figures}) == len(DEFINITIONS)


def test_who_is_over_sixty_is_known_where_the_bank_says_so(played: Played) -> None:
    bench, now = played.bench, played.clock.now()
    older = [who for (who,) in bench.ask("SELECT customer_ref FROM accounts.customer WHERE customer_id % 3 = 0")]
    with bench.store.connect_owner() as owner, pytest.raises(ZeroDivisionError), owner.transaction():
        import_segment(owner, "over_60", "\n".join(["customer_ref", *older]).encode(), now)
        members = f"""
            SELECT count(DISTINCT customer_id) FROM ledger.act JOIN accounts.segment_member USING (customer_id)
            WHERE cut < 32 AND {ON} BETWEEN %s AND %s
        """
        [(there,)] = owner.execute(members, (MONTH.first, MONTH.last)).fetchall()
        found = read_overview(owner, MONTH, Against.PREVIOUS, now)
        [figure] = [each for each in found.figures if each.id == "over_60_share"]
        active = next(each.value for each in found.figures if each.id == "active_period")
        assert (figure.numerator, figure.denominator, figure.unknown) == (str(there), active, None)
        assert 0 < there < int(active or 0)
        raise ZeroDivisionError  # nothing of it stays


def test_folding_a_day_changes_no_figure(played: Played) -> None:
    """Days that are closed are read from sums, the others from acts: one reading must not depend on which is which."""
    bench, now = played.bench, played.clock.now()
    folded = bench.one("SELECT max(day) FROM insight.folded_day")
    assert CLOSED - 7 * DAY < folded <= CLOSED
    assert bench.one("SELECT count(*) FROM insight.daily") > 100
    assert fold(bench.store, now) == 0  # again: nothing to do
    spans = (WEEK, MONTH, Span(first=LAST - 69 * DAY, last=LAST + DAY))
    with_sums = [Asked(played, span).found for span in spans]
    with bench.store.connect_owner() as owner, pytest.raises(ZeroDivisionError), owner.transaction():
        owner.execute("TRUNCATE insight.folded_day, insight.daily, insight.active_day, insight.presence")
        for span, found in zip(spans, with_sums, strict=True):
            assert read_overview(owner, span, Against.PREVIOUS, now) == found
        raise ZeroDivisionError  # nothing of it stays


def test_a_spreadsheet_holds_every_figure_and_what_it_means(played: Played) -> None:
    found = Asked(played, WEEK).found
    rows = list(csv.DictReader(io.StringIO(as_csv(found).removeprefix("\ufeff"))))
    assert [(row["id"], row["value"]) for row in rows] == [(f.id, f.value or "") for f in found.figures]
    assert {row["unknown because"] != "" for row in rows if row["value"] == ""} == {True}
    book = zipfile.ZipFile(io.BytesIO(as_xlsx(found)))
    sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 9
    first = book.read("xl/worksheets/sheet1.xml").decode()
    assert f"<v>{next(f.value for f in found.figures if f.id == 'carbon_mg')}</v>" in first
    said = book.read("xl/sharedStrings.xml").decode()
    assert all(escape(text) in said for f in found.figures for text in (f.definition.zh, f.definition.en, f.formula))
    assert not exporting._fits("1234567890123456")  # would be rounded as a number


def test_a_week_that_is_not_over_is_no_retention(played: Played) -> None:
    found = Asked(played, replace(WEEK, last=LAST + 2 * DAY)).found
    assert found.retention[-1].week + 7 * 2 * DAY == LAST + DAY
    assert all(cohort.active[-1] is None for cohort in found.retention[1:])


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 7, 1), date(2026, 7, 30))),
        (date(2026, 7, 1), None, (date(2026, 7, 1), date(2026, 7, 30))),
        (date(2026, 3, 1), None, (date(2026, 3, 1), date(2026, 3, 30))),
        (None, date(2026, 2, 1), (date(2026, 1, 3), date(2026, 2, 1))),
        (date(2024, 2, 29), date(2024, 2, 29), (date(2024, 2, 29), date(2024, 2, 29))),
    ],
)
def test_a_period_that_is_not_said_is_thirty_days(first: Any, last: Any, expected: tuple[date, date]) -> None:
    span = span_of(first, last, datetime(2026, 7, 31, 4, tzinfo=BUSINESS_ZONE))
    assert (span.first, span.last) == expected
    assert before(Span(first=date(2024, 2, 29), last=date(2024, 3, 1)), Against.LAST_YEAR).first == date(2023, 2, 28)


@pytest.mark.parametrize("days", [-1, 732])
def test_a_period_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(InvalidInput):
        span_of(date(2026, 7, 31), date(2026, 7, 31) + (days - 1) * DAY, datetime(2026, 7, 31, 4, tzinfo=BUSINESS_ZONE))


def test_wilsons_interval_is_the_textbooks() -> None:
    """The example of Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    from ditan.insight.drawing import wilson

    for (hits, tried), (low, high) in {
        (81, 263): ("0.2553", "0.3662"), (15, 148): ("0.0624", "0.1605"),
        (0, 20): ("0", "0.1611"), (1, 29): ("0.0061", "0.1718"),
    }.items():  # fmt: skip
        ends = [Decimal(end).quantize(Decimal("0.0001")) for end in wilson(hits, tried)]
        assert ends == [Decimal(low), Decimal(high)], (hits, tried)
    assert reading.WEEKS == 8
