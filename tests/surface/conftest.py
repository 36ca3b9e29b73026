"""What the tests of the API share: a bank with two customers at noon of 6 July 2026, and a client for each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, make_app, served, token

from ditan.accounts import AccountEvent, Action
from ditan.kernel.clock import FixedClock
from ditan.model import CardProduct, Purpose
from ditan.store import Store

SINCE = datetime(2026, 1, 2, tzinfo=UTC)
LATER = int(MONDAY.timestamp()) + 90 * 86_400


def decisions(who: str, card: str) -> list[AccountEvent]:
    given: dict[str, Any] = {"at": SINCE, "customer_ref": who}
    return [
        AccountEvent(action=Action.OPEN, **given),
        *(AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **given) for purpose in Purpose),
        AccountEvent(action=Action.LINK_CARD, card_ref=card, card_product=CardProduct.DEBIT, **given),
    ]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY)


@pytest.fixture
def bench(store: Store, clock: FixedClock) -> Bench:
    made = Bench(store, clock=clock)
    made.decide([*decisions(LIN, "card-lin-d"), *decisions("cust-wang", "card-wang-d")])
    return made


@pytest.fixture
def client(bench: Bench) -> Iterator[Any]:
    with served(make_app(bench.store, bench)) as opened:
        yield opened


@pytest.fixture
def lin(client: Any) -> Asker:
    return Asker(client, token(now=MONDAY, exp=LATER))


@pytest.fixture
def wang(client: Any) -> Asker:
    return Asker(client, token("cust-wang", now=MONDAY, exp=LATER))
