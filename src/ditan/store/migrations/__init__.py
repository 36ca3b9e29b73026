"""Numbered SQL files that make the database, and the runner that applies the missing ones.

A file is `NNNN_name.sql`, without gaps, and begins with four comments: why, locks, time (at 100 M
rows), undo. Each is applied in one unit of work together with its line in `store.migration`: after a
`kill -9` it is there completely or not at all. An applied file is never edited; write the next one.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ditan.kernel import limits
from ditan.kernel.errors import StoreUnavailable
from ditan.store.statements import load_statements

if TYPE_CHECKING:
    from ditan.store.pool import Connection, Store

log = structlog.get_logger(__name__)
statements = load_statements("ditan.store")

FILE_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql\Z")
HEADER = ("why", "locks", "time", "undo")

#: Any number, as long as every Ditan uses the same one.
LOCK_KEY = 0x44_49_54_41_4E


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the file's bytes: tells an edited file from the one that was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def available_migrations() -> list[Migration]:
    """The migrations of this Ditan, in order; `ValueError` for a gap or an incomplete header."""
    files = sorted(
        (f for f in resources.files(__package__).iterdir() if f.name.endswith(".sql")),
        key=lambda f: f.name,
    )
    migrations: list[Migration] = []
    for expected, file in enumerate(files):
        match = FILE_NAME.match(file.name)
        if match is None or int(match["number"]) != expected:
            raise ValueError(f"{file.name}: expected a file numbered {expected:04}")
        text = file.read_text(encoding="utf-8")
        missing = [key for key in HEADER if not re.search(rf"^-- {key}:[ ]+\S", text, re.MULTILINE)]
        if missing:
            raise ValueError(f"{file.name}: the header lacks {', '.join(missing)}")
        migrations.append(Migration(expected, file.name.removesuffix(".sql"), text))
    return migrations


def pending_migrations(connection: "Connection") -> list[Migration]:
    """What this database lacks. Raises `StoreUnavailable` if it is not one this Ditan can run on."""
    _require_server_version(connection)
    available = available_migrations()
    known = connection.execute(statements["has_migrations"]).fetchone()
    if known is None or not known[0]:
        return available
    applied = connection.execute(statements["applied_migrations"]).fetchall()
    if len(applied) > len(available):
        raise StoreUnavailable(
            f"The database is newer than this Ditan: it has {applied[-1][1]}, "
            f"and this Ditan ends with {available[-1].name}.",
            hint="Install the Ditan that migrated it, or a newer one.",
        )
    for migration, (number, name, sha256) in zip(available, applied, strict=False):
        if (migration.number, migration.name, migration.sha256) != (number, name, sha256):
            raise StoreUnavailable(
                f"The migration {name} was changed after it was applied to this database.",
                hint="Use the Ditan that made it; while developing, remove the database instead.",
            )
    return available[len(applied) :]


def migrate(store: "Store") -> list[str]:
    """Apply what is missing and return its names; harmless when repeated, safe when done at once."""
    with store.connect_owner() as connection, _lock(connection):
        pending = pending_migrations(connection)
        for migration in pending:
            _apply(migration, connection)
        _let_application_in(store, connection)
    return [migration.name for migration in pending]


def _apply(migration: Migration, connection: "Connection") -> None:
    try:
        with connection.transaction():
            # Without parameters psycopg sends the text as it is, however many statements it has.
            connection.execute(migration.text)
            connection.execute(
                statements["record_migration"],
                {"number": migration.number, "name": migration.name, "sha256": migration.sha256},
            )
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            f"The login that migrates may not do what {migration.name} needs.",
            hint="Set DITAN_MIGRATION_URL to the owner of the database, with CREATEROLE; or let a "
            "DBA run: CREATE ROLE ditan_app NOLOGIN; GRANT ditan_app TO <owner> WITH ADMIN OPTION.",
        ) from error
    log.info("migration.applied", name=migration.name)


def _let_application_in(store: "Store", connection: "Connection") -> None:
    """Grant the role to the login of the application, when that is not the one that migrates."""
    login = conninfo_to_dict(store.url).get("user")
    if not login or login == connection.info.user:
        return
    allowed = connection.execute(statements["may_become_application"], {"login": login}).fetchone()
    if allowed is None or not allowed[0]:
        grant = sql.SQL(statements["let_become_application"])
        connection.execute(grant.format(login=sql.Identifier(str(login))))


def _require_server_version(connection: "Connection") -> None:
    if connection.info.server_version // 10_000 < limits.server_version_min:
        raise StoreUnavailable(
            f"The server is PostgreSQL {connection.info.server_version // 10_000}, "
            f"and Ditan needs {limits.server_version_min} or newer.",
            hint="Set DITAN_DATABASE_URL to a newer server, or unset it for the embedded one.",
        )


@contextmanager
def _lock(connection: "Connection") -> Iterator[None]:
    connection.execute(statements["lock_migrations"], {"key": LOCK_KEY})
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute(statements["unlock_migrations"], {"key": LOCK_KEY})
