"""A customer sees what came of her energy for others; anybody sees where a project's money is, never whose it was."""

from datetime import date
from typing import Any

import pytest
from tests.rewards.shop import Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, token
from tests.surface.conftest import LATER

from ditan import rewards
from ditan.kernel.clock import FixedClock
from ditan.model import Text
from ditan.rewards.donations import decide_transfer, make_transfer, receipt_transfer
from ditan.rewards.trees import EventKind, PlantingEvent, open_planting, record_event

TREE, PINE, WATER, FUND = "tree_haloxylon", "tree_pine", "donation_water", "fund:water_2026"


@pytest.fixture
def shop(bench: Bench, clock: FixedClock) -> Shop:
    made = Shop(bench.store, clock)
    made.correct(30_000, customer=LIN)
    for reward, pieces in ((TREE, 10), (PINE, 10), (WATER, 100)):
        made.supply(reward, pieces)
    return made


def have(shop: Shop, reward_id: str, quantity: int, key: str, state: str = "fulfilled", **said: Any) -> None:
    """An order that a partner answers."""
    shop.place(LIN, reward_id, quantity, key=key)
    assert rewards.turn(shop.bench(Partner(lambda _k, _o: says(state, **said))))


def test_a_forest_has_the_trees_that_stand_and_those_to_come(client: Any, lin: Asker, wang: Asker, shop: Shop) -> None:
    assert lin.get("/v1/forest") == {"trees_in_all": 0, "trees": [], "to_come": []}
    have(shop, TREE, 2, "trees")
    have(shop, WATER, 1, "not-a-tree")
    shop.place(LIN, PINE, 1, key="waits")
    place = Text(zh="阿拉善左旗", en="Alxa Left Banner")
    now = shop.clock.now()
    shop.store.run(lambda c: open_planting(c, "green-hill", TREE, "GH-7", place, most=1, by="wang", now=now))
    event = PlantingEvent(kind=EventKind.PLANTED, on=date(2026, 7, 5), trees=1, evidence="GH-report-1")
    shop.store.run(lambda c: record_event(c, 1, event, by="wang", now=now))
    found = lin.get("/v1/forest")
    assert found["trees_in_all"] == 2
    assert [each["certificate"]["state"] for each in found["trees"]] == ["waiting", "planted"]
    planted = found["trees"][1]
    assert planted["certificate"]["picture"] == "saxaul"
    assert planted["certificate"] == lin.get(f"/v1/certificates/{planted['certificate']['number']}")
    assert lin.get(f"/v1/orders/{planted['order_id']}")["reward_id"] == TREE
    [coming] = found["to_come"]
    assert (coming["species"]["zh"], coming["quantity"], coming["state"]) == ("樟子松", 1, "held")
    assert wang.get("/v1/forest")["trees_in_all"] == 0
    [shown] = client.get(f"/v1/plantings/{TREE}").json()["plantings"]
    assert (shown["contract"], shown["place"]["en"], shown["trees"]) == ("GH-7", "Alxa Left Banner", 1)
    assert shown["events"] == [{"kind": "planted", "on": "2026-07-05", "trees": 1, "evidence": "GH-report-1"}]
    assert client.get(f"/v1/plantings/{PINE}").json() == {"plantings": []}


def test_a_donation_is_followed_from_the_pledge_to_the_receipt(lin: Asker, wang: Asker, shop: Shop) -> None:
    assert lin.get("/v1/donations") == {"projects": [], "donations": [], "next_cursor": None}
    have(shop, WATER, 4, "first")
    shop.later(minutes=1)
    have(shop, WATER, 3, "partly", "partly_fulfilled", delivered=2)
    shop.later(minutes=1)
    have(shop, WATER, 1, "failed", "failed", reason="out_of_stock")
    transfer = shop.store.run(lambda c: make_transfer(c, FUND, maker="wang", now=shop.clock.now())).transfer_id
    shop.store.run(lambda c: decide_transfer(c, transfer, checker="li", approve=True, now=shop.clock.now()))
    shop.later(minutes=1)
    have(shop, WATER, 5, "settled")
    shop.later(minutes=1)
    have(shop, TREE, 1, "not-a-donation")
    shop.later(minutes=1)
    shop.place(LIN, WATER, 6, key="open")
    found = lin.get("/v1/donations")
    said = [(each["where"], each["energy"], each["fen"]) for each in found["donations"]]
    assert said == [
        ("pledged", 1_200, 600), ("given", 1_000, 500), ("undone", 0, 0), ("sent", 400, 200), ("sent", 800, 400),
    ]  # fmt: skip
    assert found["donations"][2]["meaning"]["zh"] == "未能完成，能量已退回"
    [project] = found["projects"]
    places = ("pledged_fen", "given_fen", "sent_fen", "received_fen")
    assert (project["donations"], project["energy"], [project[each] for each in places]) == (
        4, 3_400, [600, 500, 600, 0],
    )  # fmt: skip
    shop.store.run(lambda c: receipt_transfer(c, transfer, "CR-2026-19", now=shop.clock.now()))
    last = lin.get("/v1/donations")["donations"][4]
    assert (last["where"], last["receipt"]) == ("received", "CR-2026-19")
    assert last["pledged_at"] <= last["given_at"] <= last["sent_at"] <= last["received_at"]
    first = lin.get("/v1/donations?limit=3")
    rest = lin.get(f"/v1/donations?limit=3&cursor={first['next_cursor']}")
    assert [each["fen"] for each in first["donations"] + rest["donations"]] == [600, 500, 0, 200, 400]
    assert rest["next_cursor"] is None
    assert wang.get("/v1/donations")["donations"] == []
    assert shop.broken() == []


def test_anybody_reads_the_account_of_a_project(client: Any, shop: Shop) -> None:
    have(shop, WATER, 4, "first")
    transfer = shop.store.run(lambda c: make_transfer(c, FUND, maker="wang", now=shop.clock.now())).transfer_id
    shop.store.run(lambda c: decide_transfer(c, transfer, checker="li", approve=True, now=shop.clock.now()))
    answer = client.get(f"/v1/projects/{WATER}")
    found = answer.json()
    assert found["project"] == client.get("/v1/projects").json()["projects"][0]
    told = ("each_energy", "each_fen", "ceiling_fen", "left_fen", "sent_fen", "received_fen")
    assert [found["project"][each] for each in told] == [200, 100, 10_000_000, 9_600, 400, 0]
    [sent] = found["transfers"]
    assert (sent["donations"], sent["fen"], sent["receipt"], sent["received_at"]) == (1, 400, None, None)
    assert not any(word in answer.text for word in (LIN, "wang", "order_", "maker", "checker", '"li"'))
    for name in ("donation_nothing", TREE):
        assert client.get(f"/v1/projects/{name}").status_code == 404
    assert client.get("/v1/projects/fund:water_2026").status_code == 400


def test_somebody_without_an_account_has_no_trees_and_no_donations(client: Any, bench: Bench) -> None:
    nobody = Asker(client, token("nobody", now=MONDAY, exp=LATER))
    for path in ("/v1/forest", "/v1/donations"):
        answer = nobody("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_account")
