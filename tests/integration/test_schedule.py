"""A methodology is in force from a day on: newer acts use it, older ones keep theirs, whenever they come."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.simulation.running import Bench
from tests.surface.conftest import decisions
from tests.unit.test_packs_changing import METRO

from ditan import packs
from ditan.insight import Schedule, prepare, prepare_schedule, publications, publish
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import Conflict, InvalidInput
from ditan.packs import PackChange
from ditan.store import Store
from ditan.testing import factories

MONDAY = datetime(2026, 7, 6, 4, tzinfo=UTC)
THURSDAY = date(2026, 7, 9)
WHO = "cust-lin"


class Office(Bench):
    """A bank on which two people decide about the methodology."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, clock=FixedClock(MONDAY))
        self.decide(decisions(WHO, "card-lin-d"))

    def publish(self, day: date = THURSDAY, **changes: Any) -> int:
        made = prepare(
            self.store,
            packs.changed(self.methodology.pack, PackChange(number="CN-2026.2", factors=[METRO])),
            self.clock,
        )
        given: dict[str, Any] = {
            "base_id": self.methodology.pack_id,
            "maker": "wang",
            "checker": "li",
            "reason": "measured",
            "opinion": "the source was read",
        }
        return self.store.run(lambda c: publish(c, made.pack_id, day, **given | {"now": self.clock.now()} | changes))

    def versions(self) -> dict[str, str]:
        """The methodology of each act, by its business day."""
        ask = (
            "SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date::text, split_part(version, '+', 1)"
            " FROM ledger.act JOIN methodology.pack USING (pack_id)"
        )
        return dict(self.ask(ask))


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def rides(*days: int) -> list[Any]:
    """A metro ride at noon on each day of July."""
    return [
        factories.event(
            "metro_ride", event_id=f"ride-{day}", customer_ref=WHO, occurred_at=MONDAY.replace(day=day), settled_on=None
        )
        for day in days
    ]


def test_acts_from_the_day_on_use_it_and_older_ones_keep_theirs(office: Office, tmp_path: Path) -> None:
    office.publish()
    office.clock.advance(timedelta(days=6))  # type: ignore[attr-defined]
    office.schedule = prepare_schedule(office.store, office.clock)
    ended = office.ingest_events("week", rides(6, 8, 9, 10), tmp_path)
    assert {each.code for each in ended.values()} == {"posted"}
    mg = [ended[f"ride-{day}"].carbon_mg for day in (6, 8, 9, 10)]
    assert mg[0] == mg[1] > mg[2] == mg[3] > 0
    assert office.versions() == {
        "2026-07-06": "CN-2026.1",
        "2026-07-08": "CN-2026.1",
        "2026-07-09": "CN-2026.2",
        "2026-07-10": "CN-2026.2",
    }
    assert office.broken() == {}
    replayed = office.replayed()
    assert (replayed.acts, replayed.differences, len(replayed.versions)) == (4, 0, 2)


def test_a_late_act_is_quantified_as_on_its_day(office: Office, tmp_path: Path) -> None:
    office.publish()
    office.clock.advance(timedelta(days=6))  # type: ignore[attr-defined]
    office.schedule = prepare_schedule(office.store, office.clock)
    new = office.ingest_events("new", rides(10), tmp_path)["ride-10"].carbon_mg
    late = office.ingest_events("late", rides(7), tmp_path)["ride-7"].carbon_mg
    assert late > new


def test_the_same_file_again_is_parted_alike(office: Office, tmp_path: Path) -> None:
    office.publish()
    office.clock.advance(timedelta(days=6))  # type: ignore[attr-defined]
    office.schedule = prepare_schedule(office.store, office.clock)
    for _ in range(2):
        office.ingest_events("week", rides(6, 10), tmp_path)
    assert office.ask("SELECT part, count(*), count(rerun_of) FROM feed.batch GROUP BY part ORDER BY part") == [
        (0, 2, 1),
        (2, 2, 1),
    ]
    assert office.one("SELECT count(*) FROM ledger.act") == 2


def test_before_any_decision_the_pack_that_ships_is_in_force(office: Office) -> None:
    schedule = prepare_schedule(office.store, office.clock)
    assert schedule.on(date(2026, 7, 6)).version == packs.version(packs.load())
    assert schedule.newest == 0
    assert schedule.periods == Schedule.of(schedule.periods[0].methodology).periods


def test_the_first_decision_writes_down_what_was_in_force(office: Office) -> None:
    office.publish()
    first, second = office.store.read(publications)
    assert (first.effective_from, first.version) == (None, office.methodology.version)
    assert (second.effective_from, second.maker, second.checker) == (THURSDAY, "wang", "li")


def test_of_one_day_the_later_decision_holds(office: Office) -> None:
    office.publish()
    back = office.store.run(
        lambda c: publish(
            c,
            office.methodology.pack_id,
            THURSDAY,
            base_id=office.methodology.pack_id,
            maker="wang",
            checker="li",
            reason="back",
            opinion="a mistake",
            now=office.clock.now(),
        )
    )
    schedule = prepare_schedule(office.store, office.clock)
    assert schedule.on(THURSDAY).version == office.methodology.version
    assert schedule.newest == back


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"checker": "wang"}, Conflict),
        ({"day": date(2026, 7, 6)}, InvalidInput),
        ({"reason": " "}, InvalidInput),
        ({"opinion": ""}, InvalidInput),
    ],
)
def test_what_may_not_be_decided(office: Office, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        office.publish(**changes)
    assert office.store.read(publications) == []


@pytest.mark.parametrize(
    ("maker", "day", "constraint"),
    [("li", "2026-07-09", "two_persons"), ("wang", "2026-07-06", "never_backwards")],
)
def test_the_database_refuses_it_too(office: Office, maker: str, day: str, constraint: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=constraint), office.store.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO methodology.publication"
            " (pack_id, effective_from, maker, checker, reason, opinion, decided_at)"
            " VALUES (%s, %s, %s, 'li', 'a', 'b', %s)",
            (office.methodology.pack_id, day, maker, MONDAY),
        )
