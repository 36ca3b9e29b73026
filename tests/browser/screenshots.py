"""`make screenshots`: every page at four widths, in both languages, by day and by night, over a demo of its own.
The console's are wide.

They lie in screenshots/, which git ignores; open screenshots/index.html. What goes wrong on a page is printed, and ends
the run with 1.
"""

from __future__ import annotations

import argparse
import html
import itertools
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
from playwright.sync_api import Browser
from tests.browser.bank import Bank, Customer, Staff, open_bank
from tests.browser.giving import make_giver
from tests.browser.phone import INSTALL, Phone, find_chromium, open_chromium, phone_of
from tests.browser.places import DESKS, PLACES, Place, address_of
from tests.conftest import HOMES, make_home

from ditan.api.roles import Role
from ditan.cli.showing import progress
from ditan.kernel.demo import read_customers
from ditan.kernel.settings import Settings
from ditan.store import embedded

FOLDER: Final = Path(__file__).parents[2] / "screenshots"
SIZES: Final = {360: 740, 390: 844, 768: 1024, 1440: 900}
DESK: Final = 1440
_NO_ACCOUNT: Final = "answer: 404 GET /v1/"


class Shot(NamedTuple):
    """One picture."""

    name: str
    place: Place
    language: str
    theme: str
    width: int

    def alike(self) -> tuple[str, str, int, str, bool, str]:
        """What a phone must be for it."""
        return self.language, self.theme, self.width, self.place.who, self.place.large, self.place.below

    def file(self) -> str:
        """Its place below the folder."""
        return f"{self.name}/{self.language}-{self.theme}-{self.width}.png"


def main() -> int:
    """Make the demo, take the pictures, write the page that shows them."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", help="names of pages, with commas between: home,act")
    parser.add_argument("--width", type=int, choices=SIZES, help="one width only")
    parser.add_argument("--language", choices=["zh", "en"], help="one language only")
    parser.add_argument("--theme", choices=["light", "dark"], help="by day or by night only")
    parser.add_argument("--customers", type=int, default=400, help="of the demo's bank")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if find_chromium() is None:
        sys.exit(f"screenshots: no Chromium on this machine\n  {INSTALL}")
    with demo(given.customers) as settings, open_bank(settings) as bank, open_chromium() as browser:
        people = people_of(settings)
        make_giver(bank, people["busy"])
        places = PLACES | DESKS | {f"home-{who}": Place("/", who=who) for who in people if who not in {"new", "busy"}}
        wanted = given.only.split(",") if given.only else list(places)
        shots = [
            Shot(name, places[name], language, theme, width)
            for language, theme, width, name in itertools.product(
                [given.language] if given.language else ["zh", "en"],
                [given.theme] if given.theme else ["light", "dark"],
                [given.width] if given.width else SIZES,
                wanted,
            )
            if name not in DESKS or width == DESK
        ]
        troubles = take(browser, bank, people, shots)
    write_index(shots)
    print(f"{len(shots)} pictures: {FOLDER / 'index.html'}")
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return 1 if troubles else 0


@contextmanager
def demo(customers: int) -> Iterator[Settings]:
    """A demo in a home of its own, gone afterwards."""
    home = make_home(f"{HOMES}{os.getpid()}-screenshots-")
    command = [sys.executable, "-m", "ditan", "demo", "--once", "--customers", str(customers)]
    try:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")}
        subprocess.run(command, env=clean | {"DITAN_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
        yield Settings(home=home)
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def people_of(settings: Settings) -> dict[str, Customer]:
    """The demo's customers: the new one, the busy one, and the others by number."""
    found = [Customer.named(each.subject, each.cards) for each in read_customers(settings)]
    names = ["new", "busy", *(f"customer-{number}" for number in range(3, len(found) + 1))]
    return dict(zip(names, found, strict=False))


def take(browser: Browser, bank: Bank, people: dict[str, Customer], shots: list[Shot]) -> list[str]:
    """Take the pictures, a phone for those that are alike; give what went wrong."""
    troubles: list[str] = []
    with progress("pictures", len(shots)) as advance:
        for phone_like, some in itertools.groupby(sorted(shots, key=Shot.alike), Shot.alike):
            language, theme, width, whose, large, below = phone_like
            who: Customer | Staff | None = people.get(whose) or (Staff(whose) if whose in set(Role) else None)
            size = width, SIZES[width]
            looks: dict[str, Any] = {"language": language, "theme": theme, "large": large, "size": size}
            with phone_of(browser, bank, who, below=below, **looks) as phone:
                phone.expect_trouble(_NO_ACCOUNT)
                for shot in some:
                    picture(phone, shot, bank, who)
                    troubles += [f"{shot.file()}: {trouble}" for trouble in phone.unexpected()]
                    phone.troubles.clear()
                    advance(1)
    return troubles


def picture(phone: Phone, shot: Shot, bank: Bank, who: Customer | Staff | None) -> None:
    """Go there and take all of the page. The first page fills its screen; the others get one as long as they are."""
    phone.page.goto("about:blank")
    phone.page.set_viewport_size({"width": shot.width, "height": SIZES[shot.width]})
    phone.goto(address_of(shot.place, bank, who if isinstance(who, Customer) else None))
    if (shot.place.path, shot.place.below) != ("/", "home"):
        height = phone.page.evaluate("document.documentElement.scrollHeight")
        phone.page.set_viewport_size({"width": shot.width, "height": max(height, SIZES[shot.width])})
        phone.settle()
    file = FOLDER / shot.file()
    file.parent.mkdir(parents=True, exist_ok=True)
    phone.page.screenshot(path=file, full_page=True)


def write_index(shots: list[Shot]) -> None:
    """All pictures that lie there on one page."""
    parts = []
    for name in sorted({shot.name for shot in shots} | {path.name for path in FOLDER.iterdir() if path.is_dir()}):
        pictures = sorted((FOLDER / name).glob("*.png"))
        parts.append(f"<h2>{html.escape(name)}</h2><div>")
        parts += [
            f'<figure><img loading="lazy" height="520" src="{name}/{file.name}">{file.stem}</figure>'
            for file in pictures
        ]
        parts.append("</div>")
    style = "body{font:14px sans-serif;background:#888}div{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0}"
    page = f'<!doctype html><meta charset="utf-8"><title>Ditan</title><style>{style}</style>{"".join(parts)}'
    (FOLDER / "index.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
