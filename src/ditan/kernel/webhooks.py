"""Messages that can be believed: signed and checked by the Standard Webhooks scheme (v1, HMAC-SHA256).

Three headers: `webhook-id` names the message forever, `webhook-timestamp` says when it was sent, in seconds since 1970,
and `webhook-signature` holds signatures over `id.timestamp.body`, with blanks between them. A secret is written
`whsec_` and base64. Several secrets may be good at once, so that one can be replaced without a gap: the first signs,
all are believed. The time is a parameter, which the package of the scheme does not have.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ditan.kernel import limits
from ditan.kernel.errors import DitanError, InvalidInput

_PREFIX: Final = "whsec_"
_BYTES_MIN, _BYTES_MAX = 24, 64
_WINDOW: Final = timedelta(minutes=limits.webhook_minutes_max)


class Distrust(StrEnum):
    """Why a message is not believed, in the order in which it is looked at."""

    UNSIGNED = "webhook_unsigned"  # a header is missing or unreadable
    TOO_OLD = "webhook_too_old"
    FROM_THE_FUTURE = "webhook_from_the_future"
    FORGED = "webhook_forged"  # no signature of it is ours


class Disbelieved(DitanError):
    """The message is not believed."""

    def __init__(self, why: Distrust) -> None:
        self.why = why
        super().__init__(f"the message is not believed: {why}")


def make_secret() -> str:
    """Give a new secret, as a file of partners writes it."""
    return _PREFIX + base64.b64encode(os.urandom(32)).decode()


def read_secret(text: str) -> bytes:
    """Read a secret.

    Raises: InvalidInput, which does not repeat it.
    """
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "a webhook secret is not base64", hint=f"It looks like {_PREFIX}MfKQ…; make a new one."
        ) from error
    if not text.startswith(_PREFIX) or not _BYTES_MIN <= len(secret) <= _BYTES_MAX:
        raise InvalidInput(
            f"a webhook secret begins with {_PREFIX} and holds {_BYTES_MIN} to {_BYTES_MAX} bytes",
            hint="Make one: python -c \"import base64,os;print('whsec_'+base64.b64encode(os.urandom(32)).decode())\"",
        )
    return secret


def sign(secret: bytes, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers of a message."""
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{_signature(secret, webhook_id, seconds, body)}",
    }


def believe(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Give the id of a message that one of the secrets signed, just now. `headers` with names in small letters.

    Raises: Disbelieved.
    """
    webhook_id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    readable = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    if not 0 < len(webhook_id) <= limits.id_chars_max or not webhook_id.isprintable() or not readable or not given:
        raise Disbelieved(Distrust.UNSIGNED)
    age_seconds = int(now.timestamp()) - int(seconds)
    if age_seconds > _WINDOW.total_seconds():
        raise Disbelieved(Distrust.TOO_OLD)
    if -age_seconds > _WINDOW.total_seconds():
        raise Disbelieved(Distrust.FROM_THE_FUTURE)
    good = [f"v1,{_signature(secret, webhook_id, seconds, body)}".encode() for secret in secrets]
    # Every pair is compared, so that the time it takes tells nothing.
    hits = [
        hmac.compare_digest(mine, theirs.encode()) for mine in good for theirs in given[: limits.webhook_signatures_max]
    ]
    if not any(hits):
        raise Disbelieved(Distrust.FORGED)
    return webhook_id


def _signature(secret: bytes, webhook_id: str, seconds: str, body: bytes) -> str:
    content = f"{webhook_id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
