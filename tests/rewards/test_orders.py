"""An order is placed whole or not at all, moves with its hold, and ends once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.rewards.shop import Partner, Shop, says

from ditan import ledger, rewards
from ditan.accounts import AccountEvent, Action, OrdersUnderWay, apply_events
from ditan.accounts.erasing import Erasing, erase
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.ledger import LedgerRefusal
from ditan.rewards import OrderRefusal
from ditan.rewards.calling import Heard, Trouble
from ditan.rewards.codes import DELIVERED, NEXT, NOTHING, OPEN, State
from ditan.store import Store

LIN, WANG = "cust-lin", "cust-wang"
GYM, TREE, RICE, WATER = "gym_card_month", "tree_haloxylon", "produce_rice", "donation_water"


@pytest.fixture
def shop(store: Store) -> Shop:
    made = Shop(store)
    made.open([LIN, WANG])
    for reward_id, pieces in ((GYM, 10), (TREE, 100), (RICE, 50), (WATER, 1_000)):
        made.supply(reward_id, pieces)
    return made


def work(shop: Shop, partner: Partner, turns: int = 100) -> int:
    """Do everything that is due; give how many jobs that were."""
    bench = shop.bench(partner)
    done = 0
    while rewards.turn(bench):
        done += 1
        assert done < turns, "it goes on and on"
    return done


def refused(code: str, do: Callable[[], Any]) -> None:
    with pytest.raises((OrderRefusal, LedgerRefusal)) as caught:
        do()
    assert caught.value.code == code


def test_an_order_holds_energy_and_stock_together(shop: Shop) -> None:
    order_id = shop.place(LIN, RICE, 2, note="请轻放")
    order = shop.order(LIN, order_id)
    assert (order.state, order.quantity, order.energy, order.note) == (State.HELD, 2, 4_800, "请轻放")
    assert order.cancellable
    assert [(each.state, each.reason, each.by) for each in order.history] == [("held", "placed", "customer")]
    assert shop.energy(LIN) == (5_200, 4_800)
    assert shop.stock(RICE) == 48
    assert shop.broken() == []


def test_the_same_request_is_the_same_order_forever(shop: Shop) -> None:
    first = shop.place(LIN, RICE, 1)
    shop.later(days=3)
    assert shop.place(LIN, RICE, 1) == first
    refused("order_conflict", lambda: shop.place(LIN, RICE, 2))
    assert shop.place(WANG, RICE, 1) != first  # the key of another customer is another key
    assert shop.energy(LIN) == (7_600, 2_400)


def test_what_is_refused_leaves_nothing(shop: Shop) -> None:
    refused("not_enough", lambda: shop.place(LIN, RICE, 5))
    refused("too_many", lambda: shop.place(LIN, GYM, 2))
    refused("used_up", lambda: shop.place(LIN, "benefit_repair"))
    with pytest.raises(NotFound):
        shop.place(LIN, "a_car")
    with pytest.raises(NotFound):
        shop.place("nobody", GYM)
    with pytest.raises(InvalidInput, match="INV-13"):
        shop.place(LIN, RICE, note="打给 13812345678")
    assert (shop.energy(LIN), shop.stock(GYM), shop.stock(RICE)) == ((10_000, 0), 10, 50)
    shop.later(days=600)
    refused("not_offered", lambda: shop.place(LIN, GYM))
    assert shop.broken() == []


def test_a_limit_counts_a_month_and_forgets_what_came_to_nothing(shop: Shop) -> None:
    order_id = shop.place(LIN, GYM)
    refused("over_limit", lambda: shop.place(LIN, GYM, key="second"))
    shop.cancel(LIN, order_id)
    assert shop.place(LIN, GYM, key="third") != order_id
    refused("over_limit", lambda: shop.place(LIN, GYM, key="fourth"))
    shop.later(days=31)
    shop.place(LIN, GYM, key="august")
    assert shop.broken() == []


def test_a_customer_cancels_before_the_partner_knows_and_not_after(shop: Shop) -> None:
    order_id = shop.place(LIN, GYM)
    shop.cancel(LIN, order_id)
    shop.cancel(LIN, order_id)
    partner = Partner()
    assert work(shop, partner) == 0
    assert (shop.energy(LIN), shop.stock(GYM), partner.calls) == ((10_000, 0), 10, [])
    second = shop.place(WANG, GYM)
    with pytest.raises(NotFound):
        shop.cancel(LIN, second)
    work(shop, partner)
    assert (shop.order(WANG).cancellable, shop.order(WANG).cancel_on_request) == (False, True)
    shop.later(days=3)
    shop.cancel(WANG, second)  # at its deadline it ends in any case
    assert shop.order(WANG).state is State.EXPIRED
    refused("not_cancellable", lambda: shop.cancel(WANG, second))
    assert shop.broken() == []


@pytest.mark.parametrize(
    ("answer", "states", "reason", "requested"),
    [
        (says("cancelled"), ["held", "sent", "sent", "cancelled"], "cancel_agreed", False),
        (Heard(unknown=True), ["held", "sent", "sent", "cancelled", "cancelled"], "withdrawn", False),
        (Heard(refused=True), ["held", "sent", "sent", "sent"], "cancel_refused", False),
        (says("confirmed"), ["held", "sent", "sent", "confirmed", "confirmed"], "cancel_refused", False),
        (says("fulfilled"), ["held", "sent", "sent", "fulfilled"], "by_partner", False),
        (Heard(received=True), ["held", "sent", "sent"], "cancel_asked", True),
        (Heard(trouble=Trouble.TOO_SLOW), ["held", "sent", "sent"], "cancel_asked", True),
    ],
)
def test_a_partner_that_has_an_order_is_asked_to_cancel_it(
    shop: Shop, answer: Heard, states: list[str], reason: str, requested: bool
) -> None:
    order_id = shop.place(LIN, GYM)
    work(shop, Partner())
    shop.cancel(LIN, order_id)
    shop.cancel(LIN, order_id)
    assert shop.order(LIN).cancel_requested
    partner = Partner(lambda kind, _order: answer if kind == "cancel" else Heard(unknown=True))
    work(shop, partner)
    order = shop.order(LIN)
    assert (shop.states(LIN), order.history[-1].reason, order.cancel_requested) == (states, reason, requested)
    assert [kind for kind, _ in partner.calls][:1] == ["cancel"]
    assert shop.energy(LIN) == {"cancelled": (10_000, 0), "fulfilled": (7_000, 0)}.get(states[-1], (7_000, 3_000))
    if reason == "cancel_refused":
        refused("not_cancellable", lambda: shop.cancel(LIN, order_id))
    shop.later(days=3)
    shop.sweep()
    assert shop.energy(LIN) == ((7_000, 0) if "fulfilled" in states else (10_000, 0))  # the deadline still rules
    assert shop.broken() == []


def test_an_order_is_sent_confirmed_and_fulfilled(shop: Shop) -> None:
    answers = iter(
        [Heard(received=True), says("confirmed"), says("delayed", reason="weather"), says("fulfilled", code="GYM-7")]
    )
    partner = Partner(lambda _kind, _order: next(answers))
    shop.place(LIN, GYM)
    for _ in range(6):
        work(shop, partner)
        shop.later(hours=1, minutes=1)
    order = shop.order(LIN)
    assert shop.states(LIN) == ["held", "sent", "confirmed", "delayed", "fulfilled"]
    assert (order.code, order.delivered, order.history[3].reason) == ("GYM-7", 1, "weather")
    assert shop.energy(LIN) == (7_000, 0)
    assert shop.stock(GYM) == 9
    assert [kind for kind, _ in partner.calls] == ["send", "ask", "ask", "ask"]
    assert len({name for _, name in partner.calls}) == 1
    assert shop.broken() == []


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_the_partner_cannot_do_goes_back(shop: Shop, state: str) -> None:
    shop.place(LIN, RICE, 3)
    work(shop, Partner(lambda _kind, _order: says(state, reason="out_of_stock")))
    assert shop.states(LIN) == ["held", "sent", state]
    assert (shop.energy(LIN), shop.stock(RICE)) == ((10_000, 0), 50)
    assert shop.broken() == []


def test_a_part_uses_its_energy_and_two_people_decide_about_the_stock(shop: Shop) -> None:
    shop.place(LIN, RICE, 3)
    work(shop, Partner(lambda _kind, _order: says("partly_fulfilled", delivered=2)))
    assert shop.energy(LIN) == (10_000 - 4_800, 0)
    assert shop.stock(RICE) == 47
    [proposal] = shop.store.read(ledger.open_proposals)
    assert (proposal.amount, proposal.maker, proposal.limited_name) == (1, "partner south-field", "reward:produce_rice")
    assert shop.broken() == []


def test_what_came_back_is_decided_by_two_people(shop: Shop) -> None:
    shop.place(LIN, RICE, 3)
    answers = iter([says("fulfilled"), says("returned", reason="quality")])
    work(shop, Partner(lambda _kind, _order: next(answers)))
    order_id = shop.order(LIN)
    shop.store.run(lambda c: _say(c, order_id.order_id, "returned", shop))
    assert shop.states(LIN)[-1] == "returned"
    assert shop.energy(LIN) == (2_800, 0)
    [proposal] = shop.store.read(ledger.open_proposals)
    assert proposal.amount == 7_200
    shop.store.run(lambda c: ledger.decide(c, proposal.proposal_id, checker="li", approve=True, now=shop.clock.now()))
    assert shop.energy(LIN) == (10_000, 0)
    assert shop.broken() == []


def _say(connection: Any, name: str, state: str, shop: Shop) -> str:
    from ditan.kernel.ids import read_name
    from ditan.rewards.changing import heard, locked

    order = locked(connection, read_name("order", name))  # type: ignore[arg-type]
    told = says(state).said
    assert order is not None
    assert told is not None
    return heard(connection, order, told, shop.clock.now())


@pytest.mark.parametrize("by", ["sweep", "worker", "customer"])
def test_at_its_deadline_an_order_expires_with_its_hold(shop: Shop, by: str) -> None:
    order_id = shop.place(LIN, GYM)
    partner = Partner(lambda _kind, _order: Heard(trouble=Trouble.UNREACHABLE))
    if by == "customer":  # nobody worked
        shop.later(days=3)
        shop.cancel(LIN, order_id)
    else:
        work(shop, partner)
        shop.later(days=3)
        assert shop.sweep() == 1 if by == "sweep" else work(shop, Partner()) == 2
        work(shop, Partner())  # tells the partner
    assert (shop.energy(LIN), shop.stock(GYM)) == ((10_000, 0), 10)
    expected = ["held", "expired"] if by == "customer" else ["held", "sent", "expired", "expired"]
    assert shop.states(LIN) == expected
    assert shop.store.run(lambda c: _say(c, shop.order(LIN).order_id, "fulfilled", shop)) == "too_late"
    assert shop.store.run(lambda c: _say(c, shop.order(LIN).order_id, "fulfilled", shop)) == "too_late"
    assert shop.states(LIN) == [*expected, "expired"]  # said twice, written down once
    assert (shop.energy(LIN), shop.sweep(), work(shop, Partner())) == ((10_000, 0), 0, 0)
    assert shop.broken() == []


def test_a_partner_that_is_away_is_called_again_more_and_more_rarely_under_the_same_key(shop: Shop) -> None:
    shop.place(LIN, GYM)
    partner = Partner(lambda _kind, _order: Heard(trouble=Trouble.TOO_SLOW))
    for _ in range(24 * 60):
        work(shop, partner)
        shop.later(minutes=1)
    assert 20 <= len(partner.calls) <= 40
    assert len(set(partner.calls)) == 1
    partner.answer = lambda _kind, _order: says("fulfilled")
    shop.later(hours=1)
    work(shop, partner)
    assert shop.states(LIN) == ["held", "sent", "fulfilled"]


def test_an_order_that_the_partner_lost_is_sent_again(shop: Shop) -> None:
    shop.place(LIN, GYM)
    answers = iter([Heard(received=True), Heard(unknown=True), says("confirmed")])
    partner = Partner(lambda _kind, _order: next(answers))
    work(shop, partner)
    shop.later(hours=1)
    work(shop, partner)
    assert [kind for kind, _ in partner.calls] == ["send", "ask", "send"]
    assert shop.states(LIN) == ["held", "sent", "confirmed"]


def test_a_partner_that_never_says_anything_is_asked_before_the_deadline(shop: Shop) -> None:
    shop.place(LIN, GYM)
    partner = Partner()
    work(shop, partner)
    shop.later(days=2, hours=23, minutes=50)
    partner.answer = lambda _kind, _order: says("fulfilled")
    work(shop, partner)
    assert shop.order(LIN).state is State.FULFILLED


def test_every_way_an_order_can_go_ends(shop: Shop) -> None:
    """Each state leads to the end, and what is over and came to nothing stays so."""
    assert set(NEXT) == set(State) == OPEN | DELIVERED | NOTHING | {State.RETURNED}
    assert all(NEXT[state] >= DELIVERED for state in OPEN - {State.HELD})
    assert not any(NEXT[state] for state in NOTHING)


def test_the_last_ten_gym_cards(store: Store) -> None:
    """A hundred customers race for ten: ten orders, ninety clear refusals, and the losers keep what they have."""
    shop, everybody = Shop(store), [f"cust-{n}" for n in range(100)]
    shop.open(everybody, 3_000)
    shop.supply(GYM, 10)

    def race(ref: str) -> str:
        try:
            shop.place(ref, GYM)
        except LedgerRefusal as refusal:
            return refusal.code
        return "ordered"

    with ThreadPoolExecutor(25) as pool:
        ended = dict(zip(everybody, pool.map(race, everybody), strict=True))
    assert Counter(ended.values()) == {"ordered": 10, "used_up": 90}
    assert shop.stock(GYM) == 0
    assert {shop.energy(ref) for ref, how in ended.items() if how == "ordered"} == {(0, 3_000)}
    assert {shop.energy(ref) for ref, how in ended.items() if how == "used_up"} == {(3_000, 0)}
    assert shop.broken() == []


def test_an_account_with_an_order_under_way_is_not_erased_and_afterwards_no_word_remains(shop: Shop) -> None:
    shop.place(LIN, GYM, note="给小林")
    now = shop.clock.now()
    assert shop.store.run(lambda c: erase(c, LIN, now)) is Erasing.OPEN
    work(shop, Partner(lambda _kind, _order: says("fulfilled", code="GYM-8")))
    shop.store.run(lambda c: apply_events(c, [closing(LIN, now)]))
    assert shop.store.run(lambda c: erase(c, LIN, now)) is Erasing.DONE
    [row] = shop.store.read(lambda c: c.execute("SELECT note, code, customer_id, state FROM rewards.order").fetchall())
    assert row[:2] == (None, None)
    assert row[2] >= 64 << 40
    assert shop.broken() == []


def closing(ref: str, at: datetime) -> AccountEvent:
    return AccountEvent(action=Action.CLOSE, at=at, customer_ref=ref)


def test_no_account_is_closed_over_an_order_and_none_is_ordered_by_one_that_will_be(shop: Shop) -> None:
    """However it is closed: a file with others, a day to come. All or none, and it says how many there are."""
    gym, now = shop.place(LIN, GYM), shop.clock.now()
    shop.place(WANG, TREE, 2)
    shop.open(["cust-zhou"])
    everybody = [closing(ref, now) for ref in ("cust-zhou", LIN, WANG)]
    for events, counted in ((everybody, (2, 2, 10_200)), ([closing(LIN, now + timedelta(days=9))], (1, 1, 3_000))):
        with pytest.raises(OrdersUnderWay, match="cust-lin") as caught:
            shop.store.run(lambda c, events=events: apply_events(c, events))  # type: ignore[misc]
        assert (caught.value.accounts, caught.value.orders, caught.value.energy) == counted
    shop.cancel(LIN, gym)
    shop.store.run(lambda c: apply_events(c, [closing("cust-zhou", now), closing(LIN, now + timedelta(days=9))]))
    shop.store.run(lambda c: apply_events(c, everybody[:1]))  # again changes nothing
    refused("closed", lambda: shop.place(LIN, GYM, key="second"))
    assert shop.broken() == []


def test_funds_stock_and_liability_add_up(shop: Shop) -> None:
    """What was given away, what is held and what is left is what was put in; and the trial balance says the same."""
    shop.place(LIN, WATER, 7)
    shop.place(WANG, RICE, 2)
    shop.place(WANG, TREE, 1, key="tree")
    states = {WATER: "fulfilled", RICE: "failed", TREE: "confirmed"}
    work(shop, Partner(lambda _kind, order: says(states[order.reward_id])))
    assert (shop.stock(WATER), shop.stock(RICE), shop.stock(TREE)) == (100_000 - 700, 50, 99)
    assert (shop.energy(LIN), shop.energy(WANG)) == ((10_000 - 1_400, 0), (6_400, 3_600))
    with shop.store.unit_of_work() as c:
        lines = c.execute(
            "SELECT line, sum(amount) FROM ledger.posting WHERE asset = 'energy' GROUP BY line"
        ).fetchall()
    assert dict(lines) == {
        "adjusted": -20_000, "redeemed": 1_400, "customers:available": 15_000, "customers:held": 3_600,
    }  # fmt: skip
    assert shop.broken() == []


def test_the_check_names_an_order_that_does_not_stand_as_its_hold_does(shop: Shop) -> None:
    shop.place(LIN, GYM)
    with shop.store.connect_owner() as owner:
        owner.execute("UPDATE rewards.order SET state = 'fulfilled', delivered = 1")
    assert any("its hold" in each and "not ended" in each for each in shop.broken())
    with shop.store.connect_owner() as owner:
        owner.execute("UPDATE rewards.order SET state = 'held', delivered = NULL")
        owner.execute("DELETE FROM rewards.job")
    assert any("nothing is to be done" in each for each in shop.broken())
