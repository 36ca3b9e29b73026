"""A change of a pack: factors and scenarios with new values, the personas worked out anew, a number of its own.

What comes out is a whole pack, to be checked, compared and replayed like any other before anybody decides on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import field
from msgspec.structs import replace

from ditan.kernel.errors import InvalidInput
from ditan.model import Factor, KnownBy, Noun, Pack, Scenario, Source, Status
from ditan.packs.personas import compare


class FactorChange(Noun, kw_only=True):
    """A new value of a factor that is one number, with its source. Bounds that are not given follow in proportion."""

    factor: str
    value: Decimal
    source: Source
    status: Status
    known_by: KnownBy
    p5: Decimal | None = None
    p95: Decimal | None = None


class ScenarioChange(Noun, kw_only=True):
    """The two switches of a scenario, and how often it counts; what is not given stays.

    Without carbon its tier is E. To switch carbon on, name the tier; to switch energy on, the points.
    """

    scenario: str
    carbon: bool | None = None
    energy: bool | None = None
    tier: str | None = None
    points: int | None = None
    daily_acts: int | None = None
    monthly_acts: int | None = None
    energy_daily_acts: int | None = None
    energy_monthly_acts: int | None = None


class PackChange(Noun, kw_only=True):
    """Everything that changes from one pack to the next. `number`: of the next, as CN-2026.2."""

    number: str
    factors: list[FactorChange] = field(default_factory=list)
    scenarios: list[ScenarioChange] = field(default_factory=list)


def changed(pack: Pack, change: PackChange) -> Pack:
    """Give the pack with a change made, its personas recorded anew.

    Raises: InvalidInput when the change names what the pack has not, changes nothing, or keeps the number.
    """
    if change.number == pack.number or not change.number.strip():
        raise InvalidInput(f"the next methodology needs a number of its own, not {pack.number!r}")
    factors = dict(pack.factors)
    for each in change.factors:
        factors[each.factor] = _factor(pack, each)
    scenarios = {each.id: each for each in pack.scenarios}
    for wanted in change.scenarios:
        if wanted.scenario not in scenarios:
            raise InvalidInput(f"there is no scenario {wanted.scenario!r}", hint=f"One of {', '.join(scenarios)}.")
        scenarios[wanted.scenario] = _scenario(scenarios[wanted.scenario], wanted)
    made = replace(pack, number=change.number, factors=factors, scenarios=list(scenarios.values()))
    if replace(made, number=pack.number) == pack:
        raise InvalidInput("the change changes nothing", hint="Name a factor or a scenario with a new value.")
    return _recorded(made)


def _factor(pack: Pack, change: FactorChange) -> Factor:
    known = pack.factors.get(change.factor)
    if known is None:
        raise InvalidInput(f"there is no factor {change.factor!r}", hint="`ditan methodology show` lists them.")
    if known.value is None:
        raise InvalidInput(
            f"{change.factor!r} is not one number: it is dated, regional or worked out from others",
            hint="Change it in the files of the pack.",
        )
    scale = change.value / known.value if known.value else Decimal(1)
    return replace(
        known,
        value=change.value,
        source=change.source,
        status=change.status,
        known_by=change.known_by,
        p5=_bound(change.p5, known.p5, scale),
        p95=_bound(change.p95, known.p95, scale),
    )


def _bound(given: Decimal | None, known: Decimal | None, scale: Decimal) -> Decimal | None:
    if given is not None or known is None:
        return given
    return (known * scale).quantize(Decimal(10) ** -max(6, -_exponent(known))).normalize()


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _scenario(known: Scenario, change: ScenarioChange) -> Scenario:
    made: Scenario = _with(known, {"carbon": change.carbon, "energy": change.energy})
    tier = change.tier if made.carbon else "E"
    if tier is not None and tier != known.tier:
        activities = [replace(each, tier=tier) for each in known.quantification.activities]
        made = replace(made, tier=tier, quantification=replace(known.quantification, activities=activities))
    points = 0 if change.energy is False else change.points
    most = None if points is None else max(points, known.reward.points_max) if points else 0
    caps = _with(known.caps, {"daily_acts": change.daily_acts, "monthly_acts": change.monthly_acts})
    reward = {
        "points": points,
        "points_max": most,
        "daily_acts": _tighter(change.energy_daily_acts, known.reward.daily_acts, change.daily_acts),
        "monthly_acts": _tighter(change.energy_monthly_acts, known.reward.monthly_acts, change.monthly_acts),
    }
    return replace(made, caps=caps, reward=_with(known.reward, reward))


def _tighter(given: int | None, known: int | None, acts: int | None) -> int | None:
    """The cap of the energy: as given, else as it was but no looser than the new cap of the act itself."""
    if given is not None or acts is None or known is None:
        return given
    return min(known, acts)


def _with(noun: Any, wanted: Mapping[str, Any]) -> Any:
    return replace(noun, **{name: value for name, value in wanted.items() if value is not None})


def _recorded(pack: Pack) -> Pack:
    """The same pack with what its personas are given now."""
    given = iter(compare(pack))
    personas = [
        replace(
            persona,
            acts=[
                replace(told, carbon_mg=moved.carbon_mg, energy=moved.energy)
                for told, moved in zip(persona.acts, given, strict=False)
            ],
        )
        for persona in pack.personas
    ]
    return replace(pack, personas=personas)
