"""The whole flow over a synthetic bank, compared with what its maker meant: from the rows of a file to the ledger.

The truth of a row was written down before Ditan saw it (`ditan.testing`), so every difference is a mistake of one of
the two, and is listed.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace
from tests.conftest import another_store
from tests.simulation.running import Bench, Ended, in_small_batches, shipped, tidy_archive

from ditan import feed
from ditan.accounts import Erasing, erase
from ditan.insight import boundaries
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import act_id
from ditan.ledger.codes import PostCode
from ditan.model import BankEvent, BatchReport
from ditan.store import Store
from ditan.testing import factories
from ditan.testing.bank import make_bank, write

START = date(2026, 7, 1)

#: What may become of an act that may meet a cap, when nothing else is told about it.
CUT = {"posted", "capped", "too_soon", "same_occasion"}
MAKE = {"customers": 120, "days": 45, "seed": 20260701}


class Bank(NamedTuple):
    """A synthetic bank in a folder."""

    folder: Path
    files: dict[str, int]  # name: rows, in order
    truth: dict[tuple[str, int], dict[str, Any]]  # file and row number: the truth

    def account_lines(self) -> list[bytes]:
        return (self.folder / "accounts.jsonl").read_bytes().splitlines()


def a_bank(folder: Path, *, format_: str = "csv", split: str = "month", **size: int) -> Bank:
    made = make_bank(**(MAKE | size), start=START, pack=shipped())
    written = write(made, folder, format=format_, split=split)  # type: ignore[arg-type]
    truth = {(row["file"], row["row_number"]): row for row in pq.read_table(folder / "truth.parquet").to_pylist()}
    return Bank(folder, dict(sorted(written.files.items())), truth)


# --- every row ends as it was meant to ----------------------------------------------------------------------------


def expected(told: dict[str, Any], original_here: bool, original_posted: bool) -> set[str]:
    """The codes under which a row may end. `original_here`: the event it repeats or refunds is in the same file."""
    fate, _, code = told["fate"].partition(":")
    before, _, why = (told["original_fate"] or "").partition(":")
    match fate:
        case "candidate" if told["trouble"] in {"same_occasion", "too_soon"}:
            return {told["trouble"]}
        case "candidate":
            return CUT if told["may_be_capped"] else {"posted"}
        case "not_green" | "rejected":
            return {code}
        case "duplicate" | "conflict" if original_here:
            return {fate}
        case "duplicate" | "conflict":  # of an earlier file nothing is known but what was posted
            return {fate} if before == "candidate" else {why if before == "not_green" else before}
        case "refund_of" if before == "candidate":
            return {"refunded"} if original_posted else {"refunded", "waiting_original", "original_not_posted"}
        case "refund_of" if original_here:
            return {"refund_of_not_green" if before == "not_green" else "original_not_posted"}
        case "refund_of":  # who has no account waits for nothing
            return {"waiting_original", "no_account"}
        case _:
            return {fate}


def differences(bank: Bank, ended: dict[str, dict[int, Ended]]) -> list[str]:
    """One sentence for every row that ended otherwise than it was meant to."""
    firsts: dict[str, str] = {}  # event id: the file that brings the event itself
    for (file, _), told in sorted(bank.truth.items()):
        if told["original_event_id"] is None:
            firsts.setdefault(told["event_id"], file)
    order = list(bank.files)
    wrong: list[str] = []
    for (file, number), told in bank.truth.items():
        of = firsts.get(told["original_event_id"] or "")
        came_before = of is not None and order.index(of) <= order.index(file)
        allowed = expected(told, of == file, came_before)
        if told["fate"] == "refund_of" and of is not None and not came_before:
            allowed = {"waiting_original"}
        if (found := ended[file][number].code) not in allowed:
            wrong.append(f"{file}:{number} {told['event_id']} {told['fate']} {told['trouble']}: ended {found}")
    return wrong


@pytest.mark.invariant("INV-01")
def test_every_row_of_a_bank_ends_as_its_maker_meant(store: Store, tmp_path: Path) -> None:
    bank, bench = a_bank(tmp_path), Bench(store)
    bench.decide_lines(bank.account_lines())
    scenarios = {scenario.number: scenario.id for scenario in shipped().scenarios}
    seen: dict[tuple[str, int], str] = {}
    ended: dict[str, dict[int, Ended]] = {}
    reports: list[BatchReport] = []
    for name in bank.files:

        def look(duck: duckdb.DuckDBPyConnection, name: str = name) -> None:
            for number, scenario in duck.execute("SELECT row_number, scenario FROM recognized").fetchall():
                seen[name, number] = scenarios[scenario]

        more, ended[name] = bench.ingest(tmp_path / name, look=look)
        reports += more

    assert {name: len(found) for name, found in ended.items()} == bank.files  # each row once
    assert differences(bank, ended) == []
    assert recognized_otherwise(bank, seen) == []
    assert books_otherwise(bench, bank, ended) == []
    assert bench.broken() == {}
    assert boundaries_otherwise(bench, reports) == []
    assert bench.replayed().differences == 0
    tidy_archive(bench)
    # A bank that shows nothing proves nothing.
    fates = Counter(told["fate"].partition(":")[0] for told in bank.truth.values())
    assert min(fates[fate] for fate in ("candidate", "no_account", "no_consent", "card_not_linked")) > 5, fates
    assert min(fates[fate] for fate in ("duplicate", "conflict", "refund_of", "rejected")) > 10, fates
    found = Counter(end.code for endings in ended.values() for end in endings.values())
    assert min(found[code] for code in ("too_soon", "capped", "refunded", "waiting_original")) > 3, found
    assert {scenarios[row[0]] for row in bench.ask("SELECT DISTINCT scenario FROM ledger.act")} == {
        scenario.id for scenario in shipped().scenarios if scenario.carbon or scenario.energy
    }


def recognized_otherwise(bank: Bank, seen: dict[tuple[str, int], str]) -> list[str]:
    """Acts taken for another scenario or for none, and others taken for an act."""
    wrong = []
    acts = {scenario.id for scenario in shipped().scenarios}
    for place, told in bank.truth.items():
        fate = told["fate"].partition(":")[0]
        if fate in {"duplicate", "conflict", "refund_of", "rejected"}:
            continue  # decided by the feed before, or no act by itself
        meant = told["intent"] if told["intent"] in acts and fate != "not_green" else None
        if seen.get(place) != meant:
            wrong.append(f"{place} {told['event_id']} is {meant}, was taken for {seen.get(place)}")
    return wrong


def books_otherwise(bench: Bench, bank: Bank, ended: dict[str, dict[int, Ended]]) -> list[str]:
    """What the ledger holds against the endings of the rows: the same sums, net of what refunds took."""
    wrong = []
    carbon, energy = bench.ask("SELECT sum(carbon_mg), sum(energy) FROM ledger.act")[0]
    given = [end for endings in ended.values() for end in endings.values() if end.code == "posted"]
    if (carbon, energy) != (sum(end.carbon_mg for end in given), sum(end.energy for end in given)):
        wrong.append(f"acts hold {carbon} mg and {energy} points, the rows were given other sums")
    held = bench.balances().values()
    taken = bench.ask("SELECT coalesce(sum(carbon_mg), 0), coalesce(sum(energy), 0) FROM ledger.reversal")[0]
    if (sum(mg for mg, _ in held), sum(points for _, points in held)) != (carbon - taken[0], energy - taken[1]):
        wrong.append("customers hold another sum than acts less reversals")
    whole = {"reversal", "refund", "refund_twice", "refund_first", "original_late"}
    undone = {
        act_id("card-switch", told["original_event_id"])
        for told in bank.truth.values()
        if told["fate"] == "refund_of" and told["trouble"] in whole and told["original_fate"] == "candidate"
    }
    left = bench.ask(
        "SELECT a.act_id, a.carbon_mg - sum(r.carbon_mg), a.energy - sum(r.energy) FROM ledger.act a"
        " JOIN ledger.reversal r USING (act_id) GROUP BY a.act_id"
    )
    wrong += [f"act {act} was refunded wholly and keeps {mg} mg" for act, mg, p in left if act in undone and (mg or p)]
    return wrong


def boundaries_otherwise(bench: Bench, reports: list[BatchReport]) -> list[str]:
    """INV-01 from `feed.tally`, recomputed without the product's own check, and against the reports."""
    wrong = []
    for report in reports:
        rows = bench.ask("SELECT stage, code, went_on, rows FROM feed.tally WHERE batch_id = %s", report.batch_id)
        by = {(stage, code): n for stage, code, _, n in rows}
        stage = {s: sum(n for (of, _), n in by.items() if of == s) for s in ("accept", "recognize", "quantify", "post")}
        read = bench.one("SELECT rows_read FROM feed.batch WHERE batch_id = %s", report.batch_id)
        equal = [
            (read, stage["accept"], report.accepted.rows_read),
            (by["accept", "accepted"], stage["recognize"], report.accepted.accepted),
            (by["recognize", "recognized"], stage["quantify"], report.quantified.quantified),
            (by["recognize", "recognized"] + by["recognize", "refund"], stage["post"], report.posted.offered),
        ]
        wrong += [f"batch {report.batch_id}: {numbers}" for numbers in equal if len(set(numbers)) != 1]
        went = {code for (_, code), n in by.items() if n} & {code for _, code, went_on, _ in rows if went_on}
        if not went <= {"accepted", "recognized", "refund", "quantified", "posted"}:
            wrong.append(f"batch {report.batch_id}: {went} went on")
    return wrong


def test_the_checks_of_this_file_can_fail(tmp_path: Path) -> None:
    """A row that ends otherwise, or is taken for something else, is named."""
    bank = a_bank(tmp_path, customers=20, days=7)
    (file, number), told = next(item for item in bank.truth.items() if item[1]["fate"] == "candidate")
    ended = {name: {n: Ended("no_such_code") for n in range(1, rows + 1)} for name, rows in bank.files.items()}
    assert len(differences(bank, ended)) == len(bank.truth)
    assert any(told["event_id"] in sentence for sentence in recognized_otherwise(bank, {(file, number): "rail"}))


# --- the same again -----------------------------------------------------------------------------------------------


@pytest.mark.invariant("INV-02")
@pytest.mark.parametrize("rows_max", [200_000, 400])
def test_the_same_files_again_change_nothing(store: Store, tmp_path: Path, rows_max: int) -> None:
    """Neither all at once nor in small batches; not the acts, nor who waits, nor what is archived or rejected."""
    bank, bench = a_bank(tmp_path, customers=60, days=24), Bench(store)
    bench.decide_lines(bank.account_lines())
    for name in bank.files:
        bench.ingest(tmp_path / name, rows_max=rows_max)
    before = state(bench)
    for name in bank.files:
        reports, _ = bench.ingest(tmp_path / name, rows_max=rows_max)
        assert sum(report.posted.posted for report in reports) == 0
        assert sum(report.new_rejections for report in reports) == 0
        assert sum(report.released for report in reports) == 0
    assert state(bench) == before
    assert bench.broken() == {}
    reruns = bench.ask("SELECT chunk, rerun_of IS NOT NULL FROM feed.batch ORDER BY batch_id")
    assert [rerun for _, rerun in reruns] == [False] * (len(reruns) // 2) + [True] * (len(reruns) // 2)


def state(bench: Bench) -> dict[str, Any]:
    """Everything that may not depend on how often, or in which pieces, the files came."""
    with bench.store.unit_of_work() as connection:
        found = {(b.stage, b.code): b.rows for b in boundaries(connection)}
    return {
        "digest": bench.digest(),
        "acts": bench.acts(),
        "balances": bench.balances(),
        "reversals": sorted(bench.ask("SELECT reversal_id, act_id, carbon_mg, energy FROM ledger.reversal")),
        "issuance": sorted(bench.ask("SELECT scenario, carbon_mg, energy FROM ledger.issuance")),
        "waiting": sorted(bench.ask("SELECT refund_key, content_key FROM feed.waiting_refund")),
        "conflicts": sorted(bench.ask("SELECT event_key, content_key FROM feed.conflict")),
        "rejections": sorted(bench.ask("SELECT file_sha256, row_number, code FROM feed.rejection")),
        "boundaries": found,
        "evidence": bench.evidence(),
    }


@pytest.mark.invariant("INV-02")
def test_the_rest_of_a_half_ingested_file(store: Store, template_url: str, tmp_path: Path) -> None:
    """A file that was left after some batches, and one that came cut off, end as if it had come whole at once."""
    bank, half = a_bank(tmp_path, customers=50, days=20), Bench(store)
    [name] = bank.files
    half.decide_lines(bank.account_lines())
    with another_store(template_url, "whole") as other:
        whole = Bench(other)
        whole.decide_lines(bank.account_lines())
        whole.ingest(tmp_path / name, rows_max=300)
        wanted = state(whole)
    lines = (tmp_path / name).read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.csv"
    cut.write_bytes(b"".join(lines[: 1 + 4 * 300]))  # four batches of it
    half.ingest(cut, rows_max=300)
    half.ingest(tmp_path / name, rows_max=300)
    found = state(half)
    for what in ("digest", "acts", "balances", "reversals", "waiting", "evidence"):
        assert found[what] == wanted[what], what


def test_a_file_that_is_damaged_gives_what_came_before_and_then_the_rest(store: Store, tmp_path: Path) -> None:
    import gzip

    bank, bench = a_bank(tmp_path, customers=30, days=10), Bench(store)
    bench.decide_lines(bank.account_lines())
    [name] = bank.files
    packed = gzip.compress((tmp_path / name).read_bytes(), mtime=0)
    (tmp_path / "short.csv.gz").write_bytes(packed[: len(packed) * 2 // 3])
    (tmp_path / "all.csv.gz").write_bytes(packed)
    with pytest.raises(InvalidInput, match="damaged after row"):
        bench.ingest(tmp_path / "short.csv.gz", rows_max=400)
    first = bench.acts()
    assert first
    bench.ingest(tmp_path / "all.csv.gz", rows_max=400)
    assert first.items() <= bench.acts().items()
    assert bench.broken() == {}


@pytest.mark.invariant("INV-02")
def test_two_processes_with_the_same_file_at_once(store: Store, template_url: str, tmp_path: Path) -> None:
    bank, bench = a_bank(tmp_path, customers=50, days=16), Bench(store)
    [name] = bank.files
    bench.decide_lines(bank.account_lines())
    with another_store(template_url, "alone") as other:
        alone = Bench(other)
        alone.decide_lines(bank.account_lines())
        alone.ingest(tmp_path / name, rows_max=400)
        wanted = state(alone)
    command, environment = in_small_batches(store.settings, 400)
    both = [
        subprocess.Popen([*command, "ingest", str(tmp_path / name), "--json"], env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=100)[0] != b"" for process in both] == [True, True]
    assert [process.returncode for process in both] == [0, 0]
    found = state(bench)
    for what in ("digest", "acts", "balances", "reversals", "waiting", "evidence", "rejections"):
        assert found[what] == wanted[what], what
    assert bench.broken() == {}
    assert bench.replayed().broken_files == []


def test_the_format_of_the_files_changes_no_gram(store: Store, template_url: str, tmp_path: Path) -> None:
    digests = {}
    for format_ in ("csv", "jsonl", "parquet"):
        bank = a_bank(tmp_path / format_, format_=format_, customers=30, days=9)
        with another_store(template_url, format_) as other:
            bench = Bench(other)
            bench.decide_lines(bank.account_lines())
            for name in bank.files:
                bench.ingest(bank.folder / name)
            digests[format_] = bench.digest()
    assert len(set(digests.values())) == 1, digests


# --- conflicts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def lin(store: Store) -> Iterator[Bench]:
    """One customer with everything consented and linked since June."""
    bench = Bench(store)
    who = '"customer_ref":"cust-lin","channel":"app","at":"2026-06-01T08:00:00+08:00"'
    bench.decide_lines(
        [
            f'{{{who},"action":"open"}}',
            *(
                f'{{{who},"action":"grant_consent","purpose":"{purpose}"}}'
                for purpose in ("card_payments", "whereabouts", "steps")
            ),
            f'{{{who},"action":"link_card","card_ref":"card-lin-d","card_product":"debit"}}',
        ]
    )
    return bench


@pytest.mark.invariant("INV-02")
def test_other_content_under_a_posted_id_is_recorded_and_never_applied(lin: Bench, tmp_path: Path) -> None:
    ride = factories.event("metro_ride")
    assert lin.ingest_events("first", [ride], tmp_path)[ride.event_id].code == "posted"
    before = lin.acts()
    other = replace(ride, amount_fen=700)
    assert lin.ingest_events("second", [other], tmp_path)[ride.event_id].code == "conflict"
    assert lin.acts() == before
    assert lin.ask("SELECT event_key FROM feed.conflict") == [(act_id(ride.source, ride.event_id),)]
    assert lin.broken() == {}


@pytest.mark.invariant("INV-02")
@pytest.mark.parametrize("waits", [False, True], ids=["applied", "waiting"])
def test_an_id_that_was_a_refund_never_becomes_an_act(lin: Bench, tmp_path: Path, waits: bool) -> None:
    """The bank uses an id twice: first for a refund, then for a payment. One event posts at most once."""
    ride = factories.event("metro_ride")
    back = factories.refund(ride, 100)
    if waits:
        lin.ingest_events("first", [back], tmp_path)
    else:
        lin.ingest_events("first", [ride, back], tmp_path)
    again = factories.event("bus_ride", event_id=back.event_id, occurred_at=ride.occurred_at + timedelta(hours=5))
    assert lin.ingest_events("second", [again], tmp_path)[back.event_id].code == "conflict"
    if waits:
        lin.ingest_events("third", [ride], tmp_path)
    assert lin.broken() == {}
    assert lin.one("SELECT count(*) FROM ledger.reversal") == 1


# --- refunds over several files -----------------------------------------------------------------------------------


@pytest.mark.invariant("INV-06")
@pytest.mark.parametrize("fen", [150, 400], ids=["partial", "whole"])
def test_a_waiting_refund_that_comes_again_with_its_original_applies_once(lin: Bench, tmp_path: Path, fen: int) -> None:
    ride = factories.event("metro_ride")
    back = factories.refund(ride, fen)
    assert lin.ingest_events("first", [back], tmp_path)[back.event_id].code == "waiting_original"
    lin.ingest_events("second", [back, ride], tmp_path)  # a delivery that starts anew
    assert lin.one("SELECT count(*) FROM feed.waiting_refund") == 0
    held = lin.balances()
    lin.ingest_events("third", [ride, back], tmp_path)
    assert lin.balances() == held
    assert lin.one("SELECT count(*) FROM ledger.reversal") == 1
    assert lin.broken() == {}


@pytest.mark.invariant("INV-02")
def test_a_journey_told_again_stays_one_journey(lin: Bench, tmp_path: Path) -> None:
    """A ride too soon after another stays so when its file comes again after later rides."""
    first = factories.event("metro_ride", event_id="ride-1")
    changed = factories.event("metro_ride", event_id="ride-2", occurred_at=first.occurred_at + timedelta(minutes=4))
    morrow = factories.event("metro_ride", event_id="ride-3", occurred_at=first.occurred_at + timedelta(days=1))
    ended = lin.ingest_events("monday", [first, changed], tmp_path)
    assert [ended[f"ride-{n}"].code for n in (1, 2)] == ["posted", "too_soon"]
    lin.ingest_events("tuesday", [morrow], tmp_path)
    held = lin.balances()
    lin.ingest_events("monday", [first, changed], tmp_path)
    assert lin.balances() == held


@pytest.mark.invariant("INV-02")
def test_a_ride_that_is_told_late_is_still_part_of_its_journey(lin: Bench, tmp_path: Path) -> None:
    """The order in which rides arrive does not make two of one."""
    first = factories.event("metro_ride", event_id="ride-1")
    morrow = factories.event("metro_ride", event_id="ride-2", occurred_at=first.occurred_at + timedelta(days=1))
    late = factories.event("metro_ride", event_id="ride-3", occurred_at=first.occurred_at + timedelta(minutes=6))
    lin.ingest_events("first", [first, morrow], tmp_path)
    assert lin.ingest_events("late", [late], tmp_path)["ride-3"].code == "too_soon"


@pytest.mark.invariant("INV-02")
def test_a_bill_paid_twice_stays_one_bill_after_the_first_was_refunded(lin: Bench, tmp_path: Path) -> None:
    """What was refused as the same occasion is not let in by sending the file again; a new payment is."""
    bill = factories.event("utility_payment", event_id="bill-a")
    twice = replace(bill, event_id="bill-b", occurred_at=bill.occurred_at + timedelta(hours=1))
    undone = factories.reversal(bill, occurred_at=bill.occurred_at + timedelta(days=1))
    anew = replace(bill, event_id="bill-c", occurred_at=bill.occurred_at + timedelta(days=2))
    ended = lin.ingest_events("july", [bill, twice], tmp_path)
    assert (ended["bill-a"].code, ended["bill-b"].code) == ("posted", "same_occasion")
    lin.ingest_events("undone", [undone], tmp_path)
    lin.ingest_events("july", [bill, twice], tmp_path)
    assert lin.balances()["cust-lin"] == (0, 0)
    assert lin.ingest_events("anew", [anew], tmp_path)["bill-c"].code == "posted"


# --- how much it asks of PostgreSQL ---------------------------------------------------------------------------------


def some_rows(count: int, start: datetime) -> list[BankEvent]:
    """Rows of every kind: acts with and without occasion, refunds that are tied and that wait, what is not green."""
    made: list[BankEvent] = []
    for number in range(count // 10):
        at = start + timedelta(minutes=3 * number)
        ride = factories.event("metro_ride", event_id=f"ride-{number}", occurred_at=at)
        bill = factories.event("utility_payment", event_id=f"bill-{number}", occurred_at=at)
        bill = replace(bill, attributes=bill.attributes | {"bill_ref": f"b{number}"})
        lost = factories.refund(ride, 100, event_id=f"lost-{number}", original_event_id=f"nowhere-{number}")
        made += [ride, bill, factories.refund(ride, 100), lost, replace(bill, amount_fen=1)]
        made += [
            factories.payment(event_id=f"payment-{number}-{n}", amount_fen=-100 if n == 0 else 500) for n in range(5)
        ]
    return made


def test_a_batch_needs_the_same_statements_whatever_its_size(lin: Bench, tmp_path: Path) -> None:
    counted = []
    for month, (name, count) in enumerate((("first", 10), ("small", 20), ("large", 10_000))):
        file = tmp_path / f"{name}.csv"
        start = factories.AT + timedelta(days=30 * month)
        rows = [replace(event, source=name) for event in some_rows(count, start)]
        file.write_text(factories.csv_text(rows), encoding="utf-8")
        with lin.store.count_statements() as count_of:
            reports, ended = lin.ingest(file)
        assert len(reports) == 1
        codes = {end.code for end in ended.values()}
        assert {"refunded", "waiting_original", "conflict", "amount_not_positive", "not_green"} <= codes, codes
        counted.append(count_of)
    _, small, large = counted
    assert small.by_name == large.by_name
    assert 20 < large.total < 60, large.by_name


def test_every_code_of_the_ledger_is_met_here(lin: Bench, tmp_path: Path) -> None:
    """So that no code is left which nothing can end with."""
    day = timedelta(days=1)
    ride = factories.event("metro_ride")
    bill = factories.event("utility_payment")
    steps = [factories.event("walking_steps", event_id=f"steps-{n}") for n in range(2)]
    no_card = replace(ride, event_id="stranger-card", card_ref="card-of-nobody", occurred_at=ride.occurred_at + day)
    events = [
        ride,
        replace(ride, event_id="too-soon", occurred_at=ride.occurred_at + timedelta(minutes=1)),
        bill,
        replace(bill, event_id="bill-again"),
        *steps,
        no_card,
        replace(ride, event_id="nobody", customer_ref="cust-nobody"),
        factories.refund(replace(ride, event_id="nowhere")),
        factories.refund(no_card),
        factories.refund(ride),
    ]
    found = {end.code for end in lin.ingest_events("first", events, tmp_path).values()}
    more = [ride, replace(bill, amount_fen=9_000), factories.refund(ride, event_id="once-more")]
    found |= {end.code for end in lin.ingest_events("second", more, tmp_path).values()}
    lin.decide_lines(
        [
            '{"at":"2026-06-02T08:00:00+08:00","customer_ref":"cust-shy","action":"open"}',
            (
                '{"at":"2026-06-02T08:00:00+08:00","customer_ref":"cust-shy","action":"link_card",'
                '"card_ref":"card-shy","card_product":"debit"}'
            ),
        ]
    )
    shy = replace(ride, event_id="shy", customer_ref="cust-shy", card_ref="card-shy")
    found |= {end.code for end in lin.ingest_events("third", [shy], tmp_path).values()}
    early = factories.refund(replace(ride, event_id="not yet"))
    found |= {end.code for end in lin.ingest_events("fourth", [early], tmp_path).values()}
    lin.decide_lines([f'{{"at":"{lin.clock.now().isoformat()}","customer_ref":"cust-lin","action":"close"}}'])
    assert lin.store.run(lambda c: erase(c, "cust-lin", lin.clock.now())) is Erasing.DONE
    found |= {end.code for end in lin.ingest_events("fifth", [ride], tmp_path).values()}
    assert found == {str(code) for code in PostCode}


def test_rows_that_were_rejected_go_back_and_can_come_corrected(lin: Bench, tmp_path: Path) -> None:
    ride = factories.event("metro_ride")
    assert lin.ingest_events("bad", [replace(ride, amount_fen=-400)], tmp_path)[ride.event_id].code == (
        "amount_not_positive"
    )
    assert lin.ingest_events("good", [ride], tmp_path)[ride.event_id].code == "posted"


def test_python_is_the_same_as_in_the_tests() -> None:
    """The processes that tests start run this very Ditan."""
    found = subprocess.run(
        [sys.executable, "-c", "import ditan; print(ditan.__file__)"], capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()) == Path(feed.__file__).parents[1] / "__init__.py"
