"""The recognition rules of a pack, one by one: guarded, compilable, within what an event can carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from ditan.kernel.limits import id_chars_max
from ditan.model import Evidence, Exclusion, Kind, Pack, Rule, Scenario, When
from ditan.packs.findings import Finding, finding
from ditan.packs.patterns import Patterns
from ditan.packs.roll import LOOK_ALIKES

#: What a bank's service events are called (docs: feed). A rule for any other never holds.
SERVICES: Final = frozenset(
    {
        "account.opened",
        "bill.paid",
        "card.issued",
        "card.repaid",
        "certificate.issued",
        "loan.applied",
        "loan.disbursed",
        "loan.repaid",
        "statement.delivered",
        "steps.recorded",
        "tax.paid",
        "transfer.completed",
        "wealth.order_confirmed",
        "wealth.order_placed",
    }
)
#: The facts an event may carry besides the canonical fields.
ATTRIBUTES: Final = frozenset(
    {
        "account_ref",
        "bill_ref",
        "distance_m",
        "document_ref",
        "electricity_wh",
        "form",
        "instalment_ref",
        "loan_ref",
        "mandate",
        "medium",
        "mode",
        "own_account",
        "payee_ref",
        "period",
        "product_ref",
        "purpose_code",
        "ride_count",
        "statement_ref",
        "steps",
        "vehicle",
    }
)
#: What the attributes that are not references or numbers may say.
VALUES: Final = {
    "form": {"virtual", "plastic"},
    "mandate": {"manual", "auto"},
    "medium": {"none", "card"},
    "mode": {"electronic", "paper"},
    "own_account": {"yes", "no"},
    "purpose_code": {"tax", "fine", "fee"},
    "vehicle": {"bike", "ebike"},
}
_EVENT_FIELDS: Final = frozenset({"card_ref", "merchant_id", "settled_on"})
_RESERVED_CODES: Final = frozenset(
    {"recognized", "not_green", "foreign_currency", "accepted", "posted", "capped", "duplicate"}
)
_CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ESCAPE: Final = re.compile(r"\\.")
_DIGITS: Final = re.compile(r"[0-9]{13,19}")
_KEYED_ON: Final = {
    Evidence.MERCHANT: "roles",
    Evidence.SERVICE: "services",
    Evidence.DESCRIPTOR: "pattern",
    Evidence.MCC: "mcc",
}
_MCC_ALONE: Final = Decimal("0.85")
_MCC_FEW: Final = 10
_MCC_MIN: Final = 742  # ISO 18245 begins with veterinary services
_MCC_MAX: Final = 9999
_GAP_MINUTES_MAX: Final = 1440


def check_recognition(pack: Pack, patterns: Patterns) -> Iterator[Finding]:
    """Check every rule, exclusion, de-duplication key and merchant."""
    for scenario in pack.scenarios:
        if not scenario.rules:
            yield finding("rule_missing", f"scenarios.{scenario.id}.rules", "没有识别规则", "there is no rule")
        for n, rule in enumerate(scenario.rules):
            where = f"scenarios.{scenario.id}.rules[{n}]"
            yield from _rule(where, rule)
            yield from _when(f"{where}.when", rule.when, pack, patterns)
        yield from _confidences(scenario)
        for n, exclusion in enumerate(scenario.exclusions):
            where = f"scenarios.{scenario.id}.exclusions[{n}]"
            if not _CODE.fullmatch(exclusion.code) or exclusion.code in _RESERVED_CODES:
                yield finding(
                    "code_invalid", f"{where}.code", "结果码不合规或被保留", "the code is reserved or not snake_case"
                )
            if exclusion.when == When():
                yield finding(
                    "condition_empty",
                    f"{where}.when",
                    "没有条件，会排除一切",
                    "without a condition it excludes everything",
                )
            yield from _when(f"{where}.when", exclusion.when, pack, patterns)
        for n, activity in enumerate(scenario.quantification.activities):
            where = f"scenarios.{scenario.id}.quantification.activities[{n}]"
            yield from attribute_values(where, activity.variant)
        yield from _look_alikes(scenario)
        yield from _deduplication(scenario)
    yield from _codes(pack)
    yield from _merchants(pack)


def conditions(scenario: Scenario) -> list[Rule | Exclusion]:
    """Give the rules and the exclusions of a scenario: both have a condition and examples."""
    return [*scenario.rules, *scenario.exclusions]


def attribute_values(where: str, wanted: dict[str, list[str]]) -> Iterator[Finding]:
    """Check that an attribute can have the values a condition asks for."""
    for name, values in wanted.items():
        allowed = VALUES.get(name)
        for value in values:
            if value not in allowed if allowed else not value.isdecimal():
                zh, en = f"{name} 不会等于 {value}", f"{name} is never {value!r}"
                yield finding("unknown_value", f"{where}.attributes.{name}", zh, en)


def all_patterns(pack: Pack) -> Iterable[str]:
    """Give every pattern of a pack."""
    for scenario in pack.scenarios:
        for item in conditions(scenario):
            if item.when.pattern:
                yield item.when.pattern


def _rule(where: str, rule: Rule) -> Iterator[Finding]:
    if not getattr(rule.when, _KEYED_ON[rule.by]):
        yield finding(
            "rule_unguarded",
            f"{where}.when",
            f"{rule.by} 规则缺少 {_KEYED_ON[rule.by]}",
            f"a rule by {rule.by} needs {_KEYED_ON[rule.by]}",
        )
    if rule.by is Evidence.DESCRIPTOR and not (rule.when.mcc or rule.when.channels):
        yield finding(
            "rule_unguarded",
            f"{where}.when.mcc",
            "摘要规则须限定 MCC 或渠道",
            "a descriptor rule is guarded by MCCs or channels, so that ordinary payments cost nothing",
        )
    if rule.by is Evidence.DESCRIPTOR and not rule.examples:
        yield finding("example_missing", f"{where}.examples", "摘要规则须有示例", "a descriptor rule has examples")
    if rule.by is Evidence.MCC:
        yield from _mcc_rule(where, rule)
    wanted = [Kind.SERVICE_EVENT] if rule.by is Evidence.SERVICE else [Kind.CARD_PAYMENT]
    if rule.when.kinds != wanted:
        yield finding(
            "kind_wrong", f"{where}.when.kinds", f"应为 {wanted[0]}", f"a rule by {rule.by} is for {wanted[0]} only"
        )
    if not 0 < rule.confidence <= 1:
        yield finding(
            "confidence_range", f"{where}.confidence", "置信度须在 0 与 1 之间", "confidence is above 0 and at most 1"
        )


def _mcc_rule(where: str, rule: Rule) -> Iterator[Finding]:
    """A merchant category alone is weak: unless it says it all, the channel or the amount must speak as well."""
    when = rule.when
    bounded = when.channels or when.amount_min_fen is not None or when.amount_max_fen is not None
    if rule.confidence < _MCC_ALONE and not bounded:
        zh, en = "仅凭 MCC 证据太弱，须限定渠道或金额", "an MCC alone is weak: limit the channel or the amount"
        yield finding("rule_unguarded", f"{where}.when", zh, en)
    if len(when.mcc) > _MCC_FEW and not when.channels:
        zh, en = "覆盖许多行业的规则须限定渠道", "a rule over many trades is limited to channels"
        yield finding("rule_unguarded", f"{where}.when.channels", zh, en)


def _when(where: str, when: When, pack: Pack, patterns: Patterns) -> Iterator[Finding]:
    roles = {merchant.role for merchant in pack.merchants}
    for role in sorted(set(when.roles) - roles):
        yield finding(
            "unknown_role", f"{where}.roles", f"登记册中没有 {role}", f"no merchant of the registry is a {role}"
        )
    for service in sorted(set(when.services) - SERVICES):
        yield finding(
            "unknown_service", f"{where}.services", f"没有业务事件 {service}", f"there is no service {service}"
        )
    for name in sorted({*when.attributes, *when.absent} - ATTRIBUTES):
        yield finding("unknown_attribute", where, f"事件没有属性 {name}", f"an event has no attribute {name}")
    yield from attribute_values(where, when.attributes)
    for code in when.mcc:
        if not _MCC_MIN <= code <= _MCC_MAX:
            yield finding("mcc_invalid", f"{where}.mcc", f"{code} 不是 MCC", f"{code} is not a merchant category code")
    low, high, step = when.amount_min_fen, when.amount_max_fen, when.amount_multiple_of_fen
    if any(bound is not None and bound <= 0 for bound in (low, high, step)) or (
        low is not None and high is not None and low > high
    ):
        yield finding("amount_range", where, "金额范围不成立", "the range of amounts is empty or not positive")
    if when.pattern:
        yield from _pattern(f"{where}.pattern", when.pattern, patterns)


def _pattern(where: str, pattern: str, patterns: Patterns) -> Iterator[Finding]:
    if pattern in patterns.broken:
        yield finding("pattern_invalid", where, "正则不合 RE2", f"not a pattern: {patterns.broken[pattern]}")
    elif patterns.match(pattern, ""):
        yield finding("pattern_matches_all", where, "正则匹配一切", "the pattern matches every descriptor")
    if _ESCAPE.sub("", pattern) != _ESCAPE.sub("", pattern).lower():
        yield finding(
            "pattern_capitals", where, "摘要已转小写，大写永不匹配", "descriptors are lower-cased: capitals never match"
        )


def _confidences(scenario: Scenario) -> Iterator[Finding]:
    """Stronger evidence is not trusted less."""
    order = (Evidence.MERCHANT, Evidence.DESCRIPTOR, Evidence.MCC)
    found = [rule.confidence for by in order for rule in scenario.rules if rule.by is by]
    if found != sorted(found, reverse=True):
        yield finding(
            "confidence_order",
            f"scenarios.{scenario.id}.rules",
            "更强的证据置信度反而更低",
            "stronger evidence is trusted less",
        )


def _look_alikes(scenario: Scenario) -> Iterator[Finding]:
    """The look-alikes every bank meets are excluded, each as often as there are ways to tell it."""
    found = Counter(exclusion.code for exclusion in scenario.exclusions)
    for code, times in Counter(LOOK_ALIKES.get(scenario.id, ())).items():
        if found[code] < times:
            zh, en = f"缺少排除 {code}", f"the look-alike {code} is not excluded in {times} way(s)"
            yield finding("exclusion_missing", f"scenarios.{scenario.id}.exclusions", zh, en)


def _deduplication(scenario: Scenario) -> Iterator[Finding]:
    where = f"scenarios.{scenario.id}.deduplication"
    for name in scenario.deduplication.key:
        if name not in ATTRIBUTES and name not in _EVENT_FIELDS:
            yield finding("unknown_attribute", f"{where}.key", f"事件没有 {name}", f"an event has no {name}")
    if not 0 <= scenario.deduplication.min_gap_minutes <= _GAP_MINUTES_MAX:
        yield finding("gap_range", f"{where}.min_gap_minutes", "间隔须在一天之内", "the gap is between 0 and a day")


def _codes(pack: Pack) -> Iterator[Finding]:
    """One code, one meaning."""
    reasons: dict[str, tuple[str, str]] = {}
    for scenario in pack.scenarios:
        for n, exclusion in enumerate(scenario.exclusions):
            said = (exclusion.reason.zh, exclusion.reason.en)
            if reasons.setdefault(exclusion.code, said) != said:
                yield finding(
                    "code_two_meanings",
                    f"scenarios.{scenario.id}.exclusions[{n}].reason",
                    f"{exclusion.code} 在别处另有说法",
                    f"{exclusion.code} says something else elsewhere",
                )


def _merchants(pack: Pack) -> Iterator[Finding]:
    used = {role for scenario in pack.scenarios for item in conditions(scenario) for role in item.when.roles}
    known = {city.adcode for city in pack.cities}
    times = Counter(merchant.merchant_id for merchant in pack.merchants)
    for n, merchant in enumerate(pack.merchants):
        where = f"merchants[{n}]"
        if not merchant.merchant_id.strip() or len(merchant.merchant_id) > id_chars_max:
            yield finding(
                "merchant_id_invalid", f"{where}.merchant_id", "商户号为空或过长", "the id is empty or too long"
            )
        if _DIGITS.fullmatch(merchant.merchant_id):
            yield finding(
                "merchant_id_invalid",
                f"{where}.merchant_id",
                "商户号形似卡号",
                "the id looks like a card number: prefix it",
            )
        if times[merchant.merchant_id] > 1:
            yield finding(
                "merchant_twice",
                f"{where}.merchant_id",
                "商户号重复",
                "the id is listed twice: two roles would claim it",
            )
            times[merchant.merchant_id] = 1
        if not merchant.name.strip():
            yield finding("merchant_unnamed", f"{where}.name", "商户没有名称", "the merchant has no name")
        if merchant.city is not None and merchant.city not in known:
            yield finding(
                "unknown_place", f"{where}.city", f"未知城市 {merchant.city}", f"no such place: {merchant.city}"
            )
        if merchant.role not in used:
            yield finding(
                "role_unused", f"{where}.role", f"没有规则使用 {merchant.role}", f"no rule speaks of a {merchant.role}"
            )
