"""What is left of a payment that is not green, or whose customer consented to nothing: a count.

A bank goes through the real command; then every table, every evidence file and everything that was printed is searched
for what Ditan had no reason to keep.
"""

import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow.parquet as pq
import pytest
from tests.conftest import another_store
from tests.simulation.running import Bench, in_small_batches, shipped, tidy_archive

from ditan.feed import ARCHIVE
from ditan.kernel.ids import act_id, key
from ditan.model import BankEvent
from ditan.store import Store
from ditan.testing.bank import make_bank, write
from ditan.testing.digits import passes_luhn
from ditan.testing.rows import COLUMNS

BATCH_ROWS = 900
KEPT = {"posted", "capped", "same_occasion", "too_soon"}
"""Acts of consenting customers, also those that were given nothing: their evidence is kept."""

DIGITS = re.compile(r"\d(?:[ -]{0,2}\d){12,18}")


class Ingested(NamedTuple):
    """A bank that went through the command."""

    bench: Bench
    rows: list[dict[str, Any]]  # the feed, with `code`: how the row ended when it was tried elsewhere
    printed: str

    def kept(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["code"] in KEPT]

    def left_out(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["code"] not in KEPT]


@pytest.fixture(scope="module", params=[False, True], ids=["evidence-only", "full-archive"])
def full_archive(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def ingested(template_url: str, tmp_path_factory: pytest.TempPathFactory, full_archive: bool) -> Iterator[Ingested]:
    with another_store(template_url, "privacy") as store:
        yield ingest(store, tmp_path_factory.mktemp("bank"), full_archive)


def ingest(store: Store, tmp_path: Path, full_archive: bool) -> Ingested:
    written = write(make_bank(75, 12, 99, date(2026, 7, 1), shipped()), tmp_path)
    bench = Bench(store)
    bench.decide_lines((tmp_path / "accounts.jsonl").read_bytes().splitlines())
    [name] = written.files
    command, environment = in_small_batches(store.settings, BATCH_ROWS)
    environment |= {"DITAN_LOG_LEVEL": "debug", "DITAN_FULL_ARCHIVE": str(full_archive).lower(), "COLUMNS": "400"}
    done = subprocess.run(
        [*command, "ingest", str(tmp_path / name)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    truth = pq.read_table(tmp_path / "truth.parquet").to_pylist()
    with duckdb.connect() as duck:
        read = duck.execute("SELECT * FROM read_csv($file, all_varchar = true)", {"file": str(tmp_path / name)})
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in read.fetchall()]
    acts = {row[0] for row in bench.ask("SELECT act_id FROM ledger.act")}
    for row, told in zip(rows, truth, strict=True):
        repeated = told["fate"] in {"duplicate", "conflict"}
        kept = act_id(row["source"] or "", row["event_id"] or "") in acts and not repeated
        row["code"] = "posted" if kept else told["fate"]
        # Nobody is kept who never agreed: the truth says so, before Ditan saw the row.
        assert not kept or told["fate"] == "candidate"
    return Ingested(bench, rows, done.stdout + done.stderr)


def database_text(bench: Bench) -> dict[str, str]:
    """Every table of every schema of ours, as text."""
    tables = bench.ask(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    with bench.store.connect_owner() as owner:
        return {
            name: "\n".join(str(row) for (row,) in owner.execute(f"SELECT t::text FROM {name} t").fetchall())
            for (name,) in tables
            if name != "methodology.pack"  # the published methodology: merchants are in it by name
        }


def archive_text(bench: Bench) -> str:
    """Every evidence file and every manifest, as text."""
    archive = bench.settings.home / ARCHIVE
    rows = [str(row) for path in archive.rglob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return "\n".join(rows + [path.read_text() for path in archive.rglob("*.json")])


def secrets(ingested: Ingested) -> dict[str, set[str]]:
    """What only left-out rows hold, by column; not what an account or the evidence of an act has a reason to name."""
    bench = ingested.bench
    known = {text for row in ingested.kept() for text in row.values() if text}
    known |= {ref for (ref,) in bench.ask("SELECT customer_ref FROM accounts.customer")}
    known |= {ref for (ref,) in bench.ask("SELECT card_ref FROM accounts.card")}
    columns = ("event_id", "customer_ref", "card_ref", "merchant_id", "descriptor")
    return {
        column: {row[column] for row in ingested.left_out() if row[column] and len(row[column]) > 3} - known
        for column in columns
    }


def found_in(text: str, wanted: set[str]) -> list[str]:
    words = set(re.findall(r"[^\s,\"'(){}\[\]:|│]+", text))
    return sorted(secret for secret in wanted if secret in words or (len(secret) > 9 and secret in text))


@pytest.mark.invariant("INV-13")
@pytest.mark.invariant("INV-15")
def test_what_is_not_green_or_not_consented_leaves_only_a_count(ingested: Ingested, full_archive: bool) -> None:
    bench, wanted = ingested.bench, secrets(ingested)
    assert min(len(values) for values in wanted.values()) > 10, {name: len(values) for name, values in wanted.items()}
    everything = set().union(*wanted.values())
    for table, text in database_text(bench).items():
        assert found_in(text, everything) == [], table
    assert found_in(ingested.printed, everything) == []
    if full_archive:
        archived = archive_text(bench)
        assert len(found_in(archived, wanted["event_id"])) > len(wanted["event_id"]) * 0.8
    else:
        assert found_in(archive_text(bench), everything) == []
    # The counts are there: every row of the file is in one of them.
    assert bench.one("SELECT sum(rows) FROM feed.tally WHERE stage = 'accept'") == len(ingested.rows)
    assert bench.broken() == {}
    assert bench.replayed().differences == 0
    tidy_archive(bench)


@pytest.mark.invariant("INV-15")
def test_not_even_a_hash_of_it_is_left(ingested: Ingested) -> None:
    """Keys are hashes of ids that can be guessed. Only a contradiction, a rejection, a refund that waits keep one."""
    left = {act_id(row["source"], row["event_id"]) for row in ingested.left_out() if row["source"] and row["event_id"]}
    acts = {act_id(row["source"], row["event_id"]) for row in ingested.kept()}
    refunds = {act_id(r["source"], r["event_id"]) for r in ingested.rows if r["code"] == "refund_of"}
    refunds |= {act_id(r["source"], r["original_event_id"]) for r in ingested.rows if r["code"] == "refund_of"}
    contradicted = {act_id(r["source"], r["event_id"]) for r in ingested.rows if r["code"] == "conflict"}
    rejected = {act_id(r["source"] or "", r["event_id"] or "") for r in ingested.rows if r["code"][:8] == "rejected"}
    unkept = left - acts - refunds - contradicted - rejected
    assert len(unkept) > 1_000
    for table, text in database_text(ingested.bench).items():
        keys = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))
        assert {str(key) for key in unkept} & keys == set(), table


@pytest.mark.invariant("INV-15")
def test_the_archive_holds_the_events_of_acts_as_the_bank_sent_them(ingested: Ingested, full_archive: bool) -> None:
    archive = ingested.bench.settings.home / ARCHIVE
    rows = [row for path in archive.rglob("*.parquet") for row in pq.read_table(path).to_pylist()]
    acts = {row["event_id"]: row for row in rows if row.get("scenario") is not None}
    assert acts.keys() == {row["event_id"] for row in ingested.kept()}
    sent = {row["event_id"]: row for row in ingested.kept()}
    for event_id, row in acts.items():
        given = sent[event_id]
        assert row["amount_fen"] == int(given["amount_fen"])
        assert (row["descriptor"] or "") == (given["descriptor"] or "")
        told = msgspec.json.decode(given["attributes"] or "{}")
        told = {name: "…" if name.endswith("_ref") else value for name, value in told.items()}
        assert msgspec.json.decode(row["attributes"] or "{}") == told
    events = set(BankEvent.__struct_fields__) - {"original_event_id", "customer_ref", "card_ref"}
    assert events <= set(rows[0])
    accepted = [row for row in ingested.rows if not row["code"].startswith(("rejected", "duplicate", "conflict"))]
    assert len(rows) >= (len(accepted) - 50 if full_archive else len(acts))
    assert full_archive or len(rows) == len(acts)


@pytest.mark.invariant("INV-13")
def test_a_card_number_is_nowhere(ingested: Ingested) -> None:
    """Not in a table, a file, a printed line, nor in the file of rejected rows that goes back to the bank."""
    with_number = [row for row in ingested.rows if row["code"] == "rejected:pan_found"]
    assert len(with_number) >= 3
    numbers = {
        re.sub(r"\D", "", found)
        for row in with_number
        for text in row.values()
        if text
        for found in DIGITS.findall(text)
    }
    numbers = {digits for digits in numbers if passes_luhn(digits)}
    assert len(numbers) >= 3
    home = ingested.bench.settings.home
    texts = {
        **database_text(ingested.bench),
        "archive": archive_text(ingested.bench),
        "printed": ingested.printed,
        **{str(path): path.read_text() for path in (home / "rejected").iterdir()},
    }
    assert any("pan_found" in text for text in texts.values())
    for place, text in texts.items():
        joined = re.sub(r"(?<=\d)[ -]{1,2}(?=\d)", "", text)
        assert [number for number in numbers if number in joined or number in text] == [], place


def test_nothing_else_is_left_in_the_home(ingested: Ingested) -> None:
    home = ingested.bench.settings.home
    assert {path.name for path in home.iterdir()} == {ARCHIVE, "rejected"}
    suffixes = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert suffixes == {".parquet", ".json", ".csv"}


def test_the_search_can_find(ingested: Ingested) -> None:
    """What is kept is found by the same search: names in the tables, events in the archive."""
    refs = {row["customer_ref"] for row in ingested.kept()}
    assert set(found_in("\n".join(database_text(ingested.bench).values()), refs)) == refs
    events = {row["event_id"] for row in ingested.kept()}
    assert set(found_in(archive_text(ingested.bench), events)) == events


@pytest.mark.invariant("INV-14")
def test_the_archive_names_nobody(ingested: Ingested) -> None:
    """Not a customer, a card or a bill, nor a hash over one: nothing of it must change when a customer is erased."""
    columns = ("customer_ref", "card_ref")
    named = {row[column] for row in ingested.rows for column in columns if row[column]}
    facts = [msgspec.json.decode(row["attributes"] or "{}") for row in ingested.kept()]
    named |= {value for told in facts for name, value in told.items() if name.endswith("_ref")}
    assert len(named) > 100
    archived = archive_text(ingested.bench)
    hashes = {str(key(name)) for name in named} | {str(key(name).int >> 68) for name in named}
    contents = {str(row[0]) for row in ingested.bench.ask("SELECT content_key FROM ledger.act")}
    assert [name for name in named | hashes | contents if name in archived] == []
