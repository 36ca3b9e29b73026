"""Write a bank to a folder: the feed as a bank would send it, the accounts, and the truth.

    feed/2026-07.csv    canonical feed files, by month, by day or all in one; .jsonl and .parquet on request
    accounts.jsonl      what customers did with their accounts, in order of time
    truth.parquet       one row per feed row: what it was meant to be, and how it must end
    truth.json          the same in totals

Rows of `truth.parquet`: `file`, `row_number` (1 is the first row after the header), `event_id`, `intent` (a scenario,
`ordinary`, a look-alike, `refund` or `malformed`), `fate` (`candidate`, `no_account`, `no_consent`, `card_not_linked`,
`duplicate`, `conflict`, `refund_of`, `not_green:<code>`, `rejected:<code>`), `trouble`, `original_event_id` and
`original_fate` of refunds and repetitions, `may_be_capped`. A candidate that is not `may_be_capped` must be posted.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import InvalidInput
from ditan.model import Noun
from ditan.testing.rows import COLUMNS, HEADER, Row, Truth, instant

if TYPE_CHECKING:
    from ditan.testing.bank import Bank, Day

Format = Literal["csv", "jsonl", "parquet"]
Split = Literal["month", "day", "none"]
Progress = Callable[[int, int], None]
"""Called after each day with the days and the rows written so far."""

_ROW_GROUP: Final = 100_000

_TRUTH: Final = pa.schema(
    [
        ("file", pa.string()),
        ("row_number", pa.int64()),
        ("event_id", pa.string()),
        ("intent", pa.string()),
        ("fate", pa.string()),
        ("trouble", pa.string()),
        ("original_event_id", pa.string()),
        ("original_fate", pa.string()),
        ("may_be_capped", pa.bool_()),
    ]
)

_TYPES: Final = {
    "amount_fen": pa.int64(),
    "mcc": pa.int32(),
    "city": pa.int32(),
    "settled_on": pa.date32(),
    "occurred_at": pa.timestamp("us", tz="UTC"),
}
_SCHEMA: Final = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])


class Written(Noun, frozen=True, kw_only=True):
    """What `write` wrote. `digest` is of the rows as CSV text, also when the files are JSON Lines or Parquet."""

    folder: str
    files: dict[str, int]  # path below the folder: rows
    rows: int
    customers: int
    accounts: int
    steps: int
    by_intent: dict[str, int]
    by_fate: dict[str, int]
    by_trouble: dict[str, int]
    by_intent_and_fate: dict[str, dict[str, int]]
    digest: str


def write(
    bank: Bank,
    folder: str | Path,
    *,
    format: Format = "csv",  # noqa: A002
    split: Split = "month",
    progress: Progress | None = None,
) -> Written:
    """Play the bank into `folder`, which is made if it is missing; files of the same name are replaced.

    Raises: InvalidInput when the format or the split is unknown.
    """
    if format not in _FILES:
        raise InvalidInput(f"There is no format {format!r}.", hint=f"Choose one of {', '.join(_FILES)}.")
    if split not in _NAMES:
        raise InvalidInput(f"A feed cannot be split by {split!r}.", hint=f"Choose one of {', '.join(_NAMES)}.")
    root = Path(folder)
    (root / "feed").mkdir(parents=True, exist_ok=True)
    steps = _write_accounts(bank, root / "accounts.jsonl")
    with _Truths(root / "truth.parquet") as truths, _Feed(root, format) as feed:
        for day in bank.deliveries(typed=format == "parquet"):
            name = f"feed/{_NAMES[split](day)}.{format}"
            first_row = feed.write(name, [row.line for row in day.rows])
            truths.write(name, first_row, day.rows)
            if progress:
                progress(day.number + 1, feed.rows)
    written = Written(
        folder=str(root),
        files=feed.files,
        rows=feed.rows,
        customers=len(bank.customers),
        accounts=sum(customer.account is not None for customer in bank.customers),
        steps=steps,
        by_intent=truths.total(attrgetter("intent")),
        by_fate=truths.total(attrgetter("fate")),
        by_trouble=truths.total(attrgetter("trouble")),
        by_intent_and_fate=truths.intents(),
        digest=feed.digest,
    )
    _write_summary(bank, written, root / "truth.json")
    return written


_NAMES: Final[dict[str, Callable[[Day], str]]] = {
    "month": lambda day: f"{day.on:%Y-%m}",
    "day": lambda day: f"{day.on:%Y-%m-%d}",
    "none": lambda _: "all",
}


# --- the feed -------------------------------------------------------------------------------------------------------


class _File(Protocol):
    """A feed file that is being written."""

    def write(self, lines: list[str]) -> None: ...

    def close(self) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._file.write(HEADER.encode() + b"\n")

    def write(self, lines: list[str]) -> None:
        self._file.write(("\n".join(lines) + "\n").encode())

    def close(self) -> None:
        self._file.close()


class _JsonLines:
    """Only what is given; numbers as numbers, attributes as an object."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")

    def write(self, lines: list[str]) -> None:
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        told = [encode(_typed(dict(zip(COLUMNS, cells, strict=True)))) for cells in csv.reader(lines)]
        self._file.write(("\n".join(told) + "\n").encode())

    def close(self) -> None:
        self._file.close()


_WHOLE: Final = re.compile(r"-?\d{1,18}")


def _typed(cells: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: text for name, text in cells.items() if text}
    for name in ("amount_fen", "mcc", "city"):
        if _WHOLE.fullmatch(cells[name]):
            found[name] = int(cells[name])
    if cells["attributes"].startswith("{") and cells["attributes"].endswith("}"):
        found["attributes"] = json.loads(cells["attributes"])
    return found


class _Parquet:
    """Typed columns; `attributes` stays JSON text. What cannot be a number or a time becomes null."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _SCHEMA, compression="zstd")
        self._lines: list[str] = []

    def write(self, lines: list[str]) -> None:
        self._lines += lines
        if len(self._lines) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        if self._lines:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        text = ("\n".join(self._lines) + "\n").encode()
        self._lines = []
        convert = pa.csv.ConvertOptions(column_types=_SCHEMA, strings_can_be_null=True, null_values=[""])
        read = pa.csv.ReadOptions(column_names=list(COLUMNS))
        self._writer.write_table(pa.csv.read_csv(pa.py_buffer(text), read_options=read, convert_options=convert))


_FILES: Final[dict[str, Callable[[Path], _File]]] = {"csv": _Csv, "jsonl": _JsonLines, "parquet": _Parquet}


class _Feed:
    """The feed files of a folder: one is open at a time, because days come in order."""

    def __init__(self, root: Path, format_: str) -> None:
        self._root, self._new = root, _FILES[format_]
        self._open: _File | None = None
        self._hash = sha256()
        self.files: dict[str, int] = {}

    def __enter__(self) -> _Feed:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self._open.close()

    def write(self, name: str, lines: list[str]) -> int:
        """Add lines to a file and give the number of the first of them in it."""
        if name not in self.files:
            if self._open:
                self._open.close()
            self._open = self._new(self._root / name)
            self.files[name] = 0
        first = self.files[name] + 1
        if lines and self._open:
            self._open.write(lines)
            self._hash.update(("\n".join(lines) + "\n").encode())
        self.files[name] += len(lines)
        return first

    @property
    def rows(self) -> int:
        return sum(self.files.values())

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


# --- accounts and truth ---------------------------------------------------------------------------------------------


def _write_accounts(bank: Bank, path: Path) -> int:
    midnight = datetime.combine(bank.start, time(), BUSINESS_ZONE)
    steps = bank.account_steps()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for step in steps:
            at = instant(midnight + timedelta(seconds=step.t))
            file.write(json.dumps({"at": at, "action": step.action} | step.details, separators=(",", ":")) + "\n")
    return len(steps)


class _Truths:
    """The truth file, and the totals of it."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _TRUTH, compression="zstd")
        self._kinds: dict[Truth, int] = {}  # each truth once, by its number
        self._tables: list[pa.Table] = []
        self._waiting = 0
        self.counts: Counter[Truth] = Counter()

    def __enter__(self) -> _Truths:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def write(self, name: str, first_row: int, rows: list[Row]) -> None:
        if not rows:
            return
        _, _, event_ids, truths, originals = zip(*rows, strict=True)
        counts = Counter(truths)
        self.counts.update(counts)
        for truth in counts:
            self._kinds.setdefault(truth, len(self._kinds))
        place = pa.array(map(self._kinds.__getitem__, truths), pa.int32(), size=len(rows))
        intent, fate, trouble, original_fate, may_be_capped = (
            pa.array(column).take(place) for column in zip(*self._kinds, strict=True)
        )
        columns = {
            "file": pa.repeat(name, len(rows)),
            "row_number": pa.array(range(first_row, first_row + len(rows)), pa.int64()),
            "event_id": pa.array(event_ids, pa.string()),
            "intent": intent,
            "fate": fate,
            "trouble": trouble,
            "original_event_id": pa.array(originals, pa.string()),
            "original_fate": original_fate,
            "may_be_capped": may_be_capped,
        }
        self._tables.append(pa.table([columns[field.name].cast(field.type) for field in _TRUTH], schema=_TRUTH))
        self._waiting += len(rows)
        if self._waiting >= _ROW_GROUP:
            self._flush()

    def total(self, of: Callable[[Truth], str]) -> dict[str, int]:
        """Rows by one property of their truth."""
        totals: Counter[str] = Counter()
        for truth, rows in self.counts.items():
            if of(truth):
                totals[of(truth)] += rows
        return dict(sorted(totals.items()))

    def intents(self) -> dict[str, dict[str, int]]:
        """Rows by intent and fate."""
        totals: dict[str, Counter[str]] = {}
        for truth, rows in self.counts.items():
            totals.setdefault(truth.intent, Counter())[truth.fate] += rows
        return {intent: dict(sorted(fates.items())) for intent, fates in sorted(totals.items())}

    def _flush(self) -> None:
        if self._tables:
            self._writer.write_table(pa.concat_tables(self._tables))
        self._tables, self._waiting = [], 0


def _write_summary(bank: Bank, written: Written, path: Path) -> None:
    about = {
        "customers": written.customers,
        "days": bank.days,
        "seed": bank.seed,
        "start": bank.start.isoformat(),
        "methodology": bank.pack.number,
        "accounts": written.accounts,
        "account_steps": written.steps,
        "rows": written.rows,
        "files": written.files,
        "by_intent": written.by_intent,
        "by_fate": written.by_fate,
        "by_trouble": written.by_trouble,
        "by_intent_and_fate": written.by_intent_and_fate,
        "digest": written.digest,
    }
    path.write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
