"""Who is erased cannot be found any more, and nothing that was posted, closed or proved has changed.

A life with a bit of everything is lived and erased; then every table and every file is searched for the customer, the
cards, the bills, and every hash that could be made from them.
"""

import hashlib
import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace
from tests.simulation.running import NOW, Bench, Ended

from ditan import ledger
from ditan.accounts import AccountEvent, Action, Erasing, erase
from ditan.cli.check import verify
from ditan.feed import ARCHIVE
from ditan.insight import tell
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import StoreUnavailable
from ditan.kernel.ids import act_id, key
from ditan.model import BankEvent, CardProduct, Purpose
from ditan.store import Store
from ditan.testing import factories

LIN, WANG = "cust-lin", "cust-wang"
CARD = "card-lin-d"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = NOW - 20 * DAY
RIDE = replace(factories.event("metro_ride"), occurred_at=START + HOUR, descriptor=f"ride of {LIN} by {CARD}")
SPENT = replace(RIDE, event_id=f"trip-{LIN}-2", occurred_at=START + 3 * HOUR)
BILL = replace(factories.event("utility_payment"), occurred_at=START + 2 * HOUR)
HERS = replace(RIDE, event_id="hers", customer_ref=WANG, card_ref="card-wang-d", descriptor="metro")
BACK = factories.refund(RIDE, 150, occurred_at=START + 5 * HOUR)
EARLY = factories.refund(replace(RIDE, event_id="never came"), 100, occurred_at=START + 5 * HOUR)
LATE = replace(RIDE, event_id="late", occurred_at=START + 26 * HOUR)
EVENTS = [RIDE, SPENT, BILL, HERS]
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Life(NamedTuple):
    """What was lived, and where new files may lie."""

    bench: Bench
    folder: Path
    clock: FixedClock
    contents: set[str]

    def erase(self, who: str = LIN) -> Erasing:
        return self.bench.store.run(lambda connection: erase(connection, who, self.clock.now()))

    def send(self, name: str, *events: BankEvent) -> dict[str, Ended]:
        return self.bench.ingest_events(name, list(events), self.folder)

    def close_account(self, who: str = LIN) -> None:
        self.bench.decide([AccountEvent(at=self.clock.now(), action=Action.CLOSE, customer_ref=who)])

    def hold(self) -> Any:
        """Set one point of hers aside."""
        now = self.clock.now()
        return self.bench.store.run(
            lambda c: ledger.hold(c, ledger.find_customer(c, LIN), "gift", 1, deadline=now + DAY, now=now)
        )


@pytest.fixture
def life(store: Store, tmp_path: Path) -> Life:
    """Rides, a bill, a refund, one that waits, a conflict; collected, corrected, used; days closed, the account too."""
    clock = FixedClock(START + 6 * HOUR)
    bench = Bench(store, clock=clock)
    made = Life(bench, tmp_path, clock, set())
    for who in (LIN, WANG):
        given: dict[str, Any] = {"at": START - DAY, "customer_ref": who}
        bench.decide([
            AccountEvent(action=Action.OPEN, **given),
            *(AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **given) for purpose in Purpose),
            AccountEvent(
                action=Action.LINK_CARD, card_ref=f"card-{who[5:]}-d", card_product=CardProduct.DEBIT, **given
            ),
        ])  # fmt: skip
    made.send("first", *EVENTS)
    again = made.send("second", replace(BILL, amount_fen=BILL.amount_fen + 1), BACK, EARLY)
    assert [end.code for end in again.values()] == ["conflict", "refunded", "waiting_original"]
    clock.advance(DAY)
    _move_energy(made)
    clock.advance(10 * DAY)
    made.send("third", replace(RIDE, event_id="to lapse", occurred_at=START + 27 * HOUR))
    clock.advance(9 * DAY)
    ledger.sweep(store, clock.now())
    ledger.close(store, (clock.now() - DAY).date(), clock.now())
    made.close_account()
    made.contents.update(contents(bench))
    return made


def _move_energy(life: Life) -> None:
    """Collect, use, correct; and let a request be remembered."""
    now, store = life.clock.now(), life.bench.store

    def work(connection: Any) -> None:
        lin = ledger.find_customer(connection, LIN)
        ledger.collect(connection, [ledger.Collection(lin, "tap", None)], now)
        hold = ledger.hold(connection, lin, "redeem", 2, deadline=now + DAY, now=now, reason=f"tree of {LIN}")
        assert hold.entry_id is not None
        ledger.capture(connection, hold.entry_id, now=now)
        one = ledger.propose(connection, "fix", 3, customer_id=lin, reason=f"{LIN} asked", maker="a", now=now)
        ledger.decide(connection, one, checker="b", approve=True, now=now)
        ledger.propose(connection, "fix-2", 4, customer_id=lin, reason=f"{LIN} asks", maker="a", now=now)
        connection.execute(
            "INSERT INTO home.preference SELECT customer_id, 'en', true, true, now() FROM ledger.holder"
            " WHERE customer_key = %s", [key(LIN)],
        )  # fmt: skip
        connection.execute(
            "INSERT INTO api.request SELECT %s, %s, '{\"card\":\"card-lin-d\"}', now(), customer_id FROM ledger.holder"
            " WHERE customer_key = %s", [key("request", LIN, "1"), key("x"), key(LIN)],
        )  # fmt: skip

    store.run(work)


def database_text(bench: Bench) -> dict[str, str]:
    """Every table of every schema of ours, as text; packed numbers in hexadecimal, and sequences."""
    tables = bench.ask(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'"
    )
    with bench.store.connect_owner() as owner:
        return {
            name: "\n".join(str(row) for (row,) in owner.execute(f"SELECT t::text FROM {name} t").fetchall())
            for (name,) in tables
            if name != "methodology.pack"
        }


def archive_text(bench: Bench) -> str:
    """Every file below the archive, as it is and, of Parquet, every row."""
    files = [path for path in (bench.settings.home / ARCHIVE).rglob("*") if path.is_file()]
    rows = [str(row) for path in files if path.suffix == ".parquet" for row in pq.read_table(path).to_pylist()]
    return "\n".join(rows + [path.read_bytes().decode("latin-1") for path in files])


def made_from(name: str) -> set[str]:
    """A name, and every hash of it that Ditan makes, in every form in which it could be stored."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    short = int(digest[:15], 16)
    return {name, digest, digest[:32], str(key(name)), str(short), f"{short:016x}"}


def guesses() -> set[str]:
    """What somebody would try who has her references, and knows the bank's scenarios, bills, feeds and events well."""
    texts: set[str] = set()
    facts = [value for event in EVENTS for value in event.attributes.values()]
    occasions = {str(fact) for fact in facts} | {f"{a}\x1f{b}" for a, b in product(facts, facts)} | {CARD}
    for scenario, occasion in product(range(1, 22), occasions):
        texts.add(str(key(str(scenario), LIN, occasion)))
    return texts


def trace(life: Life) -> dict[str, list[str]]:
    """Where she can be found, and by what."""
    wanted = made_from(LIN) | made_from(CARD)
    for value in BILL.attributes.values():
        wanted |= made_from(str(value)) if isinstance(value, str) and len(value) > 8 else set()
    guessed = guesses() | life.contents
    found: dict[str, list[str]] = {}
    for place, text in {**database_text(life.bench), "archive": archive_text(life.bench)}.items():
        hits = [name for name in wanted if name in text] + sorted(guessed & set(UUID_TEXT.findall(text)))
        if hits:
            found[place] = hits
    return found


def contents(bench: Bench) -> set[str]:
    """Hashes over what the bank said of her events: whoever has the event can make them."""
    found = bench.ask("SELECT content_key FROM feed.conflict")
    for table in ("ledger.act", "ledger.reversal", "feed.waiting_refund"):
        found += bench.ask(
            f"SELECT content_key FROM {table} JOIN ledger.holder USING (customer_id) WHERE customer_key = %s", key(LIN)
        )
    return {str(row[0]) for row in found}


def books(life: Life) -> dict[str, Any]:
    """Everything that adds up, was closed or was proved."""
    questions = {
        "acts": "SELECT act_id, batch_id, occurred_at, amount_fen, quantity_milli, quantified_mg, carbon_mg, energy,"
                " rate_id, pack_id, scenario, cut FROM ledger.act ORDER BY 1",
        "reversals": "SELECT reversal_id, act_id, batch_id, occurred_at, amount_fen, carbon_mg, energy, pending_energy,"
                     " available_energy, gone_energy, owed_energy, lots, lot_day FROM ledger.reversal ORDER BY 1",
        "postings": "SELECT booked_on, asset, line, sum(amount), count(*) FROM ledger.posting GROUP BY 1, 2, 3"
                    " ORDER BY 1, 2, 3",
        "days": "SELECT * FROM ledger.closed_day ORDER BY day",
        "lines": "SELECT * FROM ledger.closed_line ORDER BY day, asset, account",
        "issued": "SELECT * FROM ledger.issued ORDER BY 1, 2, 3",
        "held": "SELECT sum(carbon_mg), sum(pending_energy), sum(available_energy), sum(owed_energy), count(*)"
                " FROM ledger.holder",
        "tallies": "SELECT * FROM feed.tally ORDER BY 1, 2, 3",
        "evidence": "SELECT * FROM feed.evidence_file ORDER BY 1",
    }  # fmt: skip
    return {name: life.bench.ask(question) for name, question in questions.items()}


@pytest.mark.invariant("INV-14")
def test_who_is_erased_cannot_be_found_and_nothing_has_changed(life: Life) -> None:
    bench = life.bench
    before = books(life)
    assert {
        "accounts.customer",
        "accounts.card",
        "ledger.holder",
        "ledger.act",
        "ledger.reversal",
        "ledger.occasion",
        "ledger.proposal",
        "ledger.entry",
        "feed.conflict",
        "feed.waiting_refund",
        "api.request",
    } <= trace(life).keys()
    assert "archive" not in trace(life)

    assert life.erase() is Erasing.DONE

    assert trace(life) == {}
    assert books(life) == before
    assert bench.one("SELECT count(*) FROM feed.waiting_refund") == 0
    assert {v.invariant: v.offenders for v in verify(bench.settings, bench.store, quiet=True) if not v.holds} == {}
    again = bench.replayed()
    assert (again.differences, again.broken_files, again.acts) == (0, [], len(before["acts"]))
    [left] = bench.ask("SELECT * FROM accounts.customer WHERE erased_at IS NOT NULL")
    assert left[1:3] == (None, None)
    story = bench.store.run(lambda c: tell(c, bench.settings.home, act_id(RIDE.source, RIDE.event_id)))
    assert (story.act.customer_ref, story.event.customer_ref) == (None, "")
    assert story.explanation.raw_mg == story.act.quantified_mg
    # The neighbor is as she was.
    assert bench.one("SELECT count(*) FROM accounts.card") == 1
    assert bench.one("SELECT carbon_mg > 0 FROM ledger.holder WHERE customer_key = %s", key(WANG)) is True


@pytest.mark.invariant("INV-14")
def test_the_number_says_nothing_of_the_name(life: Life) -> None:
    """The old number begins with six bits of a hash of the name: among few who were erased, that would name her."""
    old = life.bench.one("SELECT customer_id FROM ledger.holder WHERE customer_key = %s", key(LIN))
    life.erase()
    new = life.bench.one("SELECT customer_id FROM accounts.customer WHERE erased_at IS NOT NULL")
    assert new == 64 << 40
    for place, text in database_text(life.bench).items():
        assert not re.search(rf"\b{old}\b", text), place
        assert f"{old:012x}" not in text.replace("-", ""), place


@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-14")
def test_what_comes_late_leaves_a_count_and_the_same_person_may_begin_anew(life: Life) -> None:
    bench = life.bench
    life.erase()
    before = books(life)
    refund = factories.refund(SPENT, 100, occurred_at=START + DAY)
    changed = replace(BILL, amount_fen=BILL.amount_fen + 2)
    ended = life.send("late", LATE, RIDE, changed, BACK, refund, EARLY, factories.reversal(LATE))
    assert [end.code for end in ended.values()] == [
        "no_account", "erased", "erased", "erased", "erased", "no_account", "original_not_posted",
    ]  # fmt: skip
    assert {(end.carbon_mg, end.energy) for end in ended.values()} == {(0, 0)}
    after = books(life)
    assert len(after.pop("tallies")) > len(before.pop("tallies"))
    assert after == before
    assert trace(life) == {}

    # A fresh account has nothing to do with the old one, and what was posted once is not posted again.
    now: dict[str, Any] = {"at": START - DAY, "customer_ref": LIN}
    bench.decide([AccountEvent(action=Action.OPEN, **now)])
    bench.decide([AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **now) for purpose in Purpose])
    bench.decide([AccountEvent(action=Action.LINK_CARD, card_ref=CARD, card_product=CardProduct.DEBIT, **now)])
    assert [end.code for end in life.send("again", *EVENTS, LATE).values()] == [
        "erased", "erased", "erased", "duplicate", "posted",
    ]  # fmt: skip
    held = bench.ask("SELECT carbon_mg, available_energy FROM ledger.holder WHERE customer_key = %s", key(LIN))
    assert held == [(ended_mg(bench, LATE), 0)]
    assert life.erase() is Erasing.OPEN
    life.close_account()
    assert life.erase() is Erasing.DONE
    assert bench.one("SELECT count(*) FROM accounts.customer WHERE erased_at IS NOT NULL") == 2
    assert trace(life) == {}
    assert bench.broken() == {}


def ended_mg(bench: Bench, event: BankEvent) -> int:
    return int(bench.one("SELECT carbon_mg FROM ledger.act WHERE act_id = %s", act_id(event.source, event.event_id)))


@pytest.mark.invariant("INV-14")
def test_it_is_refused_while_the_account_is_open_or_energy_is_held_and_never_for_a_debt(
    store: Store, life: Life
) -> None:
    assert life.erase("cust-nobody") is Erasing.NO_ACCOUNT
    assert life.erase(WANG) is Erasing.OPEN
    life.bench.corrupt("UPDATE accounts.customer SET closed_at = NULL WHERE customer_ref = 'cust-lin'")
    life.bench.corrupt("UPDATE ledger.holder SET closed_at = NULL")
    held = life.hold()
    life.close_account()
    assert life.erase() is Erasing.HELD
    store.run(lambda c: ledger.release(c, held.entry_id, now=life.clock.now()))
    life.bench.corrupt(
        "UPDATE ledger.holder SET lots = '{}', available_energy = 0, owed_energy = 5 WHERE closed_at IS NOT NULL"
    )
    assert life.erase() is Erasing.DONE
    assert life.erase() is Erasing.NO_ACCOUNT


@pytest.mark.invariant("INV-07")
@pytest.mark.invariant("INV-14")
def test_her_energy_lapses_and_expires_by_its_own_rules(life: Life) -> None:
    bench = life.bench
    life.erase()
    assert bench.one("SELECT sum(available_energy) FROM ledger.holder WHERE customer_key IS NULL") > 0
    later = life.clock.now() + 500 * DAY
    ledger.sweep(bench.store, later)
    assert bench.ask("SELECT pending_energy, available_energy FROM ledger.holder WHERE customer_key IS NULL") == [
        (0, 0)
    ]
    assert bench.broken() == {}
    assert trace(life) == {}


STEPS = (
    "DELETE ledger.occasion", "DELETE ledger.match", "DELETE feed.conflict", "DELETE feed.waiting_refund",
    "UPDATE ledger.act", "UPDATE ledger.reversal", "UPDATE ledger.entry", "DELETE ledger.proposal",
    "UPDATE ledger.proposal", "UPDATE ledger.holder", "DELETE home.preference", "DELETE api.request",
    "INSERT accounts.customer",    "UPDATE accounts.consent", "DELETE accounts.card", "DELETE accounts.customer",
)  # fmt: skip


@pytest.mark.invariant("INV-12")
@pytest.mark.invariant("INV-14")
def test_killed_at_any_step_it_has_not_begun_and_can_be_done_again(life: Life) -> None:
    """The server's process is killed as it comes to each step; a statement trigger of the owner does it."""
    bench = life.bench
    whole = database_text(bench)
    body = bench.one("SELECT prosrc FROM pg_proc WHERE proname = 'erase'")
    done = re.findall(r"^ +(DELETE FROM|UPDATE|INSERT INTO) (\w+\.\w+)", body, re.MULTILINE)
    assert [f"{verb.split()[0]} {table}" for verb, table in done] == list(STEPS)
    kill = "CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS"
    kill += " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
    bench.corrupt(kill)
    for step in STEPS:
        verb, table = step.split()
        bench.corrupt(f"CREATE TRIGGER die BEFORE {verb} ON {table} EXECUTE FUNCTION public.die()")
        with pytest.raises((StoreUnavailable, psycopg.errors.AdminShutdown)):
            life.erase()
        bench.corrupt(f"DROP TRIGGER die ON {table}")
        assert database_text(bench) == whole, step
    assert life.erase() is Erasing.DONE
    assert trace(life) == {}
    assert bench.broken() == {}
