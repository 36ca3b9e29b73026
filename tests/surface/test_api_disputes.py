"""A customer says that an act is wrong: once at a time, of her own acts, without numbers of people; one answer."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import MONDAY, Asker, token

from ditan.home.disputes import CORRECTION, DisputeReason, answer_dispute, list_disputes, number_of, reference_of
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import act_id, show_act
from ditan.kernel.persons import tells_a_number
from ditan.model import BankEvent, Text
from ditan.testing import factories

HOUR = timedelta(hours=1)
RIDE = factories.event("metro_ride")
BECAUSE = Text(zh="该笔里程已核实", en="The distance was checked")


def ride(event_id: str, hours_ago: int, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=MONDAY - HOUR * hours_ago, **changes)


def name_of(event_id: str) -> str:
    return show_act(act_id(RIDE.source, event_id))


@pytest.fixture
def rides(bench: Bench, tmp_path: Path) -> Bench:
    bench.ingest_events("rides", [ride("a", 3), ride("b", 30), ride("c", 60)], tmp_path)
    return bench


def dispute(who: Asker, event_id: str, reason: str = "wrong_distance", words: str | None = None, **given: Any) -> Any:
    body = {"reason": reason} | ({"words": words} if words is not None else {})
    return who("POST", f"/v1/acts/{name_of(event_id)}/disputes", json=body, **given)


def answer(bench: Bench, reference: str, *, upheld: bool, because: Text = BECAUSE, by: str = "wang") -> Any:
    now = bench.clock.now()
    return bench.store.run(lambda c: answer_dispute(c, reference, upheld=upheld, because=because, by=by, now=now))


def test_a_dispute_gets_a_reference_and_changes_nothing(lin: Asker, rides: Bench) -> None:
    before = lin.get("/v1/home")
    made = dispute(lin, "a", words="  我坐了 3 站 ")
    assert made.status_code == 201
    told = made.json()
    assert told | {"reference": ""} == {
        "reference": "", "state": "open", "act_id": name_of("a"), "reason": "wrong_distance",
        "opened_at": "2026-07-06T04:00:00Z", "changed": True,
    }  # fmt: skip
    assert told["reference"].startswith("D-2026-")
    assert lin.get("/v1/home") == before
    [kept] = lin.get("/v1/disputes")["disputes"]
    assert kept == {
        "reference": told["reference"], "act_id": name_of("a"), "scenario": "metro_ride",
        "name": {"zh": "地铁出行", "en": "Metro ride"}, "reason": "wrong_distance", "words": "我坐了 3 站",
        "state": "open", "opened_at": "2026-07-06T04:00:00Z", "answered_at": None, "answer": None,
    }  # fmt: skip
    assert lin.get(f"/v1/acts/{name_of('a')}/explanation")["dispute"] == kept
    assert lin.get(f"/v1/acts/{name_of('b')}/explanation")["dispute"] is None


def test_an_act_has_one_open_dispute_and_may_have_another_after_the_answer(lin: Asker, rides: Bench) -> None:
    first = dispute(lin, "a").json()
    again = dispute(lin, "a", "not_mine")
    assert (again.status_code, again.json()) == (200, first | {"changed": False})
    answer(rides, first["reference"], upheld=False)
    second = dispute(lin, "a", "not_mine")
    assert (second.status_code, second.json()["reference"] == first["reference"]) == (201, False)
    assert [each["state"] for each in lin.get("/v1/disputes")["disputes"]] == ["open", "declined"]


def test_the_same_request_is_answered_alike(lin: Asker, rides: Bench) -> None:
    first, again = (dispute(lin, "a", key="tap") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert dispute(lin, "a", "not_mine", key="tap").json()["code"] == "key_used_before"


def test_two_tabs_open_one_dispute(lin: Asker, rides: Bench) -> None:
    start, answers = threading.Barrier(2), []

    def tap() -> None:
        start.wait(timeout=10)
        answers.append(dispute(lin, "a"))

    tabs = [threading.Thread(target=tap) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(timeout=20)
    assert sorted(each.status_code for each in answers) == [200, 201]
    assert len({each.json()["reference"] for each in answers}) == 1


def test_an_act_of_somebody_else_cannot_be_disputed(wang: Asker, lin: Asker, client: Any, rides: Bench) -> None:
    nobody = Asker(client, token("cust-new", now=MONDAY))
    for who, event in ((wang, "a"), (lin, "never"), (nobody, "a")):
        found = dispute(who, event)
        assert (found.status_code, found.json()["code"]) == (404, "not_found")
    dispute(lin, "a")
    assert wang.get("/v1/disputes") == {"disputes": [], "next_cursor": None}
    assert nobody("GET", "/v1/disputes").json()["code"] == "no_account"
    assert rides.one("SELECT count(*) FROM home.dispute") == 1


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize(
    "words",
    [
        "卡号 6222 0212 3456 7890 128", "卡 6222021234567890128", "我的身份证 11010519491231002X", "电话 138 0013 8000",
        "回我 lin@mail.example", "身份证１１０１０５１９４９１２３１００２Ｘ",
    ],
)  # fmt: skip
def test_numbers_of_people_are_refused_at_the_door(lin: Asker, rides: Bench, words: str) -> None:
    refused = dispute(lin, "a", words=words)
    assert (refused.status_code, refused.json()["code"]) == (400, "personal_number")
    assert "删去" in refused.json()["hint"]
    assert rides.one("SELECT count(*) FROM home.dispute") == 0


def test_ordinary_words_are_not_taken_for_numbers() -> None:
    for words in ("票价 4 元，7.3 公里", "2026-07-06 08:01 到 09:30", "订单 20260706123456", "3 次 @ 西直门"):
        assert not tells_a_number(words), words


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "bad"}, {"reason": "other", "words": "字" * 501}, {"reason": "other", "words": "\x00"}, {"x": 1}],
)
def test_what_is_no_dispute_is_refused(lin: Asker, rides: Bench, body: dict[str, Any]) -> None:
    refused = lin("POST", f"/v1/acts/{name_of('a')}/disputes", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")


def test_disputes_come_in_pages_the_latest_first(lin: Asker, rides: Bench, clock: FixedClock) -> None:
    for event in ("a", "b", "c"):
        assert dispute(lin, event).status_code == 201
    clock.advance(HOUR)
    first = lin.get("/v1/disputes?limit=2")
    second = lin.get(f"/v1/disputes?limit=2&cursor={first['next_cursor']}")
    found = [each["act_id"] for each in (*first["disputes"], *second["disputes"])]
    assert found == [name_of(event) for event in ("c", "b", "a")]
    assert second["next_cursor"] is None


def test_an_answer_is_given_once_and_read(lin: Asker, rides: Bench, clock: FixedClock) -> None:
    reference = dispute(lin, "a").json()["reference"]
    clock.advance(HOUR)
    answer(rides, reference, upheld=True)
    answer(rides, reference, upheld=True)
    with pytest.raises(Conflict):
        answer(rides, reference, upheld=False)
    [told] = lin.get("/v1/disputes")["disputes"]
    assert (told["state"], told["answer"]) == ("upheld", {"zh": BECAUSE.zh, "en": BECAUSE.en})
    assert told["answered_at"] == "2026-07-06T05:00:00Z"
    assert set(CORRECTION) == set(DisputeReason)
    for wrong in (reference_of(999, MONDAY), reference.replace("2026", "2025")):
        with pytest.raises((NotFound, InvalidInput)):
            answer(rides, wrong, upheld=True)
    with pytest.raises(InvalidInput):
        answer(rides, reference, upheld=True, because=Text(zh="请致电 13800138000", en="Call"))


def test_a_misread_reference_is_told() -> None:
    reference = reference_of(123, MONDAY)
    assert number_of(reference) == number_of(reference.lower()) == 123
    digits = [place for place, letter in enumerate(reference) if letter.isdigit()]
    for place in digits:
        for digit in "0123456789":
            wrong = reference[:place] + digit + reference[place + 1 :]
            if wrong != reference:
                with pytest.raises(InvalidInput):
                    number_of(wrong)


@pytest.mark.invariant("INV-14")
def test_words_go_with_the_customer_and_the_dispute_stays(
    lin: Asker, wang: Asker, rides: Bench, tmp_path: Path
) -> None:
    hers = ride("hers", 3, customer_ref="cust-wang", card_ref="card-wang-d")
    rides.ingest_events("hers", [hers], tmp_path)
    dispute(wang, "hers", words="不是我")
    answer(rides, dispute(lin, "a", words="我坐了 3 站").json()["reference"], upheld=False)
    dispute(lin, "b", "not_mine", words="我没有坐")
    rides.corrupt("INSERT INTO home.notice_read SELECT customer_id, now(), gen_random_uuid() FROM ledger.holder")
    lin.post("/v1/account/close")
    lin.post("/v1/account/erase")
    left = rides.ask(
        "SELECT d.reason, d.words, w.because_zh, c.customer_ref, d.customer_id = a.customer_id FROM home.dispute d"
        " JOIN ledger.act a USING (act_id) JOIN accounts.customer c ON c.customer_id = d.customer_id"
        " LEFT JOIN home.dispute_answer w USING (dispute_no) ORDER BY d.dispute_no"
    )
    assert left == [
        ("wrong_distance", "不是我", None, "cust-wang", True),
        ("wrong_distance", None, "已抹去", None, True),
        ("not_mine", None, None, None, True),
    ]
    assert rides.one("SELECT count(*) FROM home.notice_read") == 1
    queued = rides.store.read(lambda c: list_disputes(c, only_open=True, limit=10))
    assert [each.customer_ref for each in queued] == ["cust-wang", None]
    assert rides.broken() == {}


@pytest.mark.invariant("INV-04")
def test_a_dispute_cannot_be_changed(lin: Asker, rides: Bench) -> None:
    import psycopg

    dispute(lin, "a")
    for change in ("UPDATE home.dispute SET reason = 'other'", "DELETE FROM home.dispute"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), rides.store.unit_of_work() as connection:
            connection.execute(change)


def test_disputes_are_exported(lin: Asker, rides: Bench) -> None:
    reference = dispute(lin, "a", words="我坐了 3 站").json()["reference"]
    answer(rides, reference, upheld=False)
    [kept] = lin.get("/v1/export")["kept"]["disputes"]
    assert (kept["act_id"], kept["words"], kept["upheld"], kept["answer"]) == (
        name_of("a"), "我坐了 3 站", False, BECAUSE.zh,
    )  # fmt: skip
    assert "我坐了 3 站" in lin("GET", "/v1/export.csv").text
    assert rides.broken() == {}
    assert json.dumps(kept)
