"""How an order can stand, why it does, and why one is refused: codes and sentences."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ditan.kernel.errors import Conflict
from ditan.model import Text


class State(StrEnum):
    """How an order stands."""

    HELD = "held"
    SENT = "sent"
    CONFIRMED = "confirmed"
    DELAYED = "delayed"
    SUBSTITUTED = "substituted"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"

    @property
    def meaning(self) -> Text:
        """A sentence for the customer."""
        return STATE_MEANING[self]


#: Energy is still set aside.
OPEN: Final = frozenset({State.HELD, State.SENT, State.CONFIRMED, State.DELAYED, State.SUBSTITUTED})
#: The customer has what was ordered, or some of it; the energy of that is used.
DELIVERED: Final = frozenset({State.FULFILLED, State.PARTLY_FULFILLED})
#: Nothing came of it: energy and stock went back.
NOTHING: Final = frozenset({State.FAILED, State.CANCELLED, State.EXPIRED})

_ENDS: Final = DELIVERED | {State.FAILED, State.CANCELLED}
#: What a partner can say of an order that stands so. What is not here changes nothing and is written down.
NEXT: Final[dict[State, frozenset[State]]] = {
    State.HELD: frozenset(),
    State.SENT: frozenset({State.CONFIRMED, State.DELAYED, State.SUBSTITUTED}) | _ENDS,
    State.CONFIRMED: frozenset({State.DELAYED, State.SUBSTITUTED}) | _ENDS,
    State.DELAYED: frozenset({State.CONFIRMED, State.SUBSTITUTED}) | _ENDS,
    State.SUBSTITUTED: frozenset({State.DELAYED}) | _ENDS,
    State.FULFILLED: frozenset({State.RETURNED}),
    State.PARTLY_FULFILLED: frozenset({State.RETURNED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.RETURNED: frozenset(),
}

STATE_MEANING: Final[dict[State, Text]] = {
    State.HELD: Text(zh="已下单，能量已预留", en="Ordered; the energy is set aside"),
    State.SENT: Text(zh="已发给伙伴", en="Sent to the partner"),
    State.CONFIRMED: Text(zh="伙伴已确认", en="Confirmed by the partner"),
    State.DELAYED: Text(zh="比预计晚一些", en="Later than promised"),
    State.SUBSTITUTED: Text(zh="已换为同等的另一种", en="Replaced by an equal one"),
    State.FULFILLED: Text(zh="已完成", en="Done"),
    State.PARTLY_FULFILLED: Text(
        zh="部分完成，其余能量已退回", en="Done in part; the energy of the rest was given back"
    ),
    State.FAILED: Text(zh="未能完成，能量已退回", en="It could not be done; the energy was given back"),
    State.CANCELLED: Text(zh="已取消，能量已退回", en="Cancelled; the energy was given back"),
    State.EXPIRED: Text(zh="逾期未完成，能量已退回", en="Not done in time; the energy was given back"),
    State.RETURNED: Text(
        zh="已退货，能量如何处理由银行两人决定", en="Returned; two people of the bank decide about the energy"
    ),
}


class OrderReason(StrEnum):
    """Why an order changed, or why what was said of it did not change it."""

    PLACED = "placed"
    SENDING = "sending"
    BY_PARTNER = "by_partner"  # without a reason of its own
    OUT_OF_STOCK = "out_of_stock"
    WEATHER = "weather"
    TRANSPORT = "transport"
    ADDRESS = "address"
    QUALITY = "quality"
    BY_CUSTOMER = "by_customer"
    DEADLINE = "deadline"
    TOO_LATE = "too_late"
    NOT_POSSIBLE = "not_possible"
    WITHDRAWN = "withdrawn"
    CANCEL_ASKED = "cancel_asked"
    CANCEL_AGREED = "cancel_agreed"
    CANCEL_REFUSED = "cancel_refused"

    @property
    def meaning(self) -> Text:
        """A sentence for the customer."""
        return REASON_MEANING[self]


#: What a partner may give as a reason.
OF_PARTNER: Final = frozenset(
    {
        OrderReason.BY_PARTNER,
        OrderReason.OUT_OF_STOCK,
        OrderReason.WEATHER,
        OrderReason.TRANSPORT,
        OrderReason.ADDRESS,
        OrderReason.QUALITY,
    }
)

REASON_MEANING: Final[dict[OrderReason, Text]] = {
    OrderReason.PLACED: Text(zh="您下了单", en="You ordered it"),
    OrderReason.SENDING: Text(zh="订单正在交给伙伴", en="The order goes to the partner"),
    OrderReason.BY_PARTNER: Text(zh="伙伴这样通知", en="The partner says so"),
    OrderReason.OUT_OF_STOCK: Text(zh="伙伴缺货", en="The partner is out of stock"),
    OrderReason.WEATHER: Text(zh="天气原因", en="Because of the weather"),
    OrderReason.TRANSPORT: Text(zh="运输原因", en="Because of transport"),
    OrderReason.ADDRESS: Text(zh="地址无法送达", en="The address cannot be reached"),
    OrderReason.QUALITY: Text(zh="质量原因", en="Because of its quality"),
    OrderReason.BY_CUSTOMER: Text(zh="您取消了", en="You cancelled it"),
    OrderReason.DEADLINE: Text(zh="到期仍未完成", en="The deadline passed"),
    OrderReason.TOO_LATE: Text(
        zh="伙伴的消息来得太晚，订单不变", en="What the partner said came too late; the order stays as it is"
    ),
    OrderReason.NOT_POSSIBLE: Text(
        zh="伙伴的消息与订单状态不符，订单不变", en="What the partner said does not fit; the order stays as it is"
    ),
    OrderReason.CANCEL_ASKED: Text(zh="您请求取消，正在问伙伴", en="You asked to cancel it; the partner is asked"),
    OrderReason.CANCEL_AGREED: Text(zh="伙伴同意取消", en="The partner agrees to cancel it"),
    OrderReason.CANCEL_REFUSED: Text(zh="伙伴不能取消，订单继续", en="The partner cannot cancel it; the order goes on"),
    OrderReason.WITHDRAWN: Text(zh="伙伴已知道订单作废", en="The partner knows that the order is void"),
}


class OrderCode(StrEnum):
    """Why an order is refused. What the ledger refuses (`not_enough`, `used_up`, `closed`) keeps its own code."""

    NOT_OFFERED = "not_offered"
    NOT_ELIGIBLE = "not_eligible"
    ADDRESS_MISSING = "address_missing"
    TOO_MANY = "too_many"
    OVER_LIMIT = "over_limit"
    CONFLICT = "order_conflict"
    NOT_CANCELLABLE = "not_cancellable"

    @property
    def meaning(self) -> Text:
        """A sentence for whoever asked."""
        return ORDER_MEANING[self]


ORDER_MEANING: Final[dict[OrderCode, Text]] = {
    OrderCode.NOT_OFFERED: Text(zh="该奖励现在不可兑换", en="this reward is not offered now"),
    OrderCode.NOT_ELIGIBLE: Text(
        zh="该奖励只面向部分客户，您暂不在其中", en="this reward is for some customers, and you are not among them"
    ),
    OrderCode.ADDRESS_MISSING: Text(
        zh="该奖励需要送货，请先填写收货地址", en="this reward is delivered, and there is no address to deliver it to"
    ),
    OrderCode.TOO_MANY: Text(zh="一单数量超过上限", en="this is more than one order may have"),
    OrderCode.OVER_LIMIT: Text(zh="超过您在本期的兑换限额", en="this is more than you may have in this period"),
    OrderCode.CONFLICT: Text(zh="同一请求号已用于另一订单", en="this request was used for another order"),
    OrderCode.NOT_CANCELLABLE: Text(
        zh="订单已结束，或伙伴不能取消", en="the order is over, or its partner cannot cancel it"
    ),
}

assert set(STATE_MEANING) == set(NEXT) == set(State), "every state has a meaning"
assert set(REASON_MEANING) == set(OrderReason), "every reason has a meaning"
assert set(ORDER_MEANING) == set(OrderCode), "every code has a meaning"


class OrderRefusal(Conflict):
    """An order was refused; nothing was changed."""

    def __init__(self, code: OrderCode, hint: str | None = None) -> None:
        self.code = code
        super().__init__(code.meaning.en, hint)
