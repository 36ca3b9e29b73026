"""The garden of the first page: its stage, and the way to the next."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from ditan.model import Noun, Source, Status, Text


class Stage(Noun, kw_only=True):
    """One stage of the garden, from so many milligrams on."""

    number: int
    from_mg: int
    name: Text


class Goal(Noun, kw_only=True):
    """The way to the next stage. Carbon only: what can be spent has its own goals, in the mall."""

    stage: Stage
    missing_mg: int
    done_permille: int  # of the way from this stage to the next


class Garden(Noun, kw_only=True):
    """All stages, and how far their thresholds were reviewed."""

    status: Status
    source: Source
    stages: list[Stage]


@cache
def garden() -> Garden:
    """Read the stages that ship."""
    text = resources.files("ditan.home").joinpath("garden.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Garden)


def stages() -> list[Stage]:
    """Give all stages, the first first."""
    return garden().stages


def stage_and_goal(lifetime_mg: int) -> tuple[Stage, Goal | None]:
    """Give the stage that so many milligrams reach, and the way to the next; the last stage has none."""
    reached = [stage for stage in stages() if stage.from_mg <= lifetime_mg]
    here = reached[-1]
    following = stages()[len(reached) :]
    if not following:
        return here, None
    way = following[0].from_mg - here.from_mg
    return here, Goal(
        stage=following[0],
        missing_mg=following[0].from_mg - lifetime_mg,
        done_permille=(lifetime_mg - here.from_mg) * 1000 // way,
    )
