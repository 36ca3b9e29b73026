"""Envelopes: personal data enciphered with a key of the person's own, and that key with one of the bank's.

Whoever destroys the person's key makes every copy unreadable. The bank's keys have names, so that a new one can take
over while the old one still reads. AES-256-GCM; each text is bound to what it belongs to, and read nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ditan.kernel.errors import DitanError, InvalidInput
from ditan.kernel.settings import Settings

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_OWN: Final = "address.key"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HINT: Final = "Set DITAN_ADDRESS_KEY or DITAN_ADDRESS_KEY_FILE; `ditan address new-key` makes a key."


class Unreadable(DitanError):
    """It is enciphered, and there is no key here that opens it."""


class Wrapped(NamedTuple):
    """A person's key as it is kept, and the name of the bank's key that opens it."""

    master_id: str
    content: bytes


class MasterKeys:
    """The bank's keys, by name: the first one closes, all of them open. There may be none."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __repr__(self) -> str:
        """Names, never keys: it may stand in a log."""
        return f"MasterKeys({', '.join(self._keys)})"

    @property
    def current(self) -> str:
        """Give the name of the key that closes.

        Raises: Unreadable when there is none.
        """
        for name in self._keys:
            return name
        raise Unreadable("there is no key for addresses", hint=_HINT)

    def wrap(self, key: bytes, bound_to: str) -> Wrapped:
        """Encipher a person's key."""
        name = self.current
        return Wrapped(name, encipher(self._keys[name], key, f"{name} {bound_to}"))

    def unwrap(self, wrapped: Wrapped, bound_to: str) -> bytes:
        """Give a person's key.

        Raises: Unreadable.
        """
        key = self._keys.get(wrapped.master_id)
        if key is None:
            raise Unreadable(f"the key {wrapped.master_id!r} for addresses is not here", hint=_HINT)
        return decipher(key, wrapped.content, f"{wrapped.master_id} {bound_to}")


def new_key() -> bytes:
    """Make a key."""
    return os.urandom(_KEY_BYTES)


def write_key(name: str, key: bytes) -> str:
    """Write one of the bank's keys as a file or a setting has it: `name:base64`."""
    return f"{name}:{base64.b64encode(key).decode()}"


def encipher(key: bytes, content: bytes, bound_to: str) -> bytes:
    """Encipher something that belongs to `bound_to`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound_to.encode())


def decipher(key: bytes, content: bytes, bound_to: str) -> bytes:
    """Give what was enciphered.

    Raises: Unreadable when the key is another one, or it belongs elsewhere, or was changed.
    """
    try:
        return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def read_master_keys(settings: Settings) -> MasterKeys:
    """Read the bank's keys; beside the embedded database there is a file of our own, made if need be.

    Raises: InvalidInput, which repeats no key.
    """
    if settings.address_key is not None:
        return _read(settings.address_key, "DITAN_ADDRESS_KEY")
    file = Path(settings.address_key_file) if settings.address_key_file else settings.home / _OWN
    if settings.address_key_file is None:
        if not settings.embedded:
            return MasterKeys({})
        _make(file)
    try:
        return _read(file.read_text(encoding="ascii"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the keys for addresses in {file} cannot be read", hint=_HINT) from error


def _read(text: str, where: str) -> MasterKeys:
    keys: dict[str, bytes] = {}
    for entry in text.split():
        name, _, value = entry.partition(":")
        try:
            key = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _NAME.fullmatch(name) or name in keys or len(key) != _KEY_BYTES:
            raise InvalidInput(
                f"{where} does not hold keys: each is NAME:BASE64 of {_KEY_BYTES} bytes, no name twice",
                hint="`ditan address new-key` makes one; the first one closes, the others only open.",
            )
        keys[name] = key
    if not keys:
        raise InvalidInput(f"{where} holds no key", hint="`ditan address new-key` makes one.")
    return MasterKeys(keys)


def _make(file: Path) -> None:
    """Make a file that only its owner reads, unless it is there; whole or not at all."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(write_key("own", new_key()) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(new, file)  # who comes second finds the first one's
    except FileExistsError:
        pass
    finally:
        new.unlink()
