"""The reference of the methodology, from the pack: an index and one page per scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from docs.generator import factors, tariffs
from docs.generator.markdown import DRAFT, banner, both, code, codes, joined, made_from_pack, prose, status, table

from ditan import packs
from ditan.model import Activity, ActivitySource, Pack, Scenario, Status, When
from ditan.packs.acting import act
from ditan.packs.resolving import scenario_factors
from ditan.quantification.wording import grams

FOLDER: Final = "methodology"
_TYPICAL_FEN: Final = {"kWh": 3_000}
_FAMILIES: Final = {"travel": "低碳出行 travel", "finance": "数字金融 finance", "online": "在线办理业务 online"}


INDEX: Final = """
    Version `{version}`: its number and the first twelve digits of the SHA-256 of its content. Valid
    {valid_from} to {valid_to}, status {status}. {factors} [factors](factors.md), of which {drafts} are drafts;
    {tariffs} [fare tables](tariffs.md); {merchants} merchants with placeholder ids; {personas} personas. On the
    command line: `ditan methodology check`, `show`, `diff` and `personas`.
"""
FORMULA: Final = """
    One formula for all: `reduction = (baseline - project - leakage) * additionality * (1 - conservative_cut)`,
    in grams CO₂e, exact, rounded half-even to whole milligrams once, at the act. The customer is given `max(0,
    milligrams)`, and 0 where the carbon switch is off; a negative result is kept for the auditor.
"""
COLUMNS: Final = """
    Tier: 1 published method and measured activity · 2 published factor, estimated activity · 3 own model of
    paper and trips, benchmarked · E energy only until a method is approved. Typical: without a measured input;
    charging for 30 yuan, a rail ticket of 100 yuan.
"""
RECOGNITION: Final = """
    Strongest evidence first; the first rule that holds decides. Then an exclusion may say that it only looks alike.
"""


def pages(pack_id: str = packs.DEFAULT_PACK) -> dict[str, str]:
    """Every page of the methodology, by its name below `docs/reference`."""
    pack = packs.load(pack_id)
    made = {f"{page_name(s)}.md": _scenario(pack, s) for s in pack.scenarios}
    made |= {"README.md": _index(pack), "factors.md": factors.page(pack), "tariffs.md": tariffs.page(pack)}
    return {f"{FOLDER}/{name}": text for name, text in made.items()}


def page_name(scenario: Scenario) -> str:
    """The page of a scenario, without its ending."""
    return f"{scenario.number:02}-{scenario.id.replace('_', '-')}"


def _index(pack: Pack) -> str:
    drafts = sum(factor.status is Status.DRAFT for factor in pack.factors.values())
    facts = INDEX.format(
        version=packs.version(pack),
        valid_from=pack.valid_from,
        valid_to=pack.valid_to,
        status=status(pack.status),
        factors=len(pack.factors),
        drafts=drafts,
        tariffs=len(pack.tariffs),
        merchants=len(pack.merchants),
        personas=len(pack.personas),
    )
    return "\n".join(
        [
            made_from_pack("pack.toml"),
            f"# {pack.name.zh} · {pack.name.en}\n",
            banner(draft=pack.status is Status.DRAFT or drafts > 0),
            prose(facts),
            prose(FORMULA),
            prose(COLUMNS),
            table(("#", "scenario", "名称 name", "family", "tier", "typical", "energy", "status"), _list(pack)),
        ]
    )


def _list(pack: Pack) -> Iterator[tuple[object, ...]]:
    for scenario in pack.scenarios:
        yield (
            scenario.number,
            f"[{scenario.id}]({page_name(scenario)}.md)",
            both(scenario.name),
            _FAMILIES[scenario.family],
            scenario.tier,
            _typical(pack, scenario),
            _points(scenario),
            DRAFT if _is_draft(pack, scenario) else str(pack.status),
        )


def _scenario(pack: Pack, scenario: Scenario) -> str:
    return "\n".join(
        [
            made_from_pack(f"scenarios/{scenario.number:02}_{scenario.id}.toml"),
            f"# {scenario.number} · {scenario.name.zh} · {scenario.name.en}\n",
            banner(draft=_is_draft(pack, scenario)),
            *_what_counts(scenario),
            "## 公式 Formula\n",
            *_how_much(scenario),
            "## 因子 Factors\n",
            table(
                ("factor", "value", "unit", "status", "known by", "review by", "source"),
                [_factor_row(pack, name) for name in scenario_factors(pack, scenario)],
            ),
            "## 上限与能量 Caps and energy\n",
            "\n".join(f"- {line}" for line in (*_limits(scenario), _energy(scenario))) + "\n",
            "## 识别 Recognition\n",
            *_recognition(scenario),
            *_benchmarks(scenario),
        ]
    )


def _what_counts(scenario: Scenario) -> Iterator[str]:
    switches = f"carbon {_switch(on=scenario.carbon)}, energy {_switch(on=scenario.energy)}"
    yield (
        f"`{scenario.id}` · {_FAMILIES[scenario.family]} · tier {scenario.tier} · {switches} · "
        f"consent {codes(scenario.consent)} · [all scenarios](README.md)\n"
    )
    yield f"计入：{scenario.summary.zh}。<br>不计：{scenario.not_counted.zh}。\n"
    yield f"Counts: {scenario.summary.en}.<br>{scenario.not_counted.en}.\n"
    if scenario.perverse_note is not None:
        yield f"**反向激励 Perverse incentive.** {scenario.perverse_note.zh}。{scenario.perverse_note.en}.\n"


def _how_much(scenario: Scenario) -> Iterator[str]:
    how = scenario.quantification
    yield f"```text\n{formula(scenario)}    [g CO₂e]\n```\n"
    yield table(
        ("part", "expression", "meaning"),
        [
            ("基准 baseline", code(how.baseline), both(how.baseline_text)),
            ("项目 project", code(how.project), both(how.project_text)),
            ("泄漏 leakage", code(how.leakage), ""),
        ],
    )
    yield f"`quantity` in {how.unit}, at most {how.quantity_max} in one act; the first of:\n"
    yield table(("from", "how", "when", "tier", "P5–P95 of the claim"), [_activity(each) for each in how.activities])


def _recognition(scenario: Scenario) -> Iterator[str]:
    yield prose(RECOGNITION)
    rules = [(code(r.by), _when(r.when), r.confidence, codes(r.examples)) for r in scenario.rules]
    yield table(("by", "when", "confidence", "examples"), rules)
    excluded = [(code(x.code), _when(x.when), both(x.reason), codes(x.examples)) for x in scenario.exclusions]
    if excluded:
        yield table(("excluded as", "when", "why", "examples"), excluded)


def _benchmarks(scenario: Scenario) -> Iterator[str]:
    if scenario.benchmarks:
        yield "## 为什么与别家不同 Why others say another number\n"
    for text in scenario.benchmarks:
        yield f"{text.zh}。\n\n{text.en}.\n"


def formula(scenario: Scenario) -> str:
    """The whole formula of a scenario, with nothing in it that is zero by definition."""
    how = scenario.quantification
    taken = "".join(f" - ({text})" for text in (how.project, how.leakage) if text.strip() != "0")
    return f"({how.baseline}{taken}) * {how.additionality} * (1 - {how.conservative_cut})"


def _is_draft(pack: Pack, scenario: Scenario) -> bool:
    used = [pack.factors[name].status for name in scenario_factors(pack, scenario)]
    return Status.DRAFT in (*used, scenario.reward.status, pack.status)


def _switch(*, on: bool) -> str:
    return "on" if on else "**off**"


def _typical(pack: Pack, scenario: Scenario) -> str:
    if not scenario.carbon:
        return "—"
    event = {"amount_fen": _TYPICAL_FEN.get(scenario.quantification.unit, 10_000)}
    return grams(act(pack, scenario, event, pack.valid_from).carbon_mg)


def _points(scenario: Scenario) -> str:
    if not scenario.energy:
        return "—"
    rule = scenario.reward
    return str(rule.points) if rule.per_quantity is None else f"≤ {rule.points_max}"


def _activity(activity: Activity) -> tuple[str, str, str, str, str]:
    how = (
        f"fare table {code(activity.tariff)}"
        if activity.source is ActivitySource.FARE_BAND
        else code(activity.quantity)
    )
    when = [f"{name} is {_among(values)}" for name, values in activity.variant.items()]
    uses = [f"{code(new)} for {code(old)}" for old, new in activity.substitutes.items()]
    conditions = "; ".join([*when, *uses])
    return code(activity.source), how, conditions, activity.tier, f"×{activity.p5} – ×{activity.p95}"


def _among(values: list[str]) -> str:
    return " or ".join(values) if len(values) <= 3 else f"{values[0]} … {values[-1]}"


def _factor_row(pack: Pack, name: str) -> tuple[object, ...]:
    factor = pack.factors[name]
    return (
        f"[{code(name)}](factors.md#{name})<br>{both(factor.name)}",
        factors.value(pack, name),
        factor.unit,
        status(factor.status),
        factor.known_by,
        factor.review_by,
        code(f"= {factor.expression}") if factor.expression else joined(factor.source),
    )


def _limits(scenario: Scenario) -> Iterator[str]:
    caps, rule = scenario.caps, scenario.deduplication
    listed = ((caps.daily_acts, "acts a day"), (caps.monthly_acts, "acts a month"), (caps.monthly_g, "g CO₂e a month"))
    given = [f"{value:,} {unit}" for value, unit in listed if value is not None]
    yield "上限 caps: at most " + ", ".join(given) + " of one customer, by the business day in Asia/Shanghai"
    if rule.key:
        yield "同一事项 same occasion: " + " + ".join(code(name) for name in rule.key) + " counts once"
    if rule.min_gap_minutes:
        yield f"同一行程 same journey: less than {rule.min_gap_minutes} minutes after the act before"


def _energy(scenario: Scenario) -> str:
    rule = scenario.reward
    if not scenario.energy:
        return f"绿色能量 energy: none. {rule.source.title}"
    per = "an act" if rule.per_quantity is None else f"per {rule.per_quantity:,} {scenario.quantification.unit}"
    most = "" if rule.points_max == rule.points else f", at most {rule.points_max} an act"
    source = f"{status(rule.status)} ({rule.known_by}); {rule.source.title} ({rule.source.reference})"
    acts = f"at most {rule.daily_acts} acts a day and {rule.monthly_acts} a month"
    return f"绿色能量 energy: {rule.points} points {per}{most}, {acts}; {source}"


def _when(when: When) -> str:
    listed: dict[str, Sequence[object]] = {
        "kind": when.kinds,
        "role": when.roles,
        "service": when.services,
        "MCC": when.mcc,
    }
    listed |= {"channel": when.channels, "card": when.products}
    parts = [f"{name} {' / '.join(code(value) for value in values)}" for name, values in listed.items() if values]
    if when.pattern:
        parts.append(f"descriptor ~ {code(when.pattern)}")
    for name, value in (
        ("≥", when.amount_min_fen),
        ("≤", when.amount_max_fen),
        ("multiple of", when.amount_multiple_of_fen),
    ):
        if value is not None:
            parts.append(f"amount {name} {value:,} fen")
    parts += [f"{code(name)} = {' / '.join(values)}" for name, values in when.attributes.items()]
    parts += [f"no {code(name)}" for name in when.absent]
    return "; ".join(parts) or "always"
