"""The page in a real Chromium, over a real server and database. One bank for all; each test has its own customers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.bank import Bank, Customer, Staff, demo_home, open_bank, page_is_built
from tests.browser.phone import INSTALL, Phone, find_chromium, open_chromium, phone_of
from tests.browser.places import make_busy

from ditan.kernel.settings import Settings

NewPhone = Callable[..., Phone]


@pytest.fixture(scope="session")
def demo() -> Iterator[Settings]:
    if find_chromium() is None:
        pytest.skip(f"no Chromium on this machine: {INSTALL}")
    if not page_is_built():
        pytest.skip("the page is not built: make page")
    with demo_home("browser") as settings:
        yield settings


@pytest.fixture(scope="session")
def bank(demo: Settings) -> Iterator[Bank]:
    with open_bank(demo) as opened:
        yield opened


@pytest.fixture(scope="session")
def busy(bank: Bank) -> Customer:
    """Somebody who did everything; tests look and change nothing."""
    return make_busy(bank)


@pytest.fixture(scope="module")
def chromium(demo: Settings) -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def phone(bank: Bank, chromium: Browser) -> Iterator[NewPhone]:
    """Make a phone. What goes wrong on it fails the test, unless the test made it go wrong."""
    made: list[Phone] = []
    with ExitStack() as phones:

        def make(who: Customer | Staff | None = None, **given: Any) -> Phone:
            made.append(phones.enter_context(phone_of(chromium, given.pop("bank", bank), who, **given)))
            return made[-1]

        yield make
        troubles = [trouble for each in made for trouble in each.unexpected()]
    assert troubles == []
