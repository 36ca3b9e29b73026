"""The verb: `recognized` in, `quantified` out."""

from __future__ import annotations

import hashlib

import duckdb

from ditan.kernel.errors import InvalidInput
from ditan.kernel.invariants import check
from ditan.model import Quantified
from ditan.quantification.compiling import Compiled
from ditan.quantification.layout import NUMBERS
from ditan.store.statements import load_statements

_SQL = load_statements(__package__ or "ditan.quantification")


def quantify(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> Quantified:
    """Give every row of table `recognized` its milligrams and energy. Six statements, whatever the rows.

    Leaves the tables `quantified` and `rate_*` on the connection.

    Raises: InvalidInput when `recognized` is not what the contract of the stages says; InvariantViolation (INV-01) when
    an act found no rate.
    """
    try:
        _load(duck, compiled)
        duck.execute(compiled.statement)
        recognized, quantified, carbon_mg, energy, *sums = duck.execute(_SQL["sum_up"]).fetchall()[0]
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        raise InvalidInput(
            "the recognized events cannot be quantified",
            hint="The table `recognized` must have the columns of the feed, and JSON objects as attributes.",
        ) from error
    check(recognized == quantified, "INV-01", f"quantify: recognized {recognized} != quantified {quantified}: no rate")
    parts = (compiled.version, quantified, carbon_mg, energy, *sums)
    return Quantified(
        recognized=recognized,
        quantified=quantified,
        carbon_mg=int(carbon_mg),
        energy=int(energy),
        digest=hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest(),
    )


def _load(duck: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Put the pack's tables where SQL can join them; as real tables, whose statistics make a join a direct look-up."""
    for name, table in compiled.tables.items():
        view = f"{name}_arrow"
        duck.register(view, table)
        whole = ", ".join(f"{column}::{compiled.whole} AS {column}" for column in NUMBERS)
        columns = f"* REPLACE ({whole})" if name == "rate_slot" else "*"
        duck.execute(_SQL["load"].format(table=name, columns=columns, view=view))
        duck.unregister(view)
