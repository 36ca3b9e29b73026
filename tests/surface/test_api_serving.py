"""`ditan serve` as a process of its own on loopback, over a real PostgreSQL."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from tests.conftest import make_home
from tests.simulation.running import Bench
from tests.surface.asking import ALL_OF_SYSTEM, ISSUER, LIN, SYSTEM, issuer_keys, token
from tests.surface.conftest import decisions

from ditan.kernel.clock import FixedClock
from ditan.kernel.demo import MARK, require_demo
from ditan.kernel.envelope import write_key
from ditan.kernel.errors import Conflict
from ditan.kernel.ids import CustomerId, show
from ditan.kernel.settings import Settings
from ditan.ledger import LimitedKind, award, decide, find_customer, open_limited, propose
from ditan.store import Store, embedded
from ditan.testing import factories

SECONDS_MAX = 60


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


@contextmanager
def serving(environment: dict[str, str], *options: str) -> Iterator[str]:
    """A server process; it must stop by itself at the end, and must not have said who asked."""
    port = free_port()
    command = [sys.executable, "-m", "ditan", "serve", "--port", str(port), *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=clean | environment, stderr=said, text=True, start_new_session=True)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_it_answers(process, address)
            yield address
        finally:
            ended = process.poll()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=SECONDS_MAX)
            finally:
                with suppress(ProcessLookupError):  # with the workers that it started
                    os.killpg(process.pid, signal.SIGKILL)
            said.seek(0)
            log = said.read()
            assert ended is None, f"the server ended by itself ({ended}): {log[-4000:]}"
    assert "request.answered" in log
    assert not [secret for secret in (LIN, "card-lin", "eyJ", "cust-") if secret in log]


def wait_until_it_answers(process: subprocess.Popen[str], address: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=SECONDS_MAX)
    while datetime.now(UTC) < until:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(f"{address}/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            process_ended = threading.Event()
            process_ended.wait(0.05)  # between two questions whether it is there
    raise AssertionError("the server did not begin to answer")


@pytest.fixture
def environment(store: Store, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "jwks.json"
    file.write_bytes(issuer_keys())
    assert store.settings.database_url is not None
    return {
        "DITAN_HOME": str(store.settings.home),
        "DITAN_DATABASE_URL": store.settings.database_url,
        "DITAN_TOKEN_ISSUER": ISSUER,
        "DITAN_TOKEN_KEYS": str(file),
        "DITAN_ADDRESS_KEY": write_key("test", b"k" * 32),
        "DITAN_REQUESTS_PER_MINUTE": "100000",
        "DITAN_LOG_LEVEL": "debug",
    }


def headers(key: str | None = None, bearer: str | None = None) -> dict[str, str]:
    given = {"Authorization": f"Bearer {bearer or token(now=datetime.now(UTC))}"}
    return given | ({"Idempotency-Key": key} if key else {})


def give_ripe_energy(bench: Bench, requests: list[str]) -> list[str]:
    """Balls that are ripe at once, from a campaign's budget; their ids."""

    def work(connection: Any) -> list[str]:
        now = bench.clock.now()
        budget = open_limited(connection, LimitedKind.BUDGET, "spring", "energy", now)
        named = propose(connection, "fill", 10_000, limited_id=budget.limited_id, reason="test", maker="a", now=now)
        decide(connection, named, checker="b", approve=True, now=now)
        who = CustomerId(find_customer(connection, LIN))
        answers = [
            award(connection, who, request, 20, budget_id=budget.limited_id, now=now, reason="test")
            for request in requests
        ]
        return [show("ball", answer.entry_id) for answer in answers if answer.entry_id]

    return bench.store.run(work)


def test_a_server_process_takes_events_and_collects_a_ball_once(store: Store, environment: dict[str, str]) -> None:
    bench = Bench(store, clock=FixedClock(datetime.now(UTC)))
    bench.decide([*decisions(LIN, "card-lin-d")])
    balls = give_ripe_energy(bench, [f"gift-{n}" for n in range(5)])
    bank = headers("call", token("core", now=datetime.now(UTC), audience=SYSTEM, scope=ALL_OF_SYSTEM))
    ride = replace(factories.event("metro_ride"), occurred_at=datetime.now(UTC) - timedelta(hours=1))
    with serving(environment) as address, httpx.Client(base_url=address, timeout=20) as client:
        sent = client.post("/v1/events", json={"events": [msgspec.to_builtins(ride)]}, headers=bank)
        assert [result["code"] for result in sent.json()["results"]] == ["posted"]
        home = client.get("/v1/home", headers=headers())
        assert home.json()["energy"]["ripe"] == 100
        assert home.json()["energy"]["growing"] == 20
        assert home.headers["content-security-policy"].startswith("default-src 'none'")
        again = client.get("/v1/home", headers=headers() | {"If-None-Match": home.headers["etag"]})
        assert again.status_code == 304
        for ball in balls:
            answers = at_once(address, ball)
            assert sorted((answer["code"], answer["energy"]) for answer in answers) == [
                ("done", 20), ("nothing", 0), ("nothing", 0), ("nothing", 0),
            ]  # fmt: skip
        energy = client.get("/v1/home", headers=headers()).json()["energy"]
        assert (energy["available"], energy["ripe"]) == (100, 0)
        huge = client.post("/v1/cards/link", content=b"x" * 70_000, headers=headers("huge"))
        assert huge.status_code == 413
    assert bench.broken() == {}
    assert list((store.settings.home / "archive").glob("*/manifest.json")), "written when the server stops"


def at_once(address: str, ball: str) -> list[dict[str, Any]]:
    """Four clients tap the same ball at the same moment, each with a key of its own."""
    start, answers = threading.Barrier(4), []

    def tap(number: int) -> None:
        with httpx.Client(base_url=address, timeout=20) as client:
            start.wait(timeout=10)
            answers.append(client.post(f"/v1/balls/{ball}/collect", headers=headers(f"{ball}-{number}")))

    taps = [threading.Thread(target=tap, args=(number,)) for number in range(4)]
    for each in taps:
        each.start()
    for each in taps:
        each.join(timeout=30)
    return [answer.json() for answer in answers]


def test_it_is_served_below_a_path(store: Store, environment: dict[str, str]) -> None:
    Bench(store)
    with serving(environment, "--root-path", "/lowcarbon") as address:
        assert httpx.get(f"{address}/lowcarbon/health").json()["status"] == "up"
        assert httpx.get(f"{address}/lowcarbon/v1/home").status_code == 401


# --- the demo's issuer -----------------------------------------------------------------------------------------------


def test_the_demo_lets_in_anybody_only_at_home(tmp_path: Path) -> None:
    home = Settings(home=tmp_path)
    with pytest.raises(Conflict, match="not the home of a demo"):
        require_demo(home)
    (tmp_path / MARK).mkdir()
    require_demo(home)
    for changes in (
        {"database_url": "postgresql://bank/ditan"},
        {"token_issuer": ISSUER},
        {"token_keys": "jwks.json"},
    ):
        with pytest.raises(Conflict, match="lets in anybody"):
            require_demo(msgspec.structs.replace(home, **changes))


def test_the_demo_cannot_be_switched_on_over_a_banks_database(environment: dict[str, str]) -> None:
    for extra in ({}, {"DITAN_TOKEN_ISSUER": "", "DITAN_TOKEN_KEYS": ""}):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")}
        command = [sys.executable, "-m", "ditan", "serve", "--demo", "--port", str(free_port())]
        done = subprocess.run(
            command, check=False, env=clean | environment | extra, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 4, done.stderr
        assert "lets in anybody" in done.stderr


def test_the_demo_lets_in_anybody_as_anybody() -> None:
    home = make_home("ditan-demo-")
    (home / MARK).mkdir()
    try:
        with serving({"DITAN_HOME": str(home), "DITAN_LOG_LEVEL": "info"}, "--demo") as address:
            assert httpx.get(f"{address}/v1/scenarios", headers=headers()).status_code == 401  # of the bank's issuer
            for system, path in ((False, "/v1/scenarios"), (True, "/metrics")):
                given = httpx.post(f"{address}/demo/token", json={"subject": LIN, "system": system}).json()
                bearer = {"Authorization": f"{given['token_type']} {given['access_token']}"}
                assert httpx.get(f"{address}{path}", headers=bearer, timeout=20).status_code == 200
            for each in httpx.get(f"{address}/demo/staff").json()["staff"]:
                given = httpx.post(f"{address}/demo/token", json={"subject": each["subject"], "staff": True}).json()
                bearer = {"Authorization": f"{given['token_type']} {given['access_token']}"}
                me = httpx.get(f"{address}/v1/console/me", headers=bearer).json()
                assert ([held["role"] for held in me["roles"]], me["name"]) == ([each["role"]], each["name"]["zh"])
            assert httpx.post(f"{address}/demo/token", json={"subject": "me", "staff": True}).status_code == 400
        assert (home / MARK / "issuer.json").stat().st_mode & 0o077 == 0
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)
