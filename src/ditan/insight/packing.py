"""Packs that ran, back from the database."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg

from ditan.kernel.errors import NotFound
from ditan.kernel.invariants import check
from ditan.model import Pack
from ditan.packs import version
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight")


def pack_of_version(connection: psycopg.Connection[Any], wanted: str) -> Pack:
    """Give the pack that ran under a version, and check that its content still has that version.

    Raises: NotFound when it never ran here; InvariantViolation when the stored content was altered.
    """
    row = connection.execute(_SQL["read_pack"], {"version": wanted}).fetchone()
    if row is None:
        raise NotFound(f"no methodology {wanted!r} ever ran on this database")
    pack = msgspec.json.decode(row[0], type=Pack)
    check(version(pack) == wanted, "INV-10", f"the stored pack {wanted} has the content of {version(pack)}")
    return pack
