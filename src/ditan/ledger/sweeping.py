"""The nightly sweep: balls nobody collected lapse, lots past their last day expire, holds past their deadline go back.

Set-based and in pieces, a unit of work each, so that it may be killed anywhere and started again; a second run finds
nothing to do (INV-07). Operations settle their own customer first, so no answer depends on when the sweep ran.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from ditan.kernel import limits
from ditan.ledger import store
from ditan.model import Noun
from ditan.store import Store
from ditan.store.pool import Connection


class Swept(Noun, kw_only=True):
    """What a sweep did."""

    customers: int  # of whom something lapsed or expired
    lapsed_energy: int
    expired_energy: int
    released_holds: int


def sweep(database: Store, now: datetime, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Swept:
    """Release, lapse and expire everything that is due at `now`. `progress` is told of customers done and in all."""
    released = _release(database, now)
    end = database.run(lambda connection: store.fetch(connection, "last_customer"))[0]
    swept: Counter[str] = Counter()

    def settled(piece: dict[str, Any]) -> None:
        swept.update({"pieces": 1} | {name: int(value) for name, value in piece.items()})
        progress(min(swept["pieces"] * limits.sweep_customers, end["customers"]), end["customers"])

    _settle(database, _pieces(database, end["customer_id"]), now, settled)
    result = Swept(
        customers=swept["customers"],
        lapsed_energy=swept["lapsed_energy"],
        expired_energy=swept["expired_energy"],
        released_holds=released,
    )
    database.run(lambda connection: store.write(connection, "write_sweep", asdict(result) | {"now": now}))
    return result


def _pieces(database: Store, end: int) -> list[tuple[int, int]]:
    """Cut all customers into ranges of so many: the first and the last of each."""
    pieces, first = [], 0
    while first <= end:
        asked = {"after": first - 1, "customers": limits.sweep_customers}
        rows = database.run(lambda connection, asked=asked: store.fetch(connection, "customer_range", asked))  # type: ignore[misc]
        last = int(rows[0]["customer_id"]) if rows else end
        pieces.append((first, last))
        first = last + 1
    return pieces


def _settle(
    database: Store, pieces: list[tuple[int, int]], now: datetime, settled: Callable[[dict[str, Any]], None]
) -> None:
    """Settle piece by piece, some at the same time: no two have a row in common. `settled` is told of each in turn."""

    def settle(first: int, last: int) -> dict[str, Any]:
        asked = {"first": first, "last": last, "now": now}
        return database.run(lambda connection: store.fetch(connection, "settle", asked))[0]

    under_way: set[Future[dict[str, Any]]] = set()
    with ThreadPoolExecutor(max_workers=limits.sweep_connections) as pool:
        for first, last in pieces:
            if len(under_way) == limits.sweep_connections:
                ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for piece in ended:
                    settled(piece.result())
            under_way.add(pool.submit(settle, first, last))
        for piece in as_completed(under_way):
            settled(piece.result())


def _release(database: Store, now: datetime) -> int:
    """Release holds past their deadline, oldest first. Those that ended before are passed over."""
    after = database.run(lambda connection: store.fetch(connection, "last_sweep"))[0]["after"]
    after_id, holds = UUID(int=0), 0
    while True:

        def release(connection: Connection, after: datetime = after, after_id: UUID = after_id) -> dict[str, Any]:
            asked = {"after": after, "after_id": after_id, "now": now, "most": limits.sweep_holds}
            return store.fetch(connection, "release_due", asked)[0]

        row = database.run(release)
        holds += int(row["holds"])
        if row["reached"] is None:
            return holds
        after, after_id = row["reached"], row["reached_id"]
