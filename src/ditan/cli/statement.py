"""`ditan statement`: what one customer did, in two columns that never mix."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ditan.cli.showing import AsJson, act_name, both, console, grams, moment, number, print_json, table
from ditan.kernel.clock import BUSINESS_ZONE, SYSTEM_CLOCK
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import load_settings
from ditan.ledger import Statement
from ditan.ledger import statement as read_statement
from ditan.store import Store


def statement(
    customer: Annotated[str, typer.Argument(help="The bank's pseudonym for the customer.")],
    month: Annotated[str | None, typer.Option(help="A business month, 2026-07. All time, if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a customer's statement: every act, what was taken back, carbon and energy."""
    start, end = period(month)
    with Store.open(load_settings()).unit_of_work() as connection:
        found = read_statement(connection, customer, start, end, SYSTEM_CLOCK.now())
    if as_json:
        print_json(found)
    else:
        print_statement(found, month)


def period(month: str | None) -> tuple[datetime, datetime]:
    """Give the instants between which a business month lies; everything when no month is given."""
    if month is None:
        return datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=BUSINESS_ZONE)
    except ValueError as error:
        raise InvalidInput(f"{month!r} is not a month", hint="Write 2026-07.") from error
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start, following


def print_statement(found: Statement, month: str | None, *, rows_max: int = 40) -> None:
    """Print a statement; the last `rows_max` acts, all of them in JSON."""
    title = f"低碳家园 statement · {found.customer_ref} · {month or 'all time'}"
    shown = table(
        title, "time", "scenario", "basis", "tier", "carbon", "energy", "cut by", "act", right=(4, 5),
        caption=(
            f"period  {grams(found.carbon_mg)} CO₂e   {number(found.energy)} energy      "
            f"balance  {grams(found.balance.carbon_mg)} CO₂e   {number(found.balance.energy)} energy\n"
            f"energy  growing {number(found.balance.growing_energy)}   ripe {number(found.balance.ripe_energy)}   "
            f"available {number(found.balance.available_energy)}   held {number(found.balance.held_energy)}"
            + (f"   owed {number(found.balance.owed_energy)}" if found.balance.owed_energy else "")
        ),
    )  # fmt: skip
    lines = [
        (
            line.occurred_at, both(line.name), line.activity_source, line.tier, grams(line.carbon_mg),
            number(line.energy), ", ".join(line.cuts), act_name(line.act_id),
        )
        for line in found.acts
    ]  # fmt: skip
    lines += [
        (
            line.occurred_at, f"↩ {both(line.name)}", "refund", "", grams(-line.carbon_mg), number(-line.energy), "",
            act_name(line.act_id),
        )
        for line in found.reversals
    ]  # fmt: skip
    lines.sort(key=lambda line: line[0])
    if len(lines) > rows_max:
        shown.add_row("…", f"{len(lines) - rows_max} earlier lines: --json has all", "", "", "", "", "", "")
    for at, *rest in lines[-rows_max:]:
        shown.add_row(moment(at), *rest)
    console.print(shown)
    console.print(
        "[dim]估算的减排量（相对基准情景），不可交易。"
        "Estimated reduction against a baseline; not an offset, not tradable.[/]"
    )
