"""Scenarios, explanations, statements and equivalents: what the page says is what the ledger and the pack say."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.simulation.running import Bench, shipped
from tests.surface.asking import MONDAY, Asker, token

from ditan.home.consents import consent_texts
from ditan.home.equivalents import equivalents, figures
from ditan.home.garden import stage_and_goal, stages
from ditan.home.progress import unpacked
from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import act_id, show_act
from ditan.model import BankEvent, Purpose, Status
from ditan.testing import factories

RIDE = factories.event("metro_ride")
HOUR = timedelta(hours=1)


def ride(event_id: str, hours_ago: int, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=MONDAY - HOUR * hours_ago, **changes)


def name_of(event_id: str) -> str:
    return show_act(act_id(RIDE.source, event_id))


# --- scenarios -----------------------------------------------------------------------------------------------------


def test_scenarios_say_what_is_used_of_their_caps(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    rides = [ride("a", 3), ride("b", 5), ride("yesterday", 24), ride("june", 24 * 8)]
    bench.ingest_events("rides", rides, tmp_path)
    found = lin.get("/v1/scenarios")
    assert [each["number"] for each in found["scenarios"]] == list(range(1, 22))
    metro = found["scenarios"][0]
    assert metro["progress"] == {"today_acts": 2, "month_acts": 3, "month_mg": 3 * 340_910, "consented": True}
    assert metro["limits"]["energy_daily_acts"] == shipped().scenarios[0].reward.daily_acts
    assert (metro["gives_carbon"], metro["gives_energy"], metro["energy_points"]) == (True, True, 20)
    steps = next(each for each in found["scenarios"] if each["id"] == "walking_steps")
    assert (steps["gives_carbon"], steps["limits"]["carbon_daily_acts"], steps["consents"]) == (False, None, ["steps"])


def test_scenarios_are_shown_before_there_is_an_account(client: Any) -> None:
    found = Asker(client, token("cust-new", now=MONDAY)).get("/v1/scenarios")
    assert {each["progress"] for each in found["scenarios"]} == {None}


def test_progress_follows_consent_and_the_day(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    clock.advance(HOUR * 24)
    lin.post("/v1/consents/whereabouts/withdraw")
    progress = lin.get("/v1/scenarios")["scenarios"][0]["progress"]
    assert progress == {"today_acts": 0, "month_acts": 1, "month_mg": 340_910, "consented": False}
    clock.advance(HOUR * 24 * 30)
    assert lin.get("/v1/scenarios")["scenarios"][0]["progress"]["month_acts"] == 0


def test_a_quota_is_read_as_it_is_packed() -> None:
    numbers = [202_607_01, 3, 1_022_730, 0, 1 << 10, 5 << 60, 7, 202_606_02, 1, 5, 1, 0, 0, -9]
    packed = b"".join((number % 2**64).to_bytes(8, "big") for number in numbers)
    assert unpacked(packed) == {
        202_607_01: (3, 1_022_730, 0, 1 << 10, 5 << 60, 7),
        202_606_02: (1, 5, 1, 0, 0, -9),
    }
    assert unpacked(b"") == {}


# --- where a gram comes from ---------------------------------------------------------------------------------------


def test_an_act_is_explained_with_everything_needed_to_recompute_it(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    paid = ride("a", 3)
    bench.ingest_events("rides", [paid, factories.refund(paid, 200, occurred_at=MONDAY)], tmp_path)
    told = lin.get(f"/v1/acts/{name_of('a')}/explanation")
    assert told["sentence"]["zh"].startswith("地铁出行约 7.3 km")
    assert told["formula_with_numbers"].replace(" ", "") != ""
    assert (told["quantified_mg"], told["carbon_mg"], told["reversed_mg"]) == (340_910, 340_910, 170_455)
    assert told["paid"]["amount_fen"] == 400
    assert told["paid"]["revealed_by"] == "merchant"
    assert told["band"]["p5_mg"] < told["carbon_mg"] < told["band"]["p95_mg"]
    assert told["methodology_status"] == "draft"
    assert told["other_apps"]
    assert told["warnings"]
    assert told["cuts"] == []
    names = {name: Fraction(value) for name, value in told["recompute"]["names"].items()}
    assert (
        round(
            1000
            * names["metro_net"]
            * Fraction(told["quantity"])
            * names["additionality"]
            * (1 - names["conservative_cut"])
        )
        == told["quantified_mg"]
    )
    assert all(each["source"]["title"] and each["status"] for each in told["parameters"])


def test_an_act_that_a_cap_cut_says_so(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    rides = [ride(f"r{n}", 11 - 2 * n) for n in range(5)]
    bench.ingest_events("rides", rides, tmp_path)
    told = lin.get(f"/v1/acts/{name_of('r4')}/explanation")
    assert (told["quantified_mg"], told["carbon_mg"]) == (340_910, 0)
    assert [cut["code"] for cut in told["cuts"]] == ["carbon_daily_cap", "energy_daily_cap"]


def test_an_act_of_somebody_else_is_not_there(wang: Asker, lin: Asker, bench: Bench, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    for path in (name_of("a"), name_of("never")):
        answer = wang("GET", f"/v1/acts/{path}/explanation")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert wang("GET", "/v1/acts/act_Z/explanation").status_code == 400
    assert lin("GET", f"/v1/acts/{'act_' + 'u' * 26}/explanation").status_code == 404


def test_an_act_whose_evidence_is_gone_says_so(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    for file in (bench.settings.home / "archive").rglob("*.parquet"):
        file.unlink()
    assert lin("GET", f"/v1/acts/{name_of('a')}/explanation").json()["code"] == "evidence_gone"


# --- statements ----------------------------------------------------------------------------------------------------


def test_a_month_agrees_with_itself(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    june = ride("june", 24 * 8)
    bill = factories.event("utility_payment", occurred_at=MONDAY - HOUR)
    back = factories.refund(june, 200, occurred_at=MONDAY - HOUR)
    bench.ingest_events("mixed", [ride("a", 3), ride("b", 5), bill, june, back], tmp_path)
    clock.advance(HOUR * 24)
    lin.post("/v1/balls/collect")
    months = lin.get("/v1/statements")["months"]
    assert [(month["month"], month["acts"]) for month in months] == [("2026-07", 3), ("2026-06", 1)]
    july = lin.get("/v1/statements/2026-07")
    assert july["carbon_mg"] == months[0]["carbon_mg"] == sum(each["carbon_mg"] for each in july["scenarios"])
    assert july["energy"] == months[0]["energy"] == sum(each["energy"] for each in july["scenarios"])
    metro = july["scenarios"][0]
    assert (metro["acts"], metro["carbon_mg"], metro["energy"]) == (2, 2 * 340_910 - 170_455, 30)
    assert [each["scenario"] for each in july["acts"]] == ["metro_ride", "metro_ride", "utility_payment"]
    assert [(each["act_id"], each["carbon_mg"]) for each in july["reversals"]] == [(name_of("june"), 170_455)]
    assert [move["kind"] for move in july["moves"]] == ["collect"]
    assert lin.get("/v1/statements/2026-05")["acts"] == []


def test_months_that_are_none_are_refused(lin: Asker) -> None:
    for month in ("2026-13", "0000-01", "2026-7", "july"):
        assert lin("GET", f"/v1/statements/{month}").status_code == 400


# --- equivalents and the garden --------------------------------------------------------------------------------------


def test_equivalents_are_worked_out_from_factors_with_a_source(lin: Asker, bench: Bench, tmp_path: Path) -> None:
    found = lin.get("/v1/equivalents?carbon_mg=1000000")
    amounts = {each["id"]: each["amount"] for each in found["equivalents"]}
    assert amounts == {"car_km": "6.18", "electricity_kwh": "1.88", "paper_sheets": "149"}
    assert all(each["source"]["title"] and each["amount"] in each["sentence"]["zh"] for each in found["equivalents"])
    assert found["status"] == "draft"
    bench.ingest_events("rides", [ride("a", 3)], tmp_path)
    assert lin.get("/v1/equivalents")["carbon_mg"] == 340_910


def test_numbers_are_written_to_three_figures() -> None:
    written = {
        "0": 0,
        "0.005": "0.0051",
        "0.1": "0.1",
        "1.23": "1.234",
        "12.3": "12.34",
        "123": "123.4",
        "1235": "1234.6",
    }
    assert {figures(Fraction(value)): value for value in written.values()} == written
    assert equivalents(shipped(), 0, date(2026, 7, 6)).equivalents[0].amount == "0"


def test_the_garden_grows_by_its_thresholds() -> None:
    at = [stage.from_mg for stage in stages()]
    assert at == sorted(set(at))
    assert at[0] == 0
    for number, mg in enumerate(at, start=1):
        here, goal = stage_and_goal(mg)
        assert here.number == number
        assert goal is None or (goal.done_permille, goal.stage.number) == (0, number + 1)
    assert stage_and_goal(at[1] - 1)[0].number == 1
    assert stage_and_goal(10**12)[1] is None


def test_each_purpose_has_one_text_and_none_is_final() -> None:
    texts = consent_texts()
    assert sorted(text.purpose for text in texts.texts) == sorted(Purpose)
    assert texts.status is Status.DRAFT
    for text in texts.texts:
        assert all(part.zh and part.en for part in (text.title, text.why, text.data, text.kept, text.without))
