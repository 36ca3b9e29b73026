"""The pages that are made from the code are what the code says now, and nothing in the code is left out of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import typer.main
from docs.generator import REFERENCE, codes, commands, database, forgotten, pages
from tests.docs.pages import ROOT

from ditan import feed, packs
from ditan.cli import app
from ditan.kernel.invariants import INVARIANTS
from ditan.kernel.settings import OTHER_VARIABLES, Settings
from ditan.ledger.codes import PostCode
from ditan.model import Status
from ditan.recognition import reasons
from ditan.store import Store

MADE = pages()
SCHEMAS = ("store", "methodology", "accounts", "feed", "ledger", "home", "rewards", "api", "insight", "console")


@pytest.mark.parametrize("page", MADE, ids=lambda page: page.relative_to(REFERENCE).as_posix())
def test_a_generated_page_is_fresh(page: Path) -> None:
    """Run `make docs` when this fails."""
    assert page.is_file()
    assert page.read_text(encoding="utf-8") == MADE[page]


def test_no_generated_page_is_left_behind() -> None:
    assert forgotten() == []


def text_of(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def missing(names: Iterable[str], page: str) -> list[str]:
    return [name for name in names if name not in text_of(page)]


def every_command() -> Iterator[str]:
    root = typer.main.get_command(app)
    for path, command in commands.leaves(root):
        yield f"## {' '.join(path)}\n"
        yield from (f"`{option}" for param in command.params for option in param.opts if option.startswith("--"))


def test_every_command_and_option_is_documented() -> None:
    assert missing((name for name in every_command() if name != "`--help"), "cli.md") == []


def test_every_setting_is_documented() -> None:
    named = [f"`DITAN_{name.upper()}`" for name in Settings.__struct_fields__]
    assert missing([*named, *(f"`{name}`" for name in OTHER_VARIABLES)], "settings.md") == []


def test_every_result_code_is_documented() -> None:
    every = [*feed.Code, *reasons(packs.load()), *PostCode, *codes.cuts()]
    assert missing((f"| `{code}` |" for code in every), "result-codes.md") == []


def test_every_cut_of_the_ledger_is_documented(store: Store) -> None:
    with store.unit_of_work() as connection:
        kept = {row[0] for row in connection.execute("SELECT code FROM ledger.cut").fetchall()}
    assert kept == set(codes.cuts())


def test_every_invariant_is_documented() -> None:
    assert missing((f"## {invariant}\n" for invariant in INVARIANTS), "invariants.md") == []


def test_every_table_and_column_is_documented(store: Store) -> None:
    """Against a real database: a migration that changes a table in a way the page does not understand shows here."""
    with store.unit_of_work() as connection:
        found = connection.execute(
            "SELECT n.nspname || '.' || c.relname, a.attname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE n.nspname = ANY (%s) AND c.relkind = 'r'",
            [list(SCHEMAS)],
        ).fetchall()
    documented = {(table.name, column.name) for table in database.tables() for column in table.columns}
    assert documented == set(found)


def test_a_page_with_a_draft_value_says_so() -> None:
    pack = packs.load()
    drafts = {name for name, factor in pack.factors.items() if factor.status is Status.DRAFT}
    assert drafts, "nothing is a draft any more: then this test has done its work"
    for page, text in MADE.items():
        if page.parent.name == "methodology" and (pack.status is Status.DRAFT or any(f"`{d}`" in text for d in drafts)):
            assert "草案 DRAFT" in text.split("\n## ")[0], page


def test_the_checks_can_fail() -> None:
    assert missing(["## ditan nothing\n"], "cli.md")
    assert ROOT / "docs" / "reference" / "cli.md" in MADE
