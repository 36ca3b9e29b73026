"""The verb: `accepted` in, `recognized` and `refund` out."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from ditan.kernel.invariants import check
from ditan.model import Recognized, Tally
from ditan.recognition.compiling import Recognizer
from ditan.store.statements import load_statements

_SQL = load_statements(__package__ or "ditan.recognition")


def recognize(duck: duckdb.DuckDBPyConnection, recognizer: Recognizer) -> Recognized:
    """Recognize the events of table `accepted`. A fixed number of statements whatever the rows.

    Leaves the tables `candidate`, `recognized` and `refund` on the connection.
    """
    _register(duck, recognizer)
    for name in ("make_candidate", "make_recognized", "make_refund", "keep_refund"):
        duck.execute(
            _SQL[name].format(
                facts=recognizer.facts_sql,
                candidate=recognizer.candidate_sql,
                rule=recognizer.rule_sql,
                exclusion=recognizer.exclusion_sql,
                occasion=recognizer.occasion_sql,
                valid_from=recognizer.pack.valid_from,
                valid_to=recognizer.pack.valid_to,
            )
        )
    tallies = [Tally(code=code, rows=rows) for code, rows in duck.execute(_SQL["tally"]).fetchall()]
    accepted, recognized, refunds, digest = duck.execute(_SQL["sum_up"]).fetchall()[0]
    not_green = sum(tally.rows for tally in tallies)
    check(
        accepted == recognized + refunds + not_green,
        "INV-01",
        f"recognize: accepted {accepted} != recognized {recognized} + refunds {refunds} + not green {not_green}",
    )
    return Recognized(accepted=accepted, recognized=recognized, refunds=refunds, tallies=tallies, digest=digest)


def _register(duck: duckdb.DuckDBPyConnection, recognizer: Recognizer) -> None:
    """Put the merchant registry and the numbered rules where SQL can join them."""
    merchants = recognizer.pack.merchants
    duck.register(
        "merchant",
        pa.table(
            {
                "merchant_id": pa.array([m.merchant_id for m in merchants], pa.string()),
                "role": pa.array([m.role for m in merchants], pa.string()),
                "city": pa.array([m.city for m in merchants], pa.int32()),
            }
        ),
    )
    rules = recognizer.rules
    duck.register(
        "rule",
        pa.table(
            {
                "rule": pa.array([r.number for r in rules], pa.int32()),
                "scenario": pa.array([r.scenario.number for r in rules], pa.int16()),
                "switched_on": pa.array([r.scenario.carbon or r.scenario.energy for r in rules], pa.bool_()),
                "evidence": pa.array([r.rule.by.value for r in rules], pa.string()),
                "confidence": pa.array([r.rule.confidence for r in rules], pa.decimal128(4, 3)),
            }
        ),
    )
    exclusions = recognizer.exclusions
    duck.register(
        "exclusion",
        pa.table(
            {
                "exclusion": pa.array([n for n, _ in exclusions], pa.int32()),
                "code": pa.array([x.code for _, x in exclusions], pa.string()),
            }
        ),
    )
