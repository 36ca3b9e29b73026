"""`ditan ledger limited`: the stock of a reward, the budget of a campaign, the fund of a donation project."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from ditan import ledger
from ditan.cli.ledger.asking import Reason, Request, now, request_of
from ditan.cli.ledger.corrections import Maker, show_proposed
from ditan.cli.showing import AsJson, console, moment, number, print_json, say, table
from ditan.kernel.settings import load_settings
from ditan.ledger import LimitedKind
from ditan.model import Text
from ditan.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="Accounts that cannot go below zero: stock of a reward, budget of a campaign, fund of a donation project.",
)

UNIT = {LimitedKind.STOCK: "piece", LimitedKind.BUDGET: "energy", LimitedKind.FUND: "fen"}

Name = Annotated[str, typer.Argument(help="Its name, such as 树苗. One name is one account.")]


@app.command("open")
def open_limited(
    kind: Annotated[LimitedKind, typer.Argument(help="stock (pieces), budget (energy) or fund (fen).")],
    name: Name,
    as_json: AsJson = False,
) -> None:
    """Open an account, empty. Opening it again changes nothing.

    ditan ledger limited open stock 树苗
    """
    at = now()
    found = Store.open(load_settings()).run(lambda c: ledger.open_limited(c, kind, name, UNIT[kind], at))
    if as_json:
        print_json(found)
    else:
        console.print(escape(f"{found.name}: {found.kind}, {number(found.balance)} {found.unit}"))


@app.command("list")
def list_limited(as_json: AsJson = False) -> None:
    """List them with what is left."""
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        found = ledger.all_limited(connection)
    if as_json:
        print_json(found)
        return
    title = say(Text(zh="库存、预算、善款", en="Stocks, budgets, funds"), settings)
    shown = table(title, "kind", "name", "left", "unit", "opened", right=(2,))
    for each in found:
        shown.add_row(each.kind, escape(each.name), number(each.balance), each.unit, moment(each.opened_at))
    console.print(shown)


@app.command("supply", context_settings={"ignore_unknown_options": True})
def supply(
    name: Name,
    units: Annotated[int, typer.Argument(help="How many to put in; a minus takes out.")],
    maker: Maker,
    reason: Reason,
    request: Request = None,
    as_json: AsJson = False,
) -> None:
    """Propose to put units into an account, or to take some out. A second person approves it.

    ditan ledger limited supply 树苗 500 --maker wang --reason "spring delivery"
    """
    at = now()
    proposal = Store.open(load_settings()).run(
        lambda c: ledger.propose(
            c,
            request_of("supply", request, at),
            units,
            limited_id=ledger.read_limited(c, name).limited_id,
            reason=reason,
            maker=maker,
            now=at,
        )
    )
    show_proposed(proposal, as_json)
