"""Every `.story` in this folder comes true. See `ditan.testing.stories` for how they are written."""

from pathlib import Path

import pytest

from ditan import packs
from ditan.testing.playing import World, play
from ditan.testing.stories import read_story

HERE = Path(__file__).parent
OPEN = HERE / "open"  # stories that ought to come true and do not yet; each is an open issue
STORIES = sorted(path for path in HERE.rglob("*.story") if path.parent != OPEN)
PACK = packs.load()


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", STORIES, ids=named)
def test_story(path: Path, world: World) -> None:
    story = read_story(path, PACK)
    assert play(story, world) == []


def test_every_scenario_has_a_story() -> None:
    """Not counting those about limits, consent and delivery: each scenario has one in its family's folder."""
    told = {
        holding.scenario
        for path in STORIES
        if path.parent.name in {"travel", "finance", "online"}
        for holding in read_story(path, PACK).holdings
    }
    by_totals = {"metro_ride", "bike_share_ride", "ev_charging"}  # their stories say what the customer holds
    assert {scenario.id for scenario in PACK.scenarios} <= told | by_totals


def test_every_story_says_why_in_both_languages() -> None:
    for path in STORIES:
        story = read_story(path, PACK)
        assert story.why_zh.endswith("。"), path
        assert story.why_en.endswith("."), path
