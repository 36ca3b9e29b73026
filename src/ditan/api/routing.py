"""How a route says what it needs, and what is done for every route: who asks is found out before anything is read.

A route that says nothing is closed. `public` is for what anybody may see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, SkipValidation
from litestar.types.internal_types import PathParameterDefinition

from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import Audience, Needs, Principal, Scope, require
from ditan.api.problems import MEDIA_TYPE, Problem, Refused
from ditan.api.roles import Role
from ditan.kernel.ids import key
from ditan.store.pool import Connection
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.api")
T = TypeVar("T", bound=msgspec.Struct)

GivenHall = NamedDependency[SkipValidation[Hall]]
GivenWho = NamedDependency[SkipValidation[Principal]]
AnyRequest = Request[Any, Any, Any]
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this request forever: sent again it is done once and answered alike.",
    ),
]

_NEEDS: Final = "needs"
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DESCRIPTION: Final = {
    304: "Nothing has changed since the ETag that was sent.",
    400: "The request cannot be used.",
    401: "There is no token, or it is not believed.",
    403: "The token may not do this.",
    404: "There is no such thing, or it is somebody else's.",
    409: "It contradicts what is recorded.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    429: "Too many requests.",
    500: "A promise of the system broke; nothing was kept.",
    503: "Not available for the moment.",
}


def _responses(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            None if status == 304 else Problem,
            generate_examples=False,
            description=_DESCRIPTION[status],
            media_type=MEDIA_TYPE,
        )
        for status in statuses
    }


def public(*statuses: int) -> dict[str, Any]:
    """Anybody may ask this."""
    return {"opt": {_NEEDS: None}, "responses": _responses(*statuses), "security": [], "sync_to_thread": True}


def reads(
    scope: Scope = Scope.HOME_READ, audience: Audience = Audience.CUSTOMER, *, fresh: bool = True
) -> dict[str, Any]:
    """A route that changes nothing."""
    statuses = (400, 401, 403, 404, 429, 500, 503)
    return {
        "opt": {_NEEDS: Needs(audience=audience, scope=scope)},
        "responses": _responses(304, *statuses) if fresh else _responses(*statuses),
        "security": [{"bearer": []}],
        "sync_to_thread": True,
    }


def writes(scope: Scope = Scope.HOME_WRITE, audience: Audience = Audience.CUSTOMER) -> dict[str, Any]:
    """A route that changes something, once for each idempotency key."""
    return {
        "opt": {_NEEDS: Needs(audience=audience, scope=scope)},
        "responses": _responses(400, 401, 403, 404, 409, 413, 415, 429, 500, 503),
        "security": [{"bearer": []}],
        "status_code": 200,
        "sync_to_thread": True,
    }


def staff_reads(*roles: Role, fresh: bool = False) -> dict[str, Any]:
    """A route of the console that changes nothing. An auditor reads everything."""
    made = reads(audience=Audience.CONSOLE, fresh=fresh)
    needs = Needs(audience=Audience.CONSOLE, roles=frozenset({*roles, Role.AUDITOR}))
    return made | {"opt": {_NEEDS: needs}, "tags": ["console"]}


def staff_writes(*roles: Role) -> dict[str, Any]:
    """A route of the console that changes something, once for each idempotency key. An auditor changes nothing."""
    if not roles or Role.AUDITOR in roles:
        raise ValueError("a write says who may, and never lets in an auditor")
    needs = Needs(audience=Audience.CONSOLE, roles=frozenset(roles))
    return writes(audience=Audience.CONSOLE) | {"opt": {_NEEDS: needs}, "tags": ["console"]}


def needs_of(handler: BaseRouteHandler) -> Needs | None:
    """Give what a route needs; None: it is public.

    Raises: RuntimeError when it does not say.
    """
    if _NEEDS not in handler.opt:
        raise RuntimeError(f"{handler} does not say who may ask it")
    needs: Needs | None = handler.opt[_NEEDS]
    return needs


def operation_name(method: str, path: Iterable[str | PathParameterDefinition]) -> str:
    """Name an operation by its method and path: post_balls_collect."""
    parts = [part if isinstance(part, str) else part.name for part in path]
    return "_".join([method.lower(), *(part for part in parts if part != "v1")])


async def authorize(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Find out who asks, before the body is read; let in who may, as often as they may."""
    if connection.scope.get("method") == "OPTIONS":  # says which methods there are, and nothing else
        return
    needs = needs_of(handler)
    if needs is None:
        return
    hall: Hall = connection.app.state.hall
    now = hall.clock.now()
    who = await hall.identity.welcome(connection.headers.get("authorization"), now)
    wait = hall.rates.wait_seconds("\x1f".join((*sorted(who.audiences), who.subject)), now)
    if wait:
        raise Refused(ProblemCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(wait)})
    require(who, needs)
    connection.state.who = who


def fresh(request: AnyRequest, value: T) -> Response[T]:
    """Answer a read: 304 when the reader has this very answer already."""
    body = msgspec.json.encode(value)
    headers, known = known_by(request, body)
    if known:
        return Response(cast(T, None), status_code=304, headers=headers)
    return Response(cast(T, body), media_type="application/json", headers=headers)


def known_by(request: AnyRequest, content: bytes) -> tuple[dict[str, str], bool]:
    """Give the headers that name an answer by its content, and whether the reader has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return headers, tag in known or "*" in known


def once(
    hall: Hall,
    request: AnyRequest,
    who: Principal,
    idempotency_key: str,
    content: bytes,
    answer: type[T],
    work: Callable[[Connection], T],
    *,
    timeless: bool = False,
    about: str | None = None,
) -> Response[T]:
    """Do something once for each key, and answer alike forever. What is refused is not remembered.

    `content` is what was asked; `work` is tried again when others are in the way, and must bear it. `timeless`: it is
    not remembered when it was done, so that nothing else that was done then can be found by it. `about`: the customer
    whom a member of staff does it for; what is remembered goes with her.

    Raises: Refused `key_used_before` when the key was used for something else.
    """
    row = _request(hall, request, who, idempotency_key, content)
    if about is not None:
        row["customer_key"] = key(about)
    if timeless:
        row["now"] = _NO_TIME

    def do(connection: Connection) -> tuple[T, bool]:
        known = _known(connection, row)
        if known is not None:
            return msgspec.json.decode(known, type=answer), True
        done = work(connection)
        connection.execute(_SQL["write_request"], row | {"answer": msgspec.json.encode(done).decode()})
        return done, False

    done, again = hall.store.run(do)
    headers = {"Idempotency-Replayed": "true"} if again else {}
    return Response(done, status_code=200, headers=headers)


def answered(
    hall: Hall, request: AnyRequest, who: Principal, idempotency_key: str, content: bytes, answer: type[T]
) -> Response[T] | None:
    """Give what was answered under a key, before something is begun that takes several units of work.

    Raises: Refused `key_used_before` when the key was used for something else.
    """
    row = _request(hall, request, who, idempotency_key, content)
    known = hall.store.read(lambda connection: _known(connection, row))
    if not known:
        return None
    done = msgspec.json.decode(known, type=answer)
    return Response(done, status_code=200, headers={"Idempotency-Replayed": "true"})


def remember(hall: Hall, request: AnyRequest, who: Principal, idempotency_key: str, content: bytes) -> None:
    """Remember a request that may be done again, because what it holds is itself known once it was done.

    Raises: Refused `key_used_before` when the key was used for something else.
    """
    row = _request(hall, request, who, idempotency_key, content)

    def do(connection: Connection) -> None:
        if _known(connection, row) is None:
            connection.execute(_SQL["write_request"], row | {"answer": None})

    hall.store.run(do)


def _request(hall: Hall, request: AnyRequest, who: Principal, idempotency_key: str, content: bytes) -> dict[str, Any]:
    """Name a request by who sends it under which key, and its content by what is asked.

    The key is in both: what is asked may be a card, and nobody shall find a request by that.
    """
    path = str(request.scope["path"])
    return {
        "request_key": key("request", *sorted(who.audiences), who.subject, idempotency_key),
        "content_key": key(idempotency_key, request.method, path, hashlib.sha256(content).hexdigest()),
        "customer_key": key(who.subject),
        "now": hall.clock.now(),
    }


def _known(connection: Connection, row: dict[str, Any]) -> str | None:
    """Give what a request was answered, empty when it has no answer of its own; None when it is new."""
    known = connection.execute(_SQL["read_request"], row).fetchone()
    if known is None:
        return None
    if known[0] != row["content_key"]:
        raise Refused(ProblemCode.KEY_USED_BEFORE)
    return known[1] or ""
