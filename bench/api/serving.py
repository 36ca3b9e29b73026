"""The server measured: the application as it ships, in a process of its own, and beside it the bare route."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from litestar import Router, get
from litestar.concurrency import set_asyncio_executor

from bench.ledger.bank import NOW
from ditan.api.app import create_app
from ditan.api.edge import Edge
from ditan.api.routing import GivenHall, public
from ditan.kernel import limits
from ditan.kernel.clock import FixedClock
from ditan.kernel.logging import configure_logging
from ditan.kernel.settings import Settings
from ditan.store import Store

HOME: Final = "BENCH_API_HOME"
_ISSUER: Final = "urn:bench"
_AUDIENCE: Final = "ditan-customer"
_START_SECONDS: Final = 60
_MANY: Final = 1_000_000_000
_BARE: Final = "SELECT customer_id FROM ledger.holder WHERE customer_key = %s"


def settings_of(home: Path) -> Settings:
    """The settings of the server: the keys of an issuer that the bench wrote beside its database."""
    return Settings(
        home=home,
        token_issuer=_ISSUER,
        token_customer_audience=_AUDIENCE,
        token_keys=str(home / "issuer.json"),
        requests_per_minute=_MANY,
    )


def application() -> Edge:
    """Make the application of the server's process, as `ditan serve` makes its own."""
    settings = settings_of(Path(os.environ[HOME]))
    configure_logging("warning")
    set_asyncio_executor(ThreadPoolExecutor(limits.requests_at_once, thread_name_prefix="request"))

    @get("/bench/bare/{customer_key:uuid}", **public(), include_in_schema=False)
    def bare(hall: GivenHall, customer_key: UUID) -> dict[str, Any]:
        """The least a route can do with the database: one row by its key."""
        row = hall.store.read(lambda connection: connection.execute(_BARE, (customer_key,)).fetchone())
        return {"customer_id": row[0] if row else None}

    app = create_app(settings, Store.open(settings), FixedClock(NOW))
    app.litestar.register(Router(path="/", route_handlers=[bare]))
    return app


class Issuer:
    """A bank's login, for as long as the bench runs."""

    def __init__(self, home: Path) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": "bench"})
        (home / "issuer.json").write_bytes(msgspec.json.encode(KeySet([self.key]).as_dict(private=False)))

    def token(self, subject: str) -> str:
        """Let in a customer."""
        seconds = int(NOW.timestamp())
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": subject,
            "scope": "home:read",
            "iat": seconds,
            "exp": seconds + 86_400,
        }
        return jwt.encode({"alg": "ES256", "kid": "bench"}, claims, self.key, algorithms=["ES256"])


@contextmanager
def served(home: Path) -> Iterator[int]:
    """Run the server, as `ditan serve` would with one process; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--log-level", "warning", f"{__name__}:application"]
    server = subprocess.Popen(command, env=os.environ | {HOME: str(home)})
    try:
        _wait(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not start")
