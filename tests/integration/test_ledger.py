"""The ledger by itself: reading it, waiting refunds, packs that are registered once, and writers that take turns."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import NOW, Bench, compiled, shipped

from ditan import ledger
from ditan.accounts import AccountEvent, Action
from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.errors import Conflict, NotFound
from ditan.kernel.ids import ActId, act_id, show_act
from ditan.ledger.codes import MEANING, PostCode
from ditan.model import BankEvent, CardProduct, Purpose
from ditan.store import Store
from ditan.testing import factories

SINCE = datetime(2026, 1, 2, tzinfo=UTC)
RIDE = factories.event("metro_ride")
RIDE_ID = act_id(RIDE.source, RIDE.event_id)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def lin(store: Store, clock: FixedClock) -> Iterator[Bench]:
    """One customer with everything consented and linked since January."""
    bench = Bench(store, clock=clock)
    who: dict[str, Any] = {"at": SINCE, "customer_ref": "cust-lin"}
    bench.decide(
        [
            AccountEvent(action=Action.OPEN, **who),
            *(AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **who) for purpose in Purpose),
            AccountEvent(action=Action.LINK_CARD, card_ref="card-lin-d", card_product=CardProduct.DEBIT, **who),
        ]
    )
    return bench


def ride(event_id: str, at: datetime, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=at, **changes)


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BUSINESS_ZONE)  # type: ignore[arg-type,misc]


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_statement_is_of_the_business_month(lin: Bench, tmp_path: Path) -> None:
    inside = [ride("first", local(2026, 7, 1)), ride("last", local(2026, 7, 31, 23, 59, 59))]
    outside = [ride("june", local(2026, 6, 30, 20)), ride("august", local(2026, 8, 1, 8))]
    back = factories.refund(inside[0], 200, occurred_at=local(2026, 8, 2))
    lin.ingest_events("rides", [*inside, *outside, back], tmp_path)
    with lin.store.unit_of_work() as connection:
        july = ledger.statement(connection, "cust-lin", local(2026, 7, 1), local(2026, 8, 1), NOW)
        august = ledger.statement(connection, "cust-lin", local(2026, 8, 1), local(2026, 9, 1), NOW)
        balance = ledger.balance(connection, "cust-lin", NOW)
    assert [line.act_id for line in july.acts] == [act_id(RIDE.source, name) for name in ("first", "last")]
    assert (july.carbon_mg, july.reversals) == (2 * 340_910, [])
    assert [(r.carbon_mg, r.energy) for r in august.reversals] == [(170_455, 10)]
    assert (august.carbon_mg, august.energy) == (340_910 - 170_455, 10)
    assert july.balance == balance
    assert (balance.carbon_mg, balance.energy) == (4 * 340_910 - 170_455, 70)


def test_an_act_says_what_cut_it_and_what_was_taken_back(lin: Bench, tmp_path: Path) -> None:
    tickets = [
        factories.event("rail_travel", event_id=f"t{n}", occurred_at=local(2026, 7, n + 1, 9), amount_fen=30_000)
        for n in range(4)
    ]
    lin.ingest_events("rail", [*tickets, factories.refund(tickets[2], 10_000)], tmp_path)
    with lin.store.unit_of_work() as connection:
        third, fourth = (ledger.find_act(connection, act_id(RIDE.source, f"t{n}")) for n in (2, 3))
        ninth = ledger.statement(connection, "cust-lin", SINCE, NOW, NOW).acts[-1]
    assert third.quantified_mg == 9_559_375
    assert third.carbon_mg == 20_000_000 - 2 * 9_559_375
    assert [cut.code for cut in third.cuts] == ninth.cuts == ["carbon_monthly_grams"]
    assert (third.reversed_mg, third.reversed_energy) == (293_750, 20)  # a third of 881,250 mg and of 60 points
    assert (fourth.carbon_mg, fourth.energy) == (0, 60)
    assert third.pack_version == compiled()[2].version
    assert third.factor_ids
    assert third.received_at == NOW


def test_what_is_not_there_is_named(lin: Bench) -> None:
    with lin.store.unit_of_work() as connection:
        with pytest.raises(NotFound, match=show_act(RIDE_ID)):
            ledger.find_act(connection, ActId(RIDE_ID))
        with pytest.raises(NotFound, match="cust-nobody"):
            ledger.balance(connection, "cust-nobody", NOW)


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert MEANING.keys() == set(PostCode)
    assert all(text.zh and text.en for text in MEANING.values())


# --- waiting refunds ----------------------------------------------------------------------------------------------


@pytest.mark.invariant("INV-06")
def test_a_refund_waits_as_long_as_it_may_and_is_then_forgotten(lin: Bench, tmp_path: Path, clock: FixedClock) -> None:
    back = factories.refund(RIDE, 100)
    other = replace(back, event_id="other", original_event_id="nowhere")
    lin.ingest_events("refunds", [back, other], tmp_path)
    clock.advance(timedelta(days=limits.waiting_refund_days))
    found = lin.ingest_events("in time", [RIDE], tmp_path)
    assert found[RIDE.event_id].code == "posted"
    assert lin.balances()["cust-lin"] == (340_910 - 85_228, 15)  # 85,227.5 mg, to the even one
    assert lin.one("SELECT count(*) FROM feed.waiting_refund") == 1
    clock.advance(timedelta(seconds=1))
    lin.ingest_events("later", [factories.payment()], tmp_path)
    assert lin.one("SELECT count(*) FROM feed.waiting_refund") == 0
    assert lin.broken() == {}


@pytest.mark.invariant("INV-02")
def test_an_id_that_leaves_no_act_is_looked_up_as_well(lin: Bench, tmp_path: Path) -> None:
    """Nothing is copied here that the primary key could refuse: an id that was a refund, an act told of a stranger."""
    back = factories.refund(RIDE, 100)
    lin.ingest_events("first", [RIDE, back], tmp_path)
    before = lin.balances()
    stranger = replace(RIDE, customer_ref="cust-nobody")
    assert lin.ingest_events("a stranger", [stranger], tmp_path)[RIDE.event_id].code == "conflict"
    later = ride(back.event_id, RIDE.occurred_at + timedelta(days=3))
    assert lin.ingest_events("a refund's id", [later], tmp_path)[back.event_id].code == "conflict"
    assert lin.balances() == before
    assert lin.one("SELECT count(*) FROM feed.conflict") == 2
    assert lin.broken() == {}


@pytest.mark.invariant("INV-06")
def test_parts_of_a_refund_add_up_however_they_are_cut(lin: Bench, tmp_path: Path) -> None:
    """Seven parts in three files, more money than was paid: what was given comes back to the milligram, and no more."""
    parts = [
        factories.refund(RIDE, fen, event_id=f"part-{n}", occurred_at=RIDE.occurred_at + timedelta(hours=n))
        for n, fen in enumerate((1, 99, 133, 7, 61, 98, 50))
    ]
    lin.ingest_events("first", [parts[0], RIDE, parts[1]], tmp_path)
    lin.ingest_events("second", parts[2:5], tmp_path)
    assert lin.balances()["cust-lin"] == (340_910 - round(340_910 * 301 / 400), 20 - 15)
    found = lin.ingest_events("third", parts[5:], tmp_path)
    assert [found[f"part-{n}"].code for n in (5, 6)] == ["refunded", "refunded"]
    assert lin.balances()["cust-lin"] == (0, 0)
    assert lin.ingest_events("fourth", [factories.reversal(RIDE)], tmp_path)["metro_ride-1-v"].code == "nothing_left"
    assert lin.broken() == {}


# --- caps of months long past -------------------------------------------------------------------------------------


@pytest.mark.parametrize("months_later", [0, 1, 2, 3])
def test_a_late_ride_meets_the_cap_of_its_own_day(lin: Bench, tmp_path: Path, months_later: int) -> None:
    """The cap is four a day; the fifth ride of the first day of April comes with the files of a later month."""
    hours = (0, 6, 12, 18)  # the first of them at midnight in Shanghai: the day before in UTC
    lin.ingest_events("april", [ride(f"ride-{hour}", local(2026, 4, 1, hour)) for hour in hours], tmp_path)
    for month in range(5, 5 + months_later):
        lin.ingest_events(f"month-{month}", [ride(f"later-{month}", local(2026, month, 2, 8))], tmp_path)
    held = lin.balances()
    late = ride("late", local(2026, 4, 1, 22))
    assert lin.ingest_events("late", [late], tmp_path)["late"].code == "capped"
    assert lin.balances() == held
    assert lin.broken() == {}


# --- packs and writers --------------------------------------------------------------------------------------------


def test_a_pack_is_registered_once(lin: Bench) -> None:
    content, rates, methodology = compiled()
    given = (methodology.pack, methodology.version, content, rates)

    def register(version: str) -> int:
        return lin.store.run(lambda connection: ledger.registered_pack(connection, given[0], version, *given[2:]))

    assert register(methodology.version) == lin.methodology.pack_id
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(register("another"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == 4
    assert len(set(results)) == 1
    assert lin.one("SELECT count(*) FROM methodology.scenario") == 2 * len(shipped().scenarios)


@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-05")
def test_writers_take_turns(lin: Bench, tmp_path: Path) -> None:
    """Four files at once, each with its own rides and all with the same ones: each is posted once, each cap holds."""
    shared = [ride(f"shared-{n}", local(2026, 7, n + 1, 8)) for n in range(6)]
    own = [[ride(f"own-{w}-{n}", local(2026, 7, n + 1, 10 + 2 * w)) for n in range(6)] for w in range(4)]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            bench = Bench(lin.store)
            bench.ingest_events(f"file-{number}", [*shared, *own[number]], tmp_path)
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=100)
    assert failures == []
    rows = lin.ask("SELECT count(*), count(*) FILTER (WHERE carbon_mg > 0) FROM ledger.act")
    assert rows == [(30, 24)]  # five rides on each of six days, of which four count
    assert lin.balances()["cust-lin"] == (24 * 340_910, 24 * 20)
    assert lin.broken() == {}


@pytest.mark.invariant("INV-09")
def test_a_decision_in_the_middle_of_a_batch_waits_for_its_end(
    lin: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consent is withdrawn after the batch has read who may post, and before it has written what it posts."""
    from ditan.ledger import posting

    refused: list[Conflict] = []

    def withdraw() -> None:
        event = AccountEvent(
            at=RIDE.occurred_at - timedelta(hours=1), action=Action.WITHDRAW_CONSENT, customer_ref="cust-lin",
            purpose=Purpose.WHEREABOUTS,
        )  # fmt: skip
        try:
            lin.decide([event])
        except Conflict as error:
            refused.append(error)

    writes, deciding = posting._write, threading.Thread(target=withdraw)

    def interrupted(*given: Any) -> None:
        deciding.start()
        deciding.join(timeout=0.5)  # it may go on, or have to wait
        writes(*given)

    with monkeypatch.context() as patched:
        patched.setattr(posting, "_write", interrupted)
        assert lin.ingest_events("rides", [RIDE], tmp_path)[RIDE.event_id].code == "posted"
    deciding.join(timeout=60)
    assert lin.broken() == {}
    assert len(refused) == 1


@pytest.mark.invariant("INV-12")
def test_what_is_not_committed_is_not_there(lin: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ditan import feed

    def full(*given: Any, **named: Any) -> Any:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(feed, "prepare", full)
        with pytest.raises(OSError, match="no space"):
            lin.ingest_events("first", [RIDE], tmp_path)
    assert lin.acts() == {}
    assert lin.ingest_events("first", [RIDE], tmp_path)[RIDE.event_id].code == "posted"
