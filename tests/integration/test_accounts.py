"""Accounts: intervals of the past, told in any order and again, and read by the ledger as they are."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.running import Bench

from ditan.accounts import AccountEvent, Action, apply_events, read_account
from ditan.accounts.changing import DATA_CLASS
from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import key
from ditan.model import CardProduct, Purpose
from ditan.store import Store
from ditan.testing import factories

JUNE = datetime(2026, 6, 1, 8, tzinfo=BUSINESS_ZONE)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LIN = "cust-lin"
CARD = {"card_ref": "card-lin-d", "card_product": CardProduct.DEBIT}
PAN = "6222021234567890128"  # belongs to nobody

Account = dict[str, Any]


def told(action: Action, at: datetime = JUNE, who: str = LIN, **details: Any) -> AccountEvent:
    return AccountEvent(at=at, action=action, customer_ref=who, **details)


def history(of: str = LIN, at: datetime = JUNE, card: str = "card-lin-d") -> list[AccountEvent]:
    """Open, consent to everything, link a card."""
    return [
        told(Action.OPEN, at, of),
        *(told(Action.GRANT_CONSENT, at, of, purpose=purpose, version="3") for purpose in Purpose),
        told(Action.LINK_CARD, at, of, card_ref=card, card_product=CardProduct.DEBIT),
    ]


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    return Bench(store)


def tables(bench: Bench) -> list[list[tuple[Any, ...]]]:
    """Everything that is known of accounts, without when it was recorded."""
    return [
        bench.ask("SELECT customer_ref, opened_at, closed_at, channel FROM accounts.customer ORDER BY 1"),
        bench.ask("SELECT customer_id, card_ref, product, linked_at, unlinked_at FROM accounts.card ORDER BY 1, 2, 4"),
        bench.ask(
            "SELECT customer_id, purpose, data_class, version, channel, granted_at, withdrawn_at FROM accounts.consent"
            " ORDER BY 1, 2, 6"
        ),
        bench.ask("SELECT customer_id, opened_at, closed_at, permits FROM ledger.holder ORDER BY 1"),
    ]


# --- what is kept -------------------------------------------------------------------------------------------------


def test_an_account_from_its_first_to_its_last_day(bench: Bench) -> None:
    bench.decide(
        [
            *history(),
            told(Action.WITHDRAW_CONSENT, JUNE + 2 * DAY, purpose=Purpose.STEPS, channel="counter"),
            told(Action.GRANT_CONSENT, JUNE + 3 * DAY, purpose=Purpose.STEPS, version="4"),
            told(Action.UNLINK_CARD, JUNE + 4 * DAY, card_ref="card-lin-d"),
            told(Action.LINK_CARD, JUNE + 5 * DAY, card_ref="card-lin-c", card_product=CardProduct.CREDIT),
            told(Action.CLOSE, JUNE + 6 * DAY),
        ]
    )
    with bench.store.unit_of_work() as connection:
        account = read_account(connection, LIN)
    assert (account.opened_at, account.closed_at, account.channel) == (JUNE, JUNE + 6 * DAY, "app")
    consents = [(c.purpose, c.version, c.granted_at, c.withdrawn_at) for c in account.consents]
    assert consents == [
        (Purpose.CARD_PAYMENTS, "3", JUNE, JUNE + 6 * DAY),
        (Purpose.STEPS, "3", JUNE, JUNE + 2 * DAY),
        (Purpose.WHEREABOUTS, "3", JUNE, JUNE + 6 * DAY),
        (Purpose.STEPS, "4", JUNE + 3 * DAY, JUNE + 6 * DAY),
    ]
    assert {c.data_class for c in account.consents} == set(DATA_CLASS.values())
    assert [(c.card_ref, c.product, c.linked_at, c.unlinked_at) for c in account.cards] == [
        ("card-lin-d", CardProduct.DEBIT, JUNE, JUNE + 4 * DAY),
        ("card-lin-c", CardProduct.CREDIT, JUNE + 5 * DAY, JUNE + 6 * DAY),
    ]
    assert bench.broken() == {}


def test_the_ledger_reads_the_same_intervals(bench: Bench) -> None:
    """`permits` is triples of code, from and to in microseconds; codes 1 to 3 are purposes, others are cards."""
    bench.decide([*history(), told(Action.WITHDRAW_CONSENT, JUNE + DAY, purpose=Purpose.STEPS)])
    [(permits,)] = bench.ask("SELECT ledger.unpacked(permits) FROM ledger.holder")
    since, forever = int(JUNE.timestamp()) * 1_000_000, 2**63 - 1
    card = key("card-lin-d").int >> 68
    assert permits == [1, since, forever, 2, since, forever, 3, since, since + 86_400_000_000, card, since, forever]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_telling_the_same_again_changes_nothing(bench: Bench, times: int) -> None:
    """Whole histories, with consents and cards that ended and began again, and an account that was closed."""
    events = [
        *history(),
        told(Action.WITHDRAW_CONSENT, JUNE + DAY, purpose=Purpose.WHEREABOUTS),
        told(Action.GRANT_CONSENT, JUNE + 2 * DAY, purpose=Purpose.WHEREABOUTS),
        told(Action.UNLINK_CARD, JUNE + DAY, card_ref="card-lin-d"),
        told(Action.LINK_CARD, JUNE + 3 * DAY, **CARD),
        *history("cust-wang", JUNE, "card-wang"),
        told(Action.UNLINK_CARD, JUNE + DAY, "cust-wang", card_ref="card-wang"),
        told(Action.CLOSE, JUNE + 4 * DAY, "cust-wang"),
        *history("cust-zhao", JUNE + 2 * DAY, "card-wang"),  # the card has moved on
    ]
    bench.decide(events)
    before = tables(bench)
    for _ in range(times):
        bench.decide(events)
    assert tables(bench) == before
    assert bench.broken() == {}


def test_the_order_in_which_a_file_tells_does_not_matter(bench: Bench) -> None:
    events = [
        *history(),
        told(Action.WITHDRAW_CONSENT, JUNE + DAY, purpose=Purpose.STEPS),
        told(Action.GRANT_CONSENT, JUNE + 2 * DAY, purpose=Purpose.STEPS),
        told(Action.WITHDRAW_CONSENT, JUNE + 3 * DAY, purpose=Purpose.STEPS),
    ]
    bench.decide(reversed(events))
    with bench.store.unit_of_work() as connection:
        account = read_account(connection, LIN)
    steps = [(c.granted_at, c.withdrawn_at) for c in account.consents if c.purpose is Purpose.STEPS]
    assert steps == [(JUNE, JUNE + DAY), (JUNE + 2 * DAY, JUNE + 3 * DAY)]


def test_consents_that_begin_at_the_same_moment_are_told_apart(bench: Bench) -> None:
    """Granted, withdrawn and granted again within one instant: the intervals stay intervals."""
    bench.decide(history())
    bench.decide([told(Action.WITHDRAW_CONSENT, JUNE, purpose=Purpose.STEPS)])
    bench.decide([told(Action.GRANT_CONSENT, JUNE + DAY, purpose=Purpose.STEPS)])
    [(permits,)] = bench.ask("SELECT ledger.unpacked(permits) FROM ledger.holder")
    triples = [tuple(permits[at : at + 3]) for at in range(0, len(permits), 3)]
    assert all(since <= until for _, since, until in triples)
    assert [code for code, _, _ in triples][:4] == [1, 2, 3, 3]
    assert bench.broken() == {}


@pytest.mark.invariant("INV-09")
def test_an_account_that_is_closed_stays_closed(bench: Bench) -> None:
    bench.decide([*history(), told(Action.CLOSE, JUNE + DAY)])
    before = tables(bench)
    bench.decide(
        [
            told(Action.OPEN, JUNE + 2 * DAY),
            told(Action.GRANT_CONSENT, JUNE + 2 * DAY, purpose=Purpose.STEPS),
            told(Action.LINK_CARD, JUNE + 2 * DAY, **CARD),
        ]
    )
    assert tables(bench) == before


def test_a_card_feeds_one_account_at_a_time(bench: Bench) -> None:
    bench.decide(history())
    bench.decide([told(Action.OPEN, JUNE, "cust-wang")])
    taking = told(Action.LINK_CARD, JUNE + DAY, "cust-wang", **CARD)
    before = tables(bench)
    with pytest.raises(Conflict, match="linked to another account") as raised:
        bench.decide([taking])
    assert "unlink" in (raised.value.hint or "")
    assert tables(bench) == before
    bench.decide([told(Action.UNLINK_CARD, JUNE + DAY, card_ref="card-lin-d"), taking])
    owners = bench.ask(
        "SELECT customer_ref FROM accounts.card JOIN accounts.customer USING (customer_id) WHERE unlinked_at IS NULL"
    )
    assert owners == [("cust-wang",)]


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize(
    "reference",
    [
        "",
        "x" * (limits.id_chars_max + 1),
        "13812345678",  # a mobile number
        "110101199003070011",  # an identity number
        "11010119900307001X",
        PAN,
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        f"card-{PAN}",
        "lin@example.com",
        "Lin Mei",
        "１３８１２３４５６７８",
    ],
)
@pytest.mark.parametrize("field", ["customer_ref", "card_ref"])
def test_a_reference_that_could_name_a_person_is_refused(bench: Bench, field: str, reference: str) -> None:
    bench.decide(history())
    before = tables(bench)
    event = (
        told(Action.OPEN, who=reference)
        if field == "customer_ref"
        else told(Action.LINK_CARD, card_ref=reference, card_product=CardProduct.DEBIT)
    )
    with pytest.raises(InvalidInput) as raised:
        bench.decide([told(Action.CLOSE, JUNE + DAY), event])
    assert reference not in str(raised.value) or not reference
    assert tables(bench) == before  # all or none


@pytest.mark.parametrize("reference", ["C0012F", "cust-0000001", "tok_7F3K", "客户-17", "a" * limits.id_chars_max])
def test_a_pseudonym_is_taken(bench: Bench, reference: str) -> None:
    bench.decide([told(Action.OPEN, who=reference)])
    assert bench.balances() == {reference: (0, 0)}


@pytest.mark.invariant("INV-13")
@pytest.mark.parametrize("details", [{"version": f"text {PAN}"}, {"channel": PAN}, {"version": "v" * 2_000}])
def test_no_other_text_takes_a_card_number_either(bench: Bench, details: dict[str, str]) -> None:
    bench.decide(history())
    with pytest.raises(InvalidInput):
        bench.decide([told(Action.GRANT_CONSENT, JUNE + DAY, purpose=Purpose.STEPS, **details)])


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (AccountEvent(at=datetime(2026, 6, 1), action=Action.OPEN, customer_ref=LIN), "zone"),
        (told(Action.GRANT_CONSENT), "purpose"),
        (told(Action.WITHDRAW_CONSENT), "purpose"),
        (told(Action.LINK_CARD), "card token"),
        (told(Action.UNLINK_CARD), "card token"),
        (told(Action.LINK_CARD, card_ref="card-lin-x"), "debit or credit"),
    ],
)
def test_a_decision_that_lacks_something_says_what(bench: Bench, event: AccountEvent, says: str) -> None:
    bench.decide(history())
    with pytest.raises(InvalidInput, match=says):
        bench.decide([event])


def test_a_decision_about_nobody_names_the_customer(bench: Bench) -> None:
    with pytest.raises(NotFound, match="cust-nobody") as raised:
        bench.decide([told(Action.CLOSE, who="cust-nobody")])
    assert "ditan account open" in (raised.value.hint or "")
    with pytest.raises(NotFound, match="and 1 more"):
        bench.decide([told(Action.CLOSE, who="cust-a"), told(Action.CLOSE, who="cust-b")])
    with bench.store.unit_of_work() as connection, pytest.raises(NotFound, match="cust-nobody"):
        read_account(connection, "cust-nobody")


def test_what_ends_before_it_begins_is_no_interval(bench: Bench) -> None:
    bench.decide(history())
    before = tables(bench)
    with pytest.raises(Conflict, match="before it was opened"):
        bench.decide([told(Action.CLOSE, JUNE - DAY)])
    bench.decide([told(Action.WITHDRAW_CONSENT, JUNE - DAY, purpose=Purpose.STEPS)])  # nothing to withdraw then
    bench.decide([told(Action.UNLINK_CARD, JUNE - DAY, card_ref="card-lin-d")])
    assert tables(bench) == before


def test_many_customers_need_as_many_statements_as_the_one_who_decided_most(bench: Bench) -> None:
    """Rounds go over all customers at once: a year of decisions of ten thousand is not ten thousand round trips."""
    everybody = [event for n in range(400) for event in history(f"cust-{n}", JUNE, f"card-{n}")]
    with bench.store.count_statements() as count, bench.store.unit_of_work() as connection:
        assert apply_events(connection, everybody) == len(everybody)
    assert count.total <= 5
    assert bench.one("SELECT count(*) FROM ledger.holder WHERE octet_length(permits) = 12 * 8") == 400


# --- what it means for acts ---------------------------------------------------------------------------------------


def ride(event_id: str, at: datetime) -> Any:
    return factories.event("metro_ride", event_id=event_id, occurred_at=at)


@pytest.mark.invariant("INV-09")
def test_consent_counts_from_its_moment_and_not_from_the_moment_of_its_end(bench: Bench, tmp_path: Path) -> None:
    granted, ended, again = JUNE + DAY, JUNE + 5 * DAY, JUNE + 9 * DAY
    bench.decide(
        [
            *(event for event in history() if event.purpose is not Purpose.WHEREABOUTS),
            told(Action.GRANT_CONSENT, granted, purpose=Purpose.WHEREABOUTS),
            told(Action.WITHDRAW_CONSENT, ended, purpose=Purpose.WHEREABOUTS),
            told(Action.GRANT_CONSENT, again, purpose=Purpose.WHEREABOUTS),
        ]
    )
    found = bench.ingest_events(
        "rides",
        [
            ride("before", granted - SECOND),
            ride("at-grant", granted),
            ride("last", ended - SECOND),
            ride("at-end", ended),
            ride("between", ended + DAY),
            ride("again", again),
        ],
        tmp_path,
    )
    assert {name: end.code for name, end in found.items()} == {
        "before": "no_consent",
        "at-grant": "posted",
        "last": "posted",
        "at-end": "no_consent",
        "between": "no_consent",
        "again": "posted",
    }
    assert bench.broken() == {}


@pytest.mark.invariant("INV-09")
@pytest.mark.parametrize(
    ("begin", "end", "code"),
    [
        (told(Action.OPEN, JUNE), told(Action.CLOSE, JUNE + 5 * DAY), "no_account"),
        (
            told(Action.LINK_CARD, JUNE, **CARD),
            told(Action.UNLINK_CARD, JUNE + 5 * DAY, card_ref="card-lin-d"),
            "card_not_linked",
        ),
    ],
    ids=["account", "card"],
)
def test_an_account_and_a_card_count_from_their_first_to_before_their_last_moment(
    bench: Bench, tmp_path: Path, begin: AccountEvent, end: AccountEvent, code: str
) -> None:
    since = JUNE if begin.action is Action.OPEN else JUNE - DAY
    others = [event for event in history(at=since) if event.action is not begin.action]
    bench.decide([begin, *others, end])
    found = bench.ingest_events(
        "rides",
        [
            ride("before", JUNE - SECOND),
            ride("first", JUNE),
            ride("last", end.at - SECOND),
            ride("end", end.at),
        ],
        tmp_path,
    )
    assert [found[name].code for name in ("before", "first", "last", "end")] == [code, "posted", "posted", code]


@pytest.mark.invariant("INV-09")
def test_a_service_event_needs_no_card(bench: Bench, tmp_path: Path) -> None:
    bench.decide([event for event in history() if event.action is not Action.LINK_CARD])
    steps = factories.event("walking_steps")
    found = bench.ingest_events("steps", [steps, factories.event("e_statement"), ride("ride", factories.AT)], tmp_path)
    assert found[steps.event_id].code == "posted"
    assert found["e_statement-1"].code == "posted"  # it names a card that is not linked, and is no payment with it
    assert found["ride"].code == "card_not_linked"


@pytest.mark.invariant("INV-09")
@pytest.mark.parametrize("action", [Action.WITHDRAW_CONSENT, Action.CLOSE])
def test_a_decision_that_arrives_after_the_acts_it_concerns_keeps_the_promise(
    bench: Bench, tmp_path: Path, action: Action
) -> None:
    """The app withdraws at ten; the export with it comes at night, when the rides of the day were posted already.

    What was posted after the withdrawal had no consent. It must be taken back, or the decision must be refused: only to
    keep it against the customer's word is no way.
    """
    bench.decide(history())
    assert bench.ingest_events("rides", [ride("ride", factories.AT)], tmp_path)["ride"].code == "posted"
    details = {"purpose": Purpose.WHEREABOUTS} if action is Action.WITHDRAW_CONSENT else {}
    with suppress(Conflict, InvalidInput):
        bench.decide([told(action, factories.AT - timedelta(hours=1), **details)])
    assert "INV-09" not in bench.broken()


def test_times_are_kept_to_the_microsecond_in_any_zone(bench: Bench) -> None:
    at = datetime(2026, 6, 1, 0, 0, 0, 123_457, tzinfo=UTC)
    bench.decide([told(Action.OPEN, at.astimezone(BUSINESS_ZONE))])
    assert bench.one("SELECT opened_at FROM accounts.customer") == at
