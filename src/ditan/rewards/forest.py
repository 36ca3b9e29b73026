"""A customer's own trees: those she has a number of, as anybody sees them, and those she waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from ditan.kernel import limits
from ditan.kernel.ids import key, show
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.cataloguing import Picture, Reward
from ditan.rewards.codes import State
from ditan.rewards.trees import Certificate, read_certificates


class OwnTree(Noun, kw_only=True):
    """A tree with its number, and the order it came from. Only its owner sees the two together."""

    order_id: str
    certificate: Certificate


class TreesToCome(Noun, kw_only=True):
    """A tree order that is under way: its trees have no numbers yet."""

    order_id: str
    species: Text
    region: Text
    partner: Text
    picture: Picture
    quantity: int
    placed_at: datetime
    deadline: datetime  # what is not delivered by then is given back
    state: State
    meaning: Text


class Forest(Noun, kw_only=True):
    """The trees of one customer, the latest first; `trees_in_all` counts those that are not listed, too."""

    trees_in_all: int
    trees: list[OwnTree]
    to_come: list[TreesToCome]


def read_forest(connection: psycopg.Connection[Any], customer_ref: str) -> Forest | None:
    """Give a customer's trees; None when there is no account."""
    asked = {"customer_key": key(customer_ref), "limit": limits.forest_trees_max}
    rows = store.fetch(connection, "read_forest", asked)
    if not rows:
        return None
    orders = {int(tree_no): show("order", UUID(order_id)) for tree_no, order_id in rows[0]["trees"]}
    return Forest(
        trees_in_all=rows[0]["trees_in_all"],
        trees=[
            OwnTree(order_id=orders[tree_no], certificate=certificate)
            for tree_no, certificate in read_certificates(connection, list(orders))
        ],
        to_come=[_to_come(each) for each in rows[0]["to_come"]],
    )


def _to_come(told: dict[str, Any]) -> TreesToCome:
    reward, state = msgspec.convert(told["reward"], Reward), State(told["state"])
    assert reward.tree is not None
    return TreesToCome(
        order_id=show("order", UUID(told["order_id"])),
        species=reward.tree.species,
        region=reward.tree.region,
        partner=msgspec.convert(told["partner"], Text),
        picture=reward.picture,
        quantity=told["quantity"],
        placed_at=datetime.fromisoformat(told["placed_at"]),
        deadline=datetime.fromisoformat(told["deadline"]),
        state=state,
        meaning=state.meaning,
    )
