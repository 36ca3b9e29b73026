"""An old ride is refunded after its energy bought a tree: the tree stays, and every statement says what is owed."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from pypdf import PdfReader
from tests.integration.test_cli import Ditan, ditan  # noqa: F401  a fixture
from tests.rewards.shop import Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker

from ditan import rewards
from ditan.home.wording import debt_text
from ditan.kernel.clock import FixedClock
from ditan.rewards.trees import read_certificate
from ditan.testing import factories

TREE = "tree_haloxylon"


@pytest.fixture
def shop(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> Shop:
    """A ride whose energy is part of a tree, and which is refunded two weeks later."""
    ride = replace(factories.event("metro_ride"), event_id="old", occurred_at=MONDAY - timedelta(days=2))
    bench.ingest_events("june", [ride], tmp_path)
    clock.advance(timedelta(days=1))
    lin.post("/v1/balls/collect")
    made = Shop(bench.store, clock)
    made.correct(3_590, customer=LIN)
    made.supply(TREE, 1)
    made.place(LIN, TREE)
    assert rewards.turn(made.bench(Partner(lambda _kind, _order: says("fulfilled"))))
    clock.advance(timedelta(days=14))
    bench.ingest_events("back", [factories.refund(ride, occurred_at=clock.now())], tmp_path)
    return made


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace("\n", "")


def test_the_tree_stays_and_the_statement_says_what_is_owed(
    lin: Asker,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    ditan: Ditan,  # noqa: F811
) -> None:
    owed = 3_600 - 3_590
    assert (shop.balance(LIN).owed_energy, shop.balance(LIN).available_energy, shop.stock(TREE)) == (owed, 0, 0)
    [number] = shop.order(LIN).certificates
    assert shop.store.read(lambda c: read_certificate(c, number)).state == "waiting"
    sentence = debt_text(owed)
    july = lin.get("/v1/statements/2026-07")
    assert (july["owed_energy"], july["debt"]) == (owed, {"zh": sentence.zh, "en": sentence.en})
    assert (lin.get("/v1/statements/2026-06")["owed_energy"], lin.get("/v1/statements/2026-06")["debt"]) == (0, None)
    assert sentence.zh in text_of(lin("GET", "/v1/statements/2026-07/pdf?lang=zh").content)
    assert sentence.en.replace(" ", "") in text_of(lin("GET", "/v1/statements/2026-07/pdf?lang=en").content).replace(
        " ", ""
    )
    for language, told in (("zh", sentence.zh), ("en", sentence.en)):
        monkeypatch.setenv("DITAN_LANGUAGE", language)
        printed = ditan("statement", LIN, "--month", "2026-07").out
        assert told.replace(" ", "") in printed.replace("\n", "").replace(" ", "")
    assert shop.broken() == []


def test_what_is_earned_next_pays_it(lin: Asker, shop: Shop, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    clock.advance(timedelta(days=20))
    ride = replace(factories.event("metro_ride"), event_id="next", occurred_at=clock.now() - timedelta(days=2))
    bench.ingest_events("august", [ride], tmp_path)
    lin.post("/v1/balls/collect")
    assert (shop.balance(LIN).owed_energy, shop.balance(LIN).available_energy) == (0, 10)
    assert lin.get("/v1/statements/2026-07")["owed_energy"] == 10  # as it was at the end of July
    assert lin.get("/v1/statements/2026-08")["debt"] is None
    assert shop.broken() == []
