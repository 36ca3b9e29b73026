"""Ledger: post acts once, forever, take back what refunds undo, and keep what energy becomes.

In:   DuckDB tables `quantified` and `refund` of one batch, and the pack they were quantified by; requests about energy.
Out:  `ledger.act`, `ledger.reversal`, `ledger.entry`, balances, quotas; one outcome per row, one answer per request.
Keeps INV-02 (once, forever), INV-03 (debits equal credits), INV-04 (append-only), INV-05 (a balance is the sum of
its postings), INV-06 (a refund takes back exactly what was given), INV-07 (lots, first in first out), INV-08 (limits),
INV-09 (consent at the time of the act).

The only stateful step: a fixed number of statements whatever the batch size, and acts written by binary COPY.
Operations on energy are functions in the database, one call each: `energy`, `limited`, `proposals`; `sweeping` does
what is due; `closing` closes days; `books` and `history` read.
"""

from typing import TYPE_CHECKING

from ditan.ledger.books import Liability, TrialBalance, liability, month_of, trial_balance
from ditan.ledger.closing import ClosedDay, close, closed_days
from ditan.ledger.codes import EnergyCode, LedgerRefusal, PostCode
from ditan.ledger.energy import (
    Answer,
    Collection,
    Units,
    award,
    capture,
    collect,
    find_customer,
    give_back,
    hold,
    release,
)
from ditan.ledger.history import HistoryEntry, HistoryPage, balance_as_of, history
from ditan.ledger.limited import Limited, LimitedKind, all_limited, open_limited, read_limited
from ditan.ledger.proposals import (
    Proposal,
    decide,
    hold_proposal,
    open_proposals,
    propose,
    propose_change,
    read_proposals,
    weigh,
    withdraw,
)
from ditan.ledger.reading import Act, Balance, Fate, Reversal, Statement, balance, find_act, statement
from ditan.ledger.registering import registered_pack
from ditan.ledger.sweeping import Swept, sweep

if TYPE_CHECKING:
    from ditan.ledger.posting import Outcome, evidence, post
else:

    def __getattr__(name: str) -> object:
        """Posting comes with DuckDB, Arrow and NumPy: imported for who posts, not for who asks (PEP 562)."""
        if name not in {"Outcome", "evidence", "post"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ditan.ledger import posting

        return getattr(posting, name)


__all__ = [
    "Act",
    "Answer",
    "Balance",
    "ClosedDay",
    "Collection",
    "EnergyCode",
    "Fate",
    "HistoryEntry",
    "HistoryPage",
    "LedgerRefusal",
    "Liability",
    "Limited",
    "LimitedKind",
    "Outcome",
    "PostCode",
    "Proposal",
    "Reversal",
    "Statement",
    "Swept",
    "TrialBalance",
    "Units",
    "all_limited",
    "award",
    "balance",
    "balance_as_of",
    "capture",
    "close",
    "closed_days",
    "collect",
    "decide",
    "evidence",
    "find_act",
    "find_customer",
    "give_back",
    "history",
    "hold",
    "hold_proposal",
    "liability",
    "month_of",
    "open_limited",
    "open_proposals",
    "post",
    "propose",
    "propose_change",
    "read_limited",
    "read_proposals",
    "registered_pack",
    "release",
    "statement",
    "sweep",
    "trial_balance",
    "weigh",
    "withdraw",
]
