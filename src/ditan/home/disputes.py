"""A customer says that an act is wrong, and the bank answers. Neither changes a gram: a correction is an entry."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from ditan.home import store
from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import check_character, key, show_act, write_number
from ditan.kernel.persons import tells_a_number
from ditan.model import Noun, Pack, Text


class DisputeReason(StrEnum):
    """What a customer can say is wrong."""

    NOT_MINE = "not_mine"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_DISTANCE = "wrong_distance"
    WRONG_SCENARIO = "wrong_scenario"
    MISSING = "missing"
    REFUNDED = "refunded"
    OTHER = "other"


class DisputeState(StrEnum):
    """How far it has come."""

    OPEN = "open"
    UPHELD = "upheld"  # the customer is right
    DECLINED = "declined"


class Dispute(Noun, kw_only=True):
    """One dispute, and its answer once there is one. `words` are the customer's own."""

    reference: str
    act_id: str
    scenario: str
    name: Text
    reason: DisputeReason
    words: str | None
    state: DisputeState
    opened_at: datetime
    answered_at: datetime | None
    answer: Text | None

    def number(self) -> int:
        """Give the number that the reference holds."""
        return number_of(self.reference)


class QueuedDispute(Noun, kw_only=True):
    """A dispute as an operator sees it."""

    reference: str
    customer_ref: str | None  # None: she was erased
    act_id: str
    scenario: str
    reason: DisputeReason
    words: str | None
    state: DisputeState
    opened_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: Text | None


class Sought(NamedTuple):
    """Which disputes: of one act, before the last one of the page before."""

    act_id: UUID | None = None
    before_at: datetime | None = None
    before_no: int | None = None
    limit: int = 1


_REPOST: Final = Text(
    zh="由银行系统补发冲正或退款事件：ditan ingest 文件 --feed 名称；账本按原行为收回。",
    en="The bank's systems send a reversal or refund event: `ditan ingest FILE --feed NAME`; the ledger takes back.",
)
_RECOGNIZE: Final = Text(
    zh="先修正商户登记或方法学，再重算或重新投递：ditan replay，然后 ditan ingest 文件 --feed 名称。",
    en="Fix the registry or the methodology, then compare and deliver again: `ditan replay`, then `ditan ingest`.",
)
_ENERGY: Final = Text(
    zh="如需补偿能量，由两人更正：ditan ledger propose 客户 数量，再由另一人 ditan ledger approve。",
    en="If energy is owed, two people correct it: `ditan ledger propose CUSTOMER N`, then `ditan ledger approve`.",
)
CORRECTION: Final[dict[DisputeReason, Text]] = {
    DisputeReason.NOT_MINE: _REPOST,
    DisputeReason.REFUNDED: _REPOST,
    DisputeReason.WRONG_AMOUNT: _REPOST,
    DisputeReason.WRONG_DISTANCE: _RECOGNIZE,
    DisputeReason.WRONG_SCENARIO: _RECOGNIZE,
    DisputeReason.MISSING: _RECOGNIZE,
    DisputeReason.OTHER: _ENERGY,
}


def reference_of(dispute_no: int, opened_at: datetime) -> str:
    """Write a number for people to read out: year, number, and a check character by ISO/IEC 7064 MOD 11-2."""
    return write_number("D", dispute_no, business_day(opened_at).year)


def number_of(reference: str) -> int:
    """Read the number out of a reference.

    Raises: InvalidInput when it is none, or was misread.
    """
    letter, _, rest = reference.strip().upper().partition("-")
    year, _, last = rest.partition("-")
    number, _, given = last.partition("-")
    digits = year + number
    if letter != "D" or not (digits.isascii() and digits.isdigit()) or given != check_character(digits):
        raise InvalidInput(
            f"{reference!r} is not the reference of a dispute",
            hint="It looks like D-2026-000123-6, and its last character tells a misread one; see `ditan dispute list`.",
        )
    return int(number)


def open_dispute(
    connection: psycopg.Connection[Any],
    customer_ref: str,
    act_id: UUID,
    reason: DisputeReason,
    words: str | None,
    now: datetime,
    pack: Pack,
) -> tuple[Dispute, bool]:
    """Open a dispute of an act, or give the one that is open; tell whether it is new.

    Raises: InvalidInput for words with a number of a person (INV-13); NotFound when the customer has no such act.
    """
    words = readable(words, "words") if words else None
    asked = {"customer_key": key(customer_ref), "act_id": act_id, "reason": reason, "words": words, "now": now}
    made = store.fetch(connection, "open_dispute", asked)
    found = read_disputes(connection, customer_ref, pack, Sought(act_id=act_id))
    if not found:
        raise NotFound("this customer has no such act")
    return found[0], bool(made)


def readable(words: str, what: str) -> str | None:
    """Give words without blanks around them; nothing when there are none.

    Raises: InvalidInput for control characters, or a number of a person (INV-13).
    """
    words = words.strip()
    if any(not (letter.isprintable() or letter in "\n\t\u3000") for letter in words):
        raise InvalidInput(f"the {what} have characters that nobody can read", hint="Write plain text.")
    if tells_a_number(words):
        raise InvalidInput(
            f"the {what} hold a card, identity or phone number, or a mail address (INV-13)",
            hint="Leave it out: the bank knows whose act it is.",
        )
    return words or None


def read_disputes(
    connection: psycopg.Connection[Any], customer_ref: str, pack: Pack, sought: Sought
) -> list[Dispute] | None:
    """Give disputes of a customer, the latest first; None when there is no account."""
    rows = store.fetch(connection, "read_disputes", {"customer_key": key(customer_ref)} | sought._asdict())
    if not rows:
        return None
    scenarios = {scenario.number: scenario for scenario in pack.scenarios}
    return [
        Dispute(
            reference=reference_of(row["dispute_no"], row["opened_at"]),
            act_id=show_act(row["act_id"]),
            scenario=scenarios[row["scenario"]].id,
            name=scenarios[row["scenario"]].name,
            reason=DisputeReason(row["reason"]),
            words=row["words"],
            state=_state(row["upheld"]),
            opened_at=row["opened_at"],
            answered_at=row["answered_at"],
            answer=_answer(row),
        )
        for row in rows
        if row["dispute_no"] is not None
    ]


def list_disputes(connection: psycopg.Connection[Any], *, only_open: bool, limit: int) -> list[QueuedDispute]:
    """Give what operators have to answer, or all there is, the oldest first."""
    return [_queued(row) for row in store.fetch(connection, "list_disputes", {"only_open": only_open, "limit": limit})]


def find_dispute(connection: psycopg.Connection[Any], reference: str) -> QueuedDispute:
    """Give one dispute as an operator sees it.

    Raises: InvalidInput for a reference that is none; NotFound.
    """
    dispute_no = number_of(reference)
    rows = store.fetch(connection, "find_dispute", {"dispute_no": dispute_no})
    if not rows or reference_of(dispute_no, rows[0]["opened_at"]) != reference.strip().upper():
        raise NotFound(f"there is no dispute {reference}", hint="`ditan dispute list` shows them.")
    return _queued(rows[0])


def answer_dispute(
    connection: psycopg.Connection[Any], reference: str, *, upheld: bool, because: Text, by: str, now: datetime
) -> QueuedDispute:
    """Answer a dispute, once; the same answer again changes nothing.

    Raises: InvalidInput for a reference that is none, an empty answer, or one with a number of a person (INV-13);
    NotFound; Conflict when it was answered otherwise.
    """
    dispute_no = number_of(reference)
    zh, en, who = (readable(text, "answer's words") for text in (because.zh, because.en, by))
    if not (zh and en and who):
        raise InvalidInput("an answer says why, and who answers", hint="Give --because and --by.")
    answer = {"dispute_no": dispute_no, "upheld": upheld, "zh": zh, "en": en, "by": who, "now": now}
    store.fetch(connection, "answer_dispute", answer)
    kept = find_dispute(connection, reference)
    said = DisputeState.UPHELD if upheld else DisputeState.DECLINED
    if (kept.state, kept.answer, kept.answered_by) != (said, Text(zh=zh, en=en), who):
        raise Conflict(f"{reference} was answered already", hint="An answer stays: see `ditan dispute list`.")
    return kept


def _state(upheld: bool | None) -> DisputeState:
    return DisputeState.OPEN if upheld is None else DisputeState.UPHELD if upheld else DisputeState.DECLINED


def _answer(row: dict[str, Any]) -> Text | None:
    return Text(zh=row["because_zh"], en=row["because_en"]) if row["because_zh"] is not None else None


def _queued(row: dict[str, Any]) -> QueuedDispute:
    return QueuedDispute(
        reference=reference_of(row["dispute_no"], row["opened_at"]),
        customer_ref=row["customer_ref"],
        act_id=show_act(row["act_id"]),
        scenario=row["scenario_id"],
        reason=DisputeReason(row["reason"]),
        words=row["words"],
        state=_state(row["upheld"]),
        opened_at=row["opened_at"],
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        answer=_answer(row),
    )
