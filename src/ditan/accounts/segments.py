"""Segments: the bank says who is in one, with a whole list each time; nothing here infers any."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import psycopg

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import key
from ditan.kernel.persons import names_a_person
from ditan.model import Noun, Text
from ditan.store.statements import load_statements

_SQL: Final = load_statements("ditan.accounts")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,63}")
_COLUMN: Final = "customer_ref"


class MemberCode(StrEnum):
    """Why a row of a list is no member, the first that applies."""

    EMPTY = "empty"
    PERSONAL_NUMBER = "personal_number"  # INV-13
    NO_ACCOUNT = "no_account"
    CLOSED = "closed"

    @property
    def meaning(self) -> Text:
        """A sentence for whoever sent it."""
        return _MEANING[self]


_MEANING: Final = {
    MemberCode.EMPTY: Text(zh="没有客户号或太长", en="there is no reference, or it is too long"),
    MemberCode.PERSONAL_NUMBER: Text(zh="像卡号、证件号或手机号", en="it looks like a card, identity or phone number"),
    MemberCode.NO_ACCOUNT: Text(zh="没有碳账户", en="there is no carbon account"),
    MemberCode.CLOSED: Text(zh="碳账户已关闭", en="the account is closed"),
}


class RejectedMember(Noun, kw_only=True):
    """A row that is no member: where it stands, and why; not what it says."""

    line: int
    code: MemberCode


class MemberList(Noun, kw_only=True):
    """What became of a list: rows_read = added + stayed + repeated + rejected. `removed`: in it before, and not now."""

    segment: str
    rows_read: int
    added: int
    stayed: int
    repeated: int
    rejected: int
    removed: int
    rejections: list[RejectedMember]


class _Row(NamedTuple):
    line: int
    customer_ref: str


def import_segment(connection: psycopg.Connection[Any], segment: str, content: bytes, now: datetime) -> MemberList:
    """Make a segment exactly what a list says: a CSV with the column `customer_ref`. All or none, and again the same.

    Raises: InvalidInput for a name or a file that cannot be used.
    """
    if not _NAME.fullmatch(segment):
        raise InvalidInput("a segment has small letters, digits and underscores", hint="Name it like new_parents.")
    rows = _read(content)
    good = {row: _refused(row.customer_ref) for row in rows}
    refs = sorted({row.customer_ref for row, code in good.items() if code is None})
    known = dict(connection.execute(_SQL["known"], {"refs": refs}).fetchall())
    rejections = [
        RejectedMember(line=row.line, code=found)
        for row, code in good.items()
        if (found := code or _stands(known, row.customer_ref)) is not None
    ]
    out = {each.line for each in rejections}
    times = Counter(row.customer_ref for row in rows if row.line not in out)
    asked = {"segment": segment, "keys": sorted(key(ref) for ref in times), "now": now}
    removed = connection.execute(_SQL["leave_segment"], asked).rowcount
    added = connection.execute(_SQL["join_segment"], asked).rowcount
    return MemberList(
        segment=segment,
        rows_read=len(rows),
        added=added,
        stayed=len(times) - added,
        repeated=times.total() - len(times),
        rejected=len(rejections),
        removed=removed,
        rejections=rejections,
    )


class Segment(Noun, kw_only=True):
    """A segment and how many are in it."""

    segment: str
    members: int


def list_segments(connection: psycopg.Connection[Any]) -> list[Segment]:
    """Give the segments that have members."""
    rows = connection.execute(_SQL["list_segments"]).fetchall()
    return [Segment(segment=name, members=members) for name, members in rows]


def _read(content: bytes) -> Sequence[_Row]:
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if _COLUMN not in (reader.fieldnames or []):
            raise InvalidInput(f"there is no column {_COLUMN}", hint=f"The first line names the columns: {_COLUMN}.")
        return [_Row(reader.line_num, (row[_COLUMN] or "").strip()) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("the list cannot be read", hint="It must be CSV in UTF-8.") from error


def _refused(customer_ref: str) -> MemberCode | None:
    if not 0 < len(customer_ref) <= limits.id_chars_max:
        return MemberCode.EMPTY
    return MemberCode.PERSONAL_NUMBER if names_a_person(customer_ref) else None


def _stands(known: dict[str, bool], customer_ref: str) -> MemberCode | None:
    if customer_ref not in known:
        return MemberCode.NO_ACCOUNT
    return MemberCode.CLOSED if known[customer_ref] else None
