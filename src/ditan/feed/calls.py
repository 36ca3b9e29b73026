"""Events that come in a call and not in a file: the same lines, read the same way, and none of them meets a disk."""

from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa

from ditan.feed import json_lines
from ditan.feed.chunks import UNREADABLE, Chunk
from ditan.feed.lines import blocks
from ditan.feed.mapping import Mapping
from ditan.feed.records import Part, RowReader

#: What a message calls the events of a call, where it would name a file.
NAME: Final = "the call"
_BREAKS: Final = bytes.maketrans(b"\r\n", b"  ")


class _Lines:
    """The lines of a call, to read once."""

    damage = None

    def __init__(self, lines: bytes) -> None:
        self.lines = BytesIO(lines)

    def read(self, size: int) -> bytes:
        return self.lines.read(size)

    def position(self) -> int:
        return self.lines.tell()


def as_lines(events: Sequence[bytes]) -> bytes:
    """Put JSON values on a line each. A line break inside one stands between its parts, where a blank does as well."""
    return b"".join(event.translate(_BREAKS) + b"\n" for event in events)


def read_lines(lines: bytes, mapping: Mapping) -> Chunk:
    """Read JSON Lines as one chunk.

    Raises: InvalidInput when the events are of another feed: none of the members that the mapping needs, or others.
    """
    reader = RowReader(json_lines.FORM, [json_lines.LINE])
    parts: list[Part] = []
    rest = b""
    with closing(json_lines.Extractor(Path(NAME), mapping)) as extractor:
        for block in blocks(_Lines(lines)):
            part = reader.read(rest + block.data, cut=block.cut)
            rest = part.rest
            parts.append(extractor.extract(part))
            if block.dropped:
                parts.append(extractor.extract(Part(part.rows.slice(0, 0), reader.drop())))
    return Chunk(
        number=0,
        columns=json_lines.columns(mapping),
        rows=pa.concat_tables(part.rows for part in parts),
        unreadable=pa.concat_tables([UNREADABLE.empty_table(), *(part.unreadable for part in parts)]),
    )
