"""Many threads do operations at once; afterwards an order is looked for in which the model gives the same answers.

A run is rounds. In a round each thread does its own operations, one after the other; then all of them wait. Of every
operation it is known when it was sent and when its answer was there. The search looks for one order of the round's
operations that does not turn round what was one after the other, in which the model (`energy_oracle.py`) gives every
answer that was observed, and after which it is in the state that the database is in. The next round begins there.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import duckdb
from tests.simulation.energy_oracle import DAY, MINUTE, Books, Op
from tests.simulation.energy_plan import HOUR, Plan
from tests.simulation.energy_running import EnergyBank

from ditan.cli.ingest import DUCK

#: Between rounds the clock goes on; within one, the clocks of the threads differ a little.
_BETWEEN: Final = (MINUTE, 3 * HOUR, 8 * HOUR, DAY, DAY, 2 * DAY, 7 * DAY, 31 * DAY, 370 * DAY)
_WITHIN: Final = (timedelta(0), timedelta(seconds=1), timedelta(seconds=40), 5 * MINUTE, -MINUTE, 4 * HOUR)

#: A round of twenty operations is explained in some dozens of steps; one that cannot be runs into this.
STEPS_MAX: Final = 20_000


class Done(NamedTuple):
    """An operation, when it was sent and answered, and the answer."""

    thread: int
    op: Op
    sent: float
    answered: float
    answer: Any

    def __str__(self) -> str:
        span = f"{self.sent * 1000:9.2f}–{self.answered * 1000:9.2f} ms"
        return f"thread {self.thread} {span} {self.op.name} {self.op.at} {self.op.given} → {self.answer}"


class Unexplained(AssertionError):
    """No serial order explains what was observed."""


@dataclass
class Driver:
    """Schedules drawn from a seed: the same seed is the same operations of the same threads in the same rounds."""

    bank: EnergyBank
    seed: str
    threads: int = 8
    each: int = 2  # operations per thread and round

    def schedule(self, rounds: int) -> list[list[list[Op]]]:
        """Give the operations of each round and thread. Nothing in it depends on an answer."""
        rng = random.Random(self.seed)
        plan = Plan(rng.randint, self.bank.names, self.bank.limited_names)
        plan.may_close = False
        found, now = [[[op] for op in plan.first()]], plan.at
        for _ in range(rounds):
            now += rng.choice(_BETWEEN)
            plan.refundable = len(plan.acts)
            latest = len(plan.holds)
            plan.holds = plan.holds[max(0, latest - 12) :]
            found.append(
                [[plan.next(now + rng.choice(_WITHIN)) for _ in range(self.each)] for _ in range(self.threads)]
            )
        self.asked = plan.asked
        return found

    def run(self, rounds: int, progress: Callable[[int, int], None] = lambda _round, _steps: None) -> list[Done]:
        """Run all rounds, explaining each. Give all that was done."""
        model, everything = self.bank.open(), []
        schedule = self.schedule(rounds)
        with ExitStack() as stack:
            banks = [self.bank.another(stack.enter_context(duckdb.connect(config=DUCK))) for _ in range(self.threads)]
            pool = stack.enter_context(ThreadPoolExecutor(self.threads))
            for number, lists in enumerate(schedule):
                done = _together(pool, banks, lists)
                everything += done
                search = Search(done, self.bank.dump(self.asked))
                model = search.explain(model, f"seed {self.seed!r}, round {number}")
                progress(number, search.steps)
        return everything


def _together(pool: ThreadPoolExecutor, banks: Sequence[EnergyBank], lists: Sequence[list[Op]]) -> list[Done]:
    """Each list by a thread of its own, all starting at once."""
    gate = threading.Barrier(len(lists))

    def work(thread: int, ops: list[Op]) -> list[Done]:
        gate.wait(timeout=30)
        done = []
        for op in ops:
            sent = time.perf_counter()
            answer = banks[thread].do(op)
            done.append(Done(thread, op, sent, time.perf_counter(), answer))
        return done

    futures = [pool.submit(work, thread, ops) for thread, ops in enumerate(lists)]
    return [one for future in futures for one in future.result(timeout=100)]


class Search:
    """Depth first, the operation that was answered first tried first, and no state visited twice."""

    def __init__(self, done: Sequence[Done], end: dict[str, Any]) -> None:
        self.done = sorted(done, key=lambda one: one.answered)
        self.end = end
        self.seen: set[tuple[int, str]] = set()
        self.steps = 0
        self.longest: list[Done] = []
        # An operation comes after all that were answered before it was sent.
        self.before = [
            sum(1 << n for n, other in enumerate(self.done) if other.answered < one.sent) for one in self.done
        ]

    def explain(self, start: Books, what: str) -> Books:
        """Give the model after an order that explains everything.

        Raises: Unexplained, with the longest part that could be explained.
        """
        found = self._go(start, 0, [])
        if found is not None:
            return found
        lines = "\n  ".join(map(str, self.done))
        rest = [one for one in self.done if one not in self.longest]
        raise Unexplained(
            f"{what}: no serial order explains it ({self.steps} steps)\n  {lines}\nexplained: {len(self.longest)};"
            f" not: {'; '.join(map(str, rest)) or 'the state at the end'}\nstate: {self.end}"
        )

    def _go(self, model: Books, taken: int, path: list[Done]) -> Books | None:
        if len(path) > len(self.longest):
            self.longest = path.copy()
        if len(path) == len(self.done):
            return model if model.dump() == self.end else None
        for number, one in enumerate(self.done):
            if taken >> number & 1 or self.before[number] & ~taken:
                continue
            self.steps += 1
            if self.steps > STEPS_MAX:
                return None
            twin = model.fork()
            if twin.do(one.op) != one.answer:
                continue
            place = taken | 1 << number, twin.fingerprint()
            if place in self.seen:
                continue
            self.seen.add(place)
            if (found := self._go(twin, taken | 1 << number, [*path, one])) is not None:
                return found
        return None
