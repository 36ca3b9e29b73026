"""The books at the desk are what independent sums over the entries say, to the unit."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, staff
from tests.surface.conftest import LATER

from ditan import ledger
from ditan.kernel.clock import FixedClock, business_day
from ditan.testing import factories

PATH = "/v1/console/finance"
ACTS = "SELECT sum({0})::bigint FROM ledger.act"
BACK = "SELECT sum({0})::bigint FROM ledger.reversal"


def test_books_are_what_the_entries_say(bench: Bench, client: Any, clock: FixedClock, tmp_path: Path) -> None:
    ride = factories.event("metro_ride", customer_ref=LIN, card_ref="card-lin-d")
    other = factories.event("bus_ride", customer_ref=LIN, card_ref="card-lin-d", event_id="bus")
    bench.ingest_events("rides", [ride, other, factories.payment(event_id="plain")], tmp_path)
    bench.ingest_events("refund", [factories.refund(ride)], tmp_path)
    mg, energy = (bench.one(ACTS.format(each)) - bench.one(BACK.format(each)) for each in ("carbon_mg", "energy"))
    assert mg > 0
    asker = Asker(client, staff("risk", now=MONDAY, exp=LATER))
    day = business_day(clock.now())

    trial = asker.get(f"{PATH}/trial-balance")
    held = [each for each in trial["lines"] if (each["asset"], each["account"]) == ("carbon", "customers")]
    assert [each["closing"] for each in held] == [mg]
    assert sum(each["debit"] - each["credit"] for each in trial["lines"]) == 0
    assert asker.get(f"{PATH}/liability")["closing_energy"] == energy
    assert asker("GET", f"{PATH}/liability.csv").text.splitlines()[-1].split(",")[-1] == str(energy)

    found = asker.get(f"{PATH}/reconciliation")
    sums = {each["id"]: (each["left_sum"], each["right_sum"]) for each in found["lines"]}
    rows = bench.one("SELECT sum(rows_read)::bigint FROM feed.batch")
    assert (sums["read"], sums["grams_issued"], sums["grams_held"]) == ((rows, rows), (mg, mg), (mg, mg))
    assert sums["energy_issued"] == (energy, energy)
    assert found["equal"]

    assert asker.get(f"{PATH}/days") == {"days": []}
    clock.advance(timedelta(days=1))
    ledger.close(bench.store, day, clock.now())
    closed = asker.get(f"{PATH}/days?to={day}")["days"][-1]
    assert (closed["day"], closed["growing_energy"] + closed["ripe_energy"]) == (str(day), energy)
    assert asker.get(f"{PATH}/trial-balance?from={day}&to={day}")["digest"] == closed["digest"]
    assert asker("GET", f"{PATH}/days.csv?to={day}").text.splitlines()[-1].endswith(closed["digest"])
    assert asker("GET", f"{PATH}/days?from=2020-01-01&to={day}").status_code == 400

    bench.corrupt("UPDATE ledger.holder SET carbon_mg = carbon_mg + 7 WHERE carbon_mg > 0")
    line = next(each for each in asker.get(f"{PATH}/reconciliation")["lines"] if each["id"] == "grams_held")
    assert (line["equal"], line["said"]["en"]) == (False, "not equal: 7 apart")
