"""The catalogue: what energy can become, as data, with versions and validity. Read strictly, checked before it can run.

A folder of TOML: `catalogue.toml` says what it is and names its partners; every other file holds `[[rewards]]`. Its
version is the hash of its content. It is kept whole when it first runs, and an order names the version it was placed
under.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import field

from ditan.kernel.errors import InvalidInput, NotFound
from ditan.model import Noun, Status, Text

SHIPPED: Final = Path(__file__).parent / "catalogue"
_HEAD: Final = "catalogue.toml"


class RewardKind(StrEnum):
    """What energy can become."""

    TREE = "tree"
    DONATION = "donation"
    PRODUCE = "produce"
    GYM_CARD = "gym_card"
    COUPON = "coupon"
    PARTNER_BENEFIT = "partner_benefit"


class Picture(StrEnum):
    """A drawn spot of web/shared/spots."""

    TREE = "tree"
    PINE = "pine"
    WATER = "water"
    GRAIN = "grain"
    GYM = "gym"
    CERTIFICATE = "certificate"
    PARCEL = "parcel"
    SAXAUL = "saxaul"
    BICYCLE = "bicycle"
    REPAIR = "repair"


class Period(StrEnum):
    """What a limit is counted over: business days of the customer."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    EVER = "ever"


class RewardLimit(Noun, kw_only=True):
    """How many one customer may have in a period; orders that came to nothing do not count."""

    quantity: int
    period: Period


class TreeTerms(Noun, kw_only=True):
    """Which tree, where, and how many are planted together."""

    species: Text
    region: Text
    batch_size: int


class DonationTerms(Noun, kw_only=True):
    """What the bank pays for the energy of one, and at most for the project."""

    project: Text
    fen: int
    ceiling_fen: int


class ProduceTerms(Noun, kw_only=True):
    """Where it grows and how long it takes to come."""

    origin: Text
    delivery_days: int


class CodeTerms(Noun, kw_only=True):
    """How long a code can be used."""

    use_within_days: int


class Partner(Noun, kw_only=True):
    """Who delivers."""

    id: str
    name: Text
    made_up: bool = False


class Reward(Noun, kw_only=True):
    """One thing energy can become. `stock` names the account of the ledger it is taken from (INV-08)."""

    id: str
    kind: RewardKind
    name: Text
    summary: Text
    terms: Text
    picture: Picture
    partner: str
    energy: int  # of one
    stock: str
    units: int = 1  # of the account, for one: pieces, or fen of a donation
    quantity_max: int = 1  # in one order
    limit: RewardLimit | None = None
    hold_days: int  # energy is set aside for so long: what is not delivered by then is given back
    valid_from: date
    valid_to: date
    segments: list[str] = field(default_factory=list)  # for customers in one of these; none: for everybody
    tree: TreeTerms | None = None
    donation: DonationTerms | None = None
    produce: ProduceTerms | None = None
    code: CodeTerms | None = None

    @property
    def delivered(self) -> bool:
        """Whether it is brought to an address."""
        return self.produce is not None


class Catalogue(Noun, kw_only=True):
    """Everything that can be ordered, and from whom."""

    id: str
    number: str
    name: Text
    valid_from: date
    valid_to: date
    status: Status
    note: Text
    partners: list[Partner]
    rewards: list[Reward] = field(default_factory=list)

    def find(self, reward_id: str) -> Reward | None:
        """Give a reward by its id."""
        return next((reward for reward in self.rewards if reward.id == reward_id), None)


def load(folder: str | Path | None = None) -> Catalogue:
    """Read a catalogue: a bank's folder, or the demo that ships.

    Raises: NotFound without a catalogue.toml; InvalidInput that names file and key.
    """
    folder = Path(folder or SHIPPED)
    head = folder / _HEAD
    if not head.is_file():
        raise NotFound(f"no catalogue in {folder}", hint=f"Name a folder with a {_HEAD}; the shipped one is {SHIPPED}.")
    raw = _toml(head)
    rewards: list[Any] = []
    for file in sorted(folder.glob("*.toml")):
        if file != head:
            rewards += _converted(_toml(file).get("rewards", []), list[Reward], file)
    if "rewards" in raw:
        raise InvalidInput(f"{head}: rewards stand in files of their own", hint="Move them to tree.toml, goods.toml, …")
    catalogue: Catalogue = _converted(raw, Catalogue, head)
    return msgspec.structs.replace(catalogue, rewards=rewards)


def canonical(catalogue: Catalogue) -> bytes:
    """Give the form a version is hashed from: keys in order, nothing left out."""
    return msgspec.json.encode(catalogue, order="sorted")


def version(catalogue: Catalogue) -> str:
    """Name a catalogue by its content: `demo@` and 16 digits of SHA-256."""
    return f"{catalogue.id}@{hashlib.sha256(canonical(catalogue)).hexdigest()[:16]}"


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", hint="It must be TOML in UTF-8.") from error


def _converted(raw: Any, kind: Any, file: Path) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{file}: {error}", hint="Compare it with the shipped catalogue.") from error
