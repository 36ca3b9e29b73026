"""Orders in every state, a tree that was refunded, a donation that came back: each report is the ledger, to the unit.

What must come out is worked out here from the orders as their customers read them, and from nothing else.
"""

from collections import Counter
from datetime import date

import pytest
from tests.rewards.shop import Partner, Shop, says
from tests.rewards.test_orders import _say

from ditan import ledger, rewards
from ditan.kernel.ids import EntryId
from ditan.ledger.books import liability, trial_balance
from ditan.model import Text
from ditan.rewards import Order
from ditan.rewards.calling import Heard
from ditan.rewards.codes import NOTHING, OPEN, State
from ditan.rewards.donations import decide_transfer, make_transfer, read_projects
from ditan.rewards.failures import Happening, News, record_news
from ditan.rewards.trees import EventKind, PlantingEvent, open_planting, read_tree_number, record_event
from ditan.store import Store
from ditan.store.pool import Connection

GYM, TREE, RICE, WATER, BIKE = "gym_card_month", "tree_haloxylon", "produce_rice", "donation_water", "coupon_bike_week"
PIECES, ENERGY = 500, 60_000
TODAY = date(2026, 7, 6)
#: What is ordered by whom, and how it stands in the end.
ORDERS = [
    ("lin", WATER, 7, State.HELD), ("lin", TREE, 2, State.SENT), ("lin", RICE, 3, State.CONFIRMED),
    ("wang", RICE, 1, State.DELAYED), ("wang", GYM, 1, State.SUBSTITUTED), ("lin", WATER, 9, State.FULFILLED),
    ("lin", TREE, 3, State.FULFILLED), ("wang", WATER, 8, State.PARTLY_FULFILLED),
    ("wang", RICE, 4, State.PARTLY_FULFILLED), ("lin", GYM, 1, State.FAILED), ("wang", WATER, 2, State.CANCELLED),
    ("wang", TREE, 1, State.EXPIRED),
    ("lin", WATER, 5, State.RETURNED), ("wang", BIKE, 2, State.RETURNED), ("zhou", WATER, 6, State.RETURNED),
]  # fmt: skip


@pytest.fixture
def shop(store: Store) -> Shop:
    made = Shop(store)
    made.open(["lin", "wang", "zhou"], ENERGY)
    for reward_id in (GYM, TREE, RICE, WATER, BIKE):
        made.supply(reward_id, PIECES)
    for n, (who, reward_id, quantity, state) in enumerate(ORDERS):
        lived(made, who, reward_id, quantity, state, f"order {n}")
    return made


def lived(shop: Shop, who: str, reward_id: str, quantity: int, state: State, key: str) -> None:
    """An order that comes to stand so."""
    order_id = shop.place(who, reward_id, quantity, key=key)
    if state is State.HELD:
        with shop.store.connect_owner() as owner:  # its worker comes later
            owner.execute("UPDATE rewards.job SET due_at = due_at + interval '1 day' WHERE order_id = %s", (order_id,))
        return
    said: dict[State, Heard] = {
        State.SENT: Heard(received=True),
        State.EXPIRED: Heard(received=True),
        State.PARTLY_FULFILLED: says("partly_fulfilled", delivered=1),
        State.RETURNED: says("fulfilled"),
    }
    answer = said.get(state) or says(state.value)
    bench = shop.bench(Partner(lambda kind, _order: Heard(received=True) if kind == "withdraw" else answer))
    while rewards.turn(bench):
        pass
    if state is State.RETURNED:
        assert shop.store.run(lambda c: _say(c, shop.order(who, order_id).order_id, "returned", shop)) == "done"
    if state is State.EXPIRED:
        now, hold_id = shop.clock.now(), EntryId(order_id)
        shop.store.run(lambda c: ledger.release(c, hold_id, now=now, reason="deadline"))  # as at its deadline


def orders(shop: Shop) -> list[tuple[str, Order]]:
    def mine(who: str) -> list[Order]:
        return shop.store.read(lambda c: rewards.read_orders(c, who, limit=50)) or []

    return [(who, order) for who in ("lin", "wang", "zhou") for order in mine(who)]


def refund_a_tree(shop: Shop) -> int:
    """One of three planted trees fails, and its energy comes back."""
    now = shop.clock.now()
    place = Text(zh="阿拉善", en="Alxa")
    [numbers] = [order.certificates for _, order in orders(shop) if order.certificates]
    event = PlantingEvent(kind=EventKind.PLANTED, on=TODAY, trees=3, evidence="GH-1")

    def work(c: Connection) -> None:
        planting = open_planting(c, "green-hill", TREE, "GH-1", place, most=9, by="w", now=now).planting_id
        assert planting is not None
        record_event(c, planting, event, by="w", now=now)
        for kind in (Happening.FAILED, Happening.REFUNDED):
            record_news(c, [read_tree_number(numbers[0])], News(kind=kind, on=TODAY, evidence="GH-2", by="w"), now)

    shop.store.run(work)
    return shop.reward(TREE).energy


def test_every_report_is_the_ledger_to_the_unit(shop: Shop) -> None:
    back = refund_a_tree(shop)
    transfer = shop.store.run(lambda c: make_transfer(c, "fund:water_2026", maker="wang", now=shop.clock.now()))
    shop.store.run(lambda c: decide_transfer(c, transfer.transfer_id, checker="li", approve=True, now=shop.clock.now()))
    assert Counter(order.state for _, order in orders(shop)) == Counter(state for *_, state in ORDERS)
    assert {state for *_, state in ORDERS} == set(State)

    held, used, out = Counter[str](), Counter[str](), Counter[str]()
    fund = Counter[str]()
    for who, order in orders(shop):
        units = shop.reward(order.reward_id).units
        delivered = 0 if order.state in OPEN | NOTHING else order.delivered or 0
        held[who] += order.energy if order.state in OPEN else 0
        used[who] += order.energy // order.quantity * delivered
        out[order.reward_id] += 0 if order.state in NOTHING else order.quantity * units
        if order.reward_id == WATER:
            place = "pledged" if order.state in OPEN else "returned" if order.state is State.RETURNED else "sent"
            fund[place] += (order.quantity if order.state in OPEN else delivered) * units
            fund["undelivered"] += 0 if order.state in OPEN | NOTHING else (order.quantity - delivered) * units
    used["lin"] -= back

    for who in ("lin", "wang", "zhou"):
        assert shop.energy(who) == (ENERGY - held[who] - used[who], held[who]), who
    for reward_id in (GYM, TREE, RICE, WATER, BIKE):
        assert shop.stock(reward_id) == PIECES * shop.reward(reward_id).units - out[reward_id], reward_id

    [project] = shop.store.read(lambda c: read_projects(c, shop.offer))
    assert (project.put_in_fen, project.left_fen) == (50_000, 50_000 - out[WATER])
    assert (project.pledged_fen, project.sent_fen) == (fund["pledged"], fund["sent"])
    assert (project.returned_fen, project.undelivered_fen) == (fund["returned"], fund["undelivered"])
    assert (project.given_fen, project.received_fen, transfer.fen) == (0, 0, fund["sent"])

    for closed in (False, True):  # as the day goes on, and once its books are closed
        if closed:
            shop.later(days=1)
            ledger.close(shop.store, TODAY, shop.clock.now())
        with shop.store.unit_of_work() as c:
            books, owed = trial_balance(c, TODAY, TODAY), liability(c, TODAY, TODAY, shop.clock.now())
        lines = {line.account: line.closing for line in books.lines if line.asset == "energy"}
        assert (lines["redeemed"], lines["adjusted"], books.closed) == (used.total(), -3 * ENERGY, closed)
        assert (lines["customers:held"], owed.closing.held_energy) == (held.total(), held.total())
        assert owed.closing_energy == 3 * ENERGY - used.total()
        flows = {flow.kind: flow.energy for flow in owed.flows}
        assert (flows["capture"], flows["give_back"]) == (-used.total() - back, back)
        limited = {line.name: line.closing for line in owed.limited if line.closing}
        assert limited == {shop.reward(r).stock: shop.stock(r) for r in (GYM, TREE, RICE, WATER, BIKE)}
    assert shop.broken() == []
