"""Refused rows go back with what to do about them, and nothing that may not leave."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ditan import feed
from ditan.feed import MESSAGES, Code

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADER = "source,event_id,kind,customer_ref,occurred_at,amount_fen,descriptor,merchant_id"
PAN = "6222020000000007"


def row(number: int, descriptor: str = "METRO", amount: str = "400", merchant: str = "m") -> str:
    return f"core,e-{number},card_payment,c-1,2026-03-01T08:15:00+08:00,{amount},{descriptor},{merchant}"


def sent_back(folder: Path, *rows: str, rows_max: int = 100, mapping: feed.Mapping | None = None) -> list[list[str]]:
    source, target = folder / "events.csv", folder / "deep" / "rejected.csv"
    source.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    mapping = mapping or feed.load("canonical")
    with duckdb.connect() as duck, feed.Rejects(target, mapping) as rejects:
        for chunk in feed.read(source, mapping, rows_max=rows_max):
            feed.accept(duck, chunk, mapping, now=NOW)
            rejects.write(duck, chunk)
    if not target.exists():
        return []
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert rejects.rows == len(found) - 1
    return found


def test_the_file_has_the_reason_and_the_row(tmp_path: Path) -> None:
    found = sent_back(tmp_path, row(1), row(2, amount="x"), row(3), "core,e-4", row(1, amount="1"), row(6, amount="0"))
    assert found[0] == ["row_number", "code", "field", "message_zh", "message_en", "line", *HEADER.split(",")]
    assert [line[:3] for line in found[1:]] == [
        ["2", "bad_amount", "amount_fen"],
        ["4", "malformed_row", ""],
        ["5", "conflict", ""],
        ["6", "amount_not_positive", "amount_fen"],
    ]
    assert found[1][3:6] == [MESSAGES[Code.BAD_AMOUNT].zh, MESSAGES[Code.BAD_AMOUNT].en, ""]
    assert found[1][6:] == row(2, amount="x").split(",")
    assert found[2][5:] == ["core,e-4"] + [""] * 8


def test_chunks_are_appended_under_one_header(tmp_path: Path) -> None:
    found = sent_back(tmp_path, *(row(n, amount="x") for n in range(7)), rows_max=2)
    assert [line[0] for line in found] == ["row_number", "1", "2", "3", "4", "5", "6", "7"]


def test_no_file_is_made_for_a_good_feed(tmp_path: Path) -> None:
    assert sent_back(tmp_path, row(1)) == []


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    sent_back(tmp_path, row(1, amount="x"), row(2, amount="x"))
    assert len(sent_back(tmp_path, row(1, amount="x"))) == 2


def test_card_numbers_are_masked(tmp_path: Path) -> None:
    found = sent_back(
        tmp_path,
        row(1, descriptor=f"to {PAN} ok"),
        row(2, descriptor="6222 0200 0000 0007"),
        f"core,e-3,{PAN}",
        row(4, descriptor=f"{PAN}{'x' * 1100}"),
        row(5, descriptor="６２２２０２０００００００００７"),
    )
    assert [line[12] or line[5] for line in found[1:]] == [
        "to ****0007 ok",
        "**** 0007",
        "core,e-3,****0007",
        ("****0007" + "x" * 1100)[:1024],
        "****０００７",
    ]
    assert PAN not in str(found)


def test_a_column_that_is_only_a_digest_is_masked_in_every_row(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
name = "own"
title = { zh = "自有", en = "own" }
[fields]
source = { column = "source" }
event_id = { column = "event_id" }
kind = { column = "kind" }
customer_ref = { column = "customer_ref" }
merchant_id = { digest = ["merchant_id"] }
[occurred_at]
column = "occurred_at"
[amount]
column = "amount_fen"
unit = "fen"
""",
        encoding="utf-8",
    )
    found = sent_back(tmp_path, row(1, amount="x", merchant=PAN), mapping=feed.load(own))
    assert found[1][1] == "bad_amount"
    assert found[1][-1] == "****0007"


def test_cells_are_no_formulas(tmp_path: Path) -> None:
    words = ["=1+1", "+cmd", "@x", "-x", "-12.5", "\tx"]
    found = sent_back(tmp_path, *(row(n, descriptor=word, amount="x") for n, word in enumerate(words)))
    assert [line[12] for line in found[1:]] == ["'=1+1", "'+cmd", "'@x", "'-x", "-12.5", "'\tx"]


def test_control_characters_are_replaced(tmp_path: Path) -> None:
    [_, line] = sent_back(tmp_path, row(1, descriptor="a\x00b"))
    assert line[1] == "bad_encoding"
    assert line[12] == "a\ufffdb"
