"""A reference model of the ledger: what posting must do, in plain Python, row after row and with nothing clever.

It shares no code with `ditan.ledger`. It knows the rules only from the design: once forever, whose and when, one
occasion, one journey, caps by the business day and month, refunds in proportion.
"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

FOREVER = datetime.max
BUSINESS_HOURS = timedelta(hours=8)


class Limits(NamedTuple):
    """What a methodology says of one scenario. A day has at most 31 acts and a month 961 where there is no cap."""

    purposes: frozenset[str]
    daily: int = 31
    monthly: int = 961
    monthly_mg: int = 2**62
    energy_daily: int = 31
    energy_monthly: int = 961
    gap: timedelta = timedelta(0)


class Offer(NamedTuple):
    """A quantified row, or a refund."""

    row_number: int
    key: UUID
    content: UUID
    at: datetime  # UTC, naive
    fen: int
    customer: str = ""
    scenario: int = 0
    card: str | None = None
    payment: bool = True  # by card; else business done online
    carbon_mg: int = 0
    energy: int = 0
    occasion: str | None = None
    match: UUID | None = None
    original: UUID | None = None  # of a refund
    reversal: bool = False
    refund: bool = False


class Ending(NamedTuple):
    """How a row ended, and what it gave (a refund: took, below zero)."""

    code: str
    carbon_mg: int = 0
    energy: int = 0
    cut: int = 0


@dataclass
class Account:
    """From when to when; open ends are `FOREVER`."""

    opened: datetime
    closed: datetime = FOREVER
    consents: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    cards: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)


@dataclass
class Act:
    """What stays of an act. One that was set aside gave nothing and is known all the same."""

    offer: Offer
    carbon_mg: int
    energy: int
    aside: str = ""  # `same_occasion` or `too_soon`
    cut: int = 0
    refunded_fen: int = 0
    taken_mg: int = 0
    taken_energy: int = 0
    emptied: bool = False


@dataclass
class Use:
    """What of the caps of one customer, scenario and month is used."""

    acts: int = 0
    mg: int = 0
    days: Counter[int] = field(default_factory=Counter)


def half_even(value: Fraction) -> int:
    whole, rest = divmod(value.numerator, value.denominator)
    twice = 2 * rest - value.denominator
    return whole + (twice > 0 or (twice == 0 and whole % 2 == 1))


def local(at: datetime) -> datetime:
    return at + BUSINESS_HOURS


def holds(spells: Iterable[tuple[datetime, datetime]], at: datetime) -> bool:
    return any(since <= at < until for since, until in spells)


class Ledger:
    """The model. `post` takes one batch and gives the ending of each of its rows."""

    def __init__(self, limits: dict[int, Limits]) -> None:
        self.limits = limits
        self.accounts: dict[str, Account] = {}
        self.acts: dict[UUID, Act] = {}
        self.reversals: dict[UUID, tuple[Offer, UUID, int, int]] = {}  # by the refund's key
        self.waiting: dict[UUID, Offer] = {}
        self.occasions: dict[tuple[int, str, str], UUID] = {}
        self.uses: defaultdict[tuple[str, int, int], Use] = defaultdict(Use)
        self.journeys: defaultdict[tuple[str, int], list[datetime]] = defaultdict(
            list
        )  # acts that are no mere occasion
        self.matches: defaultdict[UUID, list[Offer]] = defaultdict(list)
        self.conflicts: set[tuple[UUID, UUID]] = set()
        self.released = 0

    def fork(self) -> Ledger:
        """A copy that goes its own way; what never changes is shared."""
        twin = copy.copy(self)
        twin.accounts = {name: replace(account) for name, account in self.accounts.items()}
        twin.acts = {key: replace(act) for key, act in self.acts.items()}
        twin.uses = defaultdict(Use, {place: replace(use, days=use.days.copy()) for place, use in self.uses.items()})
        twin.journeys = defaultdict(list, {who: times.copy() for who, times in self.journeys.items()})
        twin.matches = defaultdict(list, {match: offers.copy() for match, offers in self.matches.items()})
        for name in ("reversals", "waiting", "occasions", "conflicts"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    # --- acts ---

    def post(self, acts: Sequence[Offer], refunds: Sequence[Offer]) -> dict[int, Ending]:
        """Post a batch: acts in order of occurrence, then refunds."""
        self.released = 0
        endings: dict[int, Ending] = {}
        eligible: list[Offer] = []
        for offer in sorted(acts, key=lambda o: (o.at, o.row_number)):
            refused = self._known(offer) or self._whose(offer)
            if refused:
                endings[offer.row_number] = Ending(refused)
            else:
                eligible.append(offer)
        aside = self._aside(eligible)
        endings |= self._within_caps(eligible, aside)
        refused = {o.key for o in acts if endings[o.row_number].code in {"no_account", "no_consent", "card_not_linked"}}
        return endings | self._refund(refunds, {o.key for o in acts}, refused)

    def _known(self, offer: Offer) -> str:
        if offer.key in self.acts:
            known = self.acts[offer.key].offer
        elif offer.key in self.reversals:
            known = self.reversals[offer.key][0]
        elif offer.key in self.waiting:
            known = self.waiting[offer.key]
        else:
            return ""
        if known.content == offer.content:
            return "duplicate"
        self.conflicts.add((offer.key, offer.content))
        return "conflict"

    def _whose(self, offer: Offer) -> str:
        account = self.accounts.get(offer.customer)
        if account is None or not account.opened <= offer.at < account.closed:
            return "no_account"
        purposes = self.limits[offer.scenario].purposes
        if not all(holds(account.consents.get(purpose, []), offer.at) for purpose in purposes):
            return "no_consent"
        if offer.payment and not holds(account.cards.get(offer.card or "", []), offer.at):
            return "card_not_linked"
        return ""

    def _aside(self, eligible: Sequence[Offer]) -> dict[UUID, str]:
        """Which are the same occasion as another act, or part of the same journey as the act before."""
        aside: dict[UUID, str] = {}
        taken: set[tuple[int, str, str]] = set()
        last: dict[tuple[str, int], datetime] = {}
        for offer in eligible:
            place = (offer.scenario, offer.customer, offer.occasion or "")
            if offer.occasion is not None and (place in self.occasions or place in taken):
                aside[offer.key] = "same_occasion"
                continue
            if offer.occasion is not None:
                taken.add(place)
            gap, who = self.limits[offer.scenario].gap, (offer.customer, offer.scenario)
            near = any(abs(at - offer.at) < gap for at in self.journeys[who])
            if near or (who in last and offer.at - last[who] < gap):
                aside[offer.key] = "too_soon"
            last[who] = offer.at
        return aside

    def _within_caps(self, eligible: Sequence[Offer], aside: dict[UUID, str]) -> dict[int, Ending]:
        """Caps count what the ledger gave before this batch, and in it every act that could be given anything."""
        endings: dict[int, Ending] = {}
        of_day: Counter[tuple[str, int, int, int]] = Counter()
        of_month: Counter[tuple[str, int, int]] = Counter()
        mg: Counter[tuple[str, int, int]] = Counter()
        given: list[tuple[Offer, Ending]] = []
        for offer in eligible:
            if offer.key in aside:
                endings[offer.row_number] = Ending(aside[offer.key])
                self.acts[offer.key] = Act(offer, 0, 0, aside=aside[offer.key])
                self._note_match(offer)
                if aside[offer.key] == "too_soon":
                    self.journeys[offer.customer, offer.scenario].append(offer.at)
                continue
            when, limit = local(offer.at), self.limits[offer.scenario]
            place = (offer.customer, offer.scenario, when.year * 12 + when.month)
            use, counts = self.uses[place], offer.carbon_mg > 0 or offer.energy > 0
            of_day[*place, when.day] += counts
            nth_of_day = use.days[when.day] + of_day[*place, when.day]
            of_month[place] += counts and nth_of_day <= max(limit.daily, limit.energy_daily)
            nth_of_month = use.acts + of_month[place]
            ending = self._given(offer, limit, nth_of_day, nth_of_month, use.mg + mg[place])
            if offer.carbon_mg > 0 and nth_of_day <= limit.daily and nth_of_month <= limit.monthly:
                mg[place] += offer.carbon_mg
            endings[offer.row_number] = ending
            given.append((offer, ending))
        for offer, ending in given:
            self._keep(offer, ending)
        return endings

    @staticmethod
    def _given(offer: Offer, limit: Limits, nth_of_day: int, nth_of_month: int, mg_before: int) -> Ending:
        carbon_mg, energy, cut = offer.carbon_mg, offer.energy, 0
        if carbon_mg:
            if nth_of_day > limit.daily:
                carbon_mg, cut = 0, 1
            elif nth_of_month > limit.monthly:
                carbon_mg, cut = 0, 2
            else:
                carbon_mg = max(0, min(carbon_mg, limit.monthly_mg - mg_before))
                cut = 4 if carbon_mg < offer.carbon_mg else 0
        if energy:
            if nth_of_day > limit.energy_daily:
                energy, cut = 0, cut + 8
            elif nth_of_month > limit.energy_monthly:
                energy, cut = 0, cut + 16
        code = "capped" if cut and not carbon_mg and not energy else "posted"
        return Ending(code, carbon_mg, energy, cut)

    def _keep(self, offer: Offer, ending: Ending) -> None:
        self.acts[offer.key] = Act(offer, ending.carbon_mg, ending.energy, cut=ending.cut)
        self.journeys[offer.customer, offer.scenario].append(offer.at)
        self._note_match(offer)
        if offer.occasion is not None:
            self.occasions[offer.scenario, offer.customer, offer.occasion] = offer.key
        when = local(offer.at)
        use = self.uses[offer.customer, offer.scenario, when.year * 12 + when.month]
        use.mg += ending.carbon_mg
        if ending.carbon_mg or ending.energy:
            use.acts += 1
            use.days[when.day] += 1

    def _note_match(self, offer: Offer) -> None:
        if offer.match is not None:
            self.matches[offer.match].append(offer)

    # --- refunds ---

    def _refund(self, refunds: Sequence[Offer], offered: set[UUID], refused: set[UUID]) -> dict[int, Ending]:
        endings: dict[int, Ending] = {}
        applied: defaultdict[UUID, list[tuple[Offer, int]]] = defaultdict(list)
        here = {(refund.key, refund.content) for refund in refunds}
        for key, refund in self.waiting.items():
            act = self._act_of(refund)
            if (key, refund.content) not in here and act and (refund.original is None or act in offered):
                applied[act].append((refund, -1))
                self.released += 1
        for refund in refunds:
            code, act = self._judge(refund, refused)
            if act:
                applied[act].append((refund, refund.row_number))
            else:
                endings[refund.row_number] = Ending(code)
                if code == "waiting_original":
                    self.waiting.setdefault(refund.key, refund)
        for act, some in applied.items():
            for refund, row_number in sorted(some, key=lambda one: (one[0].at, one[0].key.bytes)):
                ending = self._take_back(self.acts[act], refund)
                self.waiting.pop(refund.key, None)
                if row_number >= 0:
                    endings[row_number] = ending
        return endings

    def _judge(self, refund: Offer, refused: set[UUID]) -> tuple[str, UUID | None]:
        before = self.reversals.get(refund.key)
        waits = self.waiting.get(refund.key)
        if before and before[0].content == refund.content:
            return "duplicate", None
        if before or (waits and waits.content != refund.content) or refund.key in self.acts:
            self.conflicts.add((refund.key, refund.content))
            return "conflict", None
        if act := self._act_of(refund):
            return "", act
        if refund.original in refused and not waits:
            return "original_not_posted", None
        if refund.customer not in self.accounts and not waits:
            return "no_account", None
        return "waiting_original", None

    def _act_of(self, refund: Offer) -> UUID | None:
        if refund.original is not None:
            return refund.original if refund.original in self.acts else None
        fits = [
            offer
            for offer in self.matches.get(refund.match or refund.key, [])
            if offer.at <= refund.at and offer.fen >= refund.fen
        ]
        fits.sort(key=lambda offer: offer.key.bytes)
        return max(fits, key=lambda offer: offer.at).key if fits else None

    def _take_back(self, act: Act, refund: Offer) -> Ending:
        if act.emptied:
            return Ending("nothing_left")
        whole = refund.reversal or refund.fen == 0 or act.offer.fen == 0
        act.refunded_fen = act.offer.fen if whole else min(act.offer.fen, act.refunded_fen + refund.fen)
        act.emptied = whole or act.refunded_fen >= act.offer.fen
        share = Fraction(1) if act.emptied else Fraction(act.refunded_fen, act.offer.fen)
        mg = half_even(act.carbon_mg * share) - act.taken_mg
        energy = half_even(act.energy * share) - act.taken_energy
        act.taken_mg += mg
        act.taken_energy += energy
        self.reversals[refund.key] = (refund, act.offer.key, mg, energy)
        if act.emptied:
            self.occasions = {place: key for place, key in self.occasions.items() if key != act.offer.key}
        return Ending("refunded", -mg, -energy)

    # --- sums ---

    def balances(self) -> dict[str, tuple[int, int]]:
        """What each account holds."""
        found = dict.fromkeys(self.accounts, (0, 0))
        for act in self.acts.values():
            mg, energy = found[act.offer.customer]
            found[act.offer.customer] = (mg + act.carbon_mg - act.taken_mg, energy + act.energy - act.taken_energy)
        return found

    def issued(self) -> dict[int, tuple[int, int]]:
        """What each scenario gave, net."""
        found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for act in self.acts.values():
            mg, energy = found[act.offer.scenario]
            found[act.offer.scenario] = (mg + act.carbon_mg - act.taken_mg, energy + act.energy - act.taken_energy)
        return found
