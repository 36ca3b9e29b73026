"""Turn a pack's rules into two SQL expressions: which rule holds, and which exclusion.

The text is DuckDB's; sqlglot parses it (so a broken rule fails here, not in a batch) and can write it for Spark.
Ordinary payments must cost next to nothing: a cheap test on merchant, service, MCC and channel lets only candidates
through to the patterns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

import sqlglot
from sqlglot import exp

from ditan.model import Evidence, Exclusion, Kind, Pack, Rule, Scenario, When

_STRENGTH: Final = (Evidence.MERCHANT, Evidence.SERVICE, Evidence.DESCRIPTOR, Evidence.MCC)
_EVENT_FIELDS: Final = frozenset({"card_ref", "merchant_id", "settled_on"})
"""What a de-duplication key may name besides attributes."""


_USUAL: Final = {
    Evidence.MERCHANT: (Kind.CARD_PAYMENT,),
    Evidence.SERVICE: (Kind.SERVICE_EVENT,),
    Evidence.DESCRIPTOR: (Kind.CARD_PAYMENT,),
    Evidence.MCC: (Kind.CARD_PAYMENT,),
}
"""What a rule applies to when it does not say."""


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
    facts_sql: str  # list of the attributes that anything asks for, as text: each event's JSON is read once
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
    facts = _asked(pack)
    return Recognizer(
        pack=pack,
        rules=rules,
        exclusions=exclusions,
        facts_sql=f"json_extract_string(attributes, [{', '.join(_text('$.' + name) for name in facts)}])",
        candidate_sql=_checked(_any(_cheap([r.rule for r in rules]))),
        rule_sql=_checked(_rules(rules, facts)),
        exclusion_sql=_checked(_exclusions(excluding, facts)),
        occasion_sql=_checked(_occasions(pack, facts)),
    )


def _checked(text: str) -> str:
    return sqlglot.parse_one(text, read="duckdb").sql(dialect="duckdb")


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _in(column: str, values: Iterable[str | int]) -> str:
    values = list(values)
    if len(values) == 1:
        return f"{column} = {_text(values[0]) if isinstance(values[0], str) else values[0]}"
    return f"{column} IN ({', '.join(_text(v) if isinstance(v, str) else str(v) for v in values)})"


def _any(conditions: Iterable[str]) -> str:
    unique = list(dict.fromkeys(conditions))
    return "(" + " OR ".join(unique) + ")" if unique else "FALSE"


def _case(branches: Iterable[tuple[str, int]]) -> str:
    lines = [f"WHEN {condition} THEN {number}" for condition, number in branches]
    return f"CASE {' '.join(lines)} END" if lines else "CAST(NULL AS INTEGER)"


def _cheap(rules: list[Rule]) -> Iterator[str]:
    """What is tested on every payment: registry and service by presence, codes by one look-up per set of channels."""
    mcc: dict[tuple[str, ...], set[int]] = {}
    for rule in rules:
        when = rule.when
        if when.roles:
            yield "role IS NOT NULL"
        elif when.services:
            yield "service IS NOT NULL"
        elif when.mcc:
            mcc.setdefault(tuple(when.channels), set()).update(when.mcc)
        else:
            yield _in("channel", when.channels) if when.channels else "TRUE"
    anywhere = mcc.pop((), set())
    if anywhere:
        yield _in("mcc", sorted(anywhere))
    for channels, codes in mcc.items():
        if codes - anywhere:
            yield f"({_in('channel', channels)} AND {_in('mcc', sorted(codes - anywhere))})"


def _exclusions(excluding: list[tuple[Scenario, Exclusion]], facts: dict[str, str]) -> str:
    """A case per scenario and in it one per exclusion, so that a row is tested against its own scenario's only."""
    numbered = list(enumerate(excluding, start=1))
    outer = [
        (scenario, _case((_excludes(x.when, facts), n) for n, (_, x) in group))
        for scenario, group in groupby(numbered, key=lambda item: item[1][0].number)
    ]
    lines = [f"WHEN scenario = {scenario} THEN {inner}" for scenario, inner in outer]
    return f"CASE {' '.join(lines)} END" if lines else "CAST(NULL AS INTEGER)"


def _excludes(when: When, facts: dict[str, str]) -> str:
    return f"{_in('kind', when.kinds)} AND {_holds(when, facts)}" if when.kinds else _holds(when, facts)


def _rules(rules: list[NumberedRule], facts: dict[str, str]) -> str:
    """A case per kind of event and in it one per rule, strongest evidence first."""
    lines = []
    for kind in Kind:
        of_kind = [r for r in rules if kind in (r.rule.when.kinds or _USUAL[r.rule.by])]
        if of_kind:
            inner = _case((_holds(r.rule.when, facts), r.number) for r in of_kind)
            lines.append(f"WHEN kind = {_text(kind)} THEN {inner}")
    return f"CASE {' '.join(lines)} END"


def _holds(when: When, facts: dict[str, str]) -> str:
    """All but the kind of event, cheapest test first. A test of a missing field is NULL, which a CASE takes for no."""
    parts: list[str] = []
    if when.mcc:
        parts.append(_in("mcc", when.mcc))
    if when.roles:
        parts.append(_in("role", when.roles))
    if when.services:
        parts.append(_in("service", when.services))
    if when.channels:
        parts.append(_in("channel", when.channels))
    if when.products:
        parts.append(_in("card_product", when.products))
    if when.amount_min_fen is not None:
        parts.append(f"amount_fen >= {when.amount_min_fen}")
    if when.amount_max_fen is not None:
        parts.append(f"amount_fen <= {when.amount_max_fen}")
    if when.amount_multiple_of_fen is not None:
        parts.append(f"amount_fen % {when.amount_multiple_of_fen} = 0")
    parts.extend(_in(facts[name], values) for name, values in when.attributes.items())
    parts.extend(f"{facts[name]} IS NULL" for name in when.absent)
    if when.pattern:
        parts.append(f"regexp_matches(said, {_text(when.pattern)})")
    return " AND ".join(parts) if parts else "TRUE"


def _asked(pack: Pack) -> dict[str, str]:
    """Give the attributes that rules, exclusions and occasions ask for, each with the expression it is read by."""
    whens = [r.when for s in pack.scenarios for r in s.rules] + [x.when for s in pack.scenarios for x in s.exclusions]
    names = {name for when in whens for name in (*when.attributes, *when.absent)}
    names |= {name for s in pack.scenarios for name in s.deduplication.key if name not in _EVENT_FIELDS}
    return {name: f"facts[{place}]" for place, name in enumerate(sorted(names), start=1)}


def _occasions(pack: Pack, facts: dict[str, str]) -> str:
    branches: list[str] = []
    for scenario in pack.scenarios:
        fields = [name if name in _EVENT_FIELDS else facts[name] for name in scenario.deduplication.key]
        if fields:
            joined = " || CHR(31) || ".join(f"CAST({field} AS TEXT)" for field in fields)
            branches.append(f"WHEN {scenario.number} THEN {joined}")
    return f"CASE scenario {' '.join(branches)} END" if branches else "CAST(NULL AS TEXT)"
