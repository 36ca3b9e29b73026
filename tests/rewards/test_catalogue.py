"""A catalogue is checked before anything of it can be ordered, and every message says what to do."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.rewards.shop import NOON, Shop
from typer.testing import CliRunner

from ditan import rewards
from ditan.cli import app
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.kernel.settings import Settings
from ditan.model import Status, Text
from ditan.rewards import Catalogue, Reward
from ditan.rewards.cataloguing import SHIPPED, Period, Picture, RewardKind, RewardLimit, canonical, version
from ditan.rewards.checking import check, require_sound
from ditan.store import Store

TODAY = date(2026, 7, 6)


def first(catalogue: Catalogue, kind: RewardKind = RewardKind.PRODUCE) -> Reward:
    return next(each for each in catalogue.rewards if each.kind is kind)


def with_reward(**changes: Any) -> Callable[[Catalogue], Catalogue]:
    return lambda c: replace(c, rewards=[replace(first(c), **changes), *c.rewards[-1:]])


def test_the_demo_catalogue_is_sound_and_says_that_it_is_made_up() -> None:
    shipped = rewards.load()
    assert check(shipped, TODAY) == []
    assert shipped.status is Status.DRAFT
    assert {each.kind for each in shipped.rewards} == set(RewardKind)
    assert len({each.picture for each in shipped.rewards}) == len(shipped.rewards), "each has a picture of its own"
    assert all(partner.made_up for partner in shipped.partners)
    assert "虚构" in shipped.note.zh
    drawn = (Path(__file__).resolve().parents[2] / "web/shared/spots/spots.ts").read_text(encoding="utf-8")
    assert [each for each in Picture if each not in drawn] == []


BROKEN: dict[str, Callable[[Catalogue], Catalogue]] = {
    "expired": lambda c: replace(c, valid_to=date(2026, 7, 5)),
    "withdrawn": lambda c: replace(c, status=Status.WITHDRAWN),
    "empty": lambda c: replace(c, rewards=[]),
    "twice": lambda c: replace(c, rewards=[first(c), first(c)]),
    "made_up": lambda c: replace(c, partners=[replace(each, made_up=False) for each in c.partners]),
    "id": with_reward(id="Rice 1kg"),
    "partner": with_reward(partner="nobody-known"),
    "validity": with_reward(valid_from=date(2027, 1, 1), valid_to=date(2026, 1, 1)),
    "bounds": with_reward(energy=0),
    "limit": with_reward(limit=RewardLimit(quantity=1, period=Period.MONTH)),
    "terms": with_reward(kind=RewardKind.TREE),
    "fund": lambda c: replace(c, rewards=[replace(first(c, RewardKind.DONATION), units=1)]),
    "deadline": with_reward(hold_days=7),
    "stock": with_reward(stock=""),
    "language": with_reward(name=Text(zh="大米", en=" ")),
    "claim": with_reward(summary=Text(zh="每份吸收 12 kg 二氧化碳", en="Rice")),
}


@pytest.mark.parametrize(("code", "breaking"), BROKEN.items(), ids=BROKEN)
def test_what_is_wrong_is_named(code: str, breaking: Callable[[Catalogue], Catalogue]) -> None:
    broken = breaking(rewards.load())
    found = check(broken, TODAY)
    assert code in {each.code for each in found}
    assert all(each.where and each.message.zh and each.message.en for each in found)
    if code == "expired":  # it offers nothing, and its orders go on
        return
    with pytest.raises(InvalidInput, match="may not run"):
        require_sound(broken, TODAY)


def test_a_version_is_its_content(store: Store) -> None:
    shipped = rewards.load()
    assert version(shipped) == version(rewards.load())
    assert version(replace(shipped, number="X")) != version(shipped)
    assert b'"energy":3600' in canonical(shipped)
    first_time, again = Shop(store).offer, Shop(store).offer
    assert first_time.catalogue_id == again.catalogue_id
    other = replace(shipped, number="DEMO-2026.3")
    assert store.run(lambda c: rewards.registered_catalogue(c, other, NOON)).catalogue_id != again.catalogue_id


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tree.toml", "[[rewards]]\nid = 1", "tree.toml"),
        ("goods.toml", "[", "TOML"),
        ("catalogue.toml", "id = 'x'", "catalogue.toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED, folder)
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        rewards.load(folder)
    assert said in f"{caught.value} {caught.value.hint}"
    with pytest.raises(NotFound):
        rewards.load(tmp_path)


def test_the_command_line_checks_lists_and_works(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings: Settings = store.settings
    monkeypatch.setenv("DITAN_HOME", str(settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(settings.database_url))
    run = CliRunner()
    checked = run.invoke(app, ["rewards", "check", "--json"])
    assert (checked.exit_code, json.loads(checked.output)["findings"]) == (0, [])
    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED, folder)
    (folder / "goods.toml").write_text(
        (folder / "goods.toml").read_text(encoding="utf-8").replace("3_000", "0"), "utf-8"
    )
    refused = run.invoke(app, ["rewards", "check", str(folder)])
    assert refused.exit_code == 2
    assert "gym_card_month.energy" in refused.output
    assert "tree_pine" in run.invoke(app, ["rewards", "list"]).output
    shop = Shop(store)
    shop.open(["cust-lin"])
    shop.supply("gym_card_month", 1)
    shop.place("cust-lin", "gym_card_month")
    worked = run.invoke(app, ["rewards", "work", "--once", "--json"])
    assert (worked.exit_code, json.loads(worked.output)) == (0, {"jobs": 1})
    waiting = store.read(lambda c: c.execute("SELECT kind, trouble FROM rewards.job").fetchall())
    assert waiting in ([], [("send", "no_address")])  # the machine's clock may be past the deadline
