"""What a customer is told of. Nothing writes notices: they are worked out from what is recorded, when she looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import psycopg

from ditan.home import store
from ditan.home.consents import consent_texts
from ditan.home.disputes import reference_of
from ditan.home.wording import day_text, grams, listed, month_text
from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import key, read_name, show, show_act, write_number
from ditan.model import Noun, Pack, Text


class NoticeKind(StrEnum):
    """What a notice is about."""

    REFUND = "refund"  # took back grams or energy
    ENERGY_EXPIRING = "energy_expiring"  # within seven days
    DISPUTE_ANSWERED = "dispute_answered"
    CONSENT_TEXT = "consent_text"  # a text that was consented to has a new version
    STATEMENT_READY = "statement_ready"  # the month is over
    DEBT = "debt"  # a refund took back more energy than there was
    TREE = "tree"  # one that failed, was planted again, or whose energy came back


class Notice(Noun, kw_only=True):
    """One notice. `at` is when its reason came to be."""

    notice_id: str
    kind: NoticeKind
    at: datetime
    title: Text
    body: Text
    act_id: str | None
    month: str | None
    unread: bool

    def name_of(self) -> UUID:
        """Give the id as a key."""
        name = read_name("notice", self.notice_id)
        assert name is not None, self.notice_id
        return name


def _asked_of(now: datetime) -> dict[str, Any]:
    """Give what the statements that work out notices ask: from when to when, and the consent texts in force."""
    texts = consent_texts().texts
    return {
        "notices_from": now - timedelta(days=limits.notice_days_max),
        "now": now,
        "purposes": [text.purpose.value for text in texts],
        "versions": [text.version for text in texts],
        "since": [datetime.combine(text.valid_from, time(), BUSINESS_ZONE) for text in texts],
    }


def read_notices(
    connection: psycopg.Connection[Any],
    customer_ref: str,
    pack: Pack,
    now: datetime,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Notice] | None:
    """Give notices, the latest first; None when there is no account."""
    place = {"before_at": before[0] if before else None, "before_id": before[1] if before else None, "limit": limit}
    asked = {"customer_key": key(customer_ref)} | _asked_of(now) | place
    rows = store.fetch(connection, "read_notices", asked)
    return [_notice(row, pack) for row in rows if row["notice_id"] is not None] if rows else None


def mark_read(connection: psycopg.Connection[Any], customer_ref: str, notice_id: UUID, now: datetime) -> bool:
    """Mark a notice and all before it as read; tell whether that was new. What was read stays read.

    Raises: NotFound when the customer has no such notice.
    """
    asked = {"customer_key": key(customer_ref)} | _asked_of(now) | {"notice_id": notice_id}
    found = store.fetch(connection, "find_notice", asked)
    if not found:
        raise NotFound("this customer has no such notice")
    return bool(store.fetch(connection, "mark_read", asked | {"at": found[0]["at"]}))


def count_unread(connection: psycopg.Connection[Any], customer_ref: str, now: datetime) -> int | None:
    """Give how many notices came after the one that was read last; None when there is no account."""
    rows = store.fetch(connection, "count_unread", {"customer_key": key(customer_ref)} | _asked_of(now))
    return int(rows[0]["unread"]) if rows else None


def _notice(row: dict[str, Any], pack: Pack) -> Notice:
    kind = NoticeKind(row["kind"])
    title, body = _WORDS[kind](row, pack)
    return Notice(
        notice_id=show("notice", row["notice_id"]),
        kind=kind,
        at=row["at"],
        title=title,
        body=body,
        act_id=show_act(row["act_id"]) if row["act_id"] else None,
        month=row["month"],
        unread=row["unread"],
    )


def _refund(row: dict[str, Any], pack: Pack) -> tuple[Text, Text]:
    name = next(scenario.name for scenario in pack.scenarios if scenario.number == row["detail"]["scenario"])
    carbon_mg, energy = row["detail"]["carbon_mg"], row["detail"]["energy"]
    taken = listed(
        Text(zh=f"减排量 {grams(carbon_mg)}", en=f"{grams(carbon_mg)} of reduction") if carbon_mg else None,
        Text(zh=f"绿色能量 {energy:,}", en=f"{energy:,} green energy") if energy else None,
    )
    return (
        Text(zh="退款已扣回", en="A refund was taken into account"),
        Text(
            zh=f"“{name.zh}”的款项已退，相应扣回{taken.zh}。",
            en=f"The payment of “{name.en}” was refunded, so {taken.en} went back with it.",
        ),
    )


def _energy_expiring(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    energy, last = row["detail"]["energy"], day_text(date.fromisoformat(row["detail"]["last_on"]))
    return (
        Text(zh="绿色能量即将到期", en="Green energy is about to expire"),
        Text(zh=f"{energy:,} 绿色能量可用到{last.zh}。", en=f"{energy:,} green energy can be used until {last.en}."),
    )


def _dispute_answered(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    detail = row["detail"]
    reference = reference_of(detail["dispute_no"], datetime.fromisoformat(detail["opened_at"]))
    return (
        Text(zh="您的异议成立", en="Your dispute was upheld")
        if detail["upheld"]
        else Text(zh="您的异议不成立", en="Your dispute was declined"),
        Text(zh=f"{reference}：{detail['because_zh']}", en=f"{reference}: {detail['because_en']}"),
    )


def _consent_text(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    titles = {text.purpose: text.title for text in consent_texts().texts}
    named = [titles[purpose] for purpose in row["detail"]["purposes"]]
    texts = Text(zh="、".join(f"“{name.zh}”" for name in named), en=", ".join(f"“{name.en}”" for name in named))
    return (
        Text(zh="同意书有新版本", en="A consent text has a new version"),
        Text(
            zh=f"{texts.zh}的说明已更新。请阅读新版本，再决定是否同意。",
            en=f"The text of {texts.en} has changed. Read the new version, then decide.",
        ),
    )


def _statement_ready(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    month = month_text(row["month"])
    return (
        Text(zh=f"{month.zh}月结单已出", en=f"Your statement of {month.en} is ready"),
        Text(
            zh="每一次低碳行为、每一笔退款和能量的变动都在其中。",
            en="It has every act, every refund, and how energy moved.",
        ),
    )


def _debt(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    energy = row["detail"]["energy"]
    return (
        Text(zh="有待抵还的绿色能量", en="Green energy is owed"),
        Text(
            zh=f"退款应扣回的能量多于当时可用的，尚欠 {energy:,}。之后所得的能量会先抵还。",
            en=f"A refund took back more energy than there was: {energy:,} is owed. What you earn next pays it first.",
        ),
    )


def _tree(row: dict[str, Any], _pack: Pack) -> tuple[Text, Text]:
    detail = row["detail"]
    number = write_number("T", detail["tree_no"], business_day(datetime.fromisoformat(detail["issued_at"])).year)
    if detail["happened"] == "failed":
        return (
            Text(zh="一棵树未成活", en="A tree failed"),
            Text(
                zh=f"{number} 未成活，将补种或退回能量。", en=f"{number} failed. It will be planted again or refunded."
            ),
        )
    if detail["happened"] == "replaced":
        return (
            Text(zh="一棵树已补种", en="A tree was planted again"),
            Text(zh=f"{number} 已在新的批次补种，证书有新批次。", en=f"{number} stands in another planting now."),
        )
    energy, paid = detail["energy"] or 0, detail["paid"] or 0
    debt = (
        Text(zh=f"其中 {paid:,} 抵还了所欠，", en=f" {paid:,} of it paid what was owed.")
        if paid
        else Text(zh="", en="")
    )
    return (
        Text(zh="一棵树的能量已退回", en="The energy of a tree came back"),
        Text(
            zh=f"{number} 未成活，退回 {energy:,} 绿色能量，{debt.zh}仍按原来的到期日使用。",
            en=f"{number} failed, and {energy:,} green energy came back, with the last days of use it had.{debt.en}",
        ),
    )


_WORDS: Final[dict[NoticeKind, Callable[[dict[str, Any], Pack], tuple[Text, Text]]]] = {
    NoticeKind.REFUND: _refund,
    NoticeKind.ENERGY_EXPIRING: _energy_expiring,
    NoticeKind.DISPUTE_ANSWERED: _dispute_answered,
    NoticeKind.CONSENT_TEXT: _consent_text,
    NoticeKind.STATEMENT_READY: _statement_ready,
    NoticeKind.DEBT: _debt,
    NoticeKind.TREE: _tree,
}
