"""The demo's rewards: a catalogue that is made up, its stocks and funds filled by two people who are made up too."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ditan import ledger, rewards
from ditan.store import Store
from ditan.store.pool import Connection

_PIECES: Final = 500


def fill_shelves(store: Store, now: datetime) -> None:
    """Register the demo catalogue and fill what it takes from: a fund up to its ceiling, a stock with pieces."""
    catalogue = rewards.load()

    def work(connection: Connection) -> None:
        rewards.registered_catalogue(connection, catalogue, now)
        for reward in catalogue.rewards:
            account = ledger.read_limited(connection, reward.stock)
            units = reward.donation.ceiling_fen if reward.donation else _PIECES
            asked = ledger.propose(
                connection,
                f"demo supply {reward.stock}",
                units,
                limited_id=account.limited_id,
                reason="demo",
                maker="demo-a",
                now=now,
            )
            ledger.decide(connection, asked, checker="demo-b", approve=True, now=now)

    store.run(work)
