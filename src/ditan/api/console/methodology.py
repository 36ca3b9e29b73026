"""The methodology: what is in force, what stands on weak factors, and changes that two people decide on."""

from __future__ import annotations

import threading
from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from ditan.api.codes import ProblemCode
from ditan.api.console.acting import Reason, acting
from ditan.api.console.proposals import ProposalName, ProposalView, named, one_proposal
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, once, staff_reads, staff_writes
from ditan.insight import Publication, publications
from ditan.insight.proposing import (
    KIND,
    PersonaMoved,
    WeakFactor,
    all_mg,
    made_from,
    payload_of,
    propose_methodology,
    read_factors,
    weigh_methodology,
)
from ditan.insight.studying import Study, begin, read_study, work
from ditan.insight.trail import reason_of, write_change
from ditan.kernel import limits
from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict
from ditan.ledger import Proposal, read_proposals
from ditan.model import Family, Noun, Text
from ditan.packs import Difference, PackChange
from ditan.store.pool import Connection

_READERS = (Role.OPERATOR, Role.APPROVER, Role.RISK, Role.ADMIN)
_STUDIES = threading.Semaphore(limits.studies_at_once)


class ScenarioRow(Noun, kw_only=True):
    """One of the 21 scenarios, with its two switches and its caps; None: no cap."""

    number: int
    id: str
    family: Family
    name: Text
    tier: str
    carbon: bool
    energy: bool
    points: int
    daily_acts: int | None
    monthly_acts: int | None
    energy_daily_acts: int | None
    energy_monthly_acts: int | None


class MethodologyView(Noun, kw_only=True):
    """What is in force today, everything that was decided, and what the grams stand on."""

    on: date
    version: str
    number: str
    name: Text
    status: str
    valid_from: date
    valid_to: date
    publications: list[Publication]
    scenarios: list[ScenarioRow]
    factors: list[WeakFactor]
    carbon_mg: int  # of all acts; an act stands on several factors


class ProposingMethodology(Noun, kw_only=True):
    """A change of what is in force on a day to come: factors with new values and sources, switches and caps."""

    change: PackChange
    effective_from: date
    reason: Reason


class MethodologyChange(Noun, kw_only=True):
    """A proposed methodology with everything that somebody who decides has to see."""

    proposal: ProposalView
    base: str
    version: str
    effective_from: date
    outdated: Text | None  # why it can no longer be approved: something else is in force by now
    differences: list[Difference]
    personas: list[PersonaMoved]
    study: Study | None


@get("/v1/console/methodology", **staff_reads(*_READERS))
def methodology(hall: GivenHall) -> MethodologyView:
    """What is in force today, what was decided, and how many grams stand on each factor."""
    today = business_day(hall.clock.now())
    running = hall.schedule().on(today)
    pack = running.pack
    decided = hall.store.read(publications)
    factors = hall.store.read(lambda connection: read_factors(connection, pack))
    return MethodologyView(
        on=today,
        version=running.version,
        number=pack.number,
        name=pack.name,
        status=pack.status.value,
        valid_from=pack.valid_from,
        valid_to=pack.valid_to,
        publications=decided,
        scenarios=[
            ScenarioRow(
                number=each.number,
                id=each.id,
                family=each.family,
                name=each.name,
                tier=each.tier,
                carbon=each.carbon,
                energy=each.energy,
                points=each.reward.points,
                daily_acts=each.caps.daily_acts,
                monthly_acts=each.caps.monthly_acts,
                energy_daily_acts=each.reward.daily_acts,
                energy_monthly_acts=each.reward.monthly_acts,
            )
            for each in pack.scenarios
        ],
        factors=factors,
        carbon_mg=hall.store.read(all_mg),
    )


@post("/v1/console/methodology/changes", **staff_writes(Role.OPERATOR))
def propose(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    data: JSONBody[ProposingMethodology],
) -> Response[MethodologyChange]:
    """Propose a methodology. It is checked at once; its impact on the population is computed from now on."""
    actor, reason, schedule = acting(hall, request, who), reason_of(data.reason), hall.schedule()
    made: list[UUID] = []

    def do(connection: Connection) -> MethodologyChange:
        name = propose_methodology(
            connection,
            f"console {who.subject} {idempotency_key}",
            schedule,
            data.change,
            data.effective_from,
            reason=reason,
            maker=who.subject,
            now=actor.at,
        )
        made[:] = [name]
        attempt = begin(connection, name, who.subject, actor.at)
        after = {"kind": KIND, "number": data.change.number, "effective_from": str(data.effective_from)}
        write_change(connection, actor, "proposal.made", ("proposal", str(name)), reason=reason, after=after)
        attempts[name] = attempt
        return _view(connection, hall, name, who)

    attempts: dict[UUID, int] = {}
    answer = once(hall, request, who, idempotency_key, msgspec.json.encode(data), MethodologyChange, do)
    for name in made:
        _study(hall, name, attempts[name])
    return answer


@get("/v1/console/methodology/changes/{proposal_id:str}", **staff_reads(*_READERS, fresh=True))
def change(hall: GivenHall, who: GivenWho, proposal_id: ProposalName) -> MethodologyChange:
    """A proposed methodology: differences with sources, personas, and its impact as far as it is computed."""
    name = named(proposal_id)
    return hall.store.read(lambda connection: _view(connection, hall, name, who))


@post("/v1/console/methodology/changes/{proposal_id:str}/impact", **staff_writes(Role.OPERATOR, Role.APPROVER))
def compute(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, proposal_id: ProposalName
) -> Response[MethodologyChange]:
    """Compute its impact anew: after a process died, or when acts came since."""
    actor, name = acting(hall, request, who), named(proposal_id)
    attempts: list[int] = []

    def do(connection: Connection) -> MethodologyChange:
        _require_methodology(connection, name)
        attempts[:] = [begin(connection, name, who.subject, actor.at)]
        return _view(connection, hall, name, who)

    answer = once(hall, request, who, idempotency_key, b"", MethodologyChange, do)
    for attempt in attempts:
        _study(hall, name, attempt)
    return answer


def _study(hall: Hall, name: UUID, attempt: int) -> None:
    """Work on it beside the requests. A daemon: a server that stops leaves it, and it is begun anew."""
    schedule = hall.schedule()

    def run() -> None:
        with _STUDIES:
            found = hall.store.read(lambda connection: _require_methodology(connection, name))
            _, made = made_from(schedule, payload_of(found))
            work(hall.store, hall.settings.home, name, attempt, made, hall.clock)

    threading.Thread(target=run, name="study", daemon=True).start()


def _require_methodology(connection: Connection, name: UUID) -> Proposal:
    for found in read_proposals(connection, proposal_id=name, kind=KIND, limit=1):
        return found
    raise Refused(ProblemCode.NOT_FOUND)


def _view(connection: Connection, hall: Hall, name: UUID, who: Principal) -> MethodologyChange:
    found = _require_methodology(connection, name)
    payload = payload_of(found)
    outdated: Text | None = None
    differences: list[Difference] = []
    personas: list[PersonaMoved] = []
    try:
        weighed = weigh_methodology(*made_from(hall.schedule(), payload))
        differences, personas = weighed.differences, weighed.personas
    except Conflict as error:
        outdated = Text(zh="该日已有别的方法学生效，须在其上重新提出。", en=f"{error.message}. {error.hint}")
    return MethodologyChange(
        proposal=one_proposal(connection, name, who),
        base=payload.base,
        version=payload.version,
        effective_from=payload.effective_from,
        outdated=outdated,
        differences=differences,
        personas=personas,
        study=read_study(connection, name, hall.clock.now()),
    )


HANDLERS = [methodology, propose, change, compute]
