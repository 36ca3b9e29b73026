"""The demo: an issuer of its own, so that the page can be tried without a bank's login. It lets in anybody as anybody.

It cannot be switched on where it would matter: only over the embedded database that `ditan demo` made and marked, which
never holds anything else, and never together with an issuer of the settings.
"""

from __future__ import annotations

import fcntl
import os
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, Key
from litestar import Response, Router, get, post
from litestar.params import JSONBody

from ditan.api.app import create_app
from ditan.api.edge import Edge
from ditan.api.routing import GivenHall, public
from ditan.kernel import limits
from ditan.kernel.clock import Clock
from ditan.kernel.demo import MARK, STAFF, DemoCustomer, DemoStaff, read_customers, require_demo
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings
from ditan.model import Noun
from ditan.store import Store

ISSUER: Final = "urn:ditan:demo"
_KEY: Final = "issuer.json"
_SECONDS: Final = 3_600
_STEP_DAYS_MAX: Final = 400
_CUSTOMER: Final = "home:read home:write"
_SYSTEM: Final = "events:write metrics:read"


class MovableClock(Clock, Protocol):
    """A clock that can be moved on."""

    def advance(self, step: timedelta) -> None:
        """Move on by `step`."""
        ...


class Visitor(Noun, kw_only=True):
    """Who wants to be let in as whom. `system` gives a token of the bank's systems, `staff` one of the console."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.id_chars_max)]
    system: bool = False
    staff: bool = False
    cards: list[dict[str, str | bool]] = msgspec.field(default_factory=list)


class Step(Noun, kw_only=True):
    """How far to move the demo's time on."""

    advance_seconds: Annotated[int, msgspec.Meta(ge=1, le=_STEP_DAYS_MAX * 86_400)]


class DemoTime(Noun, kw_only=True):
    """What time it is in the demo."""

    now: datetime


class DemoCustomers(Noun, kw_only=True):
    """Who can be signed in as."""

    customers: list[DemoCustomer]


class DemoStaffList(Noun, kw_only=True):
    """The staff that can be signed in as, one for each role."""

    staff: list[DemoStaff]


class DemoToken(Noun, kw_only=True):
    """A token of the demo."""

    access_token: str
    token_type: str
    expires_in: int


class DemoKeys:
    """The one key of the demo, shared by all processes of its home."""

    def __init__(self, settings: Settings) -> None:
        path = settings.home / MARK / _KEY
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = file.read()
            if not content:
                content = msgspec.json.encode(ECKey.generate_key("P-256").as_dict(private=True))
                file.write(content)
        self.key = ECKey.import_key(msgspec.json.decode(content))

    def find(self, kid: str | None) -> Key | None:
        """Give the one key, which has no name."""
        return self.key if kid is None else None

    def due(self, now: datetime, *, unknown: bool = False) -> bool:  # noqa: ARG002  it never changes
        """Never: it is read once."""
        return False

    def refresh(self, now: datetime) -> None:
        """Nothing to read."""


def _granted(settings: Settings, visitor: Visitor) -> dict[str, object]:
    """Give what a token says of what its holder may."""
    if visitor.staff:
        found = next((each for each in STAFF if each.subject == visitor.subject), None)
        if found is None:
            raise InvalidInput(f"{visitor.subject!r} is none of the demo's staff", hint="GET /demo/staff lists them.")
        return {"aud": settings.token_console_audience, "roles": [found.role], "name": found.name["zh"]}
    if visitor.system:
        return {"aud": settings.token_system_audience, "scope": _SYSTEM}
    return {"aud": settings.token_customer_audience, "scope": _CUSTOMER, "cards": visitor.cards}


def demo_app(settings: Settings, store: Store, clock: MovableClock) -> Edge:
    """Put the API together with the demo's issuer and the address where it gives tokens.

    Raises: Conflict outside of the demo.
    """
    require_demo(settings)
    keys = DemoKeys(settings)

    @post("/demo/token", **public(400, 500), status_code=200, include_in_schema=False)
    def demo_token(hall: GivenHall, data: JSONBody[Visitor]) -> Response[DemoToken]:
        """Let in anybody as anybody."""
        seconds = int(hall.clock.now().timestamp())
        claims = {"iss": ISSUER, "sub": data.subject, "iat": seconds, "exp": seconds + _SECONDS} | _granted(
            settings, data
        )
        token = jwt.encode({"alg": "ES256"}, claims, keys.key, algorithms=["ES256"])
        return Response(DemoToken(access_token=token, token_type="Bearer", expires_in=_SECONDS))  # noqa: S106

    @get("/demo/customers", **public(500), include_in_schema=False)
    def demo_customers() -> DemoCustomers:
        """Who can be signed in as."""
        return DemoCustomers(customers=read_customers(settings))

    @get("/demo/staff", **public(500), include_in_schema=False)
    def demo_staff() -> DemoStaffList:
        """Which members of staff can be signed in as."""
        return DemoStaffList(staff=list(STAFF))

    @post("/demo/clock", **public(400, 500), status_code=200, include_in_schema=False)
    def demo_clock(data: JSONBody[Step]) -> DemoTime:
        """Move the demo's time on: what was growing is ripe, what was ripe has fallen."""
        clock.advance(timedelta(seconds=data.advance_seconds))
        return DemoTime(now=clock.now())

    app = create_app(settings, store, clock, keys=keys, issuer=ISSUER)
    app.litestar.register(Router(path="/", route_handlers=[demo_token, demo_customers, demo_staff, demo_clock]))
    return app
