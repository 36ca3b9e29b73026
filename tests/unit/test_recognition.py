"""Recognition: the strongest evidence first, then look-alikes; and the text that names an occasion."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from msgspec.structs import replace
from tests.simulation.running import NOW, shipped

from ditan import feed
from ditan.kernel.errors import InvariantViolation
from ditan.model import (
    BankEvent,
    CardProduct,
    Channel,
    Deduplication,
    Evidence,
    Exclusion,
    Kind,
    Merchant,
    Pack,
    Recognized,
    Rule,
    Scenario,
    Status,
    Text,
    When,
)
from ditan.recognition import NotGreen, compile_rules, reasons, recognize
from ditan.testing import factories

WHY = Text(zh="不算", en="does not count")


def rule(by: Evidence, **when: Any) -> Rule:
    return Rule(by=by, when=When(**when), confidence=Decimal("0.75"))


def scenario(number: int, *rules: Rule, **changes: Any) -> Scenario:
    """A scenario of the shipped pack that is recognized by these rules only."""
    given: dict[str, Any] = {"exclusions": [], "deduplication": Deduplication(), "carbon": True, "energy": True}
    return replace(shipped().scenarios[number - 1], rules=list(rules), **(given | changes))


def pack(*scenarios: Scenario) -> Pack:
    merchant = Merchant(merchant_id="M1", role="operator", city=310000, name="Operator", status=Status.DRAFT)
    return replace(shipped(), scenarios=list(scenarios), merchants=[merchant])


class Found(NamedTuple):
    """What became of the events of a batch."""

    result: Recognized
    scenarios: dict[str, int]
    evidence: dict[str, str]
    occasions: dict[str, str | None]
    refunds: set[str]
    cities: dict[str, int | None]

    def codes(self) -> dict[str, int]:
        return {tally.code: tally.rows for tally in self.result.tallies}


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def found(duck: duckdb.DuckDBPyConnection, tmp_path: Path) -> Any:
    def run(methodology: Pack, *events: BankEvent) -> Found:
        file = tmp_path / "events.csv"
        file.write_text(factories.csv_text(events), encoding="utf-8")
        mapping = feed.load("canonical")
        [chunk] = feed.read(file, mapping)
        assert feed.accept(duck, chunk, mapping, now=NOW).accepted == len(events)
        result = recognize(duck, compile_rules(methodology))
        rows = duck.execute(
            "SELECT event_id, scenario, evidence, confidence, occasion, city FROM recognized"
        ).fetchall()
        assert {row[3] for row in rows} <= {Decimal("0.750")}
        return Found(
            result=result,
            scenarios={row[0]: row[1] for row in rows},
            evidence={row[0]: row[2] for row in rows},
            occasions={row[0]: row[4] for row in rows},
            refunds={row[0] for row in duck.execute("SELECT event_id FROM refund").fetchall()},
            cities={row[0]: row[5] for row in rows},
        )

    return run


def paid(event_id: str = "paid", **changes: Any) -> BankEvent:
    return factories.payment(event_id=event_id, **({"merchant_id": None, "mcc": None, "descriptor": None} | changes))


def served(event_id: str = "served", **changes: Any) -> BankEvent:
    return factories.event("mobile_transfer", event_id=event_id, **({"service": "done", "attributes": {}} | changes))


BY_MERCHANT = scenario(4, rule(Evidence.MERCHANT, roles=["operator"]))
BY_SERVICE = scenario(3, rule(Evidence.SERVICE, services=["done"]))
BY_DESCRIPTOR = scenario(2, rule(Evidence.DESCRIPTOR, mcc=[4111], pattern="metro"))
BY_MCC = scenario(1, rule(Evidence.MCC, mcc=[4111]))
EVERY = (BY_MCC, BY_DESCRIPTOR, BY_SERVICE, BY_MERCHANT)


# --- order of evidence --------------------------------------------------------------------------------------------


def test_the_strongest_evidence_decides_whatever_the_order_of_scenarios(found: Any) -> None:
    events = [
        paid("by-merchant", merchant_id="M1", mcc=4111, descriptor="METRO"),
        paid("by-descriptor", merchant_id="M2", mcc=4111, descriptor="City Metro 1"),
        paid("by-mcc", mcc=4111, descriptor="bus"),
        served("by-service"),
        paid("by-nothing", mcc=5411, descriptor="metro"),
    ]
    for order in (EVERY, EVERY[::-1]):
        seen = found(pack(*order), *events)
        assert seen.evidence == {
            "by-merchant": "merchant",
            "by-descriptor": "descriptor",
            "by-mcc": "mcc",
            "by-service": "service",
        }
        assert seen.scenarios == {"by-merchant": 4, "by-service": 3, "by-descriptor": 2, "by-mcc": 1}
        assert seen.codes() == {"not_green": 1}
    assert [evidence.value for evidence in Evidence] == ["merchant", "service", "descriptor", "mcc"]


def test_of_equal_evidence_the_first_scenario_of_the_pack_decides(found: Any) -> None:
    first = scenario(1, rule(Evidence.DESCRIPTOR, mcc=[4111], pattern="metro"))
    other = scenario(2, rule(Evidence.DESCRIPTOR, mcc=[4111], pattern="metro line"))
    event = paid("ride", mcc=4111, descriptor="metro line 1")
    assert found(pack(first, other), event).scenarios == {"ride": 1}
    assert found(pack(other, first), event).scenarios == {"ride": 2}


def test_a_rule_is_for_payments_unless_it_says_otherwise(found: Any) -> None:
    both = scenario(5, rule(Evidence.MCC, mcc=[4111], kinds=[Kind.CARD_PAYMENT, Kind.SERVICE_EVENT]))
    events = [paid("payment", mcc=4111), served("service", mcc=4111, service="other")]
    assert found(pack(BY_MCC), *events).scenarios == {"payment": 1}
    assert found(pack(both), *events).scenarios == {"payment": 5, "service": 5}


# --- conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "holds", "fails"),
    [
        ({"roles": ["operator"]}, {"merchant_id": "M1"}, {"merchant_id": "m1"}),
        ({"mcc": [4111, 4112]}, {"mcc": 4112}, {"mcc": None}),
        ({"mcc": [4111], "pattern": "地铁|metro"}, {"mcc": 4111, "descriptor": "北京地铁"}, {"mcc": 4111}),
        ({"mcc": [4111], "pattern": "^metro$"}, {"mcc": 4111, "descriptor": "MeTrO"}, {"mcc": 4111, "descriptor": "metro 1"}),
        ({"channels": [Channel.APP]}, {"channel": Channel.APP}, {"channel": None}),
        ({"mcc": [4111], "channels": [Channel.APP]}, {"mcc": 4111, "channel": Channel.APP}, {"mcc": 4111}),
        ({"mcc": [4111], "products": [CardProduct.CREDIT]}, {"mcc": 4111, "card_product": CardProduct.CREDIT}, {"mcc": 4111}),
        ({"mcc": [4111], "amount_min_fen": 100}, {"mcc": 4111, "amount_fen": 100}, {"mcc": 4111, "amount_fen": 99}),
        ({"mcc": [4111], "amount_max_fen": 100}, {"mcc": 4111, "amount_fen": 100}, {"mcc": 4111, "amount_fen": 101}),
        ({"mcc": [4111], "amount_multiple_of_fen": 500}, {"mcc": 4111, "amount_fen": 1_500}, {"mcc": 4111, "amount_fen": 1_501}),
        ({"mcc": [4111], "attributes": {"form": ["a", "b"]}}, {"mcc": 4111, "attributes": {"form": "b"}}, {"mcc": 4111}),
        ({"mcc": [4111], "attributes": {"count": ["2"]}}, {"mcc": 4111, "attributes": {"count": 2}},
         {"mcc": 4111, "attributes": {"count": 22}}),
        ({"mcc": [4111], "attributes": {"paid": ["true"]}}, {"mcc": 4111, "attributes": {"paid": True}},
         {"mcc": 4111, "attributes": {"paid": False}}),
        ({"mcc": [4111], "absent": ["form"]}, {"mcc": 4111}, {"mcc": 4111, "attributes": {"form": "a"}}),
        ({"mcc": [4111], "absent": ["form"]}, {"mcc": 4111, "attributes": {"other": "a"}}, {"mcc": 4111, "attributes": {"form": "a"}}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) and value else None,
)  # fmt: skip
def test_a_condition_holds_or_fails(
    found: Any, when: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    by = Evidence.MERCHANT if "roles" in when else Evidence.MCC
    events = [paid("holds", **({"channel": Channel.POS} | holds)), paid("fails", **({"channel": Channel.POS} | fails))]
    seen = found(pack(scenario(1, rule(by, **when))), *events)
    assert seen.scenarios == {"holds": 1}
    assert seen.codes() == {"not_green": 1}


def test_text_that_looks_like_code_is_text(found: Any) -> None:
    """A quote in a pattern, a brace in an attribute: nothing of it becomes SQL."""
    odd = rule(
        Evidence.DESCRIPTOR, mcc=[4111], pattern="o'brien|{x}|100%", attributes={"a_b": ["'; DROP TABLE accepted; --"]}
    )
    events = [
        paid("one", mcc=4111, descriptor="O'Brien", attributes={"a_b": "'; DROP TABLE accepted; --"}),
        paid("two", mcc=4111, descriptor="100%", attributes={"a_b": "x"}),
    ]
    assert found(pack(scenario(1, odd)), *events).scenarios == {"one": 1}


# --- look-alikes --------------------------------------------------------------------------------------------------


def excluded(code: str, **when: Any) -> Exclusion:
    return Exclusion(code=code, reason=WHY, when=When(**when))


def test_the_first_exclusion_of_the_own_scenario_names_the_code(found: Any) -> None:
    own = scenario(
        1, BY_MCC.rules[0], exclusions=[excluded("top_up", pattern="top"), excluded("large", amount_min_fen=900)]
    )
    other = scenario(2, rule(Evidence.MCC, mcc=[5411]), exclusions=[excluded("never", amount_min_fen=1)])
    events = [
        paid("fine", mcc=4111, descriptor="ride", amount_fen=400),
        paid("both", mcc=4111, descriptor="TOP up", amount_fen=1_000),
        paid("second", mcc=4111, descriptor="ride", amount_fen=900),
        paid("other", mcc=5411, descriptor="top", amount_fen=400),
    ]
    seen = found(pack(own, other), *events)
    assert seen.scenarios == {"fine": 1}
    assert seen.codes() == {"top_up": 1, "large": 1, "never": 1}


def test_an_exclusion_does_not_hand_the_event_to_a_weaker_rule(found: Any) -> None:
    strong = scenario(
        4, rule(Evidence.MERCHANT, roles=["operator"]), exclusions=[excluded("not_this", amount_min_fen=1)]
    )
    seen = found(pack(strong, BY_MCC), paid(mcc=4111, merchant_id="M1"))
    assert (seen.scenarios, seen.codes()) == ({}, {"not_this": 1})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "HKD", "descriptor": "top"}, NotGreen.FOREIGN_CURRENCY),
        ({"descriptor": "top", "occurred_at": datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)}, "top_up"),
        ({"occurred_at": datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)}, NotGreen.OUTSIDE_METHODOLOGY),
        ({"occurred_at": datetime(2025, 12, 31, 16, tzinfo=UTC)}, NotGreen.SCENARIO_OFF),  # the first day in Shanghai
        ({}, NotGreen.SCENARIO_OFF),
    ],
)
def test_the_order_of_what_is_not_green(found: Any, changes: dict[str, Any], code: str) -> None:
    off = scenario(1, BY_MCC.rules[0], exclusions=[excluded("top_up", pattern="top")], carbon=False, energy=False)
    methodology = replace(pack(off), valid_from=datetime(2026, 1, 1, tzinfo=UTC).date())
    assert found(methodology, paid(mcc=4111, **changes)).codes() == {code: 1}


@pytest.mark.parametrize("switches", [{"carbon": True, "energy": False}, {"carbon": False, "energy": True}])
def test_a_scenario_with_one_switch_on_is_recognized(found: Any, switches: dict[str, bool]) -> None:
    assert found(pack(scenario(1, BY_MCC.rules[0], **switches)), paid(mcc=4111)).scenarios == {"paid": 1}


def test_a_foreign_payment_that_no_rule_knows_is_just_not_green(found: Any) -> None:
    assert found(pack(BY_MCC), paid(mcc=5411, currency="USD")).codes() == {"not_green": 1}


def test_every_code_has_a_sentence_in_both_languages() -> None:
    told = reasons(shipped())
    codes = {exclusion.code for of in shipped().scenarios for exclusion in of.exclusions}
    assert told.keys() == codes | set(NotGreen)
    assert all(text.zh and text.en for text in told.values())


# --- occasions, cities, refunds -----------------------------------------------------------------------------------


def test_an_occasion_is_named_by_all_its_fields_or_not_at_all(found: Any) -> None:
    own = scenario(1, BY_MCC.rules[0], deduplication=Deduplication(key=["bill_ref", "card_ref", "settled_on"]))
    events = [
        paid("whole", mcc=4111, attributes={"bill_ref": "7"}),
        paid("number", mcc=4111, attributes={"bill_ref": 7}),
        paid("lacking", mcc=4111),
        paid("no-card", mcc=4111, card_ref=None, attributes={"bill_ref": "7"}),
    ]
    seen = found(pack(own), *events)
    named = "\x1f".join(["7", "card-lin-d", "2026-07-07"])
    assert seen.occasions == {"whole": named, "number": named, "lacking": None, "no-card": None}
    assert found(pack(BY_MCC), events[0]).occasions == {"whole": None}


def test_the_city_of_the_registry_stands_in_where_the_feed_names_none(found: Any) -> None:
    events = [
        paid("none", merchant_id="M1", city=None),
        paid("named", merchant_id="M1", city=110000),
        paid("nowhere", mcc=4111, city=None),
    ]
    assert found(pack(BY_MERCHANT, BY_MCC), *events).cities == {"none": 310000, "named": 110000, "nowhere": None}


@pytest.mark.invariant("INV-01")
def test_refunds_go_on_unless_their_payment_is_here_and_not_green(found: Any) -> None:
    green, grey = paid("green", mcc=4111), paid("grey", mcc=5411)
    off = paid("excluded", mcc=4111, currency="USD")
    events = [
        green,
        grey,
        off,
        factories.refund(green, 1),
        factories.refund(grey, 1),
        factories.reversal(grey),
        factories.refund(off, 1),
        factories.refund(replace(grey, event_id="elsewhere"), 1),
        factories.refund(factories.refund(green, 1), 1, event_id="of-a-refund"),
    ]
    seen = found(pack(BY_MCC), *events)
    assert seen.refunds == {"green-r", "elsewhere-r"}
    assert seen.codes() == {"not_green": 1, "foreign_currency": 1, "refund_of_not_green": 4}
    assert (seen.result.accepted, seen.result.recognized, seen.result.refunds) == (9, 1, 2)


@pytest.mark.invariant("INV-01")
def test_a_registry_that_names_a_merchant_twice_stops_the_batch(found: Any) -> None:
    """It would make two acts of one payment."""
    once = pack(BY_MERCHANT)
    with pytest.raises(InvariantViolation, match="INV-01"):
        found(replace(once, merchants=once.merchants * 2), paid(merchant_id="M1"))


def test_an_empty_batch_is_recognized_as_such(duck: duckdb.DuckDBPyConnection, found: Any) -> None:
    found(pack(BY_MCC), paid(mcc=4111))
    duck.execute("DELETE FROM accepted")
    result = recognize(duck, compile_rules(pack(BY_MCC)))
    assert (result.accepted, result.recognized, result.refunds, result.tallies) == (0, 0, 0, [])


def test_the_digest_tells_results_apart_and_not_orders(found: Any) -> None:
    one, two = paid("one", mcc=4111), paid("two", mcc=5411)
    digests = {found(pack(BY_MCC), one, two).result.digest, found(pack(BY_MCC), one).result.digest}
    assert len(digests) == 1
    other = scenario(2, rule(Evidence.MCC, mcc=[4111]))
    assert found(pack(other), one).result.digest not in digests
