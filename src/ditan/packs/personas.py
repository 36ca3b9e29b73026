"""Twelve described customers whose grams never move by accident: what the pack gives them against what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ditan.kernel.errors import MethodologyError
from ditan.model import Pack, Persona, PersonaAct, Scenario
from ditan.packs.acting import act
from ditan.packs.findings import Finding, finding

COUNT: Final = 12


class Moved(NamedTuple):
    """One act of a persona: what is recorded and what the pack gives now, for one event and before caps."""

    persona: Persona
    act: PersonaAct
    carbon_mg: int
    energy: int

    @property
    def changed(self) -> bool:
        """Say whether the pack gives something else than recorded."""
        return (self.carbon_mg, self.energy) != (self.act.carbon_mg, self.act.energy)


def compare(pack: Pack, described: Pack | None = None) -> list[Moved]:
    """Give every act of the personas of `described` (the pack itself, if not given) under `pack`.

    They are worked out on the first day of the pack, so that a dated factor does not move them.
    Raises: MethodologyError when an act cannot be worked out.
    """
    scenarios = {scenario.id: scenario for scenario in pack.scenarios}
    return [_moved(pack, scenarios, persona, told) for persona in (described or pack).personas for told in persona.acts]


def check_personas(pack: Pack) -> Iterator[Finding]:
    """Check that there are twelve, that they cover every scenario, and that none has drifted."""
    if len(pack.personas) != COUNT or len({p.id for p in pack.personas}) != COUNT:
        yield finding("personas_count", "personas", f"应有 {COUNT} 位", f"there are {COUNT} personas")
    scenarios = {scenario.id: scenario for scenario in pack.scenarios}
    told_of = {told.scenario for persona in pack.personas for told in persona.acts}
    for missing in sorted(scenarios.keys() - told_of):
        yield finding("persona_missing", f"scenarios.{missing}", "没有画像覆盖该场景", "no persona does this")
    for persona in pack.personas:
        for n, told in enumerate(persona.acts):
            where = f"personas.{persona.id}.acts[{n}]"
            try:
                moved = _moved(pack, scenarios, persona, told)
            except MethodologyError as error:
                yield finding("persona_impossible", where, f"无法计算：{error.message}", error.message)
                continue
            if moved.changed:
                yield finding(
                    "persona_drift",
                    where,
                    f"{told.carbon_mg} mg / {told.energy} 点变为 {moved.carbon_mg} mg / {moved.energy} 点",
                    f"{told.carbon_mg} mg / {told.energy} points became {moved.carbon_mg} mg / {moved.energy} points",
                )
            if told.times <= 0:
                yield finding("persona_impossible", f"{where}.times", "次数须为正", "it happens at least once")


def _moved(pack: Pack, scenarios: dict[str, Scenario], persona: Persona, told: PersonaAct) -> Moved:
    scenario = scenarios.get(told.scenario)
    if scenario is None:
        raise MethodologyError(f"there is no scenario {told.scenario!r}")
    given = act(pack, scenario, told.event, pack.valid_from)
    return Moved(persona, told, given.carbon_mg, given.energy)
