"""The life of energy: what the check of a pack lets pass is exactly what the database keeps and a ball can hold."""

from datetime import date

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from ditan import packs
from ditan.model import Life
from ditan.packs.limits import LIFE, check_limits
from ditan.store import Store

PACK = packs.load()
ON = date(2026, 11, 23)

#: Both ends of every bound, and what is next to them.
EDGES = [(name, value + step) for name, bounds in LIFE.items() for value in bounds for step in (-1, 0, 1)]


def found(life: Life) -> list[str]:
    return [f.where for f in check_limits(replace(PACK, life=life), ON) if f.code == "life_range"]


def kept(store: Store, life: Life) -> bool:
    """Whether the database takes it; it is rolled back."""
    try:
        with store.connect_owner() as owner, owner.transaction(force_rollback=True):
            owner.execute(
                "INSERT INTO methodology.pack (version, content, content_sha256) VALUES ('v', '{}', '')"
                " RETURNING pack_id"
            )
            owner.execute(
                "INSERT INTO methodology.life SELECT max(pack_id), %(matures_after_days)s, %(matures_at_minute)s,"
                " %(collect_days)s, %(expires_months)s FROM methodology.pack",
                asdict(life),
            )
    except psycopg.errors.CheckViolation:
        return False
    return True


@pytest.mark.parametrize("name", LIFE)
def test_the_check_and_the_database_draw_the_same_line(store: Store, name: str) -> None:
    for value in (value for edge, value in EDGES if edge == name):
        life = replace(Life(), **{name: value})
        assert found(life) == ([] if kept(store, life) else [f"life.{name}"]), value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    life=st.builds(
        Life,
        matures_after_days=st.integers(*LIFE["matures_after_days"]),
        matures_at_minute=st.integers(*LIFE["matures_at_minute"]),
        collect_days=st.integers(*LIFE["collect_days"]),
        expires_months=st.integers(*LIFE["expires_months"]),
    ),
    energy=st.integers(1, 2**25 - 1),
    day=st.dates(date(2026, 1, 1), date(2099, 12, 31)),
)
def test_a_ball_of_any_allowed_life_is_taken_apart_as_it_was_put_together(life: Life, energy: int, day: date) -> None:
    minute = (day.toordinal() - 719_163 + life.matures_after_days) * 1440 + life.matures_at_minute
    ball = minute << 36 | life.collect_days << 31 | life.expires_months << 25 | energy
    assert ball < 2**63
    assert (ball >> 36, ball >> 31 & 31, ball >> 25 & 63, ball & 2**25 - 1) == (
        minute, life.collect_days, life.expires_months, energy,
    )  # fmt: skip


def test_each_finding_says_what_to_do_in_both_languages() -> None:
    wrong = replace(PACK, life=Life(collect_days=0, expires_months=64))
    messages = [f.message for f in packs.check(wrong, ON) if f.code == "life_range"]
    assert [("[life]" in m.zh, "[life]" in m.en) for m in messages] == [(True, True)] * 2
    assert "0 至 63" in messages[1].zh
