"""Balls: list them, collect one, collect all that is ripe."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import PathParameter

from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.home import Balls, owns_ball
from ditan.home.balls import read_balls, summed
from ditan.home.page import read_holder
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import read_name, show
from ditan.ledger import Collection, EnergyCode, LedgerRefusal, collect, find_customer
from ditan.model import Noun, Text
from ditan.store.pool import Connection

BallId = Annotated[str, PathParameter(pattern=r"^ball_[0-9A-Za-z]{26}$", description="A ball, as the list names it.")]


class Collected(Noun, kw_only=True):
    """What a tap did. `nothing`: no ball was ripe, or somebody was faster; `energy` includes what paid a debt."""

    code: EnergyCode
    meaning: Text
    energy: int
    entry_id: str | None


@get("/v1/balls", **reads())
def balls(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Balls]:
    """All balls: ripe ones first, of those the one that lapses first."""
    now = hall.clock.now()
    row = hall.store.read(lambda connection: read_holder(connection, who.subject, now))
    if row is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, summed(read_balls(row, hall.pack, now)))


@post("/v1/balls/collect", **writes())
def collect_all(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey
) -> Response[Collected]:
    """Collect everything that is ripe."""
    return _collect(request, hall, who, idempotency_key, None)


@post("/v1/balls/{ball_id:str}/collect", **writes())
def collect_one(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, ball_id: BallId
) -> Response[Collected]:
    """Collect one ball, if it is ripe."""
    name = read_name("ball", ball_id)
    if name is None:
        raise Refused(ProblemCode.NOT_FOUND)
    return _collect(request, hall, who, idempotency_key, name)


def _collect(
    request: AnyRequest, hall: Hall, who: Principal, idempotency_key: str, name: UUID | None
) -> Response[Collected]:
    def work(connection: Connection) -> Collected:
        try:
            customer_id = find_customer(connection, who.subject)
        except NotFound as error:
            raise Refused(ProblemCode.NO_ACCOUNT) from error
        tap = Collection(customer_id=customer_id, request_id=idempotency_key, act_id=name)
        [found] = collect(connection, [tap], hall.clock.now())
        if found.code in {EnergyCode.CONFLICT, EnergyCode.CLOSED, EnergyCode.NO_ACCOUNT}:
            raise LedgerRefusal(found.code, found.energy)
        if found.code is EnergyCode.NOTHING and name is not None and not owns_ball(connection, who.subject, name):
            raise Refused(ProblemCode.NOT_FOUND)
        entry = show("entry", found.entry_id) if found.code is not EnergyCode.NOTHING and found.entry_id else None
        return Collected(code=found.code, meaning=found.code.meaning, energy=found.energy, entry_id=entry)

    content = str(name).encode()
    response = once(hall, request, who, idempotency_key, content, Collected, work)
    if "Idempotency-Replayed" not in response.headers:
        hall.measures.collected.inc(response.content.energy)
    return response
