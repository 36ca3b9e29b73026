"""The compiled SQL of the shipped pack, for DuckDB and Spark, beside this file: a review sees what a change does to it.

A change of structure rewrites it: `REWRITE_SNAPSHOTS=1 make test ARGS=tests/replay`. A change of numbers does not.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from ditan import packs
from ditan.model import Pack
from ditan.quantification import Compiled, compile_pack

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


@pytest.fixture(scope="module")
def compiled(pack: Pack) -> Compiled:
    return compile_pack(pack)


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_compiled_sql_is_the_reviewed_one(compiled: Compiled, dialect: str) -> None:
    text = (compiled.statement if dialect == "duckdb" else compiled.spark()) + "\n"
    path = SNAPSHOTS / f"cn_2026.{dialect}.sql"
    if os.environ.get("REWRITE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"review, then rewrite {path.name} (see the top of this file)"


def test_another_number_leaves_the_sql_as_it_is(pack: Pack, compiled: Compiled) -> None:
    factors = pack.factors | {"metro_net": replace(pack.factors["metro_net"], value=Decimal("46.8"))}
    other = compile_pack(replace(pack, factors=factors))
    assert other.statement == compiled.statement
    assert other.version != compiled.version
    assert other.rates != compiled.rates


def test_spark_text_speaks_spark(compiled: Compiled) -> None:
    text = compiled.spark()
    assert "GET_JSON_OBJECT(" in text
    assert " DIV " in text
    assert "->>" not in text
    assert "//" not in text
    assert "EXCEPT (" in text


def test_rate_ids_are_the_same_every_time(pack: Pack, compiled: Compiled) -> None:
    again = compile_pack(packs.restore(packs.canonical(pack)))
    assert again.version == compiled.version
    assert again.rates == compiled.rates
    assert [rate.rate_id for rate in again.rates] == list(range(len(again.rates)))
