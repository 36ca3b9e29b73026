"""A change of a pack: what it names changes, the personas follow, and the check has nothing to say."""

from datetime import date
from decimal import Decimal

import pytest

from ditan import packs
from ditan.kernel.errors import InvalidInput
from ditan.model import KnownBy, Source, Status
from ditan.packs import FactorChange, PackChange, ScenarioChange

METRO = FactorChange(
    factor="metro_net",
    value=Decimal("44.5"),
    source=Source(title="A measured factor", publisher="An operator", page="table 3", reference="S26"),
    status=Status.DRAFT,
    known_by=KnownBy.SECOND_HAND,
)


def test_a_factor_changes_and_the_personas_follow() -> None:
    pack = packs.load()
    made = packs.changed(pack, PackChange(number="CN-2026.2", factors=[METRO]))
    assert packs.check(made, date(2026, 7, 1)) == []
    assert packs.version(made).startswith("CN-2026.2+")
    assert {each.where for each in packs.differences(pack, made)} >= {"number", "factors.metro_net.value"}
    assert made.personas != pack.personas


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (ScenarioChange(scenario="metro_ride", energy=False), ("2", True, False)),
        (ScenarioChange(scenario="metro_ride", carbon=False), ("E", False, True)),
        (ScenarioChange(scenario="metro_ride", daily_acts=3), ("2", True, True)),
        (ScenarioChange(scenario="metro_ride", points=25), ("2", True, True)),
    ],
)
def test_a_scenario_is_switched(change: ScenarioChange, found: tuple[str, bool, bool]) -> None:
    made = packs.changed(packs.load(), PackChange(number="CN-2026.2", scenarios=[change]))
    metro = next(each for each in made.scenarios if each.id == "metro_ride")
    assert (metro.tier, metro.carbon, metro.energy) == found
    assert packs.check(made, date(2026, 7, 1)) == []


def test_a_value_outside_of_its_bounds_is_found_by_the_check() -> None:
    wild = PackChange(
        number="CN-2026.2",
        factors=[
            FactorChange(
                factor="metro_net",
                value=Decimal(190),
                source=METRO.source,
                status=Status.DRAFT,
                known_by=KnownBy.ASSUMED,
            )
        ],
    )
    assert packs.check(packs.changed(packs.load(), wild), date(2026, 7, 1)) != []


@pytest.mark.parametrize(
    "change",
    [
        PackChange(number="CN-2026.1", factors=[METRO]),
        PackChange(number="CN-2026.2"),
        PackChange(number="CN-2026.2", scenarios=[ScenarioChange(scenario="flying", carbon=True)]),
    ],
)
def test_what_is_no_change_is_refused(change: PackChange) -> None:
    with pytest.raises(InvalidInput):
        packs.changed(packs.load(), change)
