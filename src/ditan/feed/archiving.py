"""The evidence archive: what a batch posted, as Parquet, by the day it was received; it is the input of replay.

A file appears in two steps around the posting transaction, so that a crash at any time leaves neither a manifest row
without a file nor a file that was never posted:

    prepared = prepare(archive, evidence, batch_id=…, received_at=…)    on disk, under a name that nobody reads
    …the manifest row commits with the postings…
    publish(prepared)                                                   the file gets its name
    recover(archive, manifest)                                          at the next start: finishes the interrupted

No SQL here: the manifest is in PostgreSQL, and `manifest.json` beside the files is derived from it.
"""

import fcntl
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import duckdb
import msgspec
import pyarrow as pa
from pyarrow import parquet

from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict, InvariantViolation
from ditan.model import Noun

#: The folder below DITAN_HOME.
ARCHIVE: Final = "archive"
MANIFEST: Final = "manifest.json"
PART: Final = ".tmp"


class Filed(Protocol):
    """A line of the manifest, as PostgreSQL has it."""

    @property
    def batch_id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> bytes: ...


class Prepared:
    """An evidence file that is on disk but has no name yet, and what the manifest says of it.

    It is locked as long as this object lives, so that the recovery of another process leaves it alone.
    """

    def __init__(self, archive: Path, path: str, rows: int, size: int, sha256: bytes, lock: int) -> None:
        self.archive = archive
        self.path = path  # below the archive: `2026-03-01/batch-7.parquet`
        self.rows = rows
        self.bytes = size
        self.sha256 = sha256
        self._lock = lock

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        """Let go of the lock."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


class Recovered(Noun, kw_only=True):
    """What `recover` found to do, by the path of the file."""

    published: list[str]
    removed: list[str]
    damaged: list[str]


def prepare(
    archive: Path, evidence: duckdb.DuckDBPyRelation | pa.Table, *, batch_id: int, received_at: datetime
) -> Prepared | None:
    """Write the evidence of a batch so that it survives a crash; None when there is none.

    The same rows give the same bytes. Raises `Conflict` when the archive holds another batch of this number: it then
    belongs to another database, and evidence is never written over.
    """
    table = evidence if isinstance(evidence, pa.Table) else evidence.to_arrow_table()
    if not table.num_rows:
        return None
    path = f"{business_day(received_at).isoformat()}/batch-{batch_id}.parquet"
    target = archive / path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + PART)
    lock = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with part.open("r+b") as file:
        file.truncate()
        parquet.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").digest()
    _sync_directory(target.parent)
    _sync_directory(archive)
    prepared = Prepared(archive, path, table.num_rows, size, digest, lock)
    if target.exists() and _sha256(target) != digest:
        part.unlink()
        raise Conflict(
            f"The archive already holds another {path}.",
            hint=f"{archive} belongs to another database. Give this one a home of its own (DITAN_HOME).",
        )
    return prepared


def publish(prepared: Prepared) -> Path:
    """Give the file its name, for good; doing it twice changes nothing."""
    target = _named(prepared.archive, prepared.path)
    prepared.release()
    return target


def recover(archive: Path, manifest: Iterable[Filed] | Callable[[], Iterable[Filed]]) -> Recovered:
    """Bring the archive to what the manifest says: finish renames, remove what was never posted.

    `manifest` has all committed lines; given as a function, it is read after the unfinished files are locked, so that
    none of them can be posted unseen by another process. Files that a living process is about to post are left alone,
    and so are files that have their name: they may be the evidence of another database.
    """
    published: list[str] = []
    removed: list[str] = []
    damaged: list[str] = []
    with ExitStack() as locks:
        parts = sorted(archive.glob(f"*/batch-*.parquet{PART}"))
        idle = [part for part in parts if locks.enter_context(_lock_unless_busy(part))]
        filed = {entry.path: entry for entry in (manifest() if callable(manifest) else manifest)}
        for part in idle:
            path = part.relative_to(archive).as_posix().removesuffix(PART)
            entry = filed.get(path)
            if entry is None:
                part.unlink(missing_ok=True)
                removed.append(path)
            elif intact(part, entry):
                _named(archive, path)
                published.append(path)
            else:
                damaged.append(path)
    return Recovered(published=published, removed=removed, damaged=damaged)


def intact(file: Path, entry: Filed) -> bool:
    """Whether `file` is, byte for byte, what the manifest says."""
    return file.is_file() and file.stat().st_size == entry.size and _sha256(file) == entry.sha256


def write_manifests(archive: Path, manifest: Iterable[Filed]) -> list[Path]:
    """`manifest.json` of every day, for whoever is given the files without the database; unchanged ones stay."""
    days: dict[str, list[Filed]] = defaultdict(list)
    for entry in manifest:
        days[entry.path.split("/")[0]].append(entry)
    return [_write_manifest(archive, day, entries) for day, entries in sorted(days.items())]


def _write_manifest(archive: Path, day: str, entries: Sequence[Filed]) -> Path:
    files = [
        {
            "batch_id": entry.batch_id,
            "file": entry.path.split("/")[-1],
            "rows": entry.rows,
            "bytes": entry.size,
            "sha256": entry.sha256.hex(),
        }
        for entry in sorted(entries, key=lambda entry: entry.batch_id)
    ]
    path = archive / day / MANIFEST
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode({"received_on": day, "files": files}), indent=2) + b"\n"
    if path.exists() and path.read_bytes() == content:
        return path
    part = path.with_name(f"{MANIFEST}.{os.getpid()}{PART}")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync_directory(path.parent)
    return path


def _named(archive: Path, path: str) -> Path:
    """Rename, unless another process has done it in the meantime."""
    target = archive / path
    try:
        target.with_name(target.name + PART).replace(target)
    except FileNotFoundError as error:
        if not target.exists():
            raise InvariantViolation("INV-12", f"the evidence file {path} is gone") from error
    _sync_directory(target.parent)
    return target


@contextmanager
def _lock_unless_busy(part: Path) -> Iterator[bool]:
    """Whether nobody is about to post the file; it is ours until the end of the block."""
    try:
        handle = os.open(part, os.O_RDWR)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _sync_directory(directory: Path) -> None:
    """A rename is on disk only when its directory is."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
