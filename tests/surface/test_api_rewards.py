"""The customer sees what she can have, orders it once however often she clicks, follows it, cancels while she may."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.rewards.shop import Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import LIN, Asker

from ditan import rewards
from ditan.kernel.clock import FixedClock

GYM, RICE = "gym_card_month", "produce_rice"


@pytest.fixture
def shop(bench: Bench, clock: FixedClock) -> Shop:
    made = Shop(bench.store, clock)
    made.correct(5_000, customer=LIN)
    made.live_at(LIN)
    made.supply(GYM, 3)
    made.supply(RICE, 3)
    return made


def order(who: Asker, reward_id: str = GYM, *, key: str | None = None, **given: Any) -> Any:
    return who("POST", "/v1/orders", key=key, json={"reward_id": reward_id} | given)


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["hint"]


def test_the_shelf_says_what_can_be_had_and_what_is_missing(lin: Asker, wang: Asker, shop: Shop) -> None:
    shelf = lin.get("/v1/rewards")
    assert (shelf["available_energy"], shelf["status"]) == (5_000, "draft")
    assert "虚构" in shelf["note"]["zh"]
    found = {each["id"]: each for each in shelf["rewards"]}
    assert {each["kind"] for each in shelf["rewards"]} == set(rewards.cataloguing.RewardKind)
    assert all(each["made_up"] for each in shelf["rewards"])
    gym = found[GYM]
    assert (gym["left"], gym["missing"], gym["available"], gym["why"]) == (3, 0, True, None)
    assert gym["limit"] == {"period": "month", "most": 1, "used": 0, "since": "2026-07-01T00:00:00+08:00"}
    assert (found["tree_pine"]["missing"], found["tree_pine"]["why"]) == (2_200, "sold_out")
    assert lin.get(f"/v1/rewards/{GYM}") == gym
    poor = {each["id"]: each for each in wang.get("/v1/rewards")["rewards"]}
    assert (poor[GYM]["missing"], poor[GYM]["why"]) == (3_000, "not_enough")
    refused(lin("GET", "/v1/rewards/a_car"), 404, "not_found")


def test_an_order_from_the_click_to_the_code(lin: Asker, shop: Shop) -> None:
    made = order(lin, note="生日")
    assert made.status_code == 201
    placed = made.json()
    assert (placed["state"], placed["energy"], placed["cancellable"], placed["note"]) == ("held", 3_000, True, "生日")
    assert shop.energy(LIN) == (2_000, 3_000)
    bench = shop.bench(Partner(lambda _kind, _order: says("fulfilled", code="GYM-0007")))
    assert rewards.turn(bench)
    now = lin.get(f"/v1/orders/{placed['order_id']}")
    assert (now["state"], now["code"], now["delivered"]) == ("fulfilled", "GYM-0007", 1)
    assert [each["state"] for each in now["history"]] == ["held", "sent", "fulfilled"]
    assert now["history"][2]["because"] == {"zh": "伙伴这样通知", "en": "The partner says so"}
    assert lin.get("/v1/orders") == {"orders": [now], "next_cursor": None}
    gym = lin.get(f"/v1/rewards/{GYM}")
    assert (gym["left"], gym["limit"]["used"], gym["why"], gym["missing"]) == (2, 1, "over_limit", 1_000)
    assert shop.broken() == []


def test_fifty_clicks_are_one_order(lin: Asker, shop: Shop) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _n: order(lin, RICE, key="one-click"), range(50)))
    assert Counter(each.status_code for each in answers) == {201: 50}
    assert len({each.json()["order_id"] for each in answers}) == 1
    assert (shop.energy(LIN), shop.stock(RICE)) == ((2_600, 2_400), 2)
    again = order(lin, RICE, key="one-click")
    assert again.headers["idempotency-replayed"] == "true"
    refused(order(lin, GYM, key="one-click"), 409, "key_used_before")
    assert shop.broken() == []


def test_what_is_refused_says_why(lin: Asker, wang: Asker, shop: Shop) -> None:
    refused(order(wang), 409, "not_enough")
    refused(order(lin, "benefit_repair"), 409, "used_up")
    refused(order(lin, GYM, quantity=2), 409, "too_many")
    refused(order(lin, "a_car"), 404, "not_found")
    refused(order(lin, GYM, quantity=0), 400, "invalid_input")
    refused(order(lin, GYM, note="电话 13812345678"), 400, "personal_number")
    assert order(lin).status_code == 201
    refused(order(lin), 409, "over_limit")
    assert shop.energy("cust-wang") == (0, 0)


def test_an_order_is_cancelled_at_once_or_after_its_partner_was_asked(lin: Asker, wang: Asker, shop: Shop) -> None:
    name = order(lin).json()["order_id"]
    refused(wang("GET", f"/v1/orders/{name}"), 404, "not_found")
    refused(wang("POST", f"/v1/orders/{name}/cancel"), 404, "not_found")
    done = lin.post(f"/v1/orders/{name}/cancel")
    assert (done["state"], done["cancellable"]) == ("cancelled", False)
    assert lin.post(f"/v1/orders/{name}/cancel")["state"] == "cancelled"
    assert (shop.energy(LIN), shop.stock(GYM)) == ((5_000, 0), 3)
    second = order(lin).json()["order_id"]
    rewards.turn(shop.bench(Partner()))
    asked = lin.post(f"/v1/orders/{second}/cancel")
    assert (asked["state"], asked["cancel_requested"], asked["cancel_on_request"]) == ("sent", True, False)
    assert asked["history"][-1]["because"]["en"] == "You asked to cancel it; the partner is asked"
    rewards.turn(shop.bench(Partner(lambda _kind, _order: says("cancelled"))))
    assert lin.get(f"/v1/orders/{second}")["state"] == "cancelled"
    refused(lin("POST", "/v1/orders/order_" + "0" * 26 + "/cancel"), 404, "not_found")


def test_an_account_with_an_order_under_way_is_not_closed(lin: Asker, shop: Shop) -> None:
    name = order(lin).json()["order_id"]
    answer = lin("POST", "/v1/account/close", headers={"Accept-Language": "en"})
    refused(answer, 409, "energy_held")
    assert answer.json()["detail"] == "orders under way: 1, with 3,000 energy set aside"
    lin.post(f"/v1/orders/{name}/cancel")
    assert lin.post("/v1/account/close")["changed"]
    refused(order(lin), 409, "closed")
    assert lin.get("/v1/rewards")["rewards"][0]["why"] == "closed"


def test_a_customer_takes_her_orders_along(lin: Asker, shop: Shop) -> None:
    name = order(lin, note="生日").json()["order_id"]
    rewards.turn(shop.bench(Partner(lambda _kind, _order: says("fulfilled", code="GYM-9"))))
    [kept] = lin.get("/v1/export")["kept"]["orders"]
    assert (kept["order_id"], kept["note"], kept["code"], kept["state"]) == (name, "生日", "GYM-9", "fulfilled")
    assert [each["state"] for each in kept["changes"]] == ["held", "sent", "fulfilled"]
    table = lin("GET", "/v1/export.csv")
    assert f"order,{name}" in table.text


def test_orders_come_page_by_page(lin: Asker, shop: Shop) -> None:
    shop.correct(50_000, customer=LIN)
    shop.supply("coupon_bike_week", 10)
    for _ in range(4):
        shop.later(minutes=1)
        assert order(lin, "coupon_bike_week").status_code == 201
    first = lin.get("/v1/orders?limit=3")
    last = lin.get(f"/v1/orders?limit=3&cursor={first['next_cursor']}")
    times = [each["placed_at"] for each in first["orders"] + last["orders"]]
    assert len(times) == 4
    assert times == sorted(times, reverse=True)
    assert last["next_cursor"] is None


def test_somebody_without_an_account_has_no_orders(client: Any, lin: Asker, shop: Shop) -> None:
    from tests.surface.asking import MONDAY, token
    from tests.surface.conftest import LATER

    nobody = Asker(client, token("nobody", now=MONDAY, exp=LATER))
    for path in ("/v1/rewards", "/v1/orders", "/v1/orders/order_" + "0" * 26):
        refused(nobody("GET", path), 404, "no_account")
    refused(order(nobody), 404, "no_account")
