"""Ask the API in a test: an issuer of tokens, the real application over a real database, and a client."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet
from litestar.testing import TestClient
from tests.simulation.running import NOW, Bench

from ditan.api.app import create_app
from ditan.api.edge import Edge
from ditan.kernel.clock import BUSINESS_ZONE, Clock
from ditan.kernel.envelope import write_key
from ditan.kernel.settings import Settings
from ditan.store import Store

ISSUER = "https://sso.bank.example"
CUSTOMER, SYSTEM, PARTNER, CONSOLE = "ditan-customer", "ditan-system", "ditan-partner", "ditan-console"
ALL_OF_CUSTOMER = "home:read home:write"
ALL_OF_SYSTEM = "events:write metrics:read"
ALL_OF_PARTNER = "orders:read"
LIN = "cust-lin"
MONDAY = datetime(2026, 7, 6, 12, tzinfo=BUSINESS_ZONE)  # after the ride of the factories


@cache
def key(name: str) -> ECKey:
    """A key pair, made once a run."""
    return ECKey.generate_key("P-256", parameters={"kid": name})


@cache
def issuer_keys() -> bytes:
    """What the issuer publishes."""
    return msgspec.json.encode(KeySet([key("bank-1")]).as_dict(private=False))


class FixedKeys:
    """The issuer's keys without a file."""

    def find(self, kid: str | None) -> Key | None:
        return key("bank-1") if kid in {None, "bank-1"} else None

    def due(self, now: datetime, *, unknown: bool = False) -> bool:
        return False

    def refresh(self, now: datetime) -> None:
        raise AssertionError("nothing is due")


def token(
    subject: str = LIN,
    *,
    now: datetime = NOW,
    audience: Any = CUSTOMER,
    scope: str = ALL_OF_CUSTOMER,
    signed_by: str = "bank-1",
    header: Mapping[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A token of the bank, with anything changed."""
    seconds = int(now.timestamp())
    given = {
        "iss": ISSUER,
        "aud": audience,
        "sub": subject,
        "scope": scope,
        "iat": seconds,
        "exp": seconds + 600,
    } | claims
    head = {"alg": "ES256", "kid": signed_by} | dict(header or {})
    return jwt.encode(head, {k: v for k, v in given.items() if v is not None}, key(signed_by), algorithms=["ES256"])


def staff(role: str, subject: str = "", *, now: datetime = NOW, **claims: Any) -> str:
    """A token of a member of staff in one role, or in several with blanks between."""
    return token(
        subject or f"staff-{role.partition(' ')[0]}", now=now, audience=CONSOLE, scope="", roles=role.split(), **claims
    )


def app_settings(settings: Settings) -> Settings:
    """The settings of a Ditan that believes the issuer above."""
    given: dict[str, Any] = {"token_issuer": ISSUER, "token_keys": "given", "requests_per_minute": 100_000}
    return msgspec.structs.replace(settings, address_key=write_key("test", b"k" * 32), **given)


def make_app(store: Store, bench: Bench, clock: Clock | None = None, **changes: Any) -> Edge:
    """The application over a store of this test."""
    settings = msgspec.structs.replace(app_settings(store.settings), **changes)
    return create_app(settings, store, clock or bench.clock, keys=FixedKeys(), methodology=bench.methodology)


class Asker:
    """Somebody with a token who asks."""

    numbers = itertools.count()

    def __init__(self, client: TestClient[Any], bearer: str | None) -> None:
        self.client, self.bearer = client, bearer

    def __call__(self, method: str, path: str, *, key: str | None = None, **given: Any) -> Any:
        headers = dict(given.pop("headers", {}))
        if self.bearer is not None:
            headers.setdefault("Authorization", f"Bearer {self.bearer}")
        if method != "GET":
            headers.setdefault("Idempotency-Key", key or f"key-{next(self.numbers)}")
        return self.client.request(method, path, headers=headers, **given)

    def get(self, path: str, **given: Any) -> Any:
        """Ask for something that is there, and give it."""
        answer = self("GET", path, **given)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def post(self, path: str, **given: Any) -> Any:
        """Do something that can be done, and give what came of it."""
        answer = self("POST", path, **given)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()


@contextmanager
def served(app: Edge) -> Iterator[TestClient[Any]]:
    """A client that speaks to the application in this process."""
    with TestClient(app, raise_server_exceptions=False) as client:  # type: ignore[arg-type]
        yield client
