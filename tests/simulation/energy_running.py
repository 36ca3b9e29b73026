"""Do the operations of the model of energy (`energy_oracle.py`) on a real ledger; read its state in the same form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import duckdb
import psycopg
from tests.simulation.bank import Bank
from tests.simulation.energy_oracle import LONG_AGO, Answer, Ball, Books, Op, last_day
from tests.simulation.oracle import Account, Ending, Ledger, Limits, Offer

from ditan import ledger
from ditan.accounts import AccountEvent, Action, apply_events
from ditan.kernel.errors import Conflict, NotFound
from ditan.kernel.ids import CustomerId, EntryId
from ditan.ledger import store as statements
from ditan.ledger.codes import EnergyCode
from ditan.ledger.energy import ball_key, entry_id
from ditan.store import Store

BILL = 10
"""The scenario everything is earned with: by card, no caps, in this model no occasions."""

OPENED = datetime(2026, 1, 5)
PURPOSE = "card_payments"
_CODE_OF: Final = {code.meaning.en: code.value for code in EnergyCode}
_LOT, _BALL, _DAYS, _MONTHS = (1 << 40) - 1, (1 << 25) - 1, 31, 63
_EPOCH: Final = date(1970, 1, 1)


class EnergyBank:
    """A bank with some customers and limited accounts; `do` is what `Books.do` is on the other side."""

    def __init__(self, store: Store, duck: duckdb.DuckDBPyConnection, customers: int, limited: Sequence[str]) -> None:
        self.bank = Bank(store, duck)
        self.names = [f"cust-{n}" for n in range(customers)]
        self.limited_names = list(limited)
        self.act_names: dict[int, str] = {}
        self.pack_id = 0
        self.ids: dict[str, CustomerId] = {}
        self.limited: dict[str, int] = {}

    def open(self) -> Books:
        """Begin anew; give the model of it."""
        limits = {BILL: Limits(frozenset({PURPOSE}))}
        self.pack_id = self.bank.open(limits, self._accounts())
        opened = OPENED.replace(tzinfo=UTC)
        for name in self.limited_names:
            kind = ledger.LimitedKind(name.partition(" ")[0])
            account = self.bank.store.run(
                lambda c, kind=kind, name=name: ledger.open_limited(c, kind, name, "unit", opened)
            )
            self.limited[name] = account.limited_id
        self.ids = {
            name: self.bank.store.run(lambda c, name=name: ledger.find_customer(c, name)) for name in self.names
        }
        model = Ledger(limits)
        model.accounts = self._accounts()
        return Books(model, self.limited_names)

    def another(self, duck: duckdb.DuckDBPyConnection) -> EnergyBank:
        """The same bank, for another thread."""
        twin = EnergyBank(self.bank.store, duck, len(self.names), self.limited_names)
        twin.pack_id, twin.ids, twin.limited, twin.act_names = self.pack_id, self.ids, self.limited, self.act_names
        return twin

    def _accounts(self) -> dict[str, Account]:
        since = (OPENED, datetime.max)
        return {
            name: Account(OPENED, consents={PURPOSE: [since]}, cards={f"card-{name}": [since]}) for name in self.names
        }

    # --- doing ---

    def do(self, op: Op) -> Any:
        """Do one operation in a unit of work of its own; give the answer as the model does."""
        try:
            return getattr(self, f"_{op.name}")(op.at.replace(tzinfo=UTC), **op.given)
        except ledger.LedgerRefusal as refusal:
            return Answer(refusal.code, refusal.energy)
        except (NotFound, Conflict) as refusal:
            return Answer(_CODE_OF[refusal.args[0] if refusal.args else str(refusal)])

    def _post(self, at: datetime, acts: Sequence[Offer], refunds: Sequence[Offer]) -> dict[int, Ending]:
        self.act_names |= {ball_key(offer.key): str(offer.key) for offer in acts}
        return self.bank.post(self.pack_id, list(acts), list(refunds), at)[0]

    def _settle(self, at: datetime, customer: str) -> tuple[int, int]:
        who = self.ids[customer]
        asked = {"first": who, "last": who, "now": at}
        row = self.bank.store.run(lambda c: statements.fetch(c, "settle", asked)[0])
        return row["lapsed_energy"], row["expired_energy"]

    def _collect(self, at: datetime, taps: Sequence[tuple[str, str, UUID | None]]) -> list[Answer]:
        asked = [ledger.Collection(self._id(customer), request, act) for customer, request, act in taps]
        return [_answer(answer) for answer in self.bank.store.run(lambda c: ledger.collect(c, asked, at))]

    def _hold(
        self,
        at: datetime,
        customer: str,
        request: str,
        energy: int,
        deadline: datetime,
        limited: str | None = None,
        units: int = 0,
    ) -> Answer:
        of = ledger.Units(self.limited[limited], units) if limited else None
        until = deadline.replace(tzinfo=UTC)

        def work(connection: psycopg.Connection[Any]) -> ledger.Answer:
            return ledger.hold(connection, self._id(customer), request, energy, deadline=until, now=at, units=of)

        return _answer(self.bank.store.run(work))

    def _capture(self, at: datetime, customer: str, request: str, energy: int | None = None) -> Answer:
        hold = self._name(customer, request)
        return _answer(self.bank.store.run(lambda c: ledger.capture(c, hold, now=at, energy=energy)))

    def _release(self, at: datetime, customer: str, request: str) -> Answer:
        hold = self._name(customer, request)
        return _answer(self.bank.store.run(lambda c: ledger.release(c, hold, now=at)))

    def _award(
        self, at: datetime, customer: str, request: str, energy: int, budget: str, collect_days: int, months: int
    ) -> Answer:
        terms = {"collect_days": collect_days, "expires_months": months, "budget_id": self.limited[budget], "now": at}
        who = self._id(customer)
        return _answer(self.bank.store.run(lambda c: ledger.award(c, who, request, energy, **terms)))  # type: ignore[arg-type]

    def _adjust(self, at: datetime, customer: str, request: str, energy: int, months: int) -> Answer:
        return self._correct(at, request, energy, months, customer_id=self._id(customer))

    def _supply(self, at: datetime, limited: str, request: str, units: int) -> Answer:
        return self._correct(at, request, units, 12, limited_id=self.limited[limited])

    def _correct(self, at: datetime, request: str, amount: int, months: int, **of: Any) -> Answer:
        def work(connection: psycopg.Connection[Any]) -> ledger.Answer | None:
            proposal = ledger.propose(connection, request, amount, reason="a test", maker="Li", now=at, **of)
            return ledger.decide(connection, proposal, checker="Wang", approve=True, now=at, expires_months=months)

        answer = self.bank.store.run(work)
        assert answer is not None
        return _answer(answer)

    def _close(self, at: datetime, customer: str) -> None:
        event = AccountEvent(at=at, action=Action.CLOSE, customer_ref=customer)
        self.bank.store.run(lambda connection: apply_events(connection, [event]))

    def _id(self, customer: str) -> CustomerId:
        return self.ids.get(customer, CustomerId(77))

    def _name(self, customer: str, request: str) -> EntryId:
        return entry_id(self._id(customer), request)

    # --- reading, in the form of `Books.dump` ---

    def dump(self, requests: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The state of the database. `requests` are the holds that were asked for, by customer and request id."""
        names = {who: name for name, who in self.ids.items()}
        found: dict[str, Any] = {"limited": dict(sorted(self._ask("SELECT name, balance FROM ledger.limited")))}
        ended, expired, returned = self._ended(), self._expired(), self._returned()
        for who, pending, available, held, owed, last_at, lots, keys, balls in self._ask(
            "SELECT customer_id, pending_energy, available_energy, held_energy, owed_energy,"
            " nullif(last_at, '-infinity'), lots, ball_keys, balls FROM ledger.holder ORDER BY customer_key"
        ):
            found[names[who]] = {
                "sums": (pending, available, held, owed),
                "last_at": last_at.replace(tzinfo=None) if last_at else LONG_AGO,
                "balls": sorted((self._act(key), *_ball(ball)) for key, ball in zip(keys, balls, strict=True)),
                "lots": [_lot(lot) for lot in lots],
                "ended": sorted(ended.get(who, [])),
                "expired": sorted(expired.get(who, Counter()).items()),
                "returned": sorted(returned.get(who, Counter()).items()),
            }
        holds = {entry: (energy, units, lots) for entry, energy, units, lots in self._ask(
            "SELECT entry_id, held_energy, -units, lots FROM ledger.entry WHERE kind = 'hold'")}  # fmt: skip
        found["holds"] = sorted(
            (name, energy, units, tuple(_lot(lot) for lot in lots))
            for name in set(requests)
            for energy, units, lots in [holds.pop(self._name(*name), (None, None, None))]
            if energy is not None
        )
        assert not holds, f"holds that nobody asked for: {holds}"
        return found

    def _ended(self) -> dict[int, list[tuple[str, date]]]:
        found: dict[int, list[tuple[str, date]]] = {}
        for who, kind, recorded_at, keys, balls in self._ask(
            "SELECT customer_id, kind::text, recorded_at, ball_keys, balls FROM ledger.entry"
            " WHERE kind IN ('collect', 'lapse')"
        ):
            for key, ball in zip(keys, balls, strict=True):
                day = date.min if kind == "lapse" else last_day(recorded_at.replace(tzinfo=None), _ball(ball).months)
                found.setdefault(who, []).append((self._act(key), day))
        return found

    def _expired(self) -> dict[int, Counter[date]]:
        found: dict[int, Counter[date]] = {}
        for who, lots in self._ask("SELECT customer_id, lots FROM ledger.entry WHERE kind = 'expire'"):
            for day, energy in map(_lot, lots):
                found.setdefault(who, Counter())[day] += energy
        return found

    def _returned(self) -> dict[int, Counter[date]]:
        found: dict[int, Counter[date]] = {}
        for who, day, energy in self._ask(
            "SELECT customer_id, lot_day, gone_energy FROM ledger.reversal"
            " WHERE lot_day IS NOT NULL AND gone_energy > 0"
        ):
            found.setdefault(who, Counter())[_EPOCH + timedelta(days=day)] += energy
        return found

    def _act(self, ball: int) -> str:
        return self.act_names.get(ball, "award")

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        return self.bank.ask(question)


def _answer(answer: ledger.Answer) -> Answer:
    return Answer(answer.code.value, answer.energy)


def _lot(lot: int) -> tuple[date, int]:
    return _EPOCH + timedelta(days=lot >> 40), lot & _LOT


def _ball(ball: int) -> Ball:
    ripens = datetime(1970, 1, 1) + timedelta(minutes=ball >> 36)
    return Ball(ripens, ball >> 31 & _DAYS, ball >> 25 & _MONTHS, ball & _BALL)
