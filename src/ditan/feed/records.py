"""Rows of a text file as columns of text. A broken row is set aside with its code, and those after it are still read.

Good blocks are read as a whole by Arrow. A block with anything unusual in it is gone through line by line first, and
Arrow then reads what is sound; both ways give the same rows, so a row never depends on its neighbors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.csv as arrow_csv
from pyarrow import compute

from ditan.feed.chunks import UNREADABLE
from ditan.feed.codes import Code
from ditan.feed.mapping import File
from ditan.kernel import limits

#: A delimiter that no line of JSON can hold, so that Arrow reads whole lines.
NO_DELIMITER: Final = "\x1f"


@dataclass(slots=True)
class Part:
    """The rows of one block, numbered; `rest` is the beginning of a record that the block does not end."""

    rows: pa.Table
    unreadable: pa.Table
    rest: bytes = b""


@dataclass(slots=True)
class _Sorted:
    """Lines of a block, sorted into what Arrow may read and what it may not."""

    sound: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    bad: list[tuple[int, str, str, str]] = field(default_factory=list)
    rest: bytes = b""


class RowReader:
    """Reads blocks of one file in order; `names` are those of the columns that come out."""

    def __init__(self, form: File, names: Sequence[str]) -> None:
        self.form = form
        self.names = list(names)
        self.row_number = 0  # of the last row read
        delimiter, quote = re.escape(form.delimiter.encode()), form.quote.encode()
        #: Outside quotes, a quote stands next to a delimiter, a line break or another quote.
        self.after_quote = re.compile(quote + b"[^" + delimiter + b"\r\n" + quote + b"]") if quote else None
        self.quote = quote

    def read(self, data: bytes, *, cut: bool) -> Part:
        """The rows in `data`, which holds whole lines; `cut`: no record may go on in the next block."""
        text = self._utf8(data)
        if text is None or not self._sound(text):
            return self._read_sorted(data, cut=cut)
        bad: list[tuple[int, str, str, str]] = []
        first = self.row_number + 1

        def set_aside(row: arrow_csv.InvalidRow) -> str:
            bad.append(self._wrong_count(first + row.number - 1, row))
            return "skip"

        table = self._columns(text, set_aside)
        count = table.num_rows + len(bad)
        self.row_number += count
        numbers = _without(range(first, first + count), {number for number, *_ in bad})
        return Part(_numbered(table, numbers), _unreadable(bad))

    def drop(self) -> pa.Table:
        """A line that was too long to read: it is a row, too."""
        self.row_number += 1
        detail = f"more than {limits.line_bytes_max} bytes"
        return _unreadable([(self.row_number, Code.LINE_TOO_LONG, detail, "")])

    # --- a block as a whole ---

    def _utf8(self, data: bytes) -> bytes | None:
        """`data` in UTF-8, or None when it is not text in the encoding of the file."""
        if self.form.encoding != "utf-8":
            try:
                return data.decode(self.form.encoding).encode()
            except UnicodeDecodeError:
                return None
        return data if _is_utf8(data) else None

    def _sound(self, text: bytes) -> bool:
        """Whether every line is a record of its own: quotes enclose whole fields and no line break."""
        if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
            return False
        if self.after_quote is None or self.quote not in text:
            return True
        parts = text.split(self.quote)
        if len(parts) % 2 == 0 or b"\n" in b"".join(parts[1::2]):
            return False
        return self._quotes_enclose(parts)

    def _quotes_enclose(self, parts: list[bytes]) -> bool:
        assert self.after_quote is not None
        outside = self.quote.join(parts[::2])
        # Backwards, the same expression finds text before an opening quote; it is slow to look for it forwards.
        return not self.after_quote.search(outside) and not self.after_quote.search(outside[::-1])

    def _columns(self, text: bytes, set_aside: object) -> pa.Table:
        if not text.strip(b"\r\n"):
            return pa.table({name: pa.array([], pa.string()) for name in self.names})
        return arrow_csv.read_csv(
            pa.BufferReader(text),
            # One thread: only then does Arrow say which row was wrong.
            read_options=arrow_csv.ReadOptions(column_names=self.names, use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.form.delimiter,
                quote_char=self.form.quote or False,
                newlines_in_values=bool(self.form.quote),
                invalid_row_handler=set_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=False
            ),
        )

    def _wrong_count(self, number: int, row: arrow_csv.InvalidRow) -> tuple[int, str, str, str]:
        detail = f"{row.actual_columns} columns instead of {row.expected_columns}"
        return number, Code.MALFORMED_ROW, detail, _shown(row.text or "")

    # --- a block line by line ---

    def _read_sorted(self, data: bytes, *, cut: bool) -> Part:
        lines = self._sort(data, cut=cut)

        def set_aside(row: arrow_csv.InvalidRow) -> str:
            lines.bad.append(self._wrong_count(lines.numbers[row.number - 1], row))
            return "skip"

        table = self._columns(b"\n".join([*lines.sound, b""]), set_aside)
        numbers = _without(lines.numbers, {number for number, *_ in lines.bad})
        return Part(_numbered(table, numbers), _unreadable(sorted(lines.bad)), lines.rest)

    def _sort(self, data: bytes, *, cut: bool) -> _Sorted:
        result = _Sorted()
        lines = data.split(b"\n")[:-1]
        at = 0
        while at < len(lines):
            if not lines[at].strip(b"\r"):
                at += 1
                continue
            record, used, problem = self._record(lines, at, cut=cut)
            if used == 0:
                result.rest = b"\n".join([*lines[at:], b""])
                break
            self.row_number += 1
            if problem is None:
                result.sound.append(record)
                result.numbers.append(self.row_number)
            else:
                shown = _shown(lines[at].decode(self.form.encoding, errors="replace"))
                result.bad.append((self.row_number, *problem, shown))
            at += used
        return result

    def _record(self, lines: list[bytes], at: int, *, cut: bool) -> tuple[bytes, int, tuple[str, str] | None]:
        """The record that begins at a line, how many lines it has, and what is wrong with it.

        No lines: the block ends before the record does. A quote that stays open breaks its own line only.
        """
        text = self._utf8(lines[at])
        if text is None:
            return b"", 1, (Code.BAD_ENCODING, f"not {self.form.encoding}")
        if self._sound(text + b"\n"):
            return text.removesuffix(b"\r"), 1, None
        if self.quote and text.count(self.quote) % 2:
            joined = self._joined(lines, at, cut=cut)
            if joined is not None:
                return joined[0], joined[1], None
        return b"", 1, (Code.MALFORMED_ROW, "a quote or a line break is out of place")

    def _joined(self, lines: list[bytes], at: int, *, cut: bool) -> tuple[bytes, int] | None:
        """The record of several lines that begins here, if it closes within the limits and has the right columns."""
        record = b""
        for used, line in enumerate(lines[at : at + limits.record_lines_max], start=1):
            text = self._utf8(line)
            if text is None:
                return None
            record = record + b"\n" + text if record else text
            if len(record) > limits.line_bytes_max:
                return None
            if record.count(self.quote) % 2 == 0:
                return (record.removesuffix(b"\r"), used) if self._whole(record) else None
        reached_end = at + limits.record_lines_max > len(lines)
        return (b"", 0) if reached_end and not cut else None

    def _whole(self, record: bytes) -> bool:
        parts = record.removesuffix(b"\r").split(self.quote)
        outside = b"".join(parts[::2])
        columns = outside.count(self.form.delimiter.encode()) + 1
        return columns == len(self.names) and b"\r" not in outside and self._quotes_enclose(parts)


def _is_utf8(data: bytes) -> bool:
    """Checked by Arrow, which is several times faster than decoding."""
    offsets = pa.array([0, len(data)], pa.int64()).buffers()[1]
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _without(numbers: Sequence[int], bad: set[int]) -> Sequence[int]:
    return [number for number in numbers if number not in bad] if bad else numbers


def _numbered(table: pa.Table, numbers: Sequence[int]) -> pa.Table:
    if isinstance(numbers, range) and numbers:
        column = compute.add(_counted(1 << (len(numbers) - 1).bit_length()).slice(0, len(numbers)), numbers[0])
    else:
        column = pa.array(numbers, pa.int64())
    return table.append_column("row_number", column)


@lru_cache(maxsize=4)
def _counted(length: int) -> pa.Array:
    """0, 1, 2, …: adding to it is ten times faster than making it."""
    return pa.array(range(length), pa.int64())


def _unreadable(bad: Sequence[tuple[int, str, str, str]]) -> pa.Table:
    columns = zip(*bad, strict=True) if bad else ([], [], [], [])
    return pa.table([list(column) for column in columns], schema=UNREADABLE)


def _shown(line: str) -> str:
    return line.rstrip("\r\n")[: limits.shown_line_chars_max]
