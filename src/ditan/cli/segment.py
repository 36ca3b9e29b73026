"""`ditan segment import | list`: who is in which segment, as the bank says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ditan.accounts.segments import import_segment, list_segments
from ditan.cli.showing import AsJson, console, number, print_json, say, table
from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="""Segments: customers that a reward can be for. The bank gives the lists; nothing here infers them.

    A reward of the catalogue names them: segments = ["new_parents"].
    """,
)

_SHOWN = 20


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="CSV with the column customer_ref, in UTF-8.", exists=True)],
    name: Annotated[str | None, typer.Option(help="The segment; the name of the file, if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a segment exactly what a list says. All or none; the same list again changes nothing.

    Each row is added, stayed, repeated or rejected; whoever is not in the list any more is removed.

    ditan segment import new_parents.csv
    """
    settings, now = load_settings(), SYSTEM_CLOCK.now()
    with Store.open(settings) as store:
        done = store.run(lambda connection: import_segment(connection, name or file.stem, file.read_bytes(), now))
    if as_json:
        print_json(done)
        return
    told = Text(
        zh=f"{done.segment}：读入 {done.rows_read} 行 = 新增 {done.added} + 保留 {done.stayed} + 重复 {done.repeated} "
        f"+ 拒绝 {done.rejected}；移出 {done.removed}",
        en=f"{done.segment}: {done.rows_read} rows = {done.added} added + {done.stayed} stayed + {done.repeated} "
        f"repeated + {done.rejected} rejected; {done.removed} removed",
    )
    console.print(say(told, settings))
    for each in done.rejections[:_SHOWN]:
        console.print(escape(f"line {each.line}: {each.code} · {say(each.code.meaning, settings)}"))


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the segments, with how many are in each."""
    settings = load_settings()
    with Store.open(settings) as store:
        found = store.read(list_segments)
    if as_json:
        print_json(found)
        return
    shown = table(say(Text(zh="客群", en="Segments"), settings), "segment", "members", right=(1,))
    for each in found:
        shown.add_row(escape(each.segment), number(each.members))
    console.print(shown)
