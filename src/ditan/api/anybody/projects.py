"""Anybody reads where the money of a donation project is: pledged, given, sent, received, and until when."""

from __future__ import annotations

from litestar import Response, get

from ditan.api.routing import AnyRequest, GivenHall, fresh, public
from ditan.model import Noun
from ditan.rewards.donations import Project, read_projects


class Projects(Noun, kw_only=True):
    """Every project of the catalogue in force."""

    projects: list[Project]


@get("/v1/projects", **public(400, 500, 503))
def projects(request: AnyRequest, hall: GivenHall) -> Response[Projects]:
    """Donation projects in fen: each donation is in exactly one of pledged, given, sent and received."""
    found = hall.store.read(lambda connection: read_projects(connection, hall.offer))
    return fresh(request, Projects(projects=found))
