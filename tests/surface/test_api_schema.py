"""The committed OpenAPI document is what the API is: nothing it does is undocumented, whatever it is sent."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.rewards.shop import Shop
from tests.simulation.running import Bench
from tests.surface.asking import ALL_OF_PARTNER, ALL_OF_SYSTEM, LIN, PARTNER, SYSTEM, staff, token
from tests.surface.conftest import decisions
from tests.surface.test_api_serving import environment, serving

from ditan.api.documenting import page
from ditan.api.roles import Role
from ditan.kernel.clock import FixedClock
from ditan.store import Store
from ditan.testing import factories

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "missing_required_header",
    "ignored_auth",
)

#: A call with events that are none is a call: each is answered for itself.
REFUSED_AS_A_WHOLE = "negative_data_rejection"

__all__ = ["environment"]  # the fixture of a server process


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"]
    return [(method, path, found) for path, methods in paths.items() for method, found in methods.items()]


def test_the_committed_document_is_fresh() -> None:
    """Run `make docs` when this fails."""
    assert COMMITTED.read_text(encoding="utf-8") == page()
    assert json.loads(page())["openapi"].startswith("3.1")


def test_every_write_needs_an_idempotency_key() -> None:
    for method, path, found in operations():
        required = [each["name"] for each in found.get("parameters", []) if each["required"] and each["in"] == "header"]
        if path.endswith("/webhooks"):  # its webhook-id is the key
            assert required == ["webhook-id", "webhook-timestamp", "webhook-signature"]
        else:
            assert (required == ["Idempotency-Key"]) is (method != "get"), f"{method} {path}"


def test_no_two_schemas_have_one_name() -> None:
    """Two classes of one name get the names of their modules before them, and clients lose the name they knew."""
    schemas = json.loads(COMMITTED.read_text(encoding="utf-8"))["components"]["schemas"]
    assert [name for name in schemas if "_" in name] == []


def test_every_problem_is_a_problem() -> None:
    for method, path, found in operations():
        for status, answer in found["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"
        assert found["description"], f"{method} {path}"


@pytest.mark.timeout(180)
def test_whatever_is_sent_is_answered_as_documented(store: Store, environment: dict[str, str], tmp_path: Path) -> None:
    now = datetime.now(UTC)
    bench = Bench(store, clock=FixedClock(now))
    bench.decide([*decisions(LIN, "card-lin-d")])
    rides = [
        replace(factories.event("metro_ride"), event_id=f"r{n}", occurred_at=now - timedelta(days=n)) for n in range(30)
    ]
    bench.ingest_events("rides", rides, tmp_path)
    cards = [{"card_ref": "card-lin-c", "product": "credit"}]
    customer = token(now=now, exp=int(now.timestamp()) + 600, cards=cards)
    system = token("core", now=now, exp=int(now.timestamp()) + 600, audience=SYSTEM, scope=ALL_OF_SYSTEM)
    theirs = ["--include-path", "/v1/events", "--include-path", "/metrics"]
    others = ["--exclude-path", "/v1/events", "--exclude-path", "/metrics", "--exclude-path", "/v1/partner/orders"]
    others += ["--exclude-path-regex", "^/v1/console"]
    everybody = staff(" ".join(Role), now=now, exp=int(now.timestamp()) + 600)
    partner = token("green-hill", now=now, exp=int(now.timestamp()) + 600, audience=PARTNER, scope=ALL_OF_PARTNER)
    shop = Shop(store, FixedClock(now))
    shop.correct(50_000, customer=LIN)
    for reward_id in ("gym_card_month", "produce_rice", "tree_pine"):
        shop.supply(reward_id, 10)
    with serving(environment) as address:
        for bearer, chosen, checks, seconds in (
            (customer, others, (*CHECKS, REFUSED_AS_A_WHOLE), 16),
            (everybody, ["--include-path-regex", "^/v1/console"], CHECKS, 8),
            (system, theirs, CHECKS, 6),
            (partner, ["--include-path", "/v1/partner/orders"], CHECKS, 5),
        ):
            # One worker: in two threads of one process, Python 3.11 may trip over the depth of its own parser.
            command = [
                sys.executable, "-m", "schemathesis.cli", "run", str(COMMITTED), "--url", address,
                "--header", f"Authorization: Bearer {bearer}", "--checks", ",".join(checks), "--seed", "1",
                "--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--max-time", str(seconds),
                "--workers", "1", "--warnings", "off", "--no-color", "--continue-on-failure", *chosen,
            ]  # fmt: skip
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=90, cwd=tmp_path)
            assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    assert bench.broken() == {}
