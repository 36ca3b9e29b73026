"""`ditan dispute list | answer`: what customers say is wrong, and what the bank answers."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from ditan.cli.showing import AsJson, console, moment, print_json, say, table
from ditan.home.disputes import CORRECTION, DisputeState, answer_dispute, list_disputes
from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="""What customers say is wrong with an act, and the bank's answers.

    An answer never changes a gram. When the customer is right, `answer --uphold` says which correction follows.
    """,
)

_STATE = {
    DisputeState.OPEN: Text(zh="待答复", en="open"),
    DisputeState.UPHELD: Text(zh="成立", en="upheld"),
    DisputeState.DECLINED: Text(zh="不成立", en="declined"),
}


@app.command("list")
def list_all(
    only_open: Annotated[bool, typer.Option("--open", help="Only those without an answer.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List disputes, the oldest first.

    ditan dispute list --open
    """
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        found = list_disputes(connection, only_open=only_open, limit=limit)
    if as_json:
        print_json(found)
        return
    title = say(Text(zh="客户异议", en="Disputes"), settings)
    shown = table(title, "opened", "reference", "state", "customer", "scenario", "reason", "words", "act")
    for each in found:
        texts = (each.reference, say(_STATE[each.state], settings), each.customer_ref or "", each.scenario, each.reason)
        shown.add_row(moment(each.opened_at), *map(escape, (*texts, each.words or "", each.act_id)))
    console.print(shown)


@app.command("answer")
def answer(
    reference: Annotated[str, typer.Argument(help="Reference of the dispute, D-2026-000123-6.")],
    upheld: Annotated[bool, typer.Option("--uphold/--decline", help="Whether the customer is right.")],
    because: Annotated[str, typer.Option(help="Why, as the customer reads it: no names, no numbers of people.")],
    by: Annotated[str, typer.Option(help="Who answers: the login of a person.")],
    because_en: Annotated[str | None, typer.Option(help="The same in English. As in --because, if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a dispute, once. Grams are not changed by it: it says which correction follows.

    ditan dispute answer D-2026-000123-6 --uphold --because "该笔已退款，将冲回" --because-en "Refunded" --by wang
    """
    settings = load_settings()
    text, now = Text(zh=because, en=because if because_en is None else because_en), SYSTEM_CLOCK.now()
    told = Store.open(settings).run(lambda c: answer_dispute(c, reference, upheld=upheld, because=text, by=by, now=now))
    if as_json:
        print_json(told)
        return
    console.print(f"{told.reference}: {say(_STATE[told.state], settings)}")
    if told.state is DisputeState.UPHELD:
        console.print(say(CORRECTION[told.reason], settings), soft_wrap=True)
    kept = Text(zh="本次答复没有改动任何克数或能量。", en="This answer changed no grams and no energy.")
    console.print(say(kept, settings))
