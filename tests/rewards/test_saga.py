"""Workers are killed at each step while the partner misbehaves; in the end energy, stock, order and partner agree."""

import pytest
from tests.rewards.saga import Saga
from tests.rewards.shop import NOON

from ditan.kernel.clock import FixedClock
from ditan.rewards.working import STEPS
from ditan.store import Store
from ditan.testing.partner import Behavior, PartnerServer


@pytest.mark.invariant("INV-12")
@pytest.mark.invariant("INV-08")
def test_twenty_rounds_leave_no_disagreement(store: Store) -> None:
    outcome = Saga(store, seed=20_260_706).run(20)
    assert outcome.strange == [], outcome.sentence()
    assert outcome.orders >= 10
    assert len(outcome.killed) >= 3


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_dies_at_this_step_is_taken_over(store: Store, step: str) -> None:
    """One order, one kill, exactly there; an honest partner. Whoever comes next finishes it, once."""
    saga = Saga(store, seed=1)
    saga.partner.behavior = Behavior.HONEST
    saga.shop.place("cust-0", "produce_rice", 2)
    with PartnerServer(saga.partner) as server:
        saga.work(server.url, step, 1)
        assert saga.killed == {step: 1}
        saga.settle(server.url)
    assert saga.disagreements()[0] == []
    assert saga.shop.states("cust-0")[-1] == "fulfilled"


@pytest.mark.parametrize("behavior", Behavior)
def test_a_partner_that_misbehaves_in_this_way_is_dealt_with(store: Store, behavior: Behavior) -> None:
    saga = Saga(store, seed=2)
    saga.partner.behavior = behavior
    for n, reward_id in enumerate(("produce_rice", "gym_card_month")):
        saga.shop.place(f"cust-{n}", reward_id, 2 - n)
    with PartnerServer(saga.partner, slow_seconds=0.3) as server:
        saga.settle(server.url)
    found, states = saga.disagreements()
    assert found == []
    expected = {
        Behavior.SILENT: {"expired": 2}, Behavior.AFTER_DEADLINE: {"expired": 2}, Behavior.REFUSES: {"failed": 2},
        Behavior.PARTLY: {"partly_fulfilled": 1, "fulfilled": 1},
    }  # fmt: skip
    assert states == expected.get(behavior, {"fulfilled": 2})


def test_the_clock_of_the_saga_is_the_clock_of_all(store: Store) -> None:
    assert Saga(store, seed=3).partner.clock.now() == FixedClock(NOON).now()
