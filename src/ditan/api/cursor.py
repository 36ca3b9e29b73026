"""Where a list goes on: the last item of a page, as text nobody needs to understand."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from litestar.params import QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.kernel import limits
from ditan.model import Text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES: Final = 24

Limit = Annotated[int, QueryParameter(ge=1, le=limits.page_items_max, description="How many items at most.")]
AfterCursor = Annotated[
    str | None,
    QueryParameter(name="cursor", pattern=r"^[A-Za-z0-9_-]{32}$", description="`next_cursor` of the page before."),
]


class Place(NamedTuple):
    """The last item of a page: lists go from the latest to the earliest."""

    at: datetime
    name: UUID


def write_cursor(place: Place) -> str:
    """Write a place as a cursor."""
    since = place.at - _EPOCH
    us = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
    return urlsafe_b64encode(us.to_bytes(8, "big", signed=True) + place.name.bytes).decode()


def read_cursor(cursor: str | None) -> Place | None:
    """Read a cursor; without one a list begins at its beginning.

    Raises: Refused `invalid_input` when it is none of ours.
    """
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor)
        if len(raw) != _BYTES:
            raise ValueError(f"{len(raw)} bytes")
        at = _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big", signed=True))
    except (ValueError, binascii.Error, OverflowError) as error:
        raise Refused(
            ProblemCode.INVALID_INPUT,
            Text(zh="cursor 不是上一页给出的", en="The cursor is none that a page gave"),
        ) from error
    return Place(at, UUID(bytes=raw[8:]))
