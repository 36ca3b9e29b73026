"""The bank's office in the demo: its books are closed, and some things wait for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from ditan import ledger, packs
from ditan.insight import fold, prepare_schedule, studying
from ditan.insight.proposing import propose_methodology
from ditan.insight.trail import Actor, write_access, write_change
from ditan.kernel.clock import FixedClock, business_day
from ditan.kernel.demo import STAFF
from ditan.model import KnownBy, Source, Status
from ditan.packs import FactorChange, PackChange
from ditan.store import Store
from ditan.store.pool import Connection

_BY_ROLE: Final = {each.role: each.subject for each in STAFF}


class _Asked(NamedTuple):
    """A proposal of the demo: who makes it, how much, why, how long ago, and what an approver said to it."""

    role: str
    amount: int
    limited: str | None
    reason: str
    hours_ago: int
    approved: bool | None = None
    opinion: str = ""


_PROPOSALS: Final = (
    _Asked("service", 60, None, "工单 8790：连续两天收取失败，补回能量", 31, True, "日志可见失败两次，同意"),
    _Asked(
        "operator", 50_000, "fund:water_2026", "净水项目：一次追加全年预算", 29, False, "金额超出季度额度，请分次提出"
    ),
    _Asked("operator", 5_000, "fund:water_2026", "净水项目：第四季度追加", 5),
    _Asked("service", 24, None, "工单 8841：退款重复扣回一次，请补还", 3),
)

_WHY: Final = "演示：地铁净减排因子按（虚构的）新版原文下调"
_FACTOR: Final = FactorChange(
    factor="metro_net",
    value=Decimal("44.5"),
    source=Source(
        title="演示用的虚构更新 A made-up update, for the demo", publisher="Ditan", page="演示", reference="demo"
    ),
    status=Status.DRAFT,
    known_by=KnownBy.SECOND_HAND,
)


def run_office(store: Store, customers: Sequence[str], now: datetime) -> None:
    """Close the books up to yesterday, and let the staff work for a day. `customers`: whom it is about, in turn."""
    ledger.close(store, business_day(now) - timedelta(days=1), now)
    fold(store, now)
    if customers:
        store.run(lambda connection: _work(connection, customers, now))
    _propose_methodology(store, now)


def _propose_methodology(store: Store, now: datetime) -> None:
    """A factor that would change in two weeks, its impact computed, waits for the approver. Its source is made up."""
    clock = FixedClock(now)
    schedule = prepare_schedule(store, clock)
    maker = Actor(_BY_ROLE["operator"], "operator", "demo-methodology", now - timedelta(hours=4))
    day = business_day(now) + timedelta(days=14)
    change = PackChange(number="CN-2026.2", factors=[_FACTOR])

    def propose(connection: Connection) -> tuple[UUID, int]:
        name = propose_methodology(
            connection, "demo methodology", schedule, change, day, reason=_WHY, maker=maker.subject, now=maker.at
        )
        after = {"kind": "methodology", "number": change.number, "effective_from": str(day)}
        write_change(connection, maker, "proposal.made", ("proposal", str(name)), reason=_WHY, after=after)
        return name, studying.begin(connection, name, maker.subject, maker.at)

    name, attempt = store.run(propose)
    made = packs.changed(schedule.on(day).pack, change)
    studying.work(store, store.settings.home, name, attempt, made, clock)


def _work(connection: Connection, customers: Sequence[str], now: datetime) -> None:
    for number, asked in enumerate(_PROPOSALS):
        at = now - timedelta(hours=asked.hours_ago)
        maker = Actor(_BY_ROLE[asked.role], asked.role, f"demo-{number}", at)
        customer_ref = None if asked.limited else customers[number % len(customers)]
        if customer_ref is not None:
            write_access(connection, maker, customer_ref, "customer", asked.reason)
            write_access(connection, maker, customer_ref, "timeline", asked.reason)
        about, numbers = ledger.weigh(
            connection, asked.amount, customer_ref=customer_ref, limited=asked.limited, now=now
        )
        name = ledger.propose(
            connection, f"demo office {number}", asked.amount, **about._asdict(), reason=asked.reason,
            maker=maker.subject, now=at, consequences=numbers,
        )  # fmt: skip
        after = {"kind": "supply" if asked.limited else "adjustment", "amount": asked.amount} | numbers
        write_change(connection, maker, "proposal.made", ("proposal", str(name)), reason=asked.reason, after=after)
        if asked.approved is not None:
            approver = Actor(_BY_ROLE["approver"], "approver", f"demo-{number}-decided", now - timedelta(hours=2))
            ledger.decide(
                connection, name, checker=approver.subject, approve=asked.approved, now=approver.at,
                opinion=asked.opinion,
            )  # fmt: skip
            write_change(
                connection, approver, "proposal.approved" if asked.approved else "proposal.refused",
                ("proposal", str(name)), reason=asked.opinion, before={"state": "proposed"},
                after={"state": "applied" if asked.approved else "refused", "amount": asked.amount},
            )  # fmt: skip
