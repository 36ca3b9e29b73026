"""`ditan ledger history` and `ditan ledger balance`: one customer, then and now."""

from __future__ import annotations

from typing import Annotated

import typer

from ditan import ledger
from ditan.cli.ledger.asking import Customer, moment_of, now
from ditan.cli.showing import AsJson, act_name, console, grams, moment, number, print_json, say, table
from ditan.cli.statement import places_of
from ditan.kernel.settings import load_settings
from ditan.ledger import HistoryEntry
from ditan.ledger.books import FLOWS
from ditan.model import Text
from ditan.store import Store


def history(
    customer: Customer,
    after: Annotated[str | None, typer.Option(help="Cursor of the page before: what is older than it.")] = None,
    limit: Annotated[int, typer.Option(help="Entries of a page.", min=1, max=1000)] = 30,
    as_json: AsJson = False,
) -> None:
    """Print what happened to one customer, newest first: acts, refunds, and every movement of energy.

    ditan ledger history C0012F --limit 50

    The last line has the cursor of the next page. It stays right while entries arrive.
    """
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        page = ledger.history(connection, customer, after=after, limit=limit)
    if as_json:
        print_json(page)
        return
    heads = ("recorded", "happened", "what", "carbon", "pending", "available", "held", "owed", "id")
    shown = table(customer, *heads, right=(3, 4, 5, 6, 7))
    for entry in page.entries:
        energy = (entry.pending_energy, entry.available_energy, entry.held_energy, entry.owed_energy)
        what = say(entry.name, settings) if entry.kind == "act" and entry.name else say(FLOWS[entry.kind], settings)
        carbon = grams(entry.carbon_mg) if entry.carbon_mg else ""
        shown.add_row(
            moment(entry.recorded_at), moment(entry.occurred_at), what, carbon,
            *(number(part) if part else "" for part in energy), _name(entry),
        )  # fmt: skip
    console.print(shown)
    if page.next:
        console.print(f"[dim]ditan ledger history {customer} --after {page.next}[/]", soft_wrap=True)


def _name(entry: HistoryEntry) -> str:
    return act_name(entry.entry_id) if entry.kind == "act" else str(entry.entry_id)


def balance(
    customer: Customer,
    happened_by: Annotated[
        str | None,
        typer.Option(help="What had happened by this moment, as is known now. 2026-07-31T24:00 is 2026-08-01."),
    ] = None,
    recorded_by: Annotated[str | None, typer.Option(help="What was known at this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a customer has, now or as of any moment in either time.

    ditan ledger balance C0012F --recorded-by 2026-07-31T18:00

    Without a zone, times are Asia/Shanghai. Both options together: what was known then of what had happened by then.
    """
    settings = load_settings()
    happened, recorded = (moment_of(text) if text else None for text in (happened_by, recorded_by))
    with Store.open(settings).unit_of_work() as connection:
        if happened or recorded:
            found = ledger.balance_as_of(connection, customer, happened_by=happened, recorded_by=recorded)
        else:
            found = ledger.balance(connection, customer, now())
    if as_json:
        print_json(found)
        return
    total = Text(
        zh=f"碳减排量 {grams(found.carbon_mg)} CO₂e；能量 {number(found.energy)}。",
        en=f"{grams(found.carbon_mg)} CO₂e; {number(found.energy)} energy.",
    )
    for sentence in (total, *places_of(found)):
        console.print(say(sentence, settings))
