"""`POST /v1/partner/{partner}/webhooks`: a partner says what became of an order. Its signature is its token."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.params import HeaderParameter, PathParameter, RawBody

from ditan.api.routing import GivenHall, public
from ditan.rewards import Received, believed, receive

PartnerName = Annotated[str, PathParameter(pattern=r"^[a-z][a-z0-9-]{2,63}$", description="Who says it.")]
WebhookId = Annotated[
    str,
    HeaderParameter(
        name="webhook-id",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this message forever: sent again it is done once and answered alike.",
    ),
]
WebhookTime = Annotated[
    str,
    HeaderParameter(
        name="webhook-timestamp", pattern=r"^[0-9]{1,12}$", description="When it was sent: seconds since 1970."
    ),
]
WebhookSignature = Annotated[
    str,
    HeaderParameter(
        name="webhook-signature",
        max_length=2_048,
        description="`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks), one or more.",
    ),
]

_WRITES = public(400, 403, 404, 409, 413, 500, 503) | {"status_code": 200}


@post("/v1/partner/{partner:str}/webhooks", **_WRITES)
def hear(
    hall: GivenHall,
    partner: PartnerName,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTime,
    webhook_signature: WebhookSignature,
    body: RawBody,
) -> Response[Received]:
    """Hear what became of an order: `done`; `exists`, it was so before; `too_late` or `not_possible`, it stays."""
    now = hall.clock.now()
    given = {"webhook-id": webhook_id, "webhook-timestamp": webhook_timestamp, "webhook-signature": webhook_signature}
    name = believed(hall.partners, partner, given, body, now)
    return Response(hall.store.run(lambda connection: receive(connection, partner, name, body, now)))
