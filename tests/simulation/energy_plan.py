"""Draw operations on energy: near every edge, sent again, with the clock going on by minutes or by years.

What is drawn depends only on the numbers that `pick` gives, never on an answer, so the same seed is the same schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tests.simulation.energy_oracle import DAY, MINUTE, Op
from tests.simulation.energy_running import BILL, OPENED
from tests.simulation.oracle import Offer

from ditan.kernel.ids import key

Pick = Callable[[int, int], int]
"""Gives a whole number from the first to the second, both included."""

NOBODY = "cust-nobody"
HOUR = timedelta(hours=1)

#: How far the clock goes before an operation, and how often. It may also go back.
STEPS: Final = (
    *[timedelta(0)] * 10, *[MINUTE] * 6, *[3 * HOUR] * 10, *[7 * HOUR] * 8, *[DAY] * 8, *[20 * MINUTE] * 6,
    *[timedelta(seconds=30)] * 3, *[2 * DAY] * 3, -MINUTE, -2 * HOUR, 7 * DAY, 8 * DAY, 31 * DAY, 200 * DAY, 380 * DAY,
)  # fmt: skip
_KINDS: Final = (
    *["post"] * 3, *["collect"] * 7, *["hold"] * 5, *["capture"] * 3, *["release"] * 2, *["refund"] * 3, *["award"] * 2,
    *["adjust"] * 2, *["supply"] * 2, "settle", "again", "again", "other", "close",
)  # fmt: skip


class Plan:
    """Draws one operation after the other."""

    def __init__(self, pick: Pick, customers: Sequence[str], limited: Sequence[str]) -> None:
        self.pick, self.customers, self.limited = pick, list(customers), list(limited)
        self.at = OPENED + 30 * DAY + 9 * HOUR
        self.latest = self.at
        self.acts: list[Offer] = []
        self.refundable = 0  # of these, the first so many
        self.refunds: list[Offer] = []
        self.holds: list[tuple[str, str]] = []  # that may be ended
        self.asked: list[tuple[str, str]] = []  # all of them
        self.sent: list[Op] = []
        self.drawn = 0
        self.may_close = True

    def first(self) -> list[Op]:
        """Something in every limited account."""
        return [self._op("supply", limited=name, request=f"first {name}", units=100) for name in self.limited]

    def next(self, at: datetime | None = None) -> Op:
        """The next operation, at a time drawn from `STEPS` or given."""
        self.at = at or (self._turn() if self.pick(0, 20) == 20 else self.at + self._of(STEPS))
        self.latest = max(self.latest, self.at)
        self.drawn += 1
        if at is None:
            self.refundable = len(self.acts)
        op = getattr(self, f"_{self._of(_KINDS)}")()
        self.sent.append(op)
        return op

    def _turn(self) -> datetime:
        """Around the next midnight of business days, or of months: when balls and lots come to their ends."""
        local = self.at + 8 * HOUR
        day = local.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        month = (local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + 32 * DAY).replace(day=1)
        return self._of((month, month, day, day + 7 * HOUR)) - 8 * HOUR - self._of((timedelta(0), MINUTE))

    def _of(self, values: Sequence[Any]) -> Any:
        return values[self.pick(0, len(values) - 1)]

    def _customer(self) -> str:
        return NOBODY if self.pick(0, 30) == 30 else self._of(self.customers)

    def _request(self) -> str:
        return f"request-{self.drawn}"

    def _op(self, name: str, **given: Any) -> Op:
        return Op(name, self.at, given)

    def heard(self, op: Op, answer: Any) -> None:
        """What became of an operation: of a hold that was refused nothing is asked any more, nearly always."""
        if op.name == "hold" and answer.code not in {"done", "exists", "conflict"} and len(self.holds) > 1:
            name = op.given["customer"], op.given["request"]
            self.holds = [hold for hold in self.holds if hold != name] or self.holds

    # --- one method per kind ---

    def _post(self) -> Op:
        acts = [self._act(n) for n in range(1, self.pick(1, 6) + 1)]
        if self.acts and self.pick(0, 7) == 7:
            acts.append(self._of(self.acts)._replace(row_number=9))
        self.acts += acts[: len(acts)]
        return self._op("post", acts=acts, refunds=[])

    def _act(self, row: int) -> Offer:
        name, customer = f"{self.drawn}/{row}", self._of(self.customers)
        return Offer(
            row_number=row,
            key=key("event", name),
            content=key("content", name),
            at=self.at - self._of((timedelta(0), MINUTE, 10 * HOUR, 3 * DAY)),
            fen=self._of((100, 3, 7)),
            customer=customer,
            scenario=BILL,
            card=f"card-{customer}",
            carbon_mg=self._of((1_000, 0, 333)),
            energy=self._of((20, 50, 100, 7, 200, 0)),
        )

    def _refund(self) -> Op:
        """Up to three refunds, also of one act; some come a second time."""
        if not self.refundable:
            return self._post()
        refunds = {offer.key: offer for offer in (self._back(n) for n in range(1, self.pick(1, 3) + 1))}
        if self.refunds and self.pick(0, 3) == 3:
            before = self._of(self.refunds)
            refunds.setdefault(before.key, before)
        self.refunds += list(refunds.values())
        numbered = [offer._replace(row_number=n) for n, offer in enumerate(refunds.values(), start=1)]
        return self._op("post", acts=[], refunds=numbered)

    def _back(self, row: int) -> Offer:
        of = self.acts[self.pick(0, self.refundable - 1)] if self.pick(0, 2) else self.acts[self.refundable - 1]
        name = f"refund {self.drawn}/{row}"
        return Offer(
            row_number=row,
            key=key(name),
            content=key("content of", name),
            at=self.at,
            fen=self._of((of.fen, 1, of.fen // 2 + 1)),
            customer=of.customer,
            original=of.key,
            reversal=self.pick(0, 5) == 5,
            refund=True,
        )

    def _collect(self) -> Op:
        first = self._customer()
        act = self._of(self.acts).key if self.acts and self.pick(0, 3) == 3 else None
        taps = [(first, self._request(), act)]
        if first != NOBODY and self.pick(0, 3) == 3:
            taps += [(name, self._request(), None) for name in self.customers if name != first]
        return self._op("collect", taps=taps)

    def _hold(self) -> Op:
        customer, request = self._customer(), self._request()
        deadline = self.at + self._of((DAY, 4 * HOUR, 40 * DAY, DAY, 400 * DAY, 4 * HOUR, timedelta(0)))
        given: dict[str, Any] = {"energy": self._of((20, 5, 1, 33, 70, 90)), "deadline": deadline}
        if self.pick(0, 1):
            given |= {"limited": self._of(self.limited), "units": self._of((1, 2, 5))}
        self.holds.append((customer, request))
        self.asked.append((customer, request))
        return self._op("hold", customer=customer, request=request, **given)

    def _capture(self) -> Op:
        if not self.holds:
            return self._hold()
        customer, request = self.holds[-1] if self.pick(0, 1) else self._of(self.holds)
        return self._op("capture", customer=customer, request=request, energy=self._of((None, 1, 5, 19, 33)))

    def _release(self) -> Op:
        if not self.holds:
            return self._hold()
        customer, request = self.holds[-1] if self.pick(0, 1) else self._of(self.holds)
        return self._op("release", customer=customer, request=request)

    def _award(self) -> Op:
        given = {"energy": self._of((10, 1, 40)), "collect_days": self._of((7, 1, 31)), "months": self._of((12, 0, 2))}
        budget = next(name for name in self.limited if name.startswith("budget"))
        return self._op("award", customer=self._customer(), request=self._request(), budget=budget, **given)

    def _adjust(self) -> Op:
        given = {"energy": self._of((10, -5, 30, -40)), "months": self._of((12, 0, 1))}
        return self._op("adjust", customer=self._customer(), request=self._request(), **given)

    def _supply(self) -> Op:
        units = self._of((10, 100, 20, -3, -50))
        return self._op("supply", limited=self._of(self.limited), request=self._request(), units=units)

    def _settle(self) -> Op:
        return self._op("settle", customer=self._of(self.customers))

    def _again(self) -> Op:
        """The same request, later."""
        before = self._of(self.sent[-40:]) if self.sent else self._post()
        return self._settle() if before.name == "close" else before._replace(at=self.at)

    def _other(self) -> Op:
        """A request id that was used before, for something else."""
        named = [op for op in self.sent[-40:] if op.name in {"hold", "award", "adjust", "supply"}]
        if not named:
            return self._supply()
        before = self._of(named)
        what = "units" if before.name == "supply" else "energy"
        return before._replace(at=self.at, given=before.given | {what: before.given[what] * 2})

    def _close(self) -> Op:
        """The last customer's, seldom, and never dated before what was posted."""
        if not self.may_close or self.pick(0, 9) < 9:
            return self._settle()
        return Op("close", self.latest + MINUTE, {"customer": self.customers[-1]})
