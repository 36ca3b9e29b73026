"""Everything that goes wrong between a bank and Ditan: refunds, re-deliveries, conflicts, late and disordered rows.

`deliver` takes one event with the truth about it and gives the rows that reach Ditan, each with the day of the file it
comes in. Nothing is drawn here that was not planned: the troubles come round in a fixed, shuffled order, so that even a
small bank meets each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec.structs import replace

from ditan.model import BankEvent, Kind
from ditan.testing import rows
from ditan.testing.dice import Dice
from ditan.testing.rows import Row, Truth


class Trouble(StrEnum):
    """What happens to one event on its way."""

    NONE = ""
    REFUND = "refund"  # all of it, some days later
    REFUND_PART = "refund_part"
    REFUND_TWICE = "refund_twice"  # two parts, days apart
    REVERSAL = "reversal"  # the same day
    REFUND_FIRST = "refund_first"  # the refund stands before its original in the same file
    ORIGINAL_LATE = "original_late"  # the refund comes in an earlier file than its original
    AGAIN_SAME_DAY = "again_same_day"
    AGAIN_LATER = "again_later"
    CONFLICT_SAME_DAY = "conflict_same_day"
    CONFLICT_LATER = "conflict_later"
    LATE = "late"
    DISORDER = "disorder"


_SHARES: Final[dict[Trouble, int]] = {
    Trouble.REFUND: 3,
    Trouble.REFUND_PART: 3,
    Trouble.REFUND_TWICE: 1,
    Trouble.REVERSAL: 2,
    Trouble.REFUND_FIRST: 1,
    Trouble.ORIGINAL_LATE: 1,
    Trouble.AGAIN_SAME_DAY: 2,
    Trouble.AGAIN_LATER: 2,
    Trouble.CONFLICT_SAME_DAY: 1,
    Trouble.CONFLICT_LATER: 1,
    Trouble.LATE: 4,
    Trouble.DISORDER: 6,
}

#: These need money to give back; business without money can only be late, doubled or contradicted.
_REFUNDS: Final = frozenset({Trouble.REFUND, Trouble.REFUND_PART, Trouble.REFUND_TWICE, Trouble.REFUND_FIRST})

#: After these, the order in which the acts of a day arrive is not the order in which they happened.
UNORDERED: Final = frozenset({Trouble.LATE, Trouble.ORIGINAL_LATE, Trouble.REFUND_FIRST, Trouble.DISORDER})

END_OF_DAY: Final = 86_400.0


@dataclass(slots=True)
class Draft:
    """An event that is about to be delivered, with the truth about it. `day` and `second` are when it happened."""

    day: int
    second: int
    event: BankEvent
    intent: str
    fate: str
    may_be_capped: bool = False
    label: str = ""  # why it is special, when the habit made it so: `same_occasion`


class Delivery(NamedTuple):
    """A row and the day of the file that brings it."""

    day: int
    row: Row


class Troubles:
    """Hands out troubles in rounds of `every`: each kind as often as its share, the rest of the round nothing."""

    def __init__(self, rng: Dice, every: int) -> None:
        self._rng = rng
        wanted = [trouble for trouble, times in _SHARES.items() for _ in range(times)]
        self._round = wanted + [Trouble.NONE] * (every - len(wanted))
        self._left: list[Trouble] = []

    def next(self) -> Trouble:
        """The trouble of the next event."""
        if not self._left:
            self._left = self._round.copy()
            self._rng.shuffle(self._left)
        return self._left.pop()


def fitting(trouble: Trouble, draft: Draft, last_day: int) -> Trouble:
    """The trouble, or one that can happen to this event: no money, no refund; no tomorrow, no later file."""
    if draft.event.kind is Kind.SERVICE_EVENT and trouble in _REFUNDS | {Trouble.REVERSAL, Trouble.ORIGINAL_LATE}:
        return Trouble.LATE
    if trouble in {Trouble.REFUND_PART, Trouble.REFUND_TWICE} and draft.event.amount_fen < 4:
        return Trouble.REFUND
    if draft.day + 1 >= last_day and trouble in {Trouble.REFUND_TWICE, Trouble.ORIGINAL_LATE, Trouble.LATE}:
        return Trouble.AGAIN_SAME_DAY
    return trouble


def deliver(draft: Draft, trouble: Trouble, rng: Dice, last_day: int) -> Iterator[Delivery]:
    """The rows that tell of this event, in files up to `last_day`."""
    day, second = draft.day, float(draft.second)
    later = min(last_day, day + rng.whole(1, 13))
    own = told(draft, second, trouble)
    match trouble:
        case Trouble.LATE | Trouble.ORIGINAL_LATE:
            yield Delivery(later, own._replace(key=END_OF_DAY + second))
        case Trouble.REFUND_FIRST:
            yield Delivery(day, own._replace(key=END_OF_DAY + second))
        case Trouble.DISORDER:
            yield Delivery(day, own._replace(key=rng.uniform(0, END_OF_DAY)))
        case _:
            yield Delivery(day, own)
    match trouble:
        case Trouble.REFUND:
            yield _refund(draft, trouble, 1, draft.event.amount_fen, later, rng)
        case Trouble.REFUND_PART:
            yield _refund(draft, trouble, 1, _part(draft, rng), later, rng)
        case Trouble.REFUND_TWICE:
            part = _part(draft, rng)
            yield _refund(draft, trouble, 1, part, day + 1, rng)
            yield _refund(draft, trouble, 2, draft.event.amount_fen - part, max(later, day + 2), rng)
        case Trouble.REFUND_FIRST | Trouble.REVERSAL | Trouble.ORIGINAL_LATE:
            yield _refund(draft, trouble, 1, draft.event.amount_fen, day, rng)
        case Trouble.AGAIN_SAME_DAY:
            yield Delivery(day, _again(own, END_OF_DAY + second))
        case Trouble.AGAIN_LATER:
            yield Delivery(later, _again(own, second))
        case Trouble.CONFLICT_SAME_DAY:
            yield Delivery(day, _conflict(draft, own, END_OF_DAY + second))
        case Trouble.CONFLICT_LATER:
            yield Delivery(later, _conflict(draft, own, second))
        case _:
            pass


def told(draft: Draft, key: float | None = None, trouble: Trouble = Trouble.NONE) -> Row:
    """The row of an event, at its own second of the day or at another place in the file."""
    line = rows.line(rows.texts(draft.event))
    capped = draft.may_be_capped or trouble in UNORDERED
    truth = Truth(draft.intent, draft.fate, trouble.value or draft.label, may_be_capped=capped)
    return Row(draft.second if key is None else key, line, draft.event.event_id, truth)


def _part(draft: Draft, rng: Dice) -> int:
    return rng.whole(1, max(2, draft.event.amount_fen))


def _refund(draft: Draft, trouble: Trouble, number: int, fen: int, day: int, rng: Dice) -> Delivery:
    """Money back. A reversal and an early refund happen the same day, a minute or more after the payment."""
    first = draft.second + 60 if day == draft.day else 8 * 3600
    second = min(86_399, rng.whole(first, first + 9 * 3600))
    payment = draft.event
    event = replace(
        payment,
        event_id=f"{payment.event_id}-r{number}",
        kind=Kind.CARD_REVERSAL if trouble is Trouble.REVERSAL else Kind.CARD_REFUND,
        original_event_id=payment.event_id,
        occurred_at=payment.occurred_at + timedelta(days=day - draft.day, seconds=second - draft.second),
        settled_on=None if payment.settled_on is None else payment.settled_on + timedelta(days=day - draft.day),
        amount_fen=fen,
        attributes={},
    )
    line = rows.line(rows.texts(event))
    truth = Truth("refund", "refund_of", trouble.value, draft.fate)
    return Delivery(day, Row(second, line, event.event_id, truth, payment.event_id))


def _again(own: Row, key: float) -> Row:
    """The same bytes once more."""
    truth = own.truth._replace(fate="duplicate", original_fate=own.truth.fate)
    return Row(key, own.line, own.event_id, truth, own.event_id)


def _conflict(draft: Draft, own: Row, key: float) -> Row:
    """The same id with another amount: the bank contradicts itself."""
    other = replace(draft.event, amount_fen=draft.event.amount_fen + 100)
    truth = own.truth._replace(fate="conflict", original_fate=own.truth.fate)
    return Row(key, rows.line(rows.texts(other)), own.event_id, truth, own.event_id)
