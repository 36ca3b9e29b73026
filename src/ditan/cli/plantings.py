"""`ditan rewards plantings | plant | record`: from trees that were promised to trees that stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from ditan.cli.showing import AsJson, console, number, print_json, say, table
from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.rewards.trees import EventKind, PlantingEvent, list_plantings, open_planting, record_event
from ditan.store import Store

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


def record(
    planting: Annotated[int, typer.Argument(help="Number of the planting.")],
    kind: Annotated[EventKind, typer.Argument(help="planted, surveyed (trees alive) or replaced (planted again).")],
    trees: Annotated[int, typer.Argument(help="How many trees.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day it happened.")],
    evidence: Annotated[str, typer.Option(help="Reference of the report. Anybody can read it.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Write down what happened to a planting. Certificates of its trees say so at once.

    ditan rewards record 3 surveyed 480 --on 2027-05-20 --evidence GH-survey-7 --by wang
    """
    event, now = PlantingEvent(kind=kind, on=on.date(), trees=trees, evidence=evidence), SYSTEM_CLOCK.now()
    with Store.open(load_settings()) as store:
        store.run(lambda c: record_event(c, planting, event, by=by, now=now))
    if as_json:
        print_json(event)
    else:
        console.print(escape(f"planting {planting}: {kind} {trees}, {on:%Y-%m-%d}"))
