"""What `accept` promises of each row: its types, its keys, its one code, and that no card number goes further."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ditan import feed
from ditan.feed import accepting, compiling
from ditan.feed.chunks import UNREADABLE
from ditan.feed.mapping import AmountRule, Mapping, TimeRule
from ditan.kernel import limits
from ditan.kernel.units import INPUTS
from ditan.model import Accepted, CardProduct, Channel, Kind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANONICAL = feed.load("canonical")
COLUMNS = tuple(CANONICAL.columns())
CONTRACT = {
    "row_number": "BIGINT",
    "event_key": "UUID",
    "content_key": "UUID",
    "source": "VARCHAR",
    "event_id": "VARCHAR",
    "kind": "VARCHAR",
    "original_key": "UUID",
    "match_key": "UUID",
    "customer_ref": "VARCHAR",
    "card_ref": "VARCHAR",
    "card_product": "VARCHAR",
    "channel": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "settled_on": "DATE",
    "amount_fen": "BIGINT",
    "currency": "VARCHAR",
    "mcc": "SMALLINT",
    "merchant_id": "VARCHAR",
    "descriptor": "VARCHAR",
    "city": "INTEGER",
    "service": "VARCHAR",
    "attributes": "VARCHAR",
}
PAYMENT = {
    "source": "core",
    "event_id": "e-1",
    "kind": "card_payment",
    "customer_ref": "c-1",
    "occurred_at": "2026-03-01T08:15:00+08:00",
    "amount_fen": "400",
}
QUICK = settings(max_examples=20, deadline=None)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def utc(*parts: int) -> datetime:
    """An instant as the engine has it: UTC, and no zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]


def chunk(*events: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> feed.Chunk:
    cells = {f"c{i}": pa.array([event.get(name) for event in events], pa.string()) for i, name in enumerate(columns)}
    numbers = pa.array(range(1, len(events) + 1), pa.int64())
    return feed.Chunk(
        number=0,
        columns=columns,
        rows=pa.table({**cells, "row_number": numbers}),
        unreadable=UNREADABLE.empty_table(),
    )


def accept(duck: duckdb.DuckDBPyConnection, *events: dict[str, str], mapping: Mapping = CANONICAL) -> Accepted:
    columns = tuple(mapping.columns())
    return feed.accept(duck, chunk(*events, columns=columns), mapping, now=NOW)


def payment(number: int = 1, **fields: str) -> dict[str, str]:
    return PAYMENT | {"event_id": f"e-{number}"} | fields


def rows(duck: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return duck.sql(query).fetchall()


def code(duck: duckdb.DuckDBPyConnection, **fields: str) -> str | None:
    accept(duck, payment(**fields))
    found = rows(duck, "SELECT code FROM rejected")
    return str(found[0][0]) if found else None


def key(*parts: str) -> uuid.UUID:
    return uuid.UUID(hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32])


# --- the table that comes out -----------------------------------------------------------------------------------


def test_accepted_has_exactly_the_columns_of_the_contract(duck: duckdb.DuckDBPyConnection) -> None:
    accept(duck, payment())
    assert {name: kind for name, kind, *_ in rows(duck, "DESCRIBE accepted")} == CONTRACT
    assert list(CONTRACT) == [str(name) for name, *_ in rows(duck, "DESCRIBE accepted")]


def test_values_are_typed_and_defaults_filled_in(duck: duckdb.DuckDBPyConnection) -> None:
    accept(
        duck,
        payment(
            card_product="credit",
            channel="unionpay_nfc",
            settled_on="2026-03-02",
            mcc="0742",
            city="110000",
            attributes='{"steps": 8000, "note":"步行","own_account":true, "gone":null}',
        ),
    )
    [found] = duck.sql("SELECT * EXCLUDE (event_key, content_key) FROM accepted").fetchall()
    assert found == (
        1, "core", "e-1", "card_payment", None, None, "c-1", None, "credit", "unionpay_nfc",
        utc(2026, 3, 1, 0, 15), date(2026, 3, 2), 400, "CNY", 742, None, None, 110000, None,
        '{"note":"步行","own_account":true,"steps":8000}',
    )  # fmt: skip


def test_keys_are_the_first_half_of_sha_256(duck: duckdb.DuckDBPyConnection) -> None:
    accept(duck, payment(), payment(2, kind="card_refund", original_event_id="e-1"))
    assert rows(duck, "SELECT event_key, original_key FROM accepted ORDER BY row_number") == [
        (key("core", "e-1"), None),
        (key("core", "e-2"), key("core", "e-1")),
    ]


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("occurred_at", "2026-03-01T00:15:00Z", True),
        ("occurred_at", "2026-03-01 08:15:00", True),
        ("occurred_at", "2026-03-01T08:15:01+08:00", False),
        ("currency", "CNY", True),
        ("amount_fen", "0400", True),
        ("amount_fen", "401", False),
        ("attributes", "{}", True),
        ("attributes", '{"steps":1}', False),
        ("descriptor", "x", False),
        ("original_event_id", "e-0", False),
    ],
)
def test_content_is_what_the_bank_said_and_not_how_it_wrote_it(
    duck: duckdb.DuckDBPyConnection, field: str, value: str, same: bool
) -> None:
    accept(duck, payment(), payment(**{field: value}))
    assert rows(duck, "SELECT count(*) FROM duplicate") == [(int(same),)]
    assert rows(duck, "SELECT count(*) FROM conflict") == [(int(not same),)]


@pytest.mark.invariant("INV-02")
def test_of_the_same_event_the_first_stands(duck: duckdb.DuckDBPyConnection) -> None:
    result = accept(duck, payment(), payment(amount_fen="1"), payment(), payment(amount_fen="1"), payment(2))
    assert rows(duck, "SELECT row_number, amount_fen FROM accepted ORDER BY 1") == [(1, 400), (5, 400)]
    assert rows(duck, "SELECT row_number, first_row FROM duplicate") == [(3, 1)]
    assert rows(duck, "SELECT row_number, event_key = ? FROM conflict".replace("?", f"'{key('core', 'e-1')}'")) == [
        (2, True),
        (4, True),
    ]
    assert (result.accepted, [(tally.code, tally.rows) for tally in result.tallies]) == (
        2,
        [("conflict", 2), ("duplicate", 1)],
    )


def test_a_rejected_delivery_does_not_stand_in_the_way_of_a_good_one(duck: duckdb.DuckDBPyConnection) -> None:
    accept(duck, payment(mcc="x"), payment())
    assert rows(duck, "SELECT row_number FROM accepted") == [(2,)]


def test_the_digest_does_not_depend_on_the_order_but_on_every_event(duck: duckdb.DuckDBPyConnection) -> None:
    one = accept(duck, payment(1), payment(2), payment(3)).digest
    assert accept(duck, payment(3), payment(1), payment(2), payment(2)).digest == one
    assert accept(duck, payment(1), payment(2)).digest != one
    assert accept(duck, payment(1), payment(2), payment(4)).digest != one


@pytest.fixture(scope="module")
def own() -> Mapping:
    toml = """
name = "own"
title = { zh = "自有", en = "own" }
[fields]
source = { constant = "own" }
event_id = { column = "id" }
kind = { constant = "card_payment" }
customer_ref = { column = "customer" }
merchant_id = { column = "shop" }
[occurred_at]
column = "time"
[amount]
column = "yuan"
negative = "refund"
[refund]
tie_by = ["customer_ref", "merchant_id"]
"""
    import tomllib

    return msgspec.convert(tomllib.loads(toml), Mapping)


def moved(number: int, minute: int, yuan: str, shop: str = "m-1", customer: str = "c-1") -> dict[str, str]:
    at = f"2026-03-01T08:{minute:02}:00+08:00"
    return {"id": f"e-{number}", "customer": customer, "shop": shop, "time": at, "yuan": yuan}


class Counting:
    """A connection that counts what is asked of it."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self.duck, self.statements = duck, 0

    def register(self, name: str, table: pa.Table) -> None:
        self.duck.register(name, table)

    def execute(self, *statement: object) -> duckdb.DuckDBPyConnection:
        self.statements += 1
        return self.duck.execute(*statement)  # type: ignore[arg-type]


def statements(duck: duckdb.DuckDBPyConnection, mapping: Mapping, *events: dict[str, str]) -> int:
    counting = Counting(duck)
    feed.accept(counting, chunk(*events, columns=tuple(mapping.columns())), mapping, now=NOW)  # type: ignore[arg-type]
    return counting.statements


def test_the_number_of_statements_does_not_depend_on_the_rows(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    batches = [[payment()], [payment(n) for n in range(5000)], [payment(n % 50, mcc=f"{n}") for n in range(12000)]]
    counts = {statements(duck, CANONICAL, *events) for events in batches}
    assert len(counts) == 1
    assert counts.pop() < 25
    refunds = [[moved(1, 1, "1")], [moved(n, n % 60, "-1" if n % 3 else "5") for n in range(5000)]]
    assert len({statements(duck, own, *events) for events in refunds}) == 1


# --- card numbers -----------------------------------------------------------------------------------------------

PAN = "6222020000000007"


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def pan_oracle(text: str) -> bool:
    """The definition, the slow way: neighboring groups of a run that make 13 to 19 digits with a check digit."""
    import re

    for run in re.findall(r"[0-9](?:[ -]{0,2}[0-9])*", text):
        groups = re.findall("[0-9]+", run)
        for first in range(len(groups)):
            for last in range(first + 1, len(groups) + 1):
                digits = "".join(groups[first:last])
                if 13 <= len(digits) <= 19 and luhn(digits):
                    return True
    return False


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize("column", COLUMNS)
def test_a_card_number_is_found_in_every_field(duck: duckdb.DuckDBPyConnection, column: str) -> None:
    accept(duck, payment(**{column: PAN}))
    [(found, field, detail, event_id)] = rows(duck, "SELECT code, field, detail, event_id FROM rejected")
    assert (found, field, detail) == ("pan_found", column, None)
    assert event_id == (None if column == "event_id" else "e-1")
    assert rows(duck, "SELECT count(*) FROM accepted") == [(0,)]


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize(
    "text",
    [
        "6222 0200 0000 0007",
        "6222-0200-0000-0007",
        "6222  0200--0000 0007",
        "转账至6222020000000007尾号",
        "６２２２０２０００００００００７",
        "x6222020000000007y",
        "12 6222 0200 0000 0007 34",
        "6222\u00a00200\u30000000–0007",
        "4222222222222",
        "6304000000000000000",
    ],
)
def test_a_card_number_is_found_however_it_is_written(duck: duckdb.DuckDBPyConnection, text: str) -> None:
    assert code(duck, descriptor=text) == "pan_found"


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize("text", ["6222020000000008", "622202000000", "62220200000000070000", "6222.0200.0000.0007"])
def test_other_numbers_are_let_through(duck: duckdb.DuckDBPyConnection, text: str) -> None:
    assert code(duck, descriptor=text) is None


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize(
    "attributes",
    [
        f'{{"payee_ref":"{PAN}"}}',
        f'{{"steps":{PAN}}}',
        '{"payee_ref":"\\u0036222020000000007"}',
        f'{{"a":{{"b":"{PAN}"}}}}',
        f"no json {PAN}",
        f'{{"{PAN}":1}}',
    ],
)
def test_a_card_number_is_found_inside_attributes(duck: duckdb.DuckDBPyConnection, attributes: str) -> None:
    assert code(duck, attributes=attributes) == "pan_found"


@pytest.mark.invariant("INV-13")
@QUICK
@given(
    texts=st.lists(
        st.text(alphabet="0123456789 -x", max_size=40)
        | st.from_regex(r"[a-z]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}[a-z]?", fullmatch=True),
        min_size=50,
        max_size=60,
    )
)
def test_card_numbers_are_those_of_the_definition(texts: list[str]) -> None:
    with duckdb.connect() as duck:
        for name in accepting.MACROS:
            duck.execute(accepting.SQL[name])
        duck.register("texts", pa.table({"n": range(len(texts)), "words": texts}))
        found = rows(duck, "SELECT len(card_numbers(words)) > 0 FROM texts ORDER BY n")
    assert [hit for (hit,) in found] == [pan_oracle(text) for text in texts]


@pytest.mark.invariant("INV-13")
def test_the_quick_look_never_misses_what_the_exact_one_finds() -> None:
    """The prefilter stands in several statements; it must be the same everywhere."""
    texts = [*accepting.SQL.values(), *feed.reading.json_lines.SQL.values()]
    wanted = r"[0-9０-９](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9０-９]){12}"
    assert sum(text.count(wanted) for text in texts) == 4
    assert r"[0-9](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9]){12,}" in accepting.SQL["define_card_numbers"]


@pytest.mark.invariant("INV-13")
def test_no_table_keeps_a_card_number(duck: duckdb.DuckDBPyConnection) -> None:
    accept(duck, *(payment(number, **{column: PAN}) for number, column in enumerate(COLUMNS)))
    for table in ("accepted", "rejected", "duplicate", "conflict"):
        kept = [value for row in rows(duck, f"FROM {table}") for value in row if not isinstance(value, uuid.UUID)]
        assert not any(pan_oracle(str(value)) for value in kept), table


def test_control_characters_are_not_text(duck: duckdb.DuckDBPyConnection) -> None:
    assert code(duck, descriptor="a\x00b") == "bad_encoding"
    assert code(duck, event_id="a\x1fb") == "bad_encoding"
    assert code(duck, attributes='{"note":"a\\u0000b"}') == "bad_attributes"


# --- fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["source", "event_id", "kind", "customer_ref", "occurred_at"])
def test_required_fields(duck: duckdb.DuckDBPyConnection, column: str) -> None:
    accept(duck, payment(**{column: ""}))
    assert rows(duck, "SELECT code, field FROM rejected") == [("missing_field", column)]


def test_a_service_event_needs_its_service_and_no_amount(duck: duckdb.DuckDBPyConnection) -> None:
    assert code(duck, kind="service_event", amount_fen="") == "missing_field"
    assert code(duck, kind="service_event", amount_fen="", service="bill.paid") is None
    assert code(duck, kind="service_event", amount_fen="-1", service="bill.paid") == "amount_not_positive"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "payment"}, "unknown_kind"),
        ({"channel": "web"}, "unknown_channel"),
        ({"card_product": "prepaid"}, "unknown_card_product"),
        ({"settled_on": "01.03.2026"}, "bad_time"),
        ({"settled_on": "2026-03-01T00:00:00"}, None),
        ({"currency": "RMB¥"}, "bad_currency"),
        ({"currency": "USD"}, None),
        ({"mcc": "0000"}, "bad_mcc"),
        ({"mcc": "742"}, None),
        ({"mcc": "-111"}, "bad_mcc"),
        ({"city": "110"}, "bad_city"),
        ({"city": "990000"}, "bad_city"),
        ({"amount_fen": "9223372036854775808"}, "amount_too_large"),
        ({"amount_fen": "10000000001"}, "amount_too_large"),
        ({"amount_fen": "1e3"}, "bad_amount"),
        ({"amount_fen": "12.5"}, "bad_amount"),
        ({"amount_fen": "12.00"}, None),
        ({"amount_fen": "+5"}, None),
        ({"amount_fen": ""}, "amount_not_positive"),
        ({"kind": "card_refund"}, "missing_original"),
        ({"kind": "card_reversal", "original_event_id": "e-1"}, "missing_original"),
        ({"kind": "card_reversal", "original_event_id": "e-0", "amount_fen": "0"}, None),
        ({"descriptor": "x" * 1025}, "field_too_long"),
        ({"descriptor": "地" * 1024}, None),
        ({"event_id": "号" * 128}, None),
        ({"merchant_id": "m" * 129}, "field_too_long"),
        ({"mcc": "x", "city": "y", "currency": "z"}, "bad_currency"),
    ],
)
def test_codes_of_fields(duck: duckdb.DuckDBPyConnection, fields: dict[str, str], expected: str | None) -> None:
    assert code(duck, **fields) == expected


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ("{}", None),
        ('{"b":1,"a":"x"}', '{"a":"x","b":1}'),
        ('{"a":"\\u4e2d\\"\\\\/"}', '{"a":"中\\"\\\\/"}'),
        ('{"steps":1000000}', '{"steps":1000000}'),
        ('{"steps":1000001}', False),
        ('{"steps":"8000"}', False),
        ('{"steps":-1}', False),
        ('{"steps":1.0}', False),
        ('{"steps":null}', None),
        ('{"a":1.5}', False),
        ('{"a":[1]}', False),
        ('{"a":{"b":1}}', False),
        ('{"A":1}', False),
        ('{"a":1,"a":2}', False),
        ("[1]", False),
        ('"text"', False),
        ("null", False),
        ("{", False),
        ('{"a":"line\\nbreak"}', False),
        ("{" + ",".join(f'"a{n}":{n}' for n in range(33)) + "}", False),
    ],
)
def test_attributes(duck: duckdb.DuckDBPyConnection, attributes: str, kept: str | bool | None) -> None:
    accept(duck, payment(attributes=attributes))
    if kept is False:
        assert rows(duck, "SELECT code, field FROM rejected") == [("bad_attributes", "attributes")]
    else:
        assert rows(duck, "SELECT attributes FROM accepted") == [(kept,)]


def test_measured_facts_have_the_bounds_of_the_quantification() -> None:
    wanted = {
        name: next(unit.max for unit in INPUTS.values() if unit.field == name)
        for name in ("distance_m", "electricity_wh", "ride_count", "steps")
    }
    assert wanted == accepting.BOUNDS


def test_enumerations_are_those_of_the_model(duck: duckdb.DuckDBPyConnection) -> None:
    events = [
        payment(1, kind=kind, original_event_id="e-0", service="x", channel=channel, card_product=product)
        | {"event_id": f"{kind}{channel}{product}"}
        for kind in Kind
        for channel in Channel
        for product in CardProduct
    ]
    assert accept(duck, *events).accepted == len(events)


# --- times ------------------------------------------------------------------------------------------------------


def occurred(duck: duckdb.DuckDBPyConnection, text: str, rule: TimeRule) -> datetime | None:
    mapping = msgspec.structs.replace(CANONICAL, occurred_at=rule)
    accept(duck, payment(occurred_at=text), mapping=mapping)
    found = rows(duck, "SELECT occurred_at FROM accepted")
    return found[0][0] if found else None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-01T08:15:00+08:00", utc(2026, 3, 1, 0, 15)),
        ("2026-03-01T08:15:00Z", utc(2026, 3, 1, 8, 15)),
        ("2026-03-01 08:15", utc(2026, 3, 1, 0, 15)),
        ("2026-03-01T08:15:00.123456+0530", utc(2026, 3, 1, 2, 45, 0, 123456)),
        ("2026-03-01T08:15:00-05", utc(2026, 3, 1, 13, 15)),
        ("2026-03-01", None),
        ("2026-03-01T08:15:60Z", None),
        ("2026-02-29T08:15:00Z", None),
        ("2026-03-01T08:15:00+15:00", None),
        ("2026-03-01T08:15:00 Asia/Tokyo", None),
        ("infinity", None),
        ("epoch", None),
        ("20260301081500", None),
        ("2026-3-1 8:15:00", None),
    ],
)
def test_canonical_times(duck: duckdb.DuckDBPyConnection, text: str, utc: datetime | None) -> None:
    assert occurred(duck, text, CANONICAL.occurred_at) == utc


@QUICK
@given(
    instants=st.lists(
        st.datetimes(utc(2000, 1, 1), utc(2026, 6, 1)).map(lambda at: at.replace(microsecond=0)),
        min_size=10,
        max_size=40,
    ),
    zone=st.sampled_from(["Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin", "UTC", "Asia/Kathmandu"]),
    form=st.sampled_from(["%Y%m%d%H%M%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]),
)
def test_local_times_of_a_zone_are_those_of_the_calendar(instants: list[datetime], zone: str, form: str) -> None:
    local = [at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for at in instants]
    # Twice a year, in the hour when clocks go back, a local time is two instants.
    clear = [at for at in local if at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset()]
    rule = TimeRule(column="occurred_at", formats=["iso", "%Y%m%d%H%M%S", "%d/%m/%Y %H:%M:%S"], zone=zone)
    mapping = msgspec.structs.replace(CANONICAL, occurred_at=rule)
    events = [payment(number, occurred_at=at.strftime(form)) for number, at in enumerate(clear)]
    with duckdb.connect() as duck:
        accept(duck, *events, mapping=mapping)
        found = [at for (at,) in rows(duck, "SELECT occurred_at FROM accepted ORDER BY row_number")]
    assert found == [at.astimezone(UTC).replace(tzinfo=None) for at in clear]


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (timedelta(minutes=limits.event_future_minutes_max), None),
        (timedelta(minutes=limits.event_future_minutes_max, seconds=1), "time_in_future"),
        (-timedelta(days=limits.event_age_days_max), None),
        (-timedelta(days=limits.event_age_days_max, seconds=1), "time_too_old"),
    ],
)
def test_bounds_of_time_are_exact(duck: duckdb.DuckDBPyConnection, away: timedelta, expected: str | None) -> None:
    assert code(duck, occurred_at=(NOW + away).strftime("%Y-%m-%dT%H:%M:%SZ")) == expected


def test_a_time_of_14_digits_is_not_a_card_number(duck: duckdb.DuckDBPyConnection) -> None:
    moments = [utc(2026, 3, 1) + timedelta(seconds=7 * n) for n in range(200)]
    assert any(luhn(moment.strftime("%Y%m%d%H%M%S")) for moment in moments)
    rule = TimeRule(column="occurred_at", formats=["%Y%m%d%H%M%S"])
    events = [payment(n, occurred_at=moment.strftime("%Y%m%d%H%M%S")) for n, moment in enumerate(moments)]
    assert accept(duck, *events, mapping=msgspec.structs.replace(CANONICAL, occurred_at=rule)).accepted == 200


# --- money ------------------------------------------------------------------------------------------------------


def fen(duck: duckdb.DuckDBPyConnection, text: str, rule: AmountRule) -> int | str:
    accept(duck, payment(amount=text), mapping=msgspec.structs.replace(CANONICAL, amount=rule))
    found = rows(duck, "SELECT amount_fen FROM accepted") or rows(duck, "SELECT code FROM rejected")
    return found[0][0]  # type: ignore[return-value]


@QUICK
@given(amounts=st.lists(st.integers(1, limits.amount_fen_max), min_size=10, max_size=40))
def test_yuan_are_read_exactly(amounts: list[int]) -> None:
    mapping = msgspec.structs.replace(CANONICAL, amount=AmountRule(column="amount", strip=["¥", "元"], thousands=","))
    forms = ("{:,.2f}", "{:.2f}", "¥{:,.2f}", "+{:.3f}0", "{:f}元")
    texts = [form.format(Decimal(amount) / 100) for amount in amounts for form in forms]
    with duckdb.connect() as duck:
        accept(duck, *(payment(number, amount=text) for number, text in enumerate(texts)), mapping=mapping)
        found = [fen for (fen,) in rows(duck, "SELECT amount_fen FROM accepted ORDER BY row_number")]
    assert found == [amount for amount in amounts for _ in forms]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5", 123450),
        ("1234", 123400),
        ("12,34.50", "bad_amount"),
        ("1,234,56", "bad_amount"),
        ("1.234", "bad_amount"),
        ("1.2.3", "bad_amount"),
        ("1e2", "bad_amount"),
        ("12 yuan", "bad_amount"),
        ("-5.00", "amount_not_positive"),
        ("--5", "bad_amount"),
        ("99999999999999999999", "amount_too_large"),
        ("100000000.01", "amount_too_large"),
        ("100,000,000.00", 10_000_000_000),
    ],
)
def test_how_yuan_may_be_written(duck: duckdb.DuckDBPyConnection, text: str, expected: int | str) -> None:
    assert fen(duck, text, AmountRule(column="amount", thousands=",")) == expected


@pytest.mark.parametrize(("negative", "expected"), [("refuse", "amount_not_positive"), ("absolute", 500)])
def test_what_a_minus_sign_means_is_said_by_the_mapping(
    duck: duckdb.DuckDBPyConnection, negative: str, expected: int | str
) -> None:
    assert fen(duck, "$-5.00", AmountRule(column="amount", strip=["$"], negative=negative)) == expected  # type: ignore[arg-type]
    assert fen(duck, "-9223372036854775808", AmountRule(column="amount", unit="fen", negative=negative)) in {  # type: ignore[arg-type]
        "amount_too_large",
        "amount_not_positive",
    }


def test_a_decimal_comma(duck: duckdb.DuckDBPyConnection) -> None:
    assert fen(duck, "1.234,56", AmountRule(column="amount", thousands=".", decimal=",")) == 123456


# --- refunds without a reference --------------------------------------------------------------------------------


def tied(duck: duckdb.DuckDBPyConnection, mapping: Mapping, *events: dict[str, str]) -> dict[str, str | None]:
    accept(duck, *events, mapping=mapping)
    return dict(
        rows(
            duck,
            "SELECT refund.event_id, payment.event_id FROM accepted AS refund LEFT JOIN accepted AS payment "
            "ON payment.event_key = refund.original_key WHERE refund.kind = 'card_refund' ORDER BY 1",
        )
    )  # type: ignore[arg-type]


def test_a_refund_is_tied_to_the_latest_payment_before_it(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    payments = [moved(1, 1, "9"), moved(2, 2, "9"), moved(3, 3, "5"), moved(4, 9, "9"), moved(5, 4, "9", shop="m-2")]
    assert tied(duck, own, moved(6, 5, "-7"), *payments) == {"e-6": "e-2"}
    assert rows(duck, "SELECT DISTINCT match_key = original_key FROM accepted WHERE kind = 'card_refund'") == [(False,)]
    assert rows(duck, "SELECT count(DISTINCT match_key) FROM accepted") == [(2,)]


def test_a_refund_in_the_minute_of_its_payment_is_tied(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    assert tied(duck, own, moved(2, 1, "-9"), moved(1, 1, "9")) == {"e-2": "e-1"}


@pytest.mark.parametrize(
    "payment_before",
    [moved(1, 9, "9"), moved(1, 1, "8.99"), moved(1, 1, "9", shop="m-2"), moved(1, 1, "9", customer="c-2")],
    ids=["later", "smaller", "elsewhere", "somebody else"],
)
def test_a_refund_without_its_payment_waits(
    duck: duckdb.DuckDBPyConnection, own: Mapping, payment_before: dict[str, str]
) -> None:
    assert tied(duck, own, payment_before, moved(2, 5, "-9")) == {"e-2": None}
    assert rows(duck, "SELECT match_key IS NOT NULL FROM accepted WHERE kind = 'card_refund'") == [(True,)]


def test_a_payment_is_not_refunded_beyond_its_amount(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    events = [moved(1, 1, "10"), moved(2, 2, "-6"), moved(3, 3, "-4"), moved(4, 4, "-1")]
    assert tied(duck, own, *events) == {"e-2": "e-1", "e-3": "e-1", "e-4": None}


def test_a_refund_whose_payment_is_used_up_looks_further_back(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    events = [moved(1, 1, "10"), moved(2, 2, "10"), moved(3, 3, "-8"), moved(4, 4, "-7"), moved(5, 5, "-2")]
    assert tied(duck, own, *events) == {"e-3": "e-2", "e-4": "e-1", "e-5": "e-2"}


def test_a_refund_without_what_ties_it_is_rejected(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    assert tied(duck, own, moved(1, 1, "-6", shop="")) == {}
    assert rows(duck, "SELECT code FROM rejected") == [("missing_original",)]


def test_the_content_of_a_refund_does_not_depend_on_what_it_was_tied_to(
    duck: duckdb.DuckDBPyConnection, own: Mapping
) -> None:
    alone = "SELECT content_key FROM accepted WHERE event_id = 'e-2'"
    tied(duck, own, moved(2, 2, "-6"))
    before = rows(duck, alone)
    tied(duck, own, moved(1, 1, "10"), moved(2, 2, "-6"))
    assert rows(duck, alone) == before


def test_one_busy_shop_does_not_make_tying_slow(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    events = [moved(n, n * 59 // 40_000, "9" if n % 2 else "-1") for n in range(40_000)]
    found = tied(duck, own, *events)
    assert len(found) == 20_000


# --- what the mapping does to a field ---------------------------------------------------------------------------


def test_digest_columns_are_never_searched_nor_kept(duck: duckdb.DuckDBPyConnection) -> None:
    fields = msgspec.structs.replace(
        CANONICAL.fields, merchant_id=msgspec.convert({"digest": ["merchant_id"]}, feed.mapping.Rule)
    )
    accept(duck, payment(merchant_id=PAN), mapping=msgspec.structs.replace(CANONICAL, fields=fields))
    [(merchant,)] = rows(duck, "SELECT merchant_id FROM accepted")
    digest = hashlib.sha256(PAN.encode()).hexdigest()[:24]
    assert merchant == "h:" + digest.translate(str.maketrans(*compiling.DIGEST_LETTERS))
    assert str(merchant)[2:].isalpha(), "a digest has no digits that could look like a card number"


def test_unused_columns_are_searched(duck: duckdb.DuckDBPyConnection, own: Mapping) -> None:
    columns = (*own.columns(), "remark")
    events = [moved(1, 1, "9"), moved(2, 1, "9") | {"remark": f"card {PAN}"}]
    feed.accept(duck, chunk(*events, columns=columns), own, now=NOW)
    assert rows(duck, "SELECT row_number, code, field, detail FROM rejected") == [
        (2, "pan_found", None, "in a column that the mapping does not use")
    ]
    feed.accept(duck, chunk(moved(3, 1, "9") | {"remark": "x" * 70_000}, columns=columns), own, now=NOW)
    assert rows(duck, "SELECT code FROM rejected") == [("field_too_long",)]


def test_names_and_values_of_a_mapping_cannot_leave_their_quotes(duck: duckdb.DuckDBPyConnection) -> None:
    evil = "x' OR 1=1; DROP TABLE accepted; --"
    rule = msgspec.convert({"column": evil, "values": {evil: "pos"}, "otherwise": "app"}, feed.mapping.Rule)
    fields = msgspec.structs.replace(
        CANONICAL.fields, channel=rule, source=msgspec.convert({"constant": evil}, feed.mapping.Rule)
    )
    mapping = msgspec.structs.replace(CANONICAL, fields=fields)
    accept(duck, payment() | {evil: evil}, payment(2) | {evil: "other"}, mapping=mapping)
    assert rows(duck, "SELECT channel, source FROM accepted ORDER BY row_number") == [("pos", evil), ("app", evil)]


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize("value", [f'"{PAN}"', PAN, f'{{"deep":["{PAN}"]}}', '"\\u0036222020000000007"'])
def test_members_of_json_that_nobody_reads_are_searched(
    duck: duckdb.DuckDBPyConnection, tmp_path: Path, value: str
) -> None:
    lines = [json.dumps(payment(n)) for n in range(3)]
    lines[1] = f'{lines[1][:-1]},"other":{value}}}'
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    [read] = feed.read(path, CANONICAL)
    feed.accept(duck, read, CANONICAL, now=NOW)
    assert rows(duck, "SELECT row_number, code FROM rejected") == [(2, "pan_found")]
