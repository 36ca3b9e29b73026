"""Who is signed in, and what the page may offer her."""

from __future__ import annotations

from litestar import get
from litestar.routes import HTTPRoute

from ditan.api.identity import Audience
from ditan.api.roles import ROLES, Role
from ditan.api.routing import AnyRequest, GivenWho, needs_of, operation_name, staff_reads
from ditan.model import Noun, Text


class HeldRole(Noun, kw_only=True):
    """A role the token carries."""

    role: Role
    name: Text
    about: Text


class Me(Noun, kw_only=True):
    """Who is signed in. `may`: operations of this document that her roles open, by their operationId."""

    subject: str  # a pseudonym: what logs and proposals keep
    name: str  # from the token, for showing only
    roles: list[HeldRole]
    read_only: bool
    may: list[str]


@get("/v1/console/me", **staff_reads(*Role))
def me(request: AnyRequest, who: GivenWho) -> Me:
    """Say who is signed in, in which roles, and what they open."""
    held = [role for role in Role if role in who.roles]
    may: dict[str, str] = {}
    for route in request.app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                needs = needs_of(handler)
                if needs and needs.audience is Audience.CONSOLE and needs.roles & who.roles:
                    may[operation_name(method, route.path_components)] = method
    roles = [HeldRole(role=role, name=ROLES[role].name, about=ROLES[role].about) for role in held]
    read_only = set(may.values()) <= {"GET"}
    return Me(subject=who.subject, name=who.name, roles=roles, read_only=read_only, may=sorted(may))
