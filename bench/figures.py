"""Figures: printed beside their targets, met or missed, and written as JSON beside machine, commit and digest."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


class Figure(NamedTuple):
    """One figure. Without a target it is context."""

    figure: str
    value: float
    target: float | None
    better: Literal["higher", "lower"]
    spread: tuple[float, float] | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], target: float | None) -> Figure:
    """Speed of ours ÷ speed of theirs, round by round: the median, and the smallest and largest round."""
    rounds = [their / our for our, their in zip(ours, theirs, strict=True)]
    return Figure(name, statistics.median(rounds), target, "higher", (min(rounds), max(rounds)))


def report(target: str, figures: Sequence[Figure], digest: str, *, seconds: float) -> None:
    """Print the figures and write `results/<target>.json`."""
    shown = Table(box=SIMPLE_HEAD, title=f"bench · {target}", title_justify="left")
    shown.add_column("figure")
    for column in ("value", "rounds", "target"):
        shown.add_column(column, justify="right")
    shown.add_column("")
    for figure in figures:
        spread = f"{_number(figure.spread[0])}–{_number(figure.spread[1])}" if figure.spread else ""
        bound = "" if figure.target is None else f"{'≥' if figure.better == 'higher' else '≤'} {_number(figure.target)}"
        verdict = {None: "", True: "[green]met[/]", False: "[red]MISSED[/]"}[figure.met]
        shown.add_row(figure.figure, _number(figure.value), spread, bound, verdict)
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=132)).print(shown)
    print(f"digest of the result  {digest}\nmeasured in {seconds:.0f} s")
    missed = [figure.figure for figure in figures if figure.met is False]
    if missed:
        print("missed: " + "; ".join(missed))
    RESULTS.mkdir(exist_ok=True)
    body = {
        "target": target,
        "machine": {"system": platform.platform(), "cpus": os.cpu_count(), "python": platform.python_version()},
        "commit": _commit(),
        "digest": digest,
        "figures": [
            {"figure": f.figure.strip(), "value": f.value, "target": f.target, "better": f.better, "met": f.met}
            for f in figures
        ],
    }
    (RESULTS / f"{target}.json").write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
