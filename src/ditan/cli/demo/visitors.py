"""The customers to sign in as: somebody new, somebody busy, somebody older, and somebody whose payments came back."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from msgspec import structs

from ditan import ledger
from ditan.cli.demo.days import Quarter
from ditan.cli.demo.market import Market
from ditan.home.preferences import Preferences, write_preferences
from ditan.kernel.demo import DemoCustomer
from ditan.kernel.ids import CustomerId, act_id, key
from ditan.model import Text
from ditan.store import Store
from ditan.store.pool import Connection
from ditan.store.statements import load_statements
from ditan.testing.rows import COLUMNS

_SQL = load_statements("ditan.cli.demo", "demo.sql")
_REFUNDS: Final = 8
_TREE: Final = "tree_haloxylon"
_NEW: Final = "cust-new"
_BUDGET: Final = 10_000
_AWARD: Final = 88
_CARDS_OF_NEW: Final[list[dict[str, str | bool]]] = [
    {"card_ref": "card-new-d", "product": "debit", "label": "6217", "quickpass": True},
    {"card_ref": "card-new-c", "product": "credit", "label": "8801"},
]


def make_visitors(quarter: Quarter, market: Market, files: Sequence[Path], now: datetime) -> list[DemoCustomer]:
    """Choose and prepare the customers to sign in as. A bank too small for one of them goes without.

    `files`: the bank's feed, whose payments can be refunded.
    """
    store = quarter.store
    name = Text(zh="小陈（合成）", en="Ms Chen (made up)")
    about = Text(zh="还没有开户，有两张卡", en="No account yet, two cards")
    found = [_customer(store, _NEW, name, about)]
    if busy := _one(store, "busy", now=now):
        _ride(quarter, busy, files, now)
        _award(store, CustomerId(busy[1]), now)
        name = Text(zh="林先生（合成）", en="Mr Lin (made up)")
        about = Text(zh="常坐地铁、常办业务，园子已经长起来", en="Rides and banks a lot; the garden has grown")
        found.append(_customer(store, busy[0], name, about))
    older = _one(store, "quiet", **{"not": busy[0] if busy else ""})
    if older:
        wanted = Preferences(language="zh", large_type=True, personalised=False)
        store.run(lambda connection: write_preferences(connection, older[0], wanted, now))
        name = Text(zh="周奶奶（合成）", en="Grandma Zhou (made up)")
        found.append(
            _customer(store, older[0], name, Text(zh="用大字版，刚有一个小院", en="Large type, a small garden"))
        )
    taken = [each[0] for each in (busy, older) if each]
    spender = _one(store, "spender", **{"not": taken})
    if spender and _plant_and_refund(quarter, market, spender, files, now):
        about = Text(
            zh="用能量种了一棵树，之后旧的付款退了款：树还在，欠着能量",
            en="Energy became a tree, then old payments were refunded: the tree stays, energy is owed",
        )
        found.append(_customer(store, spender[0], Text(zh="赵女士（合成）", en="Ms Zhao (made up)"), about))
    return found


def _one(store: Store, name: str, **asked: Any) -> tuple[Any, ...] | None:
    with store.unit_of_work() as connection:
        row: tuple[Any, ...] | None = connection.execute(_SQL[name], asked).fetchone()
    return row


def _customer(store: Store, customer_ref: str, name: Text, about: Text) -> DemoCustomer:
    with store.unit_of_work() as connection:
        rows = connection.execute(_SQL["cards_of"], {"customer_ref": customer_ref}).fetchall()
    cards: list[dict[str, str | bool]] = [
        {"card_ref": ref, "product": product, "label": f"{key(ref).int % 10_000:04}", "quickpass": product == "debit"}
        for ref, product in rows
    ]
    return DemoCustomer(
        subject=customer_ref, name=structs.asdict(name), about=structs.asdict(about), cards=cards or _CARDS_OF_NEW
    )


def _ride(quarter: Quarter, busy: tuple[Any, ...], files: Sequence[Path], now: datetime) -> None:
    """Let a customer ride the metro once more, half an hour ago."""
    customer_ref, number = busy
    paid = _paid(files, customer_ref)
    latest = _one(quarter.store, "latest_ride", customer_id=number, acts=list(paid))
    if latest:
        ride = paid[latest[0]]
        at = (now - timedelta(minutes=28)).isoformat(timespec="seconds")
        again = ride | {"event_id": f"{ride['event_id']}-demo", "occurred_at": at, "settled_on": ""}
        _deliver(quarter, "this-morning", [again], files, now)


def _award(store: Store, customer: CustomerId, now: datetime) -> None:
    """Give a customer energy of a campaign that is about to lapse: two people decided on the budget."""

    def work(connection: Connection) -> None:
        start = now - timedelta(hours=13)
        budget = ledger.open_limited(connection, ledger.LimitedKind.BUDGET, "demo-campaign", "energy", start)
        asked = ledger.propose(
            connection, "demo-campaign", _BUDGET, limited_id=budget.limited_id, reason="demo", maker="demo-a", now=start
        )
        ledger.decide(connection, asked, checker="demo-b", approve=True, now=start)
        ledger.award(connection, customer, "demo award", _AWARD, budget_id=budget.limited_id, now=start, collect_days=1)

    store.run(work)


def _deliver(quarter: Quarter, name: str, rows: list[dict[str, str]], files: Sequence[Path], now: datetime) -> None:
    file = files[0].parent / f"{name}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        written = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        written.writeheader()
        written.writerows(rows)
    quarter.deliver(file, now)


def _plant_and_refund(
    quarter: Quarter, market: Market, spender: tuple[Any, ...], files: Sequence[Path], now: datetime
) -> bool:
    """Turn a customer's energy into a tree, then let the bank refund payments that had given it."""
    customer_ref, number, _ = spender
    refunds = _refunds(quarter.store, customer_ref, CustomerId(number), files, now)
    tree = market.offer.catalogue.find(_TREE)
    if not refunds or tree is None:
        return False
    market.order(customer_ref, tree, "demo tree", now)
    market.settle()
    _deliver(quarter, "refunds", refunds, files, now)
    return True


def _refunds(
    store: Store, customer_ref: str, customer: CustomerId, files: Sequence[Path], now: datetime
) -> list[dict[str, str]]:
    """Full refunds of the latest payments by which the customer came to energy."""
    events = _paid(files, customer_ref)
    with store.unit_of_work() as connection:
        asked = {"customer_id": customer, "acts": list(events)}
        given = connection.execute(_SQL["given_by"], asked).fetchall()
    latest = sorted((events[act] for act, _ in given), key=lambda row: row["occurred_at"])[-_REFUNDS:]
    return [
        row
        | {
            "event_id": f"{row['event_id']}-demo",
            "kind": "card_refund",
            "original_event_id": row["event_id"],
            "occurred_at": now.isoformat(timespec="seconds"),
            "settled_on": "",
        }
        for row in latest
    ]


def _paid(files: Sequence[Path], customer_ref: str) -> dict[UUID, dict[str, str]]:
    """A customer's card payments, by the act that each would be."""
    found: dict[UUID, dict[str, str]] = {}
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["customer_ref"] == customer_ref and row["kind"] == "card_payment":
                    found[act_id(row["source"], row["event_id"])] = row
    return found
