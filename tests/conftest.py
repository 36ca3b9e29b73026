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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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

#: `seeded(name, make)`: a store in which `make` was done.
Seeded = Callable[[str, Callable[[Store], object]], Store]

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
def store(template_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store whose database is empty and migrated, this test's own, and gone afterwards."""
    with another_store(template_url, f"test_{abs(hash(request.node.nodeid)):x}") as opened:
        yield opened


@pytest.fixture(scope="session")
def seeds(template_url: str) -> Iterator[dict[str, Settings]]:
    """What `seeded` made so far, by name: the templates of this process."""
    made: dict[str, Settings] = {}
    yield made
    for settings in made.values():
        drop_database(template_url, database_of(settings))
        shutil.rmtree(settings.home, ignore_errors=True)


@pytest.fixture
def seeded(template_url: str, seeds: dict[str, Settings], request: pytest.FixtureRequest) -> Iterator[Seeded]:
    """Give a store in which `make` was done. It is done once in a process; each test has its own copy of what came."""
    with ExitStack() as stores:

        def give(name: str, make: Callable[[Store], object]) -> Store:
            if name not in seeds:
                seeds[name] = _make_database(template_url, f"seed_{name}", TEMPLATE)
                with Store.open(seeds[name]) as empty:
                    make(empty)
            test = f"like_{name}_{abs(hash(request.node.nodeid)):x}"
            return stores.enter_context(another_store(template_url, test, seeds[name]))

        yield give


@contextmanager
def another_store(template_url: str, name: str, like: Settings | None = None) -> Iterator[Store]:
    """A store of its own, gone afterwards: empty and migrated, or a copy of another that nobody has open."""
    settings = _make_database(template_url, name, TEMPLATE if like is None else database_of(like))
    if like is not None:
        shutil.copytree(like.home, settings.home, dirs_exist_ok=True)
    try:
        with Store.open(settings) as opened:
            yield opened
    finally:
        drop_database(template_url, database_of(settings))
        shutil.rmtree(settings.home, ignore_errors=True)


def _make_database(url: str, name: str, template: str) -> Settings:
    """A copy of a database, and a home for it. By `file_copy` it has what the first connection would work out."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = f"{name}_{worker}_{os.getpid()}"
    copy = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
    _execute(url, sql.SQL(copy).format(sql.Identifier(database), sql.Identifier(template)))
    return Settings(home=make_home("ditan-home-"), database_url=database_url(url, database))


def drop_database(url: str, name: str) -> None:
    """Remove a database, whoever still has it open."""
    _execute(url, sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def database_of(settings: Settings) -> str:
    """The name of the database of these settings."""
    return urlsplit(settings.database_url or "").path.removeprefix("/")


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
