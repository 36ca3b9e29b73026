"""The application: everything put together, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from ditan import feed, rewards
from ditan.api import anybody, console, customer, partner, system
from ditan.api.console.receiving import clear_left
from ditan.api.edge import Edge
from ditan.api.hall import Hall
from ditan.api.identity import Identity, IssuerKeys, Keys, Principal
from ditan.api.page.routes import PAGE
from ditan.api.problems import answer_problem
from ditan.api.routing import AnyRequest, GivenHall, authorize
from ditan.insight import Methodology, Schedule, prepare_schedule
from ditan.kernel import limits
from ditan.kernel.clock import Clock
from ditan.kernel.errors import DitanError, InvalidInput
from ditan.kernel.settings import Settings
from ditan.store import Store

log = structlog.get_logger(__name__)


def routes() -> Router:
    """Give every route, in one router: registered one by one, handlers that share a path would be made ready twice."""
    handlers = [*customer.HANDLERS, *PAGE, *anybody.HANDLERS, *partner.HANDLERS, *system.HANDLERS, *console.HANDLERS]
    return Router(path="/", route_handlers=handlers)


def create_app(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    keys: Keys | None = None,
    issuer: str | None = None,
    methodology: Methodology | None = None,
) -> Edge:
    """Put the API together. `keys` and `issuer`: whose tokens are believed, when not those of the settings.

    Raises: InvalidInput when the settings name no issuer, or the catalogue of rewards may not run; MethodologyError
    when the methodology may not.
    """
    if keys is None:
        if not settings.token_keys:
            raise InvalidInput(
                "the API needs the keys of an issuer", hint="Set DITAN_TOKEN_ISSUER and DITAN_TOKEN_KEYS."
            )
        keys = IssuerKeys(settings.token_keys)
    identity = Identity(settings, keys, issuer=issuer)
    catalogue = rewards.load(settings.rewards_catalogue)
    offer = store.run(lambda connection: rewards.registered_catalogue(connection, catalogue, clock.now()))
    schedule = Schedule.of(methodology) if methodology else prepare_schedule(store, clock)
    hall = Hall(settings, store, clock, schedule, identity, offer)
    return Edge(build(hall), hall)


def build(hall: Hall) -> Litestar:
    """Make the application around a hall."""
    return Litestar(
        route_handlers=[routes()],
        guards=[authorize],
        exception_handlers={Exception: answer_problem},
        dependencies=DEPENDENCIES,
        state=State({"hall": hall}),
        request_max_body_size=limits.body_bytes_max,
        openapi_config=None,
        lifespan=[_archive, _follow],
        logging_config=None,
    )


@asynccontextmanager
async def _archive(app: Litestar) -> AsyncIterator[None]:
    """Begin with the archive that a killed process may have left unfinished; end with manifests that say all of it."""
    hall: Hall = app.state.hall
    archive = hall.settings.home / feed.ARCHIVE

    def filed() -> list[feed.Stored]:
        return hall.store.read(feed.evidence_files)

    await asyncio.to_thread(feed.recover, archive, filed)
    await asyncio.to_thread(clear_left, hall.settings.home)
    try:
        yield
    finally:
        await asyncio.to_thread(lambda: feed.write_manifests(archive, filed()))


@asynccontextmanager
async def _follow(app: Litestar) -> AsyncIterator[None]:
    """Hear of a methodology that was decided in another process; calls with events ask by themselves."""
    hall: Hall = app.state.hall

    async def ask() -> None:
        while True:
            await asyncio.sleep(limits.schedule_seconds_max)
            try:
                await asyncio.to_thread(hall.schedule)
            except DitanError as error:
                log.error("schedule.unread", error=str(error))

    following = asyncio.create_task(ask())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


def _hall(request: AnyRequest) -> Hall:
    hall: Hall = request.app.state.hall
    return hall


def _who(request: AnyRequest, hall: GivenHall) -> Principal:  # noqa: ARG001  one after the other needs no tasks
    who: Principal = request.state.who
    return who


DEPENDENCIES: Final = {
    "hall": Provide(_hall, sync_to_thread=False),
    "who": Provide(_who, sync_to_thread=False),
}
