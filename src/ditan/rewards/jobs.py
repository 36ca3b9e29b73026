"""What is still to be done for orders: a queue in PostgreSQL, filled in the unit of work that makes a job necessary.

A worker takes a job by moving it into the future; a worker that dies needs nobody to notice. Doing a job twice is
harmless: orders change under the lock of their customer, and partners are called under the order's own key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from ditan.kernel import limits
from ditan.model import Noun
from ditan.rewards import store

_LEASE = timedelta(seconds=limits.job_lease_seconds)
_LAST_ASK = timedelta(minutes=limits.ask_before_minutes)


class Job(Noun, kw_only=True):
    """Something to be done: `send` an order, `ask` for it, `withdraw` it, or have the partner `cancel` it."""

    job_id: int
    order_id: UUID
    kind: str
    attempts: int


def take(connection: psycopg.Connection[Any], now: datetime) -> Job | None:
    """Take the oldest job that is due, for a while; None: there is none."""
    rows = store.fetch(connection, "take_job", {"now": now, "until": now + _LEASE})
    return Job(**rows[0]) if rows else None


def add(connection: psycopg.Connection[Any], order_id: UUID, kind: str, due_at: datetime) -> None:
    """Have something done; what is waited for already is only done sooner."""
    store.write(connection, "write_job", {"order_id": order_id, "kind": kind, "due_at": due_at})


def finish(connection: psycopg.Connection[Any], job: Job) -> None:
    """It is done."""
    store.write(connection, "finish_job", {"job_id": job.job_id})


def repeat(
    connection: psycopg.Connection[Any],
    job: Job,
    now: datetime,
    *,
    deadline: datetime | None,
    trouble: str | None = None,
) -> None:
    """Do it again, later each time; once more shortly before the deadline of an open order, and at it."""
    first, most = (
        (limits.job_again_seconds * 2, limits.job_again_seconds_max)
        if trouble or job.kind != "ask"
        else (limits.ask_again_seconds, limits.ask_again_seconds_max)
    )
    due_at = now + timedelta(seconds=min(first * 2 ** min(job.attempts - 1, 16), most))
    if deadline is not None:
        last = deadline - _LAST_ASK
        due_at = min(due_at, last if now < last else deadline)
    store.write(connection, "repeat_job", {"job_id": job.job_id, "due_at": due_at, "trouble": trouble})


def next_due(connection: psycopg.Connection[Any]) -> datetime | None:
    """Give the moment at which there is something to do; None: nothing waits."""
    due: datetime | None = store.fetch(connection, "next_due", {})[0]["due_at"]
    return due


def first_ask(deadline: datetime, now: datetime) -> datetime:
    """Give when an order that was sent is asked for first, should the partner say nothing."""
    last = deadline - _LAST_ASK
    return min(now + timedelta(seconds=limits.ask_again_seconds), last if now < last else deadline)
