"""The formulas of a pack: their names exist, their units balance to scale 1, they are linear and begin at zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from pint import Unit
from sqlglot import exp

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS
from ditan.model import Activity, ActivitySource, Pack, Scenario, When
from ditan.packs import expressions
from ditan.packs.acting import QUANTITY, lookup
from ditan.packs.findings import Finding, finding
from ditan.packs.resolving import factor_value, references

GRAM: Final = "g"
PURE: Final = "1"
_RESERVED: Final = frozenset({QUANTITY, *INPUTS, "fare_band_km"})
_TIERS: Final = frozenset({"1", "2", "3", "E"})
_BAND_MAX: Final = 20
"""A claim that may be wrong by more than a factor of twenty is no claim."""
_NEEDS_INPUT: Final = frozenset(name for name, given in INPUTS.items() if given.default is None)


def check_formulae(pack: Pack, on: date) -> Iterator[Finding]:
    """Check every formula of a pack."""
    for factor_id in pack.factors:
        yield from _factor(pack, factor_id, on)
    for scenario in pack.scenarios:
        yield from _quantification(pack, scenario, on)
        yield from _activities(pack, scenario, on)


def _factor(pack: Pack, factor_id: str, on: date) -> Iterator[Finding]:
    where = f"factors.{factor_id}"
    factor = pack.factors[factor_id]
    if not expressions.NAME.fullmatch(factor_id) or factor_id in _RESERVED:
        yield finding("factor_id_invalid", where, "因子标识不合规或被保留", "the id is reserved or not snake_case")
    try:
        declared = expressions.unit(factor.unit)
        for name in references(factor):
            if name not in pack.factors:
                yield _unknown(f"{where}.expression", name)
                return
        factor_value(pack, factor_id, on)
        if factor.expression:
            yield from _literals(f"{where}.expression", factor.expression)
            found = expressions.unit_of(expressions.parse(factor.expression), _units(pack, {}))
            if not expressions.same_unit(found, declared):
                yield _unbalanced(f"{where}.expression", found, factor.unit)
    except MethodologyError as error:
        yield _broken(where, error)


def _quantification(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    how = scenario.quantification
    where = f"scenarios.{scenario.id}.quantification"
    try:
        units = _units(pack, {QUANTITY: expressions.unit(how.unit)})
    except MethodologyError as error:
        yield _broken(f"{where}.unit", error)
        return
    for part in ("baseline", "project", "leakage"):
        text: str = getattr(how, part)
        yield from _formula(pack, f"{where}.{part}", text, QUANTITY, units, GRAM, on)
    if how.baseline.strip() == "0":
        yield finding("baseline_missing", f"{where}.baseline", "没有基准", "there is no baseline")
    for part in ("additionality", "conservative_cut"):
        yield from _coefficient(pack, f"{where}.{part}", getattr(how, part), on, zero=part == "conservative_cut")
    if scenario.tier not in _TIERS or any(a.tier not in _TIERS for a in how.activities):
        yield finding(
            "tier_unknown", f"scenarios.{scenario.id}.tier", "等级只能是 1、2、3、E", "a tier is 1, 2, 3 or E"
        )
    if scenario.carbon == (scenario.tier == "E") or any(
        (a.tier == "E") != (scenario.tier == "E") for a in how.activities
    ):
        yield finding(
            "tier_contradicts_carbon",
            f"scenarios.{scenario.id}.tier",
            "E 级只给能量，其余等级给减排量",
            "tier E means energy only, any other tier means carbon",
        )


def _formula(
    pack: Pack, where: str, text: str, variable: str, units: Callable[[str], Unit], wanted: str, on: date
) -> Iterator[Finding]:
    """One formula: names, literals, units, linearity, and no reduction without activity."""
    try:
        tree = expressions.parse(text)
        if expressions.is_zero(tree):
            return
        foreign = sorted(expressions.names(tree) & _RESERVED - {variable})
        if foreign:
            yield finding(
                "wrong_variable",
                where,
                f"公式中不能用 {foreign[0]}",
                f"the variable here is {variable}, not {foreign[0]}",
            )
            return
        unknown = sorted(expressions.names(tree) - pack.factors.keys() - {variable})
        if unknown:
            yield _unknown(where, unknown[0])
            return
        if variable not in expressions.names(tree):
            yield finding("variable_missing", where, f"公式没有用到 {variable}", f"the formula does not use {variable}")
        yield from _literals(where, text)
        found = expressions.unit_of(tree, units)
        if not expressions.same_unit(found, expressions.unit(wanted)):
            yield _unbalanced(where, found, wanted)
        constant, _ = expressions.linear(tree, variable, lookup(pack, on, None, {}))
        if constant != 0:
            yield finding(
                "constant_in_formula", where, "没有活动量时结果不为零", "it is not zero when there is no activity"
            )
    except MethodologyError as error:
        yield _broken(where, error)


def _coefficient(pack: Pack, where: str, factor_id: str, on: date, *, zero: bool) -> Iterator[Finding]:
    if factor_id not in pack.factors:
        yield _unknown(where, factor_id)
        return
    try:
        if not expressions.same_unit(expressions.unit(pack.factors[factor_id].unit), expressions.unit(PURE)):
            yield _unbalanced(where, expressions.unit(pack.factors[factor_id].unit), PURE)
        value = factor_value(pack, factor_id, on).value
    except MethodologyError as error:
        yield _broken(where, error)
        return
    if not (0 <= value < 1 if zero else 0 < value <= 1):
        yield finding("coefficient_range", where, "系数须在 0 与 1 之间", "the coefficient lies between 0 and 1")


def _activities(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    how = scenario.quantification
    if not how.activities:
        yield finding(
            "activity_missing", f"scenarios.{scenario.id}.quantification", "没有活动量", "there is no activity"
        )
    settled: set[str] = set()
    always = False
    for position, activity in enumerate(how.activities):
        where = f"scenarios.{scenario.id}.quantification.activities[{position}]"
        yield from _band(where, activity)
        if position + 1 < len(how.activities) and _same(activity, how.activities[position + 1]):
            zh, en = "与下一条没有区别", "it makes no difference to the next one"
            yield finding("variant_without_effect", where, zh, en)
        yield from _variant(pack, where, scenario, activity)
        used = frozenset({activity.tariff})
        if activity.source is not ActivitySource.FARE_BAND:
            used = expressions.names(_parsed(activity.quantity)) & INPUTS.keys() if activity.quantity else frozenset()
            if len(used) != 1:
                yield finding(
                    "activity_input",
                    f"{where}.quantity",
                    "活动量须且只能用一个实测量",
                    "a quantity uses exactly one measured input",
                )
                continue
            units = _units(pack, {name: expressions.unit(INPUTS[name].unit) for name in used})
            yield from _formula(pack, f"{where}.quantity", activity.quantity, min(used), units, how.unit, on)
        elif activity.quantity or how.unit != "km":
            yield finding(
                "activity_input", f"{where}.quantity", "票价档只给公里", "a fare band gives kilometres and nothing else"
            )
        if always or min(used) in settled:
            yield finding(
                "activity_unreachable", where, "前面的活动量总是先被采用", "an activity before it is always taken first"
            )
        if not activity.variant:
            settled |= used
            always = always or not used & (_NEEDS_INPUT | {activity.tariff or "-"}) or "amount" in used
    if how.activities and not always and not _excludes_missing(scenario):
        yield finding(
            "default_activity_missing",
            f"scenarios.{scenario.id}.quantification.activities",
            "数据缺失时没有缺省活动量",
            "there is no default for an event that carries no measured input",
        )


def _band(where: str, activity: Activity) -> Iterator[Finding]:
    if activity.p5 > activity.p95:
        yield finding("band_inverted", f"{where}.p5", "P5 高于 P95", "P5 is above P95")
    if activity.p95 > _BAND_MAX or activity.p5 < -_BAND_MAX:
        yield finding("band_implausible", f"{where}.p95", "不确定性范围过宽", "the band is implausibly wide")
    if not activity.p5 <= 1 <= activity.p95:
        yield finding(
            "band_misses_value", f"{where}.p5", "计入值不在 P5–P95 之内", "the claim is outside its own P5 to P95"
        )


def _variant(pack: Pack, where: str, scenario: Scenario, activity: Activity) -> Iterator[Finding]:
    how = scenario.quantification
    used = {name for text in (how.baseline, how.project, how.leakage) for name in expressions.names(_parsed(text))}
    for old, new in activity.substitutes.items():
        if new not in pack.factors or old not in pack.factors:
            yield _unknown(f"{where}.substitutes.{old}", new if old in pack.factors else old)
        elif old not in used:
            yield finding(
                "substitute_unused", f"{where}.substitutes.{old}", "公式没有用到被替换的因子", "no formula uses it"
            )
        elif pack.factors[old].unit != pack.factors[new].unit:
            yield _unbalanced(
                f"{where}.substitutes.{old}", expressions.unit(pack.factors[new].unit), pack.factors[old].unit
            )
    if activity.substitutes and not activity.variant:
        yield finding("substitute_unused", f"{where}.substitutes", "没有条件的替换", "a substitute needs a variant")


def _same(activity: Activity, following: Activity) -> bool:
    """Say whether a variant does what the general activity right after it does anyway."""
    if following.variant:
        return False
    return (activity.quantity, activity.tariff, activity.substitutes) == (
        following.quantity,
        following.tariff,
        following.substitutes,
    )


def _excludes_missing(scenario: Scenario) -> bool:
    """Say whether an event without the measured fact is excluded with a code of its own."""
    fields = {
        INPUTS[name].field
        for activity in scenario.quantification.activities
        for name in expressions.names(_parsed(activity.quantity)) & INPUTS.keys()
    }
    return any(x.when == When(absent=[name]) for x in scenario.exclusions for name in fields)


def _parsed(text: str) -> expressions.Tree:
    """Parse, or give the plain 0 where the formula is broken: `_formula` says so."""
    try:
        return expressions.parse(text or "0")
    except MethodologyError:
        return expressions.parse("0")


def _literals(where: str, text: str) -> Iterator[Finding]:
    """A number in a formula has no source, no bound and no review: it belongs into a factor."""
    for literal in expressions.parse(text).find_all(exp.Literal):
        if literal.name != "1":
            yield finding(
                "number_in_formula", where, f"公式中不能直接写数字 {literal.name}", f"{literal.name} must be a factor"
            )


def _units(pack: Pack, known: dict[str, Unit]) -> Callable[[str], Unit]:
    def look(name: str) -> Unit:
        return known[name] if name in known else expressions.unit(pack.factors[name].unit)

    return look


def _unknown(where: str, name: str) -> Finding:
    return finding("unknown_factor", where, f"没有因子 {name}", f"no such factor: {name}")


def _unbalanced(where: str, found: Unit, wanted: str) -> Finding:
    given = expressions.unit_text(found)
    return finding("unit_unbalanced", where, f"得到 {given}，应为 {wanted}", f"it gives {given}, not {wanted}")


def _broken(where: str, error: MethodologyError) -> Finding:
    code = "formula_invalid"
    if isinstance(error, expressions.UnitError):
        code = "unit_unbalanced"
    elif error.message.startswith("cyclic"):
        code = "cyclic_factor"
    return finding(code, where, f"公式不可用：{error.message}", error.message)
