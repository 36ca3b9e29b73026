"""Why an accepted event is not an act. The pack's exclusions add their own codes; these are the stage's."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ditan.model import Pack, Text


class NotGreen(StrEnum):
    """Result codes in order of precedence. None of them leaves more than a count (INV-15)."""

    REFUND_OF_NOT_GREEN = "refund_of_not_green"
    FOREIGN_CURRENCY = "foreign_currency"
    OUTSIDE_METHODOLOGY = "outside_methodology"
    SCENARIO_OFF = "scenario_off"
    NOT_GREEN = "not_green"


_REASONS: Final[dict[str, Text]] = {
    NotGreen.REFUND_OF_NOT_GREEN: Text(
        zh="退的是一笔不绿色的支付，没有可收回的", en="refunds a payment that was not green: nothing to take back"
    ),
    NotGreen.FOREIGN_CURRENCY: Text(
        zh="不是人民币支付；方法学只适用于境内", en="not paid in CNY; the methodology holds in mainland China only"
    ),
    NotGreen.OUTSIDE_METHODOLOGY: Text(
        zh="发生在方法学有效期之外", en="happened outside the validity of the methodology"
    ),
    NotGreen.SCENARIO_OFF: Text(
        zh="该场景的减排量与能量都已关闭", en="carbon and energy of this scenario are both switched off"
    ),
    NotGreen.NOT_GREEN: Text(zh="没有场景规则与之相符", en="no rule of any scenario holds"),
}


def reasons(pack: Pack) -> dict[str, Text]:
    """Give every not-green code, the stage's and the pack's exclusions, with its sentence."""
    named = dict(_REASONS)
    for scenario in pack.scenarios:
        for exclusion in scenario.exclusions:
            named[exclusion.code] = exclusion.reason
    return named
