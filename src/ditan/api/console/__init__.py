"""What the bank's staff ask. Each route says which roles may; what is computed lives in `ditan.insight`."""

from ditan.api.console import (
    customers,
    disputes,
    feeds,
    finance,
    logs,
    me,
    methodology,
    overview,
    proposals,
    rewards,
)

HANDLERS = [
    me.me,
    *overview.HANDLERS,
    *proposals.HANDLERS,
    *methodology.HANDLERS,
    *rewards.HANDLERS,
    *finance.HANDLERS,
    *customers.HANDLERS,
    *disputes.HANDLERS,
    *feeds.HANDLERS,
    *logs.HANDLERS,
]

__all__ = ["HANDLERS"]
