"""What two people decide: one proposes with a reason, another sees the consequences in numbers and decides."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from ditan import ledger
from ditan.api.codes import ProblemCode
from ditan.api.console.acting import Reason, acting
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import (
    AnyRequest,
    GivenHall,
    GivenWho,
    IdempotencyKey,
    once,
    staff_reads,
    staff_writes,
)
from ditan.insight.proposing import KIND, publish_methodology
from ditan.insight.trail import Actor, masked, reason_of, write_change
from ditan.kernel import limits
from ditan.kernel.errors import Conflict
from ditan.kernel.ids import read_name, show
from ditan.ledger import Proposal
from ditan.model import Noun, Text
from ditan.store.pool import Connection

MAKERS: Final = (Role.OPERATOR, Role.SERVICE)


class ProposalKind(StrEnum):
    """What can be proposed: energy of a customer, units of a stock, budget or fund, or a methodology."""

    ADJUSTMENT = "adjustment"
    SUPPLY = "supply"
    METHODOLOGY = "methodology"  # proposed by POST /v1/console/methodology/changes


class ProposalState(StrEnum):
    """How a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"


ProposalName = Annotated[
    str, PathParameter(pattern=r"^proposal_[0-9A-Za-z]{26}$", description="A proposal, as the list names it.")
]
OfState = Annotated[ProposalState | None, QueryParameter(name="state", description="Only those that stand so.")]
OfKind = Annotated[ProposalKind | None, QueryParameter(name="kind", description="Only those of one kind.")]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.id_chars_max)]
Amount = Annotated[
    int,
    msgspec.Meta(
        ge=-limits.adjustment_max, le=limits.adjustment_max, description="Positive gives, negative takes; never 0."
    ),
]


class Proposing(Noun, kw_only=True):
    """What is proposed: exactly one of `customer_ref` (adjustment) and `limited` (supply), and how much."""

    kind: ProposalKind
    customer_ref: Reference | None = None
    limited: Reference | None = None
    amount: Amount
    reason: Reason


class Deciding(Noun, kw_only=True):
    """The opinion of whoever decides; it is kept."""

    opinion: Reason


class Consequence(Noun, kw_only=True):
    """A number that would change, as it was when it was proposed."""

    id: str
    name: Text
    before: int
    after: int


class ProposalView(Noun, kw_only=True):
    """A proposal as one reader sees it. `may`: what she may do with it; `may_not`: why not, when she may nothing."""

    proposal_id: str
    kind: str
    state: ProposalState
    customer: str | None  # the end of the reference
    limited: str | None
    amount: int | None
    reason: str
    consequences: list[Consequence]
    made_by: str
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    opinion: str | None
    withdrawn_at: datetime | None
    effective_at: datetime | None
    applied_at: datetime | None
    may: list[str]
    may_not: Text | None


class Proposals(Noun, kw_only=True):
    """A page of proposals, the latest first."""

    proposals: list[ProposalView]
    next_cursor: str | None


@get("/v1/console/proposals", **staff_reads(*MAKERS, Role.APPROVER, Role.RISK, Role.ADMIN))
def proposals(
    hall: GivenHall,
    who: GivenWho,
    standing: OfState = None,
    kind: OfKind = None,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Proposals:
    """What was proposed, the latest first: what waits, or what became of it."""
    place = read_cursor(cursor)
    before = (place.at, place.name) if place else None
    found = hall.store.read(
        lambda c: ledger.read_proposals(c, state=standing, kind=kind, before=before, limit=limit + 1)
    )
    page = found[:limit]
    more = write_cursor(Place(page[-1].proposed_at, page[-1].proposal_id)) if len(found) > limit else None
    return Proposals(proposals=[_view(each, who) for each in page], next_cursor=more)


@get("/v1/console/proposals/{proposal_id:str}", **staff_reads(*MAKERS, Role.APPROVER, Role.RISK, Role.ADMIN))
def proposal(hall: GivenHall, who: GivenWho, proposal_id: ProposalName) -> ProposalView:
    """One proposal with its consequences in numbers."""
    name = named(proposal_id)
    return hall.store.read(lambda connection: one_proposal(connection, name, who))


@post("/v1/console/proposals", **staff_writes(*MAKERS))
def propose(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    data: JSONBody[Proposing],
) -> Response[ProposalView]:
    """Propose a correction. Nothing moves before a second person approves it."""
    if data.kind is ProposalKind.METHODOLOGY or data.amount == 0:
        raise Refused(ProblemCode.INVALID_INPUT)
    if (data.customer_ref is None) is (data.kind is ProposalKind.ADJUSTMENT):
        raise Refused(ProblemCode.INVALID_INPUT)
    if (data.limited is None) is (data.kind is ProposalKind.SUPPLY):
        raise Refused(ProblemCode.INVALID_INPUT)
    actor, reason = acting(hall, request, who), reason_of(data.reason)

    def work(connection: Connection) -> ProposalView:
        about, consequences = ledger.weigh(
            connection, data.amount, customer_ref=data.customer_ref, limited=data.limited, now=actor.at
        )
        name = ledger.propose(
            connection,
            f"console {who.subject} {idempotency_key}",
            data.amount,
            **about._asdict(),
            reason=reason,
            maker=who.subject,
            now=actor.at,
            consequences=consequences,
        )
        made = one_proposal(connection, name, who)
        after = {"kind": data.kind, "amount": data.amount, "limited": data.limited} | consequences
        write_change(connection, actor, "proposal.made", ("proposal", str(name)), reason=reason, after=after)
        return made

    content, about = msgspec.json.encode(data), data.customer_ref
    return once(hall, request, who, idempotency_key, content, ProposalView, work, about=about)


@post("/v1/console/proposals/{proposal_id:str}/approve", **staff_writes(Role.APPROVER))
def approve(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    proposal_id: ProposalName,
    data: JSONBody[Deciding],
) -> Response[ProposalView]:
    """Approve a proposal somebody else made: it is done in the same unit of work, or not at all."""
    return _decide(request, hall, who, idempotency_key, proposal_id, data, approved=True)


@post("/v1/console/proposals/{proposal_id:str}/refuse", **staff_writes(Role.APPROVER))
def refuse(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    proposal_id: ProposalName,
    data: JSONBody[Deciding],
) -> Response[ProposalView]:
    """Refuse a proposal somebody else made: nothing moves."""
    return _decide(request, hall, who, idempotency_key, proposal_id, data, approved=False)


@post("/v1/console/proposals/{proposal_id:str}/withdraw", **staff_writes(*MAKERS))
def withdraw(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    proposal_id: ProposalName,
) -> Response[ProposalView]:
    """Take back a proposal of one's own that nobody has decided."""
    actor, name = acting(hall, request, who), named(proposal_id)

    def work(connection: Connection) -> ProposalView:
        ledger.hold_proposal(connection, name)
        before = one_proposal(connection, name, who)
        ledger.withdraw(connection, name, maker=who.subject, now=actor.at)
        return _written(connection, actor, name, who, before, "proposal.withdrawn", None)

    return once(hall, request, who, idempotency_key, b"", ProposalView, work, about=_about(hall, name))


def _decide(
    request: AnyRequest,
    hall: GivenHall,
    who: Principal,
    idempotency_key: str,
    proposal_id: str,
    data: Deciding,
    *,
    approved: bool,
) -> Response[ProposalView]:
    actor, name, opinion = acting(hall, request, who), named(proposal_id), reason_of(data.opinion, "opinion")
    schedule = hall.schedule()

    def work(connection: Connection) -> ProposalView:
        state = ledger.hold_proposal(connection, name)
        if state != ProposalState.PROPOSED:
            raise Conflict(f"it is {state} already", hint="Load the page again.")
        before = one_proposal(connection, name, who)
        ledger.decide(
            connection,
            name,
            checker=who.subject,
            approve=approved,
            now=actor.at,
            expires_months=hall.pack.life.expires_months,
            opinion=opinion,
        )
        if approved and before.kind == KIND:
            [found] = ledger.read_proposals(connection, proposal_id=name, limit=1)
            publish_methodology(connection, schedule, found, checker=who.subject, opinion=opinion, now=actor.at)
        action = "proposal.approved" if approved else "proposal.refused"
        return _written(connection, actor, name, who, before, action, opinion)

    content = msgspec.json.encode(data)
    return once(hall, request, who, idempotency_key, content, ProposalView, work, about=_about(hall, name))


def _about(hall: Hall, name: UUID) -> str | None:
    """Give whom a proposal is about."""
    found = hall.store.read(lambda connection: ledger.read_proposals(connection, proposal_id=name, limit=1))
    return found[0].customer_ref if found else None


def _written(
    connection: Connection,
    actor: Actor,
    name: UUID,
    who: Principal,
    before: ProposalView,
    action: str,
    reason: str | None,
) -> ProposalView:
    """Write down what became of a proposal, and give it."""
    made = one_proposal(connection, name, who)
    states = {"state": before.state}, {"state": made.state, "amount": made.amount}
    write_change(connection, actor, action, ("proposal", str(name)), reason=reason, before=states[0], after=states[1])
    return made


_NAMES: Final = {
    "units": Text(zh="账户余量", en="units of the account"),
    "available_energy": Text(zh="可用能量", en="available energy"),
    "owed_energy": Text(zh="欠的能量", en="energy owed"),
}


def _view(found: Proposal, who: Principal) -> ProposalView:
    numbers = found.consequences
    may, may_not = _allowed(found, who)
    return ProposalView(
        proposal_id=show("proposal", found.proposal_id),
        kind=found.kind,
        state=ProposalState(found.state),
        customer=masked(found.customer_ref),
        limited=found.limited_name,
        amount=found.amount,
        reason=found.reason,
        consequences=[
            Consequence(id=id_, name=name, before=numbers[id_], after=numbers[f"{id_}_after"])
            for id_, name in _NAMES.items()
            if id_ in numbers
        ],
        made_by=found.maker,
        made_at=found.proposed_at,
        decided_by=found.checker,
        decided_at=found.decided_at,
        opinion=found.opinion,
        withdrawn_at=found.withdrawn_at,
        effective_at=found.effective_at,
        applied_at=found.applied_at,
        may=may,
        may_not=may_not,
    )


def _allowed(found: Proposal, who: Principal) -> tuple[list[str], Text | None]:
    """Say what a reader may do with a proposal, and why not more."""
    if found.state != ProposalState.PROPOSED:
        return [], Text(zh="已经有了结果。", en="It is decided.")
    own = found.maker == who.subject
    may = ["withdraw"] if own and who.roles & set(MAKERS) else []
    if Role.APPROVER in who.roles and not own:
        may += ["approve", "refuse"]
    if own:
        return may, Text(zh="您提出了这项变更，须由他人批准。", en="You proposed it; somebody else decides.")
    return may, None if may else Text(zh="须由复核角色决定。", en="It takes an approver to decide.")


def one_proposal(connection: Connection, name: UUID, who: Principal) -> ProposalView:
    """Give a proposal as one reader sees it."""
    found = ledger.read_proposals(connection, proposal_id=name, limit=1)
    if not found:
        raise Refused(ProblemCode.NOT_FOUND)
    return _view(found[0], who)


def named(text: str) -> UUID:
    """Read the name of a proposal."""
    name = read_name("proposal", text)
    if name is None:
        raise Refused(ProblemCode.NOT_FOUND)
    return name


HANDLERS = [proposals, proposal, propose, approve, refuse, withdraw]
