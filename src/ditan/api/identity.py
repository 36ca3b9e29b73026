"""Who asks: the bearer tokens of the bank's OIDC provider, and what each part of the API needs of them.

A token is believed when its algorithm is on the list, its key is one of the issuer's, its signature holds, and issuer,
audience and times are right. Nothing is looked up in our database: who somebody is, only the bank knows.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import threading
import urllib.request
from base64 import urlsafe_b64decode
from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.roles import ROLES, Role
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput, StoreUnavailable
from ditan.kernel.settings import Settings
from ditan.model import CardProduct, Noun, Text

log = structlog.get_logger(__name__)

_FORBIDDEN: Final = ("none", "HS256", "HS384", "HS512")
_OLD: Final = timedelta(minutes=limits.keys_minutes_max)
_AGAIN: Final = timedelta(seconds=limits.keys_again_seconds_min)
_LOOPBACK: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class Audience(StrEnum):
    """Whom a part of the API is for."""

    CUSTOMER = "customer"
    SYSTEM = "system"
    PARTNER = "partner"
    CONSOLE = "console"


class Scope(StrEnum):
    """What a token may do."""

    HOME_READ = "home:read"
    HOME_WRITE = "home:write"
    EVENTS_WRITE = "events:write"
    METRICS_READ = "metrics:read"
    ORDERS_READ = "orders:read"


class Needs(Noun, kw_only=True):
    """What a route asks of a token: a scope, or for the console one of some roles."""

    audience: Audience
    scope: Scope | None = None
    roles: frozenset[Role] = frozenset()


class NamedCard(Noun, kw_only=True):
    """A card of the customer's, by the bank's word: only such a card can be linked."""

    card_ref: str
    product: CardProduct
    label: str = ""  # what the app shows: the last four digits
    quickpass: bool = False  # bound to 云闪付


class Principal(Noun, kw_only=True):
    """Who asks, and what for."""

    subject: str  # of a customer: the bank's pseudonym, customer_ref; of staff: a pseudonym as well
    audiences: frozenset[Audience]
    scopes: frozenset[str]
    cards: list[NamedCard]
    roles: frozenset[Role] = frozenset()
    name: str = ""  # of staff, for showing; never kept


class Keys(Protocol):
    """Where the issuer's public keys come from. Looking for one never waits; reading them again may."""

    def find(self, kid: str | None) -> Key | None:
        """Give the key of this name; without a name, the only one."""
        ...

    def due(self, now: datetime, *, unknown: bool = False) -> bool:
        """Whether to read them again: they are old, or one that is unknown was asked for and that was not just done."""
        ...

    def refresh(self, now: datetime) -> None:
        """Read them again."""
        ...


class IssuerKeys:
    """A JWKS from a file or from the issuer. While the issuer is away, the keys that are known are good."""

    def __init__(self, source: str) -> None:
        if "://" in source and not source.startswith(("https://", *_LOOPBACK)):
            raise InvalidInput("token_keys must be a file or an https URL", hint="Look at DITAN_TOKEN_KEYS.")
        self.source = source
        self._keys: dict[str, Key] = {}
        self._tried_at: datetime | None = None
        self._lock = threading.Lock()

    def find(self, kid: str | None) -> Key | None:
        """Give the key of this name; without a name, the only one."""
        keys = self._keys
        if kid is not None:
            return keys.get(kid)
        return next(iter(keys.values())) if len(keys) == 1 else None

    def due(self, now: datetime, *, unknown: bool = False) -> bool:
        """Whether to read them again."""
        if self._tried_at is None or not self._keys:
            return True
        return now - self._tried_at >= (_AGAIN if unknown else _OLD)

    def refresh(self, now: datetime) -> None:
        """Read them again, unless somebody just did.

        Raises: StoreUnavailable when not a single key is known.
        """
        with self._lock:
            if self._tried_at is None or now - self._tried_at >= _AGAIN:
                self._tried_at = now
                try:
                    self._keys = public_keys(_fetch(self.source))
                except (OSError, ValueError, JoseError) as error:
                    log.warning("keys.missed", error=type(error).__name__)
        if not self._keys:
            raise StoreUnavailable(
                "The issuer's keys cannot be read.", hint="Look at DITAN_TOKEN_KEYS: a JWKS file or an https URL."
            )


def public_keys(content: bytes) -> dict[str, Key]:
    """Read a JWKS; a symmetric key in it is refused, since whoever can check with it can also sign."""
    found: dict[str, Key] = {}
    for place, key in enumerate(KeySet.import_key_set(json.loads(content)).keys):
        if not isinstance(key, RSAKey | ECKey | OKPKey):
            raise InvalidInput("the issuer's keys hold a symmetric key", hint="Use RSA or elliptic curve keys.")
        found[key.kid or f"key {place}"] = key
    return found


def _fetch(source: str) -> bytes:
    if "://" not in source:
        return Path(source).read_bytes()
    with urllib.request.urlopen(source, timeout=limits.connect_wait_seconds_max) as answer:  # noqa: S310  https, see above
        content: bytes = answer.read(1 << 20)
        return content


class Identity:
    """Tells who asks, by the settings of this Ditan."""

    def __init__(self, settings: Settings, keys: Keys, *, issuer: str | None = None) -> None:
        self.issuer = issuer or settings.token_issuer
        self.keys = keys
        self.algorithms = settings.token_algorithms.split()
        self.audiences = {
            settings.token_customer_audience: Audience.CUSTOMER,
            settings.token_system_audience: Audience.SYSTEM,
            settings.token_partner_audience: Audience.PARTNER,
            settings.token_console_audience: Audience.CONSOLE,
        }
        self.skew_seconds = settings.token_skew_seconds
        # Tokens whose signature was checked, each with the key that it was checked with: a page asks often. All else
        # that a token says is looked at every time, and a key that is read again counts as another key.
        self._proved: OrderedDict[str, tuple[Key, dict[str, Any]]] = OrderedDict()
        if not self.issuer:
            raise InvalidInput("tokens need an issuer", hint="Set DITAN_TOKEN_ISSUER and DITAN_TOKEN_KEYS.")
        if len(self.audiences) < len(Audience):
            raise InvalidInput(
                "customers, systems, partners and staff need audiences of their own",
                hint="Look at the settings token_*.",
            )
        if not self.algorithms or set(self.algorithms) & set(_FORBIDDEN):
            raise InvalidInput("token_algorithms holds what is no public-key signature", hint="ES256 PS256 RS256")

    async def welcome(self, authorization: str | None, now: datetime) -> Principal:
        """Give who sent this header; keys are read beside the other requests.

        Raises: Refused; StoreUnavailable while no key of the issuer is known.
        """
        if self.keys.due(now):
            await asyncio.to_thread(self.keys.refresh, now)
        try:
            return self.identify(authorization, now)
        except Refused as refused:
            if refused.code is not ProblemCode.TOKEN_KEY or not self.keys.due(now, unknown=True):
                raise
        await asyncio.to_thread(self.keys.refresh, now)
        return self.identify(authorization, now)

    def identify(self, authorization: str | None, now: datetime) -> Principal:
        """Give who sent this header.

        Raises: Refused with the first code that applies.
        """
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Refused(ProblemCode.TOKEN_MISSING)
        claims = self._verified(token.strip())
        if claims.get("iss") != self.issuer:
            raise Refused(ProblemCode.TOKEN_ISSUER)
        named = claims.get("aud")
        audiences = {self.audiences[name] for name in _texts(named) if name in self.audiences}
        if not audiences:
            raise Refused(ProblemCode.TOKEN_AUDIENCE)
        self._check_times(claims, now)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= limits.id_chars_max:
            raise Refused(ProblemCode.TOKEN_UNREADABLE)
        scope = claims.get("scope", "")
        scopes = frozenset(scope.split() if isinstance(scope, str) else _texts(scope))
        name = claims.get("name")
        return Principal(
            subject=subject,
            audiences=frozenset(audiences),
            scopes=scopes,
            cards=_cards(claims.get("cards", [])),
            roles=_roles(claims.get("roles", [])),
            name=name[: limits.staff_name_chars_max] if isinstance(name, str) else "",
        )

    def _verified(self, token: str) -> dict[str, Any]:
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self.algorithms:
            raise Refused(ProblemCode.TOKEN_ALGORITHM)
        key = self.keys.find(kid if isinstance(kid, str) else None)
        if key is None:
            raise Refused(ProblemCode.TOKEN_KEY)
        proved = self._proved.get(token)
        if proved is not None and proved[0] is key:
            return proved[1]
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise Refused(ProblemCode.TOKEN_SIGNATURE) from error
        self._proved[token] = key, claims
        if len(self._proved) > limits.tokens_proved_max:
            self._proved.popitem(last=False)
        return claims

    def _check_times(self, claims: dict[str, Any], now: datetime) -> None:
        seconds = int(now.timestamp())
        until = claims.get("exp")
        begins = [claims[name] for name in ("nbf", "iat") if claims.get(name) is not None]
        if not isinstance(until, int) or not all(isinstance(each, int) for each in begins):
            raise Refused(ProblemCode.TOKEN_UNREADABLE)
        if until + self.skew_seconds <= seconds:
            raise Refused(ProblemCode.TOKEN_EXPIRED)
        if max(begins, default=0) - self.skew_seconds > seconds:
            raise Refused(ProblemCode.TOKEN_NOT_YET)


def require(principal: Principal, needs: Needs) -> None:
    """Refuse who may not do this.

    Raises: Refused `wrong_audience`, `missing_scope`, `missing_role`.
    """
    if needs.audience not in principal.audiences:
        raise Refused(ProblemCode.WRONG_AUDIENCE)
    if needs.scope is not None and needs.scope not in principal.scopes:
        raise Refused(ProblemCode.MISSING_SCOPE)
    if needs.roles and not needs.roles & principal.roles:
        names = [ROLES[role].name for role in Role if role in needs.roles]
        raise Refused(
            ProblemCode.MISSING_ROLE,
            Text(
                zh=f"需要角色：{'、'.join(name.zh for name in names)}",
                en=f"It takes the role {' or '.join(name.en for name in names)}",
            ),
        )


def _header(token: str) -> dict[str, Any]:
    first = token.split(".", 1)[0]
    try:
        if len(token) > limits.token_chars_max or token.count(".") != 2:
            raise ValueError
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        if not isinstance(header, dict):
            raise TypeError
    except (ValueError, TypeError, binascii.Error) as error:
        raise Refused(ProblemCode.TOKEN_UNREADABLE) from error
    return header


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _roles(named: object) -> frozenset[Role]:
    """Read the claim `roles`; what is not known is no role."""
    texts = named.split() if isinstance(named, str) else _texts(named)
    return frozenset(Role(text) for text in texts if text in set(Role))


def _cards(named: object) -> list[NamedCard]:
    """Read the claim `cards`; what is not understood is no card."""
    cards: list[NamedCard] = []
    for each in named if isinstance(named, list) else []:
        ref, product = (each.get("card_ref"), each.get("product")) if isinstance(each, dict) else (None, None)
        if isinstance(ref, str) and product in set(CardProduct) and len(cards) < limits.token_cards_max:
            label = each.get("label", "")
            cards.append(
                NamedCard(
                    card_ref=ref,
                    product=CardProduct(product),
                    label=label if isinstance(label, str) else "",
                    quickpass=each.get("quickpass") is True,
                )
            )
    return cards
