"""The customer's page over a real database: what it shows, what a tap does, and that it does it once."""

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import MONDAY, Asker, token

from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import act_id, show, show_act
from ditan.model import BankEvent
from ditan.testing import factories

NOW = MONDAY
RIDE = factories.event("metro_ride")


def ride(event_id: str, at: datetime, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=at, **changes)


def ball_of(event_id: str) -> str:
    return show("ball", act_id(RIDE.source, event_id))


# --- home ---------------------------------------------------------------------------------------------------------


def test_home_shows_both_numbers_and_the_balls(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    home = lin.get("/v1/home")
    assert home["carbon"] == dict.fromkeys(("total_mg", "today_mg", "month_mg", "recent_mg", "lifetime_mg"), 340_910)
    assert home["energy"] | {"expires_on": None} == {
        "available": 0, "ripe": 0, "growing": 20, "held": 0, "owed": 0, "expires_next": 0, "expires_on": None,
    }  # fmt: skip
    [ball] = home["balls"]
    assert ball == {
        "ball_id": ball_of("a"),
        "act_id": show_act(act_id(RIDE.source, "a")),
        "scenario": "metro_ride",
        "family": "travel",
        "name": {"zh": "地铁出行", "en": "Metro ride"},
        "icon": "metro_ride",
        "energy": 20,
        "state": "growing",
        "ripens_at": "2026-07-06T23:00:00Z",
        "lapses_at": "2026-07-13T23:00:00Z",
    }
    assert home["stage"]["name"]["zh"] == "小屋"
    assert home["goal"] == {
        "stage": {"number": 3, "from_mg": 5_000_000, "name": {"zh": "小院", "en": "A yard"}},
        "missing_mg": 5_000_000 - 340_910,
        "done_permille": (340_910 - 300_000) * 1000 // 4_700_000,
    }
    assert home["methodology_status"] == "draft"


def test_home_is_one_trip_to_the_database(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    lin.get("/v1/home")
    with bench.store.count_statements() as count:
        lin.get("/v1/home")
    assert dict(count.by_name) == {"read_home": 1}


def test_home_tells_today_this_month_and_the_last_thirty_days_apart(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    midnight = NOW.replace(hour=0)
    days = {
        "today": midnight, "yesterday": midnight - timedelta(hours=3), "june": NOW - timedelta(days=7),
        "thirty": midnight - timedelta(days=29), "thirty-one": midnight - timedelta(days=29, hours=3),
    }  # fmt: skip
    rides = [ride(name, at) for name, at in days.items()]
    back = factories.refund(rides[4], 200, event_id="back", occurred_at=NOW - timedelta(hours=1))
    bench.ingest_events("rides", [*rides, back], tmp_path)
    carbon = lin.get("/v1/home")["carbon"]
    assert carbon["today_mg"] == 340_910 - 170_455
    assert carbon["month_mg"] == 2 * 340_910 - 170_455
    assert carbon["recent_mg"] == 4 * 340_910 - 170_455
    assert carbon["total_mg"] == 5 * 340_910 - 170_455


def test_the_garden_does_not_shrink_when_a_ride_is_refunded(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    paid = ride("a", NOW - timedelta(hours=3))
    bench.ingest_events("rides", [paid, factories.refund(paid, occurred_at=NOW - timedelta(hours=1))], tmp_path)
    home = lin.get("/v1/home")
    assert home["carbon"] == {
        "total_mg": 0, "today_mg": 0, "month_mg": 0, "recent_mg": 0, "lifetime_mg": 340_910,
    }  # fmt: skip
    assert (home["stage"]["number"], home["balls"]) == (2, [])


def test_a_reader_who_has_the_page_is_told_so(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    first = lin("GET", "/v1/home")
    tag = first.headers["etag"]
    again = lin("GET", "/v1/home", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    changed = lin("GET", "/v1/home", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert changed.headers["cache-control"] == "private, no-cache"


def test_a_database_that_was_restarted_is_asked_again(lin: Asker, bench: Bench) -> None:
    first = lin.get("/v1/home")
    bench.corrupt(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert lin.get("/v1/home") == first
    assert lin.post("/v1/balls/collect")["code"] == "nothing"


# --- balls --------------------------------------------------------------------------------------------------------


def test_a_ball_ripens_is_collected_and_moves_both_places(
    lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3)), ride("b", NOW)], tmp_path)
    early = lin.post(f"/v1/balls/{ball_of('a')}/collect")
    assert (early["code"], early["energy"], early["entry_id"]) == ("nothing", 0, None)
    clock.advance(timedelta(days=1))
    assert [ball["state"] for ball in lin.get("/v1/balls")["balls"]] == ["ripe", "ripe"]
    done = lin.post(f"/v1/balls/{ball_of('a')}/collect", key="tap")
    assert (done["code"], done["energy"], done["meaning"]["zh"]) == ("done", 20, "已完成")
    assert lin.get("/v1/balls")["ripe_energy"] == 20
    assert lin.post("/v1/balls/collect")["energy"] == 20
    energy = lin.get("/v1/home")["energy"]
    assert (energy["available"], energy["ripe"], energy["expires_next"], energy["expires_on"]) == (
        40, 0, 40, "2027-07-31",
    )  # fmt: skip
    assert bench.broken() == {}


def test_the_same_tap_is_done_once_and_answered_alike(
    lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3)), ride("b", NOW)], tmp_path)
    clock.advance(timedelta(days=1))
    first = lin("POST", f"/v1/balls/{ball_of('a')}/collect", key="tap")
    clock.advance(timedelta(days=30))
    again = lin("POST", f"/v1/balls/{ball_of('a')}/collect", key="tap")
    assert first.json() == again.json()
    assert (again.headers["idempotency-replayed"], first.headers.get("idempotency-replayed")) == ("true", None)
    other = lin("POST", f"/v1/balls/{ball_of('b')}/collect", key="tap")
    assert (other.status_code, other.json()["code"]) == (409, "key_used_before")


def test_a_key_is_its_senders_own(lin: Asker, wang: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    hers = ride("w", NOW - timedelta(hours=3), customer_ref="cust-wang", card_ref="card-wang-d")
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3)), hers], tmp_path)
    clock.advance(timedelta(days=1))
    assert [who.post("/v1/balls/collect", key="tap")["code"] for who in (lin, wang)] == ["done", "done"]
    assert [who.get("/v1/home")["energy"]["available"] for who in (lin, wang)] == [20, 20]


def test_a_ball_of_somebody_else_is_not_there(
    lin: Asker, wang: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    clock.advance(timedelta(days=1))
    answers = [wang("POST", f"/v1/balls/{name}/collect") for name in (ball_of("a"), ball_of("never"))]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 2
    assert lin.get("/v1/balls")["ripe_energy"] == 20


def test_two_tabs_collect_a_ball_once(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    clock.advance(timedelta(days=1))
    start, answers = threading.Barrier(2), []

    def tap(key: str) -> None:
        start.wait(timeout=10)
        answers.append(lin.post(f"/v1/balls/{ball_of('a')}/collect", key=key))

    tabs = [threading.Thread(target=tap, args=(key,)) for key in ("tab-1", "tab-2")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(timeout=20)
    assert sorted((answer["code"], answer["energy"]) for answer in answers) == [("done", 20), ("nothing", 0)]
    assert lin.get("/v1/home")["energy"]["available"] == 20


def test_a_double_tap_with_one_key_is_one_tap(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    """All of them find the key unused, and wait for the customer's row: the slowest case there is."""
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    clock.advance(timedelta(days=1))
    answers: list[Any] = []
    taps = [
        threading.Thread(target=lambda: answers.append(lin("POST", "/v1/balls/collect", key="one"))) for _ in range(3)
    ]
    with bench.store.unit_of_work() as somebody:
        somebody.execute("SELECT FROM ledger.holder FOR UPDATE")
        for tap in taps:
            tap.start()
        wait_until_waiting(bench, 3)
    for tap in taps:
        tap.join(timeout=20)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert {(answer.json()["code"], answer.json()["energy"]) for answer in answers} == {("done", 20)}
    assert len({answer.json()["entry_id"] for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotency-replayed", "") for answer in answers) == ["", "true", "true"]


def wait_until_waiting(bench: Bench, number: int) -> None:
    """Until so many statements of this database wait for a lock."""
    waiting = (
        "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = current_database() AND NOT granted"
    )
    until = time.monotonic() + 20
    while bench.one(waiting) < number:
        assert time.monotonic() < until, "they do not wait"


def test_a_tap_that_takes_too_long_is_done_once_when_it_is_sent_again(
    lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.ingest_events("rides", [ride("a", NOW - timedelta(hours=3))], tmp_path)
    clock.advance(timedelta(days=1))
    with bench.store.unit_of_work() as somebody:  # a batch that is being posted has the customer's row
        somebody.execute("SELECT FROM ledger.holder FOR UPDATE")
        monkeypatch.setattr(limits, "request_seconds_max", 1)
        slow = lin("POST", "/v1/balls/collect", key="tap", headers={"Accept-Language": "en"})
        monkeypatch.undo()
        assert (slow.status_code, slow.json()["code"], slow.headers["retry-after"]) == (503, "too_slow", "1")
        assert slow.headers["content-type"] == "application/problem+json"
        assert "never done twice" in slow.json()["hint"]
    assert lin.post("/v1/balls/collect", key="tap")["energy"] == 20
    assert lin.get("/v1/home")["energy"]["available"] == 20
    assert bench.broken() == {}


# --- acts ---------------------------------------------------------------------------------------------------------


def test_acts_come_in_pages_the_latest_first(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    rides = [ride(f"r{n}", NOW - timedelta(days=n, hours=3)) for n in range(7)]
    bench.ingest_events("rides", [*rides, factories.refund(rides[1], 200, occurred_at=NOW)], tmp_path)
    pages: list[list[dict[str, Any]]] = []
    cursor = ""
    while cursor is not None:
        page = lin.get(f"/v1/acts?limit=3{cursor}")
        pages.append(page["acts"])
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert [len(page) for page in pages] == [3, 3, 1]
    found = [act for page in pages for act in page]
    assert [act["act_id"] for act in found] == [show_act(act_id(RIDE.source, f"r{n}")) for n in range(7)]
    assert (found[1]["reversed_mg"], found[1]["reversed_energy"]) == (170_455, 10)
    assert (found[0]["carbon_mg"], found[0]["energy"], found[0]["unit"], found[0]["cuts"]) == (340_910, 20, "km", [])


def test_acts_are_filtered_by_scenario_family_and_month(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    bill = factories.event("utility_payment", occurred_at=NOW - timedelta(hours=2))
    june = ride("june", datetime(2026, 6, 30, 23, 59, tzinfo=BUSINESS_ZONE))
    bench.ingest_events("mixed", [ride("a", NOW - timedelta(hours=3)), bill, june], tmp_path)

    def names(query: str) -> list[str]:
        return [act["scenario"] for act in lin.get(f"/v1/acts{query}")["acts"]]

    assert names("") == ["utility_payment", "metro_ride", "metro_ride"]
    assert names("?scenario=metro_ride&month=2026-07") == ["metro_ride"]
    assert names("?family=finance") == ["utility_payment"]
    assert names("?family=online") == []
    assert names("?scenario=no_such_thing") == []
    assert names("?month=2026-06") == ["metro_ride"]


def test_who_has_no_account_is_told_to_open_one(client: Any) -> None:
    nobody = Asker(client, token("cust-new", now=NOW))
    for method, path in (("GET", "/v1/home"), ("GET", "/v1/balls"), ("GET", "/v1/acts"), ("POST", "/v1/balls/collect")):
        answer = nobody(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_account")
