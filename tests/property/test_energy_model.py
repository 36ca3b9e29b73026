"""What energy may do is compared with a model of it in plain Python (`tests/simulation/energy_oracle.py`).

Operation by operation the answers must be equal, and in the end all that the database holds of every customer.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.simulation.energy_oracle import Answer, Op
from tests.simulation.energy_plan import Pick, Plan
from tests.simulation.energy_running import EnergyBank

from ditan.cli.ingest import DUCK
from ditan.proof import check_invariants
from ditan.store import Store

#: Two lives that together meet every case; `MODEL_SEEDS=50 make test ARGS="-k over_years"` plays the first fifty.
SEEDS = range(int(os.environ["MODEL_SEEDS"])) if "MODEL_SEEDS" in os.environ else (0, 20)

LIMITED = ("stock of trees", "budget of spring", "fund of wells")


@pytest.fixture
def bank(store: Store) -> Iterator[EnergyBank]:
    with duckdb.connect(config=DUCK) as duck:
        yield EnergyBank(store, duck, customers=3, limited=LIMITED)


def play(bank: EnergyBank, pick: Pick, operations: int, compare_every: int) -> Counter[str]:
    """Do the same on both; stop at the first difference. Give how often which answer was given."""
    model, codes = bank.open(), Counter[str]()
    plan = Plan(pick, bank.names, bank.limited_names)
    for op in plan.first():
        assert bank.do(op) == model.do(op)
    for nth in range(1, operations + 1):
        op = plan.next()
        before = model.dump()
        wanted, found = model.do(op), bank.do(op)
        assert found == wanted, f"operation {nth}: {op}\nbefore: {before}"
        plan.heard(op, wanted)
        codes.update([*_codes(op, wanted), *_happened(op, before, model.dump(), bank.names)])
        if nth % compare_every == 0 or nth == operations:
            assert bank.dump(plan.asked) == model.dump(), f"after operation {nth}: {op}\nbefore: {before}"
    with bank.bank.store.unit_of_work() as connection:
        verdicts = check_invariants(connection, elsewhere={})
    # The rows of these batches come from no feed, so the boundaries before the ledger have nothing to balance.
    assert {v.invariant: v.offenders for v in verdicts if not v.holds} == {}
    return codes


def _codes(op: Op, answer: object) -> list[str]:
    if isinstance(answer, dict):
        return [f"{op.name} {ending.code}" for ending in answer.values()]
    answers = answer if isinstance(answer, list) else [answer]
    return [f"{op.name} {one.code}" for one in answers if isinstance(one, Answer)]


def _happened(op: Op, before: dict[str, Any], after: dict[str, Any], customers: list[str]) -> Iterator[str]:
    """What can only be seen in the state: whether the cases that matter were met at all."""
    for customer in customers:
        was, now = before[customer], after[customer]
        held, owed, owed_before = now["sums"][2], now["sums"][3], was["sums"][3]
        if owed > owed_before:
            yield "debt made"
            yield from ["debt made while something is held"] * bool(held)
        if owed < owed_before:
            yield f"debt paid by {op.name}"
        if owed_before and 0 < owed < owed_before:
            yield "debt paid in part"
        for what in ("expired", "returned"):
            if now[what] != was[what]:
                yield what
        lapsed = {act for act, day in now["ended"] if day == date.min} - {act for act, _ in was["ended"]}
        yield from ["lapsed"] * len(lapsed)
        if op.name in {"capture", "release"} and now["expired"] != was["expired"]:
            yield "a lot expired while it was held"
        if op.name == "post" and op.given["refunds"] and now["balls"] != was["balls"]:
            yield "taken from a ball"
        if op.name == "post" and op.given["refunds"] and now["lots"] != was["lots"]:
            yield "taken from lots"


@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-07")
@pytest.mark.invariant("INV-08")
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_energy_is_what_the_model_says(bank: EnergyBank, data: st.DataObject) -> None:
    def pick(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    play(bank, pick, operations=pick(1, 25), compare_every=1)


@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-07")
@pytest.mark.invariant("INV-08")
@pytest.mark.timeout(120 + 60 * len(SEEDS))
def test_energy_is_what_the_model_says_over_years(bank: EnergyBank, capsys: pytest.CaptureFixture[str]) -> None:
    met: Counter[str] = Counter()
    for seed in SEEDS:
        codes = play(bank, random.Random(f"energy/{seed}").randint, operations=260, compare_every=10)
        met += codes
        with capsys.disabled():
            print(f"\nseed {seed}: {dict(sorted(codes.items()))}", end="", flush=True)
    must = {"collect done", "hold done", "capture done", "release done", "award done", "adjust done", "supply done"}
    must |= {"capture captured", "capture released", "capture too_late", "hold not_enough", "award used_up"}
    must |= {"collect exists", "hold exists", "release exists", "hold conflict", "hold closed"}
    must |= {"lapsed", "expired", "returned", "a lot expired while it was held", "taken from a ball", "taken from lots"}
    must |= {"debt made", "debt paid in part"}
    assert must - set(met) == set()
