"""Erasing while batches post, refunds come and taps collect: real threads, each with its own connection.

Whatever is first, nothing of the erased is left under their names, and nothing is lost or doubled.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from functools import partial
from typing import Any

import duckdb
import pytest
from tests.integration.test_races import NOON, Race, act, refund
from tests.simulation.energy_oracle import DAY, MINUTE, Op
from tests.simulation.energy_running import EnergyBank
from tests.simulation.oracle import Ending, Offer

from ditan.accounts import AccountEvent, Action, Erasing, apply_events, erase
from ditan.cli.ingest import DUCK
from ditan.kernel.ids import key
from ditan.ledger import sweep
from ditan.store import Store

CUSTOMERS = 12
CLOSED = NOON + 3 * DAY


@pytest.fixture
def race(store: Store) -> Iterator[Race]:
    with duckdb.connect(config=DUCK) as duck:
        yield Race(EnergyBank(store, duck, customers=CUSTOMERS, limited=()))


def _close(race: Race) -> None:
    events = [
        AccountEvent(at=CLOSED.replace(tzinfo=UTC), action=Action.CLOSE, customer_ref=name) for name in race.bank.names
    ]
    race.store.run(lambda connection: apply_events(connection, events))


def _erase(race: Race, name: str) -> Erasing:
    return race.store.run(lambda connection: erase(connection, name, (CLOSED + MINUTE).replace(tzinfo=UTC)))


def _post(race: Race, acts: list[Offer], refunds: list[Offer]) -> dict[int, Ending]:
    with duckdb.connect(config=DUCK) as duck:
        answer: dict[int, Ending] = race.bank.another(duck).do(Op("post", CLOSED, {"acts": acts, "refunds": refunds}))
        return answer


@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-14")
def test_erased_while_batches_post_and_taps_collect(race: Race) -> None:
    names = race.bank.names
    race.give_all(10)
    _close(race)
    late = [act(NOON + timedelta(minutes=n), name, 7, f"late of {name}", n + 1) for n, name in enumerate(names)]
    backs = [refund(of, 100, f"back of {of.customer}", n + 1) for n, of in enumerate(race.acts)]
    # A refund that a stranger sends holds another shard than the one whose act it takes back.
    strange = [refund(of, 30, f"strange {of.customer}", n + 1)._replace(customer="cust-x") for n, of in enumerate(late)]
    posts = [[late, backs[:6]], [late[::-1], backs[6:]], [[], strange], [late[:6], []], [[], backs]]
    numbered = [[_numbered(acts), _numbered(refunds, len(acts))] for acts, refunds in posts]
    tasks: list[Callable[[], Any]] = [partial(_post, race, *each) for each in numbered]
    tasks += [partial(_erase, race, name) for name in names] * 2
    tasks += [
        partial(race.bank.do, Op("collect", NOON + 2 * DAY, {"taps": [(name, "second", None)]})) for name in names
    ]
    tasks.append(partial(sweep, race.store, (CLOSED + 9 * DAY).replace(tzinfo=UTC)))
    answers = race.at_once(tasks)

    erased = [answer for answer in answers if isinstance(answer, Erasing)]
    assert sorted(erased) == sorted([Erasing.DONE] * CUSTOMERS + [Erasing.NO_ACCOUNT] * CUSTOMERS)
    race.holds()
    assert race.one("SELECT count(*) FROM ledger.holder WHERE customer_key IS NOT NULL") == 0
    assert race.one("SELECT count(*) FROM ledger.act") == race.one("SELECT count(DISTINCT act_id) FROM ledger.act")
    codes = {ending.code for answer in answers[: len(posts)] for ending in answer.values()}
    assert codes <= {
        "posted", "duplicate", "conflict", "erased", "no_account", "refunded", "nothing_left", "waiting_original",
        "original_not_posted",
    }  # fmt: skip
    wanted = {str(key("content", f"{what} of {name}")) for what in ("act", "late", "back") for name in names}
    wanted |= {str(key(name)) for name in names}
    for table in (
        "ledger.act", "ledger.reversal", "ledger.match", "ledger.occasion", "ledger.holder", "accounts.customer",
        "feed.waiting_refund", "feed.conflict",
    ):  # fmt: skip
        text = race.one(f"SELECT string_agg(t::text, ' ') FROM {table} t") or ""
        assert [name for name in wanted if name in text] == [], table


def _numbered(offers: list[Offer], before: int = 0) -> list[Offer]:
    return [offer._replace(row_number=before + n) for n, offer in enumerate(offers, start=1)]
