"""The result codes of the feed, in order of precedence: a row gets the first that applies, and only that one.

Each has a sentence for the bank, in both languages, that says what to do. `tests/codes/feed` holds one runnable
example of each; the reference page of the codes is made from both.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ditan.kernel import limits
from ditan.model import CardProduct, Channel, Kind, Text


class Code(StrEnum):
    """Why a row of a feed did not go on."""

    # The row cannot be read.
    MALFORMED_ROW = "malformed_row"
    LINE_TOO_LONG = "line_too_long"
    BAD_ENCODING = "bad_encoding"
    # The row may not be kept, or says that nothing happened.
    FIELD_TOO_LONG = "field_too_long"
    PAN_FOUND = "pan_found"
    PAYMENT_FAILED = "payment_failed"
    # A field is missing or is none of its values.
    MISSING_FIELD = "missing_field"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_CARD_PRODUCT = "unknown_card_product"
    BAD_TIME = "bad_time"
    TIME_IN_FUTURE = "time_in_future"
    TIME_TOO_OLD = "time_too_old"
    BAD_AMOUNT = "bad_amount"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_TOO_LARGE = "amount_too_large"
    BAD_CURRENCY = "bad_currency"
    BAD_MCC = "bad_mcc"
    BAD_CITY = "bad_city"
    BAD_ATTRIBUTES = "bad_attributes"
    MISSING_ORIGINAL = "missing_original"
    # The row is good, but its event was there before in the same chunk.
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"


#: Codes of rows that are not kept as rejected: nothing is wrong with a duplicate, and a conflict has its own table.
REPEATED: Final = frozenset({Code.CONFLICT, Code.DUPLICATE})


def _listed(names: type[StrEnum]) -> str:
    return ", ".join(names)


MESSAGES: Final[Mapping[Code, Text]] = MappingProxyType(
    {
        Code.MALFORMED_ROW: Text(
            zh="这一行的列数、引号或 JSON 格式不对。请从源系统重新导出这一行。",
            en="The columns, the quotes or the JSON of this row are broken. Export the row again.",
        ),
        Code.LINE_TOO_LONG: Text(
            zh=f"这一行超过 {limits.line_bytes_max} 字节，多半是文件损坏。请重新导出文件。",
            en=f"The line has more than {limits.line_bytes_max} bytes: the file is probably broken. Export it again.",
        ),
        Code.BAD_ENCODING: Text(
            zh="这一行含有不属于该编码的字节或控制字符。请按 UTF-8 导出，或在映射文件的 [file] encoding 中写明编码。",
            en="The row has bytes that are not text in this encoding, or control characters. "
            "Export as UTF-8, or name the encoding in the mapping, [file] encoding.",
        ),
        Code.FIELD_TOO_LONG: Text(
            zh=f"字段过长：标识最多 {limits.id_chars_max} 个字符，其他字段最多 {limits.field_chars_max} 个。"
            "请缩短，或检查列是否错位。",
            en=f"The field is too long: an identifier has at most {limits.id_chars_max} characters, any other field "
            f"{limits.field_chars_max}. Shorten it, or look whether columns have moved.",
        ),
        Code.PAN_FOUND: Text(
            zh="字段里有疑似银行卡号（13–19 位且通过校验）。请改送卡令牌；"
            "若确为商户号或流水号，请在映射中声明为 digest。",
            en="A field holds what looks like a card number (13–19 digits with a valid check digit). Send the card's "
            "token instead; if it is a merchant or serial number, declare it as a digest in the mapping.",
        ),
        Code.PAYMENT_FAILED: Text(
            zh="来源标明这笔支付未成功，不计入。无需处理。",
            en="The feed says that this payment failed, so nothing happened. Nothing to do.",
        ),
        Code.MISSING_FIELD: Text(
            zh="缺少必填字段。请补上：source、event_id、kind、customer_ref、occurred_at，业务事件还需 service。",
            en="A required field is empty. Fill in source, event_id, kind, customer_ref and occurred_at, "
            "and service for a service_event.",
        ),
        Code.UNKNOWN_KIND: Text(
            zh=f"kind 不在范围内。可用值：{_listed(Kind)}。",
            en=f"The kind is unknown. It is one of {_listed(Kind)}.",
        ),
        Code.UNKNOWN_CHANNEL: Text(
            zh=f"channel 不在范围内。请留空，或用：{_listed(Channel)}；也可在映射的 values 中对应。",
            en=f"The channel is unknown. Leave it empty or use one of {_listed(Channel)}; "
            "a mapping translates the bank's own words under values.",
        ),
        Code.UNKNOWN_CARD_PRODUCT: Text(
            zh=f"card_product 不在范围内。请留空，或用：{_listed(CardProduct)}。",
            en=f"The card product is unknown. Leave it empty or use one of {_listed(CardProduct)}.",
        ),
        Code.BAD_TIME: Text(
            zh="时间或日期无法读取。标准格式为 2026-03-01T08:15:00+08:00 与 2026-03-01；"
            "其他格式请写在映射的 formats 中。",
            en="The time or day cannot be read. The canonical forms are 2026-03-01T08:15:00+08:00 and 2026-03-01; "
            "other forms go under formats in the mapping.",
        ),
        Code.TIME_IN_FUTURE: Text(
            zh=f"发生时间比现在晚 {limits.event_future_minutes_max} 分钟以上。请检查时区与系统时钟。",
            en=f"The event is more than {limits.event_future_minutes_max} minutes ahead of now. "
            "Check the time zone and the clock.",
        ),
        Code.TIME_TOO_OLD: Text(
            zh=f"发生时间早于 {limits.event_age_days_max} 天之前。请检查日期格式。",
            en=f"The event is more than {limits.event_age_days_max} days old. Check the form of the date.",
        ),
        Code.BAD_AMOUNT: Text(
            zh="金额无法读取。amount_fen 为整数分；金额以元计或含货币符号时，请在映射的 [amount] 中写明。",
            en="The amount cannot be read. amount_fen is a whole number of fen; amounts in yuan or with a currency "
            "sign are described in the mapping, [amount].",
        ),
        Code.AMOUNT_NOT_POSITIVE: Text(
            zh="支付与退款金额必须大于零，其他事件不得为负。退款请用 kind=card_refund 和正数金额。",
            en="The amount of a payment or refund must be above zero, and no amount may be negative. "
            "A refund is kind=card_refund with a positive amount.",
        ),
        Code.AMOUNT_TOO_LARGE: Text(
            zh=f"金额超过 {limits.amount_fen_max} 分。请检查单位是元还是分。",
            en=f"The amount is above {limits.amount_fen_max} fen. Check whether it is in yuan or in fen.",
        ),
        Code.BAD_CURRENCY: Text(
            zh="货币须为三个大写字母（ISO 4217），如 CNY。数字代码请在映射的 values 中对应。",
            en="The currency must be three capital letters (ISO 4217), for instance CNY. "
            "A mapping translates numbers under values.",
        ),
        Code.BAD_MCC: Text(
            zh="商户类别码须为 0001–9999 的四位数字（ISO 18245）。未知时请留空。",
            en="The merchant category code must be four digits, 0001–9999 (ISO 18245). Leave it empty when unknown.",
        ),
        Code.BAD_CITY: Text(
            zh="城市须为六位行政区划代码（GB/T 2260），如 110000。未知时请留空。",
            en="The city must be a six-digit division code (GB/T 2260), for instance 110000. "
            "Leave it empty when unknown.",
        ),
        Code.BAD_ATTRIBUTES: Text(
            zh="attributes 须为单层 JSON 对象，值为文本、整数或 true/false，计量值须为合理范围内的非负整数。",
            en="The attributes must be one flat JSON object of texts, whole numbers and true or false; "
            "measured facts are whole numbers from 0 up to a believable bound.",
        ),
        Code.MISSING_ORIGINAL: Text(
            zh="退款或撤销没有写明原交易。请填 original_event_id；"
            "若来源没有该引用，请在映射的 [refund] tie_by 中写明匹配字段。",
            en="The refund or reversal names no other event as its original. Fill in original_event_id; if the feed "
            "has no reference, say in the mapping, [refund] tie_by, which fields tie it to its payment.",
        ),
        Code.CONFLICT: Text(
            zh="同一事件号在本批中已出现，但内容不同。先到的保留，这一行不会被采用。请核对源系统。",
            en="The same event came earlier in this batch with other content. The first is kept and this one is never "
            "applied. Check the source.",
        ),
        Code.DUPLICATE: Text(
            zh="同一事件在本批中重复出现，内容相同。无需处理。",
            en="The same event came earlier in this batch with the same content. Nothing to do.",
        ),
    }
)

assert set(MESSAGES) == set(Code), "every code has a message"
