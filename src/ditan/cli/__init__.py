"""The command line: `ditan`. Thin: it parses, calls, prints; what it prints in JSON is the noun itself."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

import typer

from ditan.cli.commands import Commands
from ditan.kernel.errors import DitanError
from ditan.kernel.logging import configure_logging
from ditan.kernel.settings import LogLevel, load_settings

if TYPE_CHECKING:
    from ditan.ledger.codes import EnergyCode


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ditan {metadata.version('ditan')}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""低碳 Ditan: the personal carbon account a bank can run.

    A card payment goes in, and if it is one of 21 green acts of a consenting customer, milligrams and energy come out,
    each explained and recomputable.

    First steps: `ditan demo` (a bank's quarter), `ditan ingest FILE --feed NAME`, `ditan statement CUSTOMER`,
    `ditan explain ACT`, `ditan check`. Every command that prints takes --json.

    Exit codes: 0 done · 1 failed · 2 the input cannot be used · 3 not found · 4 conflict · 5 methodology refused ·
    6 no database · 70 a promise broke · 75 try again.
    """,
)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def _log_level() -> LogLevel:
    try:
        return load_settings().log_level
    except DitanError:  # the command itself will say it
        return "warning"


def _code(error: DitanError) -> EnergyCode | None:
    """Why the ledger refused, if that is what happened."""
    from ditan.ledger.codes import LedgerRefusal

    return error.code if isinstance(error, LedgerRefusal) else None


def _message(error: DitanError) -> str:
    """What the ledger refuses, it refuses in the reader's language."""
    from ditan.cli.showing import say

    code = _code(error)
    return say(code.meaning, load_settings()) if code else error.message


def main() -> None:
    """Run the command line; a `DitanError` becomes one message, one hint and its exit code."""
    configure_logging(_log_level())
    try:
        app()
    except DitanError as error:
        if "--json" in sys.argv:
            body = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
            code = getattr(error, "code", None)
            body |= {"code": str(code)} if code else {}
            typer.echo(json.dumps(body, ensure_ascii=False))
        else:
            typer.echo(f"ditan: {_message(error)}", err=True)
            if error.hint:
                typer.echo(f"       {error.hint}", err=True)
        raise SystemExit(error.exit_code) from error
