"""`ditan synth`: write a synthetic bank: a feed to ingest, the accounts, and the truth to compare with."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ditan import packs
from ditan.cli.showing import AsJson, both, console, number, print_json, progress, table
from ditan.kernel.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from ditan.testing.bank import Written


class FeedFormat(StrEnum):
    """How feed files are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class FeedSplit(StrEnum):
    """What one feed file holds."""

    MONTH = "month"
    DAY = "day"
    NONE = "none"


def synth(
    folder: Annotated[Path, typer.Argument(help="Where to write; made if it is missing, and must be empty.")],
    customers: Annotated[int, typer.Option(help="People with cards; four of five have a carbon account.")] = 2_000,
    days: Annotated[int, typer.Option(help="Days of feed.")] = 92,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    start: Annotated[str, typer.Option(help="First day of the feed, 2026-07-01.")] = "2026-07-01",
    format_: Annotated[FeedFormat, typer.Option("--format", help="Format of the feed files.")] = FeedFormat.CSV,
    split: Annotated[FeedSplit, typer.Option(help="One feed file per month or day, or one.")] = FeedSplit.MONTH,
    force: Annotated[bool, typer.Option("--force", help="Replace the synthetic bank that is in the folder.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a synthetic bank: feed files, account events, and the truth about every row.

    ditan synth bank && ditan account import bank/accounts.jsonl && ditan ingest bank/feed/2026-07.csv --feed canonical

    About nine of ten events are ordinary payments; the rest are acts of all 21 scenarios and what only looks like one.
    There are refunds, repetitions, contradictions, late and malformed rows. Nobody in it exists.
    """
    first_day = _day(start)
    replaced = _room_in(folder, force)
    from ditan.testing.bank import make_bank, write

    bank = make_bank(customers, days, seed, first_day)
    for path in replaced:
        path.unlink(missing_ok=True)
    with progress("Playing the bank, days", total=days, quiet=as_json) as advance:
        written = write(
            bank, folder, format=format_.value, split=split.value, progress=lambda _day_number, _rows: advance(1)
        )
    if as_json:
        print_json(written)
    else:
        _show(written)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a day", hint="Write it as 2026-07-01.") from error


def _room_in(folder: Path, force: bool) -> list[Path]:
    """Give the files that must go first: only ever what an earlier `ditan synth` wrote.

    Raises: InvalidInput when it is no folder; Conflict when there is something else in it, or no --force.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{folder} is a file.", hint="Name a folder.")
    if not folder.exists() or not any(folder.iterdir()):
        return []
    summary = folder / "truth.json"
    if not summary.is_file():
        raise Conflict(f"{folder} is not empty, and what is in it is no synthetic bank.", hint="Name another folder.")
    if not force:
        raise Conflict(f"There is a synthetic bank in {folder}.", hint="Replace it with --force.")
    try:
        files = list(json.loads(summary.read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise Conflict(f"{summary} cannot be read.", hint="Empty the folder yourself, or name another one.") from error
    paths = [folder / str(name) for name in (*files, "accounts.jsonl", "truth.parquet", "truth.json")]
    return [path for path in paths if path.resolve().is_relative_to(folder.resolve())]


def _show(written: Written) -> None:
    shown = table("A synthetic bank", "", "", right=(1,), caption=f"digest {written.digest[:16]}")
    shown.show_header = False
    shown.add_row("customers", number(written.customers))
    shown.add_row("with a carbon account", number(written.accounts))
    shown.add_row("feed rows", number(written.rows))
    for name, rows in written.files.items():
        shown.add_row(f"  {name}", number(rows))
    console.print(shown)
    shown = table("What the rows must come to", "", "rows", "kinds", right=(1, 2))
    for name, (rows, kinds) in _groups(written.by_fate).items():
        shown.add_row(name, number(rows), "" if kinds == 1 else number(kinds))
    console.print(shown)
    shown = table("Acts that were meant", "scenario", "rows", "may be posted", right=(1, 2))
    for scenario in packs.load().scenarios:
        fates = written.by_intent_and_fate.get(scenario.id, {})
        shown.add_row(both(scenario.name), number(sum(fates.values())), number(fates.get("candidate", 0)))
    console.print(shown)
    console.print(
        f"In {written.folder}: feed files in feed/, accounts.jsonl, and the truth about every row, truth.parquet"
    )


_GROUPS: Final = {
    "not_green:not_green": "ordinary payments",
    "not_green": "only look like an act",
    "candidate": "acts that may be posted",
    "no_account": "acts without an account",
    "no_consent": "acts without consent",
    "card_not_linked": "acts with a card that is not linked",
    "refund_of": "refunds and reversals",
    "duplicate": "told again",
    "conflict": "told again, otherwise",
    "rejected": "malformed",
}


def _groups(by_fate: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Rows, and kinds of them, by what a reader wants to know."""
    groups: dict[str, tuple[int, int]] = dict.fromkeys(_GROUPS.values(), (0, 0))
    for fate, rows in by_fate.items():
        name = _GROUPS.get(fate) or _GROUPS[fate.partition(":")[0]]
        before, kinds = groups[name]
        groups[name] = (before + rows, kinds + 1)
    return groups
