"""`ditan check`: every promise, over the whole database and the archive."""

from __future__ import annotations

from typing import Annotated

import typer

from ditan.cli.showing import AsJson, console, number, print_json, progress, say, table
from ditan.feed import evidence_files
from ditan.insight import replay
from ditan.kernel.settings import Settings, load_settings
from ditan.proof import Verdict, check_invariants
from ditan.store import Store


def check(
    replaying: Annotated[
        bool, typer.Option("--replay/--no-replay", help="Also quantify the whole archive again (INV-10).")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Verify every invariant over the whole database and the archive. Exit code 70 when one is broken."""
    settings = load_settings()
    verdicts = verify(settings, Store.open(settings), replaying=replaying, quiet=as_json)
    if as_json:
        print_json(verdicts)
    else:
        print_verdicts(verdicts, settings)
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(70)


def verify(settings: Settings, store: Store, *, replaying: bool = True, quiet: bool = False) -> list[Verdict]:
    """Check every invariant: what the database says, and what a replay of the archive says."""
    elsewhere: dict[str, tuple[int, list[str]]] = {}
    with store.unit_of_work() as connection:
        if replaying:
            with progress("replaying the archive", len(evidence_files(connection)), quiet=quiet) as advance:
                again = replay(connection, settings.home, advance=advance)
            elsewhere["INV-10"] = (
                again.acts,
                [f"act {act} gives other milligrams" for act in again.examples]
                or ([f"{again.differences} acts differ"] if again.differences else []),
            )
            elsewhere["INV-12"] = (
                again.files,
                [f"evidence file {path} is missing or altered" for path in again.broken_files],
            )
            elsewhere["INV-14"] = (
                again.files,
                [f"evidence file {path} names customers and cards: it was written before they could be erased"
                 for path in again.naming_files],
            )  # fmt: skip
        return check_invariants(connection, elsewhere=elsewhere)


def print_verdicts(verdicts: list[Verdict], settings: Settings) -> None:
    """Print a line per promise, and the offenders of a broken one."""
    shown = table("Promises", "", "id", "promise", "looked at", "note", right=(3,))
    for verdict in verdicts:
        mark = "[red]✗[/]" if not verdict.holds else ("[dim]–[/]" if verdict.note else "[green]✓[/]")
        note = say(verdict.note, settings) if verdict.note else ""
        shown.add_row(mark, verdict.invariant, say(verdict.promise, settings), number(verdict.looked), note)
        for offender in verdict.offenders:
            shown.add_row("", "", f"[red]{offender}[/]", "", "")
    console.print(shown)
    broken = [verdict.invariant for verdict in verdicts if not verdict.holds]
    empty = sum(1 for verdict in verdicts if verdict.note and verdict.holds)
    holding = f"{len(verdicts) - empty} promises hold; {empty} have nothing to hold yet."
    console.print(f"[red]Broken: {', '.join(broken)}[/]" if broken else f"[green]{holding}[/]")
