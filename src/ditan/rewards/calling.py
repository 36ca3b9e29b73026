"""Call a partner over HTTP. Every call about an order carries the order's own key, forever, and our signature."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec

from ditan.kernel import limits
from ditan.kernel.ids import show
from ditan.kernel.persons import holds_card_number
from ditan.kernel.webhooks import sign
from ditan.rewards.addresses import PostalAddress
from ditan.rewards.changing import Kept, Said
from ditan.rewards.codes import OrderReason, State
from ditan.rewards.partners import Address

_SAID: Final = frozenset(
    {State.CONFIRMED, State.DELAYED, State.SUBSTITUTED, State.FULFILLED, State.PARTLY_FULFILLED, State.FAILED,
     State.CANCELLED, State.RETURNED}
)  # fmt: skip


class Trouble(StrEnum):
    """Why a call told us nothing: the job is done again later."""

    NO_ADDRESS = "no_address"  # the settings do not say where the partner is
    NO_KEY = "no_key"  # the customer's address cannot be read: the key it is under is not here
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    REFUSED = "refused"  # an HTTP status that is no answer
    GARBAGE = "garbage"  # an answer that nobody can read


class Heard(NamedTuple):
    """What a call told us: what the partner says of the order, that it has it, that it does not know it, or nothing."""

    said: Said | None = None
    received: bool = False
    unknown: bool = False
    refused: bool = False  # it was asked to cancel the order, and will not
    trouble: Trouble | None = None


class _Answer(msgspec.Struct, kw_only=True):
    """What a partner answers; fields we do not know may be there."""

    status: str
    at: datetime | None = None
    reason: str = OrderReason.BY_PARTNER.value
    delivered: int | None = None
    code: str | None = None


class Caller(Protocol):
    """Calls a partner about an order: `send`, `ask`, `withdraw`, `cancel`. `to`: where goods go, told when sent."""

    def __call__(self, kind: str, order: Kept, now: datetime, to: PostalAddress | None = None) -> Heard:
        """Call, and give what was heard. Never raises for what a partner does."""
        ...


class HttpCaller:
    """Calls partners at the addresses of the settings."""

    def __init__(self, partners: Mapping[str, Address], seconds_max: float = limits.partner_seconds_max) -> None:
        self.partners, self.seconds_max = partners, seconds_max

    def __call__(self, kind: str, order: Kept, now: datetime, to: PostalAddress | None = None) -> Heard:
        """POST the order, GET what became of it, POST that it is void, or POST the wish to cancel it."""
        address = self.partners.get(order.partner)
        if address is None:
            return Heard(trouble=Trouble.NO_ADDRESS)
        name = show("order", order.order_id)
        method, path, body = {
            "send": ("POST", "/orders", msgspec.json.encode(_told(order, name, to))),
            "ask": ("GET", f"/orders/{name}", b""),
            "withdraw": ("POST", f"/orders/{name}/withdraw", b"{}"),
            "cancel": ("POST", f"/orders/{name}/cancel", b"{}"),
        }[kind]
        headers = sign(address.secrets[0], f"{kind}-{name}", now, body)
        headers |= {"Idempotency-Key": name, "Content-Type": "application/json", "User-Agent": "ditan"}
        try:
            status, content = _request(address.url, method, path, body, headers, self.seconds_max)
        except TimeoutError:
            return Heard(trouble=Trouble.TOO_SLOW)
        except (OSError, http.client.HTTPException):
            return Heard(trouble=Trouble.UNREACHABLE)
        return read_answer(kind, status, content, now)


def read_answer(kind: str, status: int, content: bytes, now: datetime) -> Heard:
    """Read what a partner answered. A refusal counts only when it is said in words we know."""
    if status == 404 and kind != "send":
        return Heard(unknown=True)
    if status >= 500 or status == 429:
        return Heard(trouble=Trouble.REFUSED)
    try:
        answer = msgspec.json.decode(content, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Heard(trouble=Trouble.GARBAGE if status < 400 else Trouble.REFUSED)
    if answer.status in {"received", "withdrawn"}:
        return Heard(received=True)
    if kind == "cancel" and answer.status == "refused":
        return Heard(refused=True)
    said = read_said(answer.status, answer.at or now, answer.reason, answer.delivered, answer.code)
    return Heard(said=said) if said else Heard(trouble=Trouble.GARBAGE)


def read_said(state: str, at: datetime, reason: str, delivered: int | None, code: str | None) -> Said | None:
    """Read what is said of an order; None when it is nothing we know."""
    known = state in set(State) and State(state) in _SAID and reason in set(OrderReason) and at.tzinfo is not None
    if not known or (code is not None and not _is_code(code)):
        return None
    return Said(state=State(state), reason=OrderReason(reason), at=at, delivered=delivered, code=code)


def _is_code(code: str) -> bool:
    return 0 < len(code) <= limits.id_chars_max and code.isprintable() and not holds_card_number(code)


def _told(order: Kept, name: str, to: PostalAddress | None) -> dict[str, Any]:
    """What a partner is told: what to deliver and by when; to whom only when it is brought somewhere."""
    told: dict[str, Any] = {"order_id": name, "reward_id": order.reward_id, "quantity": order.quantity}
    told |= {"placed_at": order.placed_at, "deadline": order.deadline}
    return told | ({"deliver_to": to} if to is not None else {})


def _request(
    url: str, method: str, path: str, body: bytes, headers: dict[str, str], seconds_max: float
) -> tuple[int, bytes]:
    """One request; redirects are not followed, and an answer that is too long is cut and so unreadable."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=seconds_max, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds_max)
    try:
        connection.request(method, parts.path + path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(limits.partner_bytes_max)
    finally:
        connection.close()
