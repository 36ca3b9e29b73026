"""What the bank's staff ask. Each route says which roles may; what is computed lives in `ditan.insight`."""

from ditan.api.console import customers, disputes, logs, me, overview, proposals

HANDLERS = [
    me.me,
    *overview.HANDLERS,
    *proposals.HANDLERS,
    *customers.HANDLERS,
    *disputes.HANDLERS,
    *logs.HANDLERS,
]

__all__ = ["HANDLERS"]
