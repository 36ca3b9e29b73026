"""`ditan statement`: what one customer did, in two columns that never mix."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ditan import packs
from ditan.cli.showing import (
    AsJson,
    act_name,
    both,
    console,
    grams,
    moment,
    number,
    print_json,
    say,
    speaks_chinese,
    table,
)
from ditan.home.wording import debt_text
from ditan.kernel.clock import BUSINESS_ZONE, SYSTEM_CLOCK
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings, load_settings
from ditan.ledger import Balance, Fate, Statement, find_customer
from ditan.ledger import statement as read_statement
from ditan.model import Text
from ditan.store import Store


def statement(
    customer: Annotated[str, typer.Argument(help="The bank's pseudonym for the customer.")],
    month: Annotated[str | None, typer.Option(help="A business month, 2026-07. All time, if not given.")] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Write the month as a PDF into this file, as the customer gets it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a customer's statement: every act, what was taken back, carbon and energy."""
    start, end = period(month)
    settings = load_settings()
    if pdf is not None:
        write_pdf(customer, month, pdf, settings)
        return
    with Store.open(settings).unit_of_work() as connection:
        found = read_statement(connection, customer, start, end, SYSTEM_CLOCK.now())
    if as_json:
        print_json(found)
    else:
        print_statement(found, month, settings)


def write_pdf(customer: str, month: str | None, pdf: Path, settings: Settings) -> None:
    """Write a month as PDF, in the reader's language.

    Raises: InvalidInput without a month; NotFound when there is no account.
    """
    from ditan.home.printing import print_statement
    from ditan.home.statements import read_statement as read_month

    if month is None:
        raise InvalidInput("a statement on paper is of one month", hint="Give --month 2026-07.")
    with Store.open(settings).unit_of_work() as connection:
        find_customer(connection, customer)
        found = read_month(connection, customer, month, packs.load())
    assert found is not None, "there is an account"
    pdf.write_bytes(print_statement(found, "zh" if speaks_chinese(settings) else "en"))
    console.print(str(pdf), soft_wrap=True)


def period(month: str | None) -> tuple[datetime, datetime]:
    """Give the instants between which a business month lies; everything when no month is given."""
    if month is None:
        return datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=BUSINESS_ZONE)
    except ValueError as error:
        raise InvalidInput(f"{month!r} is not a month", hint="Write 2026-07.") from error
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start, following


def places_of(balance: Balance) -> list[Text]:
    """Say where a customer's energy is, and what is owed."""
    now = _listed(
        (balance.growing_energy, Text(zh="{} 正在成熟", en="{} growing")),
        (balance.ripe_energy, Text(zh="{} 可收取", en="{} ripe, to be collected")),
        (balance.available_energy, Text(zh="{} 可使用", en="{} available")),
        (balance.held_energy, Text(zh="{} 为兑换冻结", en="{} held for redemptions under way")),
    )
    sentences = [Text(zh=f"现有能量：{now.zh or '无'}。", en=f"Energy: {now.en or 'none'}.")]
    if owed := balance.owed_energy:
        sentences.append(debt_text(owed))
    return sentences


def fate_of(fate: Fate) -> list[Text]:
    """Say what became of a customer's energy in the period, if anything did."""
    past = _listed(
        (fate.collected_energy, Text(zh="收取 {}", en="{} collected")),
        (fate.awarded_energy, Text(zh="活动赠送 {}", en="{} awarded by campaigns")),
        (fate.redeemed_energy, Text(zh="兑换 {}", en="{} redeemed")),
        (fate.lapsed_energy, Text(zh="未及时收取而消失 {}", en="{} lapsed, not collected in time")),
        (fate.expired_energy, Text(zh="过期 {}", en="{} expired, not used in time")),
        (fate.adjusted_energy, Text(zh="银行更正 {}", en="{} corrected by the bank")),
    )
    return [Text(zh=f"本期能量：{past.zh}。", en=f"Energy in this period: {past.en}.")] if past.en else []


def _listed(*parts: tuple[int, Text]) -> Text:
    """The parts that are not zero, in one list."""
    told = [(number(energy), text) for energy, text in parts if energy]
    return Text(
        zh="，".join(text.zh.format(energy) for energy, text in told),
        en=", ".join(text.en.format(energy) for energy, text in told),
    )


def print_statement(found: Statement, month: str | None, settings: Settings, *, rows_max: int = 40) -> None:
    """Print a statement; the last `rows_max` acts, all of them in JSON."""
    title = f"低碳家园 statement · {found.customer_ref} · {month or 'all time'}"
    shown = table(
        title, "time", "scenario", "basis", "tier", "carbon", "energy", "cut by", "act", right=(4, 5),
        caption=(
            f"period  {grams(found.carbon_mg)} CO₂e   {number(found.energy)} energy      "
            f"balance  {grams(found.balance.carbon_mg)} CO₂e   {number(found.balance.energy)} energy"
        ),
    )  # fmt: skip
    lines = [
        (
            line.occurred_at, both(line.name), line.activity_source, line.tier, grams(line.carbon_mg),
            number(line.energy), ", ".join(line.cuts), act_name(line.act_id),
        )
        for line in found.acts
    ]  # fmt: skip
    lines += [
        (
            line.occurred_at, f"↩ {both(line.name)}", "refund", "", grams(-line.carbon_mg), number(-line.energy), "",
            act_name(line.act_id),
        )
        for line in found.reversals
    ]  # fmt: skip
    lines.sort(key=lambda line: line[0])
    if len(lines) > rows_max:
        shown.add_row("…", f"{len(lines) - rows_max} earlier lines: --json has all", "", "", "", "", "", "")
    for at, *rest in lines[-rows_max:]:
        shown.add_row(moment(at), *rest)
    console.print(shown)
    for sentence in (*places_of(found.balance), *fate_of(found.fate)):
        console.print(say(sentence, settings))
    console.print(
        "[dim]估算的减排量（相对基准情景），不可交易。"
        "Estimated reduction against a baseline; not an offset, not tradable.[/]"
    )
