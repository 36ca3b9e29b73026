"""Proof: show that the promises hold, to someone who does not trust us.

In:   the whole database, read only.
Out:  one verdict per invariant, with the rows that break it.
The transparency log and the receipts (INV-11) will live here as well; until then their verdict says so.
"""

from ditan.proof.checking import Verdict, check_invariants, ledger_digest

__all__ = ["Verdict", "check_invariants", "ledger_digest"]
