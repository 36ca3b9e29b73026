"""What the API says when it cannot do something: a code, an HTTP status, and what to do, in both languages.

A code of the ledger (`closed`, `not_enough`, …) is used as it is, with the status of `conflict`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from ditan.kernel import limits
from ditan.model import Text


class ProblemCode(StrEnum):
    """Codes in the order in which a request meets them."""

    NO_SUCH_PAGE = "no_such_page"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOKEN_MISSING = "token_missing"
    TOKEN_UNREADABLE = "token_unreadable"
    TOKEN_ALGORITHM = "token_algorithm"
    TOKEN_KEY = "token_key"
    TOKEN_SIGNATURE = "token_signature"
    TOKEN_ISSUER = "token_issuer"
    TOKEN_AUDIENCE = "token_audience"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_NOT_YET = "token_not_yet"
    WRONG_AUDIENCE = "wrong_audience"
    MISSING_SCOPE = "missing_scope"
    MISSING_ROLE = "missing_role"
    WEBHOOK_UNSIGNED = "webhook_unsigned"
    WEBHOOK_TOO_OLD = "webhook_too_old"
    WEBHOOK_FROM_THE_FUTURE = "webhook_from_the_future"
    WEBHOOK_FORGED = "webhook_forged"
    TOO_MANY_REQUESTS = "too_many_requests"
    BODY_TOO_LARGE = "body_too_large"
    MEDIA_TYPE = "media_type"
    INVALID_INPUT = "invalid_input"
    PERSONAL_NUMBER = "personal_number"
    KEY_USED_BEFORE = "key_used_before"
    NO_ACCOUNT = "no_account"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    ACCOUNT_OPEN = "account_open"
    ENERGY_HELD = "energy_held"
    METHODOLOGY_UNSOUND = "methodology_unsound"
    EVIDENCE_GONE = "evidence_gone"
    TOO_SLOW = "too_slow"
    UNAVAILABLE = "unavailable"
    PROMISE_BROKEN = "promise_broken"
    INTERNAL = "internal"


class Meaning(NamedTuple):
    """What a code means and what to do."""

    status: int
    title: Text
    hint: Text


_SIGN_IN: Final = Text(zh="请重新登录后再试。", en="Sign in again.")
_ASK_PROVIDER: Final = Text(
    zh="请检查令牌的签发方，以及本系统的 token_* 设置。", en="Look at who issued the token and at the settings token_*."
)
_SIGN: Final = Text(
    zh="请按 Standard Webhooks 用本行的密钥签名：webhook-id、webhook-timestamp、webhook-signature。",
    en="Sign it by Standard Webhooks with this partner's secret: webhook-id, webhook-timestamp, webhook-signature.",
)
_CLOCKS: Final = Text(
    zh="请检查时钟；重发时重新签名，webhook-id 不变。", en="Check the clocks; sign it anew under the same webhook-id."
)
_AGAIN: Final = Text(zh="没有做任何改动，请稍后重试。", en="Nothing was changed. Try again in a moment.")

MEANING: Final[dict[ProblemCode, Meaning]] = {
    ProblemCode.NO_SUCH_PAGE: Meaning(
        404,
        Text(zh="没有这个地址", en="There is no such address"),
        Text(zh="请对照 openapi.json。", en="Compare it with openapi.json."),
    ),
    ProblemCode.METHOD_NOT_ALLOWED: Meaning(
        405,
        Text(zh="这个地址不接受这种方法", en="This address does not take this method"),
        Text(zh="请看响应头 Allow。", en="Look at the header Allow."),
    ),
    ProblemCode.TOKEN_MISSING: Meaning(
        401,
        Text(zh="需要登录", en="A token is needed"),
        Text(zh="请带上 Authorization: Bearer 令牌。", en="Send Authorization: Bearer and the token."),
    ),
    ProblemCode.TOKEN_UNREADABLE: Meaning(401, Text(zh="令牌无法读取", en="The token cannot be read"), _ASK_PROVIDER),
    ProblemCode.TOKEN_ALGORITHM: Meaning(
        401, Text(zh="令牌的签名算法不被接受", en="The token's algorithm is not accepted"), _ASK_PROVIDER
    ),
    ProblemCode.TOKEN_KEY: Meaning(
        401, Text(zh="令牌的签名密钥不属于签发方", en="The token's key is none of the issuer's"), _ASK_PROVIDER
    ),
    ProblemCode.TOKEN_SIGNATURE: Meaning(
        401, Text(zh="令牌的签名不正确", en="The token's signature is wrong"), _ASK_PROVIDER
    ),
    ProblemCode.TOKEN_ISSUER: Meaning(
        401, Text(zh="令牌由别的签发方签发", en="The token was issued by somebody else"), _ASK_PROVIDER
    ),
    ProblemCode.TOKEN_AUDIENCE: Meaning(
        401, Text(zh="令牌不是给本系统的", en="The token is not meant for this API"), _ASK_PROVIDER
    ),
    ProblemCode.TOKEN_EXPIRED: Meaning(401, Text(zh="登录已过期", en="The token has expired"), _SIGN_IN),
    ProblemCode.TOKEN_NOT_YET: Meaning(
        401, Text(zh="令牌还未生效", en="The token is not valid yet"), Text(zh="请检查时钟。", en="Check the clocks.")
    ),
    ProblemCode.WRONG_AUDIENCE: Meaning(
        403,
        Text(zh="这个令牌不能用于这个地址", en="This token is for another part of the API"),
        Text(
            zh="客户、银行系统、伙伴、员工的地址各用各的令牌。",
            en="Customers, the bank's systems, partners and staff each use tokens of their own.",
        ),
    ),
    ProblemCode.MISSING_SCOPE: Meaning(
        403,
        Text(zh="令牌没有这项权限", en="The token lacks the scope for this"),
        Text(zh="请向签发方申请该 scope。", en="Ask the issuer for the scope."),
    ),
    ProblemCode.MISSING_ROLE: Meaning(
        403,
        Text(zh="您的角色不能做这件事", en="Your role may not do this"),
        Text(zh="请由有此角色的同事办理。", en="Ask a colleague who has the role."),
    ),
    ProblemCode.WEBHOOK_UNSIGNED: Meaning(
        403, Text(zh="消息没有可读的签名", en="The message has no signature that can be read"), _SIGN
    ),
    ProblemCode.WEBHOOK_TOO_OLD: Meaning(
        403, Text(zh="消息的时间太早", en="The message was sent too long ago"), _CLOCKS
    ),
    ProblemCode.WEBHOOK_FROM_THE_FUTURE: Meaning(
        403, Text(zh="消息的时间在将来", en="The message was sent in the future"), _CLOCKS
    ),
    ProblemCode.WEBHOOK_FORGED: Meaning(
        403, Text(zh="消息的签名不属于这个伙伴", en="The message was not signed by this partner"), _SIGN
    ),
    ProblemCode.TOO_MANY_REQUESTS: Meaning(
        429,
        Text(zh="请求太频繁", en="Too many requests"),
        Text(zh="请等待 Retry-After 所示的秒数。", en="Wait for the seconds in Retry-After."),
    ),
    ProblemCode.BODY_TOO_LARGE: Meaning(
        413,
        Text(zh="请求体太大", en="The body is too large"),
        Text(
            zh=f"每次最多 {limits.events_per_call_max} 个事件；更多请用文件。",
            en=f"Send at most {limits.events_per_call_max:,} events a call; use files for more.",
        ),
    ),
    ProblemCode.MEDIA_TYPE: Meaning(
        415,
        Text(zh="请求体的格式不对", en="The body is of another media type"),
        Text(zh="请用 application/json。", en="Send application/json."),
    ),
    ProblemCode.INVALID_INPUT: Meaning(
        400,
        Text(zh="请求内容不能使用", en="The request cannot be used"),
        Text(zh="请看 errors，并对照 openapi.json。", en="Look at errors and compare with openapi.json."),
    ),
    ProblemCode.PERSONAL_NUMBER: Meaning(
        400,
        Text(
            zh="内容里有卡号、证件号、手机号或邮箱", en="It holds a card, identity or phone number, or a mail address"
        ),
        Text(
            zh="请删去后再提交：银行知道是谁的哪一笔，不需要这些号码。",
            en="Leave it out and send it again: the bank knows whose act it is.",
        ),
    ),
    ProblemCode.KEY_USED_BEFORE: Meaning(
        409,
        Text(zh="这个 Idempotency-Key 已用于另一内容", en="This Idempotency-Key was used for something else"),
        Text(zh="新的操作请用新的键。", en="Use a new key for a new request."),
    ),
    ProblemCode.NO_ACCOUNT: Meaning(
        404,
        Text(zh="还没有碳账户", en="There is no carbon account yet"),
        Text(zh="请先开户：POST /v1/account。", en="Open one: POST /v1/account."),
    ),
    ProblemCode.NOT_FOUND: Meaning(
        404,
        Text(zh="没有找到", en="There is no such thing"),
        Text(zh="它可能不存在，或不属于您。", en="It may not exist, or is not yours."),
    ),
    ProblemCode.CONFLICT: Meaning(
        409,
        Text(zh="与已有记录矛盾", en="This contradicts what is recorded"),
        Text(zh="请刷新后再试。", en="Load the page again, then decide."),
    ),
    ProblemCode.ACCOUNT_OPEN: Meaning(
        409,
        Text(zh="碳账户还没有关闭", en="The account is not closed yet"),
        Text(zh="请先关闭：POST /v1/account/close。", en="Close it first: POST /v1/account/close."),
    ),
    ProblemCode.METHODOLOGY_UNSOUND: Meaning(
        409,
        Text(zh="这份方法学未通过检查，不能运行", en="The methodology does not pass its check and may not run"),
        Text(zh="按所列各处更正后再提出。", en="Mend what is named, then propose it again."),
    ),
    ProblemCode.ENERGY_HELD: Meaning(
        409,
        Text(zh="有能量正在兑换中，尚未结束", en="Energy is set aside for a redemption that is under way"),
        Text(
            zh="兑换完成或退回后再试；到期未用会自动退回。",
            en="Try again when it is used or given back; at its deadline it is given back by itself.",
        ),
    ),
    ProblemCode.EVIDENCE_GONE: Meaning(
        404,
        Text(zh="这次行为的证据不在存档里", en="The evidence of this act is not in the archive"),
        Text(zh="请银行恢复存档。", en="The bank must restore its archive."),
    ),
    ProblemCode.TOO_SLOW: Meaning(
        503,
        Text(zh="处理超时", en="It took too long"),
        Text(
            zh="可能已完成，也可能没有。请用同一个 Idempotency-Key 重试，不会做两次。",
            en="It may have been done or not. Send it again under the same Idempotency-Key: it is never done twice.",
        ),
    ),
    ProblemCode.UNAVAILABLE: Meaning(503, Text(zh="暂时不可用", en="Not available for the moment"), _AGAIN),
    ProblemCode.PROMISE_BROKEN: Meaning(
        500,
        Text(zh="系统自检失败，操作已撤销", en="A promise of the system broke; nothing was kept"),
        Text(zh="请联系银行，并告知请求编号。", en="Tell the bank the request id."),
    ),
    ProblemCode.INTERNAL: Meaning(
        500,
        Text(zh="系统出错，操作已撤销", en="Something went wrong; nothing was kept"),
        Text(zh="请联系银行，并告知请求编号。", en="Tell the bank the request id."),
    ),
}

assert set(MEANING) == set(ProblemCode), "every code has a meaning"
