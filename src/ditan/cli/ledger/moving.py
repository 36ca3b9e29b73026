"""`ditan ledger collect | hold | capture | release`: what an app does for a customer, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from ditan import ledger
from ditan.cli.ledger.asking import Customer, Reason, Request, id_of, moment_of, now, request_of
from ditan.cli.showing import AsJson, console, number, print_json, say
from ditan.kernel.ids import EntryId, read_act
from ditan.kernel.settings import load_settings
from ditan.ledger import Answer
from ditan.model import Text
from ditan.store import Store
from ditan.store.pool import Connection

Hold = Annotated[str, typer.Argument(help="Id of the hold, as `ditan ledger hold` and `history` print it.")]


def collect(
    customer: Customer,
    act: Annotated[
        str | None, typer.Option(help="Collect the ball of one act, act_…; all that is ripe, if not given.")
    ] = None,
    request: Request = None,
    as_json: AsJson = False,
) -> None:
    """Collect what is ripe: it can be used from then on. Debt is paid first.

    ditan ledger collect C0012F --request tap-8812
    """
    at = now()
    store = Store.open(load_settings())
    answer = store.run(
        lambda c: ledger.collect(
            c,
            [
                ledger.Collection(
                    ledger.find_customer(c, customer),
                    request_of("collect", request, at),
                    read_act(act) if act else None,
                )
            ],
            at,
        )
    )[0]
    if answer.code in {ledger.EnergyCode.CLOSED, ledger.EnergyCode.CONFLICT}:
        raise ledger.LedgerRefusal(answer.code, answer.energy)
    _show(answer, as_json)


def hold(
    customer: Customer,
    energy: Annotated[int, typer.Argument(help="How much to set aside, oldest first.")],
    until: Annotated[str, typer.Option(help="Deadline, 2026-07-08T12:00: from then on it can only be released.")],
    limited: Annotated[str | None, typer.Option(help="Also take a piece of this stock, fund or budget.")] = None,
    units: Annotated[int, typer.Option(help="How many of it.", min=1)] = 1,
    request: Request = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Set energy aside for a redemption, until a deadline. Prints the id that `capture` and `release` take.

    ditan ledger hold C0012F 200 --limited 树苗 --until 2026-07-08T12:00 --request order-771
    """
    at = now()

    def work(connection: Connection) -> Answer:
        account = ledger.read_limited(connection, limited) if limited else None
        return ledger.hold(
            connection,
            ledger.find_customer(connection, customer),
            request_of("hold", request, at),
            energy,
            deadline=moment_of(until),
            now=at,
            units=ledger.Units(account.limited_id, units) if account else None,
            reason=reason,
        )

    _show(Store.open(load_settings()).run(work), as_json)


def capture(
    hold: Hold,
    energy: Annotated[int | None, typer.Option(help="A part of it; the rest goes back. All, if not given.")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Use what a hold set aside: the redemption is done. A hold ends once.

    ditan ledger capture 6f0c2c1e-8e55-5a0c-9d0e-0c8a4be1d0aa
    """
    at, hold_id = now(), EntryId(id_of(hold, "hold", "ditan ledger history CUSTOMER"))
    store = Store.open(load_settings())
    _show(store.run(lambda c: ledger.capture(c, hold_id, now=at, energy=energy, reason=reason)), as_json)


def release(hold: Hold, reason: Reason = "", as_json: AsJson = False) -> None:
    """Give back what a hold set aside: energy with its age, and the units of the stock.

    ditan ledger release 6f0c2c1e-8e55-5a0c-9d0e-0c8a4be1d0aa --reason "out of stock"
    """
    at, hold_id = now(), EntryId(id_of(hold, "hold", "ditan ledger history CUSTOMER"))
    store = Store.open(load_settings())
    _show(store.run(lambda c: ledger.release(c, hold_id, now=at, reason=reason)), as_json)


def _show(answer: Answer, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    meaning = answer.code.meaning
    moved = Text(zh=f"{meaning.zh}：{number(answer.energy)} 能量", en=f"{meaning.en}: {number(answer.energy)} energy")
    console.print(say(moved if answer.energy else meaning, load_settings()))
    if answer.energy and answer.entry_id:
        console.print(f"[dim]{answer.entry_id}[/]")
