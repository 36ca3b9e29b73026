"""The whole story of one act: its evidence, the formula with the numbers in it, the caps, what was taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import psycopg

from ditan.feed import ARCHIVE
from ditan.insight.packing import pack_of_version
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import ActId, key, show_act
from ditan.kernel.invariants import check
from ditan.ledger import Act, find_act
from ditan.model import BankEvent, CardProduct, Channel, Kind, Noun, Pack
from ditan.quantification import Explanation, explain
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight")
_DUCK = load_statements("ditan.insight", "duck.sql")


class Story(Noun, kw_only=True):
    """Everything about one act. `explanation` alone is enough to recompute `act.quantified_mg` by hand."""

    act: Act
    act_text: str  # act_…
    event: BankEvent
    evidence: str  # what revealed it
    confidence: Decimal
    p5_mg: int  # of what was given
    p95_mg: int
    explanation: Explanation


def tell(
    connection: psycopg.Connection[Any],
    home: Path,
    act_id: ActId,
    *,
    pack_of: Callable[[str], Pack] | None = None,
) -> Story:
    """Tell the story of an act from the ledger, the archive and the pack it was posted under.

    Whoever tells many gives `pack_of`, since reading a pack from the database and checking it takes the longest.

    Raises: NotFound when there is no such act or its evidence file is gone; InvariantViolation when the evidence no
    longer gives the milligrams of the ledger.
    """
    act = find_act(connection, act_id)
    event, evidence, confidence = _evidence(connection, home, act)
    version = act.pack_version
    pack = pack_of(version) if pack_of else pack_of_version(connection, version)
    scenario = next(s for s in pack.scenarios if s.id == act.scenario)
    explanation = explain(pack, scenario, event, version)
    check(
        explanation.raw_mg == act.quantified_mg,
        "INV-10",
        f"{show_act(act_id)}: evidence gives {explanation.raw_mg} mg, the ledger has {act.quantified_mg}",
    )
    return Story(
        act=act,
        act_text=show_act(act_id),
        event=event,
        evidence=evidence,
        confidence=confidence,
        p5_mg=_times(act.carbon_mg, act.p5),
        p95_mg=_times(act.carbon_mg, act.p95),
        explanation=explanation,
    )


def _times(value_mg: int, ratio: Decimal) -> int:
    return int((value_mg * ratio).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _evidence(connection: psycopg.Connection[Any], home: Path, act: Act) -> tuple[BankEvent, str, Decimal]:
    act_id = act.act_id
    row = connection.execute(_SQL["find_evidence"], {"act_id": act_id}).fetchone()
    path = home / ARCHIVE / row[0] if row else None
    if path is None or not path.is_file():
        raise NotFound(
            f"the evidence of {show_act(act_id)} is not in {home / ARCHIVE}",
            hint="Restore the archive folder, or set DITAN_HOME to the one the events were ingested with.",
        )
    with duckdb.connect() as duck:
        found = duck.execute(_DUCK["one_event"], {"file": str(path), "act_id": act_id})
        names = [column[0] for column in found.description or []]
        kept: dict[str, Any] = dict(zip(names, found.fetchall()[0], strict=True))
    return event_of(kept, act.customer_ref), kept["evidence"], kept["confidence"]


def gather(connection: psycopg.Connection[Any], home: Path, customer_ref: str) -> tuple[list[BankEvent], int]:
    """Give the events of all acts of a customer, the earliest first, and how many evidence files are gone."""
    rows = connection.execute(_SQL["find_all_evidence"], {"customer_key": key(customer_ref)}).fetchall()
    there = [(home / ARCHIVE / path, acts) for path, acts in rows if (home / ARCHIVE / path).is_file()]
    if not there:
        return [], len(rows)
    asked = {"files": [str(path) for path, _ in there], "acts": [act for _, acts in there for act in acts]}
    with duckdb.connect() as duck:
        found = duck.execute(_DUCK["events_of_customer"], asked)
        names = [column[0] for column in found.description or []]
        events = [event_of(dict(zip(names, row, strict=True)), customer_ref) for row in found.fetchall()]
    return events, len(rows) - len(there)


def event_of(kept: dict[str, Any], customer_ref: str | None) -> BankEvent:
    """Make a row of the archive an event again: all but the card, which is not kept. None: it was erased."""
    return BankEvent(
        source=kept["source"],
        event_id=kept["event_id"],
        kind=Kind(kept["kind"]),
        customer_ref=customer_ref or "",
        card_product=CardProduct(kept["card_product"]) if kept["card_product"] else None,
        channel=Channel(kept["channel"]) if kept["channel"] else None,
        occurred_at=kept["occurred_at"].replace(tzinfo=UTC),
        settled_on=kept["settled_on"],
        amount_fen=kept["amount_fen"],
        currency=kept["currency"],
        mcc=kept["mcc"],
        merchant_id=kept["merchant_id"],
        descriptor=kept["descriptor"],
        city=kept["city"],
        service=kept["service"],
        attributes=msgspec.json.decode(kept["attributes"]) if kept["attributes"] else {},
    )
