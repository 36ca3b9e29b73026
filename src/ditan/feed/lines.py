"""Whole lines of a text file, a block at a time. A line above the limit is dropped without being held in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from ditan.feed.streams import Stream, pieces
from ditan.kernel import limits


@dataclass(frozen=True, slots=True)
class Block:
    """Complete lines, each with its line feed. Nothing of a record may reach over a `cut`."""

    data: bytes
    dropped: bool = False  # a line that is too long came after `data`
    last: bool = False  # nothing comes after it

    @property
    def cut(self) -> bool:
        """Whether the next block does not go on where this one ends."""
        return self.dropped or self.last


def blocks(stream: Stream) -> Iterator[Block]:
    """The lines of `stream`; how they are cut into blocks depends on nothing but the bytes.

    A line without a line feed at the end of the file is a line, but not when the file is damaged there.
    """
    rest = b""
    skipping = False
    for piece in pieces(stream):
        data = rest + piece
        rest = b""
        if skipping:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, skipping = data[end + 1 :], False
        whole = data.rfind(b"\n") + 1
        yield from _without_long_lines(data[:whole])
        rest = data[whole:]
        if len(rest) > limits.line_bytes_max:
            rest, skipping = b"", True
            yield Block(b"", dropped=True)
    yield Block(rest + b"\n" if rest and not stream.damage else b"", last=True)


def _without_long_lines(data: bytes) -> Iterator[Block]:
    start = 0
    for first, end in _long_lines(data):
        yield Block(data[start:first], dropped=True)
        start = end
    if start < len(data):
        yield Block(data[start:])


def _long_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each line above the limit. A line that long fills a window of half its length entirely."""
    window = limits.line_bytes_max // 2
    if all(data.find(b"\n", at, at + window) >= 0 for at in range(0, len(data) - window + 1, window)):
        return
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1
        if end - start > limits.line_bytes_max:
            yield start, end
        start = end
