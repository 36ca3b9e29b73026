"""`accept`: one chunk of a file becomes canonical events, typed and keyed; every other row gets one result code."""

from datetime import UTC, datetime, timedelta
from typing import Final

import duckdb

from ditan.feed.chunks import Chunk
from ditan.feed.codes import Code
from ditan.feed.compiling import compile_mapping
from ditan.feed.mapping import Mapping
from ditan.kernel import limits
from ditan.kernel.errors import InvariantViolation
from ditan.kernel.units import INPUTS
from ditan.model import Accepted, CardProduct, Channel, Kind, Tally
from ditan.store.statements import load_statements

SQL: Final = load_statements(__package__)

MACROS: Final = ("define_luhn_valid", "define_digit_groups", "define_group_windows", "define_card_numbers")
AFTER_JUDGING: Final = ("find_repeated", "keep_duplicates", "keep_conflicts", "remove_refused")
AT_LAST: Final = ("drop_code", "drop_field", "drop_detail")

#: Integer facts and the largest value that is believed.
BOUNDS: Final = {unit.field: unit.max for unit in INPUTS.values() if unit.field not in {"amount_fen", "one"}}


def accept(duck: duckdb.DuckDBPyConnection, chunk: Chunk, mapping: Mapping, *, now: datetime) -> Accepted:
    """Make the tables `accepted`, `rejected`, `duplicate` and `conflict` in `duck` from the rows of `chunk`.

    `now` has a zone; it decides what lies in the future. The number of statements does not depend on the rows.
    Raises `InvalidInput` when the file lacks columns of the mapping.
    """
    duck.register("raw", chunk.rows)
    duck.register("unreadable", chunk.unreadable)
    for name in MACROS:
        duck.execute(SQL[name])
    duck.execute(f"CREATE OR REPLACE TEMP VIEW mapped AS {compile_mapping(mapping, chunk.columns)}")
    duck.execute(SQL["judge"], _bounds(now))
    duck.execute(SQL["reject"], {"id_chars_max": limits.id_chars_max})
    for name in AFTER_JUDGING:
        duck.execute(SQL[name])
    if mapping.refund.tie_by:
        _tie(duck)
    for name in AT_LAST:
        duck.execute(SQL[name])
    return _counted(duck, chunk)


def _tie(duck: duckdb.DuckDBPyConnection) -> None:
    """Tie refunds without a reference to their payments: a fixed number of rounds, each for what the last left."""
    duck.execute(SQL["place_refunds"])
    duck.execute(SQL["begin_ties"])
    for _ in range(limits.refund_rounds):
        duck.execute(SQL["tie_refunds"], {"refund_candidates_max": limits.refund_candidates_max})
    duck.execute(SQL["apply_ties"])


def _bounds(now: datetime) -> dict[str, object]:
    instant = now.astimezone(UTC).replace(tzinfo=None)
    return {
        "latest": instant + timedelta(minutes=limits.event_future_minutes_max),
        "earliest": instant - timedelta(days=limits.event_age_days_max),
        "kinds": list(Kind),
        "channels": list(Channel),
        "card_products": list(CardProduct),
        "measured": [f"/{name}" for name in BOUNDS],
        "measured_max": list(BOUNDS.values()),
        "amount_fen_max": limits.amount_fen_max,
        "attributes_max": limits.attributes_max,
        "id_chars_max": limits.id_chars_max,
        "field_chars_max": limits.field_chars_max,
        "unused_chars_max": limits.unused_chars_max,
        "shown_value_chars_max": limits.shown_value_chars_max,
    }


def _counted(duck: duckdb.DuckDBPyConnection, chunk: Chunk) -> Accepted:
    counts: dict[str, int] = dict(duck.execute(SQL["tally"]).fetchall())
    [(digest,)] = duck.execute(SQL["digest_accepted"]).fetchall()
    accepted = counts.pop("accepted")
    if accepted + sum(counts.values()) != chunk.rows_read:
        raise InvariantViolation(
            "INV-01", f"{chunk.rows_read} rows were read, {accepted} accepted, {sum(counts.values())} not"
        )
    return Accepted(
        rows_read=chunk.rows_read,
        accepted=accepted,
        tallies=[Tally(code=code, rows=counts[code]) for code in Code if counts.get(code)],
        digest=digest,
    )
