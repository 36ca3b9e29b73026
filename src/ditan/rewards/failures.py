"""Trees that failed: a survey says which; then each is planted again elsewhere, or its energy comes back.

What happened to a tree is only added to. Each step is done once: the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg

from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import EntryId
from ditan.ledger import give_back
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.changing import ERASED
from ditan.rewards.trees import readable, tree_number


class Happening(StrEnum):
    """What can happen to one tree after it was planted."""

    FAILED = "failed"
    REPLACED = "replaced"  # planted again, in another planting
    REFUNDED = "refunded"  # its energy came back


class News(Noun, kw_only=True):
    """What happened, when, by which report, and who says so; replaced: where it stands now."""

    kind: Happening
    on: date
    evidence: str
    by: str
    contract: str | None = None  # of the planting it stands in now
    place: Text | None = None  # of a planting that is not known yet


def record_news(connection: psycopg.Connection[Any], tree_nos: Sequence[int], news: News, now: datetime) -> int:
    """Write down what happened to some trees; give how many it is new of. All or none.

    Raises: NotFound; InvalidInput; Conflict for a tree that does not stand so that it could happen.
    """
    if news.on > business_day(now):
        raise InvalidInput("the day has not come yet", hint="Record it when it has happened.")
    texts = {"evidence": readable(news.evidence, "evidence"), "by": readable(news.by, "by")}
    asked = {"tree_nos": sorted(set(tree_nos))}
    store.fetch(connection, "lock_customers_of_trees", asked)
    trees = store.fetch(connection, "read_trees", asked)
    if len(trees) < len(asked["tree_nos"]) or not trees:
        raise NotFound("there is no such tree", hint="A certificate has its number.")
    fresh = [tree for tree in trees if not _known(tree, news, texts["evidence"])]
    for tree in fresh:
        _require_possible(tree, news)
    if news.kind is Happening.REPLACED and fresh:
        _replant(connection, fresh, news, now)
    for tree in fresh:
        entry_id = _give_back(connection, tree, now) if news.kind is Happening.REFUNDED else None
        row = {"tree_no": tree["tree_no"], "nth": tree["events"] + 1, "kind": news.kind.value, "on_day": news.on}
        row |= texts | {"planting_id": tree["planting_id"], "entry_id": entry_id, "now": now}
        store.write(connection, "write_tree_event", row)
    return len(fresh)


def trees_of(connection: psycopg.Connection[Any], order_id: UUID, nths: Sequence[int] | None) -> list[int]:
    """Give the trees of an order: all of them, or the first, second, … of it.

    Raises: NotFound when it has none of these.
    """
    rows = store.fetch(connection, "read_trees_of", {"order_id": order_id})
    found = [row["tree_no"] for row in rows if nths is None or row["nth"] in nths]
    if not found or (nths is not None and len(found) < len(set(nths))):
        raise NotFound("this order has no such tree")
    return found


def require_in_planting(connection: psycopg.Connection[Any], planting_id: int, tree_nos: Sequence[int]) -> None:
    """Refuse trees that are not part of a planting, and never were.

    Raises: InvalidInput.
    """
    rows = store.fetch(connection, "trees_elsewhere", {"planting_id": planting_id, "tree_nos": list(tree_nos)})
    if rows:
        raise InvalidInput(f"not every tree is of planting {planting_id}", hint="A certificate names its planting.")


def _known(tree: dict[str, Any], news: News, evidence: str) -> bool:
    return (tree["latest"], tree["latest_evidence"]) == (news.kind, evidence)


def _require_possible(tree: dict[str, Any], news: News) -> None:
    name, latest = tree_number(tree["tree_no"], tree["issued_at"]), tree["latest"]
    if tree["given_back"]:
        raise Conflict(f"{name}: its order came back, the tree is nobody's")
    if not tree["planted"]:
        raise Conflict(f"{name} is not planted", hint="`ditan rewards record PLANTING planted` comes first.")
    if (news.kind is Happening.FAILED) is (latest == Happening.FAILED) or latest == Happening.REFUNDED:
        stands = {"failed": "failed before", "refunded": "its energy came back before"}.get(latest, "did not fail")
        raise Conflict(f"{name}: {stands}", hint="A tree fails first; then it is replaced or refunded, once.")


def _replant(connection: psycopg.Connection[Any], trees: list[dict[str, Any]], news: News, now: datetime) -> None:
    """Move trees into the planting of a contract; one that is not known yet begins with them, planted that day."""
    kinds = {(tree["partner"], tree["reward_id"]) for tree in trees}
    if len(kinds) > 1:
        raise InvalidInput("these trees are not of one kind", hint="Name the trees of one partner and one reward.")
    [(partner, reward_id)] = kinds
    contract = readable(news.contract or "", "contract")
    of = {"partner": partner, "reward_id": reward_id, "contract": contract, "trees": len(trees), "now": now}
    found = store.fetch(connection, "grow_planting", of)
    if not found:
        if news.place is None:
            raise InvalidInput("a new planting has a place", hint="Say where the trees stand now.")
        place = {"place_zh": readable(news.place.zh, "place"), "place_en": readable(news.place.en, "place")}
        found = store.fetch(connection, "write_replanting", of | place | {"by": readable(news.by, "by")})
        event = {"planting_id": found[0]["planting_id"], "nth": 1, "kind": "planted", "on_day": news.on, "now": now}
        texts = {"evidence": readable(news.evidence, "evidence"), "by": readable(news.by, "by")}
        store.write(connection, "write_planting_event", event | texts | {"trees": len(trees)})
    if any(tree["planting_id"] == found[0]["planting_id"] for tree in trees):
        raise InvalidInput("this is the planting they failed in", hint="Name the contract of the new one.")
    store.write(
        connection, "assign_trees", {"planting_id": found[0]["planting_id"], "tree_nos": [t["tree_no"] for t in trees]}
    )
    for tree in trees:
        tree["planting_id"] = found[0]["planting_id"]


def _give_back(connection: psycopg.Connection[Any], tree: dict[str, Any], now: datetime) -> UUID | None:
    """Give the energy of one tree back; of somebody who was erased nothing can be."""
    if tree["content_key"] == ERASED:
        return None
    of_one = tree["energy"] // tree["quantity"]
    hold_id = EntryId(tree["order_id"])
    return give_back(connection, hold_id, f"tree {tree['tree_no']}", of_one, now=now, reason="tree failed").entry_id
