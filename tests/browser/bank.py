"""The bank of the browser tests: a real server of the demo over a database of its own; a test moves its time on."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace
from tests.conftest import HOMES, make_home
from tests.surface.test_api_serving import serving

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.demo import MARK, STAFF, DemoClock, DemoCustomer, write_customers
from ditan.kernel.settings import Settings
from ditan.model import BankEvent
from ditan.store import Store, embedded
from ditan.testing import factories

MORNING = datetime(2026, 7, 7, 10, tzinfo=BUSINESS_ZONE)
MINUTE = timedelta(minutes=1)


class Customer:
    """Somebody with two cards, made up for one test."""

    page = "home"
    numbers = itertools.count(1)

    def __init__(self, name: str) -> None:
        self.subject = f"cust-{name}-{next(self.numbers)}"
        self.debit, self.credit = f"card-{self.subject}-d", f"card-{self.subject}-c"
        self.cards: list[dict[str, str | bool]] = [
            {"card_ref": self.debit, "product": "debit", "label": "6217", "quickpass": True},
            {"card_ref": self.credit, "product": "credit", "label": "8801", "quickpass": False},
        ]

    def claims(self) -> dict[str, Any]:
        """What the demo is asked for to let her in."""
        return {"subject": self.subject, "cards": self.cards}

    @classmethod
    def named(cls, subject: str, cards: list[dict[str, str | bool]]) -> Customer:
        """Somebody whom the demo made."""
        who = cls(subject)
        who.subject, who.cards = subject, cards
        return who


class Staff:
    """Somebody at the bank, one for each role; the console is her page."""

    page = "console"

    def __init__(self, role: str) -> None:
        [self.subject] = [each.subject for each in STAFF if each.role == role]

    def claims(self) -> dict[str, Any]:
        """What the demo is asked for to let her in."""
        return {"subject": self.subject, "staff": True}


class Bank:
    """What a test does as the bank, and what it asks beside the page."""

    numbers = itertools.count(1)

    def __init__(self, address: str, settings: Settings, store: Store) -> None:
        self.address, self.settings, self.store = address, settings, store
        self.http = httpx.Client(base_url=address, timeout=20)

    # --- time ---

    def now(self) -> datetime:
        """What time it is at the bank."""
        return DemoClock(self.settings).now()

    def wait(self, step: timedelta) -> None:
        """Let time pass."""
        seconds = -(-step // timedelta(seconds=1))
        answer = self.http.post("/demo/clock", json={"advance_seconds": seconds})
        assert answer.status_code == 200, answer.text

    def ripen(self, who: Customer) -> None:
        """Let time pass until everything that hangs is ripe."""
        moments = [datetime.fromisoformat(ball["ripens_at"]) for ball in self.balls(who)]
        late = max(moments) - self.now()
        if late > timedelta(0):
            self.wait(late + timedelta(seconds=1))

    # --- customers ---

    def token(self, subject: str, *, system: bool = False, cards: Any = ()) -> str:
        """A token, as the demo gives it."""
        answer = self.http.post("/demo/token", json={"subject": subject, "system": system, "cards": list(cards)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def ask(self, who: Customer, method: str, path: str, **given: Any) -> Any:
        """Ask the API as a customer, beside her page."""
        headers = {
            "Authorization": f"Bearer {self.token(who.subject, cards=who.cards)}",
            "Idempotency-Key": f"test-{next(self.numbers)}",
        }
        answer = self.http.request(method, path, headers=headers, **given)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def open(self, who: Customer) -> Customer:
        """Open an account with all consents and cards; a minute later there can be acts."""
        texts = [each["text"] for each in self.ask(who, "GET", "/v1/consents")["consents"]]
        consents = [{"purpose": text["purpose"], "version": text["version"]} for text in texts]
        self.ask(who, "POST", "/v1/account", json={"consents": consents, "cards": [who.debit, who.credit]})
        self.wait(2 * MINUTE)
        return who

    def balls(self, who: Customer) -> list[Any]:
        """What hangs for a customer."""
        found: list[Any] = self.ask(who, "GET", "/v1/balls")["balls"]
        return found

    # --- events ---

    def act(self, who: Customer, scenario: str = "metro_ride", **changes: Any) -> BankEvent:
        """An act of the customer a minute ago."""
        event = factories.event(scenario, event_id=f"{scenario}-{next(self.numbers)}", customer_ref=who.subject)
        at = (self.now() - MINUTE).replace(microsecond=0)
        card = who.debit if event.card_ref == "card-lin-d" else event.card_ref and f"{event.card_ref}-{who.subject}"
        return replace(event, **({"occurred_at": at, "settled_on": None, "card_ref": card} | changes))

    def feed(self, *events: BankEvent) -> list[Any]:
        """Send events as the bank's systems do; give the result of each."""
        headers = {
            "Authorization": f"Bearer {self.token('core-banking', system=True)}",
            "Idempotency-Key": f"feed-{next(self.numbers)}",
        }
        body = {"events": [msgspec.to_builtins(event) for event in events]}
        answer = self.http.post("/v1/events", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        results: list[Any] = answer.json()["results"]
        return results

    def ride(self, who: Customer) -> Any:
        """A metro ride that is recorded; give its result."""
        [result] = self.feed(self.act(who))
        assert result["code"] == "posted", result
        return result

    # --- the ledger, past the API ---

    def count(self, question: str, **given: Any) -> int:
        """A number from the database."""
        with self.store.unit_of_work() as connection:
            row = connection.execute(question, given).fetchone()
        assert row is not None
        return int(row[0])

    def collected(self, who: Customer) -> tuple[int, int]:
        """How many collections the ledger has of a customer, and their energy."""
        ask = (
            "SELECT {} FROM ledger.entry JOIN accounts.customer USING (customer_id)"
            " WHERE customer_ref = %(who)s AND kind = 'collect'"
        )
        return (
            self.count(ask.format("count(*)"), who=who.subject),
            self.count(ask.format("coalesce(sum(available_energy), 0)"), who=who.subject),
        )


@contextmanager
def demo_home(name: str) -> Iterator[Settings]:
    """The home of a small demo with a database of its own, gone afterwards; its time is a Tuesday morning."""
    home = make_home(f"{HOMES}{os.getpid()}-{name}-")
    settings = Settings(home=home)
    (home / MARK).mkdir()
    DemoClock(settings).set(MORNING)
    try:
        with Store.open(settings):
            yield settings
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def open_bank(settings: Settings, *options: str) -> Iterator[Bank]:
    """A server of that home, as `ditan serve --demo` starts it."""
    environment = {"DITAN_HOME": str(settings.home), "DITAN_REQUESTS_PER_MINUTE": "100000", "DITAN_LOG_LEVEL": "info"}
    root = options[options.index("--root-path") + 1] if "--root-path" in options else ""
    with serving(environment, "--demo", *options) as address, Store.open(settings) as store:
        bank = Bank(address + root, settings, store)
        yield bank
        bank.http.close()


@contextmanager
def offered(settings: Settings, who: Customer) -> Iterator[None]:
    """The sign-in page of the demo offers a customer."""
    name, about = {"zh": "小陈（合成）", "en": "Ms Chen (made up)"}, {"zh": "还没有开户", "en": "No account yet"}
    write_customers(settings, [DemoCustomer(subject=who.subject, name=name, about=about, cards=who.cards)])
    yield
    write_customers(settings, [])


def page_is_built() -> bool:
    """Whether there are pages to look at."""
    from ditan.api.page.files import FOLDER, INDEX, PAGES

    return all((FOLDER / page / INDEX).exists() for page in PAGES)
