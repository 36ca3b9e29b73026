"""No payment may be claimed by two scenarios: which rules could hold for one event with evidence of the same strength.

Evidence of different strength is no conflict, because the stronger wins. Rules of equal strength conflict when every
condition both set can hold at once. Two descriptor patterns are compared by the words they are made of and by their
examples; two ranges, lists and attribute tables exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from ditan.model import Evidence, Pack, Rule, Scenario, When
from ditan.packs.findings import Finding, finding
from ditan.packs.patterns import Patterns, literals

_LARGEST: Final = 1 << 62


def check_overlaps(pack: Pack, patterns: Patterns) -> Iterator[Finding]:
    """Find every pair of rules by which two scenarios could claim one payment."""
    rules = [
        (f"scenarios.{scenario.id}.rules[{n}]", scenario, rule)
        for scenario in pack.scenarios
        for n, rule in enumerate(scenario.rules)
    ]
    for (where, scenario, rule), (_, other, rival) in combinations(rules, 2):
        if scenario.id != other.id and rule.by is rival.by and compatible(rule.when, rival.when):
            word = _shared_word(rule, rival, patterns)
            if word:
                yield finding(
                    "claimed_twice",
                    f"{where}.when",
                    f"与场景 {other.id} 会同时认领同一笔交易（{word}）",
                    f"{other.id} could claim the same payment ({word})",
                )
    yield from _examples(pack, patterns)


def compatible(a: When, b: When) -> bool:
    """Say whether one event can meet both conditions, patterns aside."""
    lists: Sequence[tuple[Sequence[object], Sequence[object]]] = (
        (a.kinds, b.kinds),
        (a.roles, b.roles),
        (a.services, b.services),
        (a.mcc, b.mcc),
        (a.channels, b.channels),
        (a.products, b.products),
    )
    if any(left and right and not set(left) & set(right) for left, right in lists):
        return False
    lowest = max(a.amount_min_fen or 0, b.amount_min_fen or 0)
    highest = min(
        _LARGEST if a.amount_max_fen is None else a.amount_max_fen,
        _LARGEST if b.amount_max_fen is None else b.amount_max_fen,
    )
    if lowest > highest:
        return False
    shared = a.attributes.keys() & b.attributes.keys()
    if any(not set(a.attributes[name]) & set(b.attributes[name]) for name in shared):
        return False
    return not (set(a.attributes) & set(b.absent) or set(b.attributes) & set(a.absent))


def _shared_word(rule: Rule, rival: Rule, patterns: Patterns) -> str:
    """Give what both rules would accept: a word of one pattern that the other matches, or the kind of evidence."""
    if rule.by is not Evidence.DESCRIPTOR:
        return str(rule.by)
    for own, foreign in ((rule, rival), (rival, rule)):
        for text in (*literals(own.when.pattern), *own.examples):
            if patterns.match(foreign.when.pattern, text):
                return text
    return ""


def _examples(pack: Pack, patterns: Patterns) -> Iterator[Finding]:
    for scenario in pack.scenarios:
        for n, rule in enumerate(scenario.rules):
            where = f"scenarios.{scenario.id}.rules[{n}].examples"
            for text in rule.examples:
                if not rule.when.pattern or not patterns.match(rule.when.pattern, text):
                    yield finding(
                        "example_unmatched", where, f"“{text}”不匹配本规则", f"“{text}” does not match its own pattern"
                    )
                taken = _excluded(scenario, text, patterns)
                if taken:
                    yield finding(
                        "example_excluded",
                        where,
                        f"“{text}”会被 {taken} 排除",
                        f"“{text}” would be excluded as {taken}",
                    )
        for n, exclusion in enumerate(scenario.exclusions):
            where = f"scenarios.{scenario.id}.exclusions[{n}].examples"
            for text in exclusion.examples:
                if not exclusion.when.pattern or not patterns.match(exclusion.when.pattern, text):
                    yield finding(
                        "example_unmatched", where, f"“{text}”不匹配本排除", f"“{text}” does not match its own pattern"
                    )


def _excluded(scenario: Scenario, text: str, patterns: Patterns) -> str:
    for exclusion in scenario.exclusions:
        if exclusion.when == When(pattern=exclusion.when.pattern) and patterns.match(exclusion.when.pattern, text):
            return exclusion.code
    return ""
