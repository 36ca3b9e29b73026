"""One real PostgreSQL for the whole run, and a migrated database of its own for each test that asks.

The embedded server of Ditan is used as it is, in a home under /tmp that everybody may pass through:
run as root, PostgreSQL belongs to another user, who cannot enter pytest's own directories. All
processes of a run share the server; each database is cloned from a migrated template.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
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


def pytest_configure(config: pytest.Config) -> None:
    """Make the home of this run; drop what a developer's shell or a killed run left behind."""
    for name in [name for name in os.environ if name.startswith("DITAN_")]:
        del os.environ[name]
    if hasattr(config, "workerinput"):
        return
    _remove_homes_of_killed_runs()
    os.environ[HOME_VARIABLE] = str(make_home(f"{HOMES}{os.getpid()}-"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server with the run."""
    home = os.environ.get(HOME_VARIABLE)
    if home and not hasattr(config, "workerinput"):
        _remove_home(Path(home))


@pytest.fixture(scope="session")
def server_home() -> Path:
    """The DITAN_HOME whose server the whole run shares; its server runs."""
    home = Path(os.environ[HOME_VARIABLE])
    embedded.ensure_running(home)
    return home


@pytest.fixture(scope="session")
def template_url(server_home: Path) -> str:
    """URL of the server; the template is made by whoever comes first."""
    url = embedded.ensure_running(server_home)
    with (server_home / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = server_home / "template.made"
        if not made.exists():
            _execute(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            template = database_url(url, TEMPLATE)
            migrate(Store(Settings(home=server_home, database_url=template), template))
            made.touch()
    return url


@pytest.fixture
def store(template_url: str, server_home: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store whose database is empty and migrated, this test's own, and gone afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_{worker}_{abs(hash(request.node.nodeid)):x}"
    clone = "CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log"  # 25 ms; file_copy takes 65 ms
    _execute(template_url, sql.SQL(clone).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    home = make_home("ditan-home-")
    settings = Settings(home=home, database_url=database_url(template_url, name))
    try:
        with Store.open(settings) as opened:
            yield opened
    finally:
        _execute(template_url, sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))
        shutil.rmtree(home, ignore_errors=True)


def make_home(prefix: str) -> Path:
    """A new directory that the server's user can pass through."""
    home = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
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
    shutil.rmtree(home, ignore_errors=True)


def _remove_homes_of_killed_runs() -> None:
    for home in Path("/tmp").glob(f"{HOMES}*"):
        pid = home.name.removeprefix(HOMES).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with suppress(OSError):  # of another user
                _remove_home(home)
