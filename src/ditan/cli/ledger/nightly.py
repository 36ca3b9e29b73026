"""`ditan ledger sweep` and `ditan ledger close`: what runs every night."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ditan import ledger
from ditan.cli.ledger.asking import Month, day_of, now
from ditan.cli.showing import AsJson, console, number, print_json, progress_of, say, table
from ditan.insight import fold
from ditan.kernel.clock import business_day
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.store import Store


def sweep(as_json: AsJson = False) -> None:
    """Let lapse and expire what is due, and give back holds past their deadline. Again it finds nothing to do.

    Run it every night after midnight. No customer waits for it: an operation settles its own customer first.
    """
    settings = load_settings()
    with progress_of("sweeping customers", quiet=as_json) as tell:
        swept = ledger.sweep(Store.open(settings), now(), tell)
    if as_json:
        print_json(swept)
        return
    told = Text(
        zh=f"{number(swept.customers)} 位客户：消失 {number(swept.lapsed_energy)} 能量，"
        f"过期 {number(swept.expired_energy)} 能量；"
        f"退回 {number(swept.released_holds)} 笔到期冻结。",
        en=f"{number(swept.customers)} customers: {number(swept.lapsed_energy)} energy lapsed, "
        f"{number(swept.expired_energy)} expired; {number(swept.released_holds)} holds past their deadline released.",
    )
    console.print(say(told, settings))


def close(
    day: Annotated[
        str | None,
        typer.Argument(help="The day to close, 2026-07-31, with all open days before it. Yesterday, if not given."),
    ] = None,
    month: Month = None,
    as_json: AsJson = False,
) -> None:
    """Close a day: its trial balance, flows and digest, which never change again.

    ditan ledger close 2026-07-31 · ditan ledger close --month 2026-07

    What comes later is booked on the first open day, with the day it happened. Closed days are summed for the console's
    overview. Closing again changes nothing; if it is killed, run it again.
    """
    settings, at = load_settings(), now()
    if day and month:
        raise InvalidInput("a day or a month, not both", hint="`ditan ledger close --month 2026-07` closes to its end.")
    last = ledger.month_of(month)[1] if month else day_of(day) if day else business_day(at) - timedelta(days=1)
    store = Store.open(settings)
    with progress_of("closing days", quiet=as_json) as tell:
        closed = ledger.close(store, last, at, tell)
    with progress_of("folding them for the console", quiet=as_json) as tell:
        fold(store, at, tell)
    if as_json:
        print_json(closed)
        return
    if not closed:
        told = Text(zh=f"{last} 及以前各日此前已关账。", en=f"{last} and the days before it were closed before.")
        console.print(say(told, settings))
        return
    title = say(Text(zh="已关账", en="Closed days"), settings)
    shown = table(title, "day", "entries", "of earlier days", "energy owed to customers", "digest", right=(1, 2, 3))
    for each in closed:
        energy = each.growing_energy + each.ripe_energy + each.available_energy + each.held_energy - each.owed_energy
        cells = (str(each.day), number(each.entries), number(each.earlier_entries), number(energy), each.digest[:16])
        shown.add_row(*cells)
    console.print(shown)
