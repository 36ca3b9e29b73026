"""`ditan rewards transfers | transfer | send | receipt`: money of donations, on its way to the charity."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ditan.cli.ledger.corrections import Maker
from ditan.cli.showing import AsJson, console, moment, number, print_json, say, table
from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.rewards.donations import (
    Transfer,
    decide_transfer,
    list_transfers,
    make_transfer,
    receipt_transfer,
    transfer_lines,
)
from ditan.store import Store

Number = Annotated[int, typer.Argument(help="Number of the transfer.")]


def add_transfers(app: typer.Typer) -> None:
    """Add these commands to `ditan rewards`."""
    app.command("transfers")(transfers)
    app.command("transfer")(transfer)
    app.command("send")(send)
    app.command("receipt")(receipt)


def transfers(as_json: AsJson = False) -> None:
    """List transfers to charities, the latest first.

    ditan rewards transfers
    """
    settings = load_settings()
    with Store.open(settings) as store:
        found = store.read(list_transfers)
    if as_json:
        print_json(found)
        return
    title = say(Text(zh="善款划转", en="Transfers"), settings)
    shown = table(title, "no", "fund", "donations", "fen", "made", "maker", "checker", "receipt", right=(0, 2, 3))
    for each in found:
        decided = "" if each.approved is None else each.checker or "" if each.approved else f"✗ {each.checker}"
        texts = (each.maker, decided, each.receipt or "")
        row = (str(each.transfer_id), escape(each.fund), number(each.orders), number(each.fen), moment(each.made_at))
        shown.add_row(*row, *map(escape, texts))
    console.print(shown)


def transfer(
    fund: Annotated[str, typer.Argument(help="Fund of the project: fund:water_2026.")],
    maker: Maker,
    as_json: AsJson = False,
) -> None:
    """List what a fund owes its charity. A second person sends it off.

    ditan rewards transfer fund:water_2026 --maker wang
    """
    now = SYSTEM_CLOCK.now()
    with Store.open(load_settings()) as store:
        _show(store.run(lambda c: make_transfer(c, fund, maker=maker, now=now)), as_json)


def send(
    transfer: Number,
    checker: Annotated[str, typer.Option(help="Who decides: not whoever made the list.")],
    to: Annotated[Path | None, typer.Option(help="Write the list for the charity to this CSV file.")] = None,
    decline: Annotated[bool, typer.Option("--decline", help="Do not send it: its donations are owed again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a transfer off, as a second person. Its list names donations and no giver.

    ditan rewards send 3 --checker li --to water-2026-07.csv
    """
    now = SYSTEM_CLOCK.now()
    with Store.open(load_settings()) as store:
        found = store.run(lambda c: decide_transfer(c, transfer, checker=checker, approve=not decline, now=now))
        lines = store.read(lambda c: transfer_lines(c, transfer))
    if to is not None and not decline:
        with to.open("w", encoding="utf-8", newline="") as out:
            written = csv.writer(out, lineterminator="\n")
            written.writerow(("order_id", "placed_at", "fen"))
            written.writerows((line.order_id, line.placed_at.isoformat(), line.fen) for line in lines)
    _show(found, as_json)


def receipt(
    transfer: Number,
    reference: Annotated[str, typer.Argument(help="Reference of the charity's receipt.")],
    as_json: AsJson = False,
) -> None:
    """Write down the charity's receipt, once.

    ditan rewards receipt 3 CR-2026-0815
    """
    now = SYSTEM_CLOCK.now()
    with Store.open(load_settings()) as store:
        _show(store.run(lambda c: receipt_transfer(c, transfer, reference, now=now)), as_json)


def _show(found: Transfer, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        console.print(
            escape(f"transfer {found.transfer_id}: {number(found.orders)} donations, {number(found.fen)} fen")
        )
