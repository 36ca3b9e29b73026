"""Ledger: post acts once, forever, and take back what refunds undo.

In:   DuckDB tables `quantified` and `refund` of one batch, and the pack they were quantified by.
Out:  `ledger.act`, `ledger.reversal`, balances, quotas; one outcome per row.
Keeps INV-02 (once, forever), INV-03 (debits equal credits), INV-04 (append-only), INV-05 (a balance is the sum of its
postings), INV-06 (a refund takes back exactly what was given), INV-09 (consent at the time of the act).

The only stateful step: a fixed number of statements whatever the batch size, and acts written by binary COPY.
"""

from ditan.ledger.codes import PostCode
from ditan.ledger.posting import Outcome, evidence, post
from ditan.ledger.reading import Act, Reversal, Statement, balance, find_act, statement
from ditan.ledger.registering import registered_pack

__all__ = [
    "Act",
    "Outcome",
    "PostCode",
    "Reversal",
    "Statement",
    "balance",
    "evidence",
    "find_act",
    "post",
    "registered_pack",
    "statement",
]
