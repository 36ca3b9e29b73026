"""What energy becomes: catalogue and accounts, orders by state, plantings, and money on its way to charities.

Money goes by two people: one makes the list, another sends it. Orders are shown without their customers.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from ditan.api.console.acting import Reason, acting
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.identity import Principal
from ditan.api.roles import Role
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, once, staff_reads, staff_writes
from ditan.insight.redeeming import (
    DeskOrder,
    DeskPlanting,
    OrdersInState,
    OwedDonations,
    PartnerLine,
    StockLine,
    WaitingTrees,
    Wanted,
    read_accounts,
    read_desk_orders,
    read_desk_plantings,
    read_owed,
    read_partner_lines,
    read_states,
    read_waiting_trees,
)
from ditan.insight.trail import reason_of, write_change
from ditan.kernel import limits
from ditan.kernel.errors import Conflict
from ditan.model import Noun, Status, Text
from ditan.rewards import State
from ditan.rewards.cataloguing import RewardKind
from ditan.rewards.donations import (
    Transfer,
    decide_transfer,
    hold_transfer,
    list_transfers,
    make_transfer,
    read_transfer,
    receipt_transfer,
    transfer_lines,
)
from ditan.rewards.trees import EventKind, PlantingEvent, open_planting, record_event
from ditan.store.pool import Connection

_READERS: Final = (Role.OPERATOR, Role.APPROVER, Role.RISK, Role.ADMIN)
_NUMBERS_MAX: Final = 2**31 - 1
_TREES_MAX: Final = 100_000

InState = Annotated[State | None, QueryParameter(name="state", description="Only those that stand so.")]
TransferNumber = Annotated[int, PathParameter(ge=1, le=_NUMBERS_MAX, description="Number of a transfer.")]
PlantingNumber = Annotated[int, PathParameter(ge=1, le=_NUMBERS_MAX, description="Number of a planting.")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.id_chars_max)]
Trees = Annotated[int, msgspec.Meta(ge=0, le=_TREES_MAX)]


class DeskReward(Noun, kw_only=True):
    """A reward of the catalogue in force. `stock`: the account of the ledger it is taken from, `units` for one."""

    id: str
    kind: RewardKind
    name: Text
    partner: str
    energy: int
    stock: str
    units: int
    valid_from: date
    valid_to: date


class DeskPartner(Noun, kw_only=True):
    """A partner of the catalogue in force. `reached`: an address for it is set, so orders can be sent."""

    id: str
    name: Text
    made_up: bool
    reached: bool


class RewardsDesk(Noun, kw_only=True):
    """Catalogue, accounts, orders and partners as they stand at one moment."""

    as_of: datetime
    catalogue: str
    version: str
    status: Status
    note: Text
    rewards: list[DeskReward]
    accounts: list[StockLine]
    states: list[OrdersInState]
    partners: list[DeskPartner]
    work: list[PartnerLine]


class DeskOrders(Noun, kw_only=True):
    """A page of orders, the latest first."""

    orders: list[DeskOrder]
    next_cursor: str | None


class DeskPlantings(Noun, kw_only=True):
    """Plantings, the latest first, and the trees that wait for one."""

    plantings: list[DeskPlanting]
    waiting: list[WaitingTrees]


class TransferView(Noun, kw_only=True):
    """A transfer as one reader sees it. `may`: what she may do with it; `may_not`: why not, when she may nothing."""

    transfer: Transfer
    may: list[str]
    may_not: Text | None


class Transfers(Noun, kw_only=True):
    """Transfers, the latest first, and what is owed that no list holds yet."""

    transfers: list[TransferView]
    owed: list[OwedDonations]


class ListingFund(Noun, kw_only=True):
    """The fund whose donations are listed."""

    fund: Words


class DecidingTransfer(Noun, kw_only=True):
    """The opinion of whoever decides; it is kept."""

    opinion: Reason


class Receipting(Noun, kw_only=True):
    """The charity's receipt. Anybody can read it."""

    receipt: Words


class PlantingAsked(Noun, kw_only=True):
    """A planting to begin, with the trees that have waited longest. Anybody can read contract and place."""

    partner: Words
    reward_id: Words
    contract: Words
    place_zh: Words
    place_en: Words
    most: Annotated[int, msgspec.Meta(ge=1, le=_TREES_MAX, description="How many trees at most.")]


class PlantingBegun(Noun, kw_only=True):
    """A planting that was begun, and how many trees it has."""

    planting_id: int
    trees: int


class PlantingNews(Noun, kw_only=True):
    """What happened to a planting. `trees`: planted; alive; planted again. `evidence`: anybody can read it."""

    kind: EventKind
    on: date
    trees: Trees
    evidence: Words


@get("/v1/console/rewards", **staff_reads(*_READERS))
def rewards_desk(hall: GivenHall) -> RewardsDesk:
    """Catalogue in force, what is left and held of each account, orders by state, and partners."""
    now, offer = hall.clock.now(), hall.offer
    accounts, states, work = hall.store.snapshot(
        lambda c: (read_accounts(c), read_states(c, now), read_partner_lines(c, now))
    )
    fields = DeskReward.__struct_fields__
    return RewardsDesk(
        as_of=now,
        catalogue=offer.catalogue.number,
        version=offer.version,
        status=offer.catalogue.status,
        note=offer.catalogue.note,
        rewards=[DeskReward(**{name: getattr(each, name) for name in fields}) for each in offer.catalogue.rewards],
        accounts=accounts,
        states=states,
        partners=[
            DeskPartner(id=each.id, name=each.name, made_up=each.made_up, reached=each.id in hall.partners)
            for each in offer.catalogue.partners
        ],
        work=work,
    )


@get("/v1/console/rewards/orders", **staff_reads(*_READERS))
def desk_orders(
    hall: GivenHall, standing: InState = None, cursor: AfterCursor = None, limit: Limit = limits.page_items
) -> DeskOrders:
    """Orders, the latest first. Whose they are is shown by the end of the reference."""
    place = read_cursor(cursor)
    wanted = Wanted(standing.value if standing else None, (place.at, place.name) if place else None, limit)
    orders, after = hall.store.read(lambda c: read_desk_orders(c, wanted, hall.clock.now()))
    return DeskOrders(orders=orders, next_cursor=write_cursor(Place(*after)) if after else None)


@get("/v1/console/rewards/plantings", **staff_reads(*_READERS))
def desk_plantings(hall: GivenHall) -> DeskPlantings:
    """Plantings with what happened to them, and the trees that wait for one."""
    found, waiting = hall.store.read(lambda c: (read_desk_plantings(c), read_waiting_trees(c)))
    return DeskPlantings(plantings=found, waiting=waiting)


@get("/v1/console/rewards/transfers", **staff_reads(*_READERS))
def desk_transfers(hall: GivenHall, who: GivenWho) -> Transfers:
    """Money of donations: listed, sent, receipted; and what is owed and not listed yet."""
    found, owed = hall.store.read(lambda c: (list_transfers(c), read_owed(c)))
    return Transfers(transfers=[_seen(each, who) for each in found], owed=owed)


@get("/v1/console/rewards/transfers/{transfer_id:int}/list", media_type="text/csv", **staff_reads(*_READERS))
def transfer_list(hall: GivenHall, transfer_id: TransferNumber) -> Response[str]:
    """The list that goes to the charity, as CSV: donations, and no giver."""
    _, lines = hall.store.read(lambda c: (read_transfer(c, transfer_id), transfer_lines(c, transfer_id)))
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(("order_id", "placed_at", "fen"))
    written.writerows((line.order_id, line.placed_at.isoformat(), line.fen) for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="ditan-transfer-{transfer_id}.csv"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


@post("/v1/console/rewards/transfers", **staff_writes(Role.OPERATOR))
def list_fund(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    data: JSONBody[ListingFund],
) -> Response[TransferView]:
    """List every donation of a fund that is owed to its charity. Nothing is sent before a second person says so."""
    actor = acting(hall, request, who)

    def work(connection: Connection) -> TransferView:
        made = make_transfer(connection, data.fund, maker=who.subject, now=actor.at)
        after = {"fund": made.fund, "donations": made.orders, "fen": made.fen}
        write_change(connection, actor, "transfer.made", ("transfer", str(made.transfer_id)), after=after)
        return _seen(made, who)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), TransferView, work)


@post("/v1/console/rewards/transfers/{transfer_id:int}/approve", **staff_writes(Role.APPROVER))
def approve_transfer(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    transfer_id: TransferNumber,
    data: JSONBody[DecidingTransfer],
) -> Response[TransferView]:
    """Send a transfer off, as a second person."""
    return _decide(request, hall, who, idempotency_key, transfer_id, data, approve=True)


@post("/v1/console/rewards/transfers/{transfer_id:int}/refuse", **staff_writes(Role.APPROVER))
def refuse_transfer(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    transfer_id: TransferNumber,
    data: JSONBody[DecidingTransfer],
) -> Response[TransferView]:
    """Refuse a transfer, as a second person: its donations are owed again."""
    return _decide(request, hall, who, idempotency_key, transfer_id, data, approve=False)


@post("/v1/console/rewards/transfers/{transfer_id:int}/receipt", **staff_writes(Role.OPERATOR))
def receipt(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    transfer_id: TransferNumber,
    data: JSONBody[Receipting],
) -> Response[TransferView]:
    """Write down the charity's receipt, once."""
    actor = acting(hall, request, who)

    def work(connection: Connection) -> TransferView:
        if hold_transfer(connection, transfer_id).receipt is not None:
            raise Conflict(f"transfer {transfer_id} has a receipt already", hint="A receipt stays.")
        made = receipt_transfer(connection, transfer_id, data.receipt, now=actor.at)
        subject, after = ("transfer", str(transfer_id)), {"receipt": made.receipt, "fen": made.fen}
        write_change(connection, actor, "transfer.receipted", subject, after=after)
        return _seen(made, who)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), TransferView, work)


@post("/v1/console/rewards/plantings", **staff_writes(Role.OPERATOR))
def plant(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[PlantingAsked]
) -> Response[PlantingBegun]:
    """Begin a planting with the trees that have waited longest."""
    actor = acting(hall, request, who)

    def work(connection: Connection) -> PlantingBegun:
        place = Text(zh=data.place_zh, en=data.place_en)
        made = open_planting(
            connection, data.partner, data.reward_id, data.contract, place, most=data.most, by=who.subject, now=actor.at
        )
        assert made.planting_id is not None
        after = {"partner": made.partner, "reward": made.reward_id, "contract": made.contract, "trees": made.trees}
        write_change(connection, actor, "planting.begun", ("planting", str(made.planting_id)), after=after)
        return PlantingBegun(planting_id=made.planting_id, trees=made.trees)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), PlantingBegun, work)


@post("/v1/console/rewards/plantings/{planting_id:int}/events", **staff_writes(Role.OPERATOR))
def planting_event(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    planting_id: PlantingNumber,
    data: JSONBody[PlantingNews],
) -> Response[PlantingNews]:
    """Write down what happened to a planting. Certificates of its trees say so at once."""
    actor = acting(hall, request, who)

    def work(connection: Connection) -> PlantingNews:
        event = PlantingEvent(kind=data.kind, on=data.on, trees=data.trees, evidence=data.evidence)
        record_event(connection, planting_id, event, by=who.subject, now=actor.at)
        subject, after = ("planting", str(planting_id)), msgspec.to_builtins(data)
        write_change(connection, actor, f"planting.{data.kind.value}", subject, after=after)
        return data

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), PlantingNews, work)


def _decide(
    request: AnyRequest,
    hall: GivenHall,
    who: Principal,
    idempotency_key: str,
    transfer_id: int,
    data: DecidingTransfer,
    *,
    approve: bool,
) -> Response[TransferView]:
    """Decide a transfer once, with an opinion that is kept in the log."""
    actor, opinion = acting(hall, request, who), reason_of(data.opinion, "opinion")

    def work(connection: Connection) -> TransferView:
        found = hold_transfer(connection, transfer_id)
        if found.decided_at is not None:
            raise Conflict(f"transfer {transfer_id} was decided already", hint="A decision stays.")
        made = decide_transfer(connection, transfer_id, checker=who.subject, approve=approve, now=actor.at)
        state = "sent" if approve else "refused"
        after = {"state": state, "fund": made.fund, "donations": made.orders, "fen": made.fen}
        subject = ("transfer", str(transfer_id))
        action = "transfer.approved" if approve else "transfer.refused"
        write_change(connection, actor, action, subject, reason=opinion, before={"state": "listed"}, after=after)
        return _seen(made, who)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), TransferView, work)


def _seen(found: Transfer, who: Principal) -> TransferView:
    """Say what this reader may do with a transfer, and why not when another person must."""
    may: list[str] = []
    may_not: Text | None = None
    if found.decided_at is None:
        if Role.APPROVER not in who.roles:
            may_not = Text(zh="批准要复核角色", en="Only an approver decides")
        elif found.maker == who.subject:
            may_not = Text(zh="清单是您做的，要由另一个人复核", en="You made this list: somebody else decides")
        else:
            may = ["approve", "refuse"]
    elif found.approved and found.receipt is None and Role.OPERATOR in who.roles:
        may = ["receipt"]
    return TransferView(transfer=found, may=may, may_not=may_not)


HANDLERS = [
    rewards_desk,
    desk_orders,
    desk_plantings,
    desk_transfers,
    transfer_list,
    list_fund,
    approve_transfer,
    refuse_transfer,
    receipt,
    plant,
    planting_event,
]
