"""The bytes of a feed file, decompressed, a bounded piece at a time; damage is noted and not raised.

What a damaged file holds before its damage is still read, so that it can be posted. The caller looks at `damage` when
the bytes end.
"""

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import pyarrow as pa

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput, NotFound

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
PARQUET_MAGIC: Final = b"PAR1"
PIECE_BYTES: Final = 1 << 16

TRUNCATED: Final = "it ends in the middle"
CORRUPT: Final = "its compressed data is damaged"


class Stream(Protocol):
    """Bytes to read once, from the front."""

    @property
    def damage(self) -> str | None:
        """Why the bytes ended early; None: they did not."""
        ...

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer at the end, none after it."""
        ...

    def position(self) -> int:
        """How many bytes of the file, as it is on disk, have been read."""
        ...


def digest(path: Path) -> str:
    """SHA-256 of the file as it is on disk, in hexadecimal."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path: Path) -> BufferedReader:
    """The file, or an error that says what to do."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no file {path}.", hint="Give the path of the feed file as it is seen from here."
        ) from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.", hint="Give a file that this user may read.") from error


def compression(file: BinaryIO) -> str:
    """`gzip`, `zstd` or nothing, by the first bytes; the file is at its beginning afterwards."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic[:2] == GZIP_MAGIC:
        return "gzip"
    return "zstd" if magic == ZSTD_MAGIC else ""


def is_packed(first: bytes) -> bool:
    """Whether a file that begins so is compressed or Parquet: how much is in it cannot be told from its size."""
    return first.startswith((GZIP_MAGIC, ZSTD_MAGIC, PARQUET_MAGIC))


def decompressed(file: BinaryIO) -> Stream:
    """The bytes of `file`, without its compression."""
    kinds: dict[str, type[_Plain]] = {"gzip": _Gzip, "zstd": _Zstd}
    return kinds.get(compression(file), _Plain)(file)


def spooled(stream: Stream) -> BinaryIO:
    """All bytes of `stream` in a temporary file: Parquet is read from its end."""
    target = tempfile.TemporaryFile(prefix="ditan-feed-")  # noqa: SIM115  closed by the caller
    for piece in pieces(stream):
        target.write(piece)
    target.seek(0)
    return target


def pieces(stream: Stream, size: int = limits.block_bytes) -> Iterator[bytes]:
    """The bytes in pieces of `size`, which does not depend on how they are compressed."""
    while piece := stream.read(size):
        yield piece


class _Plain:
    """A file as it is. Subclasses give the next bytes of what is inside."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.damage: str | None = None

    def position(self) -> int:
        return self.file.tell()

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing and not self.damage:
            part = self._next(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _next(self, most: int) -> bytes:
        return self.file.read(most)


class _Gzip(_Plain):
    """One or more gzip members. `zlib` by hand, because `gzip` loses what it had read when it meets the damage."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.member = zlib.decompressobj(wbits=31)
        self.waiting = b""
        self.begun = False

    def _next(self, most: int) -> bytes:
        while True:
            if self.member.eof and not self._next_member():
                return b""
            piece = self.waiting or self.file.read(PIECE_BYTES)
            if not piece:
                self.damage = TRUNCATED if self.begun else None
                return b""
            self.begun = True
            try:
                data = self.member.decompress(piece, most)
            except zlib.error:
                self.damage = CORRUPT
                return b""
            self.waiting = self.member.unused_data if self.member.eof else self.member.unconsumed_tail
            if data:
                return data

    def _next_member(self) -> bool:
        """Members may follow each other, and zeros may fill the rest of the file."""
        self.waiting = (self.waiting or self.file.read(PIECE_BYTES)).lstrip(b"\0")
        self.member = zlib.decompressobj(wbits=31)
        self.begun = False
        return bool(self.waiting) or self.member.eof


class _Zstd(_Plain):
    """One or more zstd frames."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._begin()
        self.given = 0
        self.most = PIECE_BYTES

    def _begin(self) -> None:
        self.source = pa.OSFile(self.file.name)  # not `file` itself: Arrow closes what it is given
        self.frames = pa.CompressedInputStream(self.source, "zstd")

    def position(self) -> int:
        return int(self.source.tell())

    def _next(self, most: int) -> bytes:
        try:
            data: bytes = self.frames.read(min(most, self.most))
        except OSError as error:
            if self.most == 1:
                self.damage = TRUNCATED if "runcated" in str(error) else CORRUPT
                return b""
            # A failed read loses what it had decompressed: come to the damage again, in single bytes.
            self._begin()
            skip = self.given
            while skip:
                skip -= len(self.frames.read(min(skip, PIECE_BYTES)))
            self.most = 1
            return self._next(1)
        self.given += len(data)
        return data
