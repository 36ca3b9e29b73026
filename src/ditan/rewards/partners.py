"""Where partners are reached, and the secrets shared with each: a file of the bank's, not a row of a database."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.kernel.webhooks import read_secret
from ditan.model import Noun

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class _Entry(Noun, kw_only=True):
    url: str
    secrets: list[str]


class Address(Noun, kw_only=True):
    """Where one partner is reached. The first secret signs what we send; what any of them signed is believed."""

    url: str
    secrets: tuple[bytes, ...]

    def __repr__(self) -> str:
        """Say where, never the secrets: it may stand in a log."""
        return f"Address({self.url!r})"


def read_partners(file: str | Path | None) -> Mapping[str, Address]:
    """Read the addresses of partners; without a file there are none.

    Raises: InvalidInput that names the partner, and no secret.
    """
    if file is None:
        return {}
    try:
        raw = msgspec.convert(tomllib.loads(Path(file).read_text(encoding="utf-8")), dict[str, _Entry])
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"the partners in {file} cannot be read",
            hint='Each is a table: [green-hill], url = "https://…", secrets = ["whsec_…"].',
        ) from error
    return {name: _address(name, entry) for name, entry in raw.items()}


def _address(name: str, entry: _Entry) -> Address:
    parts = urlsplit(entry.url)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)) or not parts.hostname:
        raise InvalidInput(f"the address of partner {name!r} is not https", hint="Plain http is for this machine only.")
    if not 1 <= len(entry.secrets) <= limits.partner_secrets_max:
        raise InvalidInput(
            f"partner {name!r} has {len(entry.secrets)} secrets",
            hint="One; two while the old one is replaced, the new first.",
        )
    return Address(url=entry.url.rstrip("/"), secrets=tuple(read_secret(secret) for secret in entry.secrets))
