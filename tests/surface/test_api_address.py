"""A customer keeps one address, sees it, changes it, takes it away and takes it along; nobody else sees any of it."""

import logging
from typing import Any

import pytest
from tests.rewards.shop import HOME, Partner, Shop
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, make_app, served, token
from tests.surface.conftest import LATER

from ditan import rewards
from ditan.kernel.clock import FixedClock

RICE = "produce_rice"
GIVEN = {"recipient": HOME.recipient, "phone": HOME.phone, "region": HOME.region, "street": HOME.street}
SECRETS = (*GIVEN.values(), "西湖区", "88 号")


@pytest.fixture
def shop(bench: Bench, clock: FixedClock) -> Shop:
    made = Shop(bench.store, clock)
    made.correct(5_000, customer=LIN)
    made.supply(RICE, 3)
    return made


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert not any(secret in answer.text for secret in SECRETS)


def test_from_the_address_to_the_parcel(lin: Asker, wang: Asker, shop: Shop) -> None:
    assert lin.get("/v1/address") == {"address": None, "changed_at": None}
    assert {each["id"] for each in lin.get("/v1/rewards")["rewards"] if each["delivery"]} == {
        each.id for each in shop.offer.catalogue.rewards if each.kind == "produce"
    }
    refused(lin("POST", "/v1/orders", json={"reward_id": RICE}), 409, "address_missing")
    first = lin("PUT", "/v1/address", key="home", json=GIVEN)
    assert (first.status_code, first.json()) == (200, {"kept": True, "at": "2026-07-06T04:00:00Z"})
    again = lin("PUT", "/v1/address", key="home", json=GIVEN)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    refused(lin("PUT", "/v1/address", key="home", json=GIVEN | {"street": "别处"}), 409, "key_used_before")
    assert lin.get("/v1/address") == {"address": GIVEN, "changed_at": "2026-07-06T04:00:00Z"}
    assert wang.get("/v1/address")["address"] is None
    made = lin("POST", "/v1/orders", json={"reward_id": RICE})
    assert (made.status_code, made.json()["delivery"]) == (201, True)
    assert lin("DELETE", "/v1/address").json()["kept"] is False
    partner = Partner()
    assert rewards.turn(shop.bench(partner))
    assert partner.told == [HOME]
    taken = lin.get("/v1/export")["kept"]["addresses"]
    assert taken == [GIVEN | {"order_id": made.json()["order_id"]}]
    assert f"address,{made.json()['order_id']}" in lin("GET", "/v1/export.csv").text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"street": "卡 6222 0202 0011 2230"}, "personal_number"),
        ({"phone": "6222020200112230"}, "personal_number"),
        ({"phone": "call me"}, "invalid_input"),
        ({"recipient": "  "}, "invalid_input"),
        ({"region": "x" * 61}, "invalid_input"),
        ({"door": "3"}, "invalid_input"),
        ({"street": 88}, "invalid_input"),
        ({"street": "龙井路\n88 号"}, "invalid_input"),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(
    lin: Asker, shop: Shop, change: dict[str, Any], code: str
) -> None:
    refused(lin("PUT", "/v1/address", json=GIVEN | change), 400, code)
    assert lin.get("/v1/address")["address"] is None


def test_no_log_and_no_remembered_answer_has_it(
    lin: Asker, shop: Shop, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        lin("PUT", "/v1/address", json=GIVEN)
        lin("PUT", "/v1/address", json=GIVEN | {"phone": "call me"})
        lin("POST", "/v1/orders", json={"reward_id": RICE})
        rewards.turn(shop.bench(Partner()))
    told = caplog.text + "".join(capsys.readouterr())
    kept = shop.store.read(lambda c: c.execute("SELECT string_agg(answer::text, ' ') FROM api.request").fetchone())
    assert "job.done" in told
    assert kept is not None
    assert not any(secret in told + str(kept[0]) for secret in SECRETS)


def test_who_may_not_and_who_has_no_account(client: Any, lin: Asker, shop: Shop) -> None:
    nobody = Asker(client, token("nobody", now=MONDAY, exp=LATER))
    reader = Asker(client, token(now=MONDAY, exp=LATER, scope="home:read"))
    for method, given in (("GET", {}), ("PUT", {"json": GIVEN}), ("DELETE", {})):
        refused(nobody(method, "/v1/address", **given), 404, "no_account")
        if method != "GET":
            refused(reader(method, "/v1/address", **given), 403, "missing_scope")
    lin("PUT", "/v1/address", json=GIVEN)
    lin.post("/v1/account/close")
    assert lin.get("/v1/address")["address"] is None
    refused(lin("PUT", "/v1/address", json=GIVEN), 409, "closed")


def test_without_a_key_of_the_bank_no_address_is_taken(bench: Bench, shop: Shop) -> None:
    with served(make_app(bench.store, bench, address_key=None)) as client:
        refused(Asker(client, token(now=MONDAY, exp=LATER))("PUT", "/v1/address", json=GIVEN), 503, "unavailable")
