"""The statement on paper: the content of the JSON in the look of the page. The same statement gives the same bytes.

Carbon and energy stand in columns of their own, with a rule between them, and are never added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import resources
from typing import Final, Literal, NamedTuple

from fpdf import FPDF

from ditan.home.statements import MonthStatement
from ditan.home.wording import day_text, debt_text, exact_grams, month_text
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.model import Family, Status, Text

Language = Literal["zh", "en"]

_FONT: Final = "NotoSansSC-Statement.ttf"
_PAPER, _INK, _INK_2 = (252, 250, 244), (31, 43, 38), (85, 96, 90)  # the page's own tokens, by day
_RULE, _GREEN, _GREEN_3, _WARM = (200, 198, 189), (23, 89, 74), (163, 203, 166), (168, 72, 28)
_LEFT, _RIGHT, _TOP, _BOTTOM = 20.0, 190.0, 20.0, 268.0  # millimeters of A4
_ROW: Final = 6.2

_WORDS: Final = {
    "house": Text(zh="低碳家园", en="Low-carbon Home"),
    "title": Text(zh="月结单", en="Monthly statement"),
    "account": Text(
        zh="由碳账户 {account} 生成，{opened}开立", en="Made from carbon account {account}, opened {opened}"
    ),
    "period": Text(zh="{first}至{last}，北京时间", en="{first} to {last}, China time"),
    "carbon": Text(zh="减排量", en="Reduction"),
    "carbon_tag": Text(zh="只记录，不可交易", en="recorded only"),
    "carbon_g": Text(zh="减排量 g CO2e", en="Reduction, g CO2e"),
    "energy": Text(zh="绿色能量", en="Green energy"),
    "energy_tag": Text(zh="可兑换", en="can be redeemed"),
    "scenarios": Text(zh="各场景", en="By scenario"),
    "scenario": Text(zh="场景", en="Scenario"),
    "acts": Text(zh="次数", en="Acts"),
    "net": Text(zh="已减去本月退款扣回的", en="Net of what refunds took back in this month"),
    "total": Text(zh="合计", en="Total"),
    "moves": Text(zh="能量的变动", en="How energy moved"),
    "move": Text(zh="变动", en="What happened"),
    "each": Text(zh="每一次行为", en="Every act"),
    "back": Text(zh="退款扣回", en="Taken back by refunds"),
    "time": Text(zh="时间", en="Time"),
    "id": Text(zh="行为编号", en="Act"),
    "none": Text(zh="本月没有记录。", en="Nothing was recorded in this month."),
    "method": Text(zh="方法学", en="Methodology"),
    "page": Text(zh="第 {page} 页，共 {{nb}} 页", en="Page {page} of {{nb}}"),
}
_FAMILY: Final = {
    Family.TRAVEL: Text(zh="低碳出行", en="Low-carbon travel"),
    Family.FINANCE: Text(zh="数字金融", en="Digital finance"),
    Family.ONLINE: Text(zh="在线办理业务", en="Business online"),
}
_MOVE: Final = {
    "collect": Text(zh="收取", en="Collected"),
    "lapse": Text(zh="未及时收取而消失", en="Lapsed, not collected in time"),
    "hold": Text(zh="为兑换冻结", en="Held for redemptions"),
    "capture": Text(zh="兑换", en="Redeemed"),
    "give_back": Text(zh="兑换后退回", en="Given back after it was redeemed"),
    "release": Text(zh="解除冻结", en="Given back from a hold"),
    "expire": Text(zh="过期", en="Expired, not used in time"),
    "adjust": Text(zh="银行更正", en="Corrected by the bank"),
    "award": Text(zh="活动赠送", en="Awarded by campaigns"),
}
_STATUS: Final = {
    Status.DRAFT: Text(zh="草案", en="draft"),
    Status.REVIEWED: Text(zh="已复核", en="reviewed"),
    Status.APPROVED: Text(zh="已批准", en="approved"),
    Status.WITHDRAWN: Text(zh="已撤回", en="withdrawn"),
}


def every_word() -> Iterator[str]:
    """Give every word of our own that a statement may hold: its type must have their characters."""
    yield from (debt_text(0).zh, debt_text(0).en)
    for texts in (_WORDS, _FAMILY, _MOVE, _STATUS):
        for text in texts.values():
            yield from (text.zh, text.en)


class Column(NamedTuple):
    """A column of a table: its head, its width in millimeters, and whether it holds numbers."""

    head: str
    width: float
    number: bool = False


def print_statement(statement: MonthStatement, language: Language) -> bytes:
    """Write a statement as PDF, with its type embedded."""
    sheet = _Sheet(statement, language)
    sheet.add_page()
    sheet.head()
    sheet.assets()
    if not (statement.scenarios or statement.moves or statement.debt):
        sheet.note(sheet.word("none"))
    if statement.scenarios:
        sheet.scenarios()
    if statement.moves:
        sheet.moves()
    if statement.acts:
        lines = [(act.occurred_at, act.name, act.act_id, act.carbon_mg, act.energy) for act in statement.acts]
        sheet.lines("each", lines)
    if statement.reversals:
        taken = [
            (each.occurred_at, each.name, each.act_id, -each.carbon_mg, -each.energy) for each in statement.reversals
        ]
        sheet.lines("back", taken)
    if statement.debt:
        sheet.paragraph(sheet.say(statement.debt))
    sheet.methodologies()
    return bytes(sheet.output())


class _Sheet(FPDF):
    """The paper: rules, type and tables of the house."""

    def __init__(self, statement: MonthStatement, language: Language) -> None:
        super().__init__(format="A4")
        self.statement, self.language = statement, language
        at = [act.occurred_at for act in statement.acts] + [each.occurred_at for each in statement.reversals]
        self.set_creation_date(max(at, default=statement.start))
        self.set_producer("Ditan")
        self.set_lang("zh-CN" if language == "zh" else "en")
        self.set_title(f"{self.word('house')} · {self.word('title')} · {statement.month}")
        self.set_margins(_LEFT, _TOP, 210 - _RIGHT)
        self.set_auto_page_break(False)
        with resources.as_file(resources.files("ditan.home").joinpath("fonts", _FONT)) as path:
            self.add_font("house", fname=path)
        self.c_margin = 0

    def word(self, name: str) -> str:
        return self.say(_WORDS[name])

    def say(self, text: Text) -> str:
        return text.zh if self.language == "zh" else text.en

    def header(self) -> None:
        """Paper and, from the second page on, what this is."""
        self.set_fill_color(*_PAPER)
        self.rect(0, 0, 210, 297, style="F")
        if self.page_no() > 1:
            self.set_xy(_LEFT, 12)
            self.put(0, f"{self.word('house')} · {self.word('title')} · {self.statement.month}", size=8, color=_INK_2)
        self.set_y(_TOP)

    def footer(self) -> None:
        """What the numbers are not, and which page this is."""
        self.hairline(_BOTTOM + 6)
        self.set_xy(_LEFT, _BOTTOM + 8)
        self.put(130, self.say(self.statement.notice), size=7.5, color=_INK_2)
        page = self.word("page").format(page=self.page_no())
        self.set_x(_RIGHT - self.get_string_width(page.replace("{nb}", str(self.page_no()))))
        self.put(0, page, size=7.5, color=_INK_2)

    def put(
        self,
        width: float,
        text: str,
        *,
        size: float,
        color: tuple[int, int, int] = _INK,
        right: bool = False,
        height: float = _ROW,
    ) -> None:
        """Write a text beside the one before; what is too long ends in an ellipsis."""
        self.set_font("house", size=size)
        self.set_text_color(*color)
        room = width or _RIGHT - self.get_x()
        if "{nb}" not in text:
            while len(text) > 1 and self.get_string_width(text) > room:
                text = text.removesuffix("…")[:-1] + "…"
        self.cell(room, height, text, align="R" if right else "L")

    def hairline(self, y: float, *, left: float = _LEFT, right: float = _RIGHT) -> None:
        self.set_draw_color(*_RULE)
        self.set_line_width(0.15)
        self.line(left, y, right, y)

    def double_rule(self, y: float) -> None:
        """文武线: a strong line and a fine one, which opens every section."""
        self.set_draw_color(*_INK)
        self.set_line_width(0.53)
        self.line(_LEFT, y, _RIGHT, y)
        self.set_line_width(0.18)
        self.line(_LEFT, y + 0.95, _RIGHT, y + 0.95)

    def room(self, height: float) -> bool:
        """Begin a new page when there is too little room on this one; tell whether it did."""
        if self.get_y() + height <= _BOTTOM:
            return False
        self.add_page()
        return True

    def head(self) -> None:
        statement, first = self.statement, business_day(self.statement.start)
        month, opened = self.say(month_text(statement.month)), self.say(day_text(business_day(statement.opened_at)))
        self.double_rule(_TOP)
        self.set_xy(_LEFT, _TOP + 5)
        self.put(120, self.word("title"), size=22, height=10)
        self.put(50, month, size=14, color=_GREEN, right=True, height=10)
        self.set_xy(_LEFT, _TOP + 17)
        made = self.word("account").format(account=statement.account, opened=opened)
        self.put(0, f"{self.word('house')} · {made}", size=9, color=_INK_2, height=5)
        self.set_xy(_LEFT, _TOP + 22.5)
        last = business_day(statement.end - timedelta(days=1))
        days = self.word("period").format(first=self.say(day_text(first)), last=self.say(day_text(last)))
        self.put(0, days, size=9, color=_INK_2, height=5)
        self.set_y(_TOP + 32)

    def assets(self) -> None:
        """The two assets, side by side: a ruler for what is measured, a fruit for what can be used."""
        y, middle = self.get_y(), (_LEFT + _RIGHT) / 2
        self.hairline(y)
        self.hairline(y + 27)
        self.set_draw_color(*_INK)
        self.set_line_width(0.3)
        self.line(middle, y + 4, middle, y + 23)
        self._ruler(_LEFT, y + 5.6)
        self._asset(_LEFT, y, "carbon", exact_grams(self.statement.carbon_mg), " g CO2e")
        self._fruit(middle + 8, y + 7.3)
        self._asset(middle + 8, y, "energy", _number(self.statement.energy), "")
        self.set_y(y + 35)

    def _asset(self, x: float, y: float, name: str, value: str, unit: str) -> None:
        self.set_xy(x + 8, y + 4)
        self.put(70, f"{self.word(name)} · {self.word(name + '_tag')}", size=9, color=_INK_2)
        self.set_xy(x, y + 13)
        self.set_font("house", size=22)
        self.put(self.get_string_width(value) + 0.2, value, size=22, height=10)
        self.set_xy(self.get_x(), y + 15.2)
        self.put(0, unit, size=10, color=_INK_2)

    def _ruler(self, x: float, y: float) -> None:
        self.set_draw_color(*_GREEN)
        self.set_line_width(0.3)
        self.rect(x, y, 6, 3)
        for tick in range(1, 6):
            self.line(x + tick, y, x + tick, y + (1.6 if tick == 3 else 1))

    def _fruit(self, x: float, y: float) -> None:
        self.set_draw_color(*_GREEN)
        self.set_fill_color(*_GREEN_3)
        self.set_line_width(0.3)
        self.circle(x + 2.6, y + 0.2, 2, style="DF")
        self.line(x + 2.6, y - 1.8, x + 3.6, y - 3)

    def section(self, name: str, under: str = "") -> None:
        """Open a section; it never stands alone at the end of a page."""
        self.room(30)
        self.double_rule(self.get_y())
        self.set_xy(_LEFT, self.get_y() + 3)
        self.put(60, self.word(name), size=12, height=7)
        self.put(110, under, size=8, color=_INK_2, height=7, right=True)
        self.set_y(self.get_y() + 8.5)

    def note(self, text: str) -> None:
        self.set_x(_LEFT)
        self.put(0, text, size=10)
        self.set_y(self.get_y() + 12)

    def paragraph(self, text: str) -> None:
        """A sentence that may need two lines."""
        self.room(3 * _ROW)
        self.set_x(_LEFT)
        self.set_font("house", size=10)
        self.set_text_color(*_WARM)
        self.multi_cell(_RIGHT - _LEFT, _ROW, text, align="L")
        self.set_y(self.get_y() + 4)

    def columns(self, columns: Sequence[Column]) -> None:
        self.cells(columns, [column.head for column in columns], size=8, color=_INK_2)

    def cells(
        self, columns: Sequence[Column], texts: Sequence[str], *, size: float = 9, color: tuple[int, int, int] = _INK
    ) -> None:
        """One row. Before a last column of energy stands a rule: what is left of it is never added to it."""
        y = self.get_y()
        self.set_x(_LEFT)
        for column, text in zip(columns, texts, strict=True):
            small = text.startswith("act_")
            self.put(
                column.width, text, size=7 if small else size, color=_INK_2 if small else color, right=column.number
            )
        if len(columns) > 2:
            self.set_draw_color(*_INK)
            self.set_line_width(0.2)
            x = _RIGHT - columns[-1].width + 4
            self.line(x, y, x, y + _ROW)
        self.hairline(y + _ROW)
        self.set_y(y + _ROW)

    @contextmanager
    def ruled(self, columns: Sequence[Column]) -> Iterator[None]:
        self.columns(columns)
        yield
        self.set_y(self.get_y() + 9)

    def rows(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Rows; a page that they go on to has the heads again."""
        for row in rows:
            if self.room(_ROW):
                self.columns(columns)
            self.cells(columns, row)

    def assets_columns(self, *before: Column) -> list[Column]:
        return [*before, Column(self.word("carbon_g"), 32, True), Column(self.word("energy"), 24, True)]

    def scenarios(self) -> None:
        statement = self.statement
        columns = self.assets_columns(Column(self.word("scenario"), 96), Column(self.word("acts"), 18, True))
        self.section("scenarios", self.word("net"))
        with self.ruled(columns):
            for family in Family:
                found = [each for each in statement.scenarios if each.family is family]
                if not found:
                    continue
                if self.room(2 * _ROW):
                    self.columns(columns)
                self.cells(columns, (self.say(_FAMILY[family]), "", "", ""), size=8, color=_GREEN)
                rows = [
                    (self.say(each.name), _number(each.acts), exact_grams(each.carbon_mg), _number(each.energy))
                    for each in found
                ]
                self.rows(columns, rows)
            total = (
                self.word("total"),
                _number(sum(each.acts for each in statement.scenarios)),
                exact_grams(statement.carbon_mg),
                _number(statement.energy),
            )
            self.room(_ROW)
            self.set_draw_color(*_INK)
            self.set_line_width(0.3)
            self.line(_LEFT, self.get_y(), _RIGHT, self.get_y())
            self.cells(columns, total)

    def moves(self) -> None:
        columns = [Column(self.word("move"), 146), Column(self.word("energy"), 24, True)]
        self.section("moves")
        with self.ruled(columns):
            told = [
                (_MOVE.get(move.kind, Text(zh=move.kind, en=move.kind)), move.energy) for move in self.statement.moves
            ]
            self.rows(columns, [(self.say(text), _number(energy)) for text, energy in told])

    def lines(self, name: str, lines: Sequence[tuple[datetime, Text, str, int, int]]) -> None:
        """Acts, or what was taken back of them, one by one."""
        columns = self.assets_columns(
            Column(self.word("time"), 22), Column(self.word("scenario"), 42), Column(self.word("id"), 50)
        )
        self.section(name)
        with self.ruled(columns):
            rows = [
                (_moment(at), self.say(text), act, exact_grams(carbon_mg), _number(energy))
                for at, text, act, carbon_mg, energy in lines
            ]
            self.rows(columns, rows)

    def methodologies(self) -> None:
        """By which methodology, and how far it was reviewed: a draft is never hidden."""
        for used in self.statement.methodologies:
            self.room(_ROW)
            self.set_x(_LEFT)
            color = _INK_2 if used.status is Status.APPROVED else _WARM
            status = self.say(_STATUS[used.status])
            self.put(0, f"{self.word('method')} {used.version} · {status}", size=9, color=color)
            self.set_y(self.get_y() + _ROW)


def _number(value: int) -> str:
    return f"{value:,}".replace("-", "−")


def _moment(at: datetime) -> str:
    return at.astimezone(BUSINESS_ZONE).strftime("%m-%d %H:%M")
