"""`ditan ingest --dry-run`: what each payment would be, by what evidence, or why it is not green. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from rich.markup import escape

from ditan import feed
from ditan.cli.showing import both, console, grams, number, print_json, say, table
from ditan.feed import Mapping
from ditan.kernel.clock import SystemClock
from ditan.kernel.settings import Settings
from ditan.model import Noun, Pack, Text
from ditan.quantification import compile_pack, quantify
from ditan.recognition import compile_rules, reasons, recognize
from ditan.store.statements import load_statements

_DUCK = load_statements("ditan.cli", "dry_run.sql")
_SHOWN_MAX = 40


class Recognition(Noun, kw_only=True):
    """What one row would be."""

    row_number: int
    event_id: str
    descriptor: str | None
    mcc: int | None
    amount_fen: int
    scenario: str | None
    evidence: str | None
    confidence: str | None
    code: str | None  # why it is not green
    reason: Text | None
    carbon_mg: int | None  # before caps, consent and cards
    energy: int | None


def dry_run(file: Path, mapping: Mapping, pack: Pack) -> Iterator[Recognition]:
    """Recognize and quantify every accepted row of a file, in order; rejected rows come with their code."""
    recognizer, compiled, why = compile_rules(pack), compile_pack(pack), reasons(pack)
    why |= {str(code): text for code, text in feed.MESSAGES.items()}
    names = {scenario.number: scenario.id for scenario in pack.scenarios}
    with duckdb.connect(config={"arrow_lossless_conversion": True}) as duck:
        for chunk in feed.read(file, mapping):
            feed.accept(duck, chunk, mapping, now=SystemClock().now())
            recognize(duck, recognizer)
            quantify(duck, compiled)
            found = duck.execute(_DUCK["dry_run"])
            columns = [column[0] for column in found.description or []]
            while rows := found.fetchmany(10_000):
                yield from (_told(dict(zip(columns, row, strict=True)), names, why) for row in rows)


def _told(row: dict[str, Any], names: dict[int, str], why: dict[str, Text]) -> Recognition:
    scenario = names.get(row.pop("scenario"))
    return Recognition(scenario=scenario, reason=why.get(row["code"] or ""), **row)


def print_dry_run(file: Path, mapping: Mapping, pack: Pack, settings: Settings, *, as_json: bool) -> None:
    """Print the dry run: all rows in JSON; for people a summary and the first rows that came near a rule."""
    rows = list(dry_run(file, mapping, pack))
    if as_json:
        print_json(rows)
        return
    scenarios = {scenario.id: scenario for scenario in pack.scenarios}
    shown = table(
        f"{file} · dry run, nothing is stored", "row", "event", "descriptor", "MCC", "recognized as, or why not",
        "evidence", "carbon", "energy", right=(0, 6, 7),
    )  # fmt: skip
    near = [row for row in rows if row.scenario or row.code != "not_green"]
    for row in near[:_SHOWN_MAX]:
        said = both(scenarios[row.scenario].name) if row.scenario and not row.code else ""
        why = f"[yellow]{row.code}[/] {escape(say(row.reason, settings)) if row.reason else ''}" if row.code else ""
        shown.add_row(
            str(row.row_number), row.event_id, row.descriptor or "", str(row.mcc or ""), said or why,
            f"{row.evidence} {row.confidence}" if row.evidence else "",
            grams(row.carbon_mg) if row.carbon_mg is not None else "", str(row.energy or ""),
        )  # fmt: skip
    console.print(shown)
    if len(near) > _SHOWN_MAX:
        console.print(f"… and {number(len(near) - _SHOWN_MAX)} more rows that came near a rule; --json has every row")
    green = sum(1 for row in rows if row.scenario and not row.code)
    console.print(
        f"{number(len(rows))} rows: {number(green)} green, {number(sum(1 for r in rows if r.code == 'not_green'))} "
        f"match no rule, {number(len(near) - green)} look alike or were rejected"
    )
