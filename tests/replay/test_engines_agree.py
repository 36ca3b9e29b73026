"""INV-10: the reference interpreter and DuckDB give the same milligrams, energy and provenance for any event.

Two packs: the shipped one, and `packs/hostile`, which has what a good pack must not have (ties of both signs, negative
reductions, overlapping fare tables, constants in formulas, numbers beyond 64 bits).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from math import ceil, floor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ditan import packs
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.ids import act_id
from ditan.kernel.units import INPUTS, exact
from ditan.model import BankEvent, Kind, Pack, Scenario
from ditan.packs.resolving import Variant
from ditan.quantification import Claim, Compiled, Interpreter, Rate, compile_pack, quantify
from ditan.testing import strategies

PACKS = {"shipped": packs.DEFAULT_PACK, "hostile": Path(__file__).parent / "packs" / "hostile"}
#: (pack, seed, events). The shipped pack in two halves, so that two processes share the work.
RUNS = [("shipped", 1, 100_000), ("shipped", 2, 100_000), ("hostile", 3, 40_000)]
CHUNK = 20_000

Act = tuple[Scenario, BankEvent]


class Maker:
    """Makes acts with edge values: the same random numbers give the same acts."""

    def __init__(self, pack: Pack) -> None:
        self._scenarios = pack.scenarios
        self._days = sorted(_edge_days(pack))
        self._cities = _edge_cities(pack)
        self._fares = [band.fare_fen for tariff in pack.tariffs for band in tariff.bands]
        self._integers = {s.number: _edge_integers(s, pack) for s in pack.scenarios}
        self._variants = {s.number: [a.variant for a in s.quantification.activities] for s in pack.scenarios}

    def act(self, rng: random.Random) -> Act:
        scenario = rng.choice(self._scenarios)
        attributes: dict[str, str | int | bool] = {}
        for field in ("distance_m", "ride_count", "electricity_wh", "steps"):
            if rng.random() < 0.4:
                attributes[field] = self._value(rng, scenario)
        for name, values in rng.choice(self._variants[scenario.number]).items():
            if rng.random() < 0.8:
                attributes[name] = rng.choice([*values, rng.choice(values), "bike", True, 2])
        event = BankEvent(
            source="test",
            event_id=str(rng.getrandbits(64)),
            kind=Kind.CARD_PAYMENT,
            customer_ref="c",
            occurred_at=self._instant(rng),
            amount_fen=self._amount(rng, scenario),
            city=rng.choice(self._cities),
            attributes=attributes,
        )
        return scenario, event

    def _instant(self, rng: random.Random) -> datetime:
        day = rng.choice(self._days)
        midnight = datetime.combine(day, time(), BUSINESS_ZONE)
        moved = timedelta(microseconds=rng.choice([0, 0, 0, 1, -1, 43_200_000_000]))
        return (midnight + moved).astimezone(UTC)

    def _amount(self, rng: random.Random, scenario: Scenario) -> int:
        kind = rng.random()
        if kind < 0.5:
            return rng.choice(self._fares) + rng.choice([0, 0, 0, 1, -1])
        if kind < 0.7:
            return rng.choice([0, 1, -1, 10_000_000_000, 10_000_000_001, 2**62])
        return max(0, rng.choice([*self._integers[scenario.number], rng.randrange(100_000)]))

    def _value(self, rng: random.Random, scenario: Scenario) -> str | int | bool:
        kind = rng.random()
        if kind < 0.6:
            return rng.choice([rng.randrange(30), rng.randrange(100_000)])
        if kind < 0.85:
            return rng.choice(self._integers[scenario.number])
        strange = [
            "7300",
            "0",
            "007",
            "7.5",
            "1e3",
            " 5",
            "5 ",
            "+5",
            "-5",
            "",
            "x",
            "1_000",
            "１２",
            "9" * 40,
            "null",
            '"',
            "°\n",
        ]
        return rng.choice([*strange, True, False, -1, 10**17, 2**70])


def _edge_days(pack: Pack) -> set[date]:
    spans = [(pack.valid_from, pack.valid_to)]
    spans += [(v.valid_from, v.valid_to) for factor in pack.factors.values() for v in (factor, *factor.values)]
    spans += [(tariff.valid_from, tariff.valid_to) for tariff in pack.tariffs]
    edges = {day + timedelta(days=n) for span in spans for day in span for n in (-1, 0, 1)}
    length = (pack.valid_to - pack.valid_from).days
    return edges | {pack.valid_from + timedelta(days=n) for n in range(0, length, 1 + length // 12)}


def _edge_cities(pack: Pack) -> list[int | None]:
    known = [city.adcode for city in pack.cities]
    districts = [adcode + n for adcode in known for n in (1, 5, 99, 105, 300)]
    return [None, 999999, 0, 1, -1, 810000, *known, *known, *districts]


def _edge_integers(scenario: Scenario, pack: Pack) -> list[int]:
    """Whole inputs just below, at and above the cut, in every unit, and the bounds of belief."""
    found = {0, 1, 2, 3}
    most = exact(scenario.quantification.quantity_max)
    for wanted in INPUTS.values():
        found |= {wanted.max, wanted.max + 1}
        for factor in (exact("1"), *(exact(f.value) for f in pack.factors.values() if f.value)):
            for cut in (most / wanted.scale / factor, most / wanted.scale * factor):
                found |= {floor(cut) + n for n in (-1, 0, 1)} | {ceil(cut)}
    return sorted(number for number in found if 0 <= number < 2**62)


class Arena:
    """One pack on both engines."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.compiled: Compiled = compile_pack(pack)
        self.interpreter = Interpreter(pack)
        self.duck = duckdb.connect(config={"threads": 2})
        self.maker = Maker(pack)

    def disagreements(self, acts: list[Act]) -> list[tuple[Act, dict[str, Any], dict[str, Any]]]:
        """Quantify the acts on both engines and give what differs."""
        self.duck.register("given", _arrow(acts))
        self.duck.execute("CREATE OR REPLACE TEMP TABLE recognized AS SELECT * FROM given")
        result = quantify(self.duck, self.compiled)
        assert result.quantified == len(acts)
        rows = self.duck.execute(
            "SELECT rate_id, activity_source, quantity_milli, raw_mg, carbon_mg, energy"
            " FROM quantified ORDER BY row_number"
        ).fetchall()
        found = []
        for act, row in zip(acts, rows, strict=True):
            claim = self.interpreter.claim(*act)
            said, meant = self._said(row, claim), self._meant(claim)
            if said != meant:
                found.append((act, said, meant))
        return found

    def _said(self, row: tuple[Any, ...], claim: Claim) -> dict[str, Any]:
        rate: Rate = self.compiled.rates[row[0]]
        return {
            "activity_source": row[1],
            "quantity_milli": row[2],
            "raw_mg": row[3],
            "carbon_mg": row[4],
            "energy": row[5],
            "scenario": rate.scenario or claim.scenario,
            "activity": rate.detail.activity,
            "rate_source": rate.activity_source.value,
            "tier": rate.tier if rate.scenario else claim.tier,
            "tariff": rate.detail.tariff,
            "fare_fen": rate.detail.fare_fen,
            "factor_ids": rate.factor_ids,
            "place": rate.detail.place,
            "p5": rate.p5,
            "p95": rate.p95,
            "in_force": rate.detail.valid_from <= claim.on <= rate.detail.valid_to or not rate.scenario,
        }

    def _meant(self, claim: Claim) -> dict[str, Any]:
        return {
            "activity_source": claim.activity_source.value,
            "quantity_milli": claim.quantity_milli,
            "raw_mg": claim.raw_mg,
            "carbon_mg": claim.carbon_mg,
            "energy": claim.energy,
            "scenario": claim.scenario,
            "activity": claim.activity,
            "rate_source": claim.activity_source.value,
            "tier": claim.tier,
            "tariff": claim.tariff,
            "fare_fen": claim.fare_fen,
            "factor_ids": sorted(claim.parameters),
            "place": self._regions(claim),
            "p5": claim.p5,
            "p95": claim.p95,
            "in_force": True,
        }

    def _regions(self, claim: Claim) -> str:
        """Say where the regional values of a claim were taken, from what the interpreter resolved."""
        regions = set()
        for name, found in claim.parameters.items():
            if not self.pack.factors[name].regional:
                continue
            city = packs.resolving.place(self.pack, claim.place)
            named = {
                Variant.EXACT: str(claim.place),
                Variant.REGION: city.grid_region if city else "",
                Variant.NATIONAL: "national",
            }
            regions.add(named[found.variant])
        return "+".join(sorted(regions))


def _arrow(acts: list[Act]) -> pa.Table:
    events = [event for _, event in acts]
    return pa.table(
        {
            "row_number": pa.array(range(len(acts)), pa.int64()),
            "event_key": [str(act_id(e.source, e.event_id)) for e in events],
            "scenario": pa.array([scenario.number for scenario, _ in acts], pa.int16()),
            "occurred_at": pa.array(
                [e.occurred_at.astimezone(UTC).replace(tzinfo=None) for e in events], pa.timestamp("us")
            ),
            "amount_fen": pa.array([e.amount_fen for e in events], pa.int64()),
            "city": pa.array([e.city for e in events], pa.int32()),
            "attributes": pa.array([_json(e) for e in events], pa.string()),
        }
    )


def _json(event: BankEvent) -> str | None:
    return json.dumps(event.attributes, ensure_ascii=event.amount_fen % 2 == 0) if event.attributes else None


@cache
def arena_of(name: str) -> Arena:
    return Arena(packs.load(PACKS[name]))


@pytest.fixture(params=list(PACKS))
def arena(request: pytest.FixtureRequest) -> Arena:
    return arena_of(request.param)


def _chunks(maker: Maker, seed: int, count: int) -> Iterator[list[Act]]:
    rng = random.Random(seed)
    acts = (maker.act(rng) for _ in range(count))
    while chunk := list(islice(acts, CHUNK)):
        yield chunk


@pytest.mark.invariant("INV-10")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "seed", "events"), RUNS)
def test_engines_agree_on_many_events(name: str, seed: int, events: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Seeded, at full breadth: 240,000 events in all."""
    arena, count, reached = arena_of(name), 0, set()
    for acts in _chunks(arena.maker, seed, events):
        assert arena.disagreements(acts)[:3] == []
        count += len(acts)
        used = arena.duck.execute("SELECT DISTINCT rate_id FROM quantified").fetchall()
        reached |= {(rate.scenario, rate.detail.activity) for (n,) in used for rate in [arena.compiled.rates[n]]}
    scenarios = {scenario for scenario, _ in reached} - {0}
    with capsys.disabled():
        print(f"\nengines agree: {count:,} events of pack {name}, 0 differences, {len(scenarios)} scenarios")
    assert count == events
    assert scenarios == {scenario.number for scenario in arena.pack.scenarios}
    missing = {(r.scenario, r.detail.activity) for r in arena.compiled.rates if r.detail.activity} - reached
    assert missing == set(), "the generator never reached these activities"


@pytest.mark.invariant("INV-10")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rng=st.randoms(use_true_random=False), count=st.integers(1, 30))
def test_engines_agree_on_any_event(arena: Arena, rng: random.Random, count: int) -> None:
    """The same with random numbers that Hypothesis chooses, and shrinks when the engines differ."""
    assert arena.disagreements([arena.maker.act(rng) for _ in range(count)]) == []


@pytest.mark.invariant("INV-10")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_engines_agree_on_acts_of_the_synthetic_bank(data: st.DataObject) -> None:
    """Events as the synthetic bank sends them, of one scenario after the other."""
    shipped = arena_of("shipped")
    scenario = data.draw(st.sampled_from(shipped.pack.scenarios))
    events = data.draw(st.lists(strategies.acts(scenario.id, shipped.pack), min_size=1, max_size=20))
    assert shipped.disagreements([(scenario, event) for event in events]) == []
