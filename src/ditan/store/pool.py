"""Connections and units of work. Only the edge (one batch, one request, one command) opens one."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import psycopg
import structlog
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from ditan.kernel import limits
from ditan.kernel.errors import InvariantViolation, StoreUnavailable, TemporaryFailure
from ditan.kernel.settings import Settings
from ditan.store import embedded
from ditan.store.migrations import migrate, pending_migrations
from ditan.store.statements import load_statements

log = structlog.get_logger(__name__)
statements = load_statements("ditan.store")

Connection = psycopg.Connection[TupleRow]
T = TypeVar("T")

#: Operational errors after which the whole unit of work may be tried again. Nowhere else.
RETRIED = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


#: The same event or request, twice at the same moment: the second is tried again and finds what the first one wrote.
MET_BEFORE = frozenset(
    {"act_pkey", "reversal_pkey", "entry_pkey", "request_pkey", "webhook_pkey", "planting_event_pkey"}
)


class StatementCount:
    """How many statements went to the server, by name: a batch must need a fixed number."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """All of them; BEGIN and COMMIT are not statements of ours."""
        return self.by_name.total()


class Store:
    """The database of one Ditan: where it is, and connections to it."""

    def __init__(self, settings: Settings, url: str, migration_url: str | None = None) -> None:
        self.settings = settings
        self.url = url
        self.migration_url = migration_url or url
        self._counts: list[StatementCount] = []
        self._idle: list[Connection] = []
        self._readers: list[Connection] = []
        self._idle_lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, *, require_schema: bool = True) -> Self:
        """The store of `settings`, ready for work: started and migrated when it is the embedded one.

        An external server is only migrated by `ditan db migrate`, which opens the store with
        `require_schema=False`.
        """
        url = settings.database_url or embedded.ensure_running(settings.home)
        store = cls(settings, url, settings.migration_url)
        if require_schema:
            store._require_schema()
        return store

    def connect(self) -> Connection:
        """A connection of its own, as the application; the caller closes it."""
        connection = _connect(self.url, self._cursor_class())
        try:
            psycopg.Cursor(connection).execute(statements["become_application"])
            connection.commit()
        except psycopg.Error as error:
            connection.close()
            raise StoreUnavailable(
                "This login cannot act as ditan_app.",
                hint="Run `ditan db migrate`, or let a DBA run: GRANT ditan_app TO <login>.",
            ) from error
        return connection

    def connect_owner(self) -> Connection:
        """A connection as the owner of the tables, committing each statement: for migrations."""
        connection = _connect(self.migration_url, psycopg.Cursor)
        connection.autocommit = True
        connection.execute(statements["use_utc"])
        return connection

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """One transaction as the application: committed at the end, rolled back by any exception.

        A constraint that carries the name of an invariant leaves as `InvariantViolation`.
        """
        connection = self._take()
        try:
            with connection.transaction():
                yield connection
        except psycopg.IntegrityError as error:
            invariant = _invariant(error)
            if invariant is None:
                raise
            raise InvariantViolation(invariant, f"{error.diag.constraint_name} refused a row.") from error
        except psycopg.OperationalError as error:
            if not connection.closed:
                raise
            raise StoreUnavailable(
                "The connection to the database was lost.",
                hint="Run the same command again: what was acknowledged is there, and nothing is applied twice.",
            ) from error
        finally:
            self._give_back(connection)

    def run(self, work: Callable[[Connection], T]) -> T:
        """`work` in a unit of work, again from the start when others were in the way: see RETRIED and MET_BEFORE.

        Whatever `work` does outside of the database must bear being done again.
        """
        attempt = 1
        while True:
            try:
                with self.unit_of_work() as connection:
                    return work(connection)
            except (*RETRIED, psycopg.errors.UniqueViolation) as error:
                if not isinstance(error, RETRIED) and error.diag.constraint_name not in MET_BEFORE:
                    raise
                log.warning("unit_of_work.retried", attempt=attempt, sqlstate=error.sqlstate)
                if attempt == limits.unit_of_work_attempts_max:
                    raise TemporaryFailure(
                        f"Other processes were in the way {attempt} times in a row.",
                        hint="Nothing was applied. Try again with fewer processes at once.",
                    ) from error
            attempt += 1

    def read(self, work: Callable[[Connection], T]) -> T:
        """`work`, which only reads: each statement by itself, one trip to the server, and never for long.

        A connection that was lost while it was idle is replaced, once.
        """
        with self._idle_lock:
            connection = self._readers.pop() if self._readers else None
        if connection is not None:
            try:
                return self._read(connection, work)
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
        connection = self.connect()
        connection.autocommit = True
        psycopg.Cursor(connection).execute(statements["only_read"], {"ms": str(limits.page_read_ms_max)})
        try:
            return self._read(connection, work)
        except psycopg.OperationalError as error:
            if not connection.closed:
                raise
            raise StoreUnavailable("The connection to the database was lost.", hint="Try again.") from error

    def snapshot(self, work: Callable[[Connection], T]) -> T:
        """`work`, which only reads, all of it as of one moment: a report whose numbers agree with each other."""
        connection = self._take()
        try:
            with connection.transaction():
                psycopg.Cursor(connection).execute(statements["begin_snapshot"])
                psycopg.Cursor(connection).execute(statements["report_for"], {"ms": str(limits.report_read_ms_max)})
                return work(connection)
        except psycopg.OperationalError as error:
            if not connection.closed:
                raise
            raise StoreUnavailable("The connection to the database was lost.", hint="Try again.") from error
        finally:
            self._give_back(connection)

    def _read(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        try:
            return work(connection)
        finally:
            if connection.closed or connection.info.transaction_status != pq.TransactionStatus.IDLE:
                connection.close()
            else:
                with self._idle_lock:
                    self._readers.append(connection)

    def describe(self) -> dict[str, Any]:
        """What `ditan db status` says of a server that runs: version and migrations."""
        with _connect(self.url, psycopg.Cursor) as connection:
            row = connection.execute(statements["server_version"]).fetchone()
            pending = [migration.name for migration in pending_migrations(connection)]
        return {"server_version": row[0] if row else None, "pending_migrations": pending}

    @contextmanager
    def count_statements(self) -> Iterator[StatementCount]:
        """Count what is sent by connections of this store inside the block."""
        count = StatementCount()
        self._counts.append(count)
        try:
            yield count
        finally:
            self._counts.remove(count)

    def close(self) -> None:
        """Close the idle connections; an embedded server runs on for the next process."""
        with self._idle_lock:
            idle, self._idle, self._readers = [*self._idle, *self._readers], [], []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> Connection:
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None and _is_usable(connection):
            return connection
        return self.connect()

    def _give_back(self, connection: Connection) -> None:
        if connection.closed or connection.info.transaction_status != pq.TransactionStatus.IDLE:
            connection.close()
            return
        with self._idle_lock:
            self._idle.append(connection)

    def _require_schema(self) -> None:
        with _connect(self.url, psycopg.Cursor) as connection:
            pending = pending_migrations(connection)
        if not pending:
            return
        if self.settings.database_url is None:
            migrate(self)
            return
        raise StoreUnavailable(
            f"The database lacks {len(pending)} migrations of this Ditan.",
            hint="Run `ditan db migrate` as the owner of the database (DITAN_MIGRATION_URL).",
        )

    def _cursor_class(self) -> type[psycopg.Cursor[TupleRow]]:
        counts = self._counts

        class CountingCursor(psycopg.Cursor[TupleRow]):
            """Tells the store's counters of each statement."""

            def execute(
                self,
                query: Any,
                params: Sequence[Any] | Mapping[str, Any] | None = None,
                **options: Any,
            ) -> Self:
                for count in counts:
                    count.by_name[_name(query)] += 1
                return super().execute(query, params, **options)

            def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
                for count in counts:
                    count.by_name[_name(statement)] += 1
                return super().copy(statement, *args, **options)

        return CountingCursor


def _connect(url: str, cursor_class: type[psycopg.Cursor[TupleRow]]) -> Connection:
    options: dict[str, Any] = {"application_name": "ditan", "cursor_factory": cursor_class}
    if "connect_timeout" not in conninfo_to_dict(url):
        options["connect_timeout"] = limits.connect_wait_seconds_max
    try:
        return psycopg.connect(url, **options)
    except psycopg.OperationalError as error:
        raise StoreUnavailable(
            f"The database cannot be reached: {str(error).strip().splitlines()[-1]}",
            hint="Look at `ditan db status` and at DITAN_DATABASE_URL.",
        ) from error


def _is_usable(connection: Connection) -> bool:
    """Whether an idle connection is still there: the server may have been stopped meanwhile."""
    if connection.closed:
        return False
    try:
        psycopg.Cursor(connection).execute("")
        connection.commit()
    except psycopg.OperationalError:
        connection.close()
        return False
    return True


def _invariant(error: psycopg.IntegrityError) -> str | None:
    name = (error.diag.constraint_name or "").split("_")
    return f"INV-{name[1]}" if name[0] == "inv" and len(name) > 2 else None


def _name(query: Any) -> str:
    """The name that `load_statements` put before a statement, or its first words."""
    text = query.as_string() if isinstance(query, sql.Composable) else query
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    first_line, _, _ = str(text).strip().partition("\n")
    return first_line.removeprefix("-- ")[:60]
