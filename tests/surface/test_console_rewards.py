"""Rewards at the desk: figures are what the ledger says, money goes by two people, and nobody is named."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from tests.rewards.shop import Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, staff
from tests.surface.conftest import LATER

from ditan import rewards
from ditan.kernel.clock import FixedClock

WATER, FUND, PINE = "donation_water", "fund:water_2026", "tree_pine"
SAME = {"opinion": "核对过清单，同意"}
PLACE = {"partner": "green-hill", "reward_id": PINE, "contract": "GH-7", "place_zh": "塞罕坝", "place_en": "Saihanba"}


@pytest.fixture
def shop(bench: Bench, clock: FixedClock) -> Shop:
    """Two donations and a tree that were delivered, and a donation under way."""
    made = Shop(bench.store, clock)
    made.correct(50_000, customer=LIN)
    for reward in (WATER, PINE):
        made.supply(reward, 100)
    done = made.bench(Partner(lambda _kind, _order: says("fulfilled", at=MONDAY.astimezone(UTC))))
    for reward, name in ((WATER, "a"), (WATER, "b"), (PINE, "c")):
        made.place(LIN, reward, key=name)
        assert rewards.turn(done)
        made.later(minutes=1)
    made.place(LIN, WATER, key="open")
    return made


def desk(client: Any, roles: str, subject: str = "") -> Asker:
    return Asker(client, staff(roles, subject, now=MONDAY, exp=LATER))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_figures_are_what_ledger_and_orders_say(bench: Bench, client: Any, shop: Shop) -> None:
    operator = desk(client, "operator")
    found = operator.get("/v1/console/rewards")
    fund = next(each for each in found["accounts"] if each["name"] == FUND)
    one = shop.reward(WATER).units
    assert (fund["put_in_units"], fund["left_units"], fund["held_units"]) == (100 * one, 97 * one, one)
    # What is held, by the entries of the ledger alone: holds that no entry has ended yet.
    held = bench.one(
        "SELECT -sum(h.units) FROM ledger.entry h JOIN ledger.limited l USING (limited_id) WHERE h.kind = 'hold'"
        f" AND l.name = '{FUND}' AND h.entry_id IN (SELECT order_id FROM rewards.order WHERE state = 'held')"
    )
    assert fund["held_units"] == held
    states = {each["state"]: each["orders"] for each in found["states"]}
    assert {state for state, orders in states.items() if orders} == {"held", "fulfilled"}
    assert (len(states), states["fulfilled"], states["held"]) == (11, 3, 1)
    assert sum(each["late"] for each in found["states"]) == 0

    shop.later(days=60)  # nobody has swept: the order is past its deadline and says so
    late = {each["state"]: each["late"] for each in desk(client, "risk").get("/v1/console/rewards")["states"]}
    assert (late["held"], late["fulfilled"]) == (1, 0)
    assert sum(each["late"] for each in operator.get("/v1/console/rewards")["work"]) == 1


def test_orders_are_paged_by_state_and_name_nobody(client: Any, shop: Shop) -> None:
    operator = desk(client, "operator")
    first = operator.get("/v1/console/rewards/orders?state=fulfilled&limit=2")
    rest = operator.get(f"/v1/console/rewards/orders?state=fulfilled&limit=2&cursor={first['next_cursor']}")
    rewards_ = [each["reward_id"] for each in (*first["orders"], *rest["orders"])]
    assert (rewards_, rest["next_cursor"]) == ([PINE, WATER, WATER], None)
    every = operator.get("/v1/console/rewards/orders")
    assert [each["state"] for each in every["orders"]] == ["held", "fulfilled", "fulfilled", "fulfilled"]
    assert {each["customer"] for each in every["orders"]} == {"****-lin"}
    assert LIN not in str(every)
    assert operator("GET", "/v1/console/rewards/orders?state=lost").status_code == 400


def test_money_is_listed_by_one_sent_by_another_and_receipted(bench: Bench, client: Any, shop: Shop) -> None:
    operator, approver = desk(client, "operator"), desk(client, "approver")
    path, one = "/v1/console/rewards/transfers", shop.reward(WATER).units
    assert operator.get(path) == {"transfers": [], "owed": [{"fund": FUND, "donations": 2, "fen": 2 * one}]}
    made = operator.post(path, json={"fund": FUND}, key="list")
    assert (made["transfer"]["orders"], made["transfer"]["fen"], made["may"]) == (2, 2 * one, [])
    assert made["may_not"]["en"] == "Only an approver decides"
    assert operator("POST", path, json={"fund": FUND}, key="list").headers["idempotency-replayed"] == "true"
    assert code(operator("POST", path, json={"fund": FUND})) == (409, "conflict")  # nothing is owed any more
    number = made["transfer"]["transfer_id"]
    both = desk(client, "operator approver", "staff-operator")
    assert code(both("POST", f"{path}/{number}/approve", json=SAME)) == (409, "conflict")
    assert both.get(path)["transfers"][0]["may_not"]["en"].startswith("You made this list")
    assert code(operator("POST", f"{path}/{number}/receipt", json={"receipt": "CR-1"})) == (409, "conflict")

    refused = approver.post(f"{path}/{number}/refuse", json=SAME)
    assert refused["transfer"]["approved"] is False
    assert operator.get(path)["owed"][0]["fen"] == 2 * one  # owed again
    number = operator.post(path, json={"fund": FUND})["transfer"]["transfer_id"]
    assert approver.get(path)["transfers"][0]["may"] == ["approve", "refuse"]
    approver.post(f"{path}/{number}/approve", json=SAME)
    assert code(approver("POST", f"{path}/{number}/approve", json=SAME)) == (409, "conflict")
    lines = operator("GET", f"{path}/{number}/list").text.splitlines()
    assert (lines[0], len(lines)) == ("order_id,placed_at,fen", 3)
    assert (
        operator.post(f"{path}/{number}/receipt", json={"receipt": "CR-2026-1"})["transfer"]["receipt"] == "CR-2026-1"
    )
    assert code(operator("POST", f"{path}/{number}/receipt", json={"receipt": "CR-2026-1"})) == (409, "conflict")

    changes = desk(client, "auditor").get("/v1/console/changes")["changes"]
    told = [(each["action"], each["actor"], each["reason"]) for each in changes]
    assert told == [
        ("transfer.receipted", "staff-operator", None),
        ("transfer.approved", "staff-approver", SAME["opinion"]),
        ("transfer.made", "staff-operator", None),
        ("transfer.refused", "staff-approver", SAME["opinion"]),
        ("transfer.made", "staff-operator", None),
    ]
    assert changes[1]["after"] == {"state": "sent", "fund": FUND, "donations": 2, "fen": 2 * one}


def test_a_planting_begins_with_what_waits_and_tells_what_happened(client: Any, shop: Shop) -> None:
    operator, path = desk(client, "operator"), "/v1/console/rewards/plantings"
    assert [(each["reward_id"], each["trees"]) for each in operator.get(path)["waiting"]] == [(PINE, 1)]
    begun = operator.post(path, json=PLACE | {"most": 10})
    assert begun["trees"] == 1
    assert code(operator("POST", path, json=PLACE | {"most": 10})) == (409, "conflict")  # none waits
    today = MONDAY.date()
    news = {"kind": "planted", "on": str(today), "trees": 1, "evidence": "GH-report-7"}
    events = f"{path}/{begun['planting_id']}/events"
    assert operator("POST", events, json=news | {"on": str(today + timedelta(days=9))}).status_code == 400
    assert operator("POST", events, json=news | {"trees": 2}).status_code == 400
    operator.post(events, json=news)
    assert code(operator("POST", events, json=news)) == (409, "conflict")
    found = operator.get(path)
    assert found["waiting"] == []
    assert (found["plantings"][0]["contract"], found["plantings"][0]["events"]) == ("GH-7", [news])
    actions = [each["action"] for each in desk(client, "auditor").get("/v1/console/changes")["changes"]]
    assert actions == ["planting.planted", "planting.begun"]
