"""Hold the clients' journals against the books: what was lost, what is there twice, what nobody asked for.

Nothing here believes the ledger's own sums. What each customer and each limited account must have is added up from
the answers that the clients wrote down; only what time did (lapse, expiry, release at a deadline) comes from entries.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any
from uuid import UUID

from tests.crash.journal import Answer, Kind, Operation, Record
from tests.simulation.running import Bench, tidy_archive

from ditan import feed
from ditan.kernel.ids import act_id, key

DONE = frozenset({"done", "exists"})

#: Codes of rows that leave an act, or a reversal, behind.
KEPT = frozenset({"posted", "capped", "too_soon", "same_occasion"})


@dataclass
class Findings:
    """What an audit found. All lists are empty when nothing was lost and nothing doubled."""

    acknowledged: int = 0
    unknown: int = 0  # died before the answer, and were asked again
    were_there: int = 0  # of these, had been committed by the first attempt
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)  # there, and nobody asked for it
    broken: list[str] = field(default_factory=list)  # promises of `ditan check`, and of the archive

    @property
    def clean(self) -> bool:
        """Whether all is well."""
        return not (self.lost or self.doubled or self.strange or self.broken)


def end_of(hold: UUID) -> UUID:
    """The id of the one entry that can end a hold."""
    return UUID(md5(f"end of hold {hold}".encode()).hexdigest())


def audit(bench: Bench, journals: Sequence[list[Record]], opened: dict[str, int]) -> Findings:
    """Compare the journals of all clients with the ledger and the archive. `opened`: limited accounts at the start."""
    found = Findings()
    books = _Books(bench)
    expected: Counter[tuple[str, str]] = Counter()
    attempted: dict[str, set[UUID]] = defaultdict(set)
    for operation, answer in (record for journal in journals for record in journal):
        if answer is None:
            found.strange.append(f"{operation.request_id}: never answered")
            continue
        found.acknowledged += 1
        found.unknown += answer.retried
        found.were_there += answer.retried and _was_there(answer)
        _add(attempted, operation)
        for lost in _lost(books, operation, answer):
            found.lost.append(f"{operation.kind} {operation.request_id}: {lost}")
        expected.update(_effects(books, operation, answer))
    _compare_entries(books, attempted, found)
    _compare_sums(books, expected, opened, found)
    _compare_batches(bench, found)
    found.broken += [f"{invariant}: {offenders}" for invariant, offenders in bench.broken().items()]
    _compare_archive(bench, books, found)
    return found


class _Books:
    """The ledger as it is, by id."""

    def __init__(self, bench: Bench) -> None:
        self.acts = self._by_id(bench, "SELECT act_id, customer_id, carbon_mg, energy FROM ledger.act")
        self.reversals = self._by_id(bench, "SELECT reversal_id, customer_id, carbon_mg, energy FROM ledger.reversal")
        self.gone = dict(bench.ask("SELECT customer_id, sum(gone_energy)::bigint FROM ledger.reversal GROUP BY 1"))
        question = (
            "SELECT entry_id, kind::text, customer_id, pending_energy, available_energy, held_energy, owed_energy,"
            " units, limited_id, hold_id, content_key FROM ledger.entry"
        )
        self.entries = {row[0]: _Entry(*row) for row in bench.ask(question)}
        self.customers = dict(bench.ask("SELECT customer_ref, customer_id FROM accounts.customer"))
        self.refs = {number: ref for ref, number in self.customers.items()}
        self.limited = dict(bench.ask("SELECT name, balance FROM ledger.limited"))
        self.limited_names = dict(bench.ask("SELECT limited_id, name FROM ledger.limited"))
        self.holders = {
            self.refs[row[0]]: row[1:]
            for row in bench.ask(
                "SELECT customer_id, carbon_mg, pending_energy + available_energy + held_energy - owed_energy,"
                " held_energy FROM ledger.holder"
            )
        }

    @staticmethod
    def _by_id(bench: Bench, question: str) -> dict[UUID, tuple[int, int, int]]:
        rows = bench.ask(question)
        found = {row[0]: (row[1], row[2], row[3]) for row in rows}
        assert len(found) == len(rows), "one id, two rows"
        return found


@dataclass
class _Entry:
    entry_id: UUID
    kind: str
    customer_id: int | None
    pending: int
    available: int
    held: int
    owed: int
    units: int
    limited_id: int | None
    hold_id: UUID | None
    content_key: UUID

    @property
    def given(self) -> int:
        """What the entry added to the customer's energy."""
        return self.pending + self.available + self.held - self.owed


def _was_there(answer: Answer) -> bool:
    return answer.code == "exists" or any(row.code == "duplicate" for row in answer.rows)


def _entry_id(books: _Books, operation: Operation) -> UUID:
    """The id that a request must have become, from the request alone."""
    if operation.target is not None and operation.kind in {Kind.CAPTURE, Kind.RELEASE}:
        return end_of(operation.target)
    return key("request", str(books.customers[operation.customer_ref]), operation.request_id)


def _add(attempted: dict[str, set[UUID]], operation: Operation) -> None:
    for event in operation.events:
        what = "act" if event.original_event_id is None else "reversal"
        attempted[what].add(act_id(event.source, event.event_id))
    if operation.kind in {Kind.CAPTURE, Kind.RELEASE} and operation.target:
        attempted[operation.kind].add(end_of(operation.target))


# --- what was acknowledged is there -----------------------------------------------------------------------------------


def _lost(books: _Books, operation: Operation, answer: Answer) -> Iterator[str]:
    """What was acknowledged and is not there as it was acknowledged."""
    if operation.kind is Kind.INGEST:
        yield from _lost_rows(books, operation, answer)
    elif operation.kind is not Kind.SWEEP and answer.code in DONE:
        entry = books.entries.get(_entry_id(books, operation))
        if entry is None:
            yield "acknowledged, and there is no entry"
        elif answer.entry_id != entry.entry_id or entry.kind != operation.kind or _moved(entry) != answer.energy:
            yield f"acknowledged {answer.energy} as {answer.entry_id}, the entry is {entry}"


def _lost_rows(books: _Books, operation: Operation, answer: Answer) -> Iterator[str]:
    for event, row in zip(operation.events, answer.rows, strict=True):
        event_id = act_id(event.source, event.event_id)
        kept = (books.reversals if event.original_event_id else books.acts).get(event_id)
        if row.code in KEPT or row.code == "refunded":
            if kept is None or kept[1:] != (abs(row.carbon_mg), abs(row.energy)):
                yield f"{event.event_id} ended {row}, the ledger has {kept}"
        elif row.code == "duplicate" and kept is None:
            yield f"{event.event_id} is called a duplicate, and is not there"


def _moved(entry: _Entry) -> int:
    match entry.kind:
        case "collect":
            return -entry.pending
        case "hold":
            return entry.held
        case "award":
            return entry.pending
        case "capture":
            return -entry.given
        case _:
            return -entry.held


# --- nothing is there that nobody asked for ---------------------------------------------------------------------------


def _compare_entries(books: _Books, attempted: dict[str, set[UUID]], found: Findings) -> None:
    """Acts and reversals are events that were sent, captures and releases were asked for or made by the deadline."""
    for what, kept in (("act", books.acts), ("reversal", books.reversals)):
        found.strange += [f"{what} {one} was never sent" for one in kept.keys() - attempted[what]]
    for entry in books.entries.values():
        by_deadline = entry.kind == "release" and entry.content_key == entry.entry_id
        if entry.kind in {"capture", "release"} and entry.entry_id not in attempted[entry.kind] and not by_deadline:
            found.strange.append(f"{entry.kind} {entry.entry_id} was never asked for")


# --- sums -------------------------------------------------------------------------------------------------------------


def _effects(books: _Books, operation: Operation, answer: Answer) -> Counter[tuple[str, str]]:
    """What an answer means for the customers and the limited accounts."""
    effects: Counter[tuple[str, str]] = Counter()
    if operation.kind is Kind.INGEST:
        for event, row in zip(operation.events, answer.rows, strict=True):
            carbon_mg, energy = row.carbon_mg, row.energy
            if row.code == "duplicate":  # committed by an attempt nobody saw the answer of: the row says what it gave
                kept = books.reversals if event.original_event_id else books.acts
                _, carbon_mg, energy = kept.get(act_id(event.source, event.event_id), (0, 0, 0))
                sign = -1 if event.original_event_id else 1
                carbon_mg, energy = sign * carbon_mg, sign * energy
            effects[event.customer_ref, "carbon"] += carbon_mg
            effects[event.customer_ref, "energy"] += energy
    elif answer.code in DONE:
        who = operation.customer_ref
        match operation.kind:
            case Kind.AWARD:
                effects[who, "energy"] += answer.energy
                effects["budget", "units"] -= answer.energy
                effects["awards", "entries"] += 1
            case Kind.COLLECT:
                effects["collects", "entries"] += 1
            case Kind.HOLD:
                effects[who, "held"] += answer.energy
                effects["stock", "units"] -= operation.units
                effects["holds", "entries"] += 1
            case Kind.CAPTURE | Kind.RELEASE:
                assert operation.target is not None
                effects.update(_ended(books, operation.target, answer.energy * (operation.kind is Kind.CAPTURE)))
    return effects


def _ended(books: _Books, hold_id: UUID, used: int) -> Counter[tuple[str, str]]:
    hold = books.entries.get(hold_id)
    if hold is None or hold.customer_id is None:
        return Counter()
    who = books.refs[hold.customer_id]
    effects = Counter({(who, "held"): -hold.held, (who, "energy"): -used})
    if not used:
        effects["stock", "units"] -= hold.units
    return effects


def _compare_sums(books: _Books, expected: Counter[tuple[str, str]], opened: dict[str, int], found: Findings) -> None:
    """Balances are what the answers add up to, and time took; more than that was applied twice, less was lost."""
    for entry in books.entries.values():
        if entry.customer_id is not None and entry.kind in {"lapse", "expire"}:
            expected[books.refs[entry.customer_id], "energy"] += entry.given
        if entry.kind == "release" and entry.content_key == entry.entry_id and entry.hold_id:
            expected.update(_ended(books, entry.hold_id, 0))
    for number, energy in books.gone.items():  # had lapsed or expired: nobody loses it a second time
        expected[books.refs[number], "energy"] += energy
    told: dict[tuple[str, str], int] = {}
    for ref, (carbon_mg, energy, held) in books.holders.items():
        told |= {(ref, "carbon"): carbon_mg, (ref, "energy"): energy, (ref, "held"): held}
    for name, balance in books.limited.items():
        told[name, "units"] = balance - opened[name]
    kinds = Counter(entry.kind for entry in books.entries.values())
    told |= {(f"{kind}s", "entries"): kinds[kind] for kind in ("award", "collect", "hold")}
    for (who, what), value in told.items():
        wanted = expected[who, what]
        if value != wanted:
            into = found.doubled if abs(value) > abs(wanted) else found.lost
            into.append(f"{who} {what}: the journals add up to {wanted}, there is {value}")


def _compare_batches(bench: Bench, found: Findings) -> None:
    """A file that is sent again is a rerun of its first batch: totals of the feed count it once."""
    rows = bench.ask("SELECT file_name, count(*) FROM feed.batch WHERE rerun_of IS NULL GROUP BY 1 HAVING count(*) > 1")
    found.doubled += [f"file {name} counts {count} times" for name, count in rows]


def _compare_archive(bench: Bench, books: _Books, found: Findings) -> None:
    """Every act has its evidence once, every file is whole, and all of it quantifies to what was posted."""
    archive = bench.settings.home / feed.ARCHIVE
    feed.recover(archive, bench.manifest)
    feed.write_manifests(archive, bench.manifest())
    replayed = bench.replayed()
    if replayed.differences or replayed.broken_files:
        found.broken.append(f"replay: {replayed.differences} differences, {replayed.broken_files} broken files")
    if replayed.broken_files:
        return
    keys: Counter[Any] = Counter(row[0] for row in bench.evidence())
    found.doubled += [f"evidence of {event} is kept {count} times" for event, count in keys.items() if count > 1]
    found.lost += [f"evidence of act {act}" for act in books.acts.keys() - keys.keys()]
    try:
        tidy_archive(bench)
    except AssertionError as error:
        found.broken.append(f"archive: {error}")
