"""The nightly sweep: balls nobody collected lapse, lots past their last day expire, holds past their deadline go back.

Set-based and in pieces, a unit of work each, so that it may be killed anywhere and started again; a second run finds
nothing to do (INV-07). Operations settle their own customer first, so no answer depends on when the sweep ran.
"""

from __future__ import annotations

from collections.abc import Callable
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
    swept = {"customers": 0, "lapsed_energy": 0, "expired_energy": 0}
    done, first = 0, 0
    while first <= end["customer_id"]:

        def settle(connection: Connection, first: int = first) -> tuple[int, dict[str, int]]:
            last = _reach(connection, first - 1, end["customer_id"])
            return last, store.fetch(connection, "settle", {"first": first, "last": last, "now": now})[0]

        last, settled = database.run(settle)
        swept = {name: value + int(settled[name]) for name, value in swept.items()}
        done = min(done + limits.sweep_customers, end["customers"])
        progress(done, end["customers"])
        first = last + 1
    result = Swept(**swept, released_holds=released)
    database.run(lambda connection: store.write(connection, "write_sweep", asdict(result) | {"now": now}))
    return result


def _reach(connection: Connection, after: int, end: int) -> int:
    rows = store.fetch(connection, "customer_range", {"after": after, "customers": limits.sweep_customers})
    return int(rows[0]["customer_id"]) if rows else end


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
