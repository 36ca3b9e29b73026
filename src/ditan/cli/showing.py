"""How the command line shows things: one console, numbers with units, either language, or JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.ids import show_act
from ditan.kernel.settings import Settings
from ditan.model import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _console() -> Console:
    """A terminal has its own width; into a file or a pipe, tables are 132 wide rather than broken at 80."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=132)


console = _console()


def speaks_chinese(settings: Settings) -> bool:
    """Whether to print Chinese: the setting, else the machine's locale."""
    if settings.language != "auto":
        return settings.language == "zh"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return locale.lower().startswith("zh")


def say(text: Text, settings: Settings) -> str:
    """Give the text in the reader's language."""
    return text.zh if speaks_chinese(settings) else text.en


def both(text: Text) -> str:
    """Give a name in both languages, for tables that everybody reads."""
    return f"{text.zh} {text.en}"


def print_json(value: Any) -> None:
    """Print any noun as one JSON document; decimals as text."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def mg(value: int) -> str:
    """Milligrams for a ledger."""
    return f"{value:,} mg".replace("-", "−")


def grams(value_mg: int) -> str:
    """Milligrams for people: three figures, g or kg."""
    sign, size = ("−" if value_mg < 0 else ""), abs(value_mg)
    if size >= 1_000_000_000:
        return f"{sign}{size / 1e9:,.2f} t"
    if size >= 1_000_000:
        return f"{sign}{size / 1e6:,.2f} kg"
    if size >= 100_000 or size == 0:
        return f"{sign}{size / 1e3:,.0f} g"
    return f"{sign}{size / 1e3:,.1f} g"


def number(value: int) -> str:
    """A count with separators; zero is a zero."""
    return f"{value:,}".replace("-", "−")


def moment(at: datetime) -> str:
    """An instant on the customer's clock."""
    return at.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d %H:%M")


def table(title: str, *columns: str, right: tuple[int, ...] = (), caption: str = "") -> Table:
    """A table in the house style: a rule under the head, numbers right."""
    shown = Table(
        title=title, title_justify="left", title_style="bold", caption=caption, caption_justify="left", box=SIMPLE_HEAD,
        pad_edge=False, header_style="dim",
    )  # fmt: skip
    for index, name in enumerate(columns):
        shown.add_column(name, justify="right" if index in right else "left", no_wrap=index in right)
    return shown


def act_name(act: Any) -> str:
    """An act id for people."""
    return show_act(act)


@contextmanager
def progress(description: str, total: int | None, *, quiet: bool = False) -> Iterator[Any]:
    """A progress bar on stderr; gives a function that takes how much more is done."""
    with _bar(quiet) as bar:
        task = bar.add_task(description, total=total)
        yield lambda step: bar.advance(task, step)


@contextmanager
def progress_of(description: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr; gives a function that takes how much is done, and of how much."""
    with _bar(quiet) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, every: bar.update(task, completed=done, total=every)


def _bar(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=32), TaskProgressColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True, disable=quiet,
    )  # fmt: skip
