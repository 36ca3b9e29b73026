"""Turn a pack's rules into two SQL expressions: which rule holds, and which exclusion.

The text is DuckDB's; sqlglot parses it (so a broken rule fails here, not in a batch) and can write it for Spark.
Ordinary payments must cost next to nothing: a cheap test on merchant, service, MCC and channel lets only candidates
through to the patterns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import sqlglot
from sqlglot import exp

from ditan.model import Evidence, Exclusion, Kind, Pack, Rule, Scenario, When

_STRENGTH: Final = (Evidence.MERCHANT, Evidence.SERVICE, Evidence.DESCRIPTOR, Evidence.MCC)
_EVENT_FIELDS: Final = frozenset({"card_ref", "merchant_id", "settled_on"})
"""What a de-duplication key may name besides attributes."""


class NumberedRule(NamedTuple):
    """A rule with its place in the order of precedence, from 1."""

    number: int
    scenario: Scenario
    rule: Rule


class Recognizer(NamedTuple):
    """A pack's recognition, compiled."""

    pack: Pack
    rules: list[NumberedRule]
    exclusions: list[tuple[int, Exclusion]]  # numbered from 1
    candidate_sql: str  # boolean: may any rule hold? cheap
    rule_sql: str  # number of the first rule that holds, or NULL
    exclusion_sql: str  # number of the first exclusion of that rule's scenario, or NULL
    occasion_sql: str  # text that names the occasion, or NULL


def compile_rules(pack: Pack) -> Recognizer:
    """Compile the rules of all scenarios of a pack, strongest evidence first.

    Raises: sqlglot.ParseError when a rule cannot be written as SQL.
    """
    ordered = [
        (scenario, rule)
        for strength in _STRENGTH
        for scenario in pack.scenarios
        for rule in scenario.rules
        if rule.by is strength
    ]
    rules = [NumberedRule(n, scenario, rule) for n, (scenario, rule) in enumerate(ordered, start=1)]
    excluding = [(s, x) for s in pack.scenarios for x in s.exclusions]
    exclusions = [(n, x) for n, (_, x) in enumerate(excluding, start=1)]
    return Recognizer(
        pack=pack,
        rules=rules,
        exclusions=exclusions,
        candidate_sql=_checked(_any(_cheap(r.rule) for r in rules)),
        rule_sql=_checked(_case((_holds(r.rule.when, r.rule.by), r.number) for r in rules)),
        exclusion_sql=_checked(
            _case(
                (f"scenario = {s.number} AND {_holds(x.when, None)}", n) for n, (s, x) in enumerate(excluding, start=1)
            )
        ),
        occasion_sql=_checked(_occasions(pack)),
    )


def _checked(text: str) -> str:
    return sqlglot.parse_one(text, read="duckdb").sql(dialect="duckdb")


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _in(column: str, values: Iterable[str | int]) -> str:
    return f"{column} IN ({', '.join(_text(v) if isinstance(v, str) else str(v) for v in values)})"


def _any(conditions: Iterable[str]) -> str:
    unique = list(dict.fromkeys(conditions))
    return "(" + " OR ".join(unique) + ")" if unique else "FALSE"


def _case(branches: Iterable[tuple[str, int]]) -> str:
    lines = [f"WHEN {condition} THEN {number}" for condition, number in branches]
    return f"CASE {' '.join(lines)} END" if lines else "CAST(NULL AS INTEGER)"


def _kinds(when: When, by: Evidence | None) -> list[Kind]:
    if when.kinds or by is None:
        return when.kinds
    return [Kind.SERVICE_EVENT] if by is Evidence.SERVICE else [Kind.CARD_PAYMENT]


def _cheap(rule: Rule) -> str:
    """The part of a rule that costs nothing to test: what it is keyed on."""
    when = rule.when
    if when.roles:
        return "role IS NOT NULL"
    if when.services:
        return "service IS NOT NULL"
    if when.mcc:
        return _in("mcc", when.mcc)
    if when.channels:
        return _in("channel", when.channels)
    return "TRUE"


def _holds(when: When, by: Evidence | None) -> str:
    parts: list[str] = []
    kinds = _kinds(when, by)
    if kinds:
        parts.append(_in("kind", kinds))
    if when.roles:
        parts.append(_in("coalesce(role, '')", when.roles))
    if when.services:
        parts.append(_in("coalesce(service, '')", when.services))
    if when.mcc:
        parts.append(_in("coalesce(mcc, 0)", when.mcc))
    if when.channels:
        parts.append(_in("coalesce(channel, '')", when.channels))
    if when.products:
        parts.append(_in("coalesce(card_product, '')", when.products))
    if when.amount_min_fen is not None:
        parts.append(f"amount_fen >= {when.amount_min_fen}")
    if when.amount_max_fen is not None:
        parts.append(f"amount_fen <= {when.amount_max_fen}")
    if when.amount_multiple_of_fen is not None:
        parts.append(f"amount_fen % {when.amount_multiple_of_fen} = 0")
    for name, values in when.attributes.items():
        parts.append(_in(f"coalesce({attribute(name)}, '')", values))
    parts.extend(f"{attribute(name)} IS NULL" for name in when.absent)
    if when.pattern:
        parts.append(f"regexp_matches(lower(coalesce(descriptor, '')), {_text(when.pattern)})")
    return " AND ".join(parts) if parts else "TRUE"


def attribute(name: str) -> str:
    """Give the SQL that reads an attribute of the event as text."""
    return f"json_extract_string(attributes, {_text('$.' + name)})"


def _occasions(pack: Pack) -> str:
    branches: list[str] = []
    for scenario in pack.scenarios:
        fields = [name if name in _EVENT_FIELDS else attribute(name) for name in scenario.deduplication.key]
        if fields:
            joined = " || CHR(31) || ".join(f"CAST({field} AS TEXT)" for field in fields)
            branches.append(f"WHEN {scenario.number} THEN {joined}")
    return f"CASE scenario {' '.join(branches)} END" if branches else "CAST(NULL AS TEXT)"
