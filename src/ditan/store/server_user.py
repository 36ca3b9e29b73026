"""Who the embedded server runs as. PostgreSQL refuses to run as root, so root starts it as somebody else.

An ordinary user runs the server as itself. Root picks the owner of an existing cluster, so that the
choice never changes under the data; else `postgres`, else `ditan` (made when possible), else `nobody`.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import structlog

from ditan.kernel.errors import StoreUnavailable

log = structlog.get_logger(__name__)


class ServerUser(NamedTuple):
    """The system user of the server."""

    name: str
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Whether processes must change to this user, which only root can."""
        return self.uid != os.geteuid()

    def run(self, command: list[str], input_text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `command` as this user, from `/`, in the C locale and without our PG* variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        try:
            return subprocess.run(
                command,
                input=input_text,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                cwd="/",
                env={**environment, "LC_ALL": "C"},
                user=self.uid if self.is_another else None,
                group=self.gid if self.is_another else None,
                extra_groups=[] if self.is_another else None,
            )
        except OSError as error:
            raise StoreUnavailable(
                f"{command[0]} cannot be run as the user {self.name}.",
                hint="Run Ditan as an ordinary user, or set DITAN_DATABASE_URL to a PostgreSQL ≥ 16.",
            ) from error

    def can(self, test: str, path: Path) -> bool:
        """What `test -x PATH` says for this user: it knows of ACLs and mounts, unlike mode bits."""
        return self.run(["/usr/bin/env", "test", test, str(path)]).returncode == 0

    def own(self, path: Path) -> None:
        """Give a directory of ours to this user, closed to everybody else."""
        path.chmod(0o700)
        if self.is_another:
            os.chown(path, self.uid, self.gid)


def choose_server_user(cluster: Path) -> ServerUser:
    """The user that runs the server whose files are, or will be, in `cluster`."""
    if os.geteuid() != 0:
        return _of(os.geteuid())
    if cluster.exists() and cluster.stat().st_uid != 0:
        return _of(cluster.stat().st_uid)
    for name in ("postgres", "ditan"):
        if _exists(name):
            return _named(name)
    return _named("ditan" if _create("ditan") else "nobody")


def require_reachable(home: Path, user: ServerUser) -> None:
    """Make sure that `user` can pass through `home`; name the directory that stops it."""
    if not user.is_another:
        return
    if home.stat().st_uid == 0:
        home.chmod(home.stat().st_mode | 0o001)
    if user.can("-x", home):
        return
    closed = next((p for p in [*reversed(home.parents), home] if not user.can("-x", p)), home)
    raise StoreUnavailable(
        f"PostgreSQL cannot run as root, and its user {user.name} cannot pass through {closed}.",
        hint="Set DITAN_HOME to a directory outside of it, for instance /var/lib/ditan.",
    )


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _named(name: str) -> ServerUser:
    entry = pwd.getpwnam(name)
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _of(uid: int) -> ServerUser:
    try:
        return _named(pwd.getpwuid(uid).pw_name)
    except KeyError:  # a container may run under a number that has no name
        return ServerUser(str(uid), uid, uid)


def _create(name: str) -> bool:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return False
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    created = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if created:
        log.info("system_user.created", name=name)
    return created and _exists(name)
