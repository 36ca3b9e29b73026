"""这一克怎么来的: where the grams of one act come from, with everything the page shows of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from litestar import Response, get

from ditan.api.codes import ProblemCode
from ditan.api.customer.acts import ActName, named_act
from ditan.api.hall import Hall
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home.acts import Cut
from ditan.home.disputes import Dispute, Sought, read_disputes
from ditan.home.page import NOTICE
from ditan.insight import Story, tell
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import ActId
from ditan.ledger import find_act
from ditan.model import ActivitySource, Channel, Family, Noun, Pack, Status, Text
from ditan.quantification.explaining import Parameter, Recompute


class Paid(Noun, kw_only=True):
    """What the bank said of the payment or service: the evidence."""

    kind: str
    occurred_at: datetime
    received_at: datetime
    amount_fen: int
    currency: str
    channel: Channel | None
    merchant_id: str | None
    descriptor: str | None
    mcc: int | None
    city: int | None
    service: str | None
    revealed_by: str
    confidence: Decimal


class Band(Noun, kw_only=True):
    """Between these, with 90 % probability under the stated assumptions, lies what was really saved."""

    p5_mg: int
    p95_mg: int


class ActExplanation(Noun, kw_only=True):
    """One act, told for a person, with everything needed to work it out again. Numbers in text are exact."""

    act_id: str
    sentence: Text
    scenario: str
    family: Family
    name: Text
    on: date
    place: Text | None
    paid: Paid
    tier: str
    activity_source: ActivitySource
    activity: Text
    quantity: str
    unit: str
    formula: str
    formula_with_numbers: str
    baseline_text: Text
    project_text: Text
    baseline_g: str
    project_g: str
    leakage_g: str
    reduction_g: str
    quantified_mg: int
    carbon_mg: int
    energy: int
    cuts: list[Cut]
    reversed_mg: int
    reversed_energy: int
    band: Band
    parameters: list[Parameter]
    warnings: list[Text]
    other_apps: list[Text]
    methodology: str
    methodology_status: Status
    recompute: Recompute
    notice: Text
    dispute: Dispute | None  # the latest, if the customer said that it is wrong


@get("/v1/acts/{act_id:str}/explanation", **reads())
def explanation(request: AnyRequest, hall: GivenHall, who: GivenWho, act_id: ActName) -> Response[ActExplanation]:
    """Where the grams of an act come from: formula, factors with source and status, uncertainty, caps."""
    return fresh(request, explain_act(hall, who.subject, named_act(act_id)))


def explain_act(hall: Hall, customer_ref: str, act_id: ActId) -> ActExplanation:
    """Explain an act of this customer; of anybody else's there is none.

    Raises: Refused `not_found`, `evidence_gone`.
    """
    story = _tell(hall, customer_ref, act_id)
    found = hall.store.read(
        lambda connection: read_disputes(connection, customer_ref, hall.pack, Sought(act_id=act_id))
    )
    return _told(story, hall.pack_of(story.act.pack_version), found[0] if found else None)


def _tell(hall: Hall, customer_ref: str, act_id: ActId) -> Story:
    """Tell the story of an act of this customer; of anybody else's, there is none."""
    try:
        act = hall.store.read(lambda connection: find_act(connection, act_id))
    except NotFound as error:
        raise Refused(ProblemCode.NOT_FOUND) from error
    if act.customer_ref != customer_ref:
        raise Refused(ProblemCode.NOT_FOUND)
    home = hall.settings.home
    try:
        return hall.store.read(lambda connection: tell(connection, home, act_id, pack_of=hall.pack_of))
    except NotFound as error:
        raise Refused(ProblemCode.EVIDENCE_GONE) from error


def _told(story: Story, pack: Pack, dispute: Dispute | None) -> ActExplanation:
    act, event, told = story.act, story.event, story.explanation
    scenario = next(each for each in pack.scenarios if each.id == act.scenario)
    return ActExplanation(
        act_id=story.act_text,
        sentence=told.sentence,
        scenario=act.scenario,
        family=told.family,
        name=told.name,
        on=told.on,
        place=told.place,
        paid=Paid(
            kind=event.kind,
            occurred_at=event.occurred_at,
            received_at=act.received_at,
            amount_fen=event.amount_fen,
            currency=event.currency,
            channel=event.channel,
            merchant_id=event.merchant_id,
            descriptor=event.descriptor,
            mcc=event.mcc,
            city=event.city,
            service=event.service,
            revealed_by=story.evidence,
            confidence=story.confidence,
        ),
        tier=told.tier,
        activity_source=told.activity_source,
        activity=told.activity,
        quantity=told.quantity,
        unit=told.unit,
        formula=told.formula,
        formula_with_numbers=told.formula_with_numbers,
        baseline_text=told.baseline_text,
        project_text=told.project_text,
        baseline_g=told.baseline_g,
        project_g=told.project_g,
        leakage_g=told.leakage_g,
        reduction_g=told.reduction_g,
        quantified_mg=act.quantified_mg,
        carbon_mg=act.carbon_mg,
        energy=act.energy,
        cuts=[Cut(code=cut.code, reason=cut.reason) for cut in act.cuts],
        reversed_mg=act.reversed_mg,
        reversed_energy=act.reversed_energy,
        band=Band(p5_mg=story.p5_mg, p95_mg=story.p95_mg),
        parameters=told.parameters,
        warnings=told.warnings,
        other_apps=scenario.benchmarks,
        methodology=act.pack_version,
        methodology_status=pack.status,
        recompute=told.recompute,
        notice=NOTICE,
        dispute=dispute,
    )
