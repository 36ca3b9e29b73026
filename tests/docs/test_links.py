"""Links lead somewhere, pages have their sibling in the other language, pictures can be drawn."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from tests.docs.pages import LINK, ROOT, anchors, pages, prose, shown

OUTSIDE = re.compile(r"[a-z]+:")
IN_BOTH = ("README", "docs/start", "docs/integrate/feeds", "docs/verify/recompute-a-gram")

#: Reductions are estimates against a baseline; no page may say more than that.
CLAIMS = ("抵消", "碳中和", "零碳", "carbon neutral", "carbon-neutral", "net zero", "net-zero")


def broken_links(page: Path) -> list[str]:
    found = []
    for link in LINK.findall(prose(page)):
        if OUTSIDE.match(link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or not target.is_relative_to(ROOT):
            found.append(f"{shown(page)}: {link} is not there")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            found.append(f"{shown(page)}: {link} has no such heading")
    return found


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_links_resolve(page: Path) -> None:
    assert broken_links(page) == []


def test_every_page_can_be_reached() -> None:
    """From the README, by links."""
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = [link.partition("#")[0] for link in LINK.findall(prose(page)) if not OUTSIDE.match(link)]
        targets = [(page.parent / link).resolve() for link in links if link]
        ahead += [child for target in targets if target.is_dir() for child in sorted(target.glob("*.md"))]
        ahead += [target for target in targets if target.is_file()]
    assert sorted(map(shown, set(pages()) - seen)) == []


@pytest.mark.parametrize("name", IN_BOTH)
def test_a_page_and_its_sibling_link_to_each_other(name: str) -> None:
    english, chinese = ROOT / f"{name}.md", ROOT / f"{name}.zh-CN.md"
    assert f"({chinese.name})" in english.read_text(encoding="utf-8")
    assert f"({english.name})" in chinese.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_no_page_claims_more_than_an_estimate(page: Path) -> None:
    text = page.read_text(encoding="utf-8").lower()
    assert [word for word in CLAIMS if word in text] == []


@pytest.mark.parametrize("picture", sorted((ROOT / "docs").rglob("*.svg")), ids=shown)
def test_a_picture_is_well_formed(picture: Path) -> None:
    assert ElementTree.parse(picture).getroot().get("aria-label")


def test_the_checks_can_fail(tmp_path: Path) -> None:
    page = ROOT / "docs" / "start.md"
    assert LINK.findall("see [x](nowhere.md#there)") == ["nowhere.md#there"]
    assert "4-ingest" in anchors(page)
    assert "no-such" not in anchors(page)
