"""One turn of a worker: take a job, call the partner, write down what came of it. It may be killed anywhere.

`sent` is written before the call, so that an order which may have reached the partner is never cancelled as if it had
not. What is heard, the end of the job and the next job are one unit of work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from ditan.kernel.clock import Clock
from ditan.kernel.envelope import MasterKeys, Unreadable
from ditan.rewards import jobs
from ditan.rewards.addresses import address_of
from ditan.rewards.calling import Caller, Heard, Trouble
from ditan.rewards.changing import Kept, cancel_by_partner, change, heard, let_go, locked, note
from ditan.rewards.codes import OPEN, OrderReason, State
from ditan.rewards.jobs import Job
from ditan.store import Store
from ditan.store.pool import Connection

log = structlog.get_logger(__name__)

#: Where a turn can be cut off, in order: tests kill it at each.
STEPS: Final = ("taken", "marked", "called", "writing", "written")


class Bench(NamedTuple):
    """What a worker works with."""

    store: Store
    call: Caller
    clock: Clock
    keys: MasterKeys


def turn(bench: Bench, at: Callable[[str], None] = lambda _step: None) -> bool:
    """Do one job that is due; give whether there was one. `at` is told of each step."""
    now = bench.clock.now()
    job = bench.store.run(lambda connection: jobs.take(connection, now))
    if job is None:
        return False
    at("taken")
    order = bench.store.run(lambda connection: _mark(connection, job, now))
    at("marked")
    if order is None:
        return True
    told = _called(bench, job, order, now)
    at("called")
    now = bench.clock.now()

    def write(connection: Connection) -> None:
        _write(connection, job, told, now)
        at("writing")

    bench.store.run(write)
    at("written")
    log.info("job.done", kind=job.kind, attempts=job.attempts, trouble=told.trouble)
    return True


def _called(bench: Bench, job: Job, order: Kept, now: datetime) -> Heard:
    """Call the partner. Where goods go is read here and told at once: it is nowhere else in clear."""
    if job.kind != "send":
        return bench.call(job.kind, order, now)
    try:
        to = bench.store.read(lambda connection: address_of(connection, order.order_id, bench.keys))
    except Unreadable:
        return Heard(trouble=Trouble.NO_KEY)
    return bench.call(job.kind, order, now, to)


def _mark(connection: Connection, job: Job, now: datetime) -> Kept | None:
    """Give the order a job is about, marked as sent before it is; None: there is nothing to call for."""
    order = locked(connection, job.order_id)
    if order is None:
        return None
    if order.state in OPEN and now >= order.deadline:
        let_go(connection, order, now)
        return None
    if job.kind != "withdraw" and order.state not in OPEN:
        jobs.finish(connection, job)
        return None
    if order.state is State.HELD:
        return change(connection, order, State.SENT, OrderReason.SENDING, by="bank", at=now, now=now)
    return order


def _write(connection: Connection, job: Job, told: Heard, now: datetime) -> None:
    order = locked(connection, job.order_id)
    if order is None:
        return
    if told.said is not None and not (job.kind == "cancel" and told.said.state is State.CANCELLED):
        heard(connection, order, told.said, now)
        order = locked(connection, job.order_id) or order
    if job.kind == "withdraw":
        _write_withdrawn(connection, order, job, told, now)
    elif order.state not in OPEN:
        jobs.finish(connection, job)
        if job.kind == "send" and order.state is State.CANCELLED and told.said is None and not told.unknown:
            jobs.add(connection, order.order_id, "withdraw", now)  # cancelled while it was on its way
    elif now >= order.deadline:
        let_go(connection, order, now)
    elif job.kind == "cancel":
        _write_cancelled(connection, order, job, told, now)
    elif told.unknown:  # the partner lost it, or never had it: the same order again, under the same key
        jobs.finish(connection, job)
        jobs.add(connection, order.order_id, "send", now)
    elif told.trouble is not None:
        jobs.repeat(connection, job, now, deadline=order.deadline, trouble=told.trouble)
    elif job.kind == "send":
        jobs.finish(connection, job)
        jobs.add(connection, order.order_id, "ask", jobs.first_ask(order.deadline, now))
    else:
        jobs.repeat(connection, job, now, deadline=order.deadline)


def _write_cancelled(connection: Connection, order: Kept, job: Job, told: Heard, now: datetime) -> None:
    """Write down what a partner said to the wish to cancel. It says nothing, and the order goes on to its deadline."""
    if told.unknown or (told.said is not None and told.said.state is State.CANCELLED):
        cancel_by_partner(connection, order, now)
        if told.unknown:  # it may be on its way to the partner
            jobs.add(connection, order.order_id, "withdraw", now)
    elif told.trouble is not None:
        jobs.repeat(connection, job, now, deadline=order.deadline, trouble=told.trouble)
    else:
        if told.refused or (told.said is not None and told.said.state in OPEN):
            note(connection, order, OrderReason.CANCEL_REFUSED, by="partner", at=now, now=now)
        jobs.finish(connection, job)


def _write_withdrawn(connection: Connection, order: Kept, job: Job, told: Heard, now: datetime) -> None:
    if told.trouble is not None:
        jobs.repeat(connection, job, now, deadline=None, trouble=told.trouble)
        return
    if told.received or told.unknown:
        note(connection, order, OrderReason.WITHDRAWN, by="partner", at=now, now=now)
    jobs.finish(connection, job)
