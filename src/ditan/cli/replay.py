"""`ditan replay`: the archive again, under the same methodology or another."""

from __future__ import annotations

from typing import Annotated

import typer

from ditan import packs
from ditan.cli.showing import AsJson, console, grams, number, print_json, progress, table
from ditan.feed import evidence_files
from ditan.insight import Replay
from ditan.insight import replay as replay_archive
from ditan.kernel.settings import load_settings
from ditan.store import Store


def replay(
    pack: Annotated[
        str | None, typer.Option(help="Another methodology, id or folder: who would change, and by how much?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Quantify the archive of evidence again and compare with the ledger, to the milligram (INV-10).

    With --pack it also shows what another methodology would have given, before caps. Nothing is posted.
    """
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        total = len(evidence_files(connection))
        with progress("replaying the archive", total, quiet=as_json) as advance:
            result = replay_archive(
                connection, settings.home, other=packs.load(pack) if pack else None, advance=advance
            )
    if as_json:
        print_json(result)
    else:
        _print(result)
    if result.differences or result.broken_files:
        raise typer.Exit(70)


def _print(result: Replay) -> None:
    console.print(
        f"{number(result.acts)} acts of {number(result.files)} evidence files replayed "
        f"under {', '.join(result.versions)}\n"
        f"archive {number(int(result.archive_mg))} mg · ledger {number(int(result.ledger_mg))} mg · "
        + (f"[red]{number(result.differences)} differences[/]" if result.differences else "[green]0 differences[/]")
    )
    for path in result.broken_files:
        console.print(f"[red]{path} is missing or is not the file the manifest names[/]")
    if result.impact:
        shown = table(
            "What would change, before caps", "scenario", "acts", "acts then", "carbon", "carbon then", "up", "down",
            right=(0, 1, 2, 3, 4, 5, 6),
        )  # fmt: skip
        for line in result.impact:
            shown.add_row(
                str(line.scenario), number(line.acts_before), number(line.acts_after), grams(line.mg_before),
                grams(line.mg_after), number(line.acts_up), number(line.acts_down),
            )  # fmt: skip
        console.print(shown)
    if result.customers:
        who = result.customers
        console.print(
            f"customers: {number(who.up)} would have more (at most {grams(who.most_up_mg)}), {number(who.down)} less "
            f"(at most {grams(who.most_down_mg)}), {number(who.unchanged)} the same"
        )
