"""A tree that failed is planted again or its energy comes back, with its age; the certificate and a notice say so."""

import json
from datetime import date
from typing import Any

import pytest
from tests.rewards.shop import Shop
from tests.rewards.test_trees import LIN, PLACE, TREE, look, ordered, plant, record, shop  # noqa: F401  a fixture
from typer.testing import CliRunner

from ditan import ledger, packs
from ditan.cli import app
from ditan.home.notices import read_notices
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import read_name, write_number
from ditan.rewards import receive
from ditan.rewards.failures import Happening, News, record_news
from ditan.rewards.trees import read_tree_number

SURVEYED = date(2027, 5, 20)


def happen(shop: Shop, numbers: list[str], kind: str, evidence: str = "GH-survey-1", **given: Any) -> int:  # noqa: F811
    news = News(kind=Happening(kind), on=SURVEYED, evidence=evidence, by="wang", **given)
    return shop.store.run(lambda c: record_news(c, [read_tree_number(n) for n in numbers], news, shop.clock.now()))


def lots(shop: Shop) -> dict[str, int]:  # noqa: F811
    """What is available, by the last day of its use."""
    query = "SELECT date '1970-01-01' + (lot >> 40)::integer, lot & 1099511627775 FROM ledger.holder, unnest(lots) lot"
    return {f"{day:%Y-%m}": energy for day, energy in shop.store.read(lambda c: c.execute(query).fetchall())}


def notices(shop: Shop) -> list[str]:  # noqa: F811
    found = shop.store.read(lambda c: read_notices(c, LIN, packs.load(), shop.clock.now(), None, 20))
    return sorted(each.body.zh for each in found or [] if each.kind == "tree")


@pytest.fixture
def planted(shop: Shop) -> list[str]:  # noqa: F811
    """Two trees of one order, planted, and looked at ten months later; since then there is other energy as well."""
    numbers = ordered(shop)
    record(shop, plant(shop), "planted", 2, date(2026, 7, 5))
    shop.later(days=325)
    shop.correct(500, customer=LIN)
    return numbers


def test_the_energy_of_a_tree_comes_back_once_with_its_age(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    first, second = planted
    assert (shop.energy(LIN), lots(shop)) == ((13_300, 0), {"2027-07": 12_800, "2028-05": 500})
    assert (happen(shop, [first], "failed"), happen(shop, [first], "failed")) == (1, 0)
    assert (look(shop, first).state, look(shop, second).state) == ("failed", "planted")
    for _ in range(2):
        happen(shop, [first], "refunded", "GH-refund-1")
    assert (shop.energy(LIN), lots(shop)) == ((16_900, 0), {"2027-07": 16_400, "2028-05": 500})
    found = look(shop, first)
    assert (found.state, found.planting_id, found.contract) == ("refunded", 1, "GH-2026-07")
    assert [(each.kind, each.evidence) for each in found.history] == [
        ("failed", "GH-survey-1"), ("refunded", "GH-refund-1")
    ]  # fmt: skip
    [entry] = shop.store.read(
        lambda c: c.execute("SELECT hold_id, available_energy FROM ledger.entry WHERE kind = 'give_back'").fetchall()
    )
    assert entry == (read_name("order", shop.order(LIN).order_id), 3_600)
    assert notices(shop) == [
        f"{first} 未成活，将补种或退回能量。", f"{first} 未成活，退回 3,600 绿色能量，仍按原来的到期日使用。"
    ]  # fmt: skip
    assert shop.broken() == []


def test_energy_that_is_older_than_its_life_comes_back_and_expires(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    shop.later(days=100)
    happen(shop, planted, "failed")
    happen(shop, planted, "refunded", "GH-refund-1")
    assert shop.energy(LIN) == (500, 0)
    kinds = shop.store.read(
        lambda c: c.execute("SELECT kind::text, sum(available_energy) FROM ledger.entry GROUP BY 1").fetchall()
    )
    assert {kind: int(energy) for kind, energy in kinds if kind in {"give_back", "expire"}} == {
        "give_back": 7_200, "expire": -20_000
    }  # fmt: skip
    with shop.store.unit_of_work() as c:
        [redeemed] = (
            c.execute("SELECT coalesce(sum(amount), 0) FROM ledger.posting WHERE line = 'redeemed'").fetchone() or []
        )
    assert (int(redeemed), shop.broken()) == (0, [])


def test_a_tree_is_planted_again_elsewhere_and_keeps_its_history(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    first, second = planted
    happen(shop, planted, "failed")
    with pytest.raises(InvalidInput, match="place"):
        happen(shop, [first], "replaced", "GH-r2", contract="GH-2027-05")
    with pytest.raises(InvalidInput, match="failed in"):
        happen(shop, [first], "replaced", "GH-r2", contract="GH-2026-07")
    assert happen(shop, [first], "replaced", "GH-r2", contract="GH-2027-05", place=PLACE) == 1
    assert happen(shop, [second], "replaced", "GH-r2", contract="GH-2027-05") == 1  # the same planting
    found = look(shop, second)
    assert (found.state, found.planting_id, found.contract, found.trees) == ("replanted", 2, "GH-2027-05", 2)
    assert [(each.kind, each.contract) for each in found.history] == [
        ("failed", "GH-2026-07"), ("replaced", "GH-2027-05")
    ]  # fmt: skip
    assert (found.events[0].kind, found.events[0].on, len(notices(shop))) == ("planted", SURVEYED, 4)
    happen(shop, [first], "failed", "GH-survey-9")
    happen(shop, [first], "refunded", "GH-refund-9")
    assert [each.kind for each in look(shop, first).history] == ["failed", "replaced", "failed", "refunded"]
    assert shop.energy(LIN) == (16_900, 0)
    assert shop.broken() == []


def test_what_did_not_fail_is_neither_replaced_nor_refunded(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    for kind in ("replaced", "refunded"):
        with pytest.raises(Conflict, match="did not fail"):
            happen(shop, planted[:1], kind, contract="GH-2", place=PLACE)
    [waiting] = ordered(shop, 1, "second")
    with pytest.raises(Conflict, match="not planted"):
        happen(shop, [planted[0], waiting], "failed")
    assert look(shop, planted[0]).state == "planted"  # all or none
    happen(shop, planted[:1], "failed")
    happen(shop, planted[:1], "refunded")
    for kind in ("failed", "replaced", "refunded"):
        with pytest.raises(Conflict, match="came back before"):
            happen(shop, planted[:1], kind, "another report", contract="GH-2", place=PLACE)
    with pytest.raises(NotFound):
        happen(shop, [write_number("T", 9, 2026)], "failed")
    assert shop.broken() == []


def test_a_partner_says_which_trees_of_its_order_failed(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    name = shop.order(LIN).order_id

    def say(what: str, webhook_id: str, partner: str = "green-hill", **data: Any) -> str:
        told = {"order_id": name, "on": "2027-05-20", "evidence": f"GH-{what}"} | data
        body = json.dumps({"type": f"tree.{what}", "timestamp": "2027-05-21T00:00:00Z", "data": told}).encode()
        return shop.store.run(lambda c: receive(c, partner, webhook_id, body, shop.clock.now())).outcome

    assert say("failed", "a", trees=[2]) == "done"
    assert say("failed", "b", trees=[2]) == "exists"
    assert say("refunded", "c") == "not_possible"  # the first one did not fail
    assert say("replaced", "d", trees=[2], contract="GH-7", place={"zh": "阿拉善", "en": "Alxa"}) == "done"
    assert [look(shop, number).state for number in planted] == ["planted", "replanted"]
    assert (say("failed", "e", trees=[1]), say("refunded", "f", trees=[1])) == ("done", "done")
    assert shop.energy(LIN) == (16_900, 0)
    for wrong in ({"partner": "south-field"}, {"trees": [3]}):
        with pytest.raises(NotFound):
            say("failed", "g", **wrong)
    for unreadable in ({"evidence": None}, {"on": None}, {"on": "2030-01-01"}):
        with pytest.raises(InvalidInput):
            say("failed", "h", **unreadable)
    with pytest.raises(InvalidInput):
        say("grown", "i")
    assert shop.broken() == []


def test_an_order_that_came_back_owes_only_what_did_not_come_back_yet(shop: Shop, planted: list[str]) -> None:  # noqa: F811
    from tests.rewards.test_orders import _say

    happen(shop, planted[:1], "failed")
    happen(shop, planted[:1], "refunded")
    assert shop.store.run(lambda c: _say(c, shop.order(LIN).order_id, "returned", shop)) == "done"
    [proposal] = shop.store.read(ledger.open_proposals)
    assert proposal.amount == 3_600
    with pytest.raises(Conflict, match="nobody's"):
        happen(shop, planted[1:], "failed")


def test_operators_record_failures_by_the_command_line(
    shop: Shop,  # noqa: F811
    planted: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = planted
    monkeypatch.setenv("DITAN_HOME", str(shop.store.settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(shop.store.settings.database_url))

    def run(kind: str, count: int, *words: str) -> Any:
        given = [
            "rewards",
            "record",
            "1",
            kind,
            str(count),
            "--on",
            "2026-07-20",
            "--evidence",
            f"GH-{kind}",
            "--by",
            "w",
        ]
        return CliRunner().invoke(app, [*given, "--json", *words])

    done = run("surveyed", 0, "--tree", first, "--tree", second)
    assert (done.exit_code, json.loads(done.output)["certificates"]) == (0, 2)
    assert run("refunded", 1, "--tree", first).exit_code == 0
    moved = run("replaced", 1, "--tree", second, "--contract", "GH-8", "--place", "阿拉善")
    assert (moved.exit_code, look(shop, second).contract) == (0, "GH-8")
    assert look(shop, first).state == "refunded"
    for words in (
        ("refunded", 1),
        ("refunded", 2, "--tree", first),
        ("planted", 1, "--tree", first),
        ("surveyed", 2, "--tree", first),
    ):
        failed = run(*words)  # type: ignore[arg-type]
        assert isinstance(failed.exception, InvalidInput), failed.output
    assert shop.broken() == []
