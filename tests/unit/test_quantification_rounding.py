"""The half-even division written in SQL is Python's rounding of a rational, for both signs and both widths."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ditan.kernel.units import half_even
from ditan.quantification.compiling import _half_even

ROUNDED = f"SELECT CAST({_half_even('n', 'd')} AS BIGINT) FROM given"


def in_sql(pairs: list[tuple[int, int]], whole: str) -> list[int]:
    rows = ", ".join(f"({n}::{whole}, {d}::{whole})" for n, d in pairs)
    return [n for (n,) in duckdb.sql(f"WITH given(n, d) AS (VALUES {rows}) {ROUNDED}").fetchall()]


@pytest.mark.parametrize("whole", ["BIGINT", "HUGEINT"])
def test_ties_go_to_the_even_neighbor(whole: str) -> None:
    pairs = [(n, 2) for n in range(-9, 10)]
    assert in_sql(pairs, whole) == [-4, -4, -4, -3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 4]


@pytest.mark.parametrize("whole", ["BIGINT", "HUGEINT"])
def test_what_is_not_a_tie_goes_to_the_nearest(whole: str) -> None:
    pairs = [(n, d) for d in (1, 2, 3, 4, 5, 6, 7, 10, 12, 1000) for n in range(-25, 26)]
    assert in_sql(pairs, whole) == [half_even(Fraction(n, d)) for n, d in pairs]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**61), 2**61), st.integers(1, 2**61)), min_size=1, max_size=20))
def test_any_quotient_of_64_bits(pairs: list[tuple[int, int]]) -> None:
    assert in_sql(pairs, "BIGINT") == [half_even(Fraction(n, d)) for n, d in pairs]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**123), 2**123), st.integers(2**62, 2**123)), min_size=1, max_size=20))
def test_any_quotient_of_128_bits(pairs: list[tuple[int, int]]) -> None:
    assert in_sql(pairs, "HUGEINT") == [half_even(Fraction(n, d)) for n, d in pairs]
