"""One customer's history, page by page, and the balance as of any moment."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.simulation.lively import LivelyBank

from ditan import ledger
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.ledger import Balance, HistoryEntry
from ditan.store import Store


@pytest.fixture
def bank(store: Store, tmp_path: Path) -> LivelyBank:
    return LivelyBank(store, tmp_path, "history")


def pages(bank: LivelyBank, ref: str, limit: int) -> Iterator[list[HistoryEntry]]:
    after: str | None = None
    while True:
        with bank.bench.store.unit_of_work() as connection:
            page = ledger.history(connection, ref, after=after, limit=limit)
        yield page.entries
        after = page.next
        if after is None:
            return


def whole(bank: LivelyBank, ref: str, limit: int = 1_000) -> list[HistoryEntry]:
    return [entry for page in pages(bank, ref, limit) for entry in page]


def as_of(bank: LivelyBank, ref: str, **moments: object) -> Balance:
    with bank.bench.store.unit_of_work() as connection:
        return ledger.balance_as_of(connection, ref, **moments)  # type: ignore[arg-type]


@pytest.mark.invariant("INV-05")
@pytest.mark.parametrize("seed", ["one", "two"])
def test_a_balance_as_of_a_moment_is_what_was_read_then(store: Store, tmp_path: Path, seed: str) -> None:
    """Whatever came later; and a replay of the history up to any moment, in either time, gives the same sums."""
    bank = LivelyBank(store, tmp_path, seed).steps(90)
    assert len(bank.reads) > 30
    wrong = [
        (read, found)
        for read in bank.reads
        if (found := as_of(bank, read.customer, recorded_by=read.at)) != read.balance
    ]
    assert wrong == []

    rng = random.Random(seed)
    for _ in range(40):
        ref, first = rng.choice(bank.refs), bank.reads[0].at
        happened, recorded = (first + rng.random() * (bank.now - first) for _ in range(2))
        for moments in ({"happened_by": happened}, {"happened_by": happened, "recorded_by": recorded}):
            entries = [
                entry
                for entry in whole(bank, ref)
                if entry.occurred_at <= happened and entry.recorded_at <= moments.get("recorded_by", bank.now)
            ]
            found = as_of(bank, ref, **moments)
            assert found.carbon_mg == sum(entry.carbon_mg for entry in entries)
            assert found.held_energy == sum(entry.held_energy for entry in entries)
            assert found.owed_energy == sum(entry.owed_energy for entry in entries)
            assert found.energy <= sum(entry.energy for entry in entries)  # less what is due and was not swept


def test_history_is_everything_once_newest_first(bank: LivelyBank) -> None:
    bank.steps(40)
    for ref in bank.refs:
        entries = whole(bank, ref)
        assert [entry for page in pages(bank, ref, 3) for entry in page] == entries
        places = [(entry.recorded_at, entry.entry_id) for entry in entries]
        assert places == sorted(set(places), reverse=True)
        with bank.bench.store.unit_of_work() as connection:
            balance = ledger.balance(connection, ref, bank.now)
        assert sum(entry.carbon_mg for entry in entries) == balance.carbon_mg
        assert sum(entry.held_energy for entry in entries) == balance.held_energy
        assert all(entry.name for entry in entries if entry.kind in {"act", "reversal"})
        assert all(
            entry.energy == entry.pending_energy + entry.available_energy + entry.held_energy - entry.owed_energy
            for entry in entries
        )
    known = bank.bench.one(
        "SELECT (SELECT count(*) FROM ledger.act) + (SELECT count(*) FROM ledger.reversal)"
        " + (SELECT count(*) FROM ledger.entry WHERE customer_id IS NOT NULL)"
    )
    assert sum(len(whole(bank, ref)) for ref in bank.refs) == known


def test_a_page_stays_what_it_was_while_entries_arrive(bank: LivelyBank) -> None:
    bank.steps(40)
    ref = max(bank.refs, key=lambda each: len(whole(bank, each)))
    entries = whole(bank, ref)
    assert len(entries) > 6
    with bank.bench.store.unit_of_work() as connection:
        first = ledger.history(connection, ref, limit=3)
    bank.clock.advance(timedelta(minutes=1))
    bank.steps(10)
    with bank.bench.store.unit_of_work() as connection:
        second = ledger.history(connection, ref, after=first.next, limit=3)
    assert [*first.entries, *second.entries] == entries[:6]


def test_what_cannot_be_asked_is_said(bank: LivelyBank) -> None:
    with bank.bench.store.unit_of_work() as connection:
        with pytest.raises(NotFound, match="cust-nobody"):
            ledger.history(connection, "cust-nobody")
        for cursor in ("x", "AAAA", "é", "A" * 33):
            with pytest.raises(InvalidInput, match="not a cursor"):
                ledger.history(connection, "cust-0", after=cursor)
        with pytest.raises(InvalidInput, match="1 to 1000"):
            ledger.history(connection, "cust-0", limit=0)
        with pytest.raises(InvalidInput, match="as of when"):
            ledger.balance_as_of(connection, "cust-0")
        assert ledger.history(connection, "cust-0").entries == []
