"""A tree has a number; whoever has it sees what was planted, where and when, with which evidence, never whose it is."""

from datetime import date
from typing import Any

import pytest
from tests.rewards.shop import NOON, Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import make_app, served
from typer.testing import CliRunner

from ditan import rewards
from ditan.cli import app
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.model import Text
from ditan.rewards.changing import heard, locked
from ditan.rewards.trees import (
    Certificate,
    EventKind,
    Planting,
    PlantingEvent,
    list_plantings,
    open_planting,
    read_certificate,
    record_event,
)
from ditan.store import Store

LIN, TREE = "cust-lin", "tree_haloxylon"
PLACE = Text(zh="阿拉善左旗", en="Alxa Left Banner")


@pytest.fixture
def shop(store: Store) -> Shop:
    made = Shop(store)
    made.open([LIN], 20_000)
    made.supply(TREE, 100)
    return made


def ordered(shop: Shop, quantity: int = 2, key: str = "first") -> list[str]:
    """Trees that are ordered and confirmed: the numbers of their certificates."""
    order_id = shop.place(LIN, TREE, quantity, key=key)
    assert rewards.turn(shop.bench(Partner(lambda _k, _o: says("fulfilled"))))
    return shop.order(LIN, order_id).certificates


def plant(shop: Shop, most: int = 10, **changes: Any) -> Planting:
    given = {"contract": "GH-2026-07", "place": PLACE} | changes
    return shop.store.run(
        lambda c: open_planting(
            c, "green-hill", TREE, given["contract"], given["place"], most=most, by="wang", now=shop.clock.now()
        )
    )


def record(shop: Shop, planting: Planting, kind: str, trees: int, on: date, evidence: str = "GH-report-1") -> None:
    event = PlantingEvent(kind=EventKind(kind), on=on, trees=trees, evidence=evidence)
    assert planting.planting_id is not None
    number = planting.planting_id
    shop.store.run(lambda c: record_event(c, number, event, by="wang", now=shop.clock.now()))


def look(shop: Shop, number: str) -> Certificate:
    return shop.store.read(lambda c: read_certificate(c, number))


def test_a_tree_from_the_order_to_the_survey(shop: Shop) -> None:
    first, second = ordered(shop)
    assert first.startswith("T-2026-000001-")
    assert look(shop, first).state == "waiting"
    assert look(shop, first).made_up
    planting = plant(shop)
    assert (planting.trees, look(shop, first).state, look(shop, first).contract) == (2, "planned", "GH-2026-07")
    record(shop, planting, "planted", 2, date(2026, 7, 5))
    assert look(shop, second).state == "planted"
    shop.later(days=300)
    record(shop, planting, "surveyed", 1, date(2027, 5, 1), "GH-survey-1")
    record(shop, planting, "replaced", 1, date(2027, 5, 2), "GH-replanting-1")
    found = look(shop, second.lower())
    assert (found.state, found.species.en, found.place, found.trees) == ("replaced", "Haloxylon ammodendron", PLACE, 2)
    assert [(each.kind, each.trees, each.evidence) for each in found.events] == [
        ("planted", 2, "GH-report-1"), ("surveyed", 1, "GH-survey-1"), ("replaced", 1, "GH-replanting-1"),
    ]  # fmt: skip
    assert shop.broken() == []


def test_only_trees_have_certificates(shop: Shop) -> None:
    shop.supply("produce_rice", 1)
    shop.place(LIN, "produce_rice")
    assert rewards.turn(shop.bench(Partner(lambda _k, _o: says("fulfilled"))))
    assert shop.order(LIN).certificates == []


def test_a_number_that_is_misread_is_told_apart_from_one_that_is_not_there(shop: Shop) -> None:
    [number] = ordered(shop, 1)
    head, last = number[:-1], number[-1]
    for wrong in "0123456789X".replace(last, ""):
        with pytest.raises(InvalidInput):
            look(shop, head + wrong)
    for text in ("", "T", "T-2026-1", "X-2026-000001-1", "T-2026-" + "9" * 40 + "-1", "T-2026-٠٠٠٠٠١-1"):
        with pytest.raises(InvalidInput):
            look(shop, text)
    from ditan.kernel.ids import check_character

    for year, tree_no in (("2025", "000001"), ("2026", "000009")):
        with pytest.raises(NotFound):
            look(shop, f"T-{year}-{tree_no}-{check_character(year + tree_no)}")


def test_plantings_take_the_trees_that_waited_longest_and_each_once(shop: Shop) -> None:
    numbers = [*ordered(shop, 2), *ordered(shop, 2, "second")]
    first, second = plant(shop, 3), plant(shop)
    assert (first.trees, second.trees) == (3, 1)
    assert [look(shop, number).planting_id for number in numbers] == [first.planting_id] * 3 + [second.planting_id]
    with pytest.raises(Conflict, match="no tree"):
        plant(shop)
    assert [each.trees for each in shop.store.read(list_plantings)] == [3, 1]
    assert shop.broken() == []


def test_what_cannot_be_is_refused(shop: Shop) -> None:
    ordered(shop)
    for changes in ({"contract": ""}, {"contract": "call 13812345678"}, {"place": Text(zh=" ", en="x")}):
        with pytest.raises(InvalidInput):
            plant(shop, **changes)
    planting = plant(shop)
    with pytest.raises(Conflict, match="not planted"):
        record(shop, planting, "surveyed", 1, date(2026, 7, 5))
    with pytest.raises(InvalidInput, match="not come"):
        record(shop, planting, "planted", 2, date(2026, 7, 7))
    with pytest.raises(InvalidInput, match="has 2 trees"):
        record(shop, planting, "planted", 3, date(2026, 7, 5))
    record(shop, planting, "planted", 2, date(2026, 7, 5))
    with pytest.raises(Conflict, match="planted before"):
        record(shop, planting, "planted", 2, date(2026, 7, 5))


def test_an_order_that_came_back_leaves_a_void_certificate(shop: Shop) -> None:
    [number] = ordered(shop, 1)

    def back(c: Any) -> str:
        order_id = c.execute("SELECT order_id FROM rewards.order").fetchone()[0]
        order, said = locked(c, order_id), says("returned").said
        assert order is not None
        assert said is not None
        return heard(c, order, said, shop.clock.now())

    assert shop.store.run(back) == "done"
    assert look(shop, number).state == "given_back"
    with pytest.raises(Conflict):
        plant(shop)


def test_anybody_looks_a_tree_up_and_learns_nothing_of_its_owner(store: Store) -> None:
    bench = Bench(store, clock=FixedClock(NOON))
    shop = Shop(store, FixedClock(NOON))
    shop.open([LIN], 20_000)
    shop.supply(TREE, 5)
    [number] = ordered(shop, 1)
    plant(shop)
    with served(make_app(store, bench)) as client:
        answer = client.get(f"/v1/certificates/{number}")
        assert answer.status_code == 200
        found = answer.json()
        assert (found["number"], found["state"], found["made_up"]) == (number, "planned", True)
        name = shop.order(LIN).order_id
        assert not any(word in answer.text for word in (LIN, name, "customer", "order_", "energy", "CO2", "wang"))
        assert client.get(f"/v1/certificates/{number[:-1]}{'1' if number[-1] != '1' else '2'}").status_code == 400
        again = client.get(f"/v1/certificates/{number}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_operators_plant_by_the_command_line(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered(shop)
    monkeypatch.setenv("DITAN_HOME", str(shop.store.settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(shop.store.settings.database_url))
    run = CliRunner()
    assert "tree_haloxylon" in run.invoke(app, ["rewards", "plantings"]).output
    given = ["--contract", "GH-9", "--place", "阿拉善", "--by", "wang"]
    made = run.invoke(app, ["rewards", "plant", "green-hill", TREE, *given])
    assert (made.exit_code, made.output) == (0, "planting 1: 2 trees\n")
    said = ["--on", "2026-07-01", "--evidence", "GH-r", "--by", "wang"]
    assert run.invoke(app, ["rewards", "record", "1", "planted", "2", *said]).exit_code == 0
    assert "planted" in run.invoke(app, ["rewards", "plantings", "--json"]).output
