"""Donations are money: each is owed, listed and sent once, by two people, and a project adds up to the fen."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.rewards.shop import NOON, Partner, Shop, says
from tests.simulation.running import Bench
from tests.surface.asking import make_app, served
from typer.testing import CliRunner

from ditan import ledger, rewards
from ditan.cli import app
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import read_name
from ditan.rewards.changing import heard, locked
from ditan.rewards.donations import (
    Transfer,
    decide_transfer,
    make_transfer,
    read_projects,
    read_transfer,
    receipt_transfer,
    transfer_lines,
)
from ditan.store import Store

FUND, WATER = "fund:water_2026", "donation_water"


@pytest.fixture
def shop(store: Store) -> Shop:
    made = Shop(store)
    made.open(["cust-lin", "cust-wang"])
    made.supply(WATER, 100)
    return made


def give(shop: Shop, ref: str, quantity: int, key: str, state: str = "fulfilled", **said: Any) -> None:
    shop.place(ref, WATER, quantity, key=key)
    assert rewards.turn(shop.bench(Partner(lambda _k, _o: says(state, **said))))


def listed(shop: Shop, maker: str = "wang") -> Transfer:
    return shop.store.run(lambda c: make_transfer(c, FUND, maker=maker, now=shop.clock.now()))


def decided(shop: Shop, transfer: Transfer, checker: str = "li", approve: bool = True) -> Transfer:
    number, now = transfer.transfer_id, shop.clock.now()
    return shop.store.run(lambda c: decide_transfer(c, number, checker=checker, approve=approve, now=now))


def money(shop: Shop) -> tuple[int, ...]:
    """What is left, pledged, given, sent, received; and where there is some, what came back and was never delivered."""
    [found] = shop.store.read(lambda c: read_projects(c, shop.offer))
    sums = (found.left_fen, found.pledged_fen, found.given_fen, found.sent_fen, found.received_fen)
    others = (found.returned_fen, found.undelivered_fen)
    assert sum(sums + others) == found.put_in_fen  # to the fen, wherever it is
    return sums + others if any(others) else sums


def comes_back(shop: Shop, ref: str) -> None:
    order_id = read_name("order", shop.order(ref).order_id)
    assert order_id is not None

    def work(c: Any) -> str:
        order, said = locked(c, order_id), says("returned").said
        assert order is not None
        assert said is not None
        return heard(c, order, said, shop.clock.now())

    assert shop.store.run(work) == "done"


def test_a_donation_that_comes_back_is_told_wherever_its_money_was(shop: Shop) -> None:
    """Before it was listed, before the list was decided, after it was sent, after the receipt: nothing drops out."""
    give(shop, "cust-lin", 3, "a")
    comes_back(shop, "cust-lin")
    assert money(shop) == (9_700, 0, 0, 0, 0, 300, 0)
    give(shop, "cust-wang", 5, "b")
    transfer = listed(shop)
    shop.open(["cust-zhou"])
    give(shop, "cust-zhou", 4, "c", "partly_fulfilled", delivered=1)
    assert money(shop) == (8_800, 0, 600, 0, 0, 300, 300)
    comes_back(shop, "cust-wang")
    with pytest.raises(Conflict, match="1 donations of the list came back"):
        decided(shop, transfer)
    decided(shop, transfer, approve=False)
    sent = decided(shop, listed(shop))
    assert (sent.orders, sent.fen, money(shop)) == (1, 100, (8_800, 0, 0, 100, 0, 800, 300))
    comes_back(shop, "cust-zhou")
    assert money(shop) == (8_800, 0, 0, 0, 0, 900, 300)
    [line] = shop.store.read(lambda c: transfer_lines(c, sent.transfer_id))
    assert (line.fen, shop.store.read(lambda c: read_transfer(c, sent.transfer_id)).fen) == (100, 100)
    shop.store.run(lambda c: receipt_transfer(c, sent.transfer_id, "CR-1", now=shop.clock.now()))
    proposals = {each.amount: each for each in shop.store.read(ledger.open_proposals) if each.limited_name == FUND}
    assert sorted(proposals) == [100, 300, 500]  # 300 twice: what came back, and what was never delivered
    money_back = proposals[500].proposal_id
    shop.store.run(lambda c: ledger.decide(c, money_back, checker="li", approve=True, now=shop.clock.now()))
    assert money(shop) == (9_300, 0, 0, 0, 0, 900, 300)
    assert shop.broken() == []


def test_money_from_the_pledge_to_the_receipt(shop: Shop) -> None:
    give(shop, "cust-lin", 3, "a", "confirmed")
    assert money(shop) == (9_700, 300, 0, 0, 0)
    give(shop, "cust-wang", 5, "b")
    assert money(shop) == (9_200, 300, 500, 0, 0)
    transfer = listed(shop)
    assert (transfer.orders, transfer.fen, money(shop)) == (1, 500, (9_200, 300, 500, 0, 0))
    assert decided(shop, transfer).approved
    assert money(shop) == (9_200, 300, 0, 500, 0)
    [line] = shop.store.read(lambda c: transfer_lines(c, transfer.transfer_id))
    assert (line.order_id, line.fen) == (shop.order("cust-wang").order_id, 500)
    now, number = shop.clock.now(), transfer.transfer_id
    for _ in range(2):
        assert shop.store.run(lambda c: receipt_transfer(c, number, "CR-1", now=now)).receipt == "CR-1"
    assert money(shop) == (9_200, 300, 0, 0, 500)
    with pytest.raises(Conflict, match="another receipt"):
        shop.store.run(lambda c: receipt_transfer(c, number, "CR-2", now=now))
    assert shop.broken() == []


def test_a_second_person_decides_and_once(shop: Shop) -> None:
    with pytest.raises(Conflict, match="nothing"):
        listed(shop)
    give(shop, "cust-lin", 2, "a")
    transfer = listed(shop)
    with pytest.raises(Conflict, match="nothing"):
        listed(shop)
    with pytest.raises(Conflict, match="cannot decide"):
        decided(shop, transfer, "wang")
    with pytest.raises(Conflict, match="not approved"):
        shop.store.run(lambda c: receipt_transfer(c, transfer.transfer_id, "CR-1", now=shop.clock.now()))
    decided(shop, transfer, approve=False)
    assert decided(shop, transfer, approve=False).approved is False
    with pytest.raises(Conflict, match="declined by 'li'"):
        decided(shop, transfer)
    again = listed(shop)
    assert (again.transfer_id != transfer.transfer_id, again.fen) == (True, 200)
    assert shop.broken() == []
    with pytest.raises(NotFound):
        listed_fund = "fund:nothing"
        shop.store.run(lambda c: make_transfer(c, listed_fund, maker="wang", now=NOON))
    with pytest.raises(InvalidInput):
        listed(shop, " ")


def test_lists_made_at_the_same_moment_hold_each_donation_once(shop: Shop) -> None:
    for n in range(6):
        give(shop, "cust-lin", 1, f"a{n}")

    def attempt(n: int) -> int:
        try:
            return listed(shop, f"maker-{n}").fen
        except Conflict:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [0] * 7 + [600]
    assert shop.broken() == []


def test_the_check_names_a_transfer_that_does_not_add_up(shop: Shop) -> None:
    give(shop, "cust-lin", 2, "a")
    listed(shop)
    with shop.store.connect_owner() as owner:
        owner.execute("UPDATE rewards.transfer SET fen = fen + 1")
    assert any("transfer" in each for each in shop.broken())


def test_anybody_reads_where_the_money_is(store: Store) -> None:
    shop = Shop(store, FixedClock(NOON))
    shop.open(["cust-lin"])
    shop.supply(WATER, 100)
    give(shop, "cust-lin", 4, "a")
    with served(make_app(store, Bench(store, clock=FixedClock(NOON)))) as client:
        answer = client.get("/v1/projects")
        [found] = answer.json()["projects"]
        assert (found["given_fen"], found["left_fen"], found["made_up"]) == (400, 9_600, True)
        assert "cust-lin" not in answer.text
        assert client.get("/v1/projects", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_command_line_sends_a_list_without_givers(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    give(shop, "cust-lin", 2, "a")
    monkeypatch.setenv("DITAN_HOME", str(shop.store.settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(shop.store.settings.database_url))
    run, file = CliRunner(), tmp_path / "water.csv"
    made = run.invoke(app, ["rewards", "transfer", FUND, "--maker", "wang"])
    assert (made.exit_code, made.output) == (0, "transfer 1: 1 donations, 200 fen\n")
    assert run.invoke(app, ["rewards", "send", "1", "--checker", "li", "--to", str(file)]).exit_code == 0
    header, line = file.read_text(encoding="utf-8").splitlines()
    assert header == "order_id,placed_at,fen"
    assert line == f"{shop.order('cust-lin').order_id},2026-07-06T04:00:00+00:00,200"
    assert run.invoke(app, ["rewards", "receipt", "1", "CR-7"]).exit_code == 0
    assert "CR-7" in run.invoke(app, ["rewards", "transfers"]).output
