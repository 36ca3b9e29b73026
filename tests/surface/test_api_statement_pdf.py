"""The statement as PDF: the figures of the JSON, its type inside, and the same statement is the same file."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from msgspec.structs import replace
from pypdf import PdfReader
from tests.simulation.running import Bench, shipped
from tests.surface.asking import LIN, MONDAY, Asker, token

from ditan.home import printing
from ditan.home.page import NOTICE
from ditan.home.wording import day_text, exact_grams, month_text
from ditan.kernel.clock import FixedClock
from ditan.model import BankEvent
from ditan.testing import factories

HOUR = timedelta(hours=1)
RIDE = factories.event("metro_ride")
FONT = Path(printing.__file__).parent / "fonts" / "NotoSansSC-Statement.ttf"


def ride(event_id: str, hours_ago: int, **changes: Any) -> BankEvent:
    return replace(RIDE, event_id=event_id, occurred_at=MONDAY - HOUR * hours_ago, **changes)


@pytest.fixture
def lived(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> Asker:
    """A month of several pages, with both assets, refunds and moves."""
    rides = [ride(f"r{n}", 3 + 3 * n) for n in range(42)]
    bills = [
        replace(factories.event("utility_payment"), event_id=f"b{n}", occurred_at=MONDAY - HOUR * (2 + 20 * n))
        for n in range(3)
    ]
    june = ride("june", 24 * 9)
    back = [factories.refund(june, 200, occurred_at=MONDAY - HOUR), factories.refund(rides[1], occurred_at=MONDAY)]
    bench.ingest_events("mixed", [*rides, *bills, june, *back], tmp_path)
    clock.advance(HOUR * 24)
    lin.post("/v1/balls/collect")
    return lin


def pdf_of(who: Asker, lang: str, month: str = "2026-07", **given: Any) -> Any:
    return who("GET", f"/v1/statements/{month}/pdf?lang={lang}", **given)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_its_figures_are_those_of_the_json(lived: Asker, lang: str) -> None:
    statement = lived.get("/v1/statements/2026-07")
    answer = pdf_of(lived, lang)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert f"ditan-2026-07-{lang}.pdf" in answer.headers["content-disposition"]
    lines = text_of(answer.content).splitlines()
    joined = "\n".join(lines)

    def row(*parts: str) -> bool:
        return any(all(part in line for part in parts) for line in lines)

    assert f"{exact_grams(statement['carbon_mg'])} g CO2e" in joined.replace("\n", " ")
    for each in statement["scenarios"]:
        assert row(each["name"][lang], exact_grams(each["carbon_mg"]), f"{each['energy']:,}"), each
    for each in statement["acts"]:
        assert row(each["act_id"], each["name"][lang], exact_grams(each["carbon_mg"])), each
    for each in statement["reversals"]:
        assert row(each["act_id"], exact_grams(-each["carbon_mg"]), f"−{each['energy']:,}"), each
    assert [move["kind"] for move in statement["moves"]] == ["collect"]
    assert row("收取" if lang == "zh" else "Collected", f"{statement['moves'][0]['energy']:,}")
    [used] = statement["methodologies"]
    assert row(used["version"], "草案" if lang == "zh" else "draft")
    notice = NOTICE.zh if lang == "zh" else NOTICE.en
    pages = PdfReader(BytesIO(answer.content)).pages
    assert len(pages) == 3
    assert joined.count(notice) == len(pages)
    assert ("第 3 页，共 3 页" if lang == "zh" else "Page 3 of 3") in joined


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_names_the_account_and_no_person(lived: Asker, lang: str) -> None:
    statement = lived.get("/v1/statements/2026-07")
    content = pdf_of(lived, lang).content
    assert statement["account"] in text_of(content)
    for name in (LIN, "card-lin-d"):
        assert name not in text_of(content)
        assert name.encode() not in content


def test_its_type_is_inside_and_only_what_is_used(lived: Asker) -> None:
    content = pdf_of(lived, "zh").content
    fonts: dict[str, Any] = {}
    for page in PdfReader(BytesIO(content)).pages:
        fonts |= page["/Resources"]["/Font"].get_object()  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        [inner] = font.get_object()["/DescendantFonts"]
        assert "/FontFile2" in inner.get_object()["/FontDescriptor"].get_object()
    assert len(content) < 120_000


def test_the_same_statement_is_the_same_file(lived: Asker, clock: FixedClock) -> None:
    first = pdf_of(lived, "zh")
    clock.advance(HOUR * 24 * 3)
    again = pdf_of(lived, "zh")
    assert first.content == again.content
    metadata = PdfReader(BytesIO(first.content)).metadata
    assert metadata is not None
    assert metadata.creation_date == MONDAY  # of the latest refund, not of the printing
    known = pdf_of(lived, "zh", headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert pdf_of(lived, "en").headers["etag"] != first.headers["etag"]


def test_a_quiet_month_says_so_and_no_account_is_told(lin: Asker, client: Any) -> None:
    assert "本月没有记录" in text_of(pdf_of(lin, "zh", "2026-02").content)
    nobody = Asker(client, token("cust-new", now=MONDAY))
    assert pdf_of(nobody, "zh").json()["code"] == "no_account"
    assert pdf_of(lin, "fr").status_code == 400
    assert pdf_of(lin, "zh", "2026-13").status_code == 400


def test_the_type_has_every_character_that_a_statement_may_hold() -> None:
    has = set(TTFont(FONT).getBestCmap())
    words = [*printing.every_word(), NOTICE.zh, NOTICE.en, "0123456789,.−"]
    words += [part for each in shipped().scenarios for part in (each.name.zh, each.name.en)]
    for text in (month_text("2026-12"), day_text(MONDAY.date())):
        words += [text.zh, text.en]
    assert {letter for word in words for letter in word if ord(letter) not in has} == set()
