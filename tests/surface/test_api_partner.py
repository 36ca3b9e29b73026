"""A partner is believed when it signs, heard once, and sees nothing of another partner."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.rewards.shop import Partner, Shop
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, PARTNER, Asker, make_app, served, token
from tests.surface.conftest import LATER

from ditan import rewards
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import InvalidInput
from ditan.kernel.webhooks import Disbelieved, believe, read_secret, sign
from ditan.rewards import read_partners

NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD = "whsec_" + "b2xk" * 8
FIELD = "whsec_" + "ZmllbGQh" * 4
HILL, SOUTH = "moving-life", "south-field"

PARTNERS = f"""
[moving-life]
url = "http://127.0.0.1:1"
secrets = ["{NEW}", "{OLD}"]

[south-field]
url = "https://south-field.example/ditan"
secrets = ["{FIELD}"]
"""


@pytest.fixture
def shop(bench: Bench, clock: FixedClock) -> Shop:
    made = Shop(bench.store, clock)
    made.correct(20_000, customer=LIN)
    made.live_at(LIN)
    made.supply("gym_card_month", 3)
    made.supply("produce_rice", 3)
    return made


@pytest.fixture
def client(bench: Bench, tmp_path: Path) -> Iterator[Any]:
    file = tmp_path / "partners.toml"
    file.write_text(PARTNERS, encoding="utf-8")
    with served(make_app(bench.store, bench, rewards_partners=str(file))) as opened:
        yield opened


@pytest.fixture
def name(shop: Shop, client: Any) -> str:
    """An order of a gym card that was sent."""
    shop.place(LIN, "gym_card_month")
    assert rewards.turn(shop.bench(Partner()))
    return shop.order(LIN).order_id


def message(order_id: str, state: str = "fulfilled", **data: Any) -> bytes:
    told = {"type": f"order.{state}", "timestamp": MONDAY.isoformat(), "data": {"order_id": order_id} | data}
    return json.dumps(told).encode()


def say(
    client: Any,
    body: bytes,
    *,
    partner: str = HILL,
    secret: str = NEW,
    webhook_id: str = "msg_1",
    at: datetime = MONDAY,
    sent: bytes | None = None,
) -> Any:
    headers = sign(read_secret(secret), webhook_id, at, body) | {"Content-Type": "application/json"}
    return client.post(f"/v1/partner/{partner}/webhooks", content=sent or body, headers=headers)


def told(answer: Any) -> tuple[int, str]:
    found = answer.json()
    return answer.status_code, found.get("outcome") or found["code"]


def test_the_example_of_the_scheme_is_signed_alike() -> None:
    """From the specification's own libraries: the same secret, id, time and body give the same signature."""
    at = datetime.fromtimestamp(1_614_265_330, tz=MONDAY.tzinfo)
    made = sign(read_secret(NEW), "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert believe([read_secret(OLD), read_secret(NEW)], made, b'{"test": 2432232314}', at)


def test_a_signed_message_is_done_once(client: Any, shop: Shop, name: str) -> None:
    body = message(name, code="GYM-1")
    assert say(client, body).json() == {"outcome": "done", "repeated": False}
    assert shop.order(LIN).code == "GYM-1"
    before = shop.states(LIN)
    assert say(client, body).json() == {"outcome": "done", "repeated": True}
    assert say(client, body, webhook_id="msg_2").json() == {"outcome": "exists", "repeated": False}
    assert told(say(client, message(name, "failed"))) == (409, "conflict")
    assert (shop.states(LIN), shop.energy(LIN)) == (before, (17_000, 0))
    assert shop.broken() == []


def test_a_secret_is_replaced_without_a_gap(client: Any, name: str) -> None:
    assert told(say(client, message(name, "confirmed"), secret=OLD)) == (200, "done")
    assert told(say(client, message(name), secret=NEW, webhook_id="msg_2")) == (200, "done")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"secret": FIELD}, (403, "webhook_forged")),
        ({"partner": SOUTH}, (403, "webhook_forged")),
        ({"partner": "nobody"}, (403, "webhook_forged")),
        ({"sent": b'{"type":"order.fulfilled"}'}, (403, "webhook_forged")),
        ({"at": MONDAY - timedelta(minutes=5, seconds=1)}, (403, "webhook_too_old")),
        ({"at": MONDAY + timedelta(minutes=5, seconds=1)}, (403, "webhook_from_the_future")),
        ({"at": MONDAY - timedelta(minutes=5)}, (200, "done")),
        ({"webhook_id": "x" * 129}, (400, "invalid_input")),
    ],
    ids=["another secret", "another partner", "nobody", "another body", "old", "future", "just in time", "endless id"],
)
def test_what_is_forged_or_old_is_refused(
    client: Any, shop: Shop, name: str, given: dict[str, Any], expected: tuple[int, str]
) -> None:
    before = shop.states(LIN)
    assert told(say(client, message(name), **given)) == expected
    assert (shop.states(LIN) == before) is (expected[0] != 200)


def test_the_id_is_signed_as_well(client: Any, shop: Shop, name: str) -> None:
    """Whoever caught a message cannot send it again under another id, or with another time."""
    body = message(name, "confirmed")
    headers = sign(read_secret(NEW), "msg_1", MONDAY, body)
    for stolen in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(MONDAY.timestamp()) + 60)}):
        answer = client.post(f"/v1/partner/{HILL}/webhooks", content=body, headers=headers | stolen)
        assert told(answer) == (403, "webhook_forged")
    missing = {key: value for key, value in headers.items() if key != "webhook-signature"}
    assert told(client.post(f"/v1/partner/{HILL}/webhooks", content=body, headers=missing)) == (400, "invalid_input")
    with pytest.raises(Disbelieved, match="webhook_unsigned"):
        believe([read_secret(NEW)], missing, body, MONDAY)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"type":"order.fulfilled"}', message("order_" + "0" * 26, "stolen")],
    ids=["empty", "cut", "a list", "no text", "no data", "a state that is none"],
)
def test_garbage_is_refused_and_not_remembered(client: Any, name: str, body: bytes) -> None:
    assert told(say(client, body)) == (400, "invalid_input")
    assert told(say(client, message(name))) == (200, "done")


def test_a_partner_cannot_touch_or_see_the_orders_of_another(client: Any, shop: Shop, name: str) -> None:
    assert told(say(client, message(name), partner=SOUTH, secret=FIELD)) == (404, "not_found")
    assert told(say(client, message("order_" + "0" * 26))) == (404, "not_found")

    def own(partner: str) -> list[str]:
        asker = Asker(client, token(partner, now=MONDAY, exp=LATER, audience=PARTNER, scope="orders:read"))
        return [each["order_id"] for each in asker.get("/v1/partner/orders")["orders"]]

    rice = shop.place(LIN, "produce_rice", key="rice")
    assert (own(HILL), own(SOUTH), own("nobody")) == ([name], [], [])  # rice was not sent
    rewards.turn(shop.bench(Partner()))
    assert own(SOUTH) == [shop.order(LIN, rice).order_id]
    answer = client.get(
        "/v1/partner/orders",
        headers={
            "Authorization": f"Bearer {token(HILL, now=MONDAY, exp=LATER, audience=PARTNER, scope='orders:read')}"
        },
    )
    assert LIN not in answer.text
    assert "note" not in answer.text


def test_what_comes_after_the_deadline_changes_nothing(client: Any, shop: Shop, name: str, clock: FixedClock) -> None:
    clock.advance(timedelta(days=3))
    assert told(say(client, message(name), at=clock.now())) == (200, "too_late")
    assert shop.states(LIN)[-2:] == ["expired", "expired"]
    assert (shop.energy(LIN), shop.stock("gym_card_month")) == ((20_000, 0), 3)
    assert shop.broken() == []


def test_a_code_that_could_be_a_card_number_is_refused(client: Any, name: str) -> None:
    assert told(say(client, message(name, code="4111 1111 1111 1111"))) == (400, "invalid_input")


@pytest.mark.parametrize(
    "text",
    ['[a]\nurl = "http://partner.example"\nsecrets = ["{NEW}"]', '[a]\nurl = "https://x"\nsecrets = []', '[a]\nurl = 1',
     '[a]\nurl = "https://x"\nsecrets = ["short"]', '[a]\nurl = "https://x"\nsecrets = ["whsec_YQ=="]', "["],
)  # fmt: skip
def test_a_file_of_partners_that_cannot_be_used_says_so_and_no_secret(tmp_path: Path, text: str) -> None:
    file = tmp_path / "partners.toml"
    file.write_text(text.replace("{NEW}", NEW), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_partners(file)
    assert caught.value.hint
    assert NEW not in f"{caught.value} {caught.value.hint}"
