"""`ditan synth`: writes a bank, says what it wrote, and never removes what it did not write."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ditan.cli.synth import synth
from ditan.kernel.errors import Conflict, DitanError, InvalidInput

APP = typer.Typer()
APP.command()(synth)


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(APP, [str(argument) for argument in arguments])
    if isinstance(result.exception, DitanError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


SMALL = ("--customers", "20", "--days", "3")


def test_a_bank_is_written_and_summed_up(tmp_path: Path) -> None:
    shown = run(tmp_path / "bank", *SMALL)
    assert "feed/2026-07.csv" in shown
    assert "acts that may be posted" in shown
    assert "地铁出行" in shown
    assert (tmp_path / "bank/truth.json").is_file()


def test_json_is_for_scripts(tmp_path: Path) -> None:
    written = json.loads(run(tmp_path / "bank", *SMALL, "--format", "parquet", "--split", "day", "--json"))
    assert list(written["files"]) == [f"feed/2026-07-0{day}.parquet" for day in (1, 2, 3)]
    assert written["rows"] == sum(written["files"].values()) == sum(written["by_fate"].values())


def test_a_bank_is_replaced_only_on_request(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    first = json.loads(run(bank, "--customers", "20", "--days", "40", "--json"))
    with pytest.raises(Conflict, match="synthetic bank") as refused:
        run(bank, *SMALL)
    assert "--force" in (refused.value.hint or "")
    (bank / "notes.txt").write_text("mine")
    second = json.loads(run(bank, *SMALL, "--force", "--json"))
    assert len(first["files"]) == 2
    assert sorted(path.name for path in (bank / "feed").iterdir()) == ["2026-07.csv"]
    assert second["rows"] < first["rows"]
    assert (bank / "notes.txt").read_text() == "mine"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for force in ((), ("--force",)):
        with pytest.raises(Conflict, match="not empty"):
            run(tmp_path, *SMALL, *force)
    with pytest.raises(InvalidInput, match="is a file"):
        run(tmp_path / "notes.txt", *SMALL)


def test_a_bank_that_cannot_be_costs_nothing(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    run(bank, *SMALL)
    with pytest.raises(InvalidInput, match="is not a day"):
        run(bank, *SMALL, "--start", "Monday", "--force")
    with pytest.raises(InvalidInput, match="holds from"):
        run(bank, *SMALL, "--start", "2020-01-01", "--force")
    assert (bank / "feed/2026-07.csv").is_file()


def test_a_summary_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    run(bank, *SMALL)
    (tmp_path / "precious.csv").write_text("mine")
    summary = json.loads((bank / "truth.json").read_text("utf-8"))
    (bank / "truth.json").write_text(json.dumps(summary | {"files": {"../precious.csv": 1}}), "utf-8")
    run(bank, *SMALL, "--force")
    assert (tmp_path / "precious.csv").read_text() == "mine"
