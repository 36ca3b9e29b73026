"""`ditan statement --pdf`: the month as the customer gets it, in the reader's language."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from tests.integration.test_cli import OPEN, RIDE, Ditan, ditan, failed, feed_file  # noqa: F401  fixtures


def test_a_month_is_written_as_pdf(
    ditan: Ditan,  # noqa: F811
    feed_file: Callable[..., Path],  # noqa: F811
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    ditan(*OPEN)
    ditan("ingest", feed_file(RIDE))
    target = tmp_path / "july.pdf"
    for language, title in (("zh", "月结单"), ("en", "Monthly statement")):
        monkeypatch.setenv("DITAN_LANGUAGE", language)
        assert str(target) in ditan("statement", "cust-lin", "--month", "2026-07", "--pdf", target).out
        text = PdfReader(target).pages[0].extract_text()
        assert title in text
        assert "340.910" in text
    failed(ditan("statement", "cust-lin", "--pdf", target), 2, "one month")
    failed(ditan("statement", "nobody", "--month", "2026-07", "--pdf", target), 3)
