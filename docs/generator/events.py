"""The reference of the canonical event: every field, and what each scenario looks at."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Final

from docs.generator.markdown import both, code, codes, made_from, prose, table
from docs.generator.methodology import page_name

from ditan import feed, packs
from ditan.kernel.units import INPUTS
from ditan.model import BankEvent, CardProduct, Channel, Kind, Scenario
from ditan.packs import expressions

INTRODUCTION: Final = """
    One row is one event. CSV has a header and `attributes` as a JSON object in one cell; JSON Lines has it as an
    object; Parquet as JSON text. How to send it, and how to describe a file that is not like this:
    [feeds](../integrate/feeds.md).
"""
WORDS: Final = """
    Measured facts are whole numbers in these units; a larger one than the bound is not believed and counts as missing.
"""
SCENARIOS: Final = """
    What reveals an act, and which attributes matter: *measured* ones make the grams better, *once per* ones name the
    occasion that counts once, *tells apart* ones decide whether it counts, or by which factor. An attribute that no
    scenario names is taken and not looked at.
"""
_FIELD: Final = re.compile(r"^    (\w+): ([^#=]+?)(?: = ([^#]+?))?\s*(?:# (.*))?$", re.MULTILINE)
_REQUIRED: Final = {
    "source": "always",
    "event_id": "always",
    "kind": "always",
    "customer_ref": "always",
    "occurred_at": "always",
    "original_event_id": "refunds and reversals",
    "amount_fen": "payments and refunds",
    "service": "service events",
}
_SAID: Final = {
    "source": "the system it comes from; with `event_id` the name of the event, forever",
    "event_id": "unique within the source",
    "kind": "what happened, in the bank's words",
    "card_product": "of the card that paid",
    "channel": "how the customer paid or acted",
    "original_event_id": "the event that a refund or reversal undoes",
    "occurred_at": "ISO 8601; without an offset the time is Beijing's",
    "settled_on": "settlement day",
    "amount_fen": "a whole number above zero; 0 or empty for a service event without money",
    "currency": "ISO 4217, `CNY` when empty; only CNY can be green",
    "merchant_id": "the acquirer's, as in the merchant registry",
    "descriptor": "what the customer reads on the bill",
    "attributes": "facts that some scenarios need, below",
}


def page() -> str:
    """Fields, measured facts, scenarios."""
    facts = [
        (code(unit.field), unit.unit, str(unit.scale), f"{unit.max:,}", "" if unit.default is None else unit.default)
        for unit in INPUTS.values()
        if unit.field not in {"amount_fen", "one"}
    ]
    scenarios = [_scenario(scenario) for scenario in packs.load().scenarios]
    return "\n".join(
        [
            made_from("`BankEvent` in `src/ditan/model.py`, `src/ditan/kernel/units.py` and the pack"),
            "# The canonical event\n",
            prose(INTRODUCTION),
            table(("field", "required for", "values", "meaning"), list(_fields())),
            "## Measured facts\n",
            prose(WORDS),
            table(("attribute", "unit", "worth of one", "bound", "when missing"), facts),
            "## What each scenario looks at\n",
            prose(SCENARIOS),
            table(("#", "scenario", "revealed by", "consent", "measured", "once per", "tells apart"), scenarios),
        ]
    )


def _fields() -> Iterator[tuple[str, str, str, str]]:
    values: dict[str, Sequence[object]] = {
        "kind": list(Kind),
        "card_product": list(CardProduct),
        "channel": list(Channel),
    }
    comments = {match[1]: match[4] or "" for match in _FIELD.finditer(inspect.getsource(BankEvent))}
    known = {name for name, _ in feed.load("canonical").fields.rules()} | {"occurred_at", "settled_on", "amount_fen"}
    assert known == set(BankEvent.__struct_fields__), "the canonical mapping has every field of the event"
    for name in BankEvent.__struct_fields__:
        meaning = _SAID.get(name) or comments[name]
        yield code(name), _REQUIRED.get(name, ""), codes(values.get(name, [])), meaning


def _scenario(scenario: Scenario) -> tuple[object, ...]:
    how = scenario.quantification.activities
    named = {
        name
        for activity in how
        if activity.quantity
        for name in expressions.names(expressions.parse(activity.quantity))
    }
    measured = [
        INPUTS[name].field for name in INPUTS if name in named and INPUTS[name].field not in {"amount_fen", "one"}
    ]
    whens = [*(rule.when for rule in scenario.rules), *(exclusion.when for exclusion in scenario.exclusions)]
    apart = {name for when in whens for name in (*when.attributes, *when.absent)}
    apart |= {name for activity in how for name in activity.variant}
    apart -= set(measured)
    return (
        scenario.number,
        f"[{scenario.id}](methodology/{page_name(scenario)}.md)<br>{both(scenario.name)}",
        "<br>".join(_revealed(scenario)),
        codes(scenario.consent),
        codes(measured),
        codes(scenario.deduplication.key),
        codes(sorted(apart)),
    )


def _revealed(scenario: Scenario) -> Iterator[str]:
    seen: list[str] = []
    for rule in scenario.rules:
        when = rule.when
        what = [f"role {codes(when.roles)}"] if when.roles else []
        what += [f"service {codes(when.services)}"] if when.services else []
        what += [f"MCC {codes(when.mcc)}"] if when.mcc else []
        what += ["descriptor"] if when.pattern else []
        what += [f"channel {codes(when.channels)}"] if when.channels else []
        line = " + ".join(what)
        if line not in seen:
            seen.append(line)
            yield line
