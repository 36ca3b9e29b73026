"""Explain one act: every formula, number and source behind its milligrams, for a person and for an independent script.

The calculation is the interpreter's; this module only says it in words. Numbers are text, so that nothing is lost:
`46.7`, or `13600/33` where a value is no decimal. `recompute` needs rational arithmetic and half-even rounding, nothing
else; `tests/replay/test_explain_recomputes.py` is such a script.
"""

from __future__ import annotations

from datetime import date

from ditan.kernel.units import INPUTS, exact
from ditan.model import (
    ActivitySource,
    BankEvent,
    Factor,
    Family,
    KnownBy,
    Noun,
    Pack,
    Scenario,
    Source,
    Status,
    Text,
)
from ditan.packs import version
from ditan.packs.resolving import Resolved, Variant
from ditan.quantification import wording
from ditan.quantification.formulas import QUANTITY, exact_text, in_full, with_numbers
from ditan.quantification.interpreting import Claim, interpret


class Parameter(Noun, kw_only=True):
    """One number behind an act, with everything an auditor asks of it."""

    id: str
    name: Text
    value: str  # exact
    unit: str
    expression: str  # of a derived parameter; else empty
    variant: Variant  # which of its values was taken: of this very place, its power grid, the country, the only one
    status: Status
    known_by: KnownBy
    source: Source
    p5: str | None
    p95: str | None
    valid_from: date
    valid_to: date
    review_by: date
    note: Text | None


class Recompute(Noun, kw_only=True):
    """All it takes to calculate the milligrams again.

    1. quantity = min(value of `quantity`, quantity_max)
    2. baseline, project, leakage = values of their expressions, which may use quantity
    3. reduction = value of `reduction`, which uses these three
    4. raw_mg = 1000 * reduction, rounded to a whole number, ties to the even one
    5. carbon_mg = max(0, raw_mg) if gives_carbon else 0
    """

    names: dict[str, str]  # every name in the expressions → decimal or numerator/denominator
    derived: dict[str, str]  # how names that are derived follow from others
    quantity: str
    quantity_max: str
    baseline: str
    project: str
    leakage: str
    reduction: str
    gives_carbon: bool


class Explanation(Noun, kw_only=True):
    """Why an act is worth what it is worth, before caps."""

    sentence: Text
    scenario: str
    number: int
    family: Family
    name: Text
    pack: str  # version
    on: date  # business day
    place: Text | None
    tier: str
    activity_source: ActivitySource
    activity: Text  # how the quantity was found
    quantity: str
    unit: str
    formula: str
    formula_with_numbers: str
    baseline_text: Text
    project_text: Text
    baseline_g: str
    project_g: str
    leakage_g: str
    reduction_g: str
    raw_mg: int
    carbon_mg: int
    energy: int
    p5_mg: int
    p95_mg: int
    parameters: list[Parameter]
    warnings: list[Text]
    recompute: Recompute


def explain(pack: Pack, scenario: Scenario, event: BankEvent, pack_version: str = "") -> Explanation:
    """Explain what one event is worth as an act of a scenario, before caps.

    Whoever explains many acts gives `pack_version`, because hashing a pack takes longer than all the rest.

    Raises: MethodologyError when a formula or a factor of the pack cannot be used.
    """
    claim = interpret(pack, scenario, event)
    rule = scenario.quantification
    recompute = _recompute(pack, scenario, claim)
    formula = in_full(
        recompute.reduction,
        {"baseline": recompute.baseline, "project": recompute.project, "leakage": recompute.leakage},
    )
    values = {name: found.value for name, found in claim.parameters.items()} | {QUANTITY: claim.quantity}
    return Explanation(
        sentence=wording.sentence(scenario, claim),
        scenario=scenario.id,
        number=scenario.number,
        family=scenario.family,
        name=scenario.name,
        pack=pack_version or version(pack),
        on=claim.on,
        place=next((city.name for city in pack.cities if city.adcode == claim.place), None),
        tier=claim.tier,
        activity_source=claim.activity_source,
        activity=wording.activity(pack, scenario, claim),
        quantity=exact_text(claim.quantity),
        unit=rule.unit,
        formula=formula,
        formula_with_numbers=with_numbers(formula, values),
        baseline_text=rule.baseline_text,
        project_text=rule.project_text,
        baseline_g=exact_text(claim.baseline_g),
        project_g=exact_text(claim.project_g),
        leakage_g=exact_text(claim.leakage_g),
        reduction_g=exact_text(claim.reduction_g),
        raw_mg=claim.raw_mg,
        carbon_mg=claim.carbon_mg,
        energy=claim.energy,
        p5_mg=claim.p5_mg,
        p95_mg=claim.p95_mg,
        parameters=[_parameter(name, pack.factors[name], found) for name, found in claim.parameters.items()],
        warnings=list(wording.warnings(pack, scenario, claim)),
        recompute=recompute,
    )


def _parameter(factor_id: str, factor: Factor, found: Resolved) -> Parameter:
    return Parameter(
        id=factor_id,
        name=factor.name,
        value=exact_text(found.value),
        unit=factor.unit,
        expression=factor.expression,
        variant=found.variant,
        status=factor.status,
        known_by=factor.known_by,
        source=factor.source,
        p5=None if factor.p5 is None else str(factor.p5),
        p95=None if factor.p95 is None else str(factor.p95),
        valid_from=factor.valid_from,
        valid_to=factor.valid_to,
        review_by=factor.review_by,
        note=factor.note,
    )


def _recompute(pack: Pack, scenario: Scenario, claim: Claim) -> Recompute:
    formulas = {step.name: step.formula for step in claim.steps}
    names = {name: exact_text(found.value) for name, found in claim.parameters.items()}
    if claim.fare_fen is not None:
        names[formulas[QUANTITY]] = exact_text(claim.quantity_found)
    elif claim.input:
        names[claim.input] = exact_text(claim.input_value * INPUTS[claim.input].scale)
    return Recompute(
        names=names,
        derived={name: pack.factors[name].expression for name in claim.parameters if pack.factors[name].expression},
        quantity=formulas.get(QUANTITY, "0"),
        quantity_max=exact_text(exact(scenario.quantification.quantity_max)),
        baseline=formulas.get("baseline", "0"),
        project=formulas.get("project", "0"),
        leakage=formulas.get("leakage", "0"),
        reduction=formulas.get("reduction", "0"),
        gives_carbon=scenario.carbon,
    )
