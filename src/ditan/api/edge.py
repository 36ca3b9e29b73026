"""The outermost layer: a name for each request, a deadline, headers that every answer has, one line in the log."""

from __future__ import annotations

import asyncio
import secrets
import time
from email.utils import format_datetime
from typing import Any, Final

import msgspec
import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Message, Receive, Scope, Send

from ditan.api.codes import MEANING, ProblemCode
from ditan.api.hall import Hall
from ditan.api.problems import MEDIA_TYPE, Problem, speaks_chinese
from ditan.kernel import limits

log = structlog.get_logger(__name__)

#: Answers of the API are data: nothing in them may run, be framed, or be kept by anybody on the way.
HEADERS: Final[dict[str, str]] = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cache-control": "no-store",
}
_RAW: Final = {name.encode(): value.encode() for name, value in HEADERS.items()}
_UNROUTED: Final = "(none)"


class Edge:
    """An ASGI application around the API."""

    def __init__(self, litestar: Litestar, hall: Hall) -> None:
        self.litestar, self.hall = litestar, hall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if scope["type"] != ScopeType.HTTP:
            await self.litestar(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, self.hall)
        measures, began = self.hall.measures, time.perf_counter()
        measures.under_way.inc()
        try:
            async with asyncio.timeout(limits.request_seconds_max):
                await self.litestar(scope, receive, answer)
        except TimeoutError:
            if answer.status is None:
                await _too_slow(scope, answer, request_id)
        finally:
            measures.under_way.dec()
            seconds = time.perf_counter() - began
            route = str(scope.get("path_template") or _UNROUTED)
            method = str(scope.get("method")) if route != _UNROUTED else "ANY"
            measures.requests.labels(method, route, str(answer.status or 0)).inc()
            measures.seconds.labels(method, route).observe(seconds)
            log.info(
                "request.answered",
                request_id=request_id,
                method=method,
                route=route,
                status=answer.status,
                ms=round(seconds * 1000, 1),
            )


class _Answer:
    """Passes an answer on, with the headers that every answer has unless it has its own."""

    def __init__(self, send: Send, request_id: str, hall: Hall) -> None:
        self.send, self.request_id, self.hall = send, request_id, hall
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message["headers"])
            names = {name.lower() for name, _ in given}
            given += [(name, value) for name, value in _RAW.items() if name not in names]
            given.append((b"x-request-id", self.request_id.encode()))
            # The clock that decides what is ripe: a phone whose own is wrong still shows the time left.
            given.append((b"date", format_datetime(self.hall.clock.now(), usegmt=True).encode()))
            message["headers"] = given
        await self.send(message)


async def _too_slow(scope: Any, send: _Answer, request_id: str) -> None:
    meaning = MEANING[ProblemCode.TOO_SLOW]
    asked = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), None)
    zh = speaks_chinese(asked)
    problem = Problem(
        type=f"urn:ditan:problem:{ProblemCode.TOO_SLOW}",
        title=meaning.title.zh if zh else meaning.title.en,
        status=meaning.status,
        code=ProblemCode.TOO_SLOW,
        detail=meaning.title.zh if zh else meaning.title.en,
        hint=meaning.hint.zh if zh else meaning.hint.en,
        instance=f"urn:ditan:request:{request_id}",
    )
    body = msgspec.json.encode(problem)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
    ]
    await send({"type": "http.response.start", "status": meaning.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
