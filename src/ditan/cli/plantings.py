"""`ditan rewards plantings | plant | record`: from trees that were promised to trees that stand."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from ditan.cli.showing import AsJson, console, number, print_json, say, table
from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import load_settings
from ditan.model import Noun, Text
from ditan.rewards.failures import Happening, News, record_news, require_in_planting
from ditan.rewards.trees import (
    EventKind,
    PlantingEvent,
    list_plantings,
    open_planting,
    read_tree_number,
    record_event,
)
from ditan.store import Store
from ditan.store.pool import Connection


class RecordedTrees(Noun, kw_only=True):
    """What was written down. `certificates`: of how many it says something new."""

    planting_id: int
    kind: str
    on: date
    trees: int
    certificates: int


By = Annotated[str, typer.Option(help="Who says so: the login of a person.")]


def add_plantings(app: typer.Typer) -> None:
    """Add these commands to `ditan rewards`."""
    app.command("plantings")(plantings)
    app.command("plant")(plant)
    app.command("record")(record)


def plantings(as_json: AsJson = False) -> None:
    """List plantings, and the trees that wait for one.

    ditan rewards plantings
    """
    settings = load_settings()
    with Store.open(settings) as store:
        found = store.read(list_plantings)
    if as_json:
        print_json(found)
        return
    title = say(Text(zh="种植批次", en="Plantings"), settings)
    shown = table(title, "no", "partner", "contract", "reward", "place", "trees", "latest", right=(0, 5))
    for each in found:
        place = say(Text(zh=each.place_zh or "", en=each.place_en or ""), settings)
        name = str(each.planting_id) if each.planting_id else "–"
        texts = (each.partner, each.contract or "", each.reward_id, place)
        shown.add_row(name, *map(escape, texts), number(each.trees), each.latest or "")
    console.print(shown)


def plant(
    partner: Annotated[str, typer.Argument(help="Partner, as the catalogue names it: green-hill.")],
    reward: Annotated[str, typer.Argument(help="Reward whose trees are planted: tree_pine.")],
    contract: Annotated[str, typer.Option(help="Reference of the contract. Anybody can read it.")],
    place: Annotated[str, typer.Option(help="Where, in Chinese.")],
    by: By,
    place_en: Annotated[str | None, typer.Option(help="The same in English. As in --place, if not given.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many trees at most.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Begin a planting with the trees that have waited longest.

    ditan rewards plant green-hill tree_pine --contract GH-2026-07 --place 塞罕坝 --by wang
    """
    where, now = Text(zh=place, en=place if place_en is None else place_en), SYSTEM_CLOCK.now()
    with Store.open(load_settings()) as store:
        made = store.run(lambda c: open_planting(c, partner, reward, contract, where, most=most, by=by, now=now))
    if as_json:
        print_json(made)
    else:
        console.print(escape(f"planting {made.planting_id}: {made.trees} trees"))


class Recorded(StrEnum):
    """What can be recorded."""

    PLANTED = "planted"
    SURVEYED = "surveyed"
    REPLACED = "replaced"
    REFUNDED = "refunded"


def record(
    planting: Annotated[int, typer.Argument(help="Number of the planting.")],
    kind: Annotated[Recorded, typer.Argument(help="planted, surveyed (trees alive), replaced or refunded.")],
    trees: Annotated[int, typer.Argument(help="How many trees.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day it happened.")],
    evidence: Annotated[str, typer.Option(help="Reference of the report. Anybody can read it.")],
    by: By,
    tree: Annotated[
        list[str] | None,
        typer.Option(help="Certificate of one of its trees; repeat. Surveyed: it failed. Else: what became of it."),
    ] = None,
    contract: Annotated[str | None, typer.Option(help="Replaced: the contract of the new planting.")] = None,
    place: Annotated[str | None, typer.Option(help="Where a new planting is, in Chinese.")] = None,
    place_en: Annotated[str | None, typer.Option(help="The same in English. As in --place, if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write down what happened to a planting, or to some of its trees. Their certificates say so at once.

    A tree that failed is replaced (it stands in another planting then) or refunded: its energy comes back with its age.

    ditan rewards record 3 surveyed 480 --on 2027-05-20 --evidence GH-survey-7 --by wang --tree T-2026-000123-6
    """
    now, numbers = SYSTEM_CLOCK.now(), [read_tree_number(each) for each in tree or []]
    where = Text(zh=place, en=place_en or place) if place else None
    happened = {Recorded.SURVEYED: Happening.FAILED, Recorded.REPLACED: Happening.REPLACED}
    event = (
        PlantingEvent(kind=EventKind(kind.value), on=on.date(), trees=trees, evidence=evidence)
        if (not numbers or kind in {Recorded.PLANTED, Recorded.SURVEYED}) and kind is not Recorded.REFUNDED
        else None
    )

    def work(connection: Connection) -> int:
        if event is not None:
            record_event(connection, planting, event, by=by, now=now, failed=len(numbers))
        if not numbers:
            return 0
        require_in_planting(connection, planting, numbers)
        news = News(
            kind=happened.get(kind, Happening.REFUNDED),
            on=on.date(),
            evidence=evidence,
            by=by,
            contract=contract,
            place=where,
        )
        return record_news(connection, numbers, news, now)

    if kind is Recorded.PLANTED and numbers:
        raise InvalidInput("a planting is planted as a whole", hint="Leave out --tree.")
    counted = kind is Recorded.SURVEYED or (not numbers and kind is not Recorded.REFUNDED)
    if not counted and trees != len(numbers):
        raise InvalidInput(f"{trees} trees, and {len(numbers)} certificates", hint="Name each with --tree.")
    with Store.open(load_settings()) as store:
        count = store.run(work)
    if as_json:
        print_json(RecordedTrees(planting_id=planting, kind=kind.value, on=on.date(), trees=trees, certificates=count))
    else:
        console.print(
            escape(f"planting {planting}: {kind} {trees}, {on:%Y-%m-%d}" + (f", {count} certificates" if count else ""))
        )
