"""Twelve described customers: what they are given is committed, and moves only on purpose.

Who changes a factor or a formula changes `personas.toml` in the same commit. This test prints the table that belongs
into the description of that commit (`-s`), old → new, and fails with it when the numbers in the file are not the new
ones.
"""

from datetime import UTC, datetime

import pytest

from ditan import packs
from ditan.model import BankEvent, Kind, Pack
from ditan.packs.personas import Moved, compare

FIELDS = {"amount_fen", "city"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


def table(moved: list[Moved]) -> str:
    """The personas as Markdown: one event of each act, before caps."""
    lines = ["| persona | act | times | mg CO2e | energy |", "|---|---|---:|---:|---:|"]
    for one in moved:
        told = one.act
        carbon = f"{told.carbon_mg:,}" + (f" → **{one.carbon_mg:,}**" if one.carbon_mg != told.carbon_mg else "")
        energy = f"{told.energy}" + (f" → **{one.energy}**" if one.energy != told.energy else "")
        lines.append(
            f"| {one.persona.name.zh} {one.persona.name.en} | {told.scenario} | {told.times} | {carbon} | {energy} |"
        )
    return "\n".join(lines)


def test_grams_do_not_move_by_accident(pack: Pack) -> None:
    moved = compare(pack)
    print("\n" + table(moved))
    assert not [one for one in moved if one.changed], "\n" + table(moved)


def test_twelve_of_them_do_everything(pack: Pack) -> None:
    assert len(pack.personas) == 12
    assert {told.scenario for persona in pack.personas for told in persona.acts} == {s.id for s in pack.scenarios}


def test_the_engine_gives_the_personas_the_same(pack: Pack) -> None:
    """The pack works its personas out by itself; the stage that quantifies real events must agree."""
    from ditan.quantification import interpret

    scenarios = {scenario.id: scenario for scenario in pack.scenarios}
    for persona in pack.personas:
        for n, told in enumerate(persona.acts):
            event = BankEvent(
                source="personas",
                event_id=f"{persona.id}-{n}",
                kind=Kind.CARD_PAYMENT,
                customer_ref=persona.id,
                occurred_at=datetime.combine(pack.valid_from, datetime.min.time(), UTC).replace(hour=4),
                amount_fen=int(told.event.get("amount_fen", 0)),
                city=int(told.event["city"]) if "city" in told.event else None,
                attributes={name: value for name, value in told.event.items() if name not in FIELDS},
            )
            claim = interpret(pack, scenarios[told.scenario], event)
            assert (claim.carbon_mg, claim.energy) == (told.carbon_mg, told.energy), (persona.id, told.scenario)
