"""The synthetic bank is reproducible, complete and honest: its truth holds for an oracle that reads only its files."""

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ditan import packs
from ditan.feed.codes import Code
from ditan.kernel.errors import InvalidInput
from ditan.model import Channel, Kind
from ditan.recognition import reasons
from ditan.testing.bank import Written, make_bank, write
from ditan.testing.digits import passes_luhn
from ditan.testing.lookalikes import LOOK_ALIKES
from ditan.testing.malformed import FAULTS
from ditan.testing.people import Life
from ditan.testing.trouble import Trouble

CUSTOMERS, DAYS, SEED = 400, 45, 7

Rows = list[dict[str, str]]


class Files:
    """A bank as somebody else reads it: only what is in the folder."""

    def __init__(self, folder: Path, written: Written) -> None:
        self.folder, self.written = folder, written
        self.feed: dict[str, Rows] = {}
        for name in written.files:
            with (folder / name).open(encoding="utf-8", newline="") as file:
                self.feed[name] = list(csv.DictReader(file))
        self.truth: list[dict[str, Any]] = pq.read_table(folder / "truth.parquet").to_pylist()
        self.steps = [json.loads(line) for line in (folder / "accounts.jsonl").read_text("utf-8").splitlines()]

    def told(self) -> list[tuple[dict[str, str], dict[str, Any]]]:
        """Every row with the truth about it, in the order of delivery."""
        return [(self.feed[truth["file"]][truth["row_number"] - 1], truth) for truth in self.truth]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("bank")
    return Files(folder, write(make_bank(CUSTOMERS, DAYS, SEED), folder))


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, format_: Any) -> None:
    for name in ("one", "two"):
        write(make_bank(40, 9, 3), tmp_path / name, format=format_)
    assert read_all(tmp_path / "one") == read_all(tmp_path / "two")
    other = write(make_bank(40, 9, 4), tmp_path / "other", format=format_)
    assert other.digest != write(make_bank(40, 9, 3), tmp_path / "one", format=format_).digest


def test_a_bank_can_be_played_again() -> None:
    bank = make_bank(40, 9, 3)
    assert list(bank.deliveries()) == list(bank.deliveries())


def test_every_scenario_look_alike_trouble_fault_and_channel_is_there(files: Files) -> None:
    intents = set(files.written.by_intent)
    assert {scenario.id for scenario in packs.load().scenarios} <= intents
    assert set(LOOK_ALIKES) <= intents
    expected = {trouble.value for trouble in Trouble if trouble} | {fault.name for fault in FAULTS}
    assert expected | {"same_occasion", "too_soon"} == set(files.written.by_trouble)
    rows = [row for rows in files.feed.values() for row in rows]
    assert set(Channel) <= {row["channel"] for row in rows}
    assert {"debit", "credit"} <= {row["card_product"] for row in rows}
    assert len({row["city"] for row in rows if len(row["city"]) == 6}) >= 8
    assert {customer.life for customer in make_bank(CUSTOMERS, DAYS, SEED).customers} == set(Life)


def test_nine_of_ten_events_are_ordinary(files: Files) -> None:
    share = files.written.by_intent["ordinary"] / files.written.rows
    assert 0.84 <= share <= 0.92


def test_every_code_of_the_truth_exists() -> None:
    not_green = set(reasons(packs.load()))
    assert {look_alike.code for look_alike in LOOK_ALIKES.values()} <= not_green
    assert {fault.code for fault in FAULTS} <= set(Code)


def test_the_truth_names_every_row_once(files: Files) -> None:
    places = [(truth["file"], truth["row_number"]) for truth in files.truth]
    assert len(set(places)) == len(places) == files.written.rows == sum(map(len, files.feed.values()))
    assert all(row["event_id"] == truth["event_id"] for row, truth in files.told())
    assert Counter(truth["fate"] for truth in files.truth) == files.written.by_fate
    assert Counter(truth["intent"] for truth in files.truth) == files.written.by_intent
    summary = json.loads((files.folder / "truth.json").read_text("utf-8"))
    assert summary["by_fate"] == files.written.by_fate
    assert summary["digest"] == files.written.digest


def test_nothing_looks_like_a_card_number_but_what_must(files: Files) -> None:
    for row, truth in files.told():
        found = [value for value in row.values() if holds_card_number(value)]
        assert bool(found) == (truth["fate"] == "rejected:pan_found"), (row, truth)
    accounts = (files.folder / "accounts.jsonl").read_text("utf-8")
    assert not any(holds_card_number(value) for step in accounts.splitlines() for value in json.loads(step).values())


def holds_card_number(text: str) -> bool:
    """13 to 19 digits, joined or in groups parted by blanks or hyphens, whose last one is a check digit."""
    for run in re.findall(r"\d+(?:[ -]{1,2}\d+)*", text):
        groups = re.findall(r"\d+", run)
        for first in range(len(groups)):
            for last in range(first, len(groups)):
                digits = "".join(groups[first : last + 1])
                if 13 <= len(digits) <= 19 and passes_luhn(digits):
                    return True
    return False


def test_the_three_formats_tell_the_same(tmp_path: Path) -> None:
    bank = make_bank(40, 9, 3)
    for format_ in ("csv", "jsonl", "parquet"):
        write(bank, tmp_path / format_, format=format_, split="none")  # type: ignore[arg-type]
    with (tmp_path / "csv/feed/all.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    told = [json.loads(line) for line in (tmp_path / "jsonl/feed/all.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == len(told)
    for row, given in zip(lines, told, strict=True):
        shown = {
            name: json.dumps(v, separators=(",", ":")) if isinstance(v, dict) else str(v) for name, v in given.items()
        }
        assert {name: value for name, value in row.items() if value} == shown
    table = pq.read_table(tmp_path / "parquet/feed/all.parquet").to_pylist()
    kept = [row for row in lines if row["amount_fen"] != "35.80" and row["occurred_at"] != "昨天上午"]
    assert Counter(row["event_id"] for row in kept) - Counter(row["event_id"] or "" for row in table) <= Counter(
        {row["event_id"]: 1 for row in lines if "m" in row["event_id"]}
    )
    by_id = {row["event_id"]: row for row in table}
    for row in kept:
        if "m" in row["event_id"] or row["event_id"] == "":
            continue  # malformed rows come in another order when two kinds of them are left out
        typed = by_id[row["event_id"]]
        assert typed["mcc"] == (int(row["mcc"]) if row["mcc"] else None)
        assert typed["occurred_at"] == datetime.fromisoformat(row["occurred_at"])
        assert (typed["attributes"] or "") == row["attributes"]


def test_files_are_split_as_asked(tmp_path: Path) -> None:
    bank = make_bank(20, 40, 3)
    by_month = write(bank, tmp_path / "month")
    by_day = write(bank, tmp_path / "day", split="day")
    in_one = write(bank, tmp_path / "none", split="none")
    assert list(by_month.files) == ["feed/2026-07.csv", "feed/2026-08.csv"]
    assert len(by_day.files) == 40
    assert list(in_one.files) == ["feed/all.csv"]
    assert by_month.digest == by_day.digest == in_one.digest


def test_payments_name_a_shop_and_business_names_a_service(files: Files) -> None:
    for row, truth in files.told():
        if truth["intent"] == "malformed":
            continue
        if row["service"]:
            assert (row["kind"], row["mcc"], row["merchant_id"]) in {
                ("service_event", "", ""),
                ("card_reversal", "", ""),
            }
        else:
            assert row["kind"] != "service_event"
            assert row["mcc"]
            assert row["card_ref"]
            assert int(row["amount_fen"]) > 0


def test_ordinary_payments_use_every_channel_of_their_shop(files: Files) -> None:
    channels = Counter(row["channel"] for row, truth in files.told() if truth["intent"] == "ordinary")
    assert set(channels) == {"pos", "online", "app", "counter", "auto_debit"}
    assert channels["pos"] > channels["online"] > channels["app"] > channels["counter"]


def test_refunds_take_back_what_was_paid_and_no_more(files: Files) -> None:
    payments = {row["event_id"]: row for row, truth in files.told() if truth["fate"] not in {"conflict", "refund_of"}}
    back: Counter[str] = Counter()
    places = {truth["event_id"]: place for place, truth in reversed(list(enumerate(files.truth)))}
    first = {"same file": 0, "later file": 0}
    for place, (row, truth) in enumerate(files.told()):
        if truth["fate"] != "refund_of":
            continue
        original = payments[row["original_event_id"]]
        assert truth["original_event_id"] == row["original_event_id"]
        assert row["source"] == original["source"]
        assert row["occurred_at"] > original["occurred_at"]
        back[row["original_event_id"]] += int(row["amount_fen"])
        is_first = place < places[row["original_event_id"]]
        assert is_first == (truth["trouble"] in {"refund_first", "original_late"})
        if is_first:
            same = truth["file"] == files.truth[places[row["original_event_id"]]]["file"]
            first["same file" if same else "later file"] += 1
    assert min(first.values()) > 0, first
    assert all(fen <= int(payments[of]["amount_fen"]) for of, fen in back.items())
    assert any(fen < int(payments[of]["amount_fen"]) for of, fen in back.items())


def test_repetitions_are_the_same_and_conflicts_are_not(files: Files) -> None:
    first: dict[str, dict[str, str]] = {}
    seen = {"duplicate": 0, "conflict": 0}
    for row, truth in files.told():
        fate = truth["fate"]
        if fate in seen:
            seen[fate] += 1
            assert (row == first[row["event_id"]]) == (fate == "duplicate")
        elif row["event_id"]:
            assert row["event_id"] not in first
            first[row["event_id"]] = row
    assert min(seen.values()) > 0


def test_candidates_are_those_whom_the_account_file_permits(files: Files) -> None:
    """The oracle reads accounts.jsonl as a bank would and never looks into the generator."""
    decisions: dict[str, list[dict[str, str]]] = defaultdict(list)
    for before, after in pairwise(files.steps):
        assert before["at"] <= after["at"]
    for step in files.steps:
        decisions[step["customer_ref"]].append(step)
    needs = {scenario.id: set(scenario.consent) for scenario in packs.load().scenarios}
    checked: Counter[str] = Counter()
    for row, truth in files.told():
        if truth["intent"] not in needs or truth["fate"] in {"duplicate", "conflict", "not_green:scenario_off"}:
            continue
        expected = permission(decisions[row["customer_ref"]], row, needs[truth["intent"]])
        assert truth["fate"] == expected, (row, truth)
        checked[expected] += 1
    assert set(checked) == {"candidate", "no_account", "no_consent", "card_not_linked"}


def permission(decisions: list[dict[str, str]], row: dict[str, str], needed: set[str]) -> str:
    """What the customer had decided by the time of the act."""
    opened, consents, cards = False, set(), set()
    for step in decisions:
        if step["at"] > row["occurred_at"]:
            break
        match step["action"]:
            case "open":
                opened = True
            case "close":
                opened = False
            case "grant_consent":
                consents.add(step["purpose"])
            case "withdraw_consent":
                consents.discard(step["purpose"])
            case "link_card":
                cards.add(step["card_ref"])
            case "unlink_card":
                cards.discard(step["card_ref"])
    if not opened:
        return "no_account"
    if not needed <= consents:
        return "no_consent"
    if row["kind"] == Kind.CARD_PAYMENT and row["card_ref"] not in cards:
        return "card_not_linked"
    return "candidate"


def test_an_act_that_must_be_posted_is_far_from_every_cap(files: Files) -> None:
    """Rows that are not `may_be_capped` are the first of their day, unless nothing of the kind is near."""
    days: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row, truth in files.told():
        if truth["fate"] == "candidate" and not truth["may_be_capped"]:
            days[row["customer_ref"], truth["intent"], row["occurred_at"][:10]].append(row["event_id"])
    assert len(days) > 200
    assert all(len(events) == 1 for events in days.values())


def test_a_bank_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="customers"):
        make_bank(0, 9, 3)
    with pytest.raises(InvalidInput, match="days"):
        make_bank(9, 0, 3)
    with pytest.raises(InvalidInput, match="holds from"):
        make_bank(9, 9, 3, start=date(2020, 1, 1))
    bank = make_bank(1, 1, 3)
    with pytest.raises(InvalidInput, match="format"):
        write(bank, tmp_path, format="xml")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="split"):
        write(bank, tmp_path, split="hour")  # type: ignore[arg-type]


@pytest.mark.parametrize(("customers", "days"), [(1, 1), (1, 40), (2, 3), (30, 1)])
def test_small_banks_work(tmp_path: Path, customers: int, days: int) -> None:
    written = write(make_bank(customers, days, 5), tmp_path)
    assert written.rows > 0


def test_progress_is_told_after_each_day(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = write(make_bank(5, 4, 3), tmp_path, progress=lambda days, rows: told.append((days, rows)))
    assert [days for days, _ in told] == [1, 2, 3, 4]
    assert told[-1][1] == written.rows
