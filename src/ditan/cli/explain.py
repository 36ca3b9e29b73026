"""`ditan explain`: 这一克怎么来的 — where one gram comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from ditan.cli.showing import AsJson, console, grams, mg, moment, number, print_json, say, table
from ditan.insight import Story, tell
from ditan.kernel.ids import read_act
from ditan.kernel.settings import Settings, load_settings
from ditan.model import Status, Text
from ditan.quantification.explaining import Parameter
from ditan.store import Store


def explain(
    act: Annotated[str, typer.Argument(help="An act, act_…, as `ditan statement` prints it.")],
    as_json: AsJson = False,
) -> None:
    """Explain one act: formula, every factor with source and status, uncertainty, caps. Enough to recompute it by hand.

    The JSON holds `explanation.recompute`: expressions and exact numbers; with rational arithmetic and one half-even
    rounding they give `act.quantified_mg` again.
    """
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        story = tell(connection, settings.home, read_act(act))
    if as_json:
        print_json(story)
    else:
        print_story(story, settings)


def print_story(story: Story, settings: Settings) -> None:
    """Print the story of an act for an auditor at a terminal."""
    told, act = story.explanation, story.act
    console.print()
    console.print(f"[bold]{say(told.sentence, settings)}[/]")
    other = told.sentence.en if say(told.sentence, settings) == told.sentence.zh else told.sentence.zh
    console.print(f"[dim]{other}[/]")
    console.print(f"[dim]{story.act_text} · {moment(act.occurred_at)} · methodology {act.pack_version}[/]\n")
    console.print(f"  formula     {told.formula}")
    console.print(f"  in numbers  {told.formula_with_numbers}")
    console.print(
        f"  quantity    {told.quantity} {told.unit} — {say(told.activity, settings)} ({told.activity_source})"
    )
    console.print(f"  baseline    {told.baseline_g} g — {say(told.baseline_text, settings)}")
    console.print(f"  project     {told.project_g} g — {say(told.project_text, settings)}")
    console.print(f"  reduction   {told.reduction_g} g, half-even → [bold]{mg(told.raw_mg)}[/]")
    console.print(f"  P5–P95      {grams(told.p5_mg)} – {grams(told.p95_mg)} · tier {told.tier}")
    console.print(f"  recognized  by {story.evidence}, confidence {story.confidence}")
    given = f"{mg(act.carbon_mg)} CO₂e and {number(act.energy)} energy"
    why = "; ".join(f"{say(cut.reason, settings)} ({cut.code})" for cut in act.cuts)
    console.print(f"  given       [bold]{given}[/]" + (f" — cut: {why}" if why else " — no cap cut it"))
    if act.reversed_mg or act.reversed_energy:
        console.print(f"  taken back  {mg(act.reversed_mg)} and {number(act.reversed_energy)} energy by refunds")
    console.print()
    console.print(_parameters(told.parameters, settings))
    for warning in told.warnings:
        console.print(f"[yellow]![/] {say(warning, settings)}")


def _parameters(parameters: list[Parameter], settings: Settings) -> object:
    shown = table("Parameters", "id", "name", "value", "unit", "P5–P95", "source", "status", "review by", right=(2,))
    for each in parameters:
        source = " · ".join(x for x in (each.source.title, each.source.page, each.source.reference) if x)
        band = f"{each.p5}–{each.p95}" if each.p5 and each.p95 else "—"
        status = say(_STATUS[each.status], settings)
        name = say(each.name, settings) + (f"\n= {each.expression}" if each.expression else "")
        shown.add_row(
            each.id,
            name,
            each.value,
            each.unit,
            band,
            source,
            f"{status} ({each.known_by})",
            str(each.review_by),
        )
    return shown


_STATUS = {
    Status.DRAFT: Text(zh="[yellow]草案[/]", en="[yellow]DRAFT[/]"),
    Status.REVIEWED: Text(zh="已复核", en="reviewed"),
    Status.APPROVED: Text(zh="已批准", en="approved"),
    Status.WITHDRAWN: Text(zh="[red]已撤回[/]", en="[red]WITHDRAWN[/]"),
}
