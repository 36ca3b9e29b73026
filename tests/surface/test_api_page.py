"""The pages as a server gives them out. What they do in a browser is in tests/browser."""

import json
from typing import Any

import pytest

from ditan.api.page.files import FOLDER, INDEX, PAGES, read_built

pytestmark = [
    pytest.mark.skipif(not (FOLDER / page / INDEX).exists(), reason="the pages are not built: make page")
    for page in PAGES
]
each_page = pytest.mark.parametrize("page", PAGES)


def test_the_way_to_a_page_holds_below_any_path(client: Any) -> None:
    for path, leads_to in {"/": "home/", "/home": "home/", "/console": "console/"}.items():
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, leads_to)


@each_page
def test_a_page_may_run_only_what_is_ours(client: Any, page: str) -> None:
    answer = client.get(f"/{page}/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "//" not in answer.text.split("<body>")[1]  # nothing from elsewhere


@each_page
def test_files_with_a_hash_are_kept_forever_and_others_asked_for_anew(client: Any, page: str) -> None:
    index = client.get(f"/{page}/")
    script = next(name for name in read_built(page) if name.startswith("assets/index-") and name.endswith(".js"))
    answer = client.get(f"/{page}/{script}")
    assert "immutable" in answer.headers["cache-control"]
    assert index.headers["cache-control"] == "no-cache"
    again = client.get(f"/{page}/", headers={"if-none-match": index.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@each_page
def test_what_is_not_a_file_of_the_page_is_not_given(client: Any, page: str) -> None:
    for path in ("nothing.js", "../app.py", "%2e%2e/app.py", "..%2f..%2fapp.py", "/etc/passwd", "overview"):
        assert client.get(f"/{page}/{path}").status_code == 404, path


def test_first_load_of_home_stays_small() -> None:
    """Scripts and styles that the first page needs, its picture among them; charts come when they are looked at."""
    built = read_built("home")
    manifest = json.loads((FOLDER / "home" / ".vite" / "manifest.json").read_bytes())
    needed: set[str] = set()
    for name in ("index.html", "src/pages/home/HomePage.vue", "../shared/scene/Scene.vue"):
        _add(manifest, name, needed)
    sizes = {name: len(built[name].packed or built[name].body) for name in needed}
    assert len(sizes) >= 5, sizes
    assert sum(sizes.values()) <= 200 * 1024, sizes


def _add(manifest: Any, name: str, needed: set[str]) -> None:
    """A chunk, its styles, and what it imports at once."""
    chunk = manifest[name]
    if chunk["file"] in needed:
        return
    needed.update([chunk["file"], *chunk.get("css", [])])
    for other in chunk.get("imports", []):
        _add(manifest, other, needed)
