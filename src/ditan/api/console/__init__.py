"""What the bank's staff ask. Each route says which roles may; what is computed lives in `ditan.insight`."""

from ditan.api.console import me, overview

HANDLERS = [
    me.me,
    *overview.HANDLERS,
]

__all__ = ["HANDLERS"]
