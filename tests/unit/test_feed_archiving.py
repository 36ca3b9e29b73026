"""Evidence files appear whole or not at all, whenever the process dies."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from ditan import feed
from ditan.feed.archiving import intact, prepare, publish, recover, write_manifests
from ditan.kernel.errors import Conflict, InvariantViolation

RECEIVED = datetime(2026, 2, 28, 16, tzinfo=UTC)  # 1 March in Beijing
TABLE = pa.table({"event_key": ["a", "b"], "carbon_mg": [1, 2]})


class Line(NamedTuple):
    """A manifest row as the database gives it."""

    batch_id: int
    path: str
    rows: int
    size: int
    sha256: bytes


def filed(prepared: feed.Prepared, batch_id: int) -> Line:
    return Line(batch_id, prepared.path, prepared.rows, prepared.bytes, prepared.sha256)


def made(archive: Path, batch_id: int, table: pa.Table = TABLE) -> feed.Prepared:
    prepared = prepare(archive, table, batch_id=batch_id, received_at=RECEIVED)
    assert prepared is not None
    return prepared


def left_behind(archive: Path, batch_id: int) -> Line:
    """What a process leaves that dies after `prepare`."""
    prepared = made(archive, batch_id)
    prepared.release()
    return filed(prepared, batch_id)


def names(archive: Path) -> list[str]:
    return sorted(path.name for path in archive.glob("*/*"))


def test_a_file_gets_its_name_when_it_is_published(tmp_path: Path) -> None:
    prepared = made(tmp_path, 7)
    assert prepared.path == "2026-03-01/batch-7.parquet"
    assert names(tmp_path) == ["batch-7.parquet.tmp"]
    path = publish(prepared)
    assert names(tmp_path) == ["batch-7.parquet"]
    assert parquet.read_table(path) == TABLE
    content = path.read_bytes()
    assert (prepared.rows, prepared.bytes, prepared.sha256) == (2, len(content), hashlib.sha256(content).digest())
    assert intact(path, filed(prepared, 7))
    assert publish(prepared) == path


def test_evidence_is_compressed_and_has_the_same_bytes_for_the_same_rows(tmp_path: Path) -> None:
    one, other = made(tmp_path / "a", 1), made(tmp_path / "b", 1)
    assert one.sha256 == other.sha256
    column = parquet.ParquetFile(publish(one)).metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"


def test_a_relation_of_the_engine_can_be_archived(tmp_path: Path) -> None:
    with duckdb.connect() as duck:
        prepared = prepare(tmp_path, duck.sql("SELECT 1 AS x"), batch_id=1, received_at=RECEIVED)
        assert prepared is not None
        assert prepared.rows == 1
        assert prepare(tmp_path, duck.sql("SELECT 1 WHERE false"), batch_id=2, received_at=RECEIVED) is None
    assert names(tmp_path) == ["batch-1.parquet.tmp"]


@pytest.mark.invariant("INV-12")
def test_recovery_finishes_what_was_posted_and_removes_what_was_not(tmp_path: Path) -> None:
    posted, rolled_back = left_behind(tmp_path, 1), left_behind(tmp_path, 2)
    published = made(tmp_path, 3)
    publish(published)
    found = recover(tmp_path, [posted, filed(published, 3)])
    assert (found.published, found.removed, found.damaged) == ([posted.path], [rolled_back.path], [])
    assert names(tmp_path) == ["batch-1.parquet", "batch-3.parquet"]
    again = recover(tmp_path, lambda: [posted, filed(published, 3)])
    assert (again.published, again.removed, again.damaged) == ([], [], [])


@pytest.mark.invariant("INV-12")
def test_recovery_leaves_what_another_process_is_about_to_post(tmp_path: Path) -> None:
    prepared = made(tmp_path, 1)
    assert recover(tmp_path, []).removed == []
    assert recover(tmp_path, [filed(prepared, 1)]).published == []
    publish(prepared)
    assert names(tmp_path) == ["batch-1.parquet"]


@pytest.mark.invariant("INV-12")
def test_the_file_of_a_killed_process_is_free(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib, datetime, pyarrow as pa\n"
        "from ditan.feed.archiving import prepare\n"
        "now = datetime.datetime(2026, 2, 28, 16, tzinfo=datetime.UTC)\n"
        "kept = prepare(pathlib.Path(sys.argv[1]), pa.table({'x': [1]}), batch_id=1, received_at=now)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    assert names(tmp_path) == ["batch-1.parquet.tmp"]
    assert recover(tmp_path, []).removed == ["2026-03-01/batch-1.parquet"]


def test_a_file_of_another_database_is_neither_removed_nor_written_over(tmp_path: Path) -> None:
    publish(made(tmp_path, 1))
    assert recover(tmp_path, []).removed == []
    with pytest.raises(Conflict, match="already holds another"):
        prepare(tmp_path, pa.table({"x": [9]}), batch_id=1, received_at=RECEIVED)
    assert names(tmp_path) == ["batch-1.parquet"]
    publish(made(tmp_path, 1))


def test_damaged_evidence_is_not_given_its_name(tmp_path: Path) -> None:
    line = left_behind(tmp_path, 1)
    part = tmp_path / f"{line.path}.tmp"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    assert recover(tmp_path, [line]).damaged == [line.path]
    assert names(tmp_path) == ["batch-1.parquet.tmp"]


def test_evidence_that_is_gone_breaks_a_promise(tmp_path: Path) -> None:
    prepared = made(tmp_path, 1)
    (tmp_path / f"{prepared.path}.tmp").unlink()
    with pytest.raises(InvariantViolation, match="INV-12"):
        publish(prepared)


def test_the_manifest_of_a_day_lists_its_files(tmp_path: Path) -> None:
    lines = [left_behind(tmp_path, 2), left_behind(tmp_path, 10), left_behind(tmp_path, 1)]
    recover(tmp_path, lines)
    [path] = write_manifests(tmp_path, lines)
    manifest = json.loads(path.read_bytes())
    assert manifest["received_on"] == "2026-03-01"
    assert [file["batch_id"] for file in manifest["files"]] == [1, 2, 10]
    for file in manifest["files"]:
        content = (path.parent / file["file"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    before = path.stat().st_mtime_ns
    write_manifests(tmp_path, lines)
    assert path.stat().st_mtime_ns == before, "an unchanged manifest is not written again"
