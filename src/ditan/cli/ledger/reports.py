"""`ditan ledger trial-balance` and `ditan ledger liability`: what finance takes to its own books."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from ditan import ledger
from ditan.cli.ledger.asking import AsCsv, From, Month, To, now, period_of
from ditan.cli.showing import AsJson, console, number, print_json, say, table
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings, load_settings
from ditan.ledger import Liability, TrialBalance
from ditan.ledger.books import Places
from ditan.model import Text
from ditan.store import Store

PLACES: Final = {
    "growing_energy": Text(zh="成熟中", en="growing"),
    "ripe_energy": Text(zh="可收取", en="ripe"),
    "available_energy": Text(zh="可用", en="available"),
    "held_energy": Text(zh="冻结", en="held"),
    "owed_energy": Text(zh="客户欠", en="owed by customers"),
}
OPENING, CLOSING = Text(zh="期初", en="opening"), Text(zh="期末", en="closing")


def trial_balance(
    month: Month = None, first: From = None, last: To = None, as_csv: AsCsv = False, as_json: AsJson = False
) -> None:
    """Print a trial balance: every account of every asset, with debits that equal credits.

    ditan ledger trial-balance --month 2026-07 --csv

    All customers are one account each for pending, available, held and owed energy. Balances are credits less debits.
    """
    settings, at = load_settings(), now()
    start, end = period_of(month, first, last, at)
    with Store.open(settings).unit_of_work() as connection:
        found = ledger.trial_balance(connection, start, end)
    if as_json:
        print_json(found)
    elif as_csv:
        fields = ("asset", "account", "entries", "opening", "debit", "credit", "closing")
        _print_csv(fields, ([getattr(line, field) for field in fields] for line in found.lines))
    else:
        _show_trial(found, settings)


def liability(
    month: Month = None,
    first: From = None,
    last: To = None,
    rate: Annotated[
        str | None, typer.Option(help="What one energy costs the bank, in yuan, such as 0.005: adds a column of money.")
    ] = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Print the energy the bank owes its customers: where it was, what moved it, where it is, and how old it is.

    ditan ledger liability --month 2026-07 --rate 0.005

    Opening and all that moved give closing, in every column; closing is what the trial balance and the customers' own
    balances say. A last day that is not over is reported as of now.
    """
    settings, at = load_settings(), now()
    start, end = period_of(month, first, last, at)
    fen = _fen(rate)
    with Store.open(settings).unit_of_work() as connection:
        found = ledger.liability(connection, start, end, at, fen_per_energy=fen)
    if as_json:
        print_json(found)
    elif as_csv:
        _print_csv(("line", "name_zh", "name_en", "entries", *PLACES, "energy", "yuan"), _csv_rows(found))
    else:
        _show_liability(found, settings)


def _fen(rate: str | None) -> Decimal | None:
    if rate is None:
        return None
    try:
        yuan = Decimal(rate)
        if not yuan.is_finite() or yuan < 0:
            raise InvalidOperation
    except InvalidOperation as error:
        raise InvalidInput(f"{rate!r} is not a price in yuan", hint="Write 0.005.") from error
    return yuan * 100


def _show_trial(found: TrialBalance, settings: Settings) -> None:
    title = Text(zh=f"试算平衡 {found.start} 至 {found.end}", en=f"Trial balance {found.start} to {found.end}")
    heads = ("asset", "account", "entries", "opening", "debit", "credit", "closing")
    shown = table(
        say(title, settings),
        *heads,
        right=(2, 3, 4, 5, 6),
        caption=_state(found.closed, settings) + (f" sha256 {found.digest}" if found.digest else ""),
    )
    for asset in dict.fromkeys(line.asset for line in found.lines):
        lines = [line for line in found.lines if line.asset == asset]
        for line in lines:
            figures = (line.entries, line.opening, line.debit, line.credit, line.closing)
            shown.add_row(line.asset, line.account, *map(number, figures))
        debit, credit = sum(line.debit for line in lines), sum(line.credit for line in lines)
        shown.add_row("", "[bold]=[/]", "", "", f"[bold]{number(debit)}[/]", f"[bold]{number(credit)}[/]", "0")
    console.print(shown)


def _state(closed: bool, settings: Settings) -> str:
    """Whether the report can still change."""
    forever = Text(zh="已关账，不再变动。", en="Closed: it never changes again.")
    return say(forever if closed else Text(zh="尚未关账，还会变动。", en="Not closed yet: it still changes."), settings)


def _show_liability(found: Liability, settings: Settings) -> None:
    title = Text(zh=f"能量负债 {found.start} 至 {found.end}", en=f"Energy liability {found.start} to {found.end}")
    heads = ["", *(say(name, settings) for name in PLACES.values()), say(Text(zh="合计", en="in all"), settings)]
    heads += [say(Text(zh="元", en="yuan"), settings)] if found.fen_per_energy is not None else []
    shown = table(say(title, settings), *heads, right=tuple(range(1, len(heads))))
    for name, places, bold in _lines(found):
        cells = [*(getattr(places, place) for place in PLACES), places.energy]
        texts = [*map(number, cells), *([_yuan(found, places.energy)] if found.fen_per_energy is not None else [])]
        label = say(name, settings)
        shown.add_row(*(f"[bold]{text}[/]" if bold else text for text in (label, *texts)))
    console.print(shown)
    heads = [say(text, settings) for text in (Text(zh="最后可用日", en="usable to"), Text(zh="能量", en="energy"))]
    ages = table(say(Text(zh="可用能量按到期日", en="Available energy by age"), settings), *heads, right=(1,))
    for age in found.ages:
        late = say(Text(zh="（已到期，待清理）", en=" (past: sweep)"), settings) if age.months < 0 else ""
        ages.add_row(f"{age.last_on}{late}", number(age.energy))
    console.print(ages)
    if found.limited:
        _show_limited(found, settings)
    sentence = Text(
        zh=f"共 {number(found.entries)} 笔，其中 {number(found.earlier_entries)} 笔发生在入账日之前。"
        f"新增欠额 {number(found.debt_made)}，偿还 {number(found.debt_paid)}。",
        en=f"{number(found.entries)} entries, of which {number(found.earlier_entries)} happened on a day before "
        f"the one they were booked on. Debt made {number(found.debt_made)}, paid {number(found.debt_paid)}.",
    )
    console.print(say(sentence, settings))
    console.print(_state(found.closed, settings))


def _show_limited(found: Liability, settings: Settings) -> None:
    title = Text(zh="库存、预算、善款", en="Stocks, budgets, funds")
    shown = table(
        say(title, settings), "kind", "name", "unit", "opening", "given", "taken", "closing", right=(3, 4, 5, 6)
    )
    for line in found.limited:
        figures = (line.opening, line.given, line.taken, line.closing)
        shown.add_row(line.kind, escape(line.name), line.unit, *map(number, figures))
    console.print(shown)


def _lines(found: Liability) -> Iterator[tuple[Text, Places, bool]]:
    yield OPENING, found.opening, True
    for flow in found.flows:
        if flow.entries or any(getattr(flow.added, place) for place in PLACES):
            yield flow.name, flow.added, False
    yield CLOSING, found.closing, True


def _yuan(found: Liability, energy: int) -> str:
    assert found.fen_per_energy is not None
    return f"{found.fen_per_energy * energy / 100:,.2f}".replace("-", "−")


def _csv_rows(found: Liability) -> Iterator[list[Any]]:
    """Opening, what moved, closing, and available energy by its last day of use."""

    def row(line: str, name: Text, entries: int | str, places: Places | None, energy: int) -> list[Any]:
        fen = found.fen_per_energy
        yuan = "" if fen is None else f"{fen * energy / 100:f}"
        parts = [getattr(places, place) if places else "" for place in PLACES]
        return [line, name.zh, name.en, entries, *parts, energy, yuan]

    yield row("opening", OPENING, "", found.opening, found.opening_energy)
    for flow in found.flows:
        yield row(flow.kind, flow.name, flow.entries, flow.added, flow.energy)
    yield row("closing", CLOSING, "", found.closing, found.closing_energy)
    for age in found.ages:
        name = Text(zh=f"可用至 {age.last_on}", en=f"usable to {age.last_on}")
        yield row(f"age {age.last_on}", name, "", None, age.energy)


def _print_csv(heads: Iterable[str], rows: Iterable[list[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    typer.echo(text.getvalue(), nl=False)
