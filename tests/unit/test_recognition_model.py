"""The compiled recognition of the shipped methodology against its rules read one after the other, in plain Python.

Events are a synthetic bank's, each with some columns taken from other events: near every rule and none meant.
"""

import csv
import random
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from tests.simulation.running import NOW, compiled, shipped

from ditan import feed
from ditan.model import Evidence, Kind, Pack, Rule, Scenario, When
from ditan.recognition import recognize
from ditan.testing.bank import make_bank
from ditan.testing.rows import COLUMNS, HEADER, line

ROWS = 6_000
MIXED = ("channel", "amount_fen", "currency", "mcc", "merchant_id", "descriptor", "service", "attributes", "kind")

#: What a rule applies to when it names no kind of event.
USUAL = {evidence: {Kind.CARD_PAYMENT} for evidence in Evidence} | {Evidence.SERVICE: {Kind.SERVICE_EVENT}}


def holds(when: When, event: dict[str, Any], role: str | None) -> bool:
    """Whether a condition holds for an event: every field that is set must."""
    facts = {name: as_text(value) for name, value in msgspec.json.decode(event["attributes"] or "{}").items()}
    fen = event["amount_fen"]
    return (
        (not when.kinds or event["kind"] in when.kinds)
        and (not when.roles or role in when.roles)
        and (not when.services or event["service"] in when.services)
        and (not when.mcc or event["mcc"] in when.mcc)
        and (not when.channels or event["channel"] in when.channels)
        and (not when.products or event["card_product"] in when.products)
        and (when.amount_min_fen is None or fen >= when.amount_min_fen)
        and (when.amount_max_fen is None or fen <= when.amount_max_fen)
        and (when.amount_multiple_of_fen is None or fen % when.amount_multiple_of_fen == 0)
        and all(facts.get(name) in values for name, values in when.attributes.items())
        and not any(name in facts for name in when.absent)
        and (not when.pattern or re.search(when.pattern, (event["descriptor"] or "").lower()) is not None)
    )


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def recognized(pack: Pack, event: dict[str, Any], roles: dict[str, str]) -> tuple[int | None, str]:
    """The scenario and the evidence; or none and the code."""
    role = roles.get(event["merchant_id"] or "")
    found = first_rule(pack, event, role)
    if found is None:
        return None, "not_green"
    scenario, rule = found
    if event["currency"] != "CNY":
        return None, "foreign_currency"
    for exclusion in scenario.exclusions:
        if holds(exclusion.when, event, role):
            return None, exclusion.code
    day: date = (event["occurred_at"] + timedelta(hours=8)).date()
    if not pack.valid_from <= day <= pack.valid_to:
        return None, "outside_methodology"
    if not scenario.carbon and not scenario.energy:
        return None, "scenario_off"
    return scenario.number, rule.by.value


def first_rule(pack: Pack, event: dict[str, Any], role: str | None) -> tuple[Scenario, Rule] | None:
    for strength in Evidence:
        for scenario in pack.scenarios:
            for rule in scenario.rules:
                applies = event["kind"] in (rule.when.kinds or USUAL[rule.by])
                if rule.by is strength and applies and holds(rule.when, event, role):
                    return scenario, rule
    return None


def mixed_rows(rng: random.Random) -> list[str]:
    """Rows of a bank, acts and look-alikes more often than they are, with columns mixed up."""
    lines = [row for day in make_bank(120, 14, 5, pack=shipped()).deliveries() for row in day.rows]
    acts = [row.line for row in lines if row.truth.intent not in {"ordinary", "malformed", "refund"}]
    others = [row.line for row in lines if row.truth.intent == "ordinary"]
    cells = list(csv.DictReader([HEADER, *(rng.choice(acts if rng.random() < 0.8 else others) for _ in range(ROWS))]))
    made = []
    for number, row in enumerate(cells):
        for name in rng.sample(MIXED, rng.randrange(4)):
            row[name] = rng.choice(cells)[name]
        if row["kind"] == Kind.SERVICE_EVENT and not row["service"]:
            row["service"] = "steps.recorded"
        row["event_id"] = f"e{number}"
        made.append(line(row[name] for name in COLUMNS))
    return made


def test_the_compiled_rules_are_the_rules(tmp_path: Path) -> None:
    pack, mapping = shipped(), feed.load("canonical")
    file = tmp_path / "mixed.csv"
    file.write_text("\n".join([HEADER, *mixed_rows(random.Random("mixed"))]) + "\n", encoding="utf-8")
    roles = {merchant.merchant_id: merchant.role for merchant in pack.merchants}
    with duckdb.connect() as duck:
        [chunk] = feed.read(file, mapping)
        feed.accept(duck, chunk, mapping, now=NOW)
        accepted = duck.execute("SELECT * FROM accepted WHERE kind IN ('card_payment', 'service_event')")
        names = [column[0] for column in accepted.description or []]
        events = [dict(zip(names, row, strict=True)) for row in accepted.fetchall()]
        result = recognize(duck, compiled()[2].recognizer)
        green = dict(duck.execute("SELECT row_number, (scenario, evidence) FROM recognized").fetchall())
        codes = dict(duck.execute("SELECT row_number, code FROM candidate WHERE code IS NOT NULL").fetchall())
    wrong = []
    seen: Counter[str] = Counter()
    for event in events:
        number = event["row_number"]
        wanted = recognized(pack, event, roles)
        found = tuple(green[number]) if number in green else (None, codes.get(number, "not_green"))
        seen[wanted[1]] += 1
        if found != wanted:
            wrong.append(f"{event['kind']} {event['descriptor']} {event['attributes']}: {found}, by the rules {wanted}")
    assert wrong == []
    assert result.accepted - result.refunds >= len(events) - seen["not_green"]
    assert {tally.code: tally.rows for tally in result.tallies if tally.code != "refund_of_not_green"} == {
        code: rows for code, rows in seen.items() if code not in set(Evidence)
    }
    assert len(events) > ROWS * 0.9
    assert len(set(green.values())) > 20
    assert len(seen) > 24
