"""A card export that nobody here wrote, taken as it is."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ditan import feed
from ditan.model import Accepted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILE = Path(__file__).parents[3] / "shared" / "data" / "tabformer-user0.csv"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not there")


def taken(rows_max: int = 200_000) -> tuple[list[Accepted], duckdb.DuckDBPyConnection]:
    duck = duckdb.connect()
    mapping = feed.load("tabformer")
    return [feed.accept(duck, chunk, mapping, now=NOW) for chunk in feed.read(FILE, mapping, rows_max=rows_max)], duck


def test_every_row_is_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    [report], duck = taken()
    with duck:
        counts = Counter({tally.code: tally.rows for tally in report.tallies})
        kinds = duck.sql(
            "SELECT kind, original_key IS NOT NULL, match_key IS NOT NULL, count(*) FROM accepted "
            "GROUP BY ALL ORDER BY 1, 2"
        ).fetchall()
        failed_refunds = duck.sql(
            "SELECT count(*) FROM rejected JOIN raw USING (row_number) WHERE raw.c6 LIKE '$-%'"
        ).fetchall()
    with capsys.disabled():
        print(f"\ntabformer: {report.rows_read} rows, {report.accepted} accepted, {dict(counts)}, {kinds}")
    assert report.rows_read == 19_963
    assert dict(counts) == {"payment_failed": 574}
    assert kinds == [
        ("card_payment", False, True, 18_745),
        ("card_refund", False, True, 40),
        ("card_refund", True, True, 604),
    ]
    assert failed_refunds == [(6,)], "650 refunds: tied, waiting, or failed themselves"


def test_money_times_and_marks_are_those_of_the_file() -> None:
    _, duck = taken()
    with duck:
        first = duck.sql("SELECT * FROM accepted WHERE row_number = 1")
        event = dict(zip(first.columns, first.fetchall()[0], strict=True))
        sums = duck.sql("SELECT kind, sum(amount_fen)::BIGINT FROM accepted GROUP BY 1 ORDER BY 1").fetchall()
        by_hand = duck.sql(
            "SELECT sum(CASE WHEN c6 NOT LIKE '$-%' THEN replace(c6, '$', '')::DECIMAL(12, 2) END) * 100, "
            "sum(CASE WHEN c6 LIKE '$-%' THEN replace(c6, '$-', '')::DECIMAL(12, 2) END) * 100 "
            "FROM raw WHERE coalesce(c13, '') = ''"
        ).fetchall()[0]
    wanted = {
        "source": "tabformer",
        "kind": "card_payment",
        "customer_ref": "tabformer-0",
        "card_ref": "tabformer-0-0",
        "card_product": "credit",
        "channel": "pos",
        "occurred_at": datetime(2002, 9, 1, 13, 21, tzinfo=UTC).replace(tzinfo=None),  # 06:21 in California, in summer
        "amount_fen": 13_409,
        "currency": "USD",
        "mcc": 5300,
        "descriptor": "La Verne CA",
        "city": None,
    }
    assert {name: event[name] for name in wanted} == wanted
    assert dict(sums) == {"card_payment": int(by_hand[0]), "card_refund": int(by_hand[1])}


def test_refunds_are_never_tied_beyond_their_payment() -> None:
    _, duck = taken()
    with duck:
        wrong = duck.sql(
            "SELECT count(*) FROM (SELECT payment.amount_fen, sum(refund.amount_fen) AS back, "
            "bool_and(refund.occurred_at >= payment.occurred_at AND refund.match_key = payment.match_key) AS fits "
            "FROM accepted AS refund JOIN accepted AS payment ON refund.original_key = payment.event_key "
            "GROUP BY payment.event_key, payment.amount_fen) WHERE back > amount_fen OR NOT fits"
        ).fetchall()
    assert wrong == [(0,)]


def test_events_are_the_same_however_the_file_is_cut() -> None:
    [whole], duck = taken()
    duck.close()
    pieces, duck = taken(rows_max=1000)
    duck.close()
    assert len(pieces) == 20
    assert sum(piece.accepted for piece in pieces) == whole.accepted
