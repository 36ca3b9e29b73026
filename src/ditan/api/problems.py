"""Problem details (RFC 9457) in the reader's language: the one place that turns an exception into a response."""

from __future__ import annotations

import traceback
from typing import Any, Final

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import field

from ditan.accounts import OrdersUnderWay
from ditan.api.codes import MEANING, ProblemCode
from ditan.kernel.envelope import Unreadable
from ditan.kernel.errors import (
    Conflict,
    DitanError,
    InvalidInput,
    InvariantViolation,
    NotFound,
    StoreUnavailable,
    TemporaryFailure,
)
from ditan.kernel.webhooks import Disbelieved
from ditan.ledger import LedgerRefusal
from ditan.model import Noun, Text
from ditan.packs.findings import Unsound
from ditan.rewards import OrderRefusal

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_RETRIED: Final = frozenset({ProblemCode.TOO_SLOW, ProblemCode.UNAVAILABLE})


class FieldError(Noun, kw_only=True):
    """What is wrong with one part of a request."""

    field: str
    detail: str


class Problem(Noun, kw_only=True):
    """Why a request was not done. `code` is for programs, the rest for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str
    instance: str  # the request, for whoever is asked about it
    errors: list[FieldError] = field(default_factory=list)


class Refused(DitanError):
    """The API refused a request."""

    def __init__(self, code: ProblemCode, detail: Text | None = None, headers: dict[str, str] | None = None) -> None:
        self.code, self.detail, self.headers = code, detail, headers or {}
        super().__init__(MEANING[code].title.en, MEANING[code].hint.en)


def speaks_chinese(accept_language: str | None) -> bool:
    """Tell the reader's language from Accept-Language: Chinese unless English is wanted more."""
    best: dict[str, tuple[int, int]] = {}
    for place, part in enumerate((accept_language or "zh").split(",")[:20]):
        tag, _, rest = part.strip().partition(";")
        weight = _thousandths(rest.strip().removeprefix("q=")) if rest else 1000
        language = tag.strip().lower().split("-")[0]
        if language in {"zh", "en"} and weight and (weight, -place) > best.get(language, (0, -99)):
            best[language] = (weight, -place)
    return best.get("zh", (0, -98)) >= best.get("en", (0, -98))


def _thousandths(weight: str) -> int:
    whole, _, part = weight.partition(".")
    digits = (part + "000")[:3]
    return 1000 if whole == "1" else int(digits) if digits.isascii() and digits.isdigit() else 0


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer what went wrong. What is our fault is logged; only what the caller can act on is told."""
    code, name, detail, headers = _read(error)
    zh = speaks_chinese(request.headers.get("accept-language"))
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    meaning = MEANING[code]
    if meaning.status >= 500:
        _log(error, request_id)
    said = Text(zh=meaning.title.zh, en=meaning.title.en) if detail is None else detail
    problem = Problem(
        type=f"urn:ditan:problem:{name}",
        title=meaning.title.zh if zh else meaning.title.en,
        status=meaning.status,
        code=name,
        detail=said.zh if zh else said.en,
        hint=meaning.hint.zh if zh else meaning.hint.en,
        instance=f"urn:ditan:request:{request_id}",
        errors=_field_errors(error),
    )
    if meaning.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="ditan", error="invalid_token", error_description="{name}"'
    if code in _RETRIED:
        headers.setdefault("Retry-After", "1")
    headers["Content-Language"] = "zh-CN" if zh else "en"
    return Response(msgspec.json.encode(problem), status_code=meaning.status, media_type=MEDIA_TYPE, headers=headers)


def _read(error: Exception) -> tuple[ProblemCode, str, Text | None, dict[str, str]]:
    """Give the code, the name it goes by, a sentence of its own, and headers."""
    match error:
        case Refused():
            return error.code, error.code, error.detail, dict(error.headers)
        case LedgerRefusal():
            return ProblemCode.CONFLICT, error.code, error.code.meaning, {}
        case OrderRefusal():
            return ProblemCode.CONFLICT, error.code, error.code.meaning, {}
        case Unsound():
            return ProblemCode.METHODOLOGY_UNSOUND, ProblemCode.METHODOLOGY_UNSOUND, error.first, {}
        case OrdersUnderWay():
            return ProblemCode.ENERGY_HELD, ProblemCode.ENERGY_HELD, error.counted, {}
        case Disbelieved():
            code = ProblemCode(error.why.value)
            return code, code, None, {}
        case HTTPException():
            code = _HTTP.get(error.status_code, ProblemCode.INTERNAL)
            return code, code, None, dict(error.headers or {})
        case InvalidInput() | Conflict():
            code = ProblemCode.INVALID_INPUT if isinstance(error, InvalidInput) else ProblemCode.CONFLICT
            # A message of the layers below is in English: the Chinese reader gets it after our own words.
            return code, code, Text(zh=f"{MEANING[code].title.zh}：{error.message}", en=error.message), {}
    code = next((code for kinds, code in _OURS if isinstance(error, kinds)), ProblemCode.INTERNAL)
    return code, code, None, {}


_OURS: Final[tuple[tuple[tuple[type[Exception], ...], ProblemCode], ...]] = (
    ((NotFound,), ProblemCode.NOT_FOUND),
    ((InvariantViolation,), ProblemCode.PROMISE_BROKEN),
    ((StoreUnavailable, TemporaryFailure, Unreadable), ProblemCode.UNAVAILABLE),
    ((psycopg.errors.QueryCanceled, TimeoutError), ProblemCode.TOO_SLOW),
)
_HTTP: Final = {
    400: ProblemCode.INVALID_INPUT,
    404: ProblemCode.NO_SUCH_PAGE,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    413: ProblemCode.BODY_TOO_LARGE,
    415: ProblemCode.MEDIA_TYPE,
}


def _field_errors(error: Exception) -> list[FieldError]:
    if not isinstance(error, HTTPException) or error.status_code != 400:
        return []
    extra = error.extra if isinstance(error.extra, list) else []
    found = [
        _field_error(str(each.get("key", each.get("source", ""))), str(each.get("message", "")))
        for each in extra
        if isinstance(each, dict)
    ]
    return found or [FieldError(field="", detail=error.detail.partition(" for ")[0])]


def _field_error(name: str, message: str) -> FieldError:
    missing = message == f"'{name}'"  # how the framework says that nothing was sent
    return FieldError(field="body" if name == "data" else name, detail="it is missing" if missing else message)


def _log(error: Exception, request_id: str) -> None:
    """Say what and where, never the message: it may name a person."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    log.error("request.failed", request_id=request_id, error=type(error).__name__, place=place)
