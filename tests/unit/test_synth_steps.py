"""What happens to energy in a story is read as written; what comes otherwise is said, with its line."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from ditan import packs
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import act_id
from ditan.testing.playing import Ended, HeldAct, play
from ditan.testing.steps import PLACES, Limited, Step
from ditan.testing.stories import Story, parse_story

PACK = packs.load()
STORY = """# 为什么。
# Why.
customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts
limited cups is a stock of 1,000
file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit  -> posted
at 2026-07-07 07:00
  july arrives
  lin has 20 ripe, 5 held
  lin collects the ball of ride as tap  -> done 20
  lin sets aside 1,500 with 2 cups as mug until 2026-07-09 12:00  -> done 1500
  lin uses 4 of mug
  wei proposes -30 for lin as fix
  energy ripens after 3 days at 08:30, lapses after 2 days, expires after 1 month
  sweep  -> 0 lapsed, 12 expired, 1 released
  cups has 9 units
"""


def read(text: str = STORY) -> Story:
    return parse_story(text, "example", PACK)


def test_every_line_becomes_a_step() -> None:
    story = read()
    assert [step.verb for step in story.steps] == [
        "arrives", "has", "collects", "sets aside", "uses", "proposes", "rule", "sweep", "contains",
    ]  # fmt: skip
    _, has, collects, aside, uses, proposes, rule, sweep, contains = story.steps
    assert (story.limited[0].name, story.limited[0].kind, story.limited[0].units) == ("cups", "stock", 1000)
    assert has.has == {"growing": 0, "ripe": 20, "available": 0, "held": 5, "owed": 0}
    assert (collects.who, collects.name, collects.ending) == ("cust-lin", "tap", "done 20")
    assert collects.act == act_id("card-switch", "ride")
    assert (aside.energy, aside.units, aside.account) == (1500, 2, "cups")
    assert aside.deadline == datetime(2026, 7, 9, 4, tzinfo=UTC)
    assert aside.at == datetime(2026, 7, 6, 23, tzinfo=UTC)
    assert (uses.name, uses.energy, uses.ending) == ("mug", 4, None)
    assert (proposes.who, proposes.account, proposes.energy) == ("wei", "lin", -30)
    assert rule.life is not None
    assert (rule.life.matures_after_days, rule.life.matures_at_minute) == (3, 510)
    assert (rule.life.collect_days, rule.life.expires_months) == (2, 1)
    assert sweep.ending == "0 lapsed, 12 expired, 1 released"
    assert (contains.account, contains.units) == ("cups", 9)


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("july arrives", "june arrives", "every file arrives"),
        ("  july arrives\n", "", "every file arrives"),
        ("lin uses 4 of mug", "lin loses 4 of mug", "line 13: 'lin loses 4 of mug' is nothing that happens"),
        ("the ball of ride", "the ball of bus", "line 11: 'bus' has not happened"),
        ("lin has 20 ripe, 5 held", "lin has 20 rotten", "line 10"),
        ("is a stock of", "is a pile of", "line 4: 'limited cups is a pile of 1,000' should read"),
        ("at 2026-07-07 07:00", "at seven", "line 8"),
        ("  sweep  ->", "at 2026-07-06 07:00\n  sweep  ->", "time does not go back"),
    ],
)
def test_what_cannot_be_understood_is_named(right: str, wrong: str, says: str) -> None:
    assert right in STORY
    with pytest.raises(InvalidInput, match=says):
        read(STORY.replace(right, wrong))


class Scripted:
    """A world whose answers are given."""

    def __init__(self, answers: Sequence[str], places: Mapping[str, int], units: int) -> None:
        self.answers, self.found, self.stock = list(answers), places, units
        self.moments: list[datetime] = []

    def decide(self, account_events: Sequence[Mapping[str, str]]) -> None:
        pass

    def ingest(self, name: str, csv_text: str) -> Mapping[int, Ended]:
        return {1: Ended("posted")}

    def balance(self, customer_ref: str) -> tuple[int, int]:
        return 0, 0

    def acts(self, customer_ref: str) -> Sequence[HeldAct]:
        return []

    def open_limited(self, limited: Limited) -> None:
        assert limited.units == 1000

    def set_clock(self, at: datetime) -> None:
        self.moments.append(at)

    def act(self, step: Step) -> str:
        return self.answers.pop(0)

    def places(self, customer_ref: str) -> Mapping[str, int]:
        return self.found

    def units(self, limited: str) -> int:
        return self.stock

    def broken_promises(self) -> Sequence[str]:
        return ["INV-07 is broken"] if self.stock == 0 else []


RIGHT = ["done 20", "done 1500", "done 4", "proposed", "registered", "0 lapsed, 12 expired, 1 released"]
HAS = dict.fromkeys(PLACES, 0) | {"ripe": 20, "held": 5}


def test_a_story_that_comes_true_says_nothing() -> None:
    world = Scripted(RIGHT, HAS, 9)
    assert play(read(), world) == []
    assert set(world.moments) == {datetime(2026, 7, 6, 23, tzinfo=UTC)}


def test_whatever_comes_otherwise_is_said_with_its_line() -> None:
    answers = ["nothing", "done 1501", "anything", "proposed", "registered", "0 lapsed, 12 expired, 0 released"]
    assert play(read(), Scripted(answers, HAS | {"owed": 3}, 0)) == [
        "example.story:10 cust-lin: told 20 ripe, 5 held, found 20 ripe, 5 held, 3 owed",
        "example.story:11 collects: told done 20, came nothing",
        "example.story:12 sets aside: told done 1500, came done 1501",
        "example.story:16 sweep: told 0 lapsed, 12 expired, 1 released, came 0 lapsed, 12 expired, 0 released",
        "example.story:17 cups: told 9, found 0",
        "INV-07 is broken",
    ]


def test_a_code_without_a_number_allows_any() -> None:
    story = read(STORY.replace("-> done 20", "-> done"))
    assert play(story, Scripted(RIGHT, HAS, 9)) == []
