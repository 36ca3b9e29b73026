"""Customer service looks at one customer at a time, with a reason that is kept before anything is shown."""

from pathlib import Path
from typing import Any

import pytest
from tests.simulation.running import Bench
from tests.surface.asking import LIN, Asker
from tests.surface.test_api_disputes import dispute, name_of, ride
from tests.surface.test_console_proposals import GIFT, SAME, code, desk

from ditan import ledger
from ditan.ledger import Collection

WHY = {"reason": "来电工单 8841"}
PATH = f"/v1/console/customers/{LIN}"


@pytest.fixture
def service(client: Any) -> Asker:
    return desk(client, "service")


@pytest.fixture
def auditor(client: Any) -> Asker:
    return desk(client, "auditor")


@pytest.fixture
def rides(bench: Bench, tmp_path: Path) -> Bench:
    bench.ingest_events("rides", [ride("a", 3), ride("b", 30), ride("c", 60)], tmp_path)
    return bench


def looks(auditor: Asker, query: str = "") -> list[tuple[Any, ...]]:
    found = auditor.get(f"/v1/console/accesses{query}")["accesses"]
    return [(each["actor"], each["role"], each["customer"], each["what"], each["reason"]) for each in found]


def test_nobody_is_looked_at_without_a_reason(rides: Bench, client: Any, service: Asker, auditor: Asker) -> None:
    for path in (PATH, f"{PATH}/timeline", f"{PATH}/acts/{name_of('a')}/explanation"):
        for query in ({}, {"reason": ""}, {"reason": "嗯"}, {"reason": "     "}, {"reason": "打 13812345678 问问"}):
            assert code(service("GET", path, params=query)) == (400, "invalid_input"), (path, query)
        assert code(desk(client, "operator")("GET", path, params=WHY)) == (403, "missing_role")
    assert looks(auditor) == []
    assert service.get(PATH, params=WHY)["customer"] == "****-lin"
    assert code(service("GET", "/v1/console/customers/cust-nobody", params=WHY)) == (404, "not_found")
    assert looks(auditor) == [
        ("staff-service", "service", None, "customer", WHY["reason"]),
        ("staff-service", "service", "****-lin", "customer", WHY["reason"]),
    ]
    assert looks(auditor, f"?customer_ref={LIN}") == looks(auditor)[1:]
    assert looks(auditor, "?actor=staff-auditor") == []


def test_a_look_that_cannot_be_written_down_shows_nothing(rides: Bench, service: Asker) -> None:
    rides.corrupt("REVOKE INSERT ON console.access_log FROM ditan_app")
    assert service("GET", PATH, params=WHY).status_code == 500
    assert LIN not in service("GET", f"{PATH}/timeline", params=WHY).text


def test_a_customer_is_shown_masked(rides: Bench, service: Asker) -> None:
    shown = service("GET", PATH, params=WHY)
    assert LIN not in shown.text.replace(PATH, "")
    assert "card-lin-d" not in shown.text
    found = shown.json()
    assert (found["acts"], found["balance"]["carbon_mg"]) == (
        3, rides.one("SELECT carbon_mg FROM ledger.holder JOIN accounts.customer USING (customer_id)"
                     " WHERE customer_ref = %s", LIN),
    )  # fmt: skip
    assert [each["card"] for each in found["cards"]] == ["****in-d"]
    assert {each["purpose"] for each in found["consents"]} == {"card_payments", "whereabouts", "steps"}


def test_her_timeline_has_everything_in_order_page_by_page(
    rides: Bench, client: Any, lin: Asker, service: Asker
) -> None:
    reference = dispute(lin, "a").json()["reference"]
    operator, approver = desk(client, "operator"), desk(client, "approver")
    made = operator.post("/v1/console/proposals", json=GIFT)
    approver.post(f"/v1/console/proposals/{made['proposal_id']}/approve", json=SAME)
    rides.store.run(
        lambda c: ledger.collect(
            c, [Collection(customer_id=ledger.find_customer(c, LIN), request_id="t")], rides.clock.now()
        )
    )
    said = {"upheld": True, "because_zh": "里程已核实", "because_en": "Checked"}
    service.post(f"/v1/console/disputes/{reference}/answer", json=said)
    whole = service.get(f"{PATH}/timeline", params=WHY | {"limit": 100})
    lines = whole["lines"]
    assert whole["next_cursor"] is None
    assert [line["at"] for line in lines] == sorted((line["at"] for line in lines), reverse=True)
    kinds = [line["kind"] for line in lines]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "act": 3, "adjust": 1, "collect": 1, "dispute": 2, "consent": 3, "card": 1, "account": 1,
        "notice": kinds.count("notice"),
    }  # fmt: skip
    assert kinds.count("notice") >= 1
    gift = next(line for line in lines if line["kind"] == "adjust")
    assert (gift["energy"], gift["reason"], gift["made_by"], gift["decided_by"]) == (
        300, GIFT["reason"], "staff-operator", "staff-approver",
    )  # fmt: skip
    assert {line["body"]["zh"] for line in lines if line["kind"] == "dispute"} == {reference}
    assert sum(line["carbon_mg"] for line in lines) == service.get(PATH, params=WHY)["balance"]["carbon_mg"]
    paged: list[Any] = []
    cursor: str | None = None
    for _ in range(20):
        page = service.get(f"{PATH}/timeline", params=WHY | {"limit": 3} | ({"cursor": cursor} if cursor else {}))
        paged, cursor = paged + page["lines"], page["next_cursor"]
        if cursor is None:
            break
    assert paged == lines
    assert code(service("GET", "/v1/console/customers/nobody/timeline", params=WHY)) == (404, "not_found")


def test_an_act_is_explained_as_on_her_own_page(rides: Bench, lin: Asker, service: Asker, auditor: Asker) -> None:
    own = lin.get(f"/v1/acts/{name_of('a')}/explanation")
    path = f"acts/{name_of('a')}/explanation"
    assert service.get(f"{PATH}/{path}", params=WHY) == own
    assert code(service("GET", f"/v1/console/customers/cust-wang/{path}", params=WHY)) == (404, "not_found")
    assert [what for _, _, _, what, _ in looks(auditor)] == [f"explanation {name_of('a')}"] * 2


def test_a_dispute_is_answered_once_and_the_log_tells_it(
    rides: Bench, client: Any, lin: Asker, service: Asker, auditor: Asker
) -> None:
    reference = dispute(lin, "b", "refunded", "款已退").json()["reference"]
    [queued] = service.get("/v1/console/disputes")["disputes"]
    assert (queued["reference"], queued["customer"], queued["state"]) == (reference, "****-lin", "open")
    assert "ditan ingest" in queued["correction"]["en"]
    path = f"/v1/console/disputes/{reference}"
    assert code(service("GET", path)) == (400, "invalid_input")
    assert service.get(path, params=WHY)["customer_ref"] == LIN
    assert looks(auditor)[0][3] == f"dispute {reference}"
    said = {"upheld": False, "because_zh": "退款未到账", "because_en": "No refund has arrived"}
    assert code(desk(client, "operator")("POST", f"{path}/answer", json=said)) == (403, "missing_role")
    assert service("POST", f"{path}/answer", json=said | {"because_zh": "电话 13812345678"}).status_code == 400
    assert service.post(f"{path}/answer", json=said)["state"] == "declined"
    assert code(desk(client, "service", "staff-other")("POST", f"{path}/answer", json=said)) == (409, "conflict")
    assert code(service("POST", f"{path}/answer", json=said)) == (409, "conflict")
    assert service.get("/v1/console/disputes")["disputes"] == []
    assert len(service.get("/v1/console/disputes?open=false")["disputes"]) == 1
    [told] = auditor.get("/v1/console/changes?action=dispute.answered")["changes"]
    assert (told["actor"], told["before"], told["after"]) == ("staff-service", {"state": "open"}, said)
    misread = reference[:-1] + ("1" if reference[-1] == "0" else "0")
    assert code(service("POST", f"/v1/console/disputes/{misread}/answer", json=said)) == (404, "not_found")


def test_who_is_erased_is_nobody_in_the_logs_as_well(rides: Bench, client: Any, lin: Asker, service: Asker) -> None:
    reference = dispute(lin, "a", words="我没坐过").json()["reference"]
    service.get(PATH, params=WHY)
    made = desk(client, "operator").post("/v1/console/proposals", json=GIFT)
    desk(client, "approver").post(f"/v1/console/proposals/{made['proposal_id']}/approve", json=SAME)
    said = {"upheld": True, "because_zh": "已核实", "because_en": "Checked"}
    service.post(f"/v1/console/disputes/{reference}/answer", json=said)
    number = rides.one("SELECT customer_id FROM accounts.customer WHERE customer_ref = %s", LIN)
    lin.post("/v1/account/close")
    assert lin.post("/v1/account/erase") == {"erased": True}
    auditor = desk(client, "auditor")
    assert looks(auditor) == [("staff-service", "service", None, "customer", "erased")]
    changes = auditor.get("/v1/console/changes")["changes"]
    assert [each["reason"] for each in changes] == [None, "erased", "erased"]
    [answered] = [each for each in changes if each["action"] == "dispute.answered"]
    assert answered["after"] is None
    [proposal] = auditor.get("/v1/console/proposals")["proposals"]
    assert (proposal["customer"], proposal["reason"], proposal["opinion"]) == (None, "erased", "erased")
    remembered = str(rides.ask("SELECT answer FROM api.request"))
    assert all(word not in remembered for word in ("-lin", "我没坐过", "已核实"))
    for table in ("insight.presence", "console.access_log", "ledger.proposal"):
        assert rides.one(f"SELECT count(*) FROM {table} WHERE customer_id = %s", number) == 0
    assert rides.broken() == {}
