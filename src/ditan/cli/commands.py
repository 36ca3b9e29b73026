"""The commands by name. One is imported when it is asked for: `ditan --help` starts no engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer.main
from typer.core import TyperCommand, TyperGroup


class Command(NamedTuple):
    """Where a command is, and the sentence that the list of commands shows: its own help begins with it."""

    place: str
    sentence: str


#: In the order of the help.
COMMANDS: Final = {
    "demo": Command(
        "ditan.cli.demo:demo",
        "Run a synthetic bank's quarter through Ditan and show what a customer, an operator and an auditor would see.",
    ),
    "ingest": Command(
        "ditan.cli.ingest:ingest",
        "Take a bank's file: recognize the green acts, quantify and post them. "
        "The same file again posts nothing twice.",
    ),
    "statement": Command(
        "ditan.cli.statement:statement",
        "Print a customer's statement: every act, what was taken back, carbon and energy.",
    ),
    "explain": Command(
        "ditan.cli.explain:explain",
        "Explain one act: formula, every factor with source and status, uncertainty, caps. "
        "Enough to recompute it by hand.",
    ),
    "check": Command(
        "ditan.cli.check:check",
        "Verify every invariant over the whole database and the archive. Exit code 70 when one is broken.",
    ),
    "replay": Command(
        "ditan.cli.replay:replay",
        "Quantify the archive of evidence again and compare with the ledger, to the milligram (INV-10).",
    ),
    "serve": Command(
        "ditan.cli.serve:serve",
        "Serve the API: the customer's page, events of the bank's systems, /health, /ready and /metrics.",
    ),
    "synth": Command(
        "ditan.cli.synth:synth",
        "Write a synthetic bank: feed files, account events, and the truth about every row.",
    ),
    "account": Command(
        "ditan.cli.account:app",
        "Personal carbon accounts: who takes part, with which cards, under which consents.",
    ),
    "segment": Command(
        "ditan.cli.segment:app",
        "Segments: customers that a reward can be for. The bank gives the lists; nothing here infers them.",
    ),
    "address": Command(
        "ditan.cli.address:app",
        "Addresses of goods: enciphered with a key of each customer's, and those with one of the bank's.",
    ),
    "ledger": Command(
        "ditan.cli.ledger:app",
        "Energy and its books: the sweep, closed days, trial balance, liability, one customer's history.",
    ),
    "dispute": Command("ditan.cli.dispute:app", "What customers say is wrong with an act, and the bank's answers."),
    "rewards": Command(
        "ditan.cli.rewards:app",
        "Rewards: what energy can become, and the worker that brings orders to partners.",
    ),
    "methodology": Command(
        "ditan.cli.methodology:app",
        "The methodology pack: what counts, how much it saves, where each number comes from.",
    ),
    "db": Command(
        "ditan.cli.db:app",
        "The database: an embedded PostgreSQL in DITAN_HOME, or your own by DITAN_DATABASE_URL.",
    ),
}


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Imported()  # type: ignore[assignment]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - as typer asks
        """The command of this name, or None."""
        return self.commands[cmd_name] if cmd_name in COMMANDS else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list shows names and sentences, and needs no command."""
        self.commands = {name: TyperCommand(name, help=each.sentence) for name, each in COMMANDS.items()}
        super().format_help(ctx, formatter)


class _Imported(Mapping[str, Any]):
    """Each command, imported when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _load(name: str) -> Any:
    module, _, attribute = COMMANDS[name].place.partition(":")
    found, above = getattr(import_module(module), attribute), typer.Typer(callback=lambda: None)
    if isinstance(found, typer.Typer):
        above.add_typer(found, name=name)
    else:
        above.command(name)(found)
    return typer.main.get_group(above).commands[name]
