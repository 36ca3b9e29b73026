"""The promises of DESIGN part 4, by number. A broken one is never caught inside a stage: it stops the batch."""

from __future__ import annotations

from typing import Final

from ditan.kernel.errors import InvariantViolation

INVARIANTS: Final[dict[str, tuple[str, str]]] = {
    "INV-01": (
        "每个阶段收支相等，每一行只有一个结局",
        "every stage boundary balances; every row ends as exactly one code",
    ),
    "INV-02": ("同一银行事件永远只入账一次", "one bank event posts at most once, forever"),
    "INV-03": ("每种资产借贷相等", "for each asset, debits equal credits"),
    "INV-04": ("历史只增不改", "history is append-only for the application"),
    "INV-05": ("余额等于分录之和", "a balance equals the sum of its postings"),
    "INV-06": ("退款只收回原来给的，且只一次", "a refund takes back exactly what the original gave, once"),
    "INV-07": ("能量按批次先进先出到期", "energy expires by lot, first in first out"),
    "INV-08": ("库存、预算、善款不为负", "stock, budgets and funds never go below zero"),
    "INV-09": ("行为发生时没有有效同意就不入账", "no act without active consent at its time is posted"),
    "INV-10": ("同一方法版本重算，毫克不差", "replay under the same methodology gives the same milligrams"),
    "INV-11": ("每个已入账行为都在透明日志里", "every posted act is in the transparency log"),
    "INV-12": ("已确认即已持久", "acknowledged means durable"),
    "INV-13": ("不存卡号和直接身份信息", "no card number or direct identifier is stored"),
    "INV-14": ("注销抹去与人的联系，总数与证明仍有效", "erasing a customer keeps totals and proofs valid"),
    "INV-15": ("不绿色或没有同意的支付只留计数", "a payment that is not green or not consented leaves a count"),
}


def check(holds: bool, invariant: str, text: str) -> None:
    """Stop with `InvariantViolation` unless the promise holds. Unlike `assert` it cannot be switched off."""
    if not holds:
        raise InvariantViolation(invariant, text)
