"""How a quantified act or a refund ends at the ledger, and how a request about energy does."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ditan.kernel.errors import Conflict
from ditan.model import Text


class PostCode(StrEnum):
    """Result codes in order of precedence."""

    POSTED = "posted"
    REFUNDED = "refunded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    ERASED = "erased"
    NO_ACCOUNT = "no_account"
    NO_CONSENT = "no_consent"
    CARD_NOT_LINKED = "card_not_linked"
    SAME_OCCASION = "same_occasion"
    TOO_SOON = "too_soon"
    CAPPED = "capped"
    WAITING_ORIGINAL = "waiting_original"
    ORIGINAL_NOT_POSTED = "original_not_posted"
    NOTHING_LEFT = "nothing_left"


MEANING: Final[dict[PostCode, Text]] = {
    PostCode.POSTED: Text(zh="已入账", en="posted"),
    PostCode.REFUNDED: Text(zh="退款，已按比例收回", en="refund: taken back pro rata"),
    PostCode.DUPLICATE: Text(zh="同一事件，此前已入账", en="the same event, posted before"),
    PostCode.CONFLICT: Text(
        zh="同一事件号但内容不同，已记录，不入账", en="same event id with other content: recorded, not applied"
    ),
    PostCode.ERASED: Text(
        zh="属于已抹除的碳账户：不入账，不收回，不留存",
        en="of an account that was erased: nothing is posted, taken back or kept",
    ),
    PostCode.NO_ACCOUNT: Text(
        zh="行为发生时没有碳账户", en="the customer had no carbon account at the time of the act"
    ),
    PostCode.NO_CONSENT: Text(zh="行为发生时没有有效同意", en="no active consent at the time of the act"),
    PostCode.CARD_NOT_LINKED: Text(
        zh="行为发生时该卡未绑定碳账户", en="the card was not linked to the account at the time of the act"
    ),
    PostCode.SAME_OCCASION: Text(
        zh="同一事项（同一账单、同一证明）已计入", en="the same occasion (bill, document) already counted"
    ),
    PostCode.TOO_SOON: Text(
        zh="距上一次太近，视为同一次行程", en="too soon after the act before: part of the same journey"
    ),
    PostCode.CAPPED: Text(zh="已达上限，计零并留痕", en="cut to nothing by a cap; kept with the reason"),
    PostCode.WAITING_ORIGINAL: Text(zh="原交易未到，退款等待", en="the original has not arrived: the refund waits"),
    PostCode.ORIGINAL_NOT_POSTED: Text(
        zh="原交易未入账，没有可收回的", en="the original was not posted: nothing to take back"
    ),
    PostCode.NOTHING_LEFT: Text(zh="原交易已全部收回", en="everything was taken back before"),
}


class EnergyCode(StrEnum):
    """What becomes of a request to move energy."""

    DONE = "done"
    EXISTS = "exists"
    NOTHING = "nothing"
    CONFLICT = "conflict"
    NO_ACCOUNT = "no_account"
    CLOSED = "closed"
    NOT_ENOUGH = "not_enough"
    USED_UP = "used_up"
    TOO_LATE = "too_late"
    NO_HOLD = "no_hold"
    CAPTURED = "captured"
    RELEASED = "released"

    @property
    def meaning(self) -> Text:
        """A sentence for whoever asked."""
        return ENERGY_MEANING[self]


ENERGY_MEANING: Final[dict[EnergyCode, Text]] = {
    EnergyCode.DONE: Text(zh="已完成", en="done"),
    EnergyCode.EXISTS: Text(zh="同一请求，此前已完成", en="the same request, done before"),
    EnergyCode.NOTHING: Text(zh="没有可收取的能量", en="nothing is ripe"),
    EnergyCode.CONFLICT: Text(
        zh="请求号已用于另一内容，请换一个请求号", en="this request id was used for something else: use a new one"
    ),
    EnergyCode.NO_ACCOUNT: Text(zh="没有这个碳账户", en="there is no such account"),
    EnergyCode.CLOSED: Text(zh="碳账户已关闭", en="the account is closed"),
    EnergyCode.NOT_ENOUGH: Text(zh="可用能量不足", en="there is not enough energy"),
    EnergyCode.USED_UP: Text(zh="库存、预算或善款已用完", en="the stock, budget or fund is used up"),
    EnergyCode.TOO_LATE: Text(zh="已过期限，只能退回", en="the deadline has passed: it can only be released"),
    EnergyCode.NO_HOLD: Text(zh="没有这笔冻结", en="there is no such hold"),
    EnergyCode.CAPTURED: Text(zh="这笔冻结已使用", en="this hold was captured before"),
    EnergyCode.RELEASED: Text(zh="这笔冻结已退回", en="this hold was released before"),
}


_NEXT: Final = {
    EnergyCode.CONFLICT: "Look at the entry it became (`ditan ledger history CUSTOMER`), or send it under a new id.",
    EnergyCode.CLOSED: "A closed account stays closed.",
    EnergyCode.USED_UP: "`ditan ledger limited list` shows what is left; `limited supply` proposes more.",
    EnergyCode.TOO_LATE: "Give it back: `ditan ledger release HOLD`; the sweep does so as well.",
    EnergyCode.CAPTURED: "A hold ends once: `ditan ledger history CUSTOMER` shows how.",
    EnergyCode.RELEASED: "A hold ends once: `ditan ledger history CUSTOMER` shows how.",
}
"""What to do about a refusal."""


class LedgerRefusal(Conflict):
    """The ledger refused a request; nothing was changed."""

    def __init__(self, code: EnergyCode, energy: int = 0) -> None:
        self.code, self.energy = code, energy
        there_is = code is EnergyCode.NOT_ENOUGH or (code is EnergyCode.USED_UP and energy)
        super().__init__(code.meaning.en, f"There is {energy:,}." if there_is else _NEXT.get(code))
