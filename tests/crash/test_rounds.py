"""Ten rounds of kills leave nothing lost and nothing doubled; and the audit that says so can see both (INV-12).

`make crash ROUNDS=200` runs more of them.
"""

import os
import random

import pytest
from tests.crash.harness import audit_home, home_with_server, run
from tests.simulation.running import Bench

from ditan.feed import ARCHIVE
from ditan.kernel.settings import Settings
from ditan.store import Store

ROUNDS = 10
SEED = int(os.environ.get("CRASH_SEED") or random.Random().randrange(10_000))  # printed: another one each time


@pytest.mark.timeout(300)
@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-12")
def test_ten_rounds_lose_nothing_and_double_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with home_with_server() as home:
        outcome = run(home, ROUNDS, SEED)
    with capsys.disabled():
        print("\n" + outcome.sentence())
    found = outcome.findings
    assert (found.lost, found.doubled, found.strange, found.broken) == ([], [], [], [])
    assert sum(outcome.kills.values()) == ROUNDS
    assert found.acknowledged >= 4 * ROUNDS
    assert found.unknown >= ROUNDS // 2, "the kills did not interrupt the work itself"


#: What is done to the books behind the clients' backs, which list of the audit must name it, and in which words.
WRONGS = {
    "DELETE FROM ledger.act WHERE act_id = (SELECT act_id FROM ledger.act WHERE carbon_mg > 0 LIMIT 1)": (
        "lost", "the ledger has None"),
    "DELETE FROM ledger.entry WHERE entry_id = (SELECT entry_id FROM ledger.entry WHERE kind = 'award' LIMIT 1)": (
        "lost", "there is no entry"),
    "INSERT INTO feed.batch (feed, file_name, file_sha256, chunk, pack_id, received_at, rows_read, digest)"
    " SELECT feed, file_name, file_sha256, chunk, pack_id, received_at, rows_read, digest FROM feed.batch LIMIT 1": (
        "doubled", "counts 2 times"),
    "UPDATE ledger.holder SET carbon_mg = 2 * carbon_mg": ("doubled", "carbon: the journals add up to"),
    "UPDATE ledger.limited SET balance = 2 * balance WHERE name = 'stock'": ("doubled", "stock units"),
    "INSERT INTO ledger.act SELECT gen_random_uuid(), content_key, customer_id, batch_id, occurred_at, amount_fen,"
    " quantity_milli, quantified_mg, 0, 0, rate_id, pack_id, scenario, 32 FROM ledger.act LIMIT 1": (
        "strange", "was never sent"),
}  # fmt: skip


@pytest.mark.timeout(300)
def test_the_audit_sees_what_is_wrong() -> None:
    """A short run whose books are spoiled afterwards."""
    with home_with_server() as home:
        assert run(home, 2, SEED).findings.clean
        with Store.open(Settings(home=home)) as store:
            bench = Bench(store)
            for statement in WRONGS:
                bench.corrupt(statement)
            found = audit_home(store, home / "clients")
            evidence = next((home / ARCHIVE).rglob("*.parquet"))
            evidence.write_bytes(evidence.read_bytes()[:-1] + b"?")
            damaged = audit_home(store, home / "clients")
    unseen = [words for where, words in WRONGS.values() if not any(words in said for said in getattr(found, where))]
    assert unseen == []
    assert not found.clean
    assert any("broken files" in said for said in damaged.broken)
