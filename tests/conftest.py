"""One real PostgreSQL for the whole run, and a migrated database of its own for each test that asks.

The embedded server of Ditan is used as it is, in a home under /tmp that everybody may pass through:
run as root, PostgreSQL belongs to another user, who cannot enter pytest's own directories. All
processes of a run share the server; each database is cloned from a migrated template.

A database is 600 files, made and removed for a thousand tests: they are in memory where there is enough of
it, and nothing waits for a disk. What a crash must not lose is proven in homes of their own, on disk.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from psycopg import sql

from ditan.kernel.errors import DitanError
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded, migrate

#: Set by the process that started the run, inherited by its workers. Not DITAN_*: that is for settings.
HOME_VARIABLE = "PYTEST_SERVER_HOME"
HOMES = "ditan-tests-"
TEMPLATE = "template_ditan"

MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 << 30
#: What suits many databases that live for a second. As durable as any: INV-12 looks at that.
SETTINGS = """\
autovacuum = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 64MB
max_wal_size = 512MB
shared_buffers = 128MB
"""


def pytest_configure(config: pytest.Config) -> None:
    """Make the home of this run; drop what a developer's shell or a killed run left behind."""
    for name in [name for name in os.environ if name.startswith("DITAN_")]:
        del os.environ[name]
    if hasattr(config, "workerinput"):
        return
    _remove_homes_of_killed_runs()
    home = make_home(f"{HOMES}{os.getpid()}-")
    os.environ[HOME_VARIABLE] = str(home)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        (home / "postgres").symlink_to(make_home(f"{HOMES}{os.getpid()}-", MEMORY))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server with the run."""
    home = os.environ.get(HOME_VARIABLE)
    if home and not hasattr(config, "workerinput"):
        _remove_home(Path(home))


@pytest.fixture(scope="session")
def server_home() -> Path:
    """The DITAN_HOME whose server the whole run shares; its server runs."""
    home = Path(os.environ[HOME_VARIABLE])
    with _first(home / "server") as first:
        if first:
            embedded.ensure_running(home)
            local = home / "postgres" / "data" / "conf.d" / "20-local.conf"
            local.write_text(SETTINGS, encoding="utf-8")
            local.chmod(0o644)
            embedded.stop(home)
        embedded.ensure_running(home)
    return home


@pytest.fixture(scope="session")
def template_url(server_home: Path) -> str:
    """URL of the server; the template is made by whoever comes first."""
    url = embedded.ensure_running(server_home)
    with _first(server_home / "template") as first:
        if first:
            _execute(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            template = database_url(url, TEMPLATE)
            migrate(Store(Settings(home=server_home, database_url=template), template))
    return url


@pytest.fixture
def store(template_url: str, server_home: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store whose database is empty and migrated, this test's own, and gone afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_{worker}_{abs(hash(request.node.nodeid)):x}"
    clone = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"  # with what the first connection would work out
    _execute(template_url, sql.SQL(clone).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    home = make_home("ditan-home-")
    settings = Settings(home=home, database_url=database_url(template_url, name))
    try:
        with Store.open(settings) as opened:
            yield opened
    finally:
        _execute(template_url, sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _first(what: Path) -> Iterator[bool]:
    """One process after the other; whether nobody of the run has been here before."""
    with what.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = what.with_suffix(".made")
        yield not made.exists()
        made.touch()


def make_home(prefix: str, above: Path = Path("/tmp")) -> Path:
    """A new directory that the server's user can pass through."""
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
    home.chmod(0o755)
    return home


def database_url(url: str, name: str) -> str:
    """`url` with another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(database_url(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _remove_home(home: Path) -> None:
    with suppress(DitanError):
        embedded.stop(home)
    shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _remove_homes_of_killed_runs() -> None:
    for home in [*Path("/tmp").glob(f"{HOMES}*"), *MEMORY.glob(f"{HOMES}*")]:
        pid = home.name.removeprefix(HOMES).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with suppress(OSError):  # of another user
                _remove_home(home)
