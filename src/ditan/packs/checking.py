"""The check of a pack: every reason why it may not run, in the order in which somebody would mend it.

Nothing is fixed silently and nothing is a warning: a pack with a finding does not run. The parts, by noun:
`provenance` (sources, bounds, status, dates), `tables`, `formulae` (units), `laws` (sanity), `recognizing` and
`overlaps` (rules), `limits` (caps, energy, consent), `personas` (drift).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ditan.model import Pack
from ditan.packs.findings import Finding, Unsound, finding
from ditan.packs.formulae import check_formulae
from ditan.packs.laws import check_laws, law_factors
from ditan.packs.limits import check_limits
from ditan.packs.overlaps import check_overlaps
from ditan.packs.patterns import literals, matched
from ditan.packs.personas import check_personas
from ditan.packs.provenance import check_provenance
from ditan.packs.recognizing import all_patterns, check_recognition, conditions
from ditan.packs.resolving import used_factors
from ditan.packs.tables import check_tables


def check(pack: Pack, on: date) -> list[Finding]:
    """Give every reason why the pack may not run on a day; an empty list when it may.

    Values are tried on that day, or on the nearest day of the pack's validity when the day is outside.
    """
    day = min(max(on, pack.valid_from), pack.valid_to)
    patterns = matched(frozenset(all_patterns(pack)), frozenset(_texts(pack)))
    return [
        *check_provenance(pack, on),
        *check_tables(pack, on),
        *check_formulae(pack, day),
        *_unused(pack),
        *check_laws(pack, day),
        *check_recognition(pack, patterns),
        *check_overlaps(pack, patterns),
        *check_limits(pack, day),
        *check_personas(pack),
    ]


def require_sound(pack: Pack, on: date) -> None:
    """Refuse a pack that may not run on a day.

    Raises: Unsound, which names the first findings.
    """
    found = check(pack, on)
    if found:
        raise Unsound(pack, found)


def _texts(pack: Pack) -> Iterator[str]:
    for scenario in pack.scenarios:
        for item in conditions(scenario):
            yield from item.examples
            yield from literals(item.when.pattern)


def _unused(pack: Pack) -> Iterator[Finding]:
    """A factor nothing uses is a mistake: a formula names another one."""
    used = used_factors(pack) | law_factors()
    for factor_id in pack.factors:
        if factor_id not in used:
            yield finding("factor_unused", f"factors.{factor_id}", "没有公式使用", "no formula and no law uses it")
