"""Leaving for good through the API: close, erase, once for each key, and the same person may begin anew."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker

from ditan import ledger
from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import key
from ditan.testing import factories

DAY = timedelta(days=1)
ERASE = "/v1/account/erase"
RIDE = replace(factories.event("metro_ride"), occurred_at=MONDAY - timedelta(hours=1))


def lived(lin: Asker, bench: Bench, clock: FixedClock, folder: Path) -> None:
    """A ride, collected the day after."""
    bench.ingest_events("ride", [RIDE], folder)
    clock.advance(DAY)
    lin.post("/v1/balls/collect")
    lin("PUT", "/v1/settings", json={"large_type": True})


def refused(answer: Any, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (404 if code == "no_account" else 409, code)
    assert answer.json()["hint"]


@pytest.mark.invariant("INV-14")
def test_close_then_erase_and_nothing_is_there(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    lived(lin, bench, clock, tmp_path)
    refused(lin("POST", ERASE), "account_open")
    lin.post("/v1/account/close")
    assert lin.post(ERASE, key="gone") == {"erased": True}
    for path in ("/v1/account", "/v1/home", "/v1/acts", "/v1/export", "/v1/balls"):
        refused(lin("GET", path), "no_account")
    refused(lin("POST", ERASE), "no_account")
    assert bench.one("SELECT sum(carbon_mg) > 0 FROM ledger.act") is True
    assert bench.broken() == {}


@pytest.mark.invariant("INV-14")
def test_the_same_request_is_answered_alike_and_leads_nowhere(
    lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    lived(lin, bench, clock, tmp_path)
    lin.post("/v1/account/close", key="close")
    assert lin.post(ERASE, key="gone") == {"erased": True}
    # All that is remembered: that a request under this key was done. Not when, so that nothing else can be found by it.
    [row] = bench.ask(
        "SELECT request_key, answer, extract(epoch FROM recorded_at)::bigint, customer_id FROM api.request"
    )
    assert row == (key("request", "customer", LIN, "gone"), {"erased": True}, 0, None)
    # A late repetition does not touch the account that she opened since, even a closed one.
    lin.post("/v1/account", json={"consents": [], "cards": []})
    lin.post("/v1/account/close")
    again = lin("POST", ERASE, key="gone")
    assert (again.json(), again.headers["idempotency-replayed"]) == ({"erased": True}, "true")
    assert lin.get("/v1/account")["closed_at"]
    assert lin.post(ERASE, key="gone-too") == {"erased": True}
    assert bench.one("SELECT count(*) FROM accounts.customer WHERE erased_at IS NOT NULL") == 2
    assert bench.broken() == {}


@pytest.mark.invariant("INV-14")
def test_energy_that_is_held_comes_first(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    lived(lin, bench, clock, tmp_path)
    now = clock.now()
    held = bench.store.run(
        lambda c: ledger.hold(c, ledger.find_customer(c, LIN), "gift", 2, deadline=now + DAY, now=now).entry_id
    )
    assert held is not None
    lin.post("/v1/account/close")  # a hold without an order: the bank's own affair
    refused(lin("POST", ERASE, key="gone"), "energy_held")
    bench.store.run(lambda c: ledger.capture(c, held, now=now))
    assert lin.post(ERASE, key="gone") == {"erased": True}


@pytest.mark.invariant("INV-14")
def test_nobody_else_is_erased(lin: Asker, wang: Asker, bench: Bench) -> None:
    lin.post("/v1/account/close")
    lin.post(ERASE)
    assert wang.get("/v1/account")["closed_at"] is None
    refused(wang("POST", ERASE), "account_open")
