"""Where a demo is at home, what time it is there, and who can be signed in as.

What would be dangerous elsewhere, such as letting in anybody, asks here first.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ditan.kernel.clock import SYSTEM_CLOCK
from ditan.kernel.errors import Conflict
from ditan.kernel.settings import Settings

#: The folder that `ditan demo` makes in its home, beside a database that never holds anything else.
MARK: Final = "demo"

#: Set by `ditan serve --demo` for the processes it starts. Not DITAN_*: no setting of a bank can switch it on.
SERVE: Final = "SERVE_DEMO"

_CUSTOMERS: Final = "customers.json"


def require_demo(settings: Settings) -> None:
    """Refuse to let in anybody anywhere but in the demo.

    Raises: Conflict.
    """
    if not settings.embedded or settings.token_issuer or settings.token_keys:
        raise Conflict(
            "the demo's issuer lets in anybody, and this Ditan has a database or an issuer of its own",
            hint="Leave out --demo; or unset DITAN_DATABASE_URL, DITAN_TOKEN_ISSUER and DITAN_TOKEN_KEYS.",
        )
    if not (settings.home / MARK).is_dir():
        raise Conflict(
            f"{settings.home} is not the home of a demo", hint="Run `ditan demo` with this DITAN_HOME first."
        )


class DemoClock:
    """The time of the demo: its bank lives in a quarter that is over. It runs, and can be moved on, never back.

    How far it is from the machine's is in a file of the home, so that all processes of the demo agree.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises: Conflict outside of the demo."""
        require_demo(settings)
        self._path = settings.home / MARK / "clock"

    def now(self) -> datetime:
        """The current instant of the demo, in UTC."""
        return SYSTEM_CLOCK.now() + self._offset()

    def set(self, instant: datetime) -> None:
        """Begin at `instant`: when the demo is made."""
        self._write(instant - SYSTEM_CLOCK.now())

    def advance(self, step: timedelta) -> None:
        """Move on by `step`."""
        if step < timedelta(0):
            raise ValueError("a clock does not go back")
        self._write(self._offset() + step)

    def _offset(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._path.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta(0)

    def _write(self, offset: timedelta) -> None:
        _replace(self._path, str(offset.total_seconds()).encode())


class DemoCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to sign in as. `name` and `about` in Chinese and English; `cards` as a token names them."""

    subject: str
    name: dict[str, str]
    about: dict[str, str]
    cards: list[dict[str, str | bool]]


class DemoStaff(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up member of staff to sign in as: one for each role of the console. `name` in Chinese and English."""

    subject: str
    role: str
    name: dict[str, str]
    desk: dict[str, str]


def _staff(subject: str, role: str, name: tuple[str, str], desk: tuple[str, str]) -> DemoStaff:
    return DemoStaff(
        subject=subject, role=role, name=dict(zip(("zh", "en"), name, strict=True)),
        desk=dict(zip(("zh", "en"), desk, strict=True)),
    )  # fmt: skip


#: Masked, as the console shows names; nobody of this bank exists.
STAFF: Final = (
    _staff("staff-3kq7", "operator", ("王 **", "Wang **"), ("绿色金融办公室", "Green finance office")),
    _staff("staff-8wd2", "approver", ("周 **", "Zhou **"), ("风险管理部", "Risk management")),
    _staff("staff-5tn9", "service", ("李 **", "Li **"), ("客户服务中心", "Customer service")),
    _staff("staff-2fx6", "risk", ("陈 **", "Chen **"), ("反欺诈组", "Fraud desk")),
    _staff("staff-6hb4", "auditor", ("赵 **", "Zhao **"), ("内部审计部", "Internal audit")),
    _staff("staff-9mc1", "admin", ("孙 **", "Sun **"), ("信息技术部", "Information technology")),
)


def write_customers(settings: Settings, customers: Sequence[DemoCustomer]) -> None:
    """Keep who can be signed in as."""
    _replace(settings.home / MARK / _CUSTOMERS, msgspec.json.encode(list(customers)))


def read_customers(settings: Settings) -> list[DemoCustomer]:
    """Give who can be signed in as; nobody before the demo chose them."""
    try:
        content = (settings.home / MARK / _CUSTOMERS).read_bytes()
    except FileNotFoundError:
        return []
    return msgspec.json.decode(content, type=list[DemoCustomer])


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(path)
