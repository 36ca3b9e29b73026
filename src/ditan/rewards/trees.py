"""Trees that are real: plantings with a contract, what happened to them with evidence, and a numbered certificate.

A number names a tree and nobody. It tells the planting, its place, days and evidence; never grams: a claim about
absorbed CO2 would need species, years and a source, and a planting has none.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
import psycopg

from ditan.kernel import limits
from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import check_character, write_number
from ditan.kernel.persons import tells_a_number
from ditan.model import Noun, Status, Text
from ditan.rewards import store
from ditan.rewards.cataloguing import Partner, Picture, Reward


class TreeState(StrEnum):
    """How a tree stands, by its planting."""

    WAITING = "waiting"  # for a planting
    PLANNED = "planned"
    PLANTED = "planted"
    SURVEYED = "surveyed"
    REPLACED = "replaced"
    GIVEN_BACK = "given_back"  # the order came back: the tree is nobody's
    FAILED = "failed"  # this tree; it is replaced or refunded next
    REPLANTED = "replanted"  # this tree failed, and stands in another planting now
    REFUNDED = "refunded"  # this tree failed, and its energy came back

    @property
    def meaning(self) -> Text:
        """A sentence for whoever looks it up."""
        return _MEANING[self]


_MEANING: Final = {
    TreeState.WAITING: Text(zh="等待进入种植批次", en="It waits to become part of a planting"),
    TreeState.PLANNED: Text(zh="已进入种植批次，尚未种下", en="It is part of a planting that has not begun"),
    TreeState.PLANTED: Text(zh="已种下", en="It is planted"),
    TreeState.SURVEYED: Text(zh="已种下，并查看过成活情况", en="It is planted, and the planting was surveyed"),
    TreeState.REPLACED: Text(zh="批次中未成活的已补种", en="Trees of the planting that failed were planted again"),
    TreeState.FAILED: Text(
        zh="这棵树未成活，将补种或退回能量", en="This tree failed; it will be planted again, or its energy given back"
    ),
    TreeState.REPLANTED: Text(
        zh="这棵树未成活，已在新的批次补种", en="This tree failed, and was planted again in another planting"
    ),
    TreeState.REFUNDED: Text(zh="这棵树未成活，能量已退回", en="This tree failed, and its energy was given back"),
    TreeState.GIVEN_BACK: Text(zh="订单已退回，此证书失效", en="The order was returned: this certificate is void"),
}


class EventKind(StrEnum):
    """What can happen to a planting."""

    PLANTED = "planted"
    SURVEYED = "surveyed"
    REPLACED = "replaced"


class PlantingEvent(Noun, kw_only=True):
    """One thing that happened to a planting. `trees`: planted; alive; planted again."""

    kind: EventKind
    on: date
    trees: int
    evidence: str


class TreeEvent(Noun, kw_only=True):
    """One thing that happened to this tree: `failed`, `replaced`, `refunded`, and in which planting."""

    kind: str
    on: date
    evidence: str
    planting_id: int
    contract: str


class Certificate(Noun, kw_only=True):
    """What anybody may know of a tree who has its number."""

    number: str
    state: TreeState
    meaning: Text
    species: Text
    picture: Picture
    region: Text
    partner: Text
    made_up: bool  # of a demo catalogue: no such tree exists
    status: Status  # of the catalogue it was ordered from
    issued_on: date
    planting_id: int | None
    contract: str | None
    place: Text | None
    trees: int | None  # of the whole planting
    events: list[PlantingEvent]  # of the planting it is part of now
    history: list[TreeEvent]  # of this tree, from the first failure on


class Planting(Noun, kw_only=True):
    """A planting as operators see it; without a number: trees that wait for one."""

    planting_id: int | None
    partner: str
    contract: str | None
    reward_id: str
    place_zh: str | None
    place_en: str | None
    trees: int
    latest: str | None


class PublicPlanting(Noun, kw_only=True):
    """A planting as anybody sees it: where, under which contract, how many, and what happened to it."""

    planting_id: int
    contract: str
    place: Text
    trees: int
    events: list[PlantingEvent]


def tree_number(tree_no: int, issued_at: datetime) -> str:
    """Write the number of a certificate: year, number, and a check character."""
    return write_number("T", tree_no, business_day(issued_at).year)


def read_tree_number(number: str) -> int:
    """Read the number of a certificate; whether there is one of this year, `read_certificate` says.

    Raises: InvalidInput when it was misread.
    """
    parts = number.strip().upper().split("-")
    digits = "".join(parts[1:3])
    well_formed = len(parts) == 4 and parts[0] == "T" and digits.isascii() and digits.isdigit() and len(parts[2]) <= 18
    if not well_formed or parts[3] != check_character(digits):
        raise InvalidInput(
            "this is not the number of a tree", hint="It looks like T-2026-000123-6; compare each character."
        )
    return int(parts[2])


def read_certificate(connection: psycopg.Connection[Any], number: str) -> Certificate:
    """Look a tree up by its number.

    Raises: InvalidInput when it was misread; NotFound.
    """
    for _tree_no, found in read_certificates(connection, [read_tree_number(number)]):
        if found.number == number.strip().upper():
            return found
    raise NotFound("there is no tree of this number")


def read_certificates(connection: psycopg.Connection[Any], tree_nos: list[int]) -> list[tuple[int, Certificate]]:
    """Give the certificates of trees by their bare numbers, the latest first."""
    rows = store.fetch(connection, "read_tree", {"tree_nos": tree_nos})
    return [(row["tree_no"], _certificate(row)) for row in rows]


def _certificate(row: dict[str, Any]) -> Certificate:
    reward, partner = msgspec.convert(row["reward"], Reward), msgspec.convert(row["partner"], Partner)
    events = msgspec.convert(row["events"], list[PlantingEvent])
    history = msgspec.convert(row["history"], list[TreeEvent])
    state = _state(row, events, history)
    assert reward.tree is not None
    return Certificate(
        number=tree_number(row["tree_no"], row["issued_at"]),
        state=state,
        meaning=state.meaning,
        species=reward.tree.species,
        picture=reward.picture,
        region=reward.tree.region,
        partner=partner.name,
        made_up=partner.made_up,
        status=Status(row["status"]),
        issued_on=business_day(row["issued_at"]),
        planting_id=row["planting_id"],
        contract=row["contract"],
        place=Text(zh=row["place_zh"], en=row["place_en"]) if row["planting_id"] else None,
        trees=row["trees"],
        events=events,
        history=history,
    )


def _state(row: dict[str, Any], events: list[PlantingEvent], history: list[TreeEvent]) -> TreeState:
    if row["given_back"]:
        return TreeState.GIVEN_BACK
    latest = history[-1].kind if history else None
    if latest in {"failed", "refunded"}:
        return TreeState(latest)
    if row["planting_id"] is None:
        return TreeState.WAITING
    state = TreeState(events[-1].kind.value) if events else TreeState.PLANNED
    # A survey of its new planting says more than that it was planted again.
    return TreeState.REPLANTED if latest and state in {TreeState.PLANNED, TreeState.PLANTED} else state


def open_planting(
    connection: psycopg.Connection[Any],
    partner: str,
    reward_id: str,
    contract: str,
    place: Text,
    *,
    most: int,
    by: str,
    now: datetime,
) -> Planting:
    """Begin a planting with the trees that have waited longest.

    Raises: InvalidInput for a text that cannot be shown to anybody; Conflict when no tree waits.
    """
    texts = {"contract": contract, "place_zh": place.zh, "place_en": place.en, "by": by}
    asked = {name: readable(text, name) for name, text in texts.items()}
    asked_for = asked | {"partner": partner, "reward_id": reward_id, "most": most, "now": now}
    made = store.fetch(connection, "write_planting", asked_for)
    if not made:
        raise Conflict(f"no tree of {reward_id!r} waits for partner {partner!r}", hint="`ditan rewards plantings`")
    store.write(connection, "assign_trees", made[0])
    return Planting(
        planting_id=made[0]["planting_id"],
        partner=partner,
        contract=asked["contract"],
        reward_id=reward_id,
        place_zh=asked["place_zh"],
        place_en=asked["place_en"],
        trees=made[0]["trees"],
        latest=None,
    )


def record_event(
    connection: psycopg.Connection[Any],
    planting_id: int,
    event: PlantingEvent,
    *,
    by: str,
    now: datetime,
    failed: int = 0,
) -> None:
    """Write down what happened to a planting. `failed`: trees that are named besides those that are counted.

    Raises: NotFound; InvalidInput for a day to come or more trees than there are; Conflict before it was planted, or
    when it is planted twice.
    """
    rows = store.fetch(connection, "read_planting", {"planting_id": planting_id})
    if not rows:
        raise NotFound(f"no planting {planting_id}", hint="`ditan rewards plantings` lists them.")
    if event.on > business_day(now):
        raise InvalidInput("the day has not come yet", hint="Record it when it has happened.")
    if not 0 <= event.trees <= rows[0]["trees"] - failed:
        raise InvalidInput(f"this planting has {rows[0]['trees']} trees", hint="Name at most so many.")
    if rows[0]["planted"] is (event.kind is EventKind.PLANTED):
        raise Conflict(
            "it was planted before" if rows[0]["planted"] else "it is not planted yet", hint="See its events."
        )
    row = {"planting_id": planting_id, "nth": (rows[0]["nth"] or 0) + 1, "kind": event.kind.value, "on_day": event.on}
    texts = {"evidence": readable(event.evidence, "evidence"), "by": readable(by, "by")}
    store.write(connection, "write_planting_event", row | texts | {"trees": event.trees, "now": now})


def list_plantings(connection: psycopg.Connection[Any]) -> list[Planting]:
    """Give the trees that wait, then every planting."""
    return [Planting(**row) for row in store.fetch(connection, "list_plantings", {})]


def read_plantings(connection: psycopg.Connection[Any], reward_id: str) -> list[PublicPlanting]:
    """Give the latest plantings of one kind of tree, for anybody; nothing in them says whose a tree is."""
    asked = {"reward_id": reward_id, "limit": limits.plantings_shown_max}
    return [
        PublicPlanting(
            planting_id=row["planting_id"],
            contract=row["contract"],
            place=Text(zh=row["place_zh"], en=row["place_en"]),
            trees=row["trees"],
            events=msgspec.convert(row["events"], list[PlantingEvent]),
        )
        for row in store.fetch(connection, "read_plantings", asked)
    ]


def readable(text: str, what: str) -> str:
    """Give a text as it can be shown to anybody.

    Raises: InvalidInput.
    """
    text = text.strip()
    if not 0 < len(text) <= limits.id_chars_max or not text.isprintable() or tells_a_number(text):
        raise InvalidInput(
            f"{what}: 1 to {limits.id_chars_max} characters, and no number of a person (INV-13)",
            hint="Anybody can read it who has the number of a tree.",
        )
    return text
