"""A methodology on its way into force: proposed with its differences, weighed by replay, decided, published."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from ditan import ledger, packs
from ditan.insight.publishing import publish
from ditan.insight.scheduling import Schedule, register
from ditan.insight.studying import read_study
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.errors import Conflict, InvalidInput
from ditan.ledger import Proposal
from ditan.model import Noun, Pack, Text
from ditan.packs import Difference, PackChange
from ditan.store.statements import load_statements

KIND: Final = "methodology"
_SQL = load_statements("ditan.insight", "studies.sql")


class Payload(Noun, kw_only=True):
    """What a proposal of a methodology keeps: the change, the versions before and after, and the day."""

    change: PackChange
    base: str
    version: str
    effective_from: date


class PersonaMoved(Noun, kw_only=True):
    """What one described customer would be given for one scenario, before caps: then and now, times how often."""

    persona: Text
    scenario: Text
    times: int
    carbon_mg_before: int
    carbon_mg_after: int
    energy_before: int
    energy_after: int


class Weighed(Noun, kw_only=True):
    """What somebody who decides can see at once: what changes in the pack, and what it does to the personas."""

    differences: list[Difference]
    personas: list[PersonaMoved]


def propose_methodology(
    connection: psycopg.Connection[Any],
    request_id: str,
    schedule: Schedule,
    change: PackChange,
    effective_from: date,
    *,
    reason: str,
    maker: str,
    now: datetime,
) -> UUID:
    """Propose a change of what is in force on a day to come. Nothing changes yet.

    Raises: InvalidInput for a day that has begun, or a change that is none; MethodologyError when the pack that it
    makes may not run on that day.
    """
    if effective_from <= business_day(now):
        raise InvalidInput(
            f"a methodology cannot come into force on {effective_from}: that day has begun", hint="Name a day to come."
        )
    base = schedule.on(effective_from)
    made = packs.changed(base.pack, change)
    packs.require_sound(made, effective_from)
    payload = Payload(change=change, base=base.version, version=packs.version(made), effective_from=effective_from)
    return ledger.propose_change(
        connection,
        request_id,
        KIND,
        msgspec.to_builtins(payload),
        effective_at=datetime.combine(effective_from, time(), BUSINESS_ZONE),
        reason=reason,
        maker=maker,
        now=now,
    )


def payload_of(proposal: Proposal) -> Payload:
    """Read what a proposal of a methodology keeps."""
    return msgspec.convert(proposal.payload, Payload, strict=False)


def made_from(schedule: Schedule, payload: Payload) -> tuple[Pack, Pack]:
    """Give the pack before and after a proposed change.

    Raises: Conflict when something else is in force on that day by now.
    """
    base = schedule.on(payload.effective_from)
    if base.version != payload.base:
        raise Conflict(
            f"on {payload.effective_from} {base.version} is in force by now, not {payload.base}",
            hint="Propose the change anew on top of it.",
        )
    return base.pack, packs.changed(base.pack, payload.change)


def weigh_methodology(before: Pack, after: Pack) -> Weighed:
    """Compare two packs: every difference, and what each persona is given."""
    names = {scenario.id: scenario.name for scenario in after.scenarios}
    old = {(persona.id, nth): act for persona in before.personas for nth, act in enumerate(persona.acts)}
    moved = [
        PersonaMoved(
            persona=persona.name,
            scenario=names[act.scenario],
            times=act.times,
            carbon_mg_before=old[persona.id, nth].carbon_mg,
            carbon_mg_after=act.carbon_mg,
            energy_before=old[persona.id, nth].energy,
            energy_after=act.energy,
        )
        for persona in after.personas
        for nth, act in enumerate(persona.acts)
    ]
    return Weighed(differences=packs.differences(before, after), personas=moved)


def publish_methodology(
    connection: psycopg.Connection[Any],
    schedule: Schedule,
    proposal: Proposal,
    *,
    checker: str,
    opinion: str,
    now: datetime,
) -> int:
    """Put a methodology into force that was just approved; give the number of the decision.

    Raises: Conflict before its impact was computed, or when it stands on something that is no longer in force;
    MethodologyError when it may not run; InvalidInput when its day has begun.
    """
    payload = payload_of(proposal)
    study = read_study(connection, proposal.proposal_id)
    if study is None or study.result is None:
        raise Conflict("its impact has not been computed", hint="Begin the replay, and decide when it is done.")
    _, made = made_from(schedule, payload)
    packs.require_sound(made, payload.effective_from)
    return publish(
        connection,
        register(connection, made),
        payload.effective_from,
        base_id=schedule.periods[0].methodology.pack_id,
        maker=proposal.maker,
        checker=checker,
        reason=proposal.reason,
        opinion=opinion,
        now=now,
    )


class WeakFactor(Noun, kw_only=True):
    """A factor with what stands on it. `value` None: dated, regional, or worked out from others."""

    factor: str
    name: Text
    unit: str
    value: str | None
    status: str
    known_by: str
    source: str
    review_by: date
    carbon_mg: int  # of all acts whose rate uses it
    changeable: bool


def read_factors(connection: psycopg.Connection[Any], pack: Pack) -> list[WeakFactor]:
    """Give every factor of a pack with the milligrams that stand on it, the heaviest first."""
    standing: dict[str, int] = defaultdict(int, ledger_mg(connection))
    found = [
        WeakFactor(
            factor=name,
            name=factor.name,
            unit=factor.unit,
            value=None if factor.value is None else str(factor.value),
            status=factor.status.value,
            known_by=factor.known_by.value,
            source=factor.source.title,
            review_by=factor.review_by,
            carbon_mg=standing[name],
            changeable=factor.value is not None,
        )
        for name, factor in pack.factors.items()
    ]
    return sorted(found, key=lambda each: (-each.carbon_mg, each.factor))


def ledger_mg(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Give the milligrams that stand on each factor, of all days; an act stands on every factor of its rate."""
    return dict(connection.execute(_SQL["standing_on_factors"]).fetchall())


def all_mg(connection: psycopg.Connection[Any]) -> int:
    """Give all milligrams of all days, of which those on a factor are a share."""
    row = connection.execute(_SQL["standing_in_all"]).fetchone()
    return int(row[0]) if row else 0
