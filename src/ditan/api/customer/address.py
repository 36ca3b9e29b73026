"""Where the customer's goods go: one address is kept, enciphered, until she takes it away or closes her account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.params import JSONBody

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.kernel.errors import NotFound
from ditan.kernel.persons import holds_card_number
from ditan.model import Noun
from ditan.rewards import PostalAddress, forget_address, keep_address, read_addresses
from ditan.store.pool import Connection

_NOT_BLANK = r"\S"


class GivenAddress(Noun, kw_only=True):
    """Who gets a parcel, and where. None of it may hold a card number."""

    recipient: Annotated[
        str, msgspec.Meta(min_length=1, max_length=40, pattern=_NOT_BLANK, description="Who receives it.")
    ]
    phone: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^\+?[0-9][0-9 -]{4,18}[0-9]$",
            max_length=20,
            description="For the parcel only: digits, with blanks or hyphens between.",
        ),
    ]
    region: Annotated[
        str, msgspec.Meta(min_length=1, max_length=60, pattern=_NOT_BLANK, description="Province, city, district.")
    ]
    street: Annotated[
        str, msgspec.Meta(min_length=1, max_length=120, pattern=_NOT_BLANK, description="Street, number, door.")
    ]

    def __repr__(self) -> str:
        """Tell nothing: it may stand in a log or an error."""
        return "GivenAddress(…)"


class KeptAddress(Noun, kw_only=True):
    """The address that is kept; None: there is none."""

    address: PostalAddress | None
    changed_at: datetime | None


class AddressChanged(Noun, kw_only=True):
    """What became of it. The answer is kept, so it does not repeat the address."""

    kept: bool
    at: datetime


@get("/v1/address", **reads())
def address(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[KeptAddress]:
    """The address that goods are sent to. An order takes a copy when it is placed."""
    found = hall.store.read(lambda connection: read_addresses(connection, who.subject, hall.address_keys))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, KeptAddress(address=found.kept, changed_at=found.changed_at))


@put("/v1/address", **writes())
def change_address(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[GivenAddress]
) -> Response[AddressChanged]:
    """Keep this address, in place of the one before. Orders that were placed go where they were going."""
    if any(holds_card_number(text) for text in msgspec.structs.astuple(data)):
        raise Refused(ProblemCode.PERSONAL_NUMBER)
    given = PostalAddress(recipient=data.recipient, phone=data.phone, region=data.region, street=data.street)

    def work(connection: Connection) -> AddressChanged:
        now = hall.clock.now()
        try:
            keep_address(connection, who.subject, given, hall.address_keys, now)
        except NotFound as error:
            raise Refused(ProblemCode.NO_ACCOUNT) from error
        return AddressChanged(kept=True, at=now)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), AddressChanged, work)


@delete("/v1/address", **writes())
def remove_address(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey
) -> Response[AddressChanged]:
    """Forget the address. Copies of orders are erased some days after those have ended."""

    def work(connection: Connection) -> AddressChanged:
        try:
            forget_address(connection, who.subject)
        except NotFound as error:
            raise Refused(ProblemCode.NO_ACCOUNT) from error
        return AddressChanged(kept=False, at=hall.clock.now())

    return once(hall, request, who, idempotency_key, b"", AddressChanged, work)


HANDLERS = [address, change_address, remove_address]
