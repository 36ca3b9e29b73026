"""Every command of `ditan rewards` prints JSON, and each finds what the one before it left."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_cli import Ditan, ditan  # noqa: F401  a fixture
from tests.rewards.shop import Partner, Shop, says
from typer.testing import CliRunner

from ditan import rewards
from ditan.cli import app
from ditan.cli.rewards import app as group
from ditan.kernel.envelope import write_key
from ditan.store import Store

WHEN = ["--on", "2026-07-01", "--evidence", "GH-r", "--by", "wang"]
COMMANDS = {
    "check": [],
    "list": [],
    "work": ["--once"],
    "plant": ["green-hill", "tree_pine", "--contract", "GH-9", "--place", "塞罕坝", "--by", "wang"],
    "record": ["1", "planted", "1", *WHEN],
    "plantings": [],
    "transfer": ["fund:water_2026", "--maker", "wang"],
    "send": ["1", "--checker", "li"],
    "receipt": ["1", "CR-1"],
    "transfers": [],
}


def test_every_command_of_rewards_prints_json(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(store)
    shop.open(["cust-lin"], 20_000)
    for reward_id in ("tree_pine", "donation_water"):
        shop.supply(reward_id, 5)
        shop.place("cust-lin", reward_id, key=reward_id)
        assert rewards.turn(shop.bench(Partner(lambda _k, _o: says("fulfilled"))))
    monkeypatch.setenv("DITAN_HOME", str(store.settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(store.settings.database_url))
    names = [command.name or command.callback.__name__ for command in group.registered_commands if command.callback]
    assert sorted(COMMANDS) == sorted(names)
    told: dict[str, Any] = {}
    for name, given in COMMANDS.items():
        done = CliRunner().invoke(app, ["rewards", name, *given, "--json"])
        assert done.exit_code == 0, f"{name}: {done.output}"
        told[name] = json.loads(done.output)
    assert told["plantings"][0]["latest"] == "planted"
    assert told["transfers"][0]["receipt"] == "CR-1"


def test_the_command_line_closes_no_account_over_an_order(ditan: Ditan, store: Store, tmp_path: Path) -> None:  # noqa: F811
    shop = Shop(store)
    shop.open(["cust-lin", "cust-wang"])
    shop.supply("gym_card_month", 1)
    order_id = shop.place("cust-lin", "gym_card_month")
    file = tmp_path / "accounts.jsonl"
    events = [
        {"at": "2026-07-07T00:00:00Z", "action": "close", "customer_ref": ref} for ref in ("cust-wang", "cust-lin")
    ]
    file.write_text("\n".join(map(json.dumps, events)))
    for words in (("account", "close", "cust-lin"), ("account", "import", file)):
        done = ditan(*words, "--json")
        told = json.loads(done.out)
        assert (done.code, told["code"]) == (4, "energy_held")
        assert "orders under way: 1, with 3,000 energy set aside" in told["message"]
        assert json.loads(ditan("account", "show", "cust-wang", "--json").out)["closed_at"] is None
    shop.cancel("cust-lin", order_id)
    assert ditan("account", "import", file).code == 0
    assert json.loads(ditan("account", "show", "cust-lin", "--json").out)["closed_at"]


def test_keys_of_addresses_are_made_changed_and_forgotten(
    ditan: Ditan,  # noqa: F811
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The new key first, the old one behind it; then the old one is not needed any more."""
    shop, file = Shop(store), tmp_path / "address.keys"
    shop.open(["cust-lin"])
    new = ditan("address", "new-key", "k2").out
    file.write_text(new + write_key("test", b"k" * 32))
    monkeypatch.setenv("DITAN_ADDRESS_KEY_FILE", str(file))
    assert ditan("address", "rewrap", "--json").answer() == {"rewrapped": 1, "current": 1}
    file.write_text(new)
    assert ditan("address", "rewrap", "--json").answer() == {"rewrapped": 0, "current": 1}
    assert ditan("address", "forget", "--json").answer() == {"copies": 0}
    assert (new[:3], "1" in ditan("address", "rewrap").out, ditan("address", "forget").code) == ("k2:", True, 0)


def test_a_segment_is_imported_and_every_row_counted(ditan: Ditan, store: Store, tmp_path: Path) -> None:  # noqa: F811
    Shop(store).open(["cust-lin"], 0)
    file = tmp_path / "new_parents.csv"
    file.write_text("customer_ref\ncust-lin\nnobody\n")
    done = ditan("segment", "import", file, "--json").answer()
    assert (done["segment"], done["rows_read"], done["added"], done["rejected"]) == ("new_parents", 2, 1, 1)
    assert done["rejections"] == [{"line": 3, "code": "no_account"}]
    assert "line 3: no_account" in ditan("segment", "import", file).out
    assert ditan("segment", "list", "--json").answer() == [{"segment": "new_parents", "members": 1}]
