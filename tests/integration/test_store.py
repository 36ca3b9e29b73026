"""The store on a real PostgreSQL: it is found, started, shared, recovered, and refuses what it must."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.conftest import database_url, make_home
from typer.testing import CliRunner

from ditan.cli.db import app
from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvariantViolation, StoreUnavailable, TemporaryFailure
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded, migrate, migrations
from ditan.store.server_user import choose_server_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the server as somebody else")

ENSURE = (
    "import sys, pathlib; from ditan.store import embedded; print(embedded.ensure_running(pathlib.Path(sys.argv[1])))"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of this test's own; whatever runs in it is stopped."""
    directory = make_home("ditan-home-")
    yield directory
    with contextlib.suppress(StoreUnavailable):
        embedded.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def empty_database(template_url: str) -> Iterator[str]:
    """URL of a database without any migration, on a server that counts as the bank's own."""
    name = f"empty_{os.getpid()}"
    with psycopg.connect(database_url(template_url, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield database_url(template_url, name)
        connection.execute(f"DROP DATABASE {name} (FORCE)")


def wait_until(holds: Callable[[], bool], seconds: int = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def pid_of(home: Path) -> int:
    pid = embedded.status(home).pid
    assert pid is not None
    return pid


# --- the embedded server --------------------------------------------------------------------------


def test_it_starts_is_found_again_and_stops(home: Path) -> None:
    assert not embedded.status(home).running
    assert embedded.stop(home) is False

    url = embedded.ensure_running(home)
    pid = pid_of(home)
    assert ask(url, "SELECT current_database()") == "ditan"
    assert embedded.ensure_running(home) == url
    assert pid_of(home) == pid

    assert embedded.stop(home) is True
    assert not embedded.status(home).running
    with contextlib.suppress(psutil.NoSuchProcess):  # a container may have nobody who buries it
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_is_durable_private_and_the_same_in_every_bank(home: Path) -> None:
    url = embedded.ensure_running(home)
    with psycopg.connect(url) as connection:
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert settings["fsync"] == settings["full_page_writes"] == settings["synchronous_commit"] == "on"
    assert settings["data_checksums"] == "on"
    assert settings["listen_addresses"] == ""
    assert settings["unix_socket_permissions"] == "0700"
    assert settings["server_encoding"] == "UTF8"
    assert (
        ask(url, "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'ditan'")
        == "b C.UTF-8"
    )
    assert (home / "run").stat().st_mode & 0o077 == 0
    assert (home / "postgres" / "data").stat().st_mode & 0o077 == 0


def test_the_bank_s_own_settings_win_and_stay(home: Path) -> None:
    embedded.ensure_running(home)
    embedded.stop(home)
    local = home / "postgres" / "data" / "conf.d" / "20-local.conf"
    local.write_text("work_mem = '7MB'\n")
    local.chmod(0o644)
    assert ask(embedded.ensure_running(home), "SHOW work_mem") == "7MB"
    assert local.read_text() == "work_mem = '7MB'\n"


def test_processes_that_start_together_share_one_server(home: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", ENSURE, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    urls = [process.communicate(timeout=60)[0].splitlines()[-1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len(set(urls)) == 1
    servers = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and str(home / "postgres" / "data") in (process.info["cmdline"] or [])
    ]
    assert len(servers) == 1


@pytest.mark.invariant("INV-12")
def test_after_kill_9_of_the_server_nothing_committed_is_lost(home: Path) -> None:
    url = embedded.ensure_running(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number integer)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        pid = pid_of(home)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not embedded.status(home).running)
    url = embedded.ensure_running(home)  # its children may still be ending
    assert pid_of(home) != pid
    assert ask(url, "SELECT sum(number) FROM kept") == 500_500


def test_a_pid_file_that_names_a_stranger_does_not_stop_it(home: Path) -> None:
    url = embedded.ensure_running(home)
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(pid_of(home), signal.SIGKILL)
    wait_until(lambda: not embedded.status(home).running)
    # Init is alive and is not PostgreSQL, like most processes that get an old number in a container.
    pid_file.write_text("\n".join(["1", *lines[1:]]) + "\n")
    assert not embedded.status(home).running
    assert ask(embedded.ensure_running(home), "SELECT 1") == 1
    assert embedded.ensure_running(home) == url


def test_kill_9_during_initdb_leaves_nothing_half_made(home: Path) -> None:
    directory = home / "postgres"
    starting = subprocess.Popen([sys.executable, "-c", ENSURE, str(home)], stdout=subprocess.DEVNULL)
    wait_until(lambda: any(directory.glob("data.new-*/base")))
    starting.kill()
    starting.wait()
    assert not (directory / "data").exists()
    assert ask(embedded.ensure_running(home), "SELECT current_database()") == "ditan"


def test_a_start_that_fails_shows_the_end_of_the_log(home: Path) -> None:
    embedded.ensure_running(home)
    embedded.stop(home)
    local = home / "postgres" / "data" / "conf.d" / "20-local.conf"
    local.write_text("shared_buffers = 'a lot'\n")
    local.chmod(0o644)
    with pytest.raises(StoreUnavailable, match="a lot") as raised:
        embedded.ensure_running(home)
    assert "server.log" in (raised.value.hint or "")


def test_a_socket_that_a_cleaner_removed_is_made_again(home: Path) -> None:
    embedded.ensure_running(home)
    (home / "run" / ".s.PGSQL.5432").unlink()
    assert ask(embedded.ensure_running(home), "SELECT 1") == 1


def test_a_home_with_a_path_too_long_for_a_socket(home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    try:
        url = embedded.ensure_running(deep)
        assert ask(url, "SELECT 1") == 1
        assert str(home) not in url
    finally:
        embedded.stop(deep)


def test_a_home_with_spaces_quotes_and_chinese(home: Path) -> None:
    odd = home / "低碳 'home' %20"
    try:
        assert ask(embedded.ensure_running(odd), "SELECT 1") == 1
    finally:
        embedded.stop(odd)


@as_root
def test_root_runs_it_as_the_owner_of_the_cluster(home: Path) -> None:
    embedded.ensure_running(home)
    cluster = home / "postgres" / "data"
    assert cluster.stat().st_uid != 0
    assert choose_server_user(cluster).uid == cluster.stat().st_uid == psutil.Process(pid_of(home)).uids().real


@as_root
def test_a_home_that_the_server_s_user_cannot_reach_is_named(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(StoreUnavailable) as raised:
        embedded.ensure_running(closed / "inside")
    assert str(closed) in raised.value.message
    assert "DITAN_HOME" in (raised.value.hint or "")


@as_root
def test_programs_that_the_server_s_user_cannot_read_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ditan.store.server_files._usable", lambda *_: False)
    assert ask(embedded.ensure_running(home), "SELECT 1") == 1
    copies = list(home.glob("postgresql-18*"))
    assert len(copies) == 1
    assert psutil.Process(pid_of(home)).exe().startswith(str(copies[0]))


#: First as root, so that every module is loaded: an ordinary user may not be able to enter root's Python.
AS_ORDINARY_USER = """
import os, pathlib, sys
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded
first, second, uid, gid = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def use(home):
    with Store.open(Settings(home=home)) as store, store.unit_of_work() as connection:
        print(*connection.execute("SELECT current_user, 1 + 1").fetchone())
    pid = embedded.status(home).pid
    import psutil
    print("uid", psutil.Process(pid).uids().real)
    print(embedded.stop(home))
use(first)
os.setgroups([]); os.setgid(gid); os.setuid(uid)
use(second)
"""


@as_root
def test_it_works_for_an_ordinary_user(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    wheel = Path(str(embedded.programs(home, choose_server_user(Path("/nowhere")))))
    if str(wheel).startswith(str(home)):
        pytest.skip("the virtual environment is in a directory that ordinary users cannot enter")
    theirs = home / "theirs"
    theirs.mkdir()
    os.chown(theirs, nobody.pw_uid, nobody.pw_gid)
    done = subprocess.run(
        [sys.executable, "-c", AS_ORDINARY_USER, home / "root", theirs, str(nobody.pw_uid), str(nobody.pw_gid)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    answers = [line for line in done.stdout.splitlines() if line.startswith(("ditan_app", "uid", "True"))]
    assert answers[0] == answers[3] == "ditan_app 2", done.stderr
    assert answers[4] == f"uid {nobody.pw_uid}"
    assert answers[5] == "True"


def test_a_home_that_cannot_be_made() -> None:
    with pytest.raises(StoreUnavailable) as raised:
        embedded.ensure_running(Path("/proc/ditan"))
    assert "DITAN_HOME" in (raised.value.hint or "")


# --- migrations -----------------------------------------------------------------------------------


def test_opening_the_embedded_store_migrates_it_and_twice_is_harmless(home: Path) -> None:
    with Store.open(Settings(home=home)) as store:
        assert migrate(store) == []
        with store.unit_of_work() as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM store.migration ORDER BY number")]
    assert names == [migration.name for migration in migrations.available_migrations()]


def test_an_external_server_is_migrated_only_when_told_to(empty_database: str, home: Path) -> None:
    settings = Settings(home=home, database_url=empty_database)
    with pytest.raises(StoreUnavailable) as raised:
        Store.open(settings)
    assert "ditan db migrate" in (raised.value.hint or "")
    assert migrate(Store.open(settings, require_schema=False)) != []
    with Store.open(settings) as store, store.unit_of_work() as connection:
        row = connection.execute("SELECT current_user, current_setting('TimeZone')").fetchone()
    assert row == ("ditan_app", "UTC")
    assert not (home / "postgres").exists()


def test_two_that_migrate_at_once_apply_everything_once(empty_database: str, home: Path) -> None:
    settings = Settings(home=home, database_url=empty_database)
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(Store(settings, empty_database)))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, applied)) == [0, len(migrations.available_migrations())]


def test_a_login_of_its_own_becomes_the_application(empty_database: str, home: Path) -> None:
    login = f"bank_{os.getpid()}"
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN")
    url = empty_database.replace("ditan@", f"{login}@")
    settings = Settings(home=home, database_url=url, migration_url=empty_database)
    migrate(Store.open(settings, require_schema=False))
    with Store.open(settings) as store, store.unit_of_work() as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == (login, "ditan_app")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {login}")


def test_a_database_of_a_newer_ditan_is_refused(store: Store) -> None:
    with store.connect_owner() as connection:
        connection.execute("INSERT INTO store.migration VALUES (9999, '9999_later', repeat('0', 64))")
    with pytest.raises(StoreUnavailable, match="newer than this Ditan: it has 9999_later"):
        Store.open(store.settings)


def test_a_migration_that_was_edited_is_refused(store: Store) -> None:
    with store.connect_owner() as connection:
        connection.execute("UPDATE store.migration SET sha256 = repeat('0', 64) WHERE number = 1")
    with pytest.raises(StoreUnavailable, match="0001_initial was changed"):
        Store.open(store.settings)


def test_an_old_server_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "server_version_min", 99)
    with pytest.raises(StoreUnavailable, match="Ditan needs 99 or newer"):
        Store.open(store.settings)


def test_a_server_that_is_not_there(home: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached") as raised:
        Store.open(Settings(home=home, database_url=f"postgresql://ditan@/ditan?host={home}"))
    assert "DITAN_DATABASE_URL" in (raised.value.hint or "")


@pytest.mark.invariant("INV-04")
def test_the_application_may_not_change_history(store: Store) -> None:
    for table in ("ledger.act", "ledger.reversal"):
        with store.unit_of_work() as connection:
            columns = connection.execute(f"SELECT * FROM {table}").description or []
        for change in (
            *(f"UPDATE {table} SET {column.name} = {column.name}" for column in columns),
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), store.unit_of_work() as connection:
                connection.execute(change)


# --- units of work --------------------------------------------------------------------------------


@pytest.fixture
def table(store: Store) -> str:
    """A table of the test's own, which the application may use."""
    with store.connect_owner() as connection:
        connection.execute("CREATE SCHEMA scratch")
        connection.execute("GRANT USAGE ON SCHEMA scratch TO ditan_app")
        connection.execute(
            "CREATE TABLE scratch.counter (name text PRIMARY KEY, value integer NOT NULL DEFAULT 0,"
            " CONSTRAINT inv_08_not_below_zero CHECK (value >= 0))"
        )
        connection.execute("INSERT INTO scratch.counter VALUES ('a', 0), ('b', 0)")
        connection.execute("GRANT SELECT, INSERT, UPDATE ON scratch.counter TO ditan_app")
    return "scratch.counter"


def test_a_unit_of_work_is_all_or_nothing(store: Store, table: str) -> None:
    with pytest.raises(ZeroDivisionError), store.unit_of_work() as connection:
        connection.execute(f"UPDATE {table} SET value = 1")
        raise ZeroDivisionError
    with store.unit_of_work() as connection:
        connection.execute(f"UPDATE {table} SET value = 2 WHERE name = 'a'")
    with store.unit_of_work() as connection:
        assert connection.execute(f"SELECT value FROM {table} ORDER BY name").fetchall() == [(2,), (0,)]


def test_a_broken_invariant_is_named(store: Store, table: str) -> None:
    with pytest.raises(InvariantViolation) as raised, store.unit_of_work() as connection:
        connection.execute(f"UPDATE {table} SET value = -1")
    assert raised.value.invariant == "INV-08"
    assert raised.value.exit_code == 70


def test_other_constraints_stay_what_they_are(store: Store, table: str) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), store.unit_of_work() as connection:
        connection.execute(f"INSERT INTO {table} VALUES ('a')")


def test_a_deadlock_is_tried_again(store: Store, table: str) -> None:
    both_hold_one = threading.Barrier(2)

    def cross(first: str, second: str) -> None:
        tries = 0

        def work(connection: psycopg.Connection[tuple[object, ...]]) -> None:
            nonlocal tries
            tries += 1
            connection.execute(f"UPDATE {table} SET value = value + 1 WHERE name = %s", (first,))
            if tries == 1:
                both_hold_one.wait()
            connection.execute(f"UPDATE {table} SET value = value + 1 WHERE name = %s", (second,))

        store.run(work)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.unit_of_work() as connection:
        assert connection.execute(f"SELECT value FROM {table}").fetchall() == [(2,), (2,)]


def test_trying_again_ends(store: Store) -> None:
    tries = 0

    def work(_: object) -> None:
        nonlocal tries
        tries += 1
        raise psycopg.errors.SerializationFailure

    with pytest.raises(TemporaryFailure):
        store.run(work)
    assert tries == limits.unit_of_work_attempts_max


def test_a_lost_connection_says_what_to_do_and_the_next_unit_of_work_goes_on(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="was lost") as raised, store.unit_of_work() as connection:
        with store.connect_owner() as owner:
            owner.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        connection.execute("SELECT 1")
    assert "nothing is applied twice" in (raised.value.hint or "")
    with store.unit_of_work() as connection:
        pid = connection.info.backend_pid
    with store.connect_owner() as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with store.unit_of_work() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_statements_are_counted_by_name(store: Store, table: str) -> None:
    with store.count_statements() as count, store.unit_of_work() as connection:
        connection.execute(f"-- bump\nUPDATE {table} SET value = value + 1")
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} (name) FROM STDIN") as copy:
            copy.write("c\n")
    assert count.total == 2
    assert count.by_name["bump"] == 1
    with store.unit_of_work() as connection:
        connection.execute("SELECT 1")
    assert count.total == 2


# --- the commands ---------------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env=dict(environment), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_commands_on_the_embedded_server(home: Path) -> None:
    env = {"DITAN_HOME": str(home)}
    assert json.loads(run("status", "--json", **env))["running"] is False
    url = run("url", **env).strip().splitlines()[-1]
    assert ask(url, "SELECT 1") == 1
    assert "applied 0000_roles" in run("migrate", **env)
    assert "up to date" in run("migrate", **env)
    status = json.loads(run("status", "--json", **env))
    assert status["running"] is True
    assert status["pending_migrations"] == []
    assert status["server_version"].startswith("18")
    assert "running" in run("status", **env)
    assert json.loads(run("stop", "--json", **env).splitlines()[-1]) == {"stopped": True}
    assert "not running" in run("stop", **env)


def test_the_commands_on_an_external_server(store: Store, home: Path) -> None:
    env = {"DITAN_HOME": str(home), "DITAN_DATABASE_URL": store.url}
    status = json.loads(run("status", "--json", **env))
    assert (status["kind"], status["running"], status["pending_migrations"]) == ("external", True, [])
    assert run("url", **env).strip() == store.url
    assert json.loads(run("migrate", "--json", **env)) == {"applied": []}
    with pytest.raises(Conflict):
        run("stop", **env)
