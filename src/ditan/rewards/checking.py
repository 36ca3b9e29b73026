"""What must hold of a catalogue before anything of it can be ordered. Each message says what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Final

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.kernel.persons import holds_card_number
from ditan.model import Status, Text
from ditan.packs.findings import Finding, finding
from ditan.rewards.cataloguing import Catalogue, Reward, RewardKind

_ID: Final = re.compile(r"[a-z][a-z0-9_]{2,63}")
_PARTNER: Final = re.compile(r"[a-z][a-z0-9-]{2,63}")
_TERMS: Final = {
    RewardKind.TREE: "tree",
    RewardKind.DONATION: "donation",
    RewardKind.PRODUCE: "produce",
    RewardKind.GYM_CARD: "code",
    RewardKind.COUPON: "code",
    RewardKind.PARTNER_BENEFIT: "code",
}
#: A tree or a gram that is promised needs species, years and a source, which a catalogue has no place for.
_CLAIM: Final = re.compile(r"吸收\s*\d|碳中和|抵消|净零|absorbs?\s+\d|carbon[- ]neutral|\boffset", re.IGNORECASE)


def require_sound(catalogue: Catalogue, today: date) -> None:
    """Refuse to run a catalogue that is not sound.

    Raises: InvalidInput with the first finding.
    """
    # One that has expired offers nothing, but its orders go on, and so does everything else.
    found = [each for each in check(catalogue, today) if each.code != "expired"]
    if found:
        more = f" (and {len(found) - 1} more)" if found[1:] else ""
        raise InvalidInput(
            f"the catalogue {catalogue.id!r} may not run: {found[0].where}: {found[0].message.en}{more}",
            hint="`ditan rewards check FOLDER` lists everything.",
        )


def check(catalogue: Catalogue, today: date) -> list[Finding]:
    """Give every reason why a catalogue may not run; none: it may."""
    return [
        *_check_head(catalogue, today),
        *(each for reward in catalogue.rewards for each in _check(reward, catalogue)),
    ]


def _check_head(catalogue: Catalogue, today: date) -> Iterator[Finding]:
    if catalogue.valid_to < catalogue.valid_from:
        yield finding("validity", "catalogue", "有效期颠倒：请更正日期", "it ends before it begins: correct the dates")
    if catalogue.valid_to < today:
        yield finding("expired", "catalogue", "已过有效期：请发布新目录", "it has expired: publish a new one")
    if catalogue.status is Status.WITHDRAWN:
        yield finding("withdrawn", "catalogue", "已撤回：请用另一目录", "it was withdrawn: use another one")
    if not catalogue.rewards:
        yield finding("empty", "catalogue", "没有奖励：请加入 [[rewards]]", "it offers nothing: add [[rewards]]")
    for what, names in (
        ("partners", [each.id for each in catalogue.partners]),
        ("rewards", [r.id for r in catalogue.rewards]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield finding("twice", f"{what}.{name}", "编号重复：请改名", "this id is there twice: rename one")
    for partner in catalogue.partners:
        if not _PARTNER.fullmatch(partner.id):
            yield finding(
                "id",
                f"partners.{partner.id}",
                "编号只用小写字母、数字和连字符",
                "an id has small letters, digits and hyphens",
            )
        if not partner.made_up and catalogue.id == "demo":
            yield finding(
                "made_up",
                f"partners.{partner.id}",
                "演示目录的伙伴须注明虚构",
                "a partner of the demo says made_up = true",
            )
    kinds: dict[str, set[bool]] = {}
    for reward in catalogue.rewards:
        kinds.setdefault(reward.stock, set()).add(reward.kind is RewardKind.DONATION)
    for name, found in kinds.items():
        if len(found) > 1:
            yield finding(
                "stock", f"rewards.{name}", "善款与库存不能同名：请改名", "a fund and a stock share a name: rename one"
            )


def _check(reward: Reward, catalogue: Catalogue) -> Iterator[Finding]:
    where = f"rewards.{reward.id}"
    if not _ID.fullmatch(reward.id):
        yield finding("id", where, "编号只用小写字母、数字和下划线", "an id has small letters, digits and underscores")
    if reward.partner not in {partner.id for partner in catalogue.partners}:
        yield finding(
            "partner",
            f"{where}.partner",
            "没有这个伙伴：请加入 [[partners]]",
            "there is no such partner: add it to [[partners]]",
        )
    if (
        reward.valid_to < reward.valid_from
        or reward.valid_from > catalogue.valid_to
        or reward.valid_to < catalogue.valid_from
    ):
        yield finding(
            "validity",
            where,
            "有效期颠倒，或在目录之外：请更正日期",
            "its dates are reversed or outside of the catalogue's: correct them",
        )
    for name, value, most in (
        ("energy", reward.energy, limits.lot_energy_max // limits.order_quantity_max),
        ("units", reward.units, limits.lot_energy_max // limits.order_quantity_max),
        ("quantity_max", reward.quantity_max, limits.order_quantity_max),
        ("hold_days", reward.hold_days, limits.hold_days_max),
        ("limit.quantity", reward.limit.quantity if reward.limit else 1, limits.lot_energy_max),
    ):
        if not 1 <= value <= most:
            yield finding("bounds", f"{where}.{name}", f"须在 1 与 {most:,} 之间", f"it must be from 1 to {most:,}")
    if reward.limit and reward.limit.quantity < reward.quantity_max:
        yield finding(
            "limit",
            f"{where}.limit",
            "限额小于一单最多数量：请加大限额",
            "one order may be more than the limit: raise the limit",
        )
    for name in reward.segments:
        if not _ID.fullmatch(name) or reward.segments.count(name) > 1:
            yield finding(
                "segments",
                f"{where}.segments",
                "客群名只用小写字母、数字和下划线，不重复",
                "a segment has small letters, digits and underscores, and is named once",
            )
    yield from _check_terms(reward, where)
    for name, text in (("name", reward.name), ("summary", reward.summary), ("terms", reward.terms)):
        yield from _check_text(f"{where}.{name}", text)


def _check_terms(reward: Reward, where: str) -> Iterator[Finding]:
    given = {name for name in ("tree", "donation", "produce", "code") if getattr(reward, name) is not None}
    if given != {_TERMS[reward.kind]}:
        wanted = _TERMS[reward.kind]
        yield finding(
            "terms", where, f"{reward.kind} 须有且只有 [{wanted}]", f"a {reward.kind} has [{wanted}] and no other terms"
        )
    if reward.donation and reward.units != reward.donation.fen:
        yield finding(
            "fund", f"{where}.units", "每份善款须等于 donation.fen", "units of a donation are its fen: make them equal"
        )
    if reward.donation and reward.donation.ceiling_fen < reward.donation.fen * reward.quantity_max:
        yield finding(
            "ceiling",
            f"{where}.donation",
            "上限小于一单：请加大 ceiling_fen",
            "one order is more than the ceiling: raise ceiling_fen",
        )
    if reward.produce and reward.produce.delivery_days >= reward.hold_days:
        yield finding(
            "deadline",
            f"{where}.hold_days",
            "冻结期须长于送货期",
            "energy must be set aside for longer than delivery takes",
        )
    if not reward.stock or holds_card_number(reward.stock) or len(reward.stock) > limits.id_chars_max:
        yield finding("stock", f"{where}.stock", "请写出库存或善款账户的名字", "name the account it is taken from")


def _check_text(where: str, text: Text) -> Iterator[Finding]:
    if not text.zh.strip() or not text.en.strip():
        yield finding("language", where, "中英文都要写", "write it in both languages")
    if _CLAIM.search(text.zh) or _CLAIM.search(text.en):
        yield finding(
            "claim",
            where,
            "不得承诺吸收、抵消或中和：请删去",
            "it claims absorbed, offset or neutral carbon: leave it out",
        )
