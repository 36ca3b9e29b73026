"""Before anything is timed: the page says of each customer what the ledger says, and asks the database once."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Mapping

import msgspec

from bench.ledger.bank import NOW, Bank
from ditan.home import Home, read_home

_BALANCES = "SELECT carbon_mg, available_energy, held_energy, owed_energy FROM ledger.holder WHERE customer_key = %s"


def require_equal(bank: Bank, port: int, tokens: Mapping[str, str]) -> str:
    """Read the page of each customer; give the digest of what it says.

    Raises: SystemExit when it differs from the ledger, or needed more than one statement.
    """
    digest = hashlib.sha256()
    for subject, token in tokens.items():
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/v1/home", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            page = msgspec.json.decode(answer.read(), type=Home)
        shown = (page.carbon.total_mg, page.energy.available, page.energy.held, page.energy.owed)
        kept = bank.row(_BALANCES, subject)
        if shown != kept or not page.balls:
            raise SystemExit(f"the page of {subject} says {shown}, the ledger {kept}. Nothing was measured.")
        digest.update(f"{subject} {shown}\n".encode())
    with bank.store.count_statements() as count:
        bank.store.read(
            lambda connection: read_home(connection, subject, bank.methodology.pack, bank.methodology.version, NOW)
        )
    if count.total != 1:
        raise SystemExit(f"the first page needs {count.total} statements, not one. Nothing was measured.")
    return digest.hexdigest()
