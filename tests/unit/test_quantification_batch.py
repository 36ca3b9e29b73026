"""The verb: one batch in DuckDB, its boundary, its digest, its errors; and packs that cannot be compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from msgspec.structs import replace

from ditan import packs
from ditan.kernel.errors import InvalidInput, InvariantViolation, MethodologyError
from ditan.model import Activity, Factor, Pack, Quantification
from ditan.quantification import Compiled, compile_pack, quantify

HOSTILE = Path(__file__).parents[1] / "replay" / "packs" / "hostile"

#: Columns of `recognized` that quantification reads, and one that it only passes on.
COLUMNS = (
    "row_number BIGINT, event_key UUID, scenario SMALLINT, occurred_at TIMESTAMP, amount_fen BIGINT, city INTEGER,"
    " attributes VARCHAR, occasion VARCHAR"
)


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return packs.load()


@pytest.fixture(scope="module")
def hostile() -> Pack:
    return packs.load(HOSTILE)


@pytest.fixture(scope="module")
def compiled(shipped: Pack) -> Compiled:
    return compile_pack(shipped)


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE recognized ({COLUMNS})")
        yield connection


def add(duck: duckdb.DuckDBPyConnection, scenario: int, attributes: str | None = None, **facts: Any) -> None:
    given = {"at": "2026-05-01 02:00:00", "amount_fen": 400, "city": 110000} | facts
    number = len(duck.execute("FROM recognized").fetchall())
    duck.execute(
        "INSERT INTO recognized VALUES"
        " ($n, md5($n::VARCHAR)::UUID, $scenario, $at, $amount_fen, $city, $attributes, 'o')",
        {"n": number, "scenario": scenario, "attributes": attributes} | given,
    )


def rows(duck: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return duck.execute(
        "SELECT activity_source, quantity_milli, raw_mg, carbon_mg, energy FROM quantified ORDER BY row_number"
    ).fetchall()


@pytest.mark.invariant("INV-01")
def test_every_act_is_quantified_and_keeps_its_columns(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    add(duck, 1)
    add(duck, 1, '{"distance_m":7301}')
    add(duck, 9, '{"steps":7999}')
    add(duck, 4, amount_fen=0)
    result = quantify(duck, compiled)
    assert rows(duck) == [
        ("fare_band", 7_300, 340_910, 340_910, 20),
        ("operator", 7_301, 340_957, 340_957, 20),  # 340956.7 mg
        ("operator", 7_999_000, 108_146, 0, 126),  # energy only
        ("default", 0, 0, 0, 58),  # nothing says how much was charged
    ]
    assert (result.recognized, result.quantified) == (4, 4)
    assert (result.carbon_mg, result.energy) == (681_867, 224)
    described = duck.execute("DESCRIBE quantified").fetchall()
    added = ["rate_id", "activity_source", "quantity_milli", "raw_mg", "carbon_mg", "energy"]
    assert [name for name, *_ in described] == [*(c.split()[0] for c in COLUMNS.split(", ")), *added]
    kinds = {name: kind for name, kind, *_ in described}
    assert [kinds[name] for name in added] == ["INTEGER", "VARCHAR", "BIGINT", "BIGINT", "BIGINT", "INTEGER"]


def test_an_empty_batch_is_a_batch(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    result = quantify(duck, compiled)
    assert (result.recognized, result.quantified, result.carbon_mg, result.energy) == (0, 0, 0, 0)
    assert rows(duck) == []


def test_an_act_outside_the_pack_gives_nothing(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    add(duck, 1, at="2025-12-31 15:59:59")
    add(duck, 1, at="2025-12-31 16:00:00")
    quantify(duck, compiled)
    assert rows(duck) == [("default", 0, 0, 0, 0), ("fare_band", 7_300, 340_910, 340_910, 20)]


def test_the_same_connection_takes_the_next_batch_and_another_pack(
    duck: duckdb.DuckDBPyConnection, compiled: Compiled, hostile: Pack
) -> None:
    add(duck, 1)
    first = quantify(duck, compiled)
    assert quantify(duck, compiled) == first
    other = quantify(duck, compile_pack(hostile))
    assert other.carbon_mg != first.carbon_mg
    assert other.digest != first.digest


def test_the_digest_does_not_depend_on_the_order_of_rows(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    for n in range(50):
        add(duck, 1 + n % 21, f'{{"distance_m":{n}}}')
    first = quantify(duck, compiled)
    duck.execute("CREATE OR REPLACE TABLE recognized AS FROM recognized ORDER BY event_key")
    assert quantify(duck, compiled).digest == first.digest


def test_the_digest_sees_two_acts_that_change_places(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    add(duck, 1, '{"distance_m":1000}')
    add(duck, 1, '{"distance_m":2000}')
    first = quantify(duck, compiled)
    duck.execute(
        """UPDATE recognized SET attributes = replace('{"distance_m":x}', 'x', (2000 - 1000 * row_number)::VARCHAR)"""
    )
    second = quantify(duck, compiled)
    assert (first.carbon_mg, first.energy) == (second.carbon_mg, second.energy)
    assert first.digest != second.digest


def test_as_many_statements_whatever_the_rows(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    def statements() -> int:
        seen: list[str] = []
        quantify(_Counting(duck, seen.append), compiled)  # type: ignore[arg-type]
        return len(seen)

    few = statements()
    for _ in range(40):
        add(duck, 1)
    assert statements() == few == 6


class _Counting:
    """A connection that tells what is executed on it."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, tell: Callable[[str], None]) -> None:
        self._duck, self._tell = duck, tell

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        self._tell(statement)
        return self._duck.execute(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._duck, name)


# --- errors --------------------------------------------------------------------------------------------------------


def test_without_recognized_it_says_what_is_wrong(compiled: Compiled) -> None:
    with duckdb.connect() as empty, pytest.raises(InvalidInput, match="cannot be quantified") as caught:
        quantify(empty, compiled)
    assert isinstance(caught.value.__cause__, duckdb.CatalogException)


def test_attributes_that_are_not_json_stop_the_batch(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    add(duck, 1, '{"distance_m":')
    with pytest.raises(InvalidInput) as caught:
        quantify(duck, compiled)
    assert isinstance(caught.value.__cause__, duckdb.InvalidInputException)
    assert caught.value.hint is not None
    assert "JSON" in caught.value.hint


@pytest.mark.invariant("INV-01")
def test_an_act_of_an_unknown_scenario_breaks_the_boundary(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    add(duck, 1)
    add(duck, 77)
    with pytest.raises(InvariantViolation, match="INV-01"):
        quantify(duck, compiled)


# --- packs ---------------------------------------------------------------------------------------------------------


def test_numbers_are_as_narrow_as_is_exact(compiled: Compiled, hostile: Pack) -> None:
    assert compiled.whole == "BIGINT"
    assert compile_pack(hostile).whole == "HUGEINT"


def test_a_pack_beyond_128_bits_is_refused(hostile: Pack) -> None:
    wide = {name: Decimal("0.12345678901234567") for name in ("wide", "narrow", "tie", "net")}
    factors = {name: _only(factor, wide[name]) if name in wide else factor for name, factor in hostile.factors.items()}
    with pytest.raises(MethodologyError, match="128 bits"):
        compile_pack(replace(hostile, factors=factors))


def _only(factor: Factor, value: Decimal) -> Factor:
    return replace(factor, value=value, regional={}, values=[])


def _changed(pack: Pack, number: int, change: Callable[[Quantification], Quantification]) -> Pack:
    scenarios = [
        replace(s, quantification=change(s.quantification)) if s.number == number else s for s in pack.scenarios
    ]
    return replace(pack, scenarios=scenarios)


def _activity(**fields: Any) -> Activity:
    common = {"source": "default", "tier": "2", "p5": 1, "p95": 1}
    return msgspec.convert(common | fields, Activity)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rule: replace(rule, baseline="quantity * quantity"), "not linear"),
        (lambda rule: replace(rule, baseline="quantity * no_such_factor"), "unknown factor"),
        (lambda rule: replace(rule, project="quantity / (half - half)"), "division by zero"),
        (lambda rule: replace(rule, activities=[_activity(quantity="5 - distance")]), "falls while distance grows"),
        (lambda rule: replace(rule, activities=[_activity(quantity="rides * distance")]), "several inputs"),
        (
            lambda rule: replace(rule, activities=[_activity(source="fare_band", tariff="fare")] * 2),
            "two fare tables",
        ),
    ],
)
def test_a_pack_that_cannot_be_exact_is_refused(
    hostile: Pack, change: Callable[[Quantification], Quantification], message: str
) -> None:
    with pytest.raises(MethodologyError, match=message):
        compile_pack(_changed(hostile, 1, change))


def test_a_factor_without_a_value_on_some_day_is_refused(hostile: Pack) -> None:
    dated = hostile.factors["dated"]
    factors = hostile.factors | {"dated": replace(dated, values=dated.values[:2])}
    with pytest.raises(MethodologyError, match="no value on 2026-05-16"):
        compile_pack(replace(hostile, factors=factors))


def test_rates_are_rows_of_the_ledger(compiled: Compiled) -> None:
    """JSON-able as they are; the fields are the columns of `methodology.rate`."""
    row = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(compiled.rates[5])))
    assert list(row) == [
        *("rate_id", "scenario", "activity_source", "tier", "numerator", "denominator", "p5", "p95"),
        *("factor_ids", "detail"),
    ]
    assert (row["detail"]["tariff"], row["detail"]["formula"]) == ("beijing_metro", "quantity * 46.7 * 1 * (1 - 0)")
