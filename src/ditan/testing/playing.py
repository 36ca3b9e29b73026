"""Play a story in a world, and say what came out otherwise than told.

The world is whatever runs Ditan: `tests/stories` has one with the real flow and a real PostgreSQL. It is a parameter,
so that the tools of tests depend on no stage and cannot borrow an answer from one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from ditan.testing.steps import Limited, Step
from ditan.testing.stories import Holding, Story, Told


class Ended(NamedTuple):
    """How an event ended: the code of the stage that ended it, and what it gave (a refund: took, below zero)."""

    code: str
    carbon_mg: int = 0
    energy: int = 0


class HeldAct(NamedTuple):
    """An act in the ledger, net of what refunds took back."""

    scenario: str
    carbon_mg: int
    energy: int
    capped: bool


class World(Protocol):
    """Something that runs Ditan."""

    def decide(self, account_events: Sequence[Mapping[str, str]]) -> None:
        """Apply what customers decide; the lines of an `accounts.jsonl`."""
        ...

    def ingest(self, name: str, csv_text: str) -> Mapping[int, Ended]:
        """Ingest a canonical feed file; give the ending of every row by its number, 1 being the first."""
        ...

    def balance(self, customer_ref: str) -> tuple[int, int]:
        """Milligrams and energy that the customer holds."""
        ...

    def acts(self, customer_ref: str) -> Sequence[HeldAct]:
        """The customer's acts."""
        ...

    def open_limited(self, limited: Limited) -> None:
        """Open an account that cannot go below zero, with what is in it."""
        ...

    def set_clock(self, at: datetime) -> None:
        """Let it be that moment."""
        ...

    def act(self, step: Step) -> str:
        """Do what a step says; give the ledger's answer as a story writes it: `done 20`, `not_enough`."""
        ...

    def places(self, customer_ref: str) -> Mapping[str, int]:
        """A customer's energy by the place where it is now."""
        ...

    def units(self, limited: str) -> int:
        """What is in a limited account."""
        ...

    def broken_promises(self) -> Sequence[str]:
        """What an auditor finds wrong in the books, whatever the story is about; nothing, if all is well."""
        ...


def play(story: Story, world: World) -> list[str]:
    """Play the story; give one sentence per thing that came out otherwise. Empty: as told."""
    world.decide([decision.as_line() for decision in story.decisions])
    wrong: list[str] = []
    if story.steps:
        wrong += _steps(story, world)
    else:
        for file in story.files:
            wrong += _arrival(story, file, world)
    wrong += [sentence for holding in story.holdings for sentence in _holding(story, holding, world)]
    return wrong + list(world.broken_promises())


def _steps(story: Story, world: World) -> Iterable[str]:
    for limited in story.limited:
        world.open_limited(limited)
    for step in story.steps:
        world.set_clock(step.at)
        where = f"{story.name}.story:{step.line}"
        match step.verb:
            case "arrives":
                yield from _arrival(story, step.name, world)
            case "has":
                found = world.places(step.who)
                if found != step.has:
                    yield f"{where} {step.who}: told {_named(step.has or {})}, found {_named(found)}"
            case "contains":
                if (units := world.units(step.account)) != step.units:
                    yield f"{where} {step.account}: told {step.units}, found {units}"
            case _:
                answer = world.act(step)
                if step.ending is not None and step.ending not in {answer, answer.partition(" ")[0]}:
                    yield f"{where} {step.verb}: told {step.ending}, came {answer}"


def _arrival(story: Story, file: str, world: World) -> Iterable[str]:
    return _endings(story, story.files[file], world.ingest(f"{story.name}-{file}.csv", story.csv_text(file)))


def _named(places: Mapping[str, int]) -> str:
    return ", ".join(f"{energy} {place}" for place, energy in places.items() if energy) or "nothing"


def _endings(story: Story, events: Sequence[Told], ended: Mapping[int, Ended]) -> Iterable[str]:
    if set(ended) != set(range(1, len(events) + 1)):
        yield f"{story.name}: of {len(events)} rows {len(ended)} ended with a code"
    for number, told in enumerate(events, start=1):
        if told.ending is None or number not in ended:
            continue
        where, found = f"{story.name}.story:{told.line} {told.event.event_id}", ended[number]
        if found.code != told.ending.code:
            yield f"{where}: told {told.ending.code}, ended {found.code}"
        elif told.ending.carbon_mg is not None and abs(found.carbon_mg) != told.ending.carbon_mg:
            yield f"{where}: told {told.ending.carbon_mg:,} mg, came {abs(found.carbon_mg):,} mg"
        elif told.ending.energy is not None and abs(found.energy) != told.ending.energy:
            yield f"{where}: told {told.ending.energy} energy, came {abs(found.energy)}"


def _holding(story: Story, holding: Holding, world: World) -> Iterable[str]:
    if holding.scenario:
        acts = [act for act in world.acts(holding.customer_ref) if act.scenario == holding.scenario]
        found = {
            "carbon_mg": sum(act.carbon_mg for act in acts),
            "energy": sum(act.energy for act in acts),
            "acts": len(acts),
            "capped": sum(act.capped for act in acts),
        }
    else:
        carbon_mg, energy = world.balance(holding.customer_ref)
        found = {"carbon_mg": carbon_mg, "energy": energy}
    for name, value in found.items():
        told = getattr(holding, name)
        if told is not None and told != value:
            what = f"{holding.customer_ref} {holding.scenario}".strip()
            yield f"{story.name}.story:{holding.line} {what}: told {told:,} {name}, found {value:,}"
