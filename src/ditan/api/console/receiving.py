"""A file on its way in: its rows lie on the disk while they are posted, and no longer, also when a server is killed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ditan import feed
from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.model import Text

_UPLOADS: Final = "uploads"


async def receive(stream: AsyncIterator[bytes], path: Path) -> str:
    """Write a body to a file that only its owner may read, piece by piece; give its SHA-256."""
    digest, first = hashlib.sha256(), b""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        async for piece in stream:
            first = first or piece[:8]
            digest.update(piece)
            file.write(piece)
    if feed.is_packed(first):
        said = Text(
            zh="只收未压缩的 CSV；压缩或大文件请用 ditan ingest。",
            en="Send a CSV that is not compressed; anything else goes through `ditan ingest`.",
        )
        raise Refused(ProblemCode.MEDIA_TYPE, said)
    return digest.hexdigest()


@contextmanager
def own_folder(home: Path) -> Iterator[Path]:
    """A folder for the rows of one upload, locked while it is used and gone afterwards."""
    clear_left(home)
    uploads = home / _UPLOADS
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(uploads):  # so that nobody clears it between making and locking it
        folder = Path(tempfile.mkdtemp(dir=uploads))
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def clear_left(home: Path) -> None:
    """Remove the rows of uploads whose server was killed: the lock on their folder went with it."""
    uploads = home / _UPLOADS
    if not uploads.is_dir():
        return
    with _locked(uploads):
        for left in uploads.iterdir():
            try:
                held = os.open(left, os.O_RDONLY)
            except FileNotFoundError:  # done and gone since
                continue
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except BlockingIOError:  # it is being used
                continue
            finally:
                os.close(held)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
