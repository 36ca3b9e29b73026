"""The page of guarantees: 26 rows, and every test it names is there."""

import re

import pytest
from tests.docs.pages import ROOT

PAGE = ROOT / "docs/reference/guarantees.md"
ROWS = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d+ \|", line)]
NAMED = [found for row in ROWS for found in re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", row[4])]


def test_there_are_twenty_six() -> None:
    assert [row[0].strip("| ") for row in ROWS] == [str(n) for n in range(1, 27)]
    unproved = [row[0].strip("| ") for row in ROWS if not re.search(r"`[\w/]+\.py", row[4])]
    assert all("not built yet" in ROWS[int(number) - 1][3] for number in unproved)


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_what_it_names_is_there(path: str, name: str) -> None:
    file = ROOT / "tests" / path
    assert file.is_file()
    assert not name or re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
