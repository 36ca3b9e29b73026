"""`ditan ledger` as an operator meets it: a customer's energy, the night, the month, and corrections by two people."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integration.test_cli import Ditan, commands, ditan, failed  # noqa: F401  a fixture
from tests.simulation.lively import LivelyBank
from tests.simulation.running import Bench

from ditan.accounts import AccountEvent, Action
from ditan.kernel import clock
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import act_id, show_act
from ditan.ledger.codes import EnergyCode
from ditan.model import CardProduct, Purpose
from ditan.store import Store
from ditan.testing import factories

RIDE = factories.event("metro_ride")
MORNING = datetime(2026, 7, 6, 9, tzinfo=BUSINESS_ZONE)
DAY = timedelta(days=1)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """What the commands believe the time is."""
    fixed = FixedClock(MORNING)
    monkeypatch.setattr(clock, "SYSTEM_CLOCK", fixed)
    return fixed


@pytest.fixture
def lin(store: Store, time: FixedClock, tmp_path: Path) -> Bench:
    """A customer with one ride of this morning: 20 energy, ripe tomorrow at seven."""
    bench = Bench(store, clock=time)
    who: dict[str, Any] = {"at": MORNING - 9 * DAY, "customer_ref": "cust-lin"}
    bench.decide(
        [
            AccountEvent(action=Action.OPEN, **who),
            *(AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **who) for purpose in Purpose),
            AccountEvent(action=Action.LINK_CARD, card_ref="card-lin-d", card_product=CardProduct.DEBIT, **who),
        ]
    )
    bench.ingest_events("monday", [RIDE], tmp_path)
    return bench


def energy(answer: dict[str, Any]) -> dict[str, int]:
    return {name.removesuffix("_energy"): value for name, value in answer.items() if name != "carbon_mg" and value}


def test_the_life_of_energy_by_hand(ditan: Ditan, lin: Bench, time: FixedClock) -> None:  # noqa: F811
    assert energy(ditan("ledger", "balance", "cust-lin", "--json").answer()) == {"growing": 20}
    assert "nothing is ripe" in ditan("ledger", "collect", "cust-lin").out
    time.advance(DAY)
    tap = ("ledger", "collect", "cust-lin", "--request", "tap-1")
    assert ditan(*tap, "--json").answer()["energy"] == 20
    again = ditan(*tap)
    assert (again.code, "done before: 20 energy" in again.out) == (0, True)

    order = ("--until", "2026-07-08", "--request", "order-1")
    hold = ditan("ledger", "hold", "cust-lin", "15", *order, "--json").answer()
    assert ditan("ledger", "hold", "cust-lin", "15", *order, "--json").answer() == hold | {"code": "exists"}
    failed(ditan("ledger", "hold", "cust-lin", "14", *order), 4, "request id")
    failed(ditan("ledger", "hold", "cust-lin", "6", "--until", "2026-07-08"), 4, "not enough", "There is 5")
    assert energy(ditan("ledger", "balance", "cust-lin", "--json").answer()) == {"available": 5, "held": 15}

    assert "12 energy" in ditan("ledger", "capture", hold["entry_id"], "--energy", "12").out
    failed(ditan("ledger", "release", hold["entry_id"]), 4, "captured before")
    second = ditan("ledger", "hold", "cust-lin", "8", "--until", "2026-07-08", "--json").answer()["entry_id"]
    assert ditan("ledger", "release", second, "--reason", "out of stock", "--json").answer()["energy"] == 8
    assert energy(ditan("ledger", "balance", "cust-lin", "--json").answer()) == {"available": 8}
    before = ditan("ledger", "balance", "cust-lin", "--recorded-by", "2026-07-06T10:00", "--json").answer()
    assert energy(before) == {"growing": 20}
    assert energy(ditan("ledger", "balance", "cust-lin", "--happened-by", "2026-07-01", "--json").answer()) == {}

    page = ditan("ledger", "history", "cust-lin", "--limit", "4", "--json").answer()
    older = ditan("ledger", "history", "cust-lin", "--after", page["next"], "--json").answer()
    # All within the one moment of this test's clock but the ride.
    assert sorted(e["kind"] for e in (*page["entries"], *older["entries"])) == [
        "act", "capture", "collect", "hold", "hold", "release",
    ]  # fmt: skip
    assert older["entries"][-1]["kind"] == "act"
    shown = ditan("ledger", "history", "cust-lin", "--limit", "4").out
    assert "--after" in shown
    told = ditan("statement", "cust-lin", "--month", "2026-07").out
    assert "Energy: 8 available." in told
    assert "Energy in this period: 20 collected, 12 redeemed." in told
    assert lin.broken() == {}


def test_a_debt_is_said_in_one_sentence(
    ditan: Ditan,  # noqa: F811
    lin: Bench,
    time: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time.advance(DAY)
    ditan("ledger", "collect", "cust-lin")
    hold = ditan("ledger", "hold", "cust-lin", "20", "--until", "2026-07-08", "--json").answer()["entry_id"]
    ditan("ledger", "capture", hold)
    lin.ingest_events("back", [factories.refund(RIDE, 400, occurred_at=time.now())], tmp_path)
    for words in (("statement", "cust-lin"), ("ledger", "balance", "cust-lin")):
        assert "20 energy is owed, and what you earn next pays it first." in ditan(*words).out
    monkeypatch.setenv("DITAN_LANGUAGE", "zh")
    assert "尚欠 20 能量" in ditan("ledger", "balance", "cust-lin").out
    refused = ditan("ledger", "hold", "cust-lin", "1", "--until", "2026-07-09", "--request", "another")
    assert "可用能量不足" in refused.err


def test_the_night_and_the_month(ditan: Ditan, lin: Bench, time: FixedClock, tmp_path: Path) -> None:  # noqa: F811
    failed(ditan("ledger", "close", "2026-07-06"), 2, "is not over", "last day that can be closed")
    time.advance(9 * DAY)
    assert ditan("ledger", "sweep", "--json").answer()["lapsed_energy"] == 20
    assert "0 energy lapsed" in ditan("ledger", "sweep").out
    shown = ditan("ledger", "close", "2026-07-07")
    assert "2026-07-06" in shown.out
    assert [day["day"] for day in ditan("ledger", "close", "--json").answer()] == [
        f"2026-07-{n:02}" for n in range(8, 15)
    ]
    assert "were closed before" in ditan("ledger", "close", "2026-07-10").out
    late = replace(RIDE, event_id="late", occurred_at=MORNING + 2 * DAY)
    lin.ingest_events("late", [late], tmp_path)

    july = ditan("ledger", "liability", "--month", "2026-07", "--rate", "0.005", "--json").answer()
    assert (july["opening_energy"], july["closing_energy"], july["closed"]) == (0, 20, False)
    assert {flow["kind"]: flow["energy"] for flow in july["flows"] if flow["energy"]} == {"act": 40, "lapse": -20}
    assert (july["entries"], july["earlier_entries"]) == (3, 2)
    assert july["closing_fen"] == "10.000"
    out = ditan("ledger", "liability", "--from", "2026-07-06", "--to", "2026-07-15", "--rate", "0.005", "--csv").out
    rows = {row["line"]: row for row in csv.DictReader(io.StringIO(out))}
    assert [rows["closing"][column] for column in ("ripe_energy", "energy", "yuan")] == ["20", "20", "0.100"]
    assert rows["lapse"]["name_zh"] == "未收取而消失"
    told = ditan("ledger", "liability", "--month", "2026-07").out
    assert "lapsed, not collected in time" in told
    assert "it still changes" in told

    trial = ditan("ledger", "trial-balance", "--to", "2026-07-14", "--json").answer()
    assert trial["closed"]
    lines = {(line["asset"], line["account"]): line["closing"] for line in trial["lines"]}
    assert lines["carbon", "customers"] == 340_910
    out = ditan("ledger", "trial-balance", "--month", "2026-07", "--csv").out
    found = list(csv.DictReader(io.StringIO(out)))
    assert sum(int(row["debit"]) for row in found) == sum(int(row["credit"]) for row in found) > 0
    assert trial["digest"] in ditan("ledger", "trial-balance", "--to", "2026-07-14").out
    time.advance(17 * DAY)
    ditan("ledger", "close", "--month", "2026-07")
    assert ditan("ledger", "liability", "--month", "2026-07", "--json").answer()["closed"]
    assert lin.broken() == {}


def test_a_correction_takes_two_people(ditan: Ditan, lin: Bench) -> None:  # noqa: F811
    ditan("ledger", "limited", "open", "stock", "树苗")
    supply = ("ledger", "limited", "supply", "树苗", "3", "--maker", "wang", "--reason", "spring", "--request", "s1")
    proposal = ditan(*supply, "--json").answer()["proposal_id"]
    assert ditan(*supply, "--json").answer()["proposal_id"] == proposal
    gift = ("ledger", "propose", "cust-lin", "50", "--maker", "wang", "--reason", "complaint [4711]")
    second = ditan(*gift, "--json").answer()["proposal_id"]
    waiting = ditan("ledger", "proposals").out
    assert all(word in waiting for word in (proposal, second, "complaint [4711]"))
    failed(ditan("ledger", "approve", proposal, "--checker", "wang"), 4, "second person")
    assert ditan("ledger", "approve", proposal, "--checker", "li", "--json").answer()["energy"] == 3
    assert "Approved: +50" in ditan("ledger", "approve", second, "--checker", "li").out
    third = ditan(*gift[:3], "-7", *gift[4:], "--request", "take", "--json").answer()["proposal_id"]
    assert "Declined" in ditan("ledger", "decline", third, "--checker", "li").out
    assert ditan("ledger", "proposals", "--json").answer() == []
    assert ditan("ledger", "limited", "list", "--json").answer()[0]["balance"] == 3
    assert "树苗" in ditan("ledger", "limited", "list").out
    assert energy(ditan("ledger", "balance", "cust-lin", "--json").answer()) == {"growing": 20, "available": 50}
    hold = ("ledger", "hold", "cust-lin", "10", "--limited", "树苗", "--units", "2", "--until", "2026-07-07")
    assert ditan(*hold, "--json").answer()["code"] == "done"
    refused = ditan(*hold, "--request", "more", "--json").answer()
    assert (refused["code"], refused["error"]) == (EnergyCode.USED_UP, "LedgerRefusal")


def test_every_command_prints_json(ditan: Ditan, lin: Bench, time: FixedClock) -> None:  # noqa: F811
    done: set[str] = set()

    def run(name: str, *words: str) -> Any:
        done.add(f"ledger {name}")
        ended = ditan("ledger", *name.split(), *words, "--json")
        assert ended.code == 0, ended
        return ended.answer()

    time.advance(DAY)
    assert run("collect", "cust-lin", "--act", show_act(act_id(RIDE.source, RIDE.event_id)))["energy"] == 20
    holds = [run("hold", "cust-lin", "5", "--until", "2026-07-09", "--request", name)["entry_id"] for name in "ab"]
    assert run("capture", holds[0])["entry_id"] != run("release", holds[1])["entry_id"]
    assert run("limited open", "fund", "海岛")["unit"] == "fen"
    why = ("--maker", "wang", "--reason", "why")
    asked = (("limited supply", "海岛", "9"), ("propose", "cust-lin", "7"))
    ids = [run(*words, *why, "--request", words[0])["proposal_id"] for words in asked]
    assert {each["proposal_id"] for each in run("proposals")} == set(ids)
    assert run("approve", ids[0], "--checker", "li")["code"] == "done"
    assert run("decline", ids[1], "--checker", "li")["code"] == "declined"
    assert run("limited list")[0]["balance"] == 9
    assert run("balance", "cust-lin")["available_energy"] == 15
    assert run("history", "cust-lin")["entries"]
    assert run("sweep")["customers"] == 0
    assert run("close")[0]["digest"]
    assert run("trial-balance")["lines"]
    assert run("liability")["closing_energy"] == 15
    assert sorted(done) == [name for name in commands() if name.startswith("ledger ")]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("balance", "cust-nobody"), 3, "cust-nobody"),
        (("history", "cust-nobody"), 3, "cust-nobody"),
        (("history", "cust-lin", "--after", "x"), 2, "cursor"),
        (("balance", "cust-lin", "--recorded-by", "noon"), 2, "not a time"),
        (("close", "july"), 2, "not a day"),
        (("close", "2026-07-01", "--month", "2026-07"), 2, "not both"),
        (("liability", "--month", "2026-7-1"), 2, "not a month"),
        (("liability", "--rate", "dear"), 2, "price"),
        (("trial-balance", "--month", "2026-07", "--from", "2026-07-01"), 2, "two days"),
        (("capture", "7"), 2, "id of a hold"),
        (("release", "00000000-0000-0000-0000-000000000007"), 3, "no such hold"),
        (("approve", "00000000-0000-0000-0000-000000000007", "--checker", "li"), 3, "no proposal"),
        (("hold", "cust-lin", "0", "--until", "2026-07-08"), 2, "whole number"),
        (("limited", "supply", "树苗", "1", "--maker", "w", "--reason", "r"), 3, "no limited account"),
    ],
)
def test_what_cannot_be_done_says_why(
    ditan: Ditan,  # noqa: F811
    lin: Bench,
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    done = ditan("ledger", *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err


def test_every_report_comes_out_of_a_lively_bank(
    ditan: Ditan,  # noqa: F811
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = LivelyBank(store, tmp_path, "cli").steps(25)
    monkeypatch.setattr(clock, "SYSTEM_CLOCK", bank.clock)
    for language in ("en", "zh"):
        monkeypatch.setenv("DITAN_LANGUAGE", language)
        for words in (
            ("liability",),
            ("trial-balance",),
            ("history", "cust-0"),
            ("balance", "cust-1"),
            ("limited", "list"),
        ):
            done = ditan("ledger", *words)
            assert (done.code, bool(done.out.strip())) == (0, True), done
    budget = next(
        line for line in ditan("ledger", "liability", "--json").answer()["limited"] if line["kind"] == "budget"
    )
    assert budget["closing"] == budget["opening"] + budget["given"] - budget["taken"]
