"""The store of record: one PostgreSQL, embedded by default or any server ≥ 16 by URL.

In: `Settings`. Out: a `Store` that hands out connections and units of work as the role `ditan_app`,
which may not change history (INV-04). What was committed survives `kill -9` (INV-12).
A broken constraint named after an invariant leaves as `InvariantViolation`, in one place.
"""

from ditan.store.migrations import migrate
from ditan.store.pool import StatementCount, Store
from ditan.store.statements import load_statements

__all__ = ["StatementCount", "Store", "load_statements", "migrate"]
