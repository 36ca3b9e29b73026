"""Anybody reads where the money of a donation project is: pledged, given, sent, received, and until when."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from ditan.api.routing import AnyRequest, GivenHall, fresh, public
from ditan.model import Noun
from ditan.rewards.donations import Project, ProjectAccount, read_project, read_projects

ProjectName = Annotated[
    str, PathParameter(pattern=r"^[a-z][a-z0-9_]{2,63}$", description="A reward, as the list says.")
]


class Projects(Noun, kw_only=True):
    """Every project of the catalogue in force."""

    projects: list[Project]


@get("/v1/projects", **public(400, 500, 503))
def projects(request: AnyRequest, hall: GivenHall) -> Response[Projects]:
    """Donation projects in fen: each donation is in exactly one of pledged, given, sent and received."""
    found = hall.store.read(lambda connection: read_projects(connection, hall.offer))
    return fresh(request, Projects(projects=found))


@get("/v1/projects/{reward_id:str}", **public(400, 404, 500, 503))
def project(request: AnyRequest, hall: GivenHall, reward_id: ProjectName) -> Response[ProjectAccount]:
    """One donation project, also one that is over, and the money that was sent to it, with receipts."""
    return fresh(request, hall.store.read(lambda connection: read_project(connection, reward_id)))
