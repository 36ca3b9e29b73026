"""The command line as a person or a script meets it: what it prints, as JSON what it means, and how it fails.

In this process, through `ditan.cli.main`, so that each command costs what it does; the last tests start the program.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
import typer.main
from msgspec.structs import replace
from tests.conftest import database_url
from tests.simulation.running import Bench, shipped

from ditan.cli import app, main
from ditan.kernel.ids import act_id, show_act
from ditan.ledger.codes import MEANING, PostCode
from ditan.model import BankEvent
from ditan.store import Store
from ditan.testing import factories

RIDE = factories.event("metro_ride")
PAN = "6222021234567890128"  # belongs to nobody
OPEN = (
    *("account", "open", "cust-lin", "--at", "2026-06-01", "--consent", "card_payments", "--consent", "whereabouts"),
    *("--card", "card-lin-d:debit"),
)


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def answer(self) -> Any:
        return json.loads(self.out)


Ditan = Callable[..., Done]


@pytest.fixture
def ditan(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Ditan]:
    """Run a command in this test's own database and home."""
    monkeypatch.setenv("DITAN_HOME", str(store.settings.home))
    monkeypatch.setenv("DITAN_DATABASE_URL", str(store.settings.database_url))
    monkeypatch.setenv("DITAN_LANGUAGE", "en")

    opened: list[Store] = []
    opens = Store.open

    def remembering(*given: Any, **named: Any) -> Store:
        """A process ends with its connections; here they are closed after each command."""
        opened.append(opens(*given, **named))
        return opened[-1]

    def run(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["ditan", *map(str, words)])
        monkeypatch.setattr(Store, "open", remembering)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        while opened:
            opened.pop().close()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    yield run
    structlog.reset_defaults()  # the command's logger writes to a stream that is closed now


@pytest.fixture
def feed_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*events: BankEvent, name: str = "july.csv") -> Path:
        file = tmp_path / name
        file.write_text(factories.csv_text(events), encoding="utf-8")
        return file

    return write


def failed(done: Done, code: int, *says: str) -> None:
    """It ended with this code, said nothing on stdout, and on stderr what is wrong and what to do."""
    assert (done.code, done.out) == (code, ""), done
    lines = [line for line in done.err.splitlines() if line.strip()]  # a progress bar may have been there
    assert lines[0].startswith("ditan: ")
    assert len(lines) >= 2, "it does not say what to do"
    assert "Traceback" not in done.err
    for word in says:
        assert word in done.err, done.err


# --- a bank's first day -------------------------------------------------------------------------------------------


def test_from_an_account_to_an_explained_gram(ditan: Ditan, feed_file: Callable[..., Path]) -> None:
    account = ditan(*OPEN, "--json").answer()
    assert account["customer_ref"] == "cust-lin"
    assert {consent["purpose"] for consent in account["consents"]} == {"card_payments", "whereabouts"}
    bill = factories.event("utility_payment")
    file = feed_file(RIDE, bill, factories.payment(), factories.refund(RIDE, 100), replace(RIDE, event_id=""))

    rows = ditan("ingest", file, "--dry-run", "--json").answer()
    assert [row["scenario"] for row in rows][:2] == ["metro_ride", "utility_payment"]
    assert [row["code"] for row in rows][2:] != [None, None, None]
    assert ditan("statement", "cust-lin", "--json").answer()["acts"] == []  # nothing was stored

    report = ditan("ingest", file, "--json").answer()
    assert report["rows_read"] == 5 == report["accepted"] + report["duplicate"] + report["rejected"]
    assert report["accepted"] == report["recognized"] + report["refunds"] + report["not_green"]
    assert (report["posted"], report["rejected"], report["not_green"]) == (2, 1, 1)
    assert all(line["meaning"]["zh"] and line["meaning"]["en"] for line in report["lines"])
    assert Path(report["rejects_file"]).read_text().count("missing_field") == 1
    again = ditan("ingest", file, "--json").answer()
    assert (again["posted"], again["new_rejections"], again["carbon_mg"]) == (0, 0, 0)

    statement = ditan("statement", "cust-lin", "--month", "2026-07", "--json").answer()
    assert (len(statement["acts"]), len(statement["reversals"])) == (2, 1)
    assert statement["carbon_mg"] == statement["balance"]["carbon_mg"]
    assert (
        statement["carbon_mg"]
        == sum(a["carbon_mg"] for a in statement["acts"]) - statement["reversals"][0]["carbon_mg"]
    )
    assert ditan("statement", "cust-lin", "--month", "2026-08", "--json").answer()["acts"] == []

    name = show_act(act_id(RIDE.source, RIDE.event_id))
    story = ditan("explain", name, "--json").answer()
    assert story["act"]["quantified_mg"] == story["explanation"]["raw_mg"] == 340_910
    assert story["act"]["reversed_mg"] == statement["reversals"][0]["carbon_mg"]
    assert story["event"]["event_id"] == RIDE.event_id
    assert all(parameter["source"]["title"] for parameter in story["explanation"]["parameters"])

    verdicts = ditan("check", "--json").answer()
    assert [verdict["invariant"] for verdict in verdicts] == [f"INV-{n:02d}" for n in range(1, 16)]
    assert all(verdict["holds"] for verdict in verdicts)
    replayed = ditan("replay", "--json").answer()
    assert (replayed["acts"], replayed["differences"], replayed["broken_files"]) == (2, 0, [])
    other = ditan("replay", "--pack", "cn_2026", "--json").answer()
    assert [(line["scenario"], line["acts_up"], line["acts_down"]) for line in other["impact"]] == [
        (1, 0, 0),
        (10, 0, 0),
    ]


def test_people_read_the_same_in_tables(ditan: Ditan, feed_file: Callable[..., Path], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    ditan(*OPEN)
    file = feed_file(RIDE, replace(RIDE, event_id="soon", occurred_at=RIDE.occurred_at + timedelta(minutes=2)))
    name = show_act(act_id(RIDE.source, RIDE.event_id))
    printed = {
        "account": ditan("account", "show", "cust-lin"),
        "dry run": ditan("ingest", file, "--dry-run"),
        "ingest": ditan("ingest", file),
        "statement": ditan("statement", "cust-lin"),
        "explain": ditan("explain", name),
        "check": ditan("check"),
        "replay": ditan("replay"),
        "scenario": ditan("methodology", "show", "metro_ride"),
    }
    assert {what: done.code for what, done in printed.items()} == dict.fromkeys(printed, 0)
    assert "card-lin-d" in printed["account"].out
    assert "metro_ride" in printed["dry run"].out
    assert MEANING[PostCode.TOO_SOON].en[:20] in printed["ingest"].out
    assert name in printed["statement"].out
    assert "340,910 mg" in printed["explain"].out
    assert all(f"INV-{n:02d}" in printed["check"].out for n in range(1, 16))
    assert "0 differences" in printed["replay"].out
    monkeypatch.setenv("DITAN_LANGUAGE", "zh")
    assert MEANING[PostCode.DUPLICATE].zh in ditan("ingest", file).out


def commands(group: Any = None, words: str = "") -> list[str]:
    """Every command there is, as words."""
    found: list[str] = []
    for name, command in (group or typer.main.get_command(app)).commands.items():
        found += commands(command, f"{words}{name} ") if hasattr(command, "commands") else [f"{words}{name}"]
    return sorted(found)


#: What to run of each command, so that it prints JSON.
JSON = {
    "account close": ["account", "close", "cust-lin"],
    "account erase": ["account", "erase", "cust-lin", "--yes"],
    "account consent": ["account", "consent", "cust-lin", "steps"],
    "account import": ["account", "import", "{accounts}"],
    "account link": ["account", "link", "cust-lin", "card-lin-c:credit"],
    "account open": list(OPEN),
    "account show": ["account", "show", "cust-lin"],
    "account unlink": ["account", "unlink", "cust-lin", "card-lin-d"],
    "check": ["check"],
    "db migrate": ["db", "migrate"],
    "db status": ["db", "status"],
    "db stop": ["db", "stop"],  # refused: the server is not Ditan's own
    "db url": ["db", "url"],
    "demo": ["demo"],  # refused: it wants the embedded server
    "explain": ["explain", "{act}"],
    "ingest": ["ingest", "{file}"],
    "methodology check": ["methodology", "check", "--on", "2026-11-01"],
    "methodology diff": ["methodology", "diff", "cn_2026", "cn_2026"],
    "methodology personas": ["methodology", "personas"],
    "methodology show": ["methodology", "show", "metro_ride", "--on", "2026-11-01"],
    "replay": ["replay"],
    "statement": ["statement", "cust-lin"],
    "synth": ["synth", "{folder}", "--customers", "5", "--days", "1"],
}


def test_every_command_that_prints_prints_json(ditan: Ditan, feed_file: Callable[..., Path], tmp_path: Path) -> None:
    # Those of addresses, segments, ledger, disputes and rewards need each other's answers: other files. A server prints
    # nothing: surface.
    elsewhere = ("address ", "ledger ", "dispute ", "rewards ", "segment ", "serve")
    assert sorted(JSON) == [name for name in commands() if not name.startswith(elsewhere)]
    file = feed_file(RIDE)
    ditan(*OPEN)
    ditan("ingest", file)
    accounts = tmp_path / "accounts.jsonl"
    accounts.write_text('{"at":"2026-06-01T08:00:00+08:00","action":"open","customer_ref":"cust-wang"}\n')
    places = {
        "act": show_act(act_id(RIDE.source, RIDE.event_id)), "file": str(file), "accounts": str(accounts),
        "folder": str(tmp_path / "bank"),
    }  # fmt: skip
    last = ["account close", "account erase"]
    for name in [*sorted(set(JSON) - set(last)), *last]:
        done = ditan(*(word.format(**places) for word in JSON[name]), "--json")
        refused = name in {"demo", "db stop"}
        assert done.code == (4 if refused else 0), f"{name}: {done}"
        answer = done.answer()
        assert answer, name
        assert not refused or answer.keys() == {"error", "message", "hint"}


# --- how it fails -------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_used(ditan: Ditan, tmp_path: Path, feed_file: Callable[..., Path]) -> None:
    nowhere = ditan("ingest", tmp_path / "nowhere.csv")
    assert (nowhere.code, nowhere.out) == (3, "")
    assert "nowhere.csv" in nowhere.err
    empty = tmp_path / "empty.csv"
    empty.touch()
    failed(ditan("ingest", empty), 2, "is empty")
    columns = tmp_path / "columns.csv"
    columns.write_text("a,b\n1,2\n")
    failed(ditan("ingest", columns), 2, "source")
    failed(ditan("ingest", feed_file(RIDE), "--feed", "nobody"), 3, "nobody")
    failed(ditan("ingest", feed_file(RIDE), "--pack", "cn_1066"), 3, "cn_1066")
    answer = ditan("ingest", empty, "--json")
    assert answer.code == 2
    assert answer.answer().keys() == {"error", "message", "hint"}


def test_a_damaged_file_posts_what_came_before_and_says_so(ditan: Ditan, tmp_path: Path) -> None:
    import gzip

    ditan(*OPEN)
    days = (replace(RIDE, event_id=f"ride-{n}", occurred_at=RIDE.occurred_at + timedelta(days=n)) for n in range(60))
    packed = gzip.compress(factories.csv_text(days).encode())
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(packed[:-20])
    done = ditan("ingest", damaged)
    assert done.code == 2
    assert "is damaged after row" in done.err
    assert "the whole file again adds only the rest" in done.err
    assert ditan("statement", "cust-lin", "--json").answer()["acts"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["statement", "cust-nobody"], 3, "cust-nobody"),
        (["account", "show", "cust-nobody"], 3, "account open"),
        (["account", "close", "cust-nobody"], 3, "cust-nobody"),
        (["account", "erase", "cust-nobody", "--yes"], 3, "cust-nobody"),
        (["explain", "act_" + "0" * 26], 3, "act_" + "0" * 26),
        (["explain", "c260701g000001"], 2, "not an act id"),
        (["statement", "cust-lin", "--month", "July"], 2, "2026-07"),
        (["account", "open", "cust-wang", "--at", "yesterday"], 2, "not a time"),
        (["account", "open", "cust-wang", "--card", "tok"], 2, "TOKEN:debit"),
        (["account", "open", "cust-wang", "--card", "tok:prepaid"], 2, "TOKEN:debit"),
        (["account", "open", PAN], 2, "pseudonym"),
        (["account", "open", "13812345678"], 2, "pseudonym"),
        (["account", "link", "cust-lin", f"{PAN}:debit"], 2, "token"),
        (["account", "link", "cust-lin", f"tok-{PAN}:debit"], 2, "token"),
        (["account", "consent", "cust-lin", "steps", "--withdraw"], 4, "never granted"),
        (["account", "unlink", "cust-lin", "card-nobody"], 4, "never linked"),
        (["account", "close", "cust-lin", "--at", "2020-01-01"], 4, "opened"),
        (["account", "open", "cust-wang", "--card", "card-lin-d:debit"], 4, "unlink"),
        (["methodology", "show", "teleportation"], 3, "teleportation"),
        (["methodology", "check", "cn_1066"], 3, "cn_1066"),
        (["replay", "--pack", "cn_1066"], 3, "cn_1066"),
        (["db", "stop"], 4, "your own server"),
        (["demo"], 4, "DITAN_DATABASE_URL"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_exit_code_and_says_what_to_do(ditan: Ditan, words: list[str], code: int, says: str) -> None:
    ditan(*OPEN)
    failed(ditan(*words), code, says)


def test_a_word_that_is_no_option_is_explained_by_the_command_line_itself(ditan: Ditan) -> None:
    for words in (["ingest"], ["ingest", "x.csv", "--fast"], ["fly"], ["account", "consent", "cust-lin", "everything"]):
        done = ditan(*words)
        assert done.code == 2
        assert "Traceback" not in done.err


def test_a_methodology_that_may_not_run_is_refused(
    ditan: Ditan, tmp_path: Path, feed_file: Callable[..., Path]
) -> None:
    import shutil

    from ditan.packs.loading import locate

    pack = tmp_path / "altered"
    shutil.copytree(locate("cn_2026"), pack)
    metro = pack / "scenarios" / "01_metro_ride.toml"
    metro.write_text(metro.read_text().replace('unit = "km"', 'unit = "kg"'))
    done = ditan("methodology", "check", pack, "--json")
    assert done.code == 5
    assert done.answer()
    failed(ditan("ingest", feed_file(RIDE), "--pack", pack), 5, "findings")
    assert ditan("methodology", "check", "cn_2026", "--on", "2040-01-01").code == 5


def test_a_promise_that_broke_ends_with_seventy(ditan: Ditan, store: Store, feed_file: Callable[..., Path]) -> None:
    ditan(*OPEN)
    ditan("ingest", feed_file(RIDE))
    Bench(store).corrupt("UPDATE ledger.holder SET carbon_mg = carbon_mg + 1")
    done = ditan("check")
    assert done.code == 70
    assert "INV-05" in done.out
    answer = ditan("check", "--json")
    assert answer.code == 70
    assert [v["invariant"] for v in answer.answer() if not v["holds"]] == ["INV-05"]
    Bench(store).corrupt("UPDATE ledger.holder SET carbon_mg = carbon_mg - 1")
    Bench(store).corrupt("UPDATE ledger.act SET quantified_mg = quantified_mg + 1")
    assert ditan("replay", "--json").code == 70
    failed(ditan("explain", show_act(act_id(RIDE.source, RIDE.event_id))), 70, "INV-10")
    assert ditan("check", "--no-replay").code == 0  # this promise is kept in the archive


def test_a_database_that_is_not_there(ditan: Ditan, monkeypatch: pytest.MonkeyPatch, template_url: str) -> None:
    monkeypatch.setenv("DITAN_DATABASE_URL", "postgresql://nobody@/nothing?host=/tmp/no-such-socket")
    failed(ditan("statement", "cust-lin"), 6, "ditan db status")
    monkeypatch.setenv("DITAN_DATABASE_URL", database_url(template_url, "postgres"))
    failed(ditan("statement", "cust-lin"), 6, "ditan db migrate")


def test_a_setting_that_does_not_exist(ditan: Ditan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DITAN_FULL_ARCHIV", "true")
    failed(ditan("check"), 2, "full_archiv", "full_archive")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('{"at":"2026-06-01T08:00:00+08:00","action":"fly","customer_ref":"a"}\n', "line 1"),
        ('{"at":"2026-06-01T08:00:00+08:00","action":"open","customer_ref":"a"}\nnonsense\n', "line 2"),
        ('{"at":"2026-06-01T08:00:00","action":"open","customer_ref":"a"}\n', "zone"),
        (f'{{"at":"2026-06-01T08:00:00+08:00","action":"open","customer_ref":"{PAN}"}}\n', "pseudonym"),
    ],
)
def test_account_events_are_all_or_none(ditan: Ditan, store: Store, tmp_path: Path, lines: str, says: str) -> None:
    file = tmp_path / "accounts.jsonl"
    file.write_text('{"at":"2026-06-01T08:00:00+08:00","action":"open","customer_ref":"good"}\n' + lines)
    done = ditan("account", "import", file)
    assert done.code == 2
    assert says.replace("line 1", "line 2") in done.err or says.replace("line 2", "line 3") in done.err
    assert Bench(store).one("SELECT count(*) FROM accounts.customer") == 0


# --- consent and time ---------------------------------------------------------------------------------------------


def test_a_time_without_a_zone_is_the_customers(ditan: Ditan) -> None:
    account = ditan("account", "open", "cust-wang", "--at", "2026-07-01T08:30", "--json").answer()
    assert account["opened_at"] in {"2026-07-01T00:30:00Z", "2026-07-01T08:30:00+08:00"}
    account = ditan("account", "open", "cust-zhao", "--at", "2026-07-01", "--json").answer()
    assert account["opened_at"] in {"2026-06-30T16:00:00Z", "2026-07-01T00:00:00+08:00"}


@pytest.mark.invariant("INV-09")
def test_a_consent_that_was_withdrawn_counts_up_to_that_moment(ditan: Ditan, feed_file: Callable[..., Path]) -> None:
    ditan(*OPEN)
    moment = RIDE.occurred_at + timedelta(days=2)
    shown = ditan("account", "consent", "cust-lin", "whereabouts", "--withdraw", "--at", moment.isoformat(), "--json")
    [ended] = [c["withdrawn_at"] for c in shown.answer()["consents"] if c["purpose"] == "whereabouts"]
    assert ended
    before = replace(RIDE, event_id="before", occurred_at=moment - timedelta(seconds=1))
    at = replace(RIDE, event_id="at", occurred_at=moment)
    report = ditan("ingest", feed_file(before, at), "--json").answer()
    assert report["posted"] == 1
    assert {line["code"] for line in report["lines"]} == {"no_consent"}
    # A withdrawal dated before the ride that is posted would leave it without its consent: it is refused.
    failed(
        ditan("account", "consent", "cust-lin", "card_payments", "--withdraw", "--at", RIDE.occurred_at.isoformat()),
        4,
        "History is not rewritten",
    )
    assert ditan("check").code == 0


def test_nothing_of_a_person_is_printed_beyond_what_was_asked(ditan: Ditan, feed_file: Callable[..., Path]) -> None:
    """An ingest speaks of rows and codes: neither a customer nor a card stands in what it prints."""
    ditan(*OPEN)
    done = ditan(
        "ingest", feed_file(RIDE, replace(RIDE, event_id="x", customer_ref="cust-stranger", card_ref="card-x"))
    )
    assert done.code == 0
    for secret in ("cust-lin", "cust-stranger", "card-lin-d", "card-x", RIDE.event_id):
        assert secret not in done.out + done.err


# --- the program --------------------------------------------------------------------------------------------------


def test_the_program_is_there_and_ends_with_the_codes(store: Store) -> None:
    program = Path(sys.executable).with_name("ditan")
    environment = {"PATH": "/usr/bin:/bin", "DITAN_HOME": str(store.settings.home), "LANG": "C.UTF-8"}
    environment["DITAN_DATABASE_URL"] = str(store.settings.database_url)

    def run(*words: str) -> Done:
        done = subprocess.run([program, *words], env=environment, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    assert run("--version").out.startswith("ditan ")
    assert "Exit codes" in run("--help").out
    failed(run("statement", "cust-nobody"), 3, "cust-nobody")


def test_every_scenario_can_be_shown(ditan: Ditan) -> None:
    listed = ditan("methodology", "show", "--json").answer()
    assert len(listed if isinstance(listed, list) else listed["scenarios"]) == len(shipped().scenarios) == 21
