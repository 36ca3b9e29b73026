"""The rows of `ledger.holder` on their way to DuckDB and back, thousands at once and without a loop over customers.

Coming, PostgreSQL joins each column of all holders into one value, which NumPy reads as an array. Going, what a batch
changes of a customer is a row of lists (quota, balls), written for binary COPY by `staging`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_POSTGRES_EPOCH_US: Final = 946_684_800_000_000  # 2000-01-01 in microseconds since 1970-01-01
_FOREVER: Final = 2**63 - 1
_PERMIT: Final = ("code", "from_us", "to_us")
_QUOTA: Final = ("quota_key", "acts", "mg", "days_01", "days_13", "days_25", "last_us")

Numbers = npt.NDArray[np.int64]


class Holders(NamedTuple):
    """What posting must know of the customers of a batch: a row each, their permits, what is used of their quotas."""

    holder: pa.Table
    permit: pa.Table
    used: pa.Table


def read_holders(answer: tuple[bytes | None, ...]) -> Holders:
    """Take the answer of `read_holders` apart: columns of numbers, in network order, joined over all customers."""
    numbers, ids, opened, closed, permit_bytes, permits, quota_bytes, quotas = (
        np.frombuffer(value or b"", dtype=">i4" if place in {0, 4, 6} else ">i8").astype(np.int64)
        for place, value in enumerate(answer)
    )
    shift = np.where(closed == _FOREVER, 0, _POSTGRES_EPOCH_US)
    holder = pa.table(
        {
            "customer_no": numbers,
            "customer_id": ids,
            "opened_us": opened + _POSTGRES_EPOCH_US,
            "closed_us": closed + shift,
        }
    )
    return Holders(holder, _records(ids, permit_bytes, permits, _PERMIT), _records(ids, quota_bytes, quotas, _QUOTA))


def _records(ids: Numbers, sizes: Numbers, values: Numbers, names: tuple[str, ...]) -> pa.Table:
    """Rows of as many numbers as there are names; `sizes`: the bytes of each customer's."""
    rows = values.reshape(-1, len(names))
    owners = np.repeat(ids, sizes // (8 * len(names)))
    return pa.table({"customer_id": owners} | {name: rows[:, n] for n, name in enumerate(names)})


def quotas_after(used: pa.Table, spent: pa.Table) -> pa.Table:
    """Add what a batch spent of its customers' quotas to what the same customers used before.

    Both: customer_id and the seven numbers. Gives the same, in order of customer and quota. A holder keeps two months.
    """
    names = ("customer_id", *_QUOTA)
    both = {name: np.concatenate([_numbers(used, name), _numbers(spent, name)]) for name in names}
    order = np.lexsort((both["quota_key"], both["customer_id"]))
    rows = {name: values[order] for name, values in both.items()}
    starts = _starts(rows["customer_id"], rows["quota_key"])
    kept = {name: rows[name][starts] for name in ("customer_id", "quota_key")}
    for name in _QUOTA[1:]:
        kept[name] = (np.maximum if name == "last_us" else np.add).reduceat(rows[name], starts)
    latest = _of_two_latest_months(kept["customer_id"], kept["quota_key"] // 100)
    return pa.table({name: values[latest] for name, values in kept.items()})


def _starts(*keys: Numbers) -> npt.NDArray[np.intp]:
    """Where a run of equal keys begins."""
    changed = np.any([np.diff(key, prepend=key[:1] - 1) != 0 for key in keys], axis=0)
    return np.flatnonzero(changed)


def _of_two_latest_months(customers: Numbers, months: Numbers) -> npt.NDArray[np.bool_]:
    """Which rows, in order of customer and month, are of the two latest months of their customer."""
    starts = _starts(customers, months)
    month_of_row = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(customers)))
    of_customer = customers[starts]
    last_month = np.searchsorted(of_customer, of_customer, side="right") - 1
    latest: npt.NDArray[np.bool_] = (last_month - np.arange(len(starts)) < 2)[month_of_row]
    return latest


def changes(gained: pa.Table, quotas: pa.Table, balls: pa.Table) -> pa.Table:
    """Put together one row per customer.

    `gained`: customer_id, carbon_mg, energy, due_minute; `quotas`: customer_id and the seven numbers of each used
    quota; `balls`: customer_id, act_id, ball. All three in order of customer_id. Gives `gained` and the lists quota
    (binary), ball_keys and balls.
    """
    ids = _numbers(gained, "customer_id")
    quota = np.stack([_numbers(quotas, name) for name in _QUOTA], axis=1).astype(">i8")
    quota_ends = np.searchsorted(_numbers(quotas, "customer_id"), ids, side="right")
    quota_bytes = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(ids), [None, _offsets(quota_ends * quota.shape[1] * 8), pa.py_buffer(quota.tobytes())]
    )
    ball_ends = np.searchsorted(_numbers(balls, "customer_id"), ids, side="right")
    offsets = pa.array(np.concatenate([[0], ball_ends]).astype(np.int32))
    keys = pa.ListArray.from_arrays(offsets, pa.array(ball_keys(balls.column("act_id"))))
    values = pa.ListArray.from_arrays(offsets, pa.array(_numbers(balls, "ball")))
    return gained.append_column("quota", quota_bytes).append_column("ball_keys", keys).append_column("balls", values)


def ball_keys(act_ids: pa.ChunkedArray) -> Numbers:
    """Give the first 64 bits of each act's id, signed: what it is called among the balls of its customer."""
    whole = act_ids.combine_chunks()
    raw: Any = whole.storage if isinstance(whole, pa.ExtensionArray) else whole
    pairs = np.frombuffer(raw.buffers()[1], dtype=">i8", count=2 * len(raw), offset=raw.offset * 16)
    return pairs[::2].astype(np.int64)


def _offsets(ends: Numbers) -> pa.Buffer:
    return pa.py_buffer(np.concatenate([[0], ends]).astype(np.int64).tobytes())


def _numbers(table: pa.Table, name: str) -> Numbers:
    return np.asarray(table.column(name).to_numpy(), dtype=np.int64)
