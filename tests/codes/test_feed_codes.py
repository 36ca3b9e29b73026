"""Every result code of the feed has one runnable example, and every example ends as it says."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ditan import feed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLES = sorted((Path(__file__).parent / "feed").glob("*.toml"))
REPEAT = re.compile(r"<<(.+?)\*(\d+)>>")


def content(file: dict[str, str]) -> bytes:
    text = REPEAT.sub(lambda match: match[1] * int(match[2]), file["content"])
    return text.encode(file.get("encoding", "utf-8"))


def outcomes(duck: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    rows = duck.sql(
        "SELECT row_number, code, field FROM rejected UNION ALL SELECT row_number, 'duplicate', NULL FROM duplicate "
        "UNION ALL SELECT row_number, 'conflict', NULL FROM conflict ORDER BY row_number"
    ).fetchall()
    return [{"row": row, "code": code, **({"field": field} if field else {})} for row, code, field in rows]


def test_every_code_has_its_example() -> None:
    assert {path.stem for path in EXAMPLES} == set(feed.Code)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_ends_with_its_code(path: Path, tmp_path: Path) -> None:
    example = tomllib.loads(path.read_text(encoding="utf-8"))
    assert example["code"] == path.stem
    assert example["why"]["zh"]
    assert example["why"]["en"]
    source = tmp_path / example["file"]["name"]
    source.write_bytes(content(example["file"]))
    own = tmp_path / "mapping.toml"
    own.write_text(example.get("mapping", ""), encoding="utf-8")
    mapping = feed.load(own if "mapping" in example else "canonical")

    duck = duckdb.connect()
    [chunk] = feed.read(source, mapping)
    accepted = feed.accept(duck, chunk, mapping, now=NOW)

    assert outcomes(duck) == example["expected"]
    assert accepted.accepted == example["accepted"]
    assert {tally.code for tally in accepted.tallies} == {path.stem}
    assert accepted.rows_read == accepted.accepted + sum(tally.rows for tally in accepted.tallies)


def test_every_code_says_what_to_do_in_both_languages() -> None:
    for code, message in feed.MESSAGES.items():
        assert re.search(r"[\u4e00-\u9fff].*。", message.zh), code
        assert message.en.endswith("."), code
