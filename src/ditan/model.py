"""The nouns of Ditan. Every immutable thing the product talks about is here, in the order a payment meets it.

Read this file and then `flow.py`, the verbs: together they are the tour of the product.

Units stand last in every name: `amount_fen` (1/100 yuan), `carbon_mg` (milligrams CO2e), `energy` (whole points of
绿色能量). Carbon and energy never mix: carbon is the attributed reduction `ER = BE - PE` of one real act and is never
spent; energy is the incentive and is never grams.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import dataclass_transform

from msgspec import Struct, field


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Noun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every noun: immutable, and an unknown field is an error. (`kw_only` is not inherited in msgspec.)"""


class Text(Noun, kw_only=True):
    """A sentence or a name a person reads, in both languages of the product."""

    zh: str
    en: str


# --- 1. What the bank sends -------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What happened, in the bank's words."""

    CARD_PAYMENT = "card_payment"
    CARD_REFUND = "card_refund"  # money back, whole or in part; names the original event
    CARD_REVERSAL = "card_reversal"  # the payment never settled; takes back everything
    SERVICE_EVENT = "service_event"  # business done online, no card payment: a transfer, an e-statement


class CardProduct(StrEnum):
    """Debit or credit."""

    DEBIT = "debit"
    CREDIT = "credit"


class Channel(StrEnum):
    """How the customer paid or acted."""

    UNIONPAY_QR = "unionpay_qr"  # 云闪付 code, including 乘车码
    UNIONPAY_NFC = "unionpay_nfc"  # tap, including transit gates
    APP = "app"  # the bank's app
    ONLINE = "online"  # a merchant's site or app
    POS = "pos"
    COUNTER = "counter"  # a branch
    AUTO_DEBIT = "auto_debit"


class BankEvent(Noun, kw_only=True):
    """One row of the canonical feed. `attributes` are facts only some scenarios need (`distance_m`, `bill_ref`)."""

    source: str
    event_id: str
    kind: Kind
    original_event_id: str | None = None
    customer_ref: str  # the bank's pseudonym for the person: never a name, a number on a document or a card number
    card_ref: str | None = None  # the bank's token for the card: never a card number
    card_product: CardProduct | None = None
    channel: Channel | None = None
    occurred_at: datetime
    settled_on: date | None = None
    amount_fen: int = 0
    currency: str = "CNY"
    mcc: int | None = None  # ISO 18245
    merchant_id: str | None = None
    descriptor: str | None = None
    city: int | None = None  # six-digit adcode, GB/T 2260
    service: str | None = None  # the business done, for a service_event: `transfer.completed`
    attributes: dict[str, str | int | bool] = field(default_factory=dict)


# --- 2. The methodology: data that says what counts and how much -------------------------------------------------


class Family(StrEnum):
    """The three families of the case."""

    TRAVEL = "travel"  # 低碳出行
    FINANCE = "finance"  # 数字金融
    ONLINE = "online"  # 在线办理业务


class Status(StrEnum):
    """How far a value has come through review. Only `approved` values may be called final."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class KnownBy(StrEnum):
    """How a value became known to us; `assumed` and `second_hand` force the status `draft`."""

    FOUND = "found"  # read in the published page or file
    SECOND_HAND = "second_hand"  # read in somebody's copy
    KNOWN = "known"  # from memory of the named document
    ASSUMED = "assumed"  # our own engineering assumption
    CALCULATED = "calculated"  # arithmetic on the above
    POLICY = "policy"  # a choice of the programme, not a measurement


class Purpose(StrEnum):
    """What a customer consents to; each is asked for separately (PIPL 29)."""

    CARD_PAYMENTS = "card_payments"
    WHEREABOUTS = "whereabouts"  # rides reveal where a person was
    STEPS = "steps"


class Source(Noun, kw_only=True):
    """Where a value was published: enough to find the page again."""

    title: str
    publisher: str = ""
    page: str = ""
    reference: str = ""  # the key in the research notes, `S28`


class DatedValue(Noun, kw_only=True):
    """A value and the days it holds, both ends included."""

    value: Decimal
    valid_from: date
    valid_to: date


class Factor(Noun, kw_only=True):
    """One number of the methodology, or one number per region or period, with everything an auditor asks of it.

    Exactly one of `value`, `values`, `regional` and `expression` is set. `unit` is a Pint expression of the programme's
    units (g, kg, km, kWh, L, yuan, event, visit, sheet, ride, card, …). `p5`/`p95` bound the value, same unit.
    """

    name: Text
    unit: str
    value: Decimal | None = None
    values: list[DatedValue] = field(default_factory=list)  # dated, no overlap and no gap
    regional: dict[str, Decimal] = field(default_factory=dict)  # by adcode, else grid region, else "national"
    expression: str = ""  # derived from other factors
    min: Decimal
    max: Decimal
    p5: Decimal | None = None
    p95: Decimal | None = None
    status: Status
    known_by: KnownBy
    source: Source
    valid_from: date
    valid_to: date
    review_by: date
    note: Text | None = None


class Evidence(StrEnum):
    """What revealed a green act, strongest first."""

    MERCHANT = "merchant"  # the merchant registry
    SERVICE = "service"  # the bank's own business event
    DESCRIPTOR = "descriptor"
    MCC = "mcc"


class When(Noun, kw_only=True):
    """A condition on one event: every field that is set must hold; an empty `When` holds for any event."""

    kinds: list[Kind] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)  # the merchant's role in the registry
    services: list[str] = field(default_factory=list)
    pattern: str = ""  # RE2 over the lower-cased descriptor
    mcc: list[int] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    products: list[CardProduct] = field(default_factory=list)
    amount_min_fen: int | None = None
    amount_max_fen: int | None = None
    amount_multiple_of_fen: int | None = None
    attributes: dict[str, list[str]] = field(default_factory=dict)  # value, as text, is one of these
    absent: list[str] = field(default_factory=list)  # attributes that are not given


class Rule(Noun, kw_only=True):
    """One way an event reveals an act of the scenario."""

    by: Evidence
    when: When
    confidence: Decimal  # 0 < c <= 1, the share of such events that really are this act
    examples: list[str] = field(default_factory=list)  # descriptors that must match: the check runs them


class Exclusion(Noun, kw_only=True):
    """A look-alike that is not an act: the event matched a rule and this as well."""

    code: str  # the result code the bank sees, `transit_top_up`
    reason: Text
    when: When
    examples: list[str] = field(default_factory=list)


class ActivitySource(StrEnum):
    """Where the amount of activity comes from, best first; kept with every act so that auditors can sample by it."""

    OPERATOR = "operator"  # measured by the operator
    FARE_BAND = "fare_band"  # the distance band of a published tariff
    FARE_RATE = "fare_rate"  # money divided by a price
    COUNTED = "counted"  # the event itself is the unit
    DEFAULT = "default"  # a conservative typical value


class Activity(Noun, kw_only=True):
    """One way to find the quantity of an act. The first whose input the event carries is used.

    `quantity` is an expression in exactly one input of `kernel.units.INPUTS` and in factors, linear in the input; for
    `fare_band` it is empty and `tariff` names the family of tables. `p5`/`p95` are ratios to the claimed reduction.
    """

    source: ActivitySource
    quantity: str = ""
    tariff: str = ""
    tier: str  # "1", "2", "3" or "E"
    p5: Decimal
    p95: Decimal
    variant: dict[str, list[str]] = field(default_factory=dict)  # attribute equality, as in When.attributes
    substitutes: dict[str, str] = field(default_factory=dict)  # in a variant: {"bike_net": "ebike_net"}


class Quantification(Noun, kw_only=True):
    """Formula of a scenario. Expressions over `quantity` and factors give grams CO2e; all are linear in `quantity`."""

    unit: str  # of quantity
    baseline: str
    project: str
    leakage: str = "0"
    additionality: str = "additionality"  # id of the factor h_add
    conservative_cut: str = "conservative_cut"  # id of the factor u_cons
    quantity_max: Decimal  # a larger quantity in one act is cut to this
    activities: list[Activity]
    baseline_text: Text
    project_text: Text


class Caps(Noun, kw_only=True):
    """Limits on the carbon of one customer in one scenario, by the customer's business day and month."""

    daily_acts: int | None = None
    monthly_acts: int | None = None
    monthly_g: int | None = None


class Deduplication(Noun, kw_only=True):
    """When two different events are one act."""

    key: list[str] = field(default_factory=list)  # attributes (or card_ref) that name the occasion
    min_gap_minutes: int = 0  # a further act sooner than this is part of the one before


class Energy(Noun, kw_only=True):
    """The incentive of a scenario: flat points, never scaled by money."""

    points: int
    per_quantity: int | None = None  # points for every whole multiple of this quantity (steps), else flat
    points_max: int  # of one act
    daily_acts: int | None = None
    monthly_acts: int | None = None
    status: Status
    known_by: KnownBy
    source: Source


class Life(Noun, kw_only=True):
    """How long energy lives. An act keeps the rule of the pack it was posted under: a later one never touches it."""

    matures_after_days: int = 1  # a ball ripens so many business days after its act …
    matures_at_minute: int = 420  # … at this minute of the day: 07:00
    collect_days: int = 7  # and can be collected for so long; then it lapses
    expires_months: int = 12  # collected energy can be used to the end of the month so many months on


class Scenario(Noun, kw_only=True):
    """One of the 21 green-behaviour scenarios."""

    id: str
    number: int
    family: Family
    name: Text
    summary: Text  # what counts
    not_counted: Text  # what does not, and why
    tier: str
    carbon: bool  # the two switches: a scenario may give carbon, energy, or both
    energy: bool
    consent: list[Purpose]
    perverse_incentive: bool  # rewarding it may raise emissions or spending
    perverse_note: Text | None = None
    rules: list[Rule]
    exclusions: list[Exclusion] = field(default_factory=list)
    quantification: Quantification
    caps: Caps
    deduplication: Deduplication
    reward: Energy
    benchmarks: list[Text] = field(default_factory=list)  # what others publish for the same act


class City(Noun, kw_only=True):
    """A city the pack knows."""

    adcode: int
    name: Text
    grid_region: str
    metro_tariff: str = ""


class FareBand(Noun, kw_only=True):
    """Tickets of this price belong to trips of `(km_from, km_to]`; `claim_km` is the 25th percentile inside."""

    fare_fen: int
    km_from: Decimal
    km_to: Decimal | None = None  # None: open
    claim_km: Decimal
    mean_km: Decimal


class Tariff(Noun, kw_only=True):
    """A fare table turned round: from the money back to the distance."""

    id: str
    family: str  # "metro_fare"
    cities: list[int]
    bands: list[FareBand]
    status: Status
    known_by: KnownBy
    source: Source
    valid_from: date
    valid_to: date
    review_by: date


class Merchant(Noun, kw_only=True):
    """One line of the merchant registry."""

    merchant_id: str
    role: str
    city: int | None
    name: str
    status: Status


class PersonaAct(Noun, kw_only=True):
    """What a persona does in a month: `times` events like `event`."""

    scenario: str
    times: int
    event: dict[str, str | int | bool]
    carbon_mg: int  # of one such event, before caps: does not move by accident
    energy: int


class Persona(Noun, kw_only=True):
    """A described customer whose grams never move by accident."""

    id: str
    name: Text
    story: Text
    acts: list[PersonaAct]


class Pack(Noun, kw_only=True):
    """A methodology: everything needed to turn an event into milligrams and points, and to defend them."""

    id: str  # cn_2026
    number: str  # CN-2026.1
    name: Text
    valid_from: date
    valid_to: date
    status: Status
    factors: dict[str, Factor]
    scenarios: list[Scenario]
    life: Life = field(default_factory=Life)
    cities: list[City]
    tariffs: list[Tariff]
    merchants: list[Merchant]
    personas: list[Persona]


# --- 3. What the stages say of a batch ----------------------------------------------------------------------------


class Tally(Noun, kw_only=True):
    """Rows of a stage that ended with one code, with the carbon and energy they carried (0 before quantification)."""

    code: str
    rows: int
    carbon_mg: int = 0
    energy: int = 0


class Accepted(Noun, kw_only=True):
    """`feed.accept`: rows_read = accepted + duplicate + rejected."""

    rows_read: int
    accepted: int
    tallies: list[Tally]  # every code but `accepted`
    digest: str


class Recognized(Noun, kw_only=True):
    """`recognition.recognize`: accepted = recognized + refunds + not green."""

    accepted: int
    recognized: int
    refunds: int
    tallies: list[Tally]
    digest: str


class Quantified(Noun, kw_only=True):
    """`quantification.quantify`: recognized = quantified; every recognized act gets milligrams, maybe zero."""

    recognized: int
    quantified: int
    carbon_mg: int
    energy: int
    digest: str


class Posted(Noun, kw_only=True):
    """`ledger.post`: quantified + refunds = posted + refunded + every other code."""

    offered: int
    posted: int
    carbon_mg: int
    energy: int
    tallies: list[Tally]
    digest: str


class BatchReport(Noun, kw_only=True):
    """One micro-batch from the first row to the last posting."""

    batch_id: int  # 0 in a dry run
    accepted: Accepted
    recognized: Recognized
    quantified: Quantified
    posted: Posted
    released: int  # waiting refunds that found their original in this batch
    new_rejections: int  # rejected rows that were not rejected before
