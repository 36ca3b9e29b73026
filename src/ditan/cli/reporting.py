"""The report on a file as a table."""

from __future__ import annotations

from rich.markup import escape

from ditan.cli.showing import console, grams, number, say, table
from ditan.insight.filing import STAGES, FileReport
from ditan.kernel.settings import Settings


def print_report(report: FileReport, settings: Settings) -> None:
    """Print the boundaries of a file: each balances, and every row that did not go on has its line."""
    batches = f"{report.batches} batch{'' if report.batches == 1 else 'es'}"
    console.print(f"\n[bold]{report.file}[/] · feed {report.feed} · methodology {report.methodology} · {batches}\n")
    released = f"; {number(report.released)} that had waited found their payment" if report.released else ""
    console.print(
        f"  rows read [bold]{number(report.rows_read)}[/] = accepted {number(report.accepted)} "
        f"+ duplicate {number(report.duplicate)} + rejected {number(report.rejected)}\n"
        f"  accepted  {number(report.accepted)} = recognized {number(report.recognized)} "
        f"+ refunds {number(report.refunds)} + not green {number(report.not_green)}\n"
        f"  refunds   {number(report.refunds)} = tied {number(report.refunds_tied)} "
        f"+ waiting {number(report.refunds_waiting)}{released}\n"
        f"  posted    [bold]{number(report.posted)}[/] acts: {grams(report.carbon_mg)} CO₂e and "
        f"{number(report.energy)} energy\n"
    )
    shown = table("Rows that did not go on, each under one code", "stage", "code", "rows", "meaning", right=(2,))
    for line in report.lines:
        meaning = escape(say(line.meaning, settings)) if line.meaning else ""
        shown.add_row(STAGES[line.stage], line.code, number(line.rows), meaning)
    console.print(shown)
    if report.rejects_file and report.rejected:
        console.print(f"rejected rows to send back: {report.rejects_file} ({number(report.new_rejections)} are new)")
