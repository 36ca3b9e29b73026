"""Opening, consents, cards, settings and closing through the API: effective at once, once for each key."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, token

from ditan.home.consents import consent_texts
from ditan.kernel.clock import FixedClock
from ditan.model import Purpose
from ditan.testing import factories

NEW = "cust-new"
CARDS = [
    {"card_ref": "card-new-d", "product": "debit", "label": "尾号 4321", "quickpass": True},
    {"card_ref": "card-new-c", "product": "credit"},
    {"card_ref": "card-wang-d", "product": "debit"},  # linked to another account
    {"product": "debit"},
    "nonsense",
]
VERSION = {text.purpose: text.version for text in consent_texts().texts}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def new(client: Any) -> Asker:
    return Asker(client, token(NEW, now=MONDAY, exp=int(MONDAY.timestamp()) + 90 * 86_400, cards=CARDS))


def consented(asker: Asker) -> dict[str, bool]:
    return {each["text"]["purpose"]: each["active"] for each in asker.get("/v1/consents")["consents"]}


def ride(event_id: str, bench: Bench, who: str = NEW, card: str = "card-new-d") -> Any:
    event = factories.event("metro_ride", event_id=event_id, customer_ref=who, card_ref=card)
    return replace(event, occurred_at=bench.clock.now())


def test_opening_names_everything_that_is_decided_and_nothing_is_ticked_before(new: Asker) -> None:
    assert consented(new) == dict.fromkeys(Purpose, False)
    cards = new.get("/v1/cards")["cards"]
    assert [(card["card_ref"], card["linked"], card["quickpass"]) for card in cards] == [
        ("card-new-d", False, True), ("card-new-c", False, False), ("card-wang-d", False, False),
    ]  # fmt: skip
    body = {"consents": [{"purpose": "steps", "version": VERSION[Purpose.STEPS]}], "cards": ["card-new-d"]}
    assert new.post("/v1/account", json=body)["changed"] is True
    found = new.get("/v1/account")
    assert found["opened_at"] == "2026-07-06T04:00:00Z"
    assert consented(new) == {"card_payments": False, "whereabouts": False, "steps": True}
    assert [(card["card_ref"], card["linked"]) for card in found["cards"]["cards"]] == [
        ("card-new-d", True), ("card-new-c", False), ("card-wang-d", False),
    ]  # fmt: skip
    assert new.get("/v1/home")["carbon"]["total_mg"] == 0


def test_opening_is_all_or_nothing(new: Asker) -> None:
    answer = new("POST", "/v1/account", json={"cards": ["card-new-d", "card-wang-d"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert new("GET", "/v1/account").json()["code"] == "no_account"
    assert [card["linked"] for card in new.get("/v1/cards")["cards"]] == [False] * 3


def test_a_card_that_the_bank_does_not_call_hers_cannot_be_linked(new: Asker) -> None:
    assert new("POST", "/v1/account", json={"cards": ["card-lin-d"]}).json()["code"] == "not_found"
    new.post("/v1/account", json={})
    for path in ("link", "unlink"):
        answer = new("POST", f"/v1/cards/{path}", json={"card_ref": "card-lin-d"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_consent_is_to_the_text_in_force(new: Asker) -> None:
    body = {"consents": [{"purpose": "steps", "version": "2020-01"}]}
    assert new("POST", "/v1/account", json=body).json()["code"] == "conflict"
    new.post("/v1/account", json={})
    answer = new("POST", "/v1/consents/steps/grant", json={"version": "2020-01"}, headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"同意书已更新为 {VERSION[Purpose.STEPS]}，请阅读后再决定",
    )


def test_withdrawing_is_as_easy_as_granting_and_at_once(
    new: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    given = [{"purpose": name, "version": VERSION[name]} for name in ("card_payments", "whereabouts")]
    new.post("/v1/account", json={"consents": given, "cards": ["card-new-d"]})
    clock.advance(MINUTE)
    assert bench.ingest_events("one", [ride("one", bench)], tmp_path)["one"].code == "posted"
    clock.advance(MINUTE * 120)
    assert new.post("/v1/consents/whereabouts/withdraw")["changed"] is True
    assert new.post("/v1/consents/whereabouts/withdraw")["changed"] is False
    assert bench.ingest_events("two", [ride("two", bench)], tmp_path)["two"].code == "no_consent"
    assert new.get("/v1/home")["carbon"]["total_mg"] == 340_910  # what was given stays
    clock.advance(MINUTE)
    assert new.post("/v1/consents/whereabouts/grant", json={"version": VERSION[Purpose.WHEREABOUTS]})["changed"] is True
    assert bench.ingest_events("three", [ride("three", bench)], tmp_path)["three"].code == "posted"
    clock.advance(MINUTE * 120)
    assert new.post("/v1/cards/unlink", json={"card_ref": "card-new-d"})["changed"] is True
    assert bench.ingest_events("four", [ride("four", bench)], tmp_path)["four"].code == "card_not_linked"
    clock.advance(MINUTE)
    assert new.post("/v1/cards/link", json={"card_ref": "card-new-d"})["changed"] is True
    assert new.post("/v1/cards/link", json={"card_ref": "card-new-d"})["changed"] is False
    assert bench.broken() == {}


def test_a_decision_is_made_once_for_each_key(new: Asker, clock: FixedClock) -> None:
    first = new.post("/v1/account", json={}, key="open")
    clock.advance(MINUTE)
    granted = new.post("/v1/consents/steps/grant", json={"version": VERSION[Purpose.STEPS]}, key="grant")
    clock.advance(MINUTE)
    new.post("/v1/consents/steps/withdraw", key="withdraw")
    clock.advance(MINUTE)
    assert new.post("/v1/account", json={}, key="open") == first
    again = new("POST", "/v1/consents/steps/grant", json={"version": VERSION[Purpose.STEPS]}, key="grant")
    assert (again.json(), again.headers["idempotency-replayed"]) == (granted, "true")
    assert consented(new)["steps"] is False  # an old tap that arrives late does not grant again
    other = new("POST", "/v1/consents/card_payments/withdraw", key="grant")
    assert (other.status_code, other.json()["code"]) == (409, "key_used_before")


def test_a_closed_account_is_read_and_no_longer_changed(lin: Asker, clock: FixedClock) -> None:
    clock.advance(MINUTE)
    assert lin.post("/v1/account/close")["changed"] is True
    assert lin.get("/v1/home")["closed_at"] == "2026-07-06T04:01:00Z"
    assert set(consented(lin).values()) == {False}
    asked = [
        ("/v1/account", {"json": {}}),
        ("/v1/account/close", {}),
        ("/v1/consents/steps/grant", {"json": {"version": VERSION[Purpose.STEPS]}}),
        ("/v1/balls/collect", {}),
    ]
    for path, given in asked:
        answer = lin("POST", path, **given)
        assert (answer.status_code, answer.json()["code"]) == (409, "closed"), path


def test_settings_are_kept_and_private_by_default(lin: Asker, wang: Asker) -> None:
    assert lin.get("/v1/settings") == {"language": "auto", "large_type": False, "personalised": False}
    wanted = {"language": "zh", "large_type": True, "personalised": True}
    assert lin("PUT", "/v1/settings", json=wanted).json() == wanted
    assert lin.get("/v1/settings") == wanted
    assert lin("PUT", "/v1/settings", json={"language": "en"}).json()["personalised"] is False
    assert wang.get("/v1/settings")["language"] == "auto"
    for wrong in ({"language": "fr"}, {"large_type": "yes"}, {"theme": "dark"}):
        answer = lin("PUT", "/v1/settings", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
        assert answer.json()["errors"]


def test_a_write_without_a_key_is_refused(lin: Asker) -> None:
    for headers in ({"Idempotency-Key": ""}, {"Idempotency-Key": "a b"}, {"Idempotency-Key": "k" * 129}):
        assert lin("POST", "/v1/balls/collect", headers=headers).status_code == 400
    authorization = {"Authorization": f"Bearer {lin.bearer}"}
    answer = lin.client.post("/v1/balls/collect", headers=authorization)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.text


def test_a_body_that_is_too_large_is_not_read(lin: Asker) -> None:
    answer = lin("POST", "/v1/cards/link", content=b'{"card_ref": "' + b"c" * (1 << 16) + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_subject_that_could_be_a_person_opens_no_account(client: Any) -> None:
    asker = Asker(client, token("13800138000", now=MONDAY))
    answer = asker("POST", "/v1/account", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert LIN not in answer.text
