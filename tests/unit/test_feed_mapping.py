"""A mapping is checked before a single row is read, and says what is wrong with it."""

from pathlib import Path

import pytest

from ditan import feed
from ditan.feed.compiling import compile_mapping
from ditan.kernel.errors import InvalidInput, NotFound

TOML = """
name = "own"
title = { zh = "自有", en = "own" }
[file]
delimiter = "|"
[fields]
source = { constant = "own" }
event_id = { column = "id" }
kind = { constant = "card_payment" }
customer_ref = { template = "{branch}-{customer}" }
[occurred_at]
column = "time"
[amount]
column = "yuan"
"""


def loaded(folder: Path, toml: str) -> feed.Mapping:
    path = folder / "own.toml"
    path.write_text(toml, encoding="utf-8")
    return feed.load(path)


@pytest.mark.parametrize("name", feed.names())
def test_mappings_that_ship_can_be_used(name: str) -> None:
    mapping = feed.load(name)
    assert mapping.name == name
    assert compile_mapping(mapping, list(mapping.columns())).startswith("SELECT")


def test_a_mapping_is_found_by_its_path(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, TOML)
    assert mapping.columns() == {"id": True, "branch": True, "customer": True, "time": True, "yuan": True}


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(NotFound) as error:
        feed.load("tabformr")
    assert "Did you mean tabformer? " in str(error.value.hint)
    assert "canonical, tabformer" in str(error.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("delimiter", "delimeter", "unknown field `delimeter` - at `$.file`"),
        ('delimiter = "|"', 'delimiter = "||"', "must be one ASCII character"),
        ('delimiter = "|"', 'encoding = "utf-16"', "Invalid enum value 'utf-16' - at `$.file.encoding`"),
        ('delimiter = "|"', 'drop = ["yuan"]', "drop: the mapping uses yuan"),
        ("[fields]\nsource = ", "[fields]\nsauce = ", "unknown field `sauce` - at `$.fields`"),
        ('{ column = "id" }', "{ }", "event_id needs exactly one of"),
        ('{ column = "id" }', '{ column = "id", constant = "1" }', "has column, constant"),
        ('{ column = "id" }', '{ colum = "id" }', "unknown field `colum` - at `$.fields.event_id`"),
        ('{ template = "{branch}-{customer}" }', '{ digest = ["customer"] }', "customer_ref may not be a digest"),
        ('"{branch}-{customer}"', '"{branch-customer}}"', "has no partner"),
        ('"{branch}-{customer}"', '"nobody"', "write it as a constant"),
        ('column = "time"', 'column = "time"\nformats = ["%Y-%m-%d %Q"]', "format '%Y-%m-%d %Q' cannot be used"),
        ('column = "time"', 'column = "time"\nformats = ["ISO"]', "format 'ISO' cannot be used"),
        ('column = "time"', 'column = "time"\nzone = "Beijing"', "'Beijing' is not a time zone"),
        ('column = "time"', 'constant = "2026-03-01"', "is read from a column or a template"),
        ('column = "yuan"', 'column = "yuan"\nunit = "cents"', "Invalid enum value 'cents'"),
        ('column = "yuan"', 'column = "yuan"\nthousands = "."', "decimal and thousands are the same"),
        ('column = "yuan"', 'column = "yuan"\n[refund]\ntie_by = ["card_ref"]', "'card_ref' is not a mapped field"),
        (
            'column = "yuan"',
            'column = "yuan"\n[failed]\nwhen = [{ column = "x" }]',
            "exactly one of present and one_of",
        ),
        ('column = "yuan"', 'column = "yuan"\n[attributes]\nDist = { column = "d" }', "'Dist' is not a name"),
        ("[amount]", "[amount", "cannot be used"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert TOML.count(old) >= 1
    with pytest.raises(InvalidInput) as error:
        loaded(tmp_path, TOML.replace(old, new, 1))
    assert message in error.value.message
    assert "own.toml" in error.value.message
    assert "canonical.toml" in str(error.value.hint)


def test_missing_columns_are_named_when_it_is_compiled(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, TOML)
    with pytest.raises(InvalidInput, match=r"lacks 2 columns that the mapping own needs: time, yuan") as error:
        compile_mapping(mapping, ["id", "branch", "customer", "Time"])
    assert "id, branch, customer, Time" in str(error.value.hint)
