"""A client's own record: what it is about to ask, and what it was answered, each line written before the next step.

Only the process is killed, never the machine, so a line that `write` took is not lost. A torn last line is cut off: a
request that was not written down was not sent, and an answer that was not written down is not known.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from ditan.model import BankEvent, Noun


class Kind(StrEnum):
    """What a client asks for."""

    INGEST = "ingest"  # a file of payments and refunds
    COLLECT = "collect"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    AWARD = "award"
    SWEEP = "sweep"


class Operation(Noun, kw_only=True):
    """One request, whole: the same one can be sent again by another process."""

    number: int
    kind: Kind
    customer_ref: str = ""
    request_id: str = ""
    energy: int | None = None
    units: int = 0  # of the stock, with a hold
    deadline: datetime | None = None
    target: UUID | None = None  # the hold that ends, or the act whose ball is collected
    events: list[BankEvent] = msgspec.field(default_factory=list)


class RowEnded(Noun, kw_only=True):
    """How one event of a file ended."""

    code: str
    carbon_mg: int
    energy: int


class Answer(Noun, kw_only=True):
    """What a request was answered, after the commit."""

    number: int
    code: str
    entry_id: UUID | None = None
    energy: int = 0
    retried: bool = False  # it had been sent before by a process that died, or to a server that died
    rows: list[RowEnded] = msgspec.field(default_factory=list)


class Line(Noun, kw_only=True):
    """A line of the journal: one of the two."""

    asked: Operation | None = None
    answered: Answer | None = None


class Record(NamedTuple):
    """A request with its answer; None as long as nobody knows it."""

    operation: Operation
    answer: Answer | None


class Journal:
    """The journal of one client, carried on by the process that takes its place."""

    def __init__(self, path: Path) -> None:
        kept = path.read_bytes() if path.exists() else b""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.ftruncate(self._file, kept.rfind(b"\n") + 1)
        os.lseek(self._file, 0, os.SEEK_END)

    def ask(self, operation: Operation) -> None:
        """Write down what will be asked."""
        self._write(Line(asked=operation))

    def answer(self, answer: Answer) -> None:
        """Write down what was answered."""
        self._write(Line(answered=answer))

    def _write(self, line: Line) -> None:
        content = msgspec.json.encode(line) + b"\n"
        assert os.write(self._file, content) == len(content)


def read(path: Path) -> list[Record]:
    """Give all requests of a journal, in order."""
    records: list[Record] = []
    for line in _lines(path):
        if line.asked is not None:
            records.append(Record(line.asked, None))
        elif line.answered is not None:
            assert records[-1].operation.number == line.answered.number, "an answer to another question"
            records[-1] = Record(records[-1].operation, line.answered)
    return records


def _lines(path: Path) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    for raw in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        if raw.endswith(b"\n"):
            yield decoder.decode(raw)
