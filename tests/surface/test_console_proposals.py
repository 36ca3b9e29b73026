"""Two people decide: who may what, what moves, and what the logs say of it, at the API and in the database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker, staff
from tests.surface.conftest import LATER

from ditan import ledger
from ditan.api.documenting import document
from ditan.ledger import LimitedKind

GIFT = {"kind": "adjustment", "customer_ref": LIN, "amount": 300, "reason": "来电工单 8841：少记一次"}
SAME = {"opinion": "核对过工单，同意"}


def desk(client: Any, roles: str, subject: str = "") -> Asker:
    return Asker(client, staff(roles, subject, now=MONDAY, exp=LATER))


@pytest.fixture
def operator(client: Any) -> Asker:
    return desk(client, "operator")


@pytest.fixture
def approver(client: Any) -> Asker:
    return desk(client, "approver")


def made(operator: Asker, **changes: Any) -> Any:
    return operator.post("/v1/console/proposals", json=GIFT | changes)


def available(bench: Bench) -> int:
    return bench.store.read(lambda c: ledger.balance(c, LIN, bench.clock.now())).available_energy


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_one_proposes_another_decides_and_the_log_tells_it(
    bench: Bench, client: Any, operator: Asker, approver: Asker
) -> None:
    proposal = made(operator)
    path = f"/v1/console/proposals/{proposal['proposal_id']}"
    assert (proposal["state"], proposal["may"], proposal["customer"]) == ("proposed", ["withdraw"], "****-lin")
    assert [(c["id"], c["before"], c["after"]) for c in proposal["consequences"]] == [
        ("available_energy", 0, 300), ("owed_energy", 0, 0),
    ]  # fmt: skip
    assert available(bench) == 0
    assert code(operator("POST", f"{path}/approve", json=SAME)) == (403, "missing_role")
    both = desk(client, "operator approver", "staff-operator")  # the same person, in two roles
    assert code(both("POST", f"{path}/approve", json=SAME)) == (409, "conflict")
    assert both.get(path)["may"] == ["withdraw"]
    assert approver.get(path)["may"] == ["approve", "refuse"]
    assert available(bench) == 0

    done = approver.post(f"{path}/approve", json=SAME, key="once")
    assert (done["state"], done["decided_by"], done["opinion"]) == ("applied", "staff-approver", SAME["opinion"])
    assert available(bench) == 300
    again = approver("POST", f"{path}/approve", json=SAME, key="once")
    assert again.headers["idempotency-replayed"] == "true"
    assert code(approver("POST", f"{path}/approve", json=SAME)) == (409, "conflict")
    assert code(operator("POST", f"{path}/withdraw")) == (409, "conflict")
    assert available(bench) == 300

    changes = desk(client, "auditor").get("/v1/console/changes")["changes"]
    assert [(c["action"], c["actor"], c["role"], c["reason"]) for c in changes] == [
        ("proposal.approved", "staff-approver", "approver", SAME["opinion"]),
        ("proposal.made", "staff-operator", "operator", GIFT["reason"]),
    ]
    assert changes[0]["before"] == {"state": "proposed"}
    assert changes[0]["after"] == {"state": "applied", "amount": 300}
    assert LIN not in str(changes)
    assert bench.broken() == {}


def test_an_approver_makes_nothing_and_an_auditor_changes_nothing(client: Any, approver: Asker) -> None:
    for asker in (approver, desk(client, "auditor"), desk(client, "risk"), desk(client, "admin")):
        assert code(asker("POST", "/v1/console/proposals", json=GIFT)) == (403, "missing_role")
    me = desk(client, "auditor").get("/v1/console/me")
    assert me["read_only"]
    assert all(name.startswith("get_") for name in me["may"])
    may = desk(client, "operator service approver risk admin").get("/v1/console/me")["may"]
    paths = document()["paths"]
    named = {
        found["operationId"] for path in paths.values() for found in path.values() if found.get("tags") == ["console"]
    }
    assert set(may) == named


def test_what_is_refused_or_withdrawn_moves_nothing(
    bench: Bench, client: Any, operator: Asker, approver: Asker
) -> None:
    refused = approver.post(f"/v1/console/proposals/{made(operator)['proposal_id']}/refuse", json=SAME)
    assert (refused["state"], refused["may"]) == ("refused", [])
    path = f"/v1/console/proposals/{made(operator)['proposal_id']}"
    assert code(desk(client, "operator", "staff-other")("POST", f"{path}/withdraw")) == (409, "conflict")
    assert operator.post(f"{path}/withdraw")["state"] == "withdrawn"
    assert code(approver("POST", f"{path}/approve", json=SAME)) == (409, "conflict")
    assert available(bench) == 0
    states = {each["state"] for each in approver.get("/v1/console/proposals")["proposals"]}
    assert states == {"refused", "withdrawn"}
    assert approver.get("/v1/console/proposals?state=proposed")["proposals"] == []
    with bench.store.unit_of_work() as connection:  # the command line lists and decides the same proposals
        assert ledger.open_proposals(connection) == []


def test_units_of_a_fund_and_what_cannot_be(bench: Bench, operator: Asker, approver: Asker) -> None:
    bench.store.run(lambda c: ledger.open_limited(c, LimitedKind.FUND, "fund:x", "fen", bench.clock.now()))
    supply = {"kind": "supply", "limited": "fund:x", "amount": 500, "reason": "第三季度预算"}
    first = operator.post("/v1/console/proposals", json=supply)
    assert [(c["before"], c["after"]) for c in first["consequences"]] == [(0, 500)]
    approver.post(f"/v1/console/proposals/{first['proposal_id']}/approve", json=SAME)
    assert bench.one("SELECT balance FROM ledger.limited WHERE name = 'fund:x'") == 500
    for wrong in (
        supply | {"amount": -501}, GIFT | {"amount": -1}, GIFT | {"amount": 0}, GIFT | {"reason": "  嗯   "},
        GIFT | {"limited": "fund:x"}, supply | {"customer_ref": LIN}, GIFT | {"amount": 1_000_001},
        GIFT | {"reason": "请打 13812345678 核对"}, {"kind": "factor", "amount": 1, "reason": "改一个因子"},
    ):  # fmt: skip
        assert operator("POST", "/v1/console/proposals", json=wrong).status_code == 400, wrong
    assert code(operator("POST", "/v1/console/proposals", json=GIFT | {"customer_ref": "nobody"})) == (404, "not_found")
    waiting = operator.post("/v1/console/proposals", json=supply | {"amount": -500})
    fund = bench.one("SELECT limited_id FROM ledger.limited WHERE name = 'fund:x'")
    bench.store.run(
        lambda c: ledger.decide(
            c,
            ledger.propose(c, "cli", -1, limited_id=fund, reason="花掉", maker="wang", now=bench.clock.now()),
            checker="li", approve=True, now=bench.clock.now(),
        )
    )  # fmt: skip
    late = approver("POST", f"/v1/console/proposals/{waiting['proposal_id']}/approve", json=SAME)
    assert late.status_code == 409  # there is less by now: nothing of it is kept
    assert approver.get(f"/v1/console/proposals/{waiting['proposal_id']}")["state"] == "proposed"


def test_it_is_decided_once_when_it_is_asked_twice_at_the_same_moment(
    bench: Bench, client: Any, operator: Asker, approver: Asker
) -> None:
    path = f"/v1/console/proposals/{made(operator)['proposal_id']}/approve"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with (
        ThreadPoolExecutor(2) as hands,
        bench.store.connect_owner() as watcher,
        bench.store.unit_of_work() as connection,  # ends first
    ):
        connection.execute("SELECT FROM ledger.proposal FOR UPDATE")  # both have begun before either can go on
        answers = [hands.submit(approver, "POST", path, json=SAME) for _ in range(2)]
        while watcher.execute(waiting).fetchall() != [(2,)]:
            assert not any(answer.done() for answer in answers)
    answers = [answer.result() for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert available(bench) == 300
    assert bench.one("SELECT count(*) FROM console.audit_log WHERE action = 'proposal.approved'") == 1


def test_the_database_holds_it_as_well(bench: Bench, operator: Asker) -> None:
    made(operator)
    with pytest.raises(psycopg.errors.CheckViolation, match="two_people"):
        bench.corrupt("UPDATE ledger.proposal SET checker = maker, decided_at = now(), approved = true")
    with pytest.raises(psycopg.errors.CheckViolation, match="decided_by_somebody"):
        bench.corrupt("UPDATE ledger.proposal SET approved = true")
    for table in ("console.audit_log", "console.access_log"):
        for statement in (f"UPDATE {table} SET actor = 'nobody'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with bench.store.unit_of_work() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_log_is_paged_and_searched(client: Any, operator: Asker, approver: Asker) -> None:
    ids = [made(operator, amount=amount)["proposal_id"] for amount in (1, 2, 3)]
    auditor = desk(client, "auditor")
    first = auditor.get("/v1/console/changes?limit=2")
    rest = auditor.get(f"/v1/console/changes?limit=2&cursor={first['next_cursor']}")
    amounts = [each["after"]["amount"] for each in (*first["changes"], *rest["changes"])]
    assert (amounts, rest["next_cursor"]) == ([3, 2, 1], None)
    for query, found in {
        "actor=staff-operator": 3, "actor=staff-approver": 0, "action=proposal.made": 3, "q=8841": 3, "q=88%251": 0,
        "q=%2525": 0, "from=2026-07-06T00:00:00Z": 3, "to=2026-07-06T00:00:00Z": 0,
    }.items():  # fmt: skip
        assert len(auditor.get(f"/v1/console/changes?{query}")["changes"]) == found, query
    listed = operator.get("/v1/console/proposals?limit=2")
    more = operator.get(f"/v1/console/proposals?limit=2&cursor={listed['next_cursor']}")
    assert {each["proposal_id"] for each in (*listed["proposals"], *more["proposals"])} == set(ids)
