"""A feed file becomes chunks of text rows: CSV, JSON Lines or Parquet, each plain, gzip or zstd, told by its content.

Bad rows do not stop good ones. A file that is damaged, or ends in the middle, gives the rows before the damage first
and then raises `InvalidInput`, so that the caller can post what came and still fail. The same file is always cut into
the same chunks, and at most a chunk and a block are in memory.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
from pyarrow import compute

from ditan.feed import json_lines, parquet, streams
from ditan.feed.chunks import UNREADABLE, Chunk
from ditan.feed.headers import check_columns
from ditan.feed.lines import Block, blocks
from ditan.feed.mapping import Mapping
from ditan.feed.records import Part, RowReader
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput

#: Called with the bytes of the file read so far and the rows so far.
Progress = Callable[[int, int], None]

BOM: Final = b"\xef\xbb\xbf"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
FOREIGN: Final = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an Excel 97 workbook",
    b"%PDF": "a PDF document",
    b"BZh": "compressed with bzip2",
    b"\xfd7zX": "compressed with xz",
}


def read(
    path: Path,
    mapping: Mapping,
    *,
    progress: Progress | None = None,
    rows_max: int = limits.batch_rows_max,
    bytes_max: int = limits.batch_bytes_max,
) -> Iterator[Chunk]:
    """The chunks of the file, in order, of at most `rows_max` rows each.

    Raises `NotFound` when there is no file; `InvalidInput` before the first chunk when the file is empty, is none that
    can be read, or lacks columns of the mapping; `InvalidInput` after the last when the file is damaged there.
    """
    with ExitStack() as resources:
        source = _Source(path, mapping, resources)
        chunker = _Chunker(source.columns, rows_max, bytes_max)
        for part in source.parts():
            yield from chunker.add(part)
            if progress is not None:
                progress(source.position(), chunker.rows_read)
        yield from chunker.end()
        if source.damage():
            raise InvalidInput(
                f"{path} is damaged after row {chunker.rows_read}: {source.damage()}. The rows before it were read.",
                hint="Get the file again and ingest it again: what was posted already is not posted twice.",
            )


class _Source:
    """An open file: its format, its columns, its rows."""

    def __init__(self, path: Path, mapping: Mapping, resources: ExitStack) -> None:
        self.path, self.mapping, self.resources = path, mapping, resources
        self.file: BinaryIO = resources.enter_context(streams.opened(path))
        self.stream = streams.decompressed(self.file)
        head = self.stream.read(limits.header_bytes_max)
        self.parts: Callable[[], Iterator[Part]]
        self.columns: tuple[str, ...]
        self.parquet: parquet.ParquetRows | None = None
        if head.startswith(streams.PARQUET_MAGIC):
            self._open_parquet()
        else:
            self._refuse_foreign(head)
            self.blocks = blocks(_Rejoined(head, self.stream))
            text = head.removeprefix(BOM).lstrip()
            if text.startswith(b"["):
                raise InvalidInput(f"{path} is a JSON array.", hint="Write JSON Lines: one object per line, no commas.")
            if text.startswith(b"{") and not mapping.file.columns:
                self.columns = json_lines.columns(mapping)
                self.parts = self._json_parts
            else:
                self._open_csv()

    def position(self) -> int:
        if self.parquet:
            return int(self.parquet.share() * self.path.stat().st_size)
        return self.stream.position()

    def damage(self) -> str | None:
        return self.parquet.damage if self.parquet else self.stream.damage

    # --- Parquet ---

    def _open_parquet(self) -> None:
        file = self.file
        if streams.compression(file):
            file = self.resources.enter_context(streams.spooled(streams.decompressed(file)))
        self.parquet = parquet.opened(self.path, file, self.mapping)
        self.columns = self.parquet.columns
        self.parts = self.parquet.parts

    # --- text ---

    def _refuse_foreign(self, head: bytes) -> None:
        if head.startswith(UTF_16):
            raise InvalidInput(f"{self.path} is UTF-16.", hint="Export it as UTF-8 (in Excel: CSV UTF-8).")
        for magic, what in FOREIGN.items():
            if head.startswith(magic):
                raise InvalidInput(
                    f"{self.path} is {what}.", hint="Give CSV, JSON Lines or Parquet, plain or with gzip or zstd."
                )
        if not head.removeprefix(BOM).strip():
            if self.stream.damage:
                raise InvalidInput(
                    f"{self.path} is damaged: {self.stream.damage}; no row could be read.", hint="Get the file again."
                )
            raise InvalidInput(f"{self.path} is empty.", hint="Even a day without events has a header.")

    def _open_csv(self) -> None:
        form = self.mapping.file
        first = next(self.blocks)
        if len(first.data) == 0:
            raise self._no_header(f"its first line has more than {limits.line_bytes_max} bytes")
        lines = first.data.removeprefix(BOM).split(b"\n", form.skip_lines + 1)
        if form.columns:
            names, rest = form.columns, b"\n".join(lines[form.skip_lines :])
        else:
            while len(lines) > 1 and not lines[form.skip_lines].strip():
                lines = [*lines[: form.skip_lines], *lines[-1].split(b"\n", 1)]
            names, rest = self._header(lines[form.skip_lines]), lines[-1]
        self.columns = tuple(names)
        self.reader = RowReader(form, [f"c{i}" for i in range(len(names))])
        self.first = Block(rest, dropped=first.dropped, last=first.last)
        self.parts = self._csv_parts

    def _header(self, line: bytes) -> list[str]:
        form = self.mapping.file
        if len(line) > limits.header_bytes_max:
            raise self._no_header(f"its first line has more than {limits.header_bytes_max} bytes")
        if b"\r" in line.removesuffix(b"\r"):
            raise self._no_header("its lines end with carriage returns only; save it with line feeds")
        try:
            text = line.decode(form.encoding)
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"The header of {self.path} is not {form.encoding}.",
                hint='Export the file as UTF-8, or say in the mapping: [file] encoding = "gb18030".',
            ) from error
        fields = text.rstrip("\r").split(form.delimiter)
        if form.quote:
            fields = next(csv.reader([text.rstrip("\r")], delimiter=form.delimiter, quotechar=form.quote))
        names = [name.strip() for name in fields]
        check_columns(self.path, self.mapping, names)
        return names

    def _no_header(self, why: str) -> InvalidInput:
        return InvalidInput(
            f"{self.path} has no header that the mapping {self.mapping.name} could be applied to: {why}.",
            hint=f"The first line names the columns: {', '.join(self.mapping.columns())}.",
        )

    def _csv_parts(self) -> Iterator[Part]:
        yield from self._row_parts(self.reader, self.first)

    def _json_parts(self) -> Iterator[Part]:
        reader = RowReader(json_lines.FORM, [json_lines.LINE])
        extractor = self.resources.enter_context(closing(json_lines.Extractor(self.path, self.mapping)))
        first = next(self.blocks)
        first = Block(first.data.removeprefix(BOM), dropped=first.dropped, last=first.last)
        for part in self._row_parts(reader, first):
            yield extractor.extract(part)

    def _row_parts(self, reader: RowReader, first: Block) -> Iterator[Part]:
        rest = b""
        block: Block | None = first
        while block is not None:
            part = reader.read(rest + block.data, cut=block.cut)
            rest = part.rest
            yield part
            if block.dropped:
                yield Part(part.rows.slice(0, 0), reader.drop())
            block = next(self.blocks, None)


class _Rejoined:
    """A stream whose first bytes were looked at."""

    def __init__(self, head: bytes, stream: streams.Stream) -> None:
        self.head, self.stream = head, stream

    @property
    def damage(self) -> str | None:
        return self.stream.damage

    def position(self) -> int:
        return self.stream.position()

    def read(self, size: int) -> bytes:
        data, self.head = self.head[:size], self.head[size:]
        return data + self.stream.read(size - len(data)) if len(data) < size else data


class _Chunker:
    """Cuts numbered parts into chunks of a fixed number of rows; a chunk of huge rows ends sooner."""

    def __init__(self, columns: Sequence[str], rows_max: int, bytes_max: int) -> None:
        self.columns = tuple(columns)
        self.rows_max, self.bytes_max = rows_max, bytes_max
        self.number = 0
        self.first_row = 1
        self.rows_read = 0
        self.waiting: list[Part] = []

    def add(self, part: Part) -> Iterator[Chunk]:
        self.waiting.append(part)
        self.rows_read += part.rows.num_rows + part.unreadable.num_rows
        while self.rows_read - self.first_row + 1 >= self.rows_max:
            yield self._cut(self.first_row + self.rows_max)
        if sum(part.rows.nbytes + part.unreadable.nbytes for part in self.waiting) >= self.bytes_max:
            yield self._cut(self.rows_read + 1)

    def end(self) -> Iterator[Chunk]:
        if self.rows_read >= self.first_row:
            yield self._cut(self.rows_read + 1)

    def _cut(self, next_row: int) -> Chunk:
        rows = pa.concat_tables(part.rows for part in self.waiting)
        unreadable = pa.concat_tables([UNREADABLE.empty_table(), *(part.unreadable for part in self.waiting)])
        good, bad = _before(rows, next_row), _before(unreadable, next_row)
        chunk = Chunk(
            number=self.number,
            columns=self.columns,
            rows=rows.slice(0, good),
            unreadable=unreadable.slice(0, bad),
        )
        self.waiting = [Part(rows.slice(good), unreadable.slice(bad))]
        self.number += 1
        self.first_row = next_row
        return chunk


def _before(table: pa.Table, row_number: int) -> int:
    """How many rows of `table`, which are in order, come before `row_number`."""
    count = compute.sum(compute.less(table["row_number"], row_number)).as_py()
    return int(count or 0)
