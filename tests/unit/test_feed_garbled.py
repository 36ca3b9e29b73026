"""Whatever a file holds, reading it neither crashes nor loses a row (INV-01)."""

import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ditan import feed
from ditan.kernel.errors import InvalidInput
from ditan.model import Accepted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANONICAL = feed.load("canonical")
COLUMNS = list(CANONICAL.columns())
HEADER = ",".join(COLUMNS).encode() + b"\n"
PIECES = [
    "core", "e-1", "e-2", "card_payment", "card_refund", "service_event", "c-1", "2026-03-01T08:15:00+08:00", "400",
    "-1", "CNY", "4111", "110000", "{}", '{"steps":1}', "6222020000000007", "", '"', '""', ",", "\n", "\r\n", "\r",
    "\t", " ", "地铁", "\x00", "\x1e", "\ufeff", "=1+1", "99999999999999999999", "1970-01-01T00:00:00Z", "'", "\\",
    "{", "}", "[1]",
]  # fmt: skip
QUICK = settings(max_examples=25, deadline=None)


def taken(content: bytes, name: str) -> list[Accepted]:
    """What came of the file; every batch balances or `accept` itself would have raised."""
    with TemporaryDirectory() as folder, duckdb.connect() as duck:
        path = Path(folder) / name
        path.write_bytes(content)
        reports: list[Accepted] = []
        with suppress(InvalidInput):  # a file that is none, or the damage at its end
            reports.extend(
                feed.accept(duck, chunk, CANONICAL, now=NOW) for chunk in feed.read(path, CANONICAL, rows_max=50)
            )
        return reports


def balanced(reports: list[Accepted]) -> int:
    for report in reports:
        assert report.rows_read == report.accepted + sum(tally.rows for tally in report.tallies)
    return sum(report.rows_read for report in reports)


@pytest.mark.invariant("INV-01")
@QUICK
@given(content=st.binary(max_size=400))
def test_random_bytes(content: bytes) -> None:
    balanced(taken(content, "feed"))


@pytest.mark.invariant("INV-01")
@QUICK
@given(pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=80))
def test_garbled_csv(pieces: list[str]) -> None:
    content = HEADER + "".join(pieces).encode(errors="surrogatepass")
    balanced(taken(content, "feed.csv"))


@pytest.mark.invariant("INV-01")
@QUICK
@given(rows=st.lists(st.lists(st.sampled_from(PIECES), min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=20))
def test_any_words_in_any_column_of_csv(rows: list[list[str]]) -> None:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    content = HEADER + "".join(",".join(map(cell, row)) + "\n" for row in rows).encode()
    assert balanced(taken(content, "feed.csv")) == len(rows) or any("\r" in "".join(row) for row in rows)


@pytest.mark.invariant("INV-01")
@QUICK
@given(
    lines=st.lists(
        st.dictionaries(
            st.sampled_from([*COLUMNS, "other"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(PIECES) | st.text(max_size=5),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
                max_leaves=5,
            ),
        )
        | st.sampled_from(["{", "[1]", "1", "null", '{"source":"\\ud800"}', "\x00"]),
        max_size=20,
    )
)
def test_garbled_json_lines(lines: list[dict[str, object] | str]) -> None:
    first = json.dumps(dict.fromkeys(COLUMNS, "x"))
    content = "\n".join([first, *(line if isinstance(line, str) else json.dumps(line) for line in lines)])
    assert balanced(taken(content.encode(), "feed.jsonl")) == len(lines) + 1


@pytest.mark.invariant("INV-01")
@QUICK
@given(cut=st.integers(0, 2000), place=st.integers(0, 2000), byte=st.integers(0, 255))
def test_damaged_gzip(cut: int, place: int, byte: int) -> None:
    rows = "".join(f"core,e-{n},card_payment,{n * 7919},2026-03-01T08:15:00Z" + "," * 13 + "\n" for n in range(60))
    content = bytearray(gzip.compress(HEADER + rows.encode(), mtime=0))
    content[place % len(content)] = byte
    balanced(taken(bytes(content[: len(content) - cut % len(content)]), "feed.csv.gz"))
