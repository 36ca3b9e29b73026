"""A year of a small bank in half a minute, with everything that goes wrong between a bank and its ledger, seeded.

Files come late, in another order, twice, with their rows shuffled and doubled; accounts are told of in between, and
again; Ditan dies between its stages. Checkers that share no code with the ledger recompute what it holds, and a calm
twin of the same year must hold the same.
"""

import gc
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from tests.conftest import another_store
from tests.simulation.oracle import half_even, local
from tests.simulation.running import Bench, shipped, tidy_archive

from ditan import feed, ledger, quantification, recognition
from ditan.accounts import AccountEvent
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import act_id
from ditan.model import Scenario
from ditan.testing.bank import Bank, make_bank
from ditan.testing.people import DAY_S
from ditan.testing.rows import HEADER, Row

START = date(2026, 1, 1)
DAYS, CUSTOMERS, FILES = 365, 20, 24
MIDNIGHT = datetime.combine(START, time(), BUSINESS_ZONE)


class Crash(Exception):
    """Ditan dies here."""


#: Where it may die: the module, the verb, and whether before or after it.
PLACES = (
    (recognition, "recognize", "after"),
    (quantification, "quantify", "after"),
    (ledger, "post", "before"),
    (ledger, "post", "after"),
    (feed, "prepare", "after"),
    (feed, "record_rejections", "after"),
    (feed, "record_batch", "after"),
    (feed, "publish", "before"),
    (feed, "publish", "after"),
)


@dataclass(slots=True)
class Delivery:
    """A file, the day until which accounts are known when it comes, and what happens to it."""

    number: int
    until: int  # day of the year
    rows: list[Row]
    crashes: list[tuple[Any, str, str]] = field(default_factory=list)
    doubled: list[Row] = field(default_factory=list)
    again: list[int] = field(default_factory=list)  # earlier files that come once more after it
    accounts_again: bool = False


def deliveries(bank: Bank, rng: random.Random) -> list[Delivery]:
    """Cut the year into files; shuffle, double, repeat, and choose where Ditan dies."""
    cuts = sorted(rng.sample(range(1, DAYS), FILES - 1))
    rows: list[list[Row]] = [[] for _ in range(FILES)]
    for day in bank.deliveries():
        rows[sum(day.number >= cut for cut in cuts)] += day.rows
    found = [Delivery(n, until, some) for n, (until, some) in enumerate(zip([*cuts, DAYS], rows, strict=True))]
    for place in range(0, FILES - 2, 3):  # some change places with the next, one waits for months
        if rng.random() < 0.6:
            found[place], found[place + 1] = found[place + 1], found[place]
    found.insert(rng.randrange(FILES - 8, FILES - 2), found.pop(rng.randrange(5, 9)))
    for place, delivery in enumerate(found):
        if rng.random() < 0.5:
            rng.shuffle(delivery.rows)
        if rng.random() < 0.5:
            delivery.doubled = rng.sample(delivery.rows, len(delivery.rows) // 20)
        if rng.random() < 0.3:
            delivery.crashes = [rng.choice(PLACES) for _ in range(rng.randrange(1, 3))]
        if place and rng.random() < 0.25:
            delivery.again = [rng.randrange(place)]
        delivery.accounts_again = rng.random() < 0.3
    return found


class Year:
    """A bank's year in one database."""

    def __init__(self, bench: Bench, bank: Bank, folder: Path, clock: FixedClock) -> None:
        self.bench, self.bank, self.folder, self.clock = bench, bank, folder, clock
        self.told = -1
        self.crashes = 0
        self.files: list[Path] = []
        folder.mkdir()

    def play(self, found: list[Delivery], *, calm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        for delivery in found:
            if delivery.until > self.told:
                self.decide(delivery.until)
            doubled = [] if calm else delivery.doubled
            self.files.append(self.write(delivery, doubled))
            for place in [] if calm else delivery.crashes:
                self.die(place, self.files[-1], monkeypatch)
            self.bench.ingest(self.files[-1])
            if not calm:
                if delivery.accounts_again:
                    self.decide(self.told)
                for earlier in delivery.again:
                    reports, _ = self.bench.ingest(self.files[earlier])
                    assert sum(report.posted.posted for report in reports) == 0
                    assert sum(report.released for report in reports) == 0

    def decide(self, until: int) -> None:
        """Tell of the accounts up to a day, from the first on: what is known changes nothing."""
        self.told = until
        now = MIDNIGHT + timedelta(days=until + 1)
        self.clock.advance(max(timedelta(0), now.astimezone(UTC) - self.clock.now()))
        steps = [step for step in self.bank.account_steps() if step.t < until * DAY_S]
        self.bench.decide(
            msgspec.convert(
                {"action": step.action, "at": MIDNIGHT + timedelta(seconds=step.t), **step.details}, AccountEvent
            )
            for step in steps
        )

    def write(self, delivery: Delivery, doubled: list[Row]) -> Path:
        file = self.folder / f"file-{delivery.number}.csv"
        lines = [HEADER, *(row.line for row in [*delivery.rows, *doubled])]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    def die(self, place: tuple[Any, str, str], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        module, verb, when = place
        with monkeypatch.context() as patched:
            patched.setattr(module, verb, dying(getattr(module, verb), when))
            try:
                self.bench.ingest(file)
            except Crash:
                self.crashes += 1
        gc.collect()  # a process that dies lets go of its locks


def dying(verb: Callable[..., Any], when: str) -> Callable[..., Any]:
    def step(*given: Any, **named: Any) -> Any:
        if when == "before":
            raise Crash
        verb(*given, **named)
        raise Crash

    return step


# --- checkers -----------------------------------------------------------------------------------------------------


class Act(NamedTuple):
    """An act as the ledger has it."""

    act: UUID
    customer: str
    scenario: int
    at: datetime  # UTC
    fen: int
    carbon_mg: int
    energy: int
    cut: int


class Books:
    """What the database holds, read once, and what the bank sent; everything else is computed here, naively."""

    def __init__(self, bench: Bench, bank: Bank, found: list[Delivery]) -> None:
        rows = bench.ask(
            "SELECT act_id, customer_ref, scenario, occurred_at, amount_fen, carbon_mg, energy, cut"
            " FROM ledger.act JOIN accounts.customer USING (customer_id)"
        )
        self.acts = [Act(*row[:3], row[3].astimezone(UTC).replace(tzinfo=None), *row[4:]) for row in rows]
        self.reversals = bench.ask("SELECT act_id, amount_fen, carbon_mg, energy FROM ledger.reversal")
        self.held = bench.balances()
        self.lapsed: dict[str, int] = dict(
            bench.ask(
                "SELECT customer_ref, sum(energy)::bigint FROM ("
                " SELECT customer_id, -(pending_energy + available_energy + held_energy - owed_energy) AS energy"
                " FROM ledger.entry UNION ALL SELECT customer_id, -gone_energy FROM ledger.reversal"
                ") gone JOIN accounts.customer USING (customer_id) GROUP BY customer_ref"
            )
        )
        self.issued = {row[0]: row[1:] for row in bench.ask("SELECT scenario, carbon_mg, energy FROM ledger.issuance")}
        self.waiting = bench.one("SELECT count(*) FROM feed.waiting_refund")
        self.bank, self.found = bank, found
        self.scenarios: dict[int, Scenario] = {scenario.number: scenario for scenario in bank.pack.scenarios}

    def wrong(self) -> Iterator[str]:
        yield from self.sums()
        yield from self.caps()
        yield from self.journeys()
        yield from self.consents()
        yield from self.refunds()
        yield from self.truth()

    def sums(self) -> Iterator[str]:
        """What is held and issued is what acts gave less what reversals took, and less what lapsed."""
        customer_of = {act.act: act for act in self.acts}
        held: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        issued: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for act in self.acts:
            for account in (held[act.customer], issued[act.scenario]):
                account[0] += act.carbon_mg
                account[1] += act.energy
        for act_key, _, carbon_mg, energy in self.reversals:
            act = customer_of[act_key]
            for account in (held[act.customer], issued[act.scenario]):
                account[0] -= carbon_mg
                account[1] -= energy
        for customer, sums in self.held.items():
            held[customer][1] -= self.lapsed.get(customer, 0)
            if tuple(held[customer]) != sums:
                yield f"{customer} holds {sums}, the entries say {held[customer]}"
        for scenario, sums in self.issued.items():
            if tuple(issued[scenario]) != sums:
                yield f"scenario {scenario} issued {sums}, the entries say {issued[scenario]}"

    def caps(self) -> Iterator[str]:
        """No cap is passed, however the acts arrived."""
        days: Counter[tuple[str, int, date, str]] = Counter()
        months: Counter[tuple[str, int, int, str]] = Counter()
        grams: Counter[tuple[str, int, int]] = Counter()
        for act in self.acts:
            day = local(act.at).date()
            for asset, given in (("carbon", act.carbon_mg), ("energy", act.energy)):
                days[act.customer, act.scenario, day, asset] += given > 0
                months[act.customer, act.scenario, day.month, asset] += given > 0
            grams[act.customer, act.scenario, day.month] += act.carbon_mg
        for (customer, number, when, asset), count in [*days.items(), *months.items()]:
            scenario = self.scenarios[number]
            of = scenario.caps if asset == "carbon" else scenario.reward
            cap = of.daily_acts if isinstance(when, date) else of.monthly_acts
            if cap is not None and count > cap:
                yield f"{customer} has {count} acts of {scenario.id} with {asset} in {when}, the cap is {cap}"
        for (customer, number, month), mg in grams.items():
            cap_g = self.scenarios[number].caps.monthly_g
            if cap_g is not None and mg > cap_g * 1000:
                yield f"{customer} was given {mg} mg of scenario {number} in month {month}"

    def journeys(self) -> Iterator[str]:
        """No two acts that were given anything are closer than the gap of their scenario."""
        last: dict[tuple[str, int], Act] = {}
        for act in sorted(self.acts, key=lambda one: one.at):
            gap = timedelta(minutes=self.scenarios[act.scenario].deduplication.min_gap_minutes)
            if not act.carbon_mg and not act.energy:
                continue
            before = last.get((act.customer, act.scenario))
            if before and act.at - before.at < gap:
                yield f"{act.act} is {act.at - before.at} after {before.act}"
            last[act.customer, act.scenario] = act

    def consents(self) -> Iterator[str]:
        """Every act has the account and the consents that the plan of the customer's life says."""
        customers = {customer.ref: customer for customer in self.bank.customers}
        for act in self.acts:
            t = int((act.at.replace(tzinfo=UTC) - MIDNIGHT).total_seconds())
            standing = customers[act.customer].standing(t, None, self.scenarios[act.scenario].consent)
            if standing != "candidate":
                yield f"{act.act} of {act.customer} was posted, although {standing}"

    def refunds(self) -> Iterator[str]:
        """A refund takes the gift in proportion to the money that went back."""
        acts = {act.act: act for act in self.acts}
        back: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
        for act_key, fen, carbon_mg, energy in self.reversals:
            back[act_key] = [a + b for a, b in zip(back[act_key], (fen, carbon_mg, energy), strict=True)]
        for act_key, (fen, carbon_mg, energy) in back.items():
            act = acts[act_key]
            share = Fraction(1) if fen >= act.fen else Fraction(fen, act.fen)
            if (carbon_mg, energy) != (half_even(act.carbon_mg * share), half_even(act.energy * share)):
                yield f"{act_key}: {fen} of {act.fen} fen went back, and {carbon_mg} mg, {energy} points of {act}"

    def truth(self) -> Iterator[str]:
        """The acts are the events that were meant as such by consenting customers, each once; refunds found them."""
        rows = [row for delivery in self.found for row in delivery.rows]
        told = {row.event_id: row.truth for row in rows if row.original_event_id is None}
        meant = {self.key(event_id) for event_id, truth in told.items() if truth.fate == "candidate"}
        posted = {act.act for act in self.acts}
        yield from (f"{act} was not meant as an act" for act in posted - meant)
        yield from (f"{act} was meant as an act and is not there" for act in meant - posted)
        refunded = {self.key(row.original_event_id) for row in rows if row.truth.fate == "refund_of"} & posted
        reversed_ = {row[0] for row in self.reversals}
        yield from (f"{act} was refunded, and keeps everything" for act in refunded - reversed_)
        yield from (f"{act} was reversed, and nobody asked for it" for act in reversed_ - refunded)

    @staticmethod
    def key(event_id: str | None) -> UUID:
        assert event_id is not None
        return act_id("card-switch" if event_id.startswith("c") else "mobile-bank", event_id)


@pytest.mark.timeout(300)
@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-09")
@pytest.mark.invariant("INV-12")
@pytest.mark.parametrize("seed", [2026])
def test_a_year_with_everything_that_goes_wrong(
    store: Any, template_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, seed: int
) -> None:
    rng = random.Random(f"year/{seed}")
    bank = make_bank(CUSTOMERS, DAYS, seed, START, shipped())
    found = deliveries(bank, rng)
    clock = FixedClock(MIDNIGHT)
    year = Year(Bench(store, clock=clock), bank, tmp_path / "rough", clock)
    year.play(found, calm=False, monkeypatch=monkeypatch)
    bench = year.bench
    books = Books(bench, bank, found)
    assert list(books.wrong()) == []
    assert bench.broken() == {}
    assert bench.replayed().differences == 0
    gc.collect()
    feed.recover(bench.settings.home / feed.ARCHIVE, bench.manifest)
    tidy_archive(bench)

    with another_store(template_url, "calm") as other:
        clock = FixedClock(MIDNIGHT)
        calm = Year(Bench(other, clock=clock), bank, tmp_path / "calm", clock)
        calm.play(found, calm=True, monkeypatch=monkeypatch)
        assert bench.digest() == calm.bench.digest()
        assert bench.balances() == calm.bench.balances()
        assert {act: row[1:] for act, row in bench.acts().items()} == {
            act: row[1:] for act, row in calm.bench.acts().items()
        }  # but for the number of the customer
    doubled, again = sum(len(d.doubled) for d in found), sum(len(d.again) for d in found)
    rows = sum(len(delivery.rows) for delivery in found)
    with capsys.disabled():
        print(
            f"\nseed {seed}: {rows} rows in {FILES} files, {doubled} rows doubled, {again} files again,"
            f" {year.crashes} crashes, {len(books.acts)} acts, {len(books.reversals)} reversals, {books.waiting} wait"
        )
    assert min(doubled, again, year.crashes, len(books.reversals)) > 3
    assert len({act.scenario for act in books.acts}) >= 18


def test_the_checkers_can_see(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is shown a ledger with one thing wrong."""
    rng = random.Random("checkers")
    bank = make_bank(CUSTOMERS, DAYS, 5, START, shipped())
    found = deliveries(bank, rng)
    found = sorted(found, key=lambda delivery: delivery.number)[:3]
    clock = FixedClock(MIDNIGHT)
    year = Year(Bench(store, clock=clock), bank, tmp_path / "short", clock)
    year.play(found, calm=True, monkeypatch=monkeypatch)
    books = Books(year.bench, bank, found)
    assert list(books.wrong()) == []
    whole = books.acts
    ride = next(act for act in whole if act.scenario == 1 and act.carbon_mg and act.energy)
    late = ride._replace(act=UUID(int=1), at=ride.at + timedelta(minutes=1))
    for name, changed in {
        "sums": [*whole, late],
        "caps": whole + [ride._replace(act=UUID(int=n), at=ride.at) for n in range(9)],
        "journeys": [*whole, late],
        "consents": [*whole, ride._replace(act=UUID(int=2), customer="cust-0000010")],
        "truth": [*whole, late],
    }.items():
        books.acts = changed
        assert list(getattr(books, name)()), name
    books.acts = whole
    assert books.reversals
    books.reversals = [(act, fen, mg + 1, energy) for act, fen, mg, energy in books.reversals]
    assert list(books.refunds())
