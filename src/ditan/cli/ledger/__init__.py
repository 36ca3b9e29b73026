"""`ditan ledger`: what operators and finance do with the ledger: sweep, close, report, look up, move, correct."""

from __future__ import annotations

import typer

from ditan.cli.ledger.corrections import approve, decline, proposals, propose
from ditan.cli.ledger.customers import balance, history
from ditan.cli.ledger.limited import app as limited
from ditan.cli.ledger.moving import capture, collect, hold, release
from ditan.cli.ledger.nightly import close, sweep
from ditan.cli.ledger.reports import liability, trial_balance

app = typer.Typer(
    no_args_is_help=True,
    help="""Energy and its books: the sweep, closed days, trial balance, liability, one customer's history.

    Every night: `ditan ledger sweep`, then `ditan ledger close`. Every month: `ditan ledger liability --month 2026-07`.

    A request that moves energy has a name (--request): sent again it changes nothing. After a failure, send it again.
    Corrections need two people: `propose`, then somebody else's `approve`.
    """,
)

app.command("sweep")(sweep)
app.command("close")(close)
app.command("trial-balance")(trial_balance)
app.command("liability")(liability)
app.command("history")(history)
app.command("balance")(balance)
app.command("collect")(collect)
app.command("hold")(hold)
app.command("capture")(capture)
app.command("release")(release)
app.add_typer(limited, name="limited")
app.command("propose", context_settings={"ignore_unknown_options": True})(propose)
app.command("proposals")(proposals)
app.command("approve")(approve)
app.command("decline")(decline)
