"""A methodology on its way: an operator proposes, the population answers, another approves; newer acts use it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.running import Bench
from tests.surface.asking import LIN, Asker
from tests.surface.test_console_proposals import code, desk

from ditan import packs
from ditan.insight import prepare_schedule
from ditan.testing import factories

SOURCE = {
    "title": "深圳市低碳公共出行碳普惠方法学",
    "publisher": "深圳市",
    "page": "表 3",
    "reference": "S28",
}
LOWER = {"factor": "metro_net", "value": "40.5", "source": SOURCE, "status": "draft", "known_by": "second_hand"}
CHANGE = {"change": {"number": "CN-2026.2", "factors": [LOWER]}, "effective_from": "2026-07-09", "reason": "按原文更正"}
AGREED = {"opinion": "原文已核对，影响可接受"}
PATH = "/v1/console/methodology/changes"


@pytest.fixture
def ridden(bench: Bench, tmp_path: Path) -> Bench:
    """A population: a customer who rode."""
    now = bench.clock.now()
    bench.ingest_events("before", [_ride("r1", now - timedelta(hours=2))], tmp_path)
    return bench


def _ride(name: str, at: Any) -> Any:
    return factories.event("metro_ride", event_id=name, customer_ref=LIN, occurred_at=at, settled_on=None)


def finished(asker: Asker, path: str) -> Any:
    """The proposal once its impact is computed: the test's own patience is bounded."""
    import time

    for _ in range(300):
        found = asker.get(path)
        if found["study"]["state"] != "running":
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_factor_is_changed_by_two_people_who_saw_what_it_does(ridden: Bench, client: Any, tmp_path: Path) -> None:
    operator, approver = desk(client, "operator"), desk(client, "approver")
    made = operator.post(PATH, json=CHANGE)
    path = f"{PATH}/{made['proposal']['proposal_id']}"
    decide = f"/v1/console/proposals/{made['proposal']['proposal_id']}"
    assert {each["where"]: (each["old"], each["new"]) for each in made["differences"]}["factors.metro_net.value"] == (
        "46.7",
        "40.5",
    )
    assert any(each["carbon_mg_after"] < each["carbon_mg_before"] for each in made["personas"])
    assert code(operator("POST", f"{decide}/approve", json=AGREED)) == (403, "missing_role")

    seen = finished(approver, path)
    assert seen["study"]["state"] == "done", seen["study"]
    [metro] = [each for each in seen["study"]["result"]["impact"] if each["scenario"] == 1]
    assert (metro["acts_before"], metro["acts_after"], metro["acts_down"]) == (1, 1, 1)
    assert (metro["mg_before"], metro["mg_after"]) == (340_910, 295_650)
    customers = seen["study"]["result"]["customers"]
    assert (customers["up"], customers["down"], customers["most_down_mg"]) == (0, 1, 295_650 - 340_910)
    assert sum(each["customers"] for each in customers["distribution"]) == 1

    done = approver.post(f"{decide}/approve", json=AGREED)
    assert (done["state"], done["kind"]) == ("applied", "methodology")
    view = approver.get("/v1/console/methodology")
    assert view["number"] == "CN-2026.1"  # until its day
    assert [each["effective_from"] for each in view["publications"]] == [None, "2026-07-09"]
    assert {each["factor"]: each["carbon_mg"] for each in view["factors"]}["metro_net"] == 340_910
    assert view["carbon_mg"] == 340_910

    ridden.clock.advance(timedelta(days=4))  # type: ignore[attr-defined]
    ridden.schedule = prepare_schedule(ridden.store, ridden.clock)
    now = ridden.clock.now()
    ended = ridden.ingest_events("after", [_ride("r2", now), _ride("late", now - timedelta(days=3))], tmp_path)
    assert (ended["r2"].carbon_mg, ended["late"].carbon_mg) == (295_650, 340_910)
    told = desk(client, "auditor").get("/v1/console/changes")["changes"]
    assert [each["action"] for each in told] == ["proposal.approved", "proposal.made"]
    assert ridden.broken() == {}


def test_what_may_not_run_is_refused_at_once(client: Any) -> None:
    operator = desk(client, "operator")
    wild = CHANGE | {"change": {"number": "CN-2026.2", "factors": [LOWER | {"value": "400"}]}}
    answer = operator("POST", PATH, json=wild)
    assert code(answer) == (409, "methodology_unsound")
    assert "metro_net" in answer.text
    for changes in (
        {"effective_from": "2026-07-06"},
        {"change": {"number": "CN-2026.1", "factors": [LOWER]}},
        {"change": {"number": "CN-2026.2", "factors": [LOWER | {"factor": "no_such_factor"}]}},
    ):
        assert operator("POST", PATH, json=CHANGE | changes).status_code in {400, 409}


def test_nobody_approves_what_was_not_computed(bench: Bench, client: Any) -> None:
    operator, approver = desk(client, "operator"), desk(client, "approver")
    made = operator.post(PATH, json=CHANGE)
    finished(operator, f"{PATH}/{made['proposal']['proposal_id']}")
    bench.corrupt("UPDATE insight.study SET finished_at = NULL, result = NULL, trouble = NULL")
    answer = approver("POST", f"/v1/console/proposals/{made['proposal']['proposal_id']}/approve", json=AGREED)
    assert code(answer) == (409, "conflict")
    bench.corrupt("UPDATE insight.study SET beat_at = beat_at - interval '1 hour'")
    path = f"{PATH}/{made['proposal']['proposal_id']}"
    assert approver.get(path)["study"]["state"] == "stopped"
    approver.post(f"{path}/impact")
    assert finished(approver, path)["study"]["state"] == "done"


def test_two_changes_of_the_same_day_do_not_overwrite_each_other(client: Any) -> None:
    operator, approver = desk(client, "operator"), desk(client, "approver")
    first = operator.post(PATH, json=CHANGE)
    other = CHANGE | {"change": {"number": "CN-2026.3", "factors": [LOWER | {"value": "41.5"}]}}
    second = operator.post(PATH, json=other)
    for made in (first, second):
        finished(operator, f"{PATH}/{made['proposal']['proposal_id']}")
    approver.post(f"/v1/console/proposals/{first['proposal']['proposal_id']}/approve", json=AGREED)
    late = f"/v1/console/proposals/{second['proposal']['proposal_id']}/approve"
    assert code(approver("POST", late, json=AGREED)) == (409, "conflict")
    assert approver.get(f"{PATH}/{second['proposal']['proposal_id']}")["outdated"]
    assert packs.load().number == "CN-2026.1"
