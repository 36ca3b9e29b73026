"""How a customer wants to read the page."""

from __future__ import annotations

import msgspec
from litestar import Response, get, put
from litestar.params import JSONBody

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.home.preferences import Preferences, read_preferences, write_preferences
from ditan.store.pool import Connection


@get("/v1/settings", **reads())
def settings(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Preferences]:
    """Language, large type, and whether anything is chosen for this customer in particular."""
    found = hall.store.read(lambda connection: read_preferences(connection, who.subject))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, found)


@put("/v1/settings", **writes())
def change_settings(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[Preferences]
) -> Response[Preferences]:
    """Choose all of them; what is not named takes its default."""

    def work(connection: Connection) -> Preferences:
        if read_preferences(connection, who.subject) is None:
            raise Refused(ProblemCode.NO_ACCOUNT)
        write_preferences(connection, who.subject, data, hall.clock.now())
        return data

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), Preferences, work)
