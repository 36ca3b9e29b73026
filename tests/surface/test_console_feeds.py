"""What came in, and a CSV of refused rows that is corrected and sent again: it posts exactly what was missing."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import MONDAY, Asker, staff
from tests.surface.conftest import LATER

from ditan import feed
from ditan.flow import Desk, take_file
from ditan.kernel import limits
from ditan.testing import factories
from ditan.testing.rows import COLUMNS, cells, line

RIDE = factories.event("metro_ride")
CSV = {"Content-Type": "text/csv"}
FILES = "/v1/console/feeds/files"


def desk(client: Any, role: str) -> Asker:
    return Asker(client, staff(role, now=MONDAY, exp=LATER))


@pytest.fixture
def operator(client: Any) -> Asker:
    return desk(client, "operator")


def rows_of(*events: Any, **changes: str) -> bytes:
    """A CSV of events; `changes` break the column of every row."""
    rows = [(cells(event) | changes).values() for event in events]
    return "".join(f"{line(row)}\n" for row in (COLUMNS, *rows)).encode()


def good_and_bad() -> bytes:
    """Two rides and a payment that are fine, a conflict, a duplicate, a refund too early, and three rows to correct."""
    fine = rows_of(
        RIDE, RIDE, replace(RIDE, amount_fen=500), factories.payment(), factories.event("bus_ride"),
        replace(factories.refund(RIDE, 100), event_id="early", original_event_id="not-yet"),
    )  # fmt: skip
    bad = rows_of(*(factories.event(name) for name in ("rail_travel", "ev_charging")), occurred_at="yesterday")
    worse = rows_of(factories.event("coach_travel"), currency="rmb")
    return fine + b"".join(each.split(b"\n", 1)[1] for each in (bad, worse))


def send(asker: Asker, body: bytes, name: str = "SETL_20260706.csv", **given: Any) -> Any:
    return asker("POST", f"{FILES}?name={name}", content=body, headers=CSV, **given)


def corrected(sent_back: bytes, **cells: str) -> bytes:
    """What somebody makes of it in a spreadsheet."""
    lines = list(csv.DictReader(io.StringIO(sent_back.decode("utf-8-sig"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, lines[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(each | {name: value for name, value in cells.items() if each["field"] == name} for each in lines)
    return out.getvalue().encode()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def acts(bench: Bench) -> int:
    return int(bench.one("SELECT count(*) FROM ledger.act"))


def test_refused_rows_corrected_and_sent_again_post_exactly_the_missing_acts(
    bench: Bench, client: Any, operator: Asker
) -> None:
    first = send(operator, good_and_bad(), key="first").json()
    report, sha = first["report"], first["file_sha256"]
    assert (report["rows_read"], report["posted"], report["rejected"], acts(bench)) == (9, 2, 4, 2)
    told = operator.get(f"{FILES}/{sha}/rejections")
    assert [(c["code"], c["rows"], [e["row_number"] for e in c["examples"]]) for c in told["codes"]] == [
        ("bad_time", 2, [7, 8]), ("bad_currency", 1, [9]),
    ]  # fmt: skip
    assert (told["rows"], told["kept"], told["file_name"]) == (3, True, "SETL_20260706.csv")
    assert all(each["meaning"]["zh"] and each["meaning"]["en"] for each in told["codes"])

    sent_back = operator("GET", f"{FILES}/{sha}/rejected.csv")
    assert sent_back.headers["content-type"].startswith("text/csv")
    half = corrected(sent_back.content, occurred_at=RIDE.occurred_at.isoformat())
    second = send(operator, half, "fixed.csv").json()
    assert (second["report"]["rows_read"], second["report"]["posted"], second["report"]["rejected"]) == (
        4,
        2,
        1,
    )  # the conflict is one again
    rest = operator("GET", f"{FILES}/{second['file_sha256']}/rejected.csv").content
    third = send(operator, corrected(rest, currency="CNY"), "fixed.csv", key="third")
    assert (third.json()["report"]["posted"], acts(bench)) == (1, 5)
    again = send(operator, corrected(rest, currency="CNY"), "fixed.csv", key="third")
    assert (again.json(), again.headers["idempotency-replayed"]) == (third.json(), "true")
    assert code(send(operator, good_and_bad(), key="third")) == (409, "key_used_before")
    whole = send(operator, good_and_bad().replace(b"yesterday", RIDE.occurred_at.isoformat().encode())).json()
    assert (whole["report"]["posted"], acts(bench)) == (0, 5)  # what was posted from the corrected file is known
    assert bench.broken() == {}
    assert list((bench.settings.home / "uploads").iterdir()) == []

    logged = desk(client, "auditor").get(f"/v1/console/changes?subject={sha}")["changes"]
    assert [each["action"] for each in logged] == ["rejections.taken", "file.posted", "file.received"]
    assert logged[1]["after"]["posted"] == 2


def test_every_row_goes_out_where_it_came_in(bench: Bench, client: Any, operator: Asker) -> None:
    send(operator, good_and_bad())
    send(operator, rows_of(replace(RIDE, amount_fen=700)), "later.csv")
    auditor = desk(client, "auditor")
    page = auditor.get("/v1/console/feeds/batches?limit=1")
    rest = auditor.get(f"/v1/console/feeds/batches?limit=1&cursor={page['next_cursor']}")
    [later], [first] = page["batches"], rest["batches"]
    assert (later["file_name"], first["file_name"], rest["next_cursor"]) == ("later.csv", "SETL_20260706.csv", None)
    one = auditor.get(f"/v1/console/feeds/batches/{first['batch_id']}")
    assert [(b["stage"], b["rows_in"], b["rows_out"], b["balanced"]) for b in one["boundaries"]] == [
        ("accept", 9, 9, True), ("recognize", 4, 4, True), ("quantify", 2, 2, True), ("post", 3, 3, True),
    ]  # fmt: skip
    assert {each["code"]: each["rows"] for each in one["boundaries"][0]["lines"]} == {
        "accepted": 4, "bad_time": 2, "duplicate": 1, "conflict": 1, "bad_currency": 1,
    }  # fmt: skip
    assert one["batch"] == first
    assert first["balanced"]
    assert sum(each["carbon_mg"] for each in one["scenarios"]) == first["carbon_mg"] > 0
    assert sum(each["energy"] for each in one["scenarios"]) == first["energy"]
    bench.corrupt(f"UPDATE feed.tally SET rows = rows - 1 WHERE batch_id = {first['batch_id']} AND code = 'accepted'")
    broken = auditor.get(f"/v1/console/feeds/batches/{first['batch_id']}")
    assert [each["balanced"] for each in broken["boundaries"]] == [False, False, True, True]
    assert not broken["batch"]["balanced"]
    assert auditor("GET", "/v1/console/feeds/batches/999").status_code == 404

    conflicts = auditor.get("/v1/console/feeds/conflicts")["conflicts"]
    assert sorted((c["file_name"], c["row_number"], c["first_is"]) for c in conflicts) == [
        ("SETL_20260706.csv", 3, "act"), ("later.csv", 1, "act"),
    ]  # fmt: skip
    waiting = auditor.get("/v1/console/feeds/refunds")
    assert [(r["amount_fen"], r["names_original"], r["batch_id"]) for r in waiting["refunds"]] == [
        (100, True, first["batch_id"])
    ]
    assert [(age["days_from"], age["refunds"], age["amount_fen"]) for age in waiting["ages"]] == [
        (0, 1, 100), (1, 0, 0), (3, 0, 0), (7, 0, 0),
    ]  # fmt: skip
    assert "cust-" not in json.dumps([page, one, conflicts, waiting])


def test_the_csv_of_another_file_of_the_same_name_is_not_given(
    bench: Bench, operator: Asker, client: Any, tmp_path: Path
) -> None:
    """`ditan ingest` names it after the file; a later file of this name takes its place."""
    shas = []
    for event in (RIDE, replace(RIDE, event_id="other")):
        file = tmp_path / "day.csv"
        file.write_bytes(rows_of(event, occurred_at="yesterday"))
        with duckdb.connect(config=feed.ENGINE) as duck:
            place = Desk(bench.store, bench.settings, duck, bench.schedule, bench.mapping, bench.clock)
            take_file(place, file, bench.settings.home / "rejected" / "day.rejected.csv", lambda _bytes, _rows: None)
        shas.append(feed.digest(file))
        assert operator.get(f"{FILES}/{shas[-1]}/rejections")["kept"]
    first, second = shas
    gone = operator.get(f"{FILES}/{first}/rejections")
    assert (gone["kept"], gone["rows"], bool(gone["why_not"]["zh"])) == (False, 1, True)
    assert code(operator("GET", f"{FILES}/{first}/rejected.csv")) == (404, "not_found")
    assert b"other" in operator("GET", f"{FILES}/{second}/rejected.csv").content


def test_what_cannot_be_taken_is_refused_as_a_whole(bench: Bench, client: Any, operator: Asker) -> None:
    good, left = rows_of(RIDE), bench.settings.home / "uploads" / "of-a-killed-server"
    left.mkdir(parents=True)
    (left / "day.csv").write_bytes(good)
    for status, answer in (
        (400, send(operator, good, "..%2Fday.csv")),
        (400, send(operator, good, "6222021234567890128.csv")),
        (400, send(operator, good, "day.csv&feed=%2Fetc%2Fpasswd")),
        (400, send(operator, b"")),
        (400, send(operator, b"a,b\n1,2\n")),
        (413, send(operator, b"a" * (limits.upload_bytes_max + 1))),
        (415, send(operator, b"\x1f\x8b" + good)),
        (415, operator("POST", f"{FILES}?name=day.csv", json={})),
        (403, send(desk(client, "approver"), good)),
        (403, desk(client, "service")("GET", "/v1/console/feeds/batches")),
    ):
        assert answer.status_code == status, (status, answer.text)
        assert str(bench.settings.home) not in answer.text
    assert (acts(bench), list((bench.settings.home / "uploads").iterdir())) == (0, [])
