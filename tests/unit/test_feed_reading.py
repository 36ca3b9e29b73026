"""Files become the same rows whatever their form, and what is broken in them stays where it is."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from ditan import feed
from ditan.feed import lines
from ditan.feed.mapping import Mapping
from ditan.feed.streams import Stream, pieces
from ditan.kernel import limits
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.model import Accepted

COLUMNS = list(feed.load("canonical").columns())
HEADER = "source,event_id,kind,customer_ref,occurred_at,amount_fen,descriptor"


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return feed.load("canonical")


def row(number: int, descriptor: str = "METRO") -> str:
    return f"core,e-{number},card_payment,c-1,2026-03-01T08:15:00+08:00,{number + 100},{descriptor}"


def csv_bytes(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return end.join([header, *rows, ""]).encode()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


def codes(path: Path, mapping: Mapping, rows_max: int = 1000) -> dict[int, str]:
    """Row number → its code in reading (`read` for rows that came through)."""
    found: dict[int, str] = {}
    for chunk in feed.read(path, mapping, rows_max=rows_max):
        found |= dict.fromkeys(chunk.rows["row_number"].to_pylist(), "read")
        found |= dict(
            zip(chunk.unreadable["row_number"].to_pylist(), chunk.unreadable["code"].to_pylist(), strict=True)
        )
    return found


def accepted(path: Path, mapping: Mapping, clock: FixedClock) -> list[Accepted]:
    with duckdb.connect() as duck:
        return [feed.accept(duck, chunk, mapping, now=clock.now()) for chunk in feed.read(path, mapping, rows_max=70)]


@pytest.fixture
def clock() -> FixedClock:
    from datetime import UTC, datetime

    return FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


# --- one content, many forms ------------------------------------------------------------------------------------


def events() -> list[dict[str, object]]:
    """Some events of all kinds; every value is written in the same way in all formats."""
    chance = random.Random(7)
    rows: list[dict[str, object]] = []
    for number in range(200):
        event: dict[str, object] = dict.fromkeys(COLUMNS)
        event |= {
            "source": "core",
            "event_id": f"e-{number if number % 20 else number // 2}",
            "kind": "service_event" if number % 7 == 0 else "card_payment",
            "customer_ref": f"c-{chance.randrange(20)}",
            "card_product": chance.choice(["debit", "credit", None, "prepaid"]),
            "occurred_at": f"2026-03-{chance.randrange(1, 29):02}T08:15:00+08:00",
            "amount_fen": chance.randrange(1, 5000),
            "currency": "CNY",
            "mcc": "0742",
            "descriptor": chance.choice(["北京地铁，2号线", 'say "hi"', "a,b", None]),
            "service": "bill.paid" if number % 7 == 0 else None,
            "attributes": {"steps": number, "note": "生活缴费"} if number % 3 == 0 else None,
        }
        rows.append(event)
    return rows


def as_csv(rows: list[dict[str, object]]) -> bytes:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in rows:
        attributes = event["attributes"]
        cells = event | {"attributes": json.dumps(attributes, ensure_ascii=False) if attributes else None}
        writer.writerow([cells[name] for name in COLUMNS])
    return text.getvalue().encode()


def as_json_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in rows).encode()


def as_parquet(rows: list[dict[str, object]]) -> bytes:
    table = pa.Table.from_pylist(
        [
            event | {"attributes": json.dumps(event["attributes"]) if event["attributes"] else None, "mcc": 742}
            for event in rows
        ]
    )
    instants = pa.compute.strptime(
        pa.array([str(event["occurred_at"])[:19] for event in rows]), "%Y-%m-%dT%H:%M:%S", "us"
    )
    place = table.schema.get_field_index("occurred_at")
    zoned = pa.compute.assume_timezone(instants, "Asia/Shanghai")
    table = table.set_column(place, "occurred_at", zoned)
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, row_group_size=64)
    return bytes(sink.getvalue())


FORMATS: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "csv": as_csv,
    "jsonl": as_json_lines,
    "parquet": as_parquet,
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}


def test_every_format_and_compression_gives_the_same_events(
    tmp_path: Path, mapping: Mapping, clock: FixedClock
) -> None:
    rows = events()
    outcomes = {}
    for name, write in FORMATS.items():
        for suffix, compress in COMPRESSIONS.items():
            path = written(tmp_path / f"events.{name}{suffix}", compress(write(rows)))
            outcomes[path.name] = accepted(path, mapping, clock)
    first = outcomes["events.csv"]
    assert sum(batch.rows_read for batch in first) == 200
    assert {tally.code for batch in first for tally in batch.tallies} == {"unknown_card_product", "conflict"}
    for name, batches in outcomes.items():
        assert batches == first, name


def test_the_form_is_told_by_the_content_and_not_by_the_name(tmp_path: Path, mapping: Mapping) -> None:
    path = written(tmp_path / "export.dat", gzip.compress(as_json_lines(events())))
    assert len(codes(path, mapping)) == 200


def test_json_lines_may_begin_with_a_bom_and_an_empty_line(tmp_path: Path, mapping: Mapping) -> None:
    path = written(tmp_path / "events.txt", b"\xef\xbb\xbf\n" + as_json_lines(events()))
    assert len(codes(path, mapping)) == 200


def test_chunks_have_a_fixed_number_of_rows_and_are_always_the_same(tmp_path: Path, mapping: Mapping) -> None:
    broken = [row(n) if n % 4 else "a line without columns" for n in range(1, 31)]
    path = written(tmp_path / "events.csv", csv_bytes(*broken))
    chunks = list(feed.read(path, mapping, rows_max=7))
    assert [chunk.number for chunk in chunks] == [0, 1, 2, 3, 4]
    assert [chunk.rows_read for chunk in chunks] == [7, 7, 7, 7, 2]
    rows = [number for chunk in chunks for number in chunk.rows["row_number"].to_pylist()]
    bad = [number for chunk in chunks for number in chunk.unreadable["row_number"].to_pylist()]
    assert sorted(rows + bad) == list(range(1, 31))
    assert bad == list(range(4, 31, 4))
    assert list(feed.read(path, mapping, rows_max=7)) == chunks


def in_small_pieces(size: int) -> Callable[..., Iterator[bytes]]:
    def small(stream: Stream) -> Iterator[bytes]:
        blocks = pieces(stream, len(HEADER) + 1)  # the header is looked for in the first block, so that one is whole
        yield next(blocks)
        yield from pieces(stream, size)

    return small


def test_a_chunk_of_huge_rows_ends_before_it_fills_the_memory(
    tmp_path: Path, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "events.csv", csv_bytes(*(row(n, "x" * 1000) for n in range(100))))
    monkeypatch.setattr(lines, "pieces", in_small_pieces(5000))
    [whole] = feed.read(path, mapping)
    assert whole.rows_read == 100
    chunks = list(feed.read(path, mapping, bytes_max=20_000))
    assert len(chunks) > 3
    assert all(10 < chunk.rows_read < 30 for chunk in chunks[:-1])
    assert sum(chunk.rows_read for chunk in chunks) == 100
    assert list(feed.read(path, mapping, bytes_max=20_000)) == chunks


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_where_blocks_are_cut_makes_no_difference(
    tmp_path: Path, mapping: Mapping, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    content = [
        row(1),
        row(2, '"two\nlines"'),
        row(3, '"open'),
        row(4),
        "",
        row(5)[:-8],
        row(6, '"a""b"'),
        row(7, 'a"b'),
    ]
    path = written(tmp_path / "events.csv", csv_bytes(*content))
    whole = codes(path, mapping)
    assert whole == {1: "read", 2: "read", 3: "malformed_row", 4: "read", 5: "malformed_row", 6: "read"} | {
        7: "malformed_row"
    }

    monkeypatch.setattr(lines, "pieces", in_small_pieces(size))
    assert codes(path, mapping) == whole


def test_bom_and_crlf_are_accepted(tmp_path: Path, mapping: Mapping) -> None:
    plain = written(tmp_path / "plain.csv", csv_bytes(row(1), row(2)))
    windows = written(tmp_path / "windows.csv", b"\xef\xbb\xbf" + csv_bytes(row(1), row(2), end="\r\n"))
    [one], [other] = feed.read(plain, mapping), feed.read(windows, mapping)
    assert one.rows == other.rows
    assert one.columns == other.columns


def test_a_last_line_without_a_line_feed_is_a_row(tmp_path: Path, mapping: Mapping) -> None:
    path = written(tmp_path / "events.csv", csv_bytes(row(1), row(2)).rstrip(b"\n"))
    assert codes(path, mapping) == {1: "read", 2: "read"}


def test_gb18030_is_read_when_the_mapping_says_so(tmp_path: Path, mapping: Mapping) -> None:
    import msgspec

    chinese = msgspec.structs.replace(mapping, file=msgspec.structs.replace(mapping.file, encoding="gb18030"))
    path = written(tmp_path / "events.csv", csv_bytes(row(1, "北京地铁"), row(2, "㐂")).decode().encode("gb18030"))
    [chunk] = feed.read(path, chinese)
    assert chunk.rows["c6"].to_pylist() == ["北京地铁", "㐂"]
    broken = written(tmp_path / "broken.csv", csv_bytes(row(1), row(2)).replace(b"METRO", b"\x81", 1))
    assert codes(broken, chinese) == {1: "bad_encoding", 2: "read"}


# --- what is broken ---------------------------------------------------------------------------------------------


def test_a_line_of_10_mb_is_dropped_and_the_next_is_read(tmp_path: Path, mapping: Mapping) -> None:
    import tracemalloc

    path = tmp_path / "events.csv"
    with path.open("wb") as file:
        file.write(csv_bytes(row(1)))
        for _ in range(10):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + row(3).encode() + b"\n")
        for _ in range(60):
            file.write(b"y" * (1 << 20))
    tracemalloc.start()
    assert codes(path, mapping) == {1: "read", 2: "line_too_long", 3: "read", 4: "line_too_long"}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * limits.block_bytes


@pytest.mark.parametrize("size", [limits.line_bytes_max - 1, limits.line_bytes_max, limits.line_bytes_max + 1])
def test_the_limit_of_a_line_is_exact(tmp_path: Path, mapping: Mapping, size: int) -> None:
    long = row(2, "").encode()
    long += b"z" * (size - len(long))
    content = csv_bytes(row(1)) + long + b"\n" + csv_bytes(*(row(n) for n in range(30000)), header=row(3))
    expected = "read" if len(long) + 1 <= limits.line_bytes_max else "line_too_long"
    assert codes(written(tmp_path / "events.csv", content), mapping)[2] == expected


def test_bad_bytes_spoil_their_own_row_only(tmp_path: Path, mapping: Mapping) -> None:
    content = csv_bytes(row(1), row(2), row(3)).replace(b"e-2", b"e\xff2")
    assert codes(written(tmp_path / "events.csv", content), mapping) == {1: "read", 2: "bad_encoding", 3: "read"}


def test_an_open_quote_does_not_swallow_the_rows_after_it(tmp_path: Path, mapping: Mapping) -> None:
    rows = [row(1), row(2, '"open'), *(row(n) for n in range(3, 500))]
    found = codes(written(tmp_path / "events.csv", csv_bytes(*rows)), mapping)
    assert len(found) == 499
    assert [number for number, code in found.items() if code != "read"] == [2]


@pytest.mark.parametrize(
    ("lines_", "bad"),
    [
        pytest.param([row(1), row(2, 'x"y"'), row(3)], [2], id="text before a quote"),
        pytest.param([row(1), row(2, '"x"y'), row(3)], [2], id="text after a quote"),
        pytest.param([row(1), row(2, 'x"y'), row(3)], [2], id="a quote in the middle"),
        pytest.param([row(1), 'core,e-2,"x', row(3), 'y",z', row(5)], [2, 4], id="a pair that makes no row"),
        pytest.param([row(1), row(2, '"'), *(row(n) for n in range(3, 90)), row(90, '"')], [2, 90], id="far apart"),
        pytest.param([row(1), row(2, '"a""b\n""c"'), row(3)], [], id="a good row of two lines"),
        pytest.param([row(1), row(2, "a\rb"), row(3)], [2], id="a carriage return inside"),
        pytest.param([row(1), row(2) + ",more", row(3)], [2], id="a column too many"),
    ],
)
def test_only_the_broken_row_is_lost(tmp_path: Path, mapping: Mapping, lines_: list[str], bad: list[int]) -> None:
    found = codes(written(tmp_path / "events.csv", csv_bytes(*lines_)), mapping)
    assert [number for number, code in found.items() if code == "malformed_row"] == bad
    assert set(found.values()) <= {"read", "malformed_row"}
    assert len(found) == len(lines_)


@pytest.mark.parametrize("cut", [1, 20, 2000])
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_file_gives_the_rows_before_and_then_an_error(
    tmp_path: Path, mapping: Mapping, suffix: str, cut: int
) -> None:
    chance = random.Random(1)
    rows = [row(number, f"{chance.random()}") for number in range(3000)]
    whole = COMPRESSIONS[suffix](csv_bytes(*rows))
    path = written(tmp_path / f"events.csv{suffix}", whole[:-cut])
    read: list[str] = []
    with pytest.raises(InvalidInput, match=r"damaged after row \d+: it ends in the middle") as error:
        for chunk in feed.read(path, mapping, rows_max=500):
            read += chunk.rows["c6"].to_pylist()
    assert str(len(read)) in error.value.message
    assert "ingest it again" in str(error.value.hint)
    assert read == [line.rsplit(",", 1)[1] for line in rows[: len(read)]], "no row was cut short"
    # zstd blocks hold 128 kB, so a cut into the last one loses all of it.
    assert len(read) > (2000 if suffix == ".gz" else 0)


def test_damage_inside_a_compressed_file_is_found(tmp_path: Path, mapping: Mapping) -> None:
    whole = bytearray(gzip.compress(csv_bytes(*(row(number, f"{number * 7919}") for number in range(3000)))))
    whole[-2000] ^= 0xFF
    with pytest.raises(InvalidInput, match="damaged"):
        list(feed.read(written(tmp_path / "events.csv.gz", bytes(whole)), mapping))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_parts_of_a_compressed_file_may_follow_each_other(tmp_path: Path, mapping: Mapping, suffix: str) -> None:
    compress = COMPRESSIONS[suffix]
    path = written(tmp_path / f"e.csv{suffix}", compress(csv_bytes(row(1))) + compress(csv_bytes(header=row(2))))
    assert codes(path, mapping) == {1: "read", 2: "read"}


def test_truncated_parquet_says_that_nothing_can_be_read(tmp_path: Path, mapping: Mapping) -> None:
    path = written(tmp_path / "events.parquet", as_parquet(events())[:-100])
    with pytest.raises(InvalidInput, match="is Parquet and damaged"):
        list(feed.read(path, mapping))


def test_damaged_parquet_gives_the_rows_before(tmp_path: Path, mapping: Mapping) -> None:
    rows = events() * 400
    whole = bytearray(as_parquet(rows))
    place = whole.rindex(b"PAR1", 0, len(whole) // 2 or 4) if whole.count(b"PAR1") > 2 else len(whole) // 2
    whole[place : place + 4000] = b"\xff" * 4000
    seen = 0
    with pytest.raises(InvalidInput, match="damaged after row"):
        for chunk in feed.read(written(tmp_path / "events.parquet", bytes(whole)), mapping, rows_max=1000):
            seen += chunk.rows_read
    assert 0 < seen < len(rows)


# --- files that are none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\r\n  \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (csv_bytes(header="source,event_id,kind"), "lacks columns .*: customer_ref, occurred_at, amount_fen"),
        (csv_bytes(header=HEADER + ",ammount"), "does not know: ammount"),
        (csv_bytes(header=HEADER + ",source"), "columns more than once: source"),
        (csv_bytes(header=HEADER + ",c" * 300), "at most 256 can be read"),
        (csv_bytes(row(1), header=row(2)), "lacks columns"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 and so on", "Excel workbook"),
        (b'[{"source": "core"}]', "JSON array"),
        (b'{"a": 1}\n{"b": 2}\n', "has none of the members"),
        (csv_bytes(row(1), end="\r"), "carriage returns"),
        (b"x" * 2_000_000, "has no header"),
        (b"\xff\xfa\xfb,\xff\n", "header of .* is not utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong(
    tmp_path: Path, mapping: Mapping, content: bytes, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        list(feed.read(written(tmp_path / "events.csv", content), mapping))


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path, mapping: Mapping) -> None:
    with pytest.raises(NotFound):
        list(feed.read(tmp_path / "nothing.csv", mapping))


def test_a_day_without_events_has_a_header_only(tmp_path: Path, mapping: Mapping) -> None:
    assert list(feed.read(written(tmp_path / "events.csv", csv_bytes()), mapping)) == []


def test_a_column_of_floats_is_refused(tmp_path: Path, mapping: Mapping) -> None:
    table = pa.table({name: ["x"] for name in HEADER.split(",") if name != "amount_fen"} | {"amount_fen": [1.5]})
    parquet.write_table(table, tmp_path / "events.parquet")
    with pytest.raises(InvalidInput, match="amount_fen is double, which is not exact"):
        list(feed.read(tmp_path / "events.parquet", mapping))


# --- around the rows --------------------------------------------------------------------------------------------


def test_the_digest_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    content = gzip.compress(csv_bytes(row(1)))
    assert feed.digest(written(tmp_path / "events.csv.gz", content)) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", FORMATS)
def test_progress_goes_up_to_the_size_of_the_file(tmp_path: Path, mapping: Mapping, name: str) -> None:
    path = written(tmp_path / f"events.{name}", FORMATS[name](events()))
    told: list[tuple[int, int]] = []
    list(feed.read(path, mapping, progress=lambda done, rows: told.append((done, rows))))
    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size, 200)


def test_members_of_json_may_be_deep_and_named_by_pointers(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
name = "own"
title = { zh = "自有", en = "own" }
[fields]
source = { constant = "own" }
event_id = { column = "/head/id" }
kind = { constant = "card_payment" }
customer_ref = { column = "a/b~c" }
[occurred_at]
column = "/head/at"
formats = ["unix_ms"]
[amount]
column = "amount"
""",
        encoding="utf-8",
    )
    mapping = feed.load(own)
    line = {"head": {"id": "e-1", "at": 1772352000123}, "a/b~c": "c-1", "amount": 12.50, "more": {"x": [1]}}
    path = written(tmp_path / "events.jsonl", json.dumps(line).encode())
    with duckdb.connect() as duck:
        [chunk] = feed.read(path, mapping)
        from datetime import UTC, datetime

        assert feed.accept(duck, chunk, mapping, now=datetime(2026, 11, 22, tzinfo=UTC)).accepted == 1
        found = duck.sql("SELECT event_id, customer_ref, amount_fen, occurred_at::VARCHAR FROM accepted").fetchall()
    assert found == [("e-1", "c-1", 1250, "2026-03-01 08:00:00.123")]
