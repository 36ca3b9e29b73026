"""What a proposed methodology would change, computed by replaying the archive beside everything else.

The work has progress, may be left, and may be killed: then it stands still, and somebody begins it anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ditan.feed import evidence_files
from ditan.insight.replaying import Customers, Impact, replay
from ditan.kernel import limits
from ditan.kernel.clock import Clock
from ditan.kernel.errors import Conflict, DitanError
from ditan.model import Noun, Pack
from ditan.store import Store
from ditan.store.pool import Connection
from ditan.store.statements import load_statements

log = structlog.get_logger(__name__)
_SQL = load_statements("ditan.insight", "studies.sql")
_BEAT: Final = timedelta(seconds=1)
_DEAD: Final = timedelta(seconds=limits.study_silent_seconds_max)


class Result(Noun, kw_only=True):
    """What would change, before caps: by scenario, and for how many customers by how much."""

    acts: int
    impact: list[Impact]
    customers: Customers


class Study(Noun, kw_only=True):
    """How far the replay of a proposal is. `stopped`: the process that worked on it is gone."""

    state: Literal["running", "stopped", "done", "failed"]
    started_by: str
    started_at: datetime
    files_done: int
    files: int
    finished_at: datetime | None
    result: Result | None
    trouble: str | None


def read_study(connection: psycopg.Connection[Any], proposal_id: UUID, now: datetime | None = None) -> Study | None:
    """Give how far it is; None: nobody began it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["read_study"], {"proposal_id": proposal_id}).fetchone()
    return None if row is None else _study(row, now)


def _study(row: dict[str, Any], now: datetime | None) -> Study:
    silent = now is not None and now - row["beat_at"] > _DEAD
    state: Literal["running", "stopped", "done", "failed"] = "stopped" if silent else "running"
    if row["finished_at"] is not None:
        state = "failed" if row["trouble"] else "done"
    result = None if row["result"] is None else msgspec.convert(row["result"], Result)
    told = {name: row[name] for name in ("started_by", "started_at", "files_done", "files", "finished_at", "trouble")}
    return Study(state=state, result=result, **told)


def begin(connection: psycopg.Connection[Any], proposal_id: UUID, by: str, now: datetime) -> int:
    """Begin the study of a proposal, or begin it anew; give the attempt, which whoever works on it names.

    Raises: Conflict while it is worked on.
    """
    asked = {"proposal_id": proposal_id, "by": by, "now": now, "files": len(evidence_files(connection))}
    row = connection.execute(_SQL["begin_study"], asked | {"dead": now - _DEAD}).fetchone()
    if row is None:
        raise Conflict("its impact is being computed", hint="Wait for it; it may be left meanwhile.")
    return int(row[0])


def work(store: Store, home: Path, proposal_id: UUID, attempt: int, pack: Pack, clock: Clock) -> None:
    """Replay the archive under the pack, write progress as it goes, and the result or the trouble at the end."""
    asked: dict[str, Any] = {"proposal_id": proposal_id, "attempt": attempt}
    done, beat_at = 0, clock.now()

    def advance(files: int) -> None:
        nonlocal done, beat_at
        done += files
        if clock.now() - beat_at >= _BEAT:
            beat_at = clock.now()
            _write(store, "beat_study", asked | {"files_done": done, "now": beat_at})

    result: Result | None = None
    trouble: str | None = None
    try:
        with store.unit_of_work() as connection:
            found = replay(connection, home, other=pack, advance=advance, threads=1)
        assert found.customers is not None
        result = Result(acts=found.acts, impact=found.impact, customers=found.customers)
        if found.broken_files:
            trouble, result = f"{len(found.broken_files)} files of the archive are not what the manifest names", None
    except DitanError as error:
        trouble = error.message
    except Exception:
        log.exception("study.failed", proposal=str(proposal_id))
        trouble = "it failed unexpectedly; see the log of the server"
    ended = {"files_done": done, "now": clock.now(), "trouble": trouble}
    _write(store, "end_study", asked | ended | {"result": result and Jsonb(msgspec.to_builtins(result))})


def _write(store: Store, name: str, row: dict[str, Any]) -> None:
    def write(connection: Connection) -> None:
        connection.execute(_SQL[name], row)

    store.run(write)
