"""Replay the archive: the same methodology must give the same milligrams; another one shows who would change."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg

from ditan.feed import ARCHIVE, Stored, evidence_files, intact
from ditan.insight.packing import pack_of_version
from ditan.model import Noun, Pack
from ditan.packs import version
from ditan.quantification import Compiled, compile_pack, quantify
from ditan.recognition import Recognizer, compile_rules, recognize
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight")
_DUCK = load_statements("ditan.insight", "duck.sql")


_EDGES_MG: Final = (
    -(2**62), -999_999_999, -99_999_999, -9_999_999, -999_999, 0, 1, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
)  # fmt: skip


class Impact(Noun, kw_only=True):
    """What another methodology would change in one scenario, before caps."""

    scenario: int
    acts_before: int
    acts_after: int
    mg_before: int
    mg_after: int
    acts_up: int
    acts_down: int


class Share(Noun, kw_only=True):
    """How many customers change by at least `at_least_mg` and less than the next one says; -(2**62): all below."""

    at_least_mg: int
    customers: int


class Customers(Noun, kw_only=True):
    """Who would change under another methodology, before caps."""

    up: int
    down: int
    unchanged: int
    most_up_mg: int
    most_down_mg: int
    distribution: list[Share]


class Replay(Noun, kw_only=True):
    """The archive quantified again."""

    files: int
    broken_files: list[str]  # missing, or not the bytes the manifest names
    naming_files: list[str]  # say whose an act is, which no file may that never changes
    acts: int
    differences: int
    examples: list[str]
    archive_mg: str  # sums as text: they may pass 2**53
    ledger_mg: str
    versions: list[str]
    impact: list[Impact]  # only when another pack was asked about
    customers: Customers | None


def replay(
    connection: psycopg.Connection[Any],
    home: Path,
    *,
    other: Pack | None = None,
    advance: Callable[[int], None] = lambda _: None,
    threads: int | None = None,
) -> Replay:
    """Quantify every evidence file again, each under the version it was posted by, and compare with the ledger.

    `home`: where the archive is. `other`: also say who would change under that pack. `advance`: told of each file.
    `threads`: how many the engine may use, for work beside a server's.
    """
    changed_to = (compile_rules(other), compile_pack(other)) if other else None
    files = evidence_files(connection)
    broken = {file.path for file in files if not intact(home / ARCHIVE / file.path, file)}
    by_version: dict[str, list[Stored]] = defaultdict(list)
    for file in files:
        if file.path not in broken:
            by_version[file.version].append(file)
    with (
        tempfile.TemporaryDirectory() as scratch,
        duckdb.connect(config={"threads": threads} if threads else {}) as duck,
    ):
        _load_entries(connection, duck, Path(scratch) / "entries.csv")
        duck.execute(_DUCK["open_change"])
        acts = differences = 0
        naming: list[str] = []
        examples: list[str] = []
        archive_mg = ledger_mg = 0
        impact: dict[int, list[int]] = defaultdict(lambda: [0] * 6)
        for number, stored in by_version.items():
            compiled = compile_pack(pack_of_version(connection, number))
            for file in stored:
                opened = {"files": [str(home / ARCHIVE / file.path)]}
                naming += [file.path] if duck.execute(_DUCK["naming_columns"], opened).fetchall()[0][0] else []
                duck.execute(_DUCK["open_evidence"], opened)
                duck.execute(_DUCK["as_recognized"])
                quantify(duck, compiled)
                n, wrong, again, kept, which = duck.execute(_DUCK["compare"]).fetchall()[0]
                acts, differences = acts + n, differences + wrong
                archive_mg, ledger_mg = archive_mg + int(again), ledger_mg + int(kept)
                examples += which or []
                if changed_to is not None:
                    _add_impact(duck, *changed_to, impact)
                advance(1)
        changed = _customers(duck) if other is not None else None
    return Replay(
        files=len(files),
        broken_files=sorted(broken),
        naming_files=naming,
        acts=acts,
        differences=differences,
        examples=examples[:5],
        archive_mg=str(archive_mg),
        ledger_mg=str(ledger_mg),
        versions=sorted(by_version) + ([version(other)] if other else []),
        impact=[_impact(scenario, figures) for scenario, figures in sorted(impact.items())],
        customers=changed,
    )


def _customers(duck: duckdb.DuckDBPyConnection) -> Customers:
    up, down, unchanged, most_up_mg, most_down_mg = duck.execute(_DUCK["sum_change"]).fetchall()[0]
    shares = duck.execute(_DUCK["distribution"], {"edges": list(_EDGES_MG)}).fetchall()
    return Customers(
        up=up,
        down=down,
        unchanged=unchanged,
        most_up_mg=most_up_mg,
        most_down_mg=most_down_mg,
        distribution=[Share(at_least_mg=edge, customers=customers) for edge, customers in shares],
    )


def _impact(scenario: int, figures: list[int]) -> Impact:
    names = ("acts_before", "acts_after", "mg_before", "mg_after", "acts_up", "acts_down")
    return Impact(scenario=scenario, **dict(zip(names, figures, strict=True)))


def _add_impact(
    duck: duckdb.DuckDBPyConnection, recognizer: Recognizer, compiled: Compiled, impact: dict[int, list[int]]
) -> None:
    duck.execute(_DUCK["as_accepted"])
    recognize(duck, recognizer)
    quantify(duck, compiled)
    duck.execute(_DUCK["add_change"])
    for scenario, *figures in duck.execute(_DUCK["impact"]).fetchall():
        impact[scenario] = [a + b for a, b in zip(impact[scenario], figures, strict=True)]


def _load_entries(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, file: Path) -> None:
    with file.open("wb") as out, connection.cursor() as cursor, cursor.copy(_SQL["read_entries"]) as copy:
        for block in copy:
            out.write(block)
    duck.execute(_DUCK["make_entry"])
    if file.stat().st_size:
        duck.execute(_DUCK["fill_entry"], {"file": str(file)})
