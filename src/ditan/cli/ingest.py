"""`ditan ingest`: a bank's file, from rows to acts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import duckdb
import typer

from ditan import feed, packs
from ditan.cli.dry_run import print_dry_run
from ditan.cli.reporting import print_report
from ditan.cli.showing import AsJson, print_json, progress
from ditan.feed import Mapping
from ditan.flow import Desk, take_file
from ditan.insight import Schedule, prepare, prepare_schedule
from ditan.insight.filing import FileReport, summed
from ditan.kernel.clock import Clock, SystemClock
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings, load_settings
from ditan.store import Store

DUCK: Final = feed.ENGINE


def ingest(
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet; plain, .gz or .zst.")],
    feed_name: Annotated[
        str, typer.Option("--feed", help="A mapping that ships (canonical, tabformer) or the path of your own.")
    ] = "canonical",
    pack: Annotated[
        str | None, typer.Option(help="Methodology: an id or a folder; if not given, what is in force on each day.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to write rejected rows. Default: DITAN_HOME/rejected/FILE.rejected.csv.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say for each payment what it was recognized as, or why not. Stores nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a bank's file: recognize the green acts, quantify and post them. The same file again posts nothing twice.

    Bad rows do not stop good ones: they are kept by number and code, and written to a CSV that says what to do.
    Exit code 0 also when rows were rejected; 2 when the file itself cannot be read to its end.
    """
    settings = load_settings()
    mapping = feed.load(feed_name)
    if dry_run:
        print_dry_run(file, mapping, packs.load(pack or packs.DEFAULT_PACK), settings, as_json=as_json)
        return
    store = Store.open(settings)
    schedule = Schedule.of(prepare(store, packs.load(pack))) if pack else prepare_schedule(store)
    with progress(file.name, file.stat().st_size if file.exists() else None, quiet=as_json) as advance:
        report = ingest_file(settings, store, schedule, mapping, file, rejects=rejects, advance=advance)
    if as_json:
        print_json(report)
    else:
        print_report(report, settings)
    if report.damage:
        raise InvalidInput(report.damage, hint="What came before was posted; the whole file again adds only the rest.")


def ingest_file(
    settings: Settings,
    store: Store,
    schedule: Schedule,
    mapping: Mapping,
    file: Path,
    *,
    rejects: Path | None = None,
    clock: Clock | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> FileReport:
    """Ingest a file and report on it. `advance` is told of the bytes of the file that were read.

    Raises: InvalidInput when not a single row could be read; when the file ends early, the report says so.
    """
    rejects = rejects or settings.home / "rejected" / f"{file.stem}.rejected.csv"
    _recover(settings, store)
    told = 0

    def progressed(position: int, _rows: int) -> None:
        nonlocal told
        advance(position - told)
        told = position

    with duckdb.connect(config=DUCK) as duck:
        desk = Desk(store, settings, duck, schedule, mapping, clock or SystemClock())
        reports, damage = take_file(desk, file, rejects, progressed)
    feed.write_manifests(settings.home / feed.ARCHIVE, _manifest(store))
    return summed(reports, str(file), mapping, schedule, rejects if rejects.exists() else None, damage)


def _recover(settings: Settings, store: Store) -> None:
    """Finish what a killed process left between a commit and the name of its evidence file."""
    feed.recover(settings.home / feed.ARCHIVE, lambda: _manifest(store))


def _manifest(store: Store) -> list[feed.Stored]:
    with store.unit_of_work() as connection:
        return feed.evidence_files(connection)
