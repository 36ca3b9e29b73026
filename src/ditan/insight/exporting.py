"""An overview as a table for a spreadsheet: every figure with its period, interval and definition."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from ditan.insight.figures import Figure, Overview
from ditan.kernel.clock import BUSINESS_ZONE

_DIGITS: Final = 15  # what a spreadsheet's number holds; a longer one stays text and so exact
_HEAD: Final = (
    "id", "account", "名称", "name", "unit", "from", "to", "value", "low", "high", "interval", "numerator",
    "denominator", "previous_from", "previous_to", "previous", "previous_low", "previous_high", "原因",
    "unknown because", "as of",
    "definitions",
)  # fmt: skip

Row = Sequence[str | int | None]


def as_csv(overview: Overview) -> str:
    """Write the figures as CSV, one row each, with the mark by which a spreadsheet knows UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    writer.writerows(_figure_rows(overview))
    return "\ufeff" + out.getvalue()


def as_xlsx(overview: Overview) -> bytes:
    """Write everything as a workbook: figures, days, tables, definitions. What has no value is an empty cell."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"title": f"Ditan {overview.first} – {overview.last}", "created": overview.at.replace(tzinfo=None)}
        )
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, head, rows in _sheets(overview):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, head, bold)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, int) or (isinstance(cell, str) and _fits(cell)):
                        sheet.write_number(number, place, float(cell))  # nothing is lost: see _DIGITS
                    elif cell is not None:
                        sheet.write_string(number, place, cell)
            sheet.autofit(300)
    return out.getvalue()


def _fits(text: str) -> bool:
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS


def _sheets(overview: Overview) -> Iterable[tuple[str, Sequence[str], Iterable[Row]]]:
    yield "figures 数字", _HEAD, _figure_rows(overview)
    yield "days 逐日", ("id", "day", "value", "low", "high"), _day_rows(overview.figures)
    weeks = [f"week {number}" for number in range(1, 1 + max((len(c.active) for c in overview.retention), default=0))]
    cohorts = ((str(each.week), each.opened, *each.active) for each in overview.retention)
    yield "retention 留存", ("opening week", "opened", *weeks), cohorts
    buckets = ((each.id, each.name.zh, each.name.en, each.energy) for each in overview.liability)
    yield "liability 能量负债", ("id", "名称", "name", "energy"), buckets
    yield (
        "scenarios 场景",
        ("scenario", "名称", "name", "family", "acts", "carbon_mg", "low_mg", "high_mg", "energy", "status"),
        (
            (s.scenario, s.name.zh, s.name.en, s.family, s.acts, s.carbon_mg, s.low_mg, s.high_mg, s.energy, s.status)
            for s in overview.scenarios
        ),
    )
    quality = [("tier", each.tier, each.carbon_mg, each.share) for each in overview.tiers]
    quality += [("status", each.status, each.carbon_mg, each.share) for each in overview.statuses]
    yield "quality 质量", ("by", "which", "carbon_mg", "share"), quality
    good = [(f"trees {name}", getattr(overview.trees, name)) for name in overview.trees.__struct_fields__]
    good += [(f"donations {name}", getattr(overview.donations, name)) for name in overview.donations.__struct_fields__]
    yield "trees and donations 树与捐赠", ("what", "number"), good
    yield (
        "definitions 口径",
        ("id", "名称", "name", "口径", "definition", "formula", "interval", "version"),
        (
            (f.id, f.name.zh, f.name.en, f.definition.zh, f.definition.en, f.formula, f.interval, f.version)
            for f in overview.figures
        ),
    )
    yield "notes 说明", ("说明", "note"), ((each.zh, each.en) for each in overview.notes)


def _figure_rows(overview: Overview) -> Iterable[Row]:
    spans = (str(overview.first), str(overview.last)), (str(overview.previous_first), str(overview.previous_last))
    at = overview.at.astimezone(BUSINESS_ZONE).isoformat(timespec="seconds")
    for f in overview.figures:
        unknown = (f.unknown.zh, f.unknown.en) if f.unknown else (None, None)
        yield (
            f.id, f.account, f.name.zh, f.name.en, f.unit, *spans[0], f.value, f.low, f.high, f.interval, f.numerator,
            f.denominator, *spans[1], f.previous, f.previous_low, f.previous_high, *unknown, at, f.version,
        )  # fmt: skip


def _day_rows(figures: Iterable[Figure]) -> Iterable[Row]:
    return ((f.id, str(each.day), each.value, each.low, each.high) for f in figures for each in f.series)
