"""The list of commands: it says what each command says, and showing it starts nothing heavy."""

import subprocess
import sys

import pytest
import typer.main

from ditan.cli import app
from ditan.cli.commands import COMMANDS

HEAVY = {"cryptography", "duckdb", "fpdf", "litestar", "numpy", "pint", "psycopg", "pyarrow", "sqlglot"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    said, _, _ = command.help.partition("\n\n")
    assert " ".join(said.split()) == COMMANDS[name].sentence
    assert command.name == name


def imported(*words: str) -> set[str]:
    """What a command imports of the heavy libraries, in a process of its own."""
    code = (
        "import sys\n"
        "from ditan.cli import main\n"
        f"sys.argv = ['ditan', *{words}]\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print('\\n', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.splitlines()[-1].split())


def test_help_and_version_import_no_heavy_library() -> None:
    assert imported("--help") == set()
    assert imported("--version") == set()


@pytest.mark.parametrize("group", ["account", "ledger", "dispute", "rewards", "statement"])
def test_who_only_asks_the_ledger_starts_no_engine(group: str) -> None:
    assert imported(group, "--help") <= {"psycopg", "cryptography"}  # addresses are enciphered
