"""A customer's phone: a real Chromium with our page on it, which fails a test for what no customer would report."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)
from tests.browser.bank import Bank, Customer, Staff

INSTALL: Final = "apt-get install chromium fonts-noto-cjk"
PHONE: Final = (390, 844)
TIMEOUT_MS: Final = 10_000
FRAMES_MAX: Final = 900
FRAMES_CALM: Final = 4
AXE: Final = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
_LOCALES: Final = {"zh": "zh-CN", "en": "en-US"}
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: What a bank's app gives to the page: a token for whoever has signed in there.
_APP: Final = """
window.ditanHost = { async token() {
  const answer = await fetch('%s/demo/token', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '%s' })
  return (await answer.json()).access_token
} }
"""
_WATCH: Final = """
addEventListener('securitypolicyviolation', (event) =>
  console.error('the policy forbids', event.violatedDirective, event.blockedURI))
"""


def find_chromium() -> str | None:
    """The machine's own Chromium: the one named by CHROMIUM, or on the path."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A browser for some tests. Not for the whole run: what drives it keeps an event loop in this thread."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


class Phone:
    """A page and everything that went wrong on it."""

    def __init__(self, context: BrowserContext, address: str, language: str, below: str = "home") -> None:
        self.context, self.address, self.language, self.below = context, address, language, below
        self.troubles: list[str] = []
        self.pending: set[Request] = set()
        self.expected: list[re.Pattern[str]] = []
        context.add_init_script(_WATCH)
        self.page = self.another()

    def another(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("request", self._ask)
        page.on("requestfinished", self._hear_of)
        page.on("requestfailed", self._miss)
        page.on("response", self._see)
        return page

    def goto(self, path: str = "/", page: Page | None = None) -> Page:
        """Go to a place of the page, with everything on it loaded."""
        page = page or self.page
        page.goto(f"{self.address}/{self.below}/#{path}")
        self.settle(page)
        return page

    def settle(self, page: Page | None = None) -> None:
        """Wait until everything that was asked for is there."""
        page = page or self.page
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        calm = 0
        for _ in range(FRAMES_MAX):
            page.evaluate("() => new Promise(requestAnimationFrame)")
            calm = 0 if self.pending else calm + 1
            if calm == FRAMES_CALM:
                return
        raise AssertionError(f"never answered: {[asked.url for asked in self.pending]}")

    def expect_trouble(self, pattern: str) -> None:
        """What a test makes go wrong on purpose."""
        self.expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """What went wrong and was not meant to."""
        return [said for said in self.troubles if not any(known.search(said) for known in self.expected)]

    def axe(self, *, colors: bool = False) -> list[str]:
        """Serious and critical findings of axe on what is shown. `colors`: of the rules that a theme can break."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
        only = {"runOnly": ["color-contrast", "link-in-text-block"]} if colors else {}
        found = self.page.evaluate("(given) => axe.run(document, given)", {"resultTypes": ["violations"]} | only)
        return [
            f"{each['impact']} {each['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]

    def _hear(self, kind: str, text: str) -> None:
        # What was answered with an error is seen below, with its address; and most tests go without the service worker.
        known = ("Failed to load resource", "Service Worker registration blocked")
        if kind in {"error", "warning"} and not text.startswith(known):
            self.troubles.append(f"console: {text}")

    def _ask(self, asked: Request) -> None:
        self.pending.add(asked)

    def _hear_of(self, asked: Request) -> None:
        self.pending.discard(asked)

    def _miss(self, asked: Request) -> None:
        self.pending.discard(asked)
        if asked.failure != "net::ERR_ABORTED":  # she went elsewhere before the answer came
            self.troubles.append(f"lost: {asked.method} {asked.url}")

    def _see(self, answer: Response) -> None:
        if answer.status >= 400:
            path = urlsplit(answer.url).path
            self.troubles.append(f"answer: {answer.status} {answer.request.method} {path}")


@contextmanager
def phone_of(
    browser: Browser,
    bank: Bank,
    who: Customer | Staff | None,
    *,
    below: str = "home",
    language: str = "zh",
    theme: str = "light",
    large: bool = False,
    size: tuple[int, int] = PHONE,
    motion: bool = False,
    in_app: bool = True,
    **more: Any,
) -> Iterator[Phone]:
    """Somebody's phone: in the bank's app, which knows who she is, or in a browser that does not."""
    context = browser.new_context(
        viewport=ViewportSize(width=size[0], height=size[1]),
        locale=_LOCALES[language],
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="no-preference" if motion else "reduce",
        timezone_id="America/New_York",  # the bank's days are not the phone's
        **({"service_workers": "block"} | more),
    )
    kept = {"ditan.theme": theme, "ditan.type": "large" if large else "normal"}
    for name, value in kept.items():
        context.add_init_script(
            f"location.origin !== 'null' && (localStorage['{name}'] ??= '{value}')"  # not of about:blank
        )
    if who and in_app:
        context.add_init_script(_APP % (bank.address, _json(who.claims())))
    try:
        yield Phone(context, bank.address, language, who.page if who else below)
    finally:
        context.close()


def press_twice(target: Locator) -> None:
    """Two presses as fast as a finger that slips: both arrive before the page has answered the first."""
    target.evaluate("(element) => { element.click(); element.click() }")


def _json(value: Any) -> str:
    import json

    return json.dumps(value).replace("'", "\\'")
