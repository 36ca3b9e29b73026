"""`ditan methodology`: 方法学 — what counts, how much, by which source, and whether it may run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from ditan import packs
from ditan.cli.methodology_tables import (
    Diff,
    Report,
    ShownFactor,
    ShownPersona,
    ShownScenario,
    is_draft,
    print_list,
    print_personas,
    print_report,
    print_scenario,
)
from ditan.cli.showing import AsJson, both, console, print_json, say, table
from ditan.kernel.clock import SystemClock, business_day
from ditan.kernel.errors import MethodologyError, NotFound
from ditan.kernel.settings import load_settings
from ditan.model import Pack, Scenario, Status
from ditan.packs.findings import shown
from ditan.packs.personas import Moved, compare
from ditan.packs.resolving import factor_value, scenario_factors

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "The methodology pack: what counts, how much it saves, where each number comes from.\n\n"
        "A PACK is a folder with a pack.toml, or the id of a pack that comes with Ditan (cn_2026)."
    ),
)

PackName = Annotated[str, typer.Argument(metavar="PACK", help="Id or folder of a pack.")]
PackOption = Annotated[str, typer.Option("--pack", metavar="PACK", help="Id or folder of a pack.")]
OnDay = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="The day to judge by; today if not given."),
]


@app.command()
def check(pack: PackName = packs.DEFAULT_PACK, on: OnDay = None, as_json: AsJson = False) -> None:
    """Check a pack; exit code 5 when it may not run."""
    loaded, day = packs.load(pack), _day(on)
    report = Report(
        pack=loaded.id,
        version=packs.version(loaded),
        on=day,
        scenarios=len(loaded.scenarios),
        factors=len(loaded.factors),
        drafts=sum(factor.status is Status.DRAFT for factor in loaded.factors.values()),
        merchants=len(loaded.merchants),
        findings=packs.check(loaded, day),
    )
    if as_json:
        print_json(report)
    else:
        print_report(report, loaded, load_settings())
    if report.findings:
        raise typer.Exit(MethodologyError.exit_code)


@app.command()
def show(
    scenario: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Id or number; none: list all.")] = "",
    pack: PackOption = packs.DEFAULT_PACK,
    on: OnDay = None,
    city: Annotated[
        int | None, typer.Option("--city", metavar="ADCODE", help="Six-digit place, for regional values.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a scenario: formula, factors with source and status, caps, what is recognized and what does not count."""
    loaded, day, settings = packs.load(pack), _day(on), load_settings()
    if not scenario:
        print_json(loaded.scenarios) if as_json else print_list(loaded, settings)
        return
    found = _find(loaded, scenario)
    told = ShownScenario(
        pack=packs.version(loaded),
        on=day,
        formula=_formula(found),
        draft=is_draft(loaded, found),
        scenario=found,
        factors=[_factor(loaded, factor_id, day, city) for factor_id in scenario_factors(loaded, found)],
    )
    if as_json:
        print_json(told)
    else:
        print_scenario(told, settings)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="The pack before: id or folder.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The pack after: id or folder.")],
    as_json: AsJson = False,
) -> None:
    """Show what changed from pack A to pack B, and what each persona would be given before and after."""
    before, after = packs.load(old), packs.load(new)
    told = Diff(
        old=packs.version(before),
        new=packs.version(after),
        differences=packs.differences(before, after),
        personas=[_persona(moved) for moved in compare(after, before) if moved.changed],
    )
    if as_json:
        print_json(told)
        return
    changes = table(f"{told.old} → {told.new}", "where", "old", "new")
    for change in told.differences:
        changes.add_row(escape(change.where), escape(change.old or "—"), escape(change.new or "—"))
    console.print(changes if told.differences else f"{told.old} and {told.new} say the same.")
    if told.personas:
        print_personas(told.personas, "Personas, one event, before caps: old → new", load_settings())


@app.command()
def personas(pack: PackName = packs.DEFAULT_PACK, as_json: AsJson = False) -> None:
    """Show the twelve personas; exit code 5 when one of them is not given what is recorded."""
    loaded = packs.load(pack)
    moved = compare(loaded)
    told = [_persona(one) for one in moved]
    if as_json:
        print_json(told)
    else:
        settings = load_settings()
        print_personas(told, f"{packs.version(loaded)}: one event, before caps, recorded → given", settings)
        for persona in loaded.personas:
            console.print(f"[bold]{both(persona.name)}[/] — {say(persona.story, settings)}")
    if any(one.changed for one in moved):
        raise typer.Exit(MethodologyError.exit_code)


def _day(on: datetime | None) -> date:
    return on.date() if on else business_day(SystemClock().now())


def _find(pack: Pack, wanted: str) -> Scenario:
    for scenario in pack.scenarios:
        if wanted in (scenario.id, str(scenario.number)):
            return scenario
    raise NotFound(f"no scenario {wanted!r}", hint=f"There are {', '.join(s.id for s in pack.scenarios)}.")


def _formula(scenario: Scenario) -> str:
    how = scenario.quantification
    leakage = "" if how.leakage == "0" else f" - ({how.leakage})"
    project = "" if how.project == "0" else f" - ({how.project})"
    return f"({how.baseline}{project}{leakage}) * {how.additionality} * (1 - {how.conservative_cut})"


def _factor(pack: Pack, factor_id: str, on: date, city: int | None) -> ShownFactor:
    day = min(max(on, pack.valid_from), pack.valid_to)
    resolved = factor_value(pack, factor_id, day, city)
    return ShownFactor(
        id=factor_id, resolved=shown(resolved.value), variant=str(resolved.variant), factor=pack.factors[factor_id]
    )


def _persona(moved: Moved) -> ShownPersona:
    return ShownPersona(
        persona=moved.persona.id,
        name=moved.persona.name,
        scenario=moved.act.scenario,
        times=moved.act.times,
        carbon_mg_old=moved.act.carbon_mg,
        carbon_mg_new=moved.carbon_mg,
        energy_old=moved.act.energy,
        energy_new=moved.energy,
    )
