"""Whether this process lives, whether it can work, and what it measured."""

from __future__ import annotations

from importlib import metadata

from litestar import Response, get

from ditan.api.identity import Audience, Scope
from ditan.api.routing import GivenHall, public, reads
from ditan.model import Noun
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.api")


class Health(Noun, kw_only=True):
    """The process answers."""

    status: str
    version: str


class Readiness(Noun, kw_only=True):
    """The process can work: it reaches its database."""

    status: str
    methodology: str


@get("/health", **public(500, 503))
def health() -> Response[Health]:
    """Whether this process lives. Restart it when this does not answer."""
    return Response(Health(status="up", version=metadata.version("ditan")))


@get("/ready", **public(500, 503))
def ready(hall: GivenHall) -> Response[Readiness]:
    """Whether it can work. Send it nothing while this answers 503."""
    hall.store.read(lambda connection: connection.execute(_SQL["ready"]).fetchone())
    return Response(Readiness(status="ready", methodology=hall.methodology.version))


@get("/metrics", media_type="text/plain", **reads(Scope.METRICS_READ, Audience.SYSTEM, fresh=False))
def metrics(hall: GivenHall) -> Response[str]:
    """What this process measured, for Prometheus."""
    return Response(hall.measures.text().decode(), media_type="text/plain; version=0.0.4")
