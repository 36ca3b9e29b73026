"""Everything that is kept of a customer, to take along (PIPL 45)."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get

from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.routing import GivenHall, GivenWho, reads
from ditan.home.exporting import ExportedAddress, Kept, as_csv, read_kept
from ditan.insight import gather
from ditan.model import BankEvent, Noun
from ditan.rewards import PostalAddress, read_addresses


class Export(Noun, kw_only=True):
    """All of it: what the database has, and the events of the acts as the archive keeps them."""

    exported_at: datetime
    kept: Kept
    events: list[BankEvent]
    missing_files: int  # evidence files that are not in the archive


@get("/v1/export", **reads(fresh=False))
def export(hall: GivenHall, who: GivenWho) -> Response[Export]:
    """Everything that is kept of the customer, as JSON."""
    kept, events, missing = _gather(hall, who)
    answer = Export(exported_at=hall.clock.now(), kept=kept, events=events, missing_files=missing)
    return Response(answer, headers={"Content-Disposition": 'attachment; filename="ditan-export.json"'})


@get("/v1/export.csv", media_type="text/csv", **reads(fresh=False))
def export_csv(hall: GivenHall, who: GivenWho) -> Response[str]:
    """The same as one table, for a spreadsheet."""
    kept, events, _ = _gather(hall, who)
    headers = {"Content-Disposition": 'attachment; filename="ditan-export.csv"'}
    return Response(as_csv(kept, events), media_type="text/csv", headers=headers)


def _gather(hall: Hall, who: Principal) -> tuple[Kept, list[BankEvent], int]:
    kept = hall.store.read(lambda connection: read_kept(connection, who.subject))
    found = hall.store.read(lambda connection: read_addresses(connection, who.subject, hall.address_keys))
    if kept is None or found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    named: list[tuple[str | None, PostalAddress]] = [(None, found.kept)] if found.kept else []
    named += [(each.order_id, each.address) for each in found.of_orders]
    addresses = [ExportedAddress(order_id=name, **msgspec.structs.asdict(address)) for name, address in named]
    kept = msgspec.structs.replace(kept, addresses=addresses)
    home = hall.settings.home
    events, missing = hall.store.read(lambda connection: gather(connection, home, who.subject))
    return kept, events, missing
