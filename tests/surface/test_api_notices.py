"""Notices are worked out from what is recorded: each kind has its reason, and what was read stays read."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, token
from tests.surface.conftest import LATER

from ditan.home.disputes import answer_dispute
from ditan.home.wording import exact_grams, grams
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import EntryId, act_id, show_act
from ditan.ledger import capture, find_customer, hold
from ditan.model import BankEvent, Text
from ditan.testing import factories

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
RIDE = factories.event("metro_ride")
RIDE_ACT = show_act(act_id(RIDE.source, "a"))


def ride(event_id: str, hours_ago: int, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=MONDAY - HOUR * hours_ago, **changes)


def told(who: Asker) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = who.get("/v1/notices")["notices"]
    return found


def kinds(who: Asker) -> list[str]:
    return [each["kind"] for each in told(who)]


def until(clock: FixedClock, *day: int) -> None:
    clock.advance(datetime(*day, tzinfo=BUSINESS_ZONE) - clock.now())  # type: ignore[arg-type]


def spend(bench: Bench, energy: int) -> None:
    now = bench.clock.now()

    def work(connection: Any) -> None:
        customer = find_customer(connection, LIN)
        held = hold(connection, customer, "order", energy, deadline=now + DAY, now=now)
        assert held.entry_id is not None
        capture(connection, EntryId(held.entry_id), now=now)

    bench.store.run(work)


def test_a_refund_is_told_with_what_went_back(lin: Asker, wang: Asker, bench: Bench, tmp_path: Path) -> None:
    paid = ride("a", 3)
    bench.ingest_events("rides", [paid, factories.refund(paid, 200, occurred_at=MONDAY - HOUR)], tmp_path)
    [notice] = told(lin)
    assert notice | {"notice_id": ""} == {
        "notice_id": "", "kind": "refund", "at": "2026-07-06T04:00:00Z", "act_id": RIDE_ACT, "month": None,
        "unread": True, "title": {"zh": "退款已扣回", "en": "A refund was taken into account"},
        "body": {
            "zh": "“地铁出行”的款项已退，相应扣回减排量 170 g、绿色能量 10。",
            "en": "The payment of “Metro ride” was refunded, so 170 g of reduction and 10 green energy went back with"
            " it.",
        },
    }  # fmt: skip
    assert told(wang) == []


def test_what_gave_nothing_is_not_told(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    rides = [ride(f"r{n}", 11 - 2 * n) for n in range(5)]
    bench.ingest_events("rides", [*rides, factories.refund(rides[4], occurred_at=MONDAY)], tmp_path)
    assert told(lin) == []


def test_debt_is_told_while_there_is_some(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    paid = ride("a", 3)
    bench.ingest_events("rides", [paid], tmp_path)
    clock.advance(DAY)
    lin.post("/v1/balls/collect")
    spend(bench, 15)
    bench.ingest_events("refunds", [factories.refund(paid, occurred_at=MONDAY + DAY)], tmp_path)
    assert lin.get("/v1/home")["energy"]["owed"] == 15
    debt = next(each for each in told(lin) if each["kind"] == "debt")
    assert (debt["act_id"], "尚欠 15" in debt["body"]["zh"], "15 is owed" in debt["body"]["en"]) == (
        RIDE_ACT,
        True,
        True,
    )
    bench.ingest_events("rides", [replace(RIDE, event_id="b", occurred_at=MONDAY + DAY)], tmp_path)
    clock.advance(DAY)
    lin.post("/v1/balls/collect")
    assert kinds(lin) == ["refund"]


def test_energy_that_expires_within_a_week_is_told(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    clock.advance(DAY)
    bearer = token(now=MONDAY, exp=int(MONDAY.timestamp()) + 500 * 86_400)
    lin.bearer = bearer
    lin.post("/v1/balls/collect")
    until(clock, 2027, 7, 23, 23, 59)
    assert "energy_expiring" not in kinds(lin)
    until(clock, 2027, 7, 24)
    expiring = next(each for each in told(lin) if each["kind"] == "energy_expiring")
    assert (expiring["at"], expiring["body"]["zh"]) == ("2027-07-23T16:00:00Z", "20 绿色能量可用到2027年7月31日。")
    assert expiring["body"]["en"] == "20 green energy can be used until July 31, 2027."
    spend(bench, 20)
    assert "energy_expiring" not in kinds(lin)


def test_a_month_that_is_over_has_a_statement(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3), ride("may", 24 * 40)], tmp_path)
    assert [(each["kind"], each["month"], each["at"]) for each in told(lin)] == [
        ("statement_ready", "2026-05", "2026-05-31T16:00:00Z")
    ]
    until(clock, 2026, 7, 31, 23, 59)
    assert [each["month"] for each in told(lin)] == ["2026-05"]
    until(clock, 2026, 8, 1)
    [july, _] = told(lin)
    assert (july["month"], july["title"]["zh"]) == ("2026-07", "2026年7月月结单已出")
    assert july["title"]["en"] == "Your statement of July 2026 is ready"


def test_a_new_consent_text_is_told_to_who_consented_to_the_old_one(lin: Asker, clock: FixedClock) -> None:
    lin.bearer = token(now=MONDAY, exp=int(MONDAY.timestamp()) + 500 * 86_400)
    assert kinds(lin) == []
    until(clock, 2026, 11, 1)
    [notice] = told(lin)
    assert (notice["kind"], notice["at"]) == ("consent_text", "2026-10-31T16:00:00Z")
    assert "用卡记录里的绿色消费" in notice["body"]["zh"]
    for purpose in ("card_payments", "whereabouts", "steps"):
        lin.post(f"/v1/consents/{purpose}/withdraw")
    assert kinds(lin) == []
    lin.post("/v1/consents/steps/grant", json={"version": "2026-11"})
    assert kinds(lin) == []


def test_an_answer_is_told(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    made = lin("POST", f"/v1/acts/{RIDE_ACT}/disputes", json={"reason": "wrong_distance"}).json()
    assert kinds(lin) == []
    clock.advance(HOUR)
    because, now = Text(zh="里程已核实", en="The distance was checked"), clock.now()
    bench.store.run(lambda c: answer_dispute(c, made["reference"], upheld=False, because=because, by="wang", now=now))
    [notice] = told(lin)
    assert (notice["title"]["zh"], notice["act_id"]) == ("您的异议不成立", RIDE_ACT)
    assert notice["body"]["en"] == f"{made['reference']}: The distance was checked"


@pytest.fixture
def noticed(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> Asker:
    """Four notices: three refunds that came hour by hour, and the statement of June."""
    for number in range(3):
        paid = ride(f"r{number}", 24 * (10 + number))
        bench.ingest_events(f"f{number}", [paid, factories.refund(paid, event_id=f"b{number}")], tmp_path)
        clock.advance(HOUR)
    return lin


def test_notices_come_in_pages_the_latest_first(noticed: Asker) -> None:
    pages: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = noticed.get(f"/v1/notices?limit=3{cursor}")
        pages += page["notices"]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert [each["kind"] for each in pages] == ["refund", "refund", "refund", "statement_ready"]
    assert pages == told(noticed)
    assert [each["at"] for each in pages] == sorted((each["at"] for each in pages), reverse=True)


def test_what_was_read_stays_read_and_the_rest_is_counted(noticed: Asker, bench: Bench) -> None:
    every = told(noticed)
    assert noticed.get("/v1/notices/unread")["unread"] == len(every) == 4
    done = noticed.post("/v1/notices/read", json={"notice_id": every[1]["notice_id"]})
    assert done == {"changed": True, "unread": 1}
    assert [each["unread"] for each in told(noticed)] == [True, False, False, False]
    assert noticed.get("/v1/notices/unread")["unread"] == 1
    back = noticed.post("/v1/notices/read", json={"notice_id": every[3]["notice_id"]})
    assert back == {"changed": False, "unread": 1}
    all_of_it = noticed.post("/v1/notices/read", json={"notice_id": every[0]["notice_id"]})
    assert all_of_it == {"changed": True, "unread": 0}
    assert noticed.get("/v1/export")["kept"]["notices_read_at"] == every[0]["at"]


def test_a_notice_of_somebody_else_is_not_there(noticed: Asker, wang: Asker, client: Any) -> None:
    name = told(noticed)[0]["notice_id"]
    assert wang("POST", "/v1/notices/read", json={"notice_id": name}).json()["code"] == "not_found"
    assert wang("POST", "/v1/notices/read", json={"notice_id": "notice_x"}).status_code == 400
    nobody = Asker(client, token("cust-new", now=MONDAY, exp=LATER))
    for path in ("/v1/notices", "/v1/notices/unread"):
        assert nobody("GET", path).json()["code"] == "no_account"
    assert wang.get("/v1/notices/unread") == {"unread": 0}
    assert noticed.get("/v1/notices/unread")["unread"] == 4


def test_home_and_notices_are_one_trip_each(noticed: Asker, bench: Bench) -> None:
    for path, name in (
        ("/v1/home", "read_home"),
        ("/v1/notices", "read_notices"),
        ("/v1/notices/unread", "count_unread"),
    ):
        with bench.store.count_statements() as count:
            noticed.get(path)
        assert dict(count.by_name) == {name: 1}


def test_grams_are_written_for_people_and_for_accounts() -> None:
    assert [grams(mg) for mg in (0, 1, 340, 99_949, 340_910, 1_000_000, 12_345_678, -170_455)] == [
        "0 g", "0.0 g", "0.3 g", "99.9 g", "341 g", "1.00 kg", "12.35 kg", "−170 g",
    ]  # fmt: skip
    assert [exact_grams(mg) for mg in (0, 340_910, -1, 1_234_567_890)] == [
        "0.000",
        "340.910",
        "−0.001",
        "1,234,567.890",
    ]
