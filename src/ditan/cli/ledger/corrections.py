"""`ditan ledger propose | proposals | approve | decline`: corrections by two people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from ditan import ledger
from ditan.cli.ledger.asking import Customer, Reason, Request, id_of, now, request_of
from ditan.cli.showing import AsJson, console, moment, number, print_json, say, table
from ditan.kernel.settings import load_settings
from ditan.model import Text
from ditan.store import Store

Maker = Annotated[str, typer.Option(help="Who asks for it: the login of a person.")]
Checker = Annotated[str, typer.Option(help="Who decides: the login of another person than the maker.")]
Id = Annotated[str, typer.Argument(help="Id of the proposal, as `ditan ledger proposals` prints it.")]


def propose(
    customer: Customer,
    energy: Annotated[int, typer.Argument(help="How much to give; a minus takes.")],
    maker: Maker,
    reason: Reason,
    request: Request = None,
    as_json: AsJson = False,
) -> None:
    """Propose to correct a customer's energy. Nothing moves until a second person approves.

    ditan ledger propose C0012F 200 --maker wang --reason "complaint 4711"
    """
    at = now()
    proposal = Store.open(load_settings()).run(
        lambda c: ledger.propose(
            c,
            request_of("propose", request, at),
            energy,
            customer_id=ledger.find_customer(c, customer),
            reason=reason,
            maker=maker,
            now=at,
        )
    )
    show_proposed(proposal, as_json)


def show_proposed(proposal: UUID, as_json: bool) -> None:
    """Print the id of a proposal and who goes on with it."""
    if as_json:
        print_json({"proposal_id": proposal})
        return
    told = Text(
        zh=f"已提出，待另一人批准：ditan ledger approve {proposal} --checker 登录名",
        en=f"Proposed. A second person approves it: ditan ledger approve {proposal} --checker LOGIN",
    )
    console.print(say(told, load_settings()), soft_wrap=True)


def proposals(as_json: AsJson = False) -> None:
    """List the proposals that wait for a second person, oldest first."""
    settings = load_settings()
    with Store.open(settings).unit_of_work() as connection:
        found = ledger.open_proposals(connection)
    if as_json:
        print_json(found)
        return
    title = say(Text(zh="待批准", en="Waiting for a second person"), settings)
    shown = table(title, "proposed", "account", "amount", "reason", "maker", "id", right=(2,))
    for each in found:
        account = each.customer_ref or each.limited_name or ""
        amount = each.kind if each.amount is None else number(each.amount)
        texts = map(escape, (account, amount, each.reason, each.maker))
        shown.add_row(moment(each.proposed_at), *texts, str(each.proposal_id))
    console.print(shown)


def approve(proposal: Id, checker: Checker, as_json: AsJson = False) -> None:
    """Approve a proposal: now the ledger moves. Who proposed it cannot approve it.

    ditan ledger approve 0d5cfa5e-8d4e-52a6-b0f5-7c1f9b2f4f11 --checker li
    """
    _decide(proposal, checker, as_json, approved=True)


def decline(proposal: Id, checker: Checker, as_json: AsJson = False) -> None:
    """Decline a proposal: nothing moves.

    ditan ledger decline 0d5cfa5e-8d4e-52a6-b0f5-7c1f9b2f4f11 --checker li
    """
    _decide(proposal, checker, as_json, approved=False)


def _decide(proposal: str, checker: str, as_json: bool, *, approved: bool) -> None:
    at, proposal_id = now(), id_of(proposal, "proposal", "ditan ledger proposals")
    answer = Store.open(load_settings()).run(
        lambda c: ledger.decide(c, proposal_id, checker=checker, approve=approved, now=at)
    )
    if as_json:
        print_json(answer or {"code": "declined", "entry_id": None, "energy": 0})
        return
    told = Text(
        zh=f"已批准：{answer.energy:+,}" if answer else "已拒绝",
        en=f"Approved: {answer.energy:+,}" if answer else "Declined",
    )
    console.print(say(told, load_settings()))
