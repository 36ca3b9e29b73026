"""What an overview is made of: figures that say what they are, and tables whose rows add up.

Numbers are exact and written as text: milligrams may pass 2**53, and a share is not a binary fraction. A value that has
no source is None and says why; zero is something else.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import field

from ditan.model import Family, Noun, Status, Text

Exact = Annotated[str, msgspec.Meta(pattern=r"^-?\d+(\.\d+)?$", description="An exact decimal number.")]


class Account(StrEnum):
    """The two sides, which are never netted."""

    BUSINESS = "business"
    PUBLIC = "public"


class Unit(StrEnum):
    """What a value counts. A `share` is between 0 and 1."""

    ACCOUNTS = "accounts"
    CARDS = "cards"
    SHARE = "share"
    ENERGY = "energy"
    FEN = "fen"
    FEN_PER_ACCOUNT = "fen_per_account"
    FEN_PER_KG = "fen_per_kg"
    MG = "mg"
    MG_PER_ACCOUNT = "mg_per_account"
    ACTS = "acts"
    TREES = "trees"
    ORDERS = "orders"


class Interval(StrEnum):
    """What `low` and `high` are: the 5th and 95th percentile of the method, or Wilson's 95 % of a rate."""

    P5_P95 = "p5_p95"
    WILSON_95 = "wilson_95"


class Against(StrEnum):
    """What a period is compared with: as many days just before it, or the same days a year ago."""

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


class Point(Noun, kw_only=True):
    """A value in one period: whole or a share of something, with its interval where it is uncertain."""

    value: Exact | None
    low: Exact | None = None
    high: Exact | None = None
    numerator: Exact | None = None
    denominator: Exact | None = None


class Day(Noun, kw_only=True):
    """A business day of a series."""

    day: date
    value: Exact
    low: Exact | None = None
    high: Exact | None = None


class Figure(Noun, kw_only=True):
    """One figure of the overview and everything that a reader may ask of it."""

    id: str
    account: Account
    family: str
    name: Text
    unit: Unit
    value: Exact | None
    low: Exact | None
    high: Exact | None
    interval: Interval | None  # None: a full count, which has no band
    numerator: Exact | None
    denominator: Exact | None
    previous: Exact | None
    previous_low: Exact | None
    previous_high: Exact | None
    unknown: Text | None  # why there is no value
    stands: bool  # it is what stands at the end of the period, not what happened in it
    definition: Text
    formula: str
    version: str
    series: list[Day] = field(default_factory=list)
    previous_series: list[Day] = field(default_factory=list)


class Cohort(Noun, kw_only=True):
    """Accounts opened in one week. `active[k]`: how many had an act in the k-th week after it; None: not over yet."""

    week: date  # its Monday
    opened: int
    active: list[int | None]


class Bucket(Noun, kw_only=True):
    """Energy the bank owes, by how soon it goes. Sums to the liability."""

    id: str
    name: Text
    energy: int


class ScenarioFigure(Noun, kw_only=True):
    """A scenario in the period, net of what refunds took back in it. The rows sum to the totals."""

    scenario: str
    number: int
    family: Family
    name: Text
    acts: int
    carbon_mg: Exact
    low_mg: Exact
    high_mg: Exact
    energy: int
    status: Status | None  # the weakest a gram of it stands on; None: it gave no gram
    statuses: list[StatusShare]


class FamilyFigure(Noun, kw_only=True):
    """A family of scenarios in the period."""

    family: Family
    acts: int
    carbon_mg: Exact


class StatusShare(Noun, kw_only=True):
    """Grams by the weakest status among the values they were made with."""

    status: Status
    carbon_mg: Exact
    share: Exact | None


class TierShare(Noun, kw_only=True):
    """Grams by the strength of their evidence: 1 measured, 2 published, 3 modelled."""

    tier: str
    carbon_mg: Exact
    share: Exact | None


class TreeFigure(Noun, kw_only=True):
    """Trees until the end of the period. `alive`: of those looked at in each planting's latest survey.

    `failed`: how many ever did; `replaced` and `refunded`: what became of them.
    """

    ordered: int
    issued: int
    planted: int
    surveyed: int
    alive: int
    failed: int
    replaced: int
    refunded: int


class DonationFigure(Noun, kw_only=True):
    """Donations until the end of the period, in fen; what is delivered was settled, what is settled was pledged.

    `returned_fen` is in none of them: it came back after it had been given.
    """

    pledged_fen: int
    settled_fen: int
    delivered_fen: int
    returned_fen: int


class Overview(Noun, kw_only=True):
    """Two sides of one period, read in one snapshot."""

    first: date = field(name="from")
    last: date = field(name="to")
    against: Against
    previous_first: date = field(name="previous_from")
    previous_last: date = field(name="previous_to")
    at: datetime  # the time of the data
    definitions: str
    figures: list[Figure]
    retention: list[Cohort]
    liability: list[Bucket]
    scenarios: list[ScenarioFigure]
    families: list[FamilyFigure]
    tiers: list[TierShare]
    statuses: list[StatusShare]
    trees: TreeFigure
    donations: DonationFigure
    notes: list[Text]  # what a reader must know of the whole
