"""A file of named statements either loads whole or says which block is wrong."""

import pytest

from ditan.store.statements import parse_statements

GOOD = """\
-- What this file is for.

-- name: first
-- why: a reason, 100 % of it
SELECT 1;

-- name: second_one
-- why: a reason that
--      goes on
SELECT 2 -- two
WHERE 'a;b' <> '--';
"""


def test_names_lead_to_statements() -> None:
    statements = parse_statements(GOOD, "q.sql")
    assert list(statements) == ["first", "second_one"]
    assert statements["first"] == "-- first\nSELECT 1"
    assert statements["second_one"].endswith("WHERE 'a;b' <> '--'")


def test_a_percent_sign_in_a_comment_is_no_parameter() -> None:
    assert "%" not in parse_statements(GOOD, "q.sql")["first"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1;\n-- name: a\n-- why: x\nSELECT 1;", "SQL before"),
        ("-- name: a\n-- why: x\nSELECT 1;\n-- name: a\n-- why: x\nSELECT 1;", "a is there twice"),
        ("-- name: a\nSELECT 1;", "a does not say why"),
        ("-- name: a\n-- why: x\n", "a has no statement"),
        ("-- name: a\n-- why: x\nSELECT 1;\nSELECT 2;", "a has more than one statement"),
        ("-- name: a-b\n-- why: x\nSELECT 1;", "not a name"),
    ],
)
def test_a_mistake_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_statements(text, "q.sql")
