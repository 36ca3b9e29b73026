"""Anybody who has the number of a tree looks it up: what was planted, where, when, with which evidence. Never whose."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from ditan.api.routing import AnyRequest, GivenHall, fresh, public
from ditan.rewards.trees import Certificate, read_certificate

Number = Annotated[
    str, PathParameter(pattern=r"^[Tt]-[0-9]{4}-[0-9]{6,18}-[0-9Xx]$", description="As on the certificate.")
]


@get("/v1/certificates/{number:str}", **public(400, 404, 500, 503))
def certificate(request: AnyRequest, hall: GivenHall, number: Number) -> Response[Certificate]:
    """Look up a tree by its number, without a token. 400 when a character of it was misread."""
    return fresh(request, hall.store.read(lambda connection: read_certificate(connection, number)))
