"""`ditan methodology`: what a methodologist sees, and the exit code a pipeline stops on."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ditan.cli.methodology import app
from ditan.kernel.errors import NotFound
from ditan.packs.loading import locate


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A pack with a better bus factor, and personas that do not know of it yet."""
    folder = shutil.copytree(locate("cn_2026"), tmp_path / "mine")
    travel = folder / "factors" / "travel.toml"
    text = travel.read_text(encoding="utf-8")
    travel.write_text(text.replace("value = 26.9", "value = 27.9", 1), encoding="utf-8")
    return folder


def run(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_shipped_pack_may_run() -> None:
    result = run("check", "--on", "2026-11-23")
    assert result.exit_code == 0
    assert "may run" in result.output
    assert "草案 DRAFT" in result.output


def test_a_pack_with_a_finding_exits_with_5(mine: Path) -> None:
    result = run("check", str(mine), "--on", "2026-11-23")
    assert result.exit_code == 5
    assert "persona_drift" in result.output


def test_an_expired_pack_exits_with_5() -> None:
    result = run("check", "--on", "2030-01-01", "--json")
    assert result.exit_code == 5
    report = json.loads(result.output)
    assert report["scenarios"] == 21
    assert {"expired", "review_overdue"} <= {found["code"] for found in report["findings"]}


def test_no_such_pack() -> None:
    with pytest.raises(NotFound):
        run("check", "cn_1926")


@pytest.mark.parametrize("name", ["etc_toll", "8"])
def test_a_scenario_is_shown_with_everything_behind_it(name: str) -> None:
    output = run("show", name, "--on", "2026-11-23").output
    for told in (
        "ETC不停车缴费",
        "草案 DRAFT",
        "quantity * etc_saved_litre * petrol_g_per_litre",
        "etc_additionality",
        "0.01–0.06",
        "S36",
        "2027-12-31",
        "4 a day · 40 a month",
        "✗ manual_lane",
        "none",
    ):
        assert told in output, told


def test_a_regional_value_is_that_of_the_place() -> None:
    assert "226.8 (region)" in run("show", "ev_charging", "--city", "510104").output
    assert "530.6 (national)" in run("show", "ev_charging").output


def test_a_scenario_in_json() -> None:
    told = json.loads(run("show", "metro_ride", "--json").output)
    assert told["draft"] is True
    assert told["formula"] == "(quantity * metro_net) * additionality * (1 - conservative_cut)"
    factor = next(f for f in told["factors"] if f["id"] == "metro_net")
    assert factor["resolved"] == "46.7"
    assert factor["factor"]["source"]["reference"] == "S28"


def test_all_scenarios_are_listed() -> None:
    output = run("show").output
    assert "374 g" in output
    assert "5.97 kg" in output
    assert len(json.loads(run("show", "--json").output)) == 21


def test_no_such_scenario_names_those_there_are() -> None:
    with pytest.raises(NotFound) as caught:
        run("show", "teleport")
    assert "metro_ride" in (caught.value.hint or "")


def test_a_difference_is_shown_with_the_personas_it_moves(mine: Path) -> None:
    told = json.loads(run("diff", "cn_2026", str(mine), "--json").output)
    assert [(d["where"], d["old"], d["new"]) for d in told["differences"]] == [
        ("factors.bus_net.value", "26.9", "27.9")
    ]
    moved = {(p["persona"], p["carbon_mg_old"], p["carbon_mg_new"]) for p in told["personas"]}
    assert ("beijing_commuter", 107_600, 111_600) in moved
    output = run("diff", "cn_2026", str(mine)).output
    assert "108 g → 112 g" in output
    assert "say the same" in run("diff", "cn_2026", "cn_2026").output


def test_personas() -> None:
    result = run("personas")
    assert result.exit_code == 0
    assert "北京通勤族" in result.output or "Commuter in Beijing" in result.output
    assert len(json.loads(run("personas", "--json").output)) > 30


def test_personas_that_drifted_exit_with_5(mine: Path) -> None:
    result = run("personas", str(mine))
    assert result.exit_code == 5
    assert "→" in result.output
