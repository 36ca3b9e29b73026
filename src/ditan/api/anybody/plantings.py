"""Anybody reads what became of the trees of a reward so far: place, contract, days and evidence of each planting."""

from __future__ import annotations

from litestar import Response, get

from ditan.api.anybody.projects import ProjectName
from ditan.api.routing import AnyRequest, GivenHall, fresh, public
from ditan.model import Noun
from ditan.rewards.trees import PublicPlanting, read_plantings


class Plantings(Noun, kw_only=True):
    """The latest plantings of one kind of tree; none while nothing of it was planned."""

    plantings: list[PublicPlanting]


@get("/v1/plantings/{reward_id:str}", **public(400, 500, 503))
def plantings(request: AnyRequest, hall: GivenHall, reward_id: ProjectName) -> Response[Plantings]:
    """What was planted of one reward, where, when, with which evidence. Never whose."""
    found = hall.store.read(lambda connection: read_plantings(connection, reward_id))
    return fresh(request, Plantings(plantings=found))
