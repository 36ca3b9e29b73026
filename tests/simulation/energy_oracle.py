"""A reference model of the life of energy: what a customer's energy may do, in plain Python and with nothing clever.

It shares no code with `ditan.ledger` and its functions in the database; it knows the rules from the design. Acts and
refunds are judged by the model of posting (`oracle.Ledger`); here begins what becomes of the energy they give.
Times are UTC and naive. A request is named by its customer and its request id; a hold by the request that made it.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from tests.simulation.oracle import FOREVER, Ending, Ledger, Offer, local

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LONG_AGO = datetime.min

Lots = dict[date, int]
"""Collected energy by the last day of its use."""


class Life(NamedTuple):
    """How long the energy of acts lives, by the methodology."""

    matures_after_days: int = 1
    matures_at: timedelta = timedelta(hours=7)
    collect_days: int = 7
    expires_months: int = 12


class Ball(NamedTuple):
    """Energy of one act, or of one award, until it is collected."""

    ripens: datetime
    collect_days: int
    months: int
    energy: int

    @property
    def until(self) -> datetime:
        return self.ripens + self.collect_days * DAY

    def ripe(self, at: datetime) -> bool:
        return self.ripens <= at < self.until


class Hold(NamedTuple):
    """What was set aside, and the lots it came from."""

    energy: int
    limited: str | None
    units: int
    deadline: datetime
    lots: tuple[tuple[date, int], ...]


class Op(NamedTuple):
    """An operation: the name of a method of `Books`, the time it is done at, and what it is given."""

    name: str
    at: datetime
    given: dict[str, Any]


class Answer(NamedTuple):
    """A code, and the energy that was moved; of a refusal, what there was."""

    code: str
    energy: int = 0


@dataclass
class Holder:
    """All of one customer's energy, and where the energy of each of its acts went."""

    balls: dict[UUID | str, Ball] = field(default_factory=dict)  # an award's is named by its request
    lots: Lots = field(default_factory=dict)
    held: int = 0
    owed: int = 0
    last_at: datetime = LONG_AGO
    ended: dict[UUID | str, date | None] = field(default_factory=dict)  # the lot it was collected into; None: lapsed
    expired: Counter[date] = field(default_factory=Counter)  # by lot
    returned: Counter[date] = field(default_factory=Counter)  # of that, what refunds took back: the bank's loss

    @property
    def pending(self) -> int:
        return sum(ball.energy for ball in self.balls.values())

    @property
    def available(self) -> int:
        return sum(self.lots.values())

    def fork(self) -> Holder:
        return Holder(self.balls.copy(), self.lots.copy(), self.held, self.owed, self.last_at, self.ended.copy(),
                      self.expired.copy(), self.returned.copy())  # fmt: skip


def last_day(at: datetime, months: int) -> date:
    """The end of the business month so many months on."""
    month = local(at).year * 12 + local(at).month - 1 + months + 1
    return date(month // 12, month % 12 + 1, 1) - DAY


def whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def take(lots: Lots, wanted: int) -> Lots:
    """Take energy out of lots, the one that expires first first; give what was taken."""
    taken: Lots = {}
    for day in sorted(lots):
        part = min(lots[day], wanted)
        if part:
            taken[day] = part
            wanted -= part
            lots[day] -= part
            if not lots[day]:
                del lots[day]
    return taken


def add(lots: Lots, more: Lots) -> None:
    for day, energy in more.items():
        if energy:
            lots[day] = lots.get(day, 0) + energy


class Books:
    """The model. Every method is one operation and gives what the ledger must answer."""

    def __init__(self, posting: Ledger, limited: Sequence[str] = (), life: Life | None = None) -> None:
        self.posting = posting
        self.life = life or Life()
        self.holders = {customer: Holder() for customer in posting.accounts}
        self.limited = dict.fromkeys(limited, 0)
        self.requests: dict[tuple[str, str], tuple[Any, Answer]] = {}
        self.holds: dict[tuple[str, str], Hold] = {}
        self.ends: dict[tuple[str, str], tuple[Any, Answer]] = {}

    def do(self, op: Op) -> Any:
        """Do one operation."""
        return getattr(self, op.name)(op.at, **op.given)

    def fork(self) -> Books:
        """A copy that goes its own way."""
        twin = copy.copy(self)
        twin.holders = {customer: holder.fork() for customer, holder in self.holders.items()}
        for name in ("limited", "requests", "holds", "ends"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    # --- earning, and taking back ---

    def post(self, at: datetime, acts: Sequence[Offer], refunds: Sequence[Offer]) -> dict[int, Ending]:
        """Post a batch. The energy of an act becomes a ball; that of a refund is taken from where it is."""
        self.posting = self.posting.fork()
        known = set(self.posting.reversals)
        endings = self.posting.post(acts, refunds)
        for offer in acts:
            ending = endings[offer.row_number]
            if ending.code == "posted" and ending.energy:
                self.holders[offer.customer].balls[offer.key] = self._ball(offer, ending.energy, at)
        new = [(of[0].at, key.bytes, of[1], of[3]) for key, of in self.posting.reversals.items() if key not in known]
        for _, _, act, energy in sorted(new):
            self._take_back(self.posting.acts[act].offer.customer, act, energy, at)
        return endings

    def _ball(self, offer: Offer, energy: int, at: datetime) -> Ball:
        """It ripens on a later business day; at the next whole minute if it is posted after that."""
        day = local(offer.at).replace(hour=0, minute=0, second=0, microsecond=0)
        due = day + self.life.matures_after_days * DAY + self.life.matures_at - timedelta(hours=8)
        posted = whole_minute(at)
        ripens = max(due, posted if posted == at else posted + MINUTE)
        return Ball(ripens, self.life.collect_days, self.life.expires_months, energy)

    def _take_back(self, customer: str, act: UUID, energy: int, at: datetime) -> None:
        """From the ball; else its lot, what of that has expired, other lots; the rest is debt. What lapsed is gone."""
        holder = self.holders[customer]
        self._settle(holder, at)
        holder.last_at = max(holder.last_at, at)
        if act in holder.balls:
            ball = holder.balls.pop(act)
            if ball.energy > energy:
                holder.balls[act] = ball._replace(energy=ball.energy - energy)
            return
        day = holder.ended.get(act)
        if not energy or day is None:
            return
        own = {day: holder.lots.pop(day, 0)}
        energy -= sum(take(own, energy).values())
        add(holder.lots, own)
        returned = min(energy, max(0, holder.expired[day] - holder.returned[day]))
        holder.returned[day] += returned
        energy -= returned
        energy -= sum(take(holder.lots, energy).values())
        holder.owed += energy

    # --- time ---

    def settle(self, at: datetime, customer: str) -> tuple[int, int]:
        """What nobody collected lapses; lots past their last day expire. Give both sums."""
        return self._settle(self.holders[customer], at)

    def _settle(self, holder: Holder, at: datetime) -> tuple[int, int]:
        lapsing = {key: ball for key, ball in holder.balls.items() if ball.until <= at}
        for key in lapsing:
            del holder.balls[key]
            holder.ended[key] = None
        expiring = {day: energy for day, energy in holder.lots.items() if day < local(at).date()}
        for day, energy in expiring.items():
            del holder.lots[day]
            holder.expired[day] += energy
        if lapsing or expiring:
            holder.last_at = max(holder.last_at, at)
        return sum(ball.energy for ball in lapsing.values()), sum(expiring.values())

    # --- what a customer asks ---

    def collect(self, at: datetime, taps: Sequence[tuple[str, str, UUID | None]]) -> list[Answer]:
        """Collect what is ripe; debt is paid first."""
        return [self._collect(at, *tap) for tap in taps]

    def _collect(self, at: datetime, customer: str, request: str, act: UUID | None) -> Answer:
        content = ("collect", act)
        if known := self._known(customer, request, content):
            return known
        if (refused := self._refused(customer, at)) is not None:
            return refused
        holder = self.holders[customer]
        ripe = {key: ball for key, ball in holder.balls.items() if ball.ripe(at) and act in (None, key)}
        if not ripe:
            return Answer("nothing")
        holder.last_at = max(holder.last_at, at)
        lots: Lots = {}
        for key, ball in ripe.items():
            del holder.balls[key]
            holder.ended[key] = last_day(holder.last_at, ball.months)
            add(lots, {last_day(holder.last_at, ball.months): ball.energy})
        energy = sum(lots.values())
        self._pay(holder, lots)
        add(holder.lots, lots)
        return self._done(customer, request, content, energy)

    def hold(
        self,
        at: datetime,
        customer: str,
        request: str,
        energy: int,
        deadline: datetime,
        limited: str | None = None,
        units: int = 0,
    ) -> Answer:
        """Set energy and units aside, both or neither."""
        content = ("hold", energy, deadline, limited, units)
        if known := self._known(customer, request, content):
            return known
        if (refused := self._refused(customer, at)) is not None:
            return refused
        if deadline <= at:
            return Answer("too_late")
        holder = self.holders[customer]
        if self._available(holder, at) < energy:
            return Answer("not_enough", self._available(holder, at))
        if limited is not None and self.limited[limited] < units:
            return Answer("used_up")
        self._settle(holder, at)
        if limited is not None:
            self.limited[limited] -= units
        lots = take(holder.lots, energy)
        holder.held += energy
        holder.last_at = max(holder.last_at, at)
        self.holds[customer, request] = Hold(energy, limited, units, deadline, tuple(sorted(lots.items())))
        return self._done(customer, request, content, energy)

    def capture(self, at: datetime, customer: str, request: str, energy: int | None = None) -> Answer:
        """Use a hold before its deadline, the lots that expire first first."""
        return self._end(at, customer, request, ("capture", energy), energy)

    def release(self, at: datetime, customer: str, request: str) -> Answer:
        """Give a hold back, whenever."""
        return self._end(at, customer, request, ("release",), None)

    def _end(self, at: datetime, customer: str, request: str, content: Any, energy: int | None) -> Answer:
        hold = self.holds.get((customer, request))
        if hold is None:
            return Answer("no_hold")
        if (customer, request) in self.ends:
            known, answer = self.ends[customer, request]
            same = Answer("exists", answer.energy)
            return (
                same if known == content else answer._replace(code="captured" if known[0] == "capture" else "released")
            )
        capturing = content[0] == "capture"
        if capturing and hold.deadline <= at:
            return Answer("too_late")
        used = (hold.energy if energy is None else energy) if capturing else 0
        if used > hold.energy:
            return Answer("not_enough", hold.energy)
        holder, lots = self.holders[customer], dict(hold.lots)
        take(lots, used)
        self._pay(holder, lots)
        add(holder.lots, lots)
        holder.held -= hold.energy
        holder.last_at = max(holder.last_at, at)
        if any(day < local(at).date() for day in lots):
            self._settle(holder, at)  # what expired meanwhile does not come back to life
        if not capturing and hold.limited is not None:
            self.limited[hold.limited] += hold.units
        answer = Answer("done", used if capturing else hold.energy)
        self.ends[customer, request] = content, answer
        return answer

    # --- what others give and correct ---

    def award(
        self, at: datetime, customer: str, request: str, energy: int, budget: str, collect_days: int, months: int
    ) -> Answer:
        """A ball that is ripe at once, from a campaign's budget."""
        content = ("award", energy, budget, collect_days, months)
        if known := self._known(customer, request, content):
            return known
        if (refused := self._refused(customer, at)) is not None:
            return refused
        if self.limited[budget] < energy:
            return Answer("used_up")
        self.limited[budget] -= energy
        holder = self.holders[customer]
        holder.balls[request] = Ball(whole_minute(at), collect_days, months, energy)
        holder.last_at = max(holder.last_at, at)
        return self._done(customer, request, content, energy)

    def adjust(self, at: datetime, customer: str, request: str, energy: int, months: int) -> Answer:
        """A correction: up, debt first, or down as far as there is something."""
        content = ("adjust", customer, energy)
        if known := self._known("", request, content):
            return known
        if customer not in self.holders:
            return Answer("no_account")
        holder = self.holders[customer]
        if energy < 0 and self._available(holder, at) < -energy:
            return Answer("not_enough", self._available(holder, at))
        self._settle(holder, at)
        holder.last_at = max(holder.last_at, at)
        if energy < 0:
            take(holder.lots, -energy)
        else:
            lots = {last_day(holder.last_at, months): energy}
            self._pay(holder, lots)
            add(holder.lots, lots)
        return self._done("", request, content, energy)

    def supply(self, at: datetime, limited: str, request: str, units: int) -> Answer:
        """Units into a limited account, or out of it as far as there are some."""
        content = ("supply", limited, units)
        if known := self._known("", request, content):
            return known
        if self.limited[limited] + units < 0:
            return Answer("used_up", self.limited[limited])
        self.limited[limited] += units
        return self._done("", request, content, units)

    def close(self, at: datetime, customer: str) -> None:
        """The account closes: nothing is earned, collected, held or awarded any more; what is held may end."""
        self.posting = self.posting.fork()
        account = self.posting.accounts[customer]
        account.closed = min(account.closed, at)

    # --- what all of them do ---

    def _known(self, customer: str, request: str, content: Any) -> Answer | None:
        if (customer, request) not in self.requests:
            return None
        known, answer = self.requests[customer, request]
        return Answer("exists", answer.energy) if known == content else Answer("conflict")

    def _done(self, customer: str, request: str, content: Any, energy: int) -> Answer:
        answer = Answer("done", energy)
        self.requests[customer, request] = content, answer
        return answer

    def _refused(self, customer: str, at: datetime) -> Answer | None:
        if customer not in self.holders:
            return Answer("no_account")
        return Answer("closed") if self.posting.accounts.get(customer).closed <= at else None

    @staticmethod
    def _available(holder: Holder, at: datetime) -> int:
        return sum(energy for day, energy in holder.lots.items() if day >= local(at).date())

    @staticmethod
    def _pay(holder: Holder, lots: Lots) -> None:
        """Debt takes its part of what comes in."""
        holder.owed -= sum(take(lots, holder.owed).values())

    # --- comparing ---

    def dump(self) -> dict[str, Any]:
        """All that can be seen of the state, and all that later answers depend on, in an order of its own."""
        found: dict[str, Any] = {"limited": dict(sorted(self.limited.items()))}
        for customer, holder in self.holders.items():
            found[customer] = {
                "sums": (holder.pending, holder.available, holder.held, holder.owed),
                "last_at": holder.last_at,
                "balls": sorted((_act(key), *ball) for key, ball in holder.balls.items()),
                "lots": sorted(holder.lots.items()),
                "ended": sorted((_act(key), day or date.min) for key, day in holder.ended.items()),
                "expired": sorted(item for item in holder.expired.items() if item[1]),
                "returned": sorted(item for item in holder.returned.items() if item[1]),
            }
        found["holds"] = sorted((name, of.energy, of.units, of.lots) for name, of in self.holds.items())
        return found

    def fingerprint(self) -> str:
        """The same for the same state: for remembering where a search has been."""
        return repr(self.dump())


def _act(key: UUID | str) -> str:
    return str(key) if isinstance(key, UUID) else "award"


__all__ = ["DAY", "FOREVER", "MINUTE", "Answer", "Ball", "Books", "Ending", "Hold", "Holder", "Life", "Lots", "Op"]
