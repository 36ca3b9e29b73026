"""Cases of the life of energy that are easily got wrong, each small enough to be reckoned by hand.

Every step is done on the model and on the database, which must agree; the numbers here are what both must say.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from tests.simulation.energy_oracle import DAY, MINUTE, Answer, Op
from tests.simulation.energy_running import BILL, EnergyBank
from tests.simulation.oracle import Offer

from ditan import ledger
from ditan.cli.ingest import DUCK
from ditan.kernel.errors import Conflict, InvalidInput
from ditan.kernel.ids import key
from ditan.proof import check_invariants
from ditan.store import Store

LIN, WU = "cust-0", "cust-1"
BUDGET = "budget of spring"
NOON = datetime(2026, 3, 2, 4)  # UTC; a Monday noon in Beijing
YEAR_END = date(2027, 3, 31)  # of what is collected in March 2026
MONTH_END = datetime(2026, 3, 31, 16)  # the midnight after the last day of March
CLOSE = timedelta(microseconds=1)
NOW = NOON.replace(tzinfo=UTC)

pytestmark = [pytest.mark.invariant("INV-05"), pytest.mark.invariant("INV-06"), pytest.mark.invariant("INV-07")]


class Both:
    """The model and the database, side by side."""

    def __init__(self, bank: EnergyBank) -> None:
        self.bank, self.model = bank, bank.open()
        self.asked: list[tuple[str, str]] = []
        self.numbers = 0
        self.do("supply", NOON - 30 * DAY, limited=BUDGET, request="first", units=1_000)

    def do(self, name: str, at: datetime, **given: Any) -> Any:
        op = Op(name, at, given)
        answer = self.model.do(op)
        assert self.bank.do(op) == answer, f"{op} on {self.model.dump()}"
        if name == "hold":
            self.asked.append((given["customer"], given["request"]))
        assert self.bank.dump(self.asked) == self.model.dump(), op
        return answer

    def request(self) -> str:
        self.numbers += 1
        return f"request-{self.numbers}"

    def earn(self, at: datetime, *energies: int, customer: str = LIN) -> list[Offer]:
        """Acts of 100 fen and 1,000 mg each."""
        acts = [
            Offer(n, key(self.request()), key("content", str(self.numbers)), at, 100, customer=customer, scenario=BILL,
                  card=f"card-{customer}", carbon_mg=1_000, energy=energy)
            for n, energy in enumerate(energies, start=1)
        ]  # fmt: skip
        self.do("post", at, acts=acts, refunds=[])
        return acts

    def refund(self, at: datetime, *parts: tuple[Offer, int]) -> list[tuple[str, int]]:
        """Refunds of so many fen, in one batch; give the code and energy of each."""
        refunds = [
            Offer(n, key(self.request()), key("content", str(self.numbers)), at + n * MINUTE, fen, customer=of.customer,
                  original=of.key, refund=True)
            for n, (of, fen) in enumerate(parts, start=1)
        ]  # fmt: skip
        endings = self.do("post", at, acts=[], refunds=refunds)
        return [(endings[n].code, endings[n].energy) for n in range(1, len(parts) + 1)]

    def collect(self, at: datetime, act: Offer | None = None, customer: str = LIN) -> Answer:
        [answer] = self.do("collect", at, taps=[(customer, self.request(), act.key if act else None)])
        return answer

    def hold(self, at: datetime, energy: int, until: datetime, name: str = "held") -> Answer:
        return self.do("hold", at, customer=LIN, request=name, energy=energy, deadline=until)

    def end(self, what: str, at: datetime, energy: int | None = None, name: str = "held") -> Answer:
        more = {"energy": energy} if what == "capture" else {}
        return self.do(what, at, customer=LIN, request=name, **more)

    def sums(self, customer: str = LIN) -> tuple[int, int, int, int]:
        """Pending, available, held, owed."""
        return self.model.dump()[customer]["sums"]

    def lots(self, customer: str = LIN) -> dict[date, int]:
        return self.model.holders[customer].lots


@pytest.fixture
def both(store: Store) -> Iterator[Both]:
    with duckdb.connect(config=DUCK) as duck:
        made = Both(EnergyBank(store, duck, customers=2, limited=(BUDGET,)))
        yield made
    with store.unit_of_work() as connection:
        assert {v.invariant: v.offenders for v in check_invariants(connection, elsewhere={}) if not v.holds} == {}


# --- ripening, lapsing, expiring: to the minute --------------------------------------------------------------------


def test_a_ball_is_ripe_from_seven_of_the_next_day_for_seven_days(both: Both) -> None:
    both.earn(NOON, 20, 30)
    ripe = datetime(2026, 3, 2, 23)  # seven in the morning of the third of March
    assert both.collect(ripe - CLOSE) == Answer("nothing")
    [first, second] = both.earn(NOON, 1, 2)
    assert both.collect(ripe, first) == Answer("done", 1)
    assert both.collect(ripe + 7 * DAY - CLOSE, second) == Answer("done", 2)
    assert both.collect(ripe + 7 * DAY) == Answer("nothing")
    assert both.do("settle", ripe + 7 * DAY, customer=LIN) == (50, 0)


def test_a_lot_can_be_used_on_its_last_day_and_not_after(both: Both) -> None:
    both.do("adjust", NOON, customer=LIN, request="up", energy=50, months=0)
    assert both.hold(MONTH_END - CLOSE, 10, MONTH_END + DAY) == Answer("done", 10)
    assert both.do("settle", MONTH_END - CLOSE, customer=LIN) == (0, 0)
    assert both.hold(MONTH_END, 10, MONTH_END + DAY, "too late") == Answer("not_enough", 0)
    assert both.do("settle", MONTH_END, customer=LIN) == (0, 40)
    assert both.end("capture", MONTH_END + MINUTE) == Answer("done", 10)  # what was held in time is promised


def test_on_the_last_day_only_what_is_due_goes(both: Both) -> None:
    """Something else is due on the last day of a lot: the lot stays."""
    both.earn(MONTH_END - 9 * DAY, 20)
    both.do("adjust", NOON, customer=LIN, request="up", energy=50, months=0)
    assert both.do("settle", MONTH_END - MINUTE, customer=LIN) == (20, 0)
    assert both.sums() == (0, 50, 0, 0)


def test_a_hold_can_be_captured_until_its_deadline(both: Both) -> None:
    both.do("adjust", NOON, customer=LIN, request="up", energy=50, months=12)
    both.hold(NOON, 10, NOON + DAY, "a")
    both.hold(NOON, 10, NOON + DAY, "b")
    assert both.end("capture", NOON + DAY - CLOSE, name="a") == Answer("done", 10)
    assert both.end("capture", NOON + DAY, name="b") == Answer("too_late")
    assert both.end("release", NOON + DAY, name="b") == Answer("done", 10)


def test_a_lot_that_expired_while_it_was_held_does_not_come_back(both: Both) -> None:
    both.do("adjust", NOON, customer=LIN, request="old", energy=30, months=0)
    both.do("adjust", NOON, customer=LIN, request="new", energy=30, months=1)
    both.hold(NOON, 50, MONTH_END + 9 * DAY)
    assert both.end("capture", MONTH_END, 10) == Answer("done", 10)  # of the old lot: 20 are left, and expire
    assert both.lots() == {date(2026, 4, 30): 30}


def test_what_is_given_back_keeps_its_age(both: Both) -> None:
    for months in (3, 0, 2):
        both.do("adjust", NOON, customer=LIN, request=f"{months}", energy=10, months=months)
    before = both.lots().copy()
    both.hold(NOON, 25, NOON + DAY)
    assert both.lots() == {date(2026, 6, 30): 5}
    both.end("release", NOON + MINUTE)
    assert both.lots() == before == {date(2026, 3, 31): 10, date(2026, 5, 31): 10, date(2026, 6, 30): 10}


# --- refunds, wherever the energy is -------------------------------------------------------------------------------


def test_refunds_before_and_after_a_ball_is_collected(both: Both) -> None:
    [act] = both.earn(NOON, 100)
    assert both.refund(NOON, (act, 30), (act, 30)) == [("refunded", -30), ("refunded", -30)]
    assert both.sums() == (40, 0, 0, 0)
    assert both.collect(NOON + DAY) == Answer("done", 40)
    assert both.refund(NOON + DAY, (act, 15), (act, 99), (act, 1)) == [
        ("refunded", -15), ("refunded", -25), ("nothing_left", 0)]  # fmt: skip
    assert both.sums() == (0, 0, 0, 0)


def test_a_ball_that_was_taken_back_cannot_be_collected(both: Both) -> None:
    [act, other] = both.earn(NOON, 20, 30)
    both.refund(NOON, (act, 100))
    assert both.collect(NOON + DAY, act) == Answer("nothing")
    assert both.collect(NOON + DAY) == Answer("done", 30)
    assert both.collect(NOON + DAY, other) == Answer("nothing")


def test_a_refund_while_held_is_a_debt_that_the_rest_of_the_hold_pays(both: Both) -> None:
    [act] = both.earn(NOON, 100)
    both.collect(NOON + DAY)
    both.hold(NOON + DAY, 70, NOON + 3 * DAY)
    both.refund(NOON + DAY, (act, 100))
    assert both.sums() == (0, 0, 70, 70)
    assert both.end("capture", NOON + 2 * DAY, 20) == Answer("done", 20)
    assert both.sums() == (0, 0, 0, 20)
    both.earn(NOON + 2 * DAY, 50)
    assert both.collect(NOON + 3 * DAY) == Answer("done", 50)
    assert both.sums() == (0, 30, 0, 0)


def test_debt_takes_first_what_would_expire_first(both: Both) -> None:
    [act] = both.earn(NOON, 30)
    both.collect(NOON + DAY)
    both.hold(NOON + DAY, 30, NOON + 2 * DAY)
    both.end("capture", NOON + DAY)
    both.refund(NOON + DAY, (act, 100))
    both.earn(NOON + DAY, 40)
    both.do("award", NOON + 2 * DAY, customer=LIN, request="gift", energy=20, budget=BUDGET, collect_days=7, months=0)
    assert both.collect(NOON + 2 * DAY) == Answer("done", 60)
    assert both.lots() == {YEAR_END: 30}
    assert both.sums() == (0, 30, 0, 0)


def test_an_adjustment_pays_debt_first_and_goes_no_lower_than_there_is(both: Both) -> None:
    [act] = both.earn(NOON, 30)
    both.collect(NOON + DAY)
    both.hold(NOON + DAY, 30, NOON + 2 * DAY)
    both.end("capture", NOON + DAY)
    both.refund(NOON + DAY, (act, 100))
    both.do("adjust", NOON + DAY, customer=LIN, request="down", energy=-1, months=0)
    both.do("adjust", NOON + DAY, customer=LIN, request="up", energy=50, months=0)
    assert both.sums() == (0, 20, 0, 0)
    down = {"customer": LIN, "months": 0}
    assert both.do("adjust", MONTH_END, request="due", energy=-20, **down) == Answer("not_enough", 0)
    assert both.sums() == (0, 20, 0, 0)  # a refusal leaves no trace, not even of what is due
    assert both.do("settle", MONTH_END, customer=LIN) == (0, 20)


def test_a_refund_of_what_lapsed_takes_nothing_from_the_customer(both: Both) -> None:
    [act, _] = both.earn(NOON, 20, 30)
    both.do("adjust", NOON, customer=LIN, request="up", energy=50, months=12)
    both.refund(NOON + 9 * DAY, (act, 100))
    assert both.sums() == (0, 50, 0, 0)


def test_a_refund_of_a_lot_of_which_a_part_expired(both: Both) -> None:
    """100 collected, 30 spent, 70 expired: the refunds find 70, once; 30 are a debt."""
    [first, second] = both.earn(NOON, 50, 50)
    both.collect(NOON + DAY)
    both.hold(NOON + DAY, 30, NOON + 2 * DAY)
    both.end("capture", NOON + DAY)
    after = NOON + 400 * DAY
    both.refund(after, (first, 100), (second, 60), (second, 40))
    assert both.sums() == (0, 0, 0, 30)
    assert both.model.holders[LIN].returned[YEAR_END] == 70


def test_a_refund_takes_its_own_lot_before_others(both: Both) -> None:
    [act] = both.earn(NOON, 50)
    both.collect(NOON + DAY)
    both.do("adjust", NOON, customer=LIN, request="older", energy=10, months=0)
    both.do("adjust", NOON, customer=LIN, request="newer", energy=10, months=20)
    both.hold(NOON + DAY, 5, NOON + 2 * DAY)
    both.refund(NOON + DAY, (act, 80))
    assert both.lots() == {date(2026, 3, 31): 5, YEAR_END: 10, date(2027, 11, 30): 10}
    both.hold(NOON + DAY, 20, NOON + 2 * DAY, "more")  # what is left of the older, all of its own, half of the newer
    both.refund(NOON + DAY, (act, 20))
    assert both.lots() == {}
    assert both.sums() == (0, 0, 25, 5)


def test_an_act_without_energy_gives_back_its_carbon(both: Both) -> None:
    [act] = both.earn(NOON, 0)
    assert both.collect(NOON + DAY) == Answer("nothing")
    assert both.refund(NOON + DAY, (act, 50), (act, 50)) == [("refunded", 0), ("refunded", 0)]
    assert both.bank.bank.ask("SELECT sum(carbon_mg) FROM ledger.holder") == [(0,)]


# --- accounts that close, clocks that go back ----------------------------------------------------------------------


def test_a_closed_account_gets_nothing_more_but_its_holds_end(both: Both) -> None:
    both.earn(NOON, 50)
    both.collect(NOON + DAY)
    both.earn(NOON, 20)
    both.hold(NOON + DAY, 10, NOON + 3 * DAY, "a")
    both.hold(NOON + DAY, 10, NOON + 3 * DAY, "b")
    both.do("close", NOON + 2 * DAY, customer=LIN)
    assert both.hold(NOON + 2 * DAY, 5, NOON + 3 * DAY, "c") == Answer("closed")
    assert both.collect(NOON + 2 * DAY) == Answer("closed")
    assert both.end("capture", NOON + 2 * DAY, name="a") == Answer("done", 10)
    assert both.end("release", NOON + 2 * DAY, name="b") == Answer("done", 10)
    assert both.do("settle", NOON + 10 * DAY, customer=LIN) == (20, 0)


def test_time_does_not_go_back_for_a_customer(both: Both) -> None:
    both.earn(NOON, 50)
    after_midnight = MONTH_END + MINUTE
    both.do("adjust", after_midnight, customer=LIN, request="up", energy=10, months=0)
    both.do("adjust", after_midnight - 2 * MINUTE, customer=LIN, request="earlier", energy=10, months=0)
    assert both.lots() == {date(2026, 4, 30): 20}
    assert both.hold(after_midnight - 3 * MINUTE, 5, after_midnight) == Answer("done", 5)


# --- what is refused at the door ------------------------------------------------------------------------------------


def test_a_deadline_is_the_same_in_every_zone(both: Both) -> None:
    both.do("adjust", NOON, customer=LIN, request="up", energy=50, months=12)
    both.asked.append((LIN, "zone"))

    def hold(deadline: str) -> ledger.Answer:
        until = datetime.fromisoformat(deadline)
        with both.bank.bank.store.unit_of_work() as connection:
            return ledger.hold(connection, both.bank.ids[LIN], "zone", 5, deadline=until, now=NOW)

    answers = [hold("2026-03-03T12:00:00+08:00"), hold("2026-03-03T04:00:00Z")]
    assert [answer.code for answer in answers] == ["done", "exists"]


@pytest.mark.parametrize(("collect_days", "expires_months"), [(0, 12), (32, 12), (7, -1), (7, 64)])
def test_a_life_that_a_ball_cannot_hold_is_refused(both: Both, collect_days: int, expires_months: int) -> None:
    terms = {"collect_days": collect_days, "expires_months": expires_months}
    with both.bank.bank.store.unit_of_work() as connection, pytest.raises(InvalidInput):
        ledger.award(
            connection,
            both.bank.ids[LIN],
            "gift",
            5,
            budget_id=both.bank.limited[BUDGET],
            now=NOW,
            **terms,
        )


def test_who_proposed_it_is_no_second_person(both: Both) -> None:
    with both.bank.bank.store.unit_of_work() as connection:
        who = {"customer_id": both.bank.ids[LIN], "reason": "a test", "now": NOW}
        proposal = ledger.propose(connection, "up", 5, maker="Li", **who)
        for name in ("Li", " Li", "Li "):
            with pytest.raises(Conflict):
                ledger.decide(connection, proposal, checker=name, approve=True, now=NOW)
