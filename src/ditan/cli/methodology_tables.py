"""How `ditan methodology` shows a pack: findings, scenarios, factors, rules, personas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.markup import escape
from rich.table import Table

from ditan import packs
from ditan.cli.showing import both, console, grams, number, say, table
from ditan.kernel.settings import Settings
from ditan.model import Activity, ActivitySource, Exclusion, Factor, Noun, Pack, Rule, Scenario, Status, Text, When
from ditan.packs.acting import act
from ditan.packs.resolving import scenario_factors

DRAFT = "[yellow]草案 DRAFT[/]"


class Report(Noun, kw_only=True):
    """What the check says of a pack."""

    pack: str
    version: str
    on: date
    scenarios: int
    factors: int
    drafts: int
    merchants: int
    findings: list[packs.Finding]


class ShownFactor(Noun, kw_only=True):
    """A factor with its value on a day and in a place."""

    id: str
    resolved: str
    variant: str
    factor: Factor


class ShownScenario(Noun, kw_only=True):
    """All there is to know of a scenario."""

    pack: str
    on: date
    formula: str
    draft: bool
    scenario: Scenario
    factors: list[ShownFactor]


class ShownPersona(Noun, kw_only=True):
    """One act of a persona, one event before caps: as recorded, and as the pack gives it."""

    persona: str
    name: Text
    scenario: str
    times: int
    carbon_mg_old: int
    carbon_mg_new: int
    energy_old: int
    energy_new: int


class Diff(Noun, kw_only=True):
    """What changed from one pack to another."""

    old: str
    new: str
    differences: list[packs.Difference]
    personas: list[ShownPersona]


def is_draft(pack: Pack, scenario: Scenario) -> bool:
    """Say whether any number behind a scenario is a draft."""
    used = [pack.factors[factor_id].status for factor_id in scenario_factors(pack, scenario)]
    return Status.DRAFT in (*used, scenario.reward.status, pack.status)


def print_report(report: Report, pack: Pack, settings: Settings) -> None:
    """Print the findings, then the verdict."""
    for found in report.findings:
        console.print(f"[red]✗[/] [bold]{found.code}[/] {escape(found.where)}: {escape(say(found.message, settings))}")
    verdict = f"[red]refused: {number(len(report.findings))} findings[/]" if report.findings else "[green]may run[/]"
    console.print(f"{both(pack.name)} {report.version} on {report.on}: {verdict}")
    console.print(
        f"{report.scenarios} scenarios, {report.factors} factors ({report.drafts} {DRAFT}), "
        f"{len(pack.tariffs)} tariffs, {number(report.merchants)} merchants"
    )


def print_list(pack: Pack, settings: Settings) -> None:
    """Print a line per scenario."""
    title = f"{both(pack.name)} {packs.version(pack)}"
    rows = table(title, "#", "scenario", "名称 name", "tier", "typical act", "energy", "status", right=(0, 4, 5))
    for scenario in pack.scenarios:
        rows.add_row(
            str(scenario.number),
            scenario.id,
            both(scenario.name),
            scenario.tier,
            _typical(pack, scenario),
            _points(scenario),
            DRAFT if is_draft(pack, scenario) else str(pack.status),
        )
    console.print(rows)
    console.print(f"[dim]{say(_TYPICAL, settings)}[/]")


_TYPICAL = Text(
    zh="典型行为：缺少实测量时的缺省值；充电按 30 元、铁路按 100 元计。",
    en="Typical act: without a measured input; 30 yuan of charging, 100 yuan of rail.",
)
_TYPICAL_FEN = {"kWh": 3_000}


def _typical(pack: Pack, scenario: Scenario) -> str:
    if not scenario.carbon:
        return "—"
    given = act(pack, scenario, {"amount_fen": _TYPICAL_FEN.get(scenario.quantification.unit, 10_000)}, pack.valid_from)
    return grams(given.carbon_mg)


def _points(scenario: Scenario) -> str:
    rule = scenario.reward
    if not scenario.energy:
        return "—"
    return f"{rule.points}" if rule.per_quantity is None else f"≤ {rule.points_max}"


def print_scenario(told: ShownScenario, settings: Settings) -> None:
    """Print all there is to know of a scenario."""
    scenario, how = told.scenario, told.scenario.quantification
    mark = f" {DRAFT}" if told.draft else ""
    switches = f"carbon {'on' if scenario.carbon else 'off'}, energy {'on' if scenario.energy else 'off'}"
    console.print(f"\n[bold]{scenario.number} {scenario.id} {both(scenario.name)}[/]{mark}")
    console.print(f"[dim]{told.pack} on {told.on} · {scenario.family} · tier {scenario.tier} · {switches}[/]\n")
    for label, text in (
        ("counts", scenario.summary),
        ("not counted", scenario.not_counted),
        ("baseline", how.baseline_text),
        ("project", how.project_text),
        ("perverse", scenario.perverse_note),
    ):
        if text is not None:
            console.print(f"  {label:<10} {escape(say(text, settings))}")
    console.print(f"  {'formula':<10} {escape(told.formula)}  [g CO₂e]", markup=False)
    console.print(f"  {'quantity':<10} {how.unit}, at most {how.quantity_max} in one act; the first of:")
    for activity in how.activities:
        console.print(f"  {'':<10} · {_activity(activity)}", markup=False)
    console.print(f"  {'caps':<10} {_caps(scenario)}")
    console.print(f"  {'energy':<10} {_energy(scenario)}")
    console.print(f"  {'consent':<10} {', '.join(scenario.consent)}\n")
    console.print(_factor_table(told, settings))
    console.print(_recognition_table(scenario, settings))
    for benchmark in scenario.benchmarks:
        console.print(f"[dim]{escape(say(benchmark, settings))}[/]")


def _activity(activity: Activity) -> str:
    how = f"the fare table {activity.tariff}" if activity.source is ActivitySource.FARE_BAND else activity.quantity
    when = "".join(f", when {name} is {_among(values)}" for name, values in activity.variant.items())
    uses = "".join(f", with {new} for {old}" for old, new in activity.substitutes.items())
    return f"{activity.source}: {how}{when}{uses} (tier {activity.tier}, P5–P95 ×{activity.p5}–{activity.p95})"


def _among(values: list[str]) -> str:
    return " or ".join(values) if len(values) <= 3 else f"{values[0]} … {values[-1]}"


def _caps(scenario: Scenario) -> str:
    caps, rule = scenario.caps, scenario.deduplication
    parts = [f"{caps.daily_acts} a day", f"{caps.monthly_acts} a month"]
    if caps.monthly_g is not None:
        parts.append(f"{number(caps.monthly_g)} g a month")
    if rule.key:
        parts.append(f"once per {' and '.join(rule.key)}")
    if rule.min_gap_minutes:
        parts.append(f"{rule.min_gap_minutes} minutes apart")
    return " · ".join(parts)


def _energy(scenario: Scenario) -> str:
    rule = scenario.reward
    if not scenario.energy:
        return f"none — {rule.source.title}"
    per = "an act" if rule.per_quantity is None else f"per {number(rule.per_quantity)} {scenario.quantification.unit}"
    mark = DRAFT if rule.status is Status.DRAFT else str(rule.status)
    most = "" if rule.points_max == rule.points else f", at most {rule.points_max} an act"
    return f"{rule.points} points {per}{most} · {mark} · {escape(rule.source.title)} ({rule.source.reference})"


def _factor_table(told: ShownScenario, settings: Settings) -> Table:
    rows = table(
        "Factors", "factor", "value", "unit", "bounds", "status", "known by", "review by", "source", right=(1,)
    )  # fmt: skip
    for one in told.factors:
        factor = one.factor
        status = DRAFT if factor.status is Status.DRAFT else str(factor.status)
        place = "" if one.variant == "only" else f" ({one.variant})"
        source = f"{factor.source.reference} {factor.source.title}; {factor.source.page}"
        rows.add_row(
            f"{one.id}\n[dim]{escape(say(factor.name, settings))}[/]",
            f"{one.resolved}{place}",
            factor.unit,
            f"{factor.min}–{factor.max}",
            status,
            str(factor.known_by),
            str(factor.review_by),
            escape(source if not factor.expression else f"= {factor.expression}"),
        )
    return rows


def _recognition_table(scenario: Scenario, settings: Settings) -> Table:
    rows = table("Recognition, strongest evidence first; then what excludes", "by", "when", "confidence / why")
    items: list[Rule | Exclusion] = [*scenario.rules, *scenario.exclusions]
    for item in items:
        if isinstance(item, Rule):
            rows.add_row(str(item.by), escape(_when(item.when)), str(item.confidence))
        else:
            rows.add_row(f"[red]✗[/] {item.code}", escape(_when(item.when)), escape(say(item.reason, settings)))
    return rows


def _when(when: When) -> str:
    listed: dict[str, Sequence[str]] = {
        "role": when.roles,
        "service": when.services,
        "MCC": [str(code) for code in when.mcc],
        "channel": when.channels,
    }
    parts = [f"{name} {_among([str(v) for v in values])}" for name, values in listed.items() if values]
    if when.pattern:
        parts.append(f"/{when.pattern}/")
    if when.products:
        parts.append(" or ".join(when.products))
    if when.amount_min_fen is not None:
        parts.append(f"≥ {when.amount_min_fen} fen")
    if when.amount_max_fen is not None:
        parts.append(f"≤ {when.amount_max_fen} fen")
    if when.amount_multiple_of_fen is not None:
        parts.append(f"a multiple of {when.amount_multiple_of_fen} fen")
    parts += [f"{name} = {' or '.join(values)}" for name, values in when.attributes.items()]
    parts += [f"no {name}" for name in when.absent]
    return ", ".join(parts)


def print_personas(rows: list[ShownPersona], title: str, settings: Settings) -> None:
    """Print what personas are given, old → new where it differs."""
    shown_rows = table(title, "persona", "scenario", "times", "carbon", "energy", right=(2, 3, 4))
    for row in rows:
        moved = (row.carbon_mg_old, row.energy_old) != (row.carbon_mg_new, row.energy_new)
        style = "red" if moved else None
        shown_rows.add_row(
            say(row.name, settings),
            row.scenario,
            number(row.times),
            _arrow(grams(row.carbon_mg_old), grams(row.carbon_mg_new)),
            _arrow(number(row.energy_old), number(row.energy_new)),
            style=style,
        )
    console.print(shown_rows)


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"
