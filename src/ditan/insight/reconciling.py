"""Feed, acts and books beside each other: what must be equal, each side summed from its own table."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from ditan.ledger import TrialBalance
from ditan.model import Noun, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "reconciling.sql")
_EQUAL: Final = Text(zh="相等", en="equal")


class Reconciled(Noun, kw_only=True):
    """Two sums that must be equal, and in words whether they are."""

    id: str
    unit: str  # rows, mg or energy
    left: Text
    left_sum: int
    right: Text
    right_sum: int
    equal: bool
    said: Text


def reconcile(connection: psycopg.Connection[Any], books: TrialBalance) -> list[Reconciled]:
    """Compare, in one snapshot with the books that are given, which reach to this moment."""
    with connection.cursor(row_factory=dict_row) as cursor:
        [row] = cursor.execute(_SQL["read_reconciled"]).fetchall()

    def closing(asset: str, prefix: str) -> int:
        return sum(each.closing for each in books.lines if each.asset == asset and each.account.startswith(prefix))

    read, accepted = Text(zh="送来的行", en="rows read"), Text(zh="接收的行", en="rows accepted")
    recognized = Text(zh="识别的行与退款", en="rows recognized, and refunds")
    acts = Text(zh="行为减去退款", en="acts less what refunds took back")
    issued, held = Text(zh="账簿发放", en="issued in the books"), Text(zh="账簿中客户名下", en="held in the books")
    return [
        _line("read", "rows", read, row["rows_read"], _ended("接收", "accept"), row["accept_rows"]),
        _line("accepted", "rows", accepted, row["accepted"], _ended("识别", "recognize"), row["recognize_rows"]),
        _line("recognized", "rows", recognized, row["recognized"], _ended("入账", "post"), row["post_rows"]),
        _line("grams_issued", "mg", acts, row["acts_mg"], issued, -closing("carbon", "issuance:")),
        _line("grams_held", "mg", _of_holders(), row["held_mg"], held, closing("carbon", "customers")),
        _line("energy_issued", "energy", acts, row["acts_energy"], issued, -closing("energy", "issuance:")),
    ]


def _ended(zh: str, en: str) -> Text:
    return Text(zh=f"在{zh}处有结果的行", en=f"rows that ended at {en}")


def _of_holders() -> Text:
    return Text(zh="各客户余额之和", en="sum of customers' balances")


def _line(id_: str, unit: str, left: Text, left_sum: int, right: Text, right_sum: int) -> Reconciled:
    off = left_sum - right_sum
    said = Text(zh=f"不相等，差 {off}", en=f"not equal: {off} apart") if off else _EQUAL
    return Reconciled(
        id=id_, unit=unit, left=left, left_sum=left_sum, right=right, right_sum=right_sum, equal=not off, said=said
    )
