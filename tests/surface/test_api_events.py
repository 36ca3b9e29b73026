"""Events of the bank's systems: the same flow as a file, a result per row, and nothing posted twice."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench, tidy_archive
from tests.surface.asking import ALL_OF_SYSTEM, MONDAY, SYSTEM, Asker, token

from ditan.kernel import limits
from ditan.kernel.ids import act_id, show_act
from ditan.testing import factories

RIDE = factories.event("metro_ride")
PAN = "6222021234567890128"  # belongs to nobody


@pytest.fixture
def bank(client: Any) -> Asker:
    return Asker(client, token("core-banking", now=MONDAY, audience=SYSTEM, scope=ALL_OF_SYSTEM))


def call(*events: Any) -> dict[str, Any]:
    return {"events": [msgspec.to_builtins(event) for event in events]}


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    assert [result["row"] for result in answer["results"]] == list(range(1, answer["received"] + 1))
    return [(result["stage"], result["code"]) for result in answer["results"]]


def test_every_event_gets_a_result_of_its_own(bank: Asker, lin: Asker, bench: Bench) -> None:
    events = call(
        RIDE,
        factories.payment(),
        factories.event("metro_ride", event_id="top-up", amount_fen=5_000),
        replace(RIDE, event_id="nobody", customer_ref="cust-nobody"),
        RIDE,
        replace(RIDE, amount_fen=500),
        replace(RIDE, event_id="pan", descriptor=f"card {PAN}"),
        factories.refund(RIDE, 200),
    )
    events["events"].append({"source": "card-switch", "kind": "card_payment"})
    events["events"].append("not an event")
    answer = bank.post("/v1/events", json=events)
    assert codes(answer) == [
        ("post", "posted"),
        ("recognize", "not_green"),
        ("recognize", "transit_top_up"),
        ("post", "no_account"),
        ("accept", "duplicate"),
        ("accept", "conflict"),
        ("accept", "pan_found"),
        ("post", "refunded"),
        ("accept", "missing_field"),
        ("accept", "malformed_row"),
    ]
    first, back = answer["results"][0], answer["results"][7]
    assert first | {"reason": None} == {
        "row": 1, "stage": "post", "code": "posted", "reason": None, "field": None, "scenario": "metro_ride",
        "act_id": show_act(act_id(RIDE.source, RIDE.event_id)), "carbon_mg": 340_910, "energy": 20,
    }  # fmt: skip
    assert (back["carbon_mg"], back["energy"]) == (-170_455, -10)
    assert all(result["reason"]["zh"] and result["reason"]["en"] for result in answer["results"])
    assert answer["results"][8]["field"] == "event_id"
    assert PAN not in json.dumps(answer)
    assert lin.get("/v1/home")["carbon"]["total_mg"] == 170_455
    assert bench.broken() == {}


def test_a_call_that_is_sent_again_posts_nothing_twice(bank: Asker, lin: Asker, bench: Bench) -> None:
    first = bank.post("/v1/events", json=call(RIDE), key="monday-1")
    again = bank.post("/v1/events", json=call(RIDE), key="monday-1")
    late = bank.post("/v1/events", json=call(RIDE), key="monday-2")
    assert [codes(each) for each in (first, again, late)] == [
        [("post", "posted")], [("post", "duplicate")], [("post", "duplicate")],
    ]  # fmt: skip
    assert again["results"][0]["act_id"] == first["results"][0]["act_id"]
    assert lin.get("/v1/home")["carbon"]["total_mg"] == 340_910
    other = bank("POST", "/v1/events", json=call(replace(RIDE, event_id="other")), key="monday-1")
    assert (other.status_code, other.json()["code"]) == (409, "key_used_before")
    conflict = bank.post("/v1/events", json=call(replace(RIDE, amount_fen=500)))
    assert codes(conflict) == [("post", "conflict")]


def test_events_of_a_call_end_as_those_of_a_file(bank: Asker, bench: Bench, tmp_path: Path) -> None:
    scenarios = sorted(factories.EXAMPLES)
    events = [factories.event(name, event_id=f"{name}-call") for name in scenarios]
    answer = bank.post("/v1/events", json=call(*events))
    given = {result["row"]: (result["carbon_mg"], result["energy"]) for result in answer["results"]}
    theirs = [replace(factories.event(name, event_id=f"{name}-file"), customer_ref="cust-wang") for name in scenarios]
    theirs = [replace(event, card_ref="card-wang-d") if event.kind == "card_payment" else event for event in theirs]
    filed = bench.ingest_events("file", theirs, tmp_path)
    for row, name in enumerate(scenarios, start=1):
        ended = filed[f"{name}-file"]
        assert (answer["results"][row - 1]["code"], *given[row]) == (ended.code, ended.carbon_mg, ended.energy), name
    assert bench.broken() == {}


def test_the_evidence_is_kept_and_a_payment_that_is_not_green_is_not(bank: Asker, bench: Bench) -> None:
    bank.post("/v1/events", json=call(RIDE, factories.payment(event_id="secret-payment")))
    tidy_archive_without_manifest(bench)
    [row] = bench.evidence()
    assert "secret-payment" not in str(row)
    assert bench.one("SELECT count(*) FROM feed.tally WHERE code = 'not_green'") == 1
    for path in bench.settings.home.rglob("*"):
        assert not path.is_file() or b"secret-payment" not in path.read_bytes(), path


def tidy_archive_without_manifest(bench: Bench) -> None:
    from ditan import feed

    feed.write_manifests(bench.settings.home / "archive", bench.manifest())
    tidy_archive(bench)


def test_layout_and_unicode_do_not_matter(bank: Asker) -> None:
    event = msgspec.to_builtins(replace(RIDE, descriptor="北京地铁 ﷽ \u2028 乘车码\\n"))
    body = json.dumps({"events": [event]}, indent=4, ensure_ascii=False).replace("\n", "\r\n").encode()
    answer = bank.post("/v1/events", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert codes(answer) == [("post", "posted")]


def test_what_is_no_call_is_refused_as_a_whole(bank: Asker, bench: Bench) -> None:
    wrong: list[tuple[int, bytes, str]] = [
        (400, b"", "application/json"),
        (400, b"[]", "application/json"),
        (400, b'{"events": []}', "application/json"),
        (400, b'{"events": [], "more": 1}', "application/json"),
        (400, b'{"events": [{]}', "application/json"),
        (400, b'{"events": [' + b",".join([b"1"] * (limits.events_per_call_max + 1)) + b"]}", "application/json"),
        (400, b'{"events": [{"nothing": "of ours"}]}', "application/json"),
        (413, b" " * (limits.events_body_bytes_max + 1), "application/json"),
        (415, b'{"events": [{}]}', "text/csv"),
    ]
    for status, body, media_type in wrong:
        answer = bank("POST", "/v1/events", content=body, headers={"Content-Type": media_type})
        assert answer.status_code == status, (body[:40], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert bench.one("SELECT count(*) FROM feed.batch") == 0


def test_a_full_call_is_taken(bank: Asker, bench: Bench) -> None:
    events = call(*(factories.payment(event_id=f"p{n}") for n in range(limits.events_per_call_max - 1)), RIDE)
    answer = bank.post("/v1/events", json=events)
    assert (answer["received"], answer["posted"]) == (limits.events_per_call_max, 1)
    metrics = bank("GET", "/metrics").text
    assert 'ditan_event_rows_total{code="not_green"} 4999.0' in metrics
    assert 'route="/v1/events",status="200"' in metrics
    assert "cust-" not in metrics
