"""Ids: the same event has the same id everywhere, and its text form is read back or refused."""

import hashlib
import re
from uuid import UUID

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import act_id, key, read_act, show_act

FORM = re.compile(r"act_[0-9A-HJKMNP-TV-Z]{26}")


def test_a_key_is_the_first_half_of_a_hash_over_parts() -> None:
    wanted = hashlib.sha256(b"card-switch\x1fc260701o1").hexdigest()[:32]
    assert act_id("card-switch", "c260701o1").hex == key("card-switch", "c260701o1").hex == wanted
    assert key("a", "bc") != key("ab", "c")
    assert key("") != key("", "")


def test_duckdb_makes_the_same_keys() -> None:
    """The feed makes keys in SQL, everybody else here."""
    with duckdb.connect() as duck:
        [(found,)] = duck.execute(
            "SELECT substr(sha256($a || chr(31) || $b), 1, 32)::UUID", {"a": "源", "b": "é"}
        ).fetchall()
    assert found == key("源", "é")


@given(st.uuids())
def test_an_act_is_written_and_read(act: UUID) -> None:
    text = show_act(act)
    assert FORM.fullmatch(text)
    assert read_act(text) == read_act(text.lower().replace("act_", "act_")) == read_act(str(act)) == act


@given(st.lists(st.uuids(), min_size=2, max_size=9))
def test_the_text_sorts_like_the_id(acts: list[UUID]) -> None:
    assert [show_act(act) for act in sorted(acts)] == sorted(map(show_act, acts))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "act_",
        "act_0",
        "act_" + "0" * 25,
        "act_" + "0" * 27,
        "act_" + "U" * 26,  # no letter of the alphabet
        "act_" + "I" + "0" * 25,
        "act_8" + "0" * 25,  # 130 bits, of which the first two are zero
        "act_Z" + "Z" * 25,
        "entry_" + "0" * 26,
        "c260701o1",
        "0" * 31,
    ],
)
def test_what_is_no_act_id_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InvalidInput, match="not an act id") as raised:
        read_act(text)
    assert "ditan statement" in (raised.value.hint or "")
