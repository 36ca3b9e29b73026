"""Who is let in: every way a token can be wrong, and for every route each role, the wrong audience and nobody.

The list of routes without a test of this is committed and empty: a new route that no test asks is named here.
"""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey
from litestar.routes import HTTPRoute
from tests.simulation.running import NOW, Bench
from tests.surface.asking import (
    ALL_OF_CUSTOMER,
    ALL_OF_PARTNER,
    ALL_OF_SYSTEM,
    CONSOLE,
    CUSTOMER,
    LIN,
    PARTNER,
    SYSTEM,
    Asker,
    FixedKeys,
    app_settings,
    issuer_keys,
    key,
    make_app,
    served,
    staff,
    token,
)

from ditan.api.edge import HEADERS, Edge
from ditan.api.identity import Identity, IssuerKeys, Needs, public_keys
from ditan.api.limiting import Rates
from ditan.api.problems import Refused, speaks_chinese
from ditan.api.roles import Role
from ditan.api.routing import needs_of
from ditan.kernel import limits
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import InvalidInput, StoreUnavailable
from ditan.kernel.ids import check_character
from ditan.kernel.settings import Settings
from ditan.store import Store

UNTESTED = Path(__file__).with_name("routes_without_authorization_test.txt")


@pytest.fixture
def app(store: Store) -> Edge:
    return make_app(store, Bench(store))


@pytest.fixture
def client(app: Edge) -> Iterator[Any]:
    with served(app) as opened:
        yield opened


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:ditan:problem:{problem['code']}"
    assert problem["title"]
    assert problem["hint"]
    return answer.status_code, problem["code"]


# --- a token that is not believed ----------------------------------------------------------------------------------


def unsigned(**claims: Any) -> str:
    def part(value: Any) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    seconds = int(NOW.timestamp())
    body = {"iss": "https://sso.bank.example", "aud": CUSTOMER, "sub": "cust-lin", "exp": seconds + 60} | claims
    return f"{part({'alg': 'none'})}.{part(body)}."


def signed_with_the_public_key() -> str:
    """The old trick: the issuer's public key, used as the secret of an HMAC."""
    from joserfc import jwt

    secret = OctKey.import_key(issuer_keys())
    claims = {"iss": "https://sso.bank.example", "aud": CUSTOMER, "sub": "cust-lin", "exp": int(NOW.timestamp()) + 60}
    return jwt.encode({"alg": "HS256", "kid": "bank-1"}, claims, secret, algorithms=["HS256"])


def tampered() -> str:
    head, body, signature = token().split(".")
    return f"{head}.{body[:-6]}AAAAAA.{signature}"


def in_seconds(seconds: int) -> int:
    return int(NOW.timestamp()) + seconds


WRONG: dict[str, tuple[Any, str]] = {
    "none": (lambda: None, "token_missing"),
    "not a token": (lambda: "abc", "token_unreadable"),
    "five parts": (lambda: "a.b.c.d.e", "token_unreadable"),
    "huge": (lambda: "a" * 9000 + ".b.c", "token_unreadable"),
    "a header that is a list": (lambda: "W10.W10.W10", "token_unreadable"),
    "alg none": (unsigned, "token_algorithm"),
    "alg HS256 with the public key": (signed_with_the_public_key, "token_algorithm"),
    "another key under its own name": (lambda: token(signed_by="thief"), "token_key"),
    "another key under the issuer's name": (
        lambda: token(signed_by="thief", header={"kid": "bank-1"}),
        "token_signature",
    ),
    "tampered": (tampered, "token_signature"),
    "another issuer": (lambda: token(iss="https://sso.other.example"), "token_issuer"),
    "no issuer": (lambda: token(iss=None), "token_issuer"),
    "another audience": (lambda: token(audience="shop"), "token_audience"),
    "no audience": (lambda: token(audience=None), "token_audience"),
    "expired": (lambda: token(exp=in_seconds(-60)), "token_expired"),
    "without an end": (lambda: token(exp=None), "token_unreadable"),
    "an end that is text": (lambda: token(exp="tomorrow"), "token_unreadable"),
    "not yet": (lambda: token(nbf=in_seconds(120)), "token_not_yet"),
    "issued in the future": (lambda: token(iat=in_seconds(120)), "token_not_yet"),
    "nobody's": (lambda: token(sub=None), "token_unreadable"),
    "an endless subject": (lambda: token("c" * 129), "token_unreadable"),
}


@pytest.mark.parametrize(("made", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_not_believed(client: Any, made: Any, expected: str) -> None:
    answer = Asker(client, made())("GET", "/v1/home")
    assert code_of(answer) == (401, expected)
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "changes",
    [{"exp": in_seconds(-59)}, {"nbf": in_seconds(59)}, {"audience": ["shop", CUSTOMER]}],
    ids=["just expired", "nearly valid", "several audiences"],
)
def test_clocks_may_differ_a_little_and_audiences_may_be_several(client: Any, changes: dict[str, Any]) -> None:
    assert Asker(client, token(**changes))("GET", "/v1/home").json()["code"] == "no_account"


def test_other_schemes_are_no_tokens(client: Any) -> None:
    for header in ("Basic YTpi", "Bearer", "Bearer ", token()):
        assert code_of(client.get("/v1/home", headers={"Authorization": header})) == (401, "token_missing")


# --- every route, every role -----------------------------------------------------------------------------------------

#: A path for each route; ids that nobody has.
EXAMPLES = {
    "{ball_id}": "ball_" + "0" * 26,
    "{act_id}": "act_" + "0" * 26,
    "{purpose}": "steps",
    "{month}": "2026-07",
    "{path}": "icon.svg",
    "{reward_id}": "tree_pine",
    "{order_id}": "order_" + "0" * 26,
    "{customer_ref}": "cust-nobody",
    "{reference}": "D-2026-000001-" + check_character("2026000001"),
    "{proposal_id}": "proposal_" + "0" * 26,
    "{batch_id}": "999999",
    "{file_sha256}": "0" * 64,
    "{partner}": "green-hill",
    "{transfer_id}": "1",
    "{planting_id}": "1",
    "{number}": "T-2026-000001-" + check_character("2026000001"),
}
PAGE = {("GET", path) for path in ("/", "/home", "/home/{path}", "/console", "/console/{path}")}
OPEN = {("GET", "/v1/certificates/{number}"), ("GET", "/v1/projects/{reward_id}")}
SIGNED = {("POST", "/v1/partner/{partner}/webhooks")}
GIVEN = {("GET", "/v1/projects"), ("GET", "/v1/plantings/{reward_id}")}
PUBLIC = {("GET", "/health"), ("GET", "/ready")} | GIVEN | PAGE


def routes(app: Edge) -> dict[tuple[str, str], Any]:
    """Every route that can be asked, with what it needs."""
    found: dict[tuple[str, str], Any] = {}
    for route in app.litestar.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            path = "/" + "/".join(
                part if isinstance(part, str) else f"{{{part.name}}}" for part in route.path_components
            )
            for method in handler.http_methods - {"OPTIONS"}:
                found[method, path] = needs_of(handler)
    return found


def check_roles(method: str, template: str, needs: Needs, ask: Any) -> None:
    """Each role is let in or refused as the route says; an auditor changes nothing and reads everything."""
    assert needs.roles
    assert needs.scope is None
    assert (Role.AUDITOR in needs.roles) is (method == "GET"), f"{method} {template}"
    for role in Role:
        answer = ask(staff(role))
        if role in needs.roles:
            assert answer.status_code not in {401, 403, 500, 503}, (method, template, role, answer.text)
        else:
            assert code_of(answer) == (403, "missing_role"), f"{method} {template} as {role}"
    for roles in ("", "owner", "AUDITOR"):
        assert code_of(ask(staff(roles, "staff-1"))) == (403, "missing_role"), template


def test_every_route_lets_in_whom_it_is_for_and_nobody_else(app: Edge, client: Any) -> None:
    tested: set[tuple[str, str]] = set()
    for (method, template), needs in sorted(routes(app).items()):
        path = template
        for name, example in EXAMPLES.items():
            path = path.replace(name, example)
        assert "{" not in path, f"{template} needs an example"

        def ask(bearer: str | None, method: str = method, path: str = path) -> Any:
            return Asker(client, bearer)(method, path)

        if (method, template) in SIGNED:  # its signature is its token: see test_api_partner.py
            assert needs is None
            assert ask(token(audience=PARTNER, scope=ALL_OF_PARTNER)).status_code in {400, 403}
        elif (method, template) in OPEN:  # nothing in it says whose it is: see test_trees.py, test_api_giving.py
            assert needs is None
            assert ask(None).status_code == 404
        elif needs is None:
            assert (method, template) in PUBLIC, f"{method} {template} is open to anybody"
            assert ask(None).status_code == 200
        else:
            audiences = {"customer": CUSTOMER, "system": SYSTEM, "partner": PARTNER, "console": CONSOLE}
            audience, others_ = audiences[needs.audience], set(audiences.values()) - {audiences[needs.audience]}
            every = f"{ALL_OF_CUSTOMER} {ALL_OF_SYSTEM} {ALL_OF_PARTNER}"
            others = " ".join(set(every.split()) - {needs.scope})
            assert code_of(ask(None)) == (401, "token_missing")
            for other in sorted(others_):
                everything = token(audience=other, scope=every, roles=list(Role))
                assert code_of(ask(everything)) == (403, "wrong_audience"), template
            if needs.audience == "console":
                check_roles(method, template, needs, ask)
                tested.add((method, template))
                continue
            assert code_of(ask(token(audience=audience, scope=others))) == (403, "missing_scope"), template
            assert code_of(ask(token(audience=audience, scope=""))) == (403, "missing_scope"), template
            assert ask(token(audience=audience, scope=needs.scope)).status_code not in {401, 403, 500}, template
        tested.add((method, template))
    untested = [f"{method} {path}" for method, path in sorted(set(routes(app)) - tested)]
    assert untested == UNTESTED.read_text(encoding="utf-8").split("\n")[:-1]


def test_a_method_that_is_not_there_and_a_path_that_is_not_there(client: Any) -> None:
    answer = client.delete("/v1/home")
    assert code_of(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    assert code_of(client.get("/v1/nothing")) == (404, "no_such_page")


# --- how it is said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "zh"),
    [
        (None, True), ("", True), ("zh-CN,zh;q=0.9,en;q=0.8", True), ("en", False), ("en-US,en;q=0.9,zh;q=0.8", False),
        ("fr", True), ("fr, en;q=0.1", False), ("zh;q=0, en;q=0.1", False), ("en;q=x, zh", True), ("*", True),
        ("zh;q=0.5,en;q=0.5", True), ("en,zh", False),
    ],
)  # fmt: skip
def test_the_reader_is_answered_in_her_language(accepted: str | None, zh: bool) -> None:
    assert speaks_chinese(accepted) is zh


def test_a_problem_speaks_both_languages(client: Any) -> None:
    zh = client.get("/v1/home", headers={"Accept-Language": "zh-CN"})
    en = client.get("/v1/home", headers={"Accept-Language": "en-GB"})
    assert (zh.json()["title"], zh.headers["content-language"]) == ("需要登录", "zh-CN")
    assert (en.json()["title"], en.headers["content-language"]) == ("A token is needed", "en")
    assert zh.json()["instance"] == f"urn:ditan:request:{zh.headers['x-request-id']}"


def test_every_answer_has_the_headers_that_protect_it(client: Any) -> None:
    lin = Asker(client, token())
    for answer in (client.get("/health"), client.get("/nothing"), client.delete("/v1/home"), lin("GET", "/v1/home")):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert len(answer.headers["x-request-id"]) == 16


# --- how often -------------------------------------------------------------------------------------------------------


def test_a_bucket_is_emptied_and_fills_with_time() -> None:
    rates, now = Rates(per_minute=6), NOW
    assert [rates.wait_seconds("lin", now) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    assert rates.wait_seconds("wang", now) == 0
    assert rates.wait_seconds("lin", now + timedelta(seconds=9)) == 1
    assert rates.wait_seconds("lin", now + timedelta(seconds=10)) == 0
    assert rates.wait_seconds("lin", now + timedelta(seconds=10)) == 10
    assert [rates.wait_seconds("lin", now + timedelta(days=3)) for _ in range(7)] == [0] * 6 + [10]


def test_who_asks_too_often_waits(store: Store) -> None:
    clock = FixedClock(NOW)
    with served(make_app(store, Bench(store), clock, requests_per_minute=2)) as client:
        lin, wang = Asker(client, token()), Asker(client, token("cust-wang"))
        assert [lin("GET", "/v1/home").status_code for _ in range(3)] == [404, 404, 429]
        refused = lin("GET", "/v1/home")
        assert code_of(refused) == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "30"
        assert wang("GET", "/v1/home").status_code == 404
        clock.advance(timedelta(seconds=30))
        assert lin("GET", "/v1/home").status_code == 404


# --- keys of the issuer ----------------------------------------------------------------------------------------------


def asked(identity: Identity, signed_by: str, later: timedelta) -> str:
    """What becomes of a token, so much later: the code of the refusal, or the subject."""
    now = NOW + later
    try:
        return asyncio.run(identity.welcome(f"Bearer {token(now=now, signed_by=signed_by)}", now)).subject
    except Refused as refused:
        return refused.code


def test_keys_are_read_from_a_file_and_again_when_one_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(issuer_keys())
    identity = Identity(app_settings(Settings(home=tmp_path)), IssuerKeys(str(file)))
    assert asked(identity, "bank-1", timedelta(0)) == LIN
    file.write_text(json.dumps({"keys": [key(name).as_dict(private=False) for name in ("bank-1", "bank-2")]}))
    assert asked(identity, "bank-2", timedelta(seconds=29)) == "token_key"  # not asked again so soon
    assert asked(identity, "bank-2", timedelta(seconds=30)) == LIN
    assert identity.keys.find(None) is None  # which of the two?
    file.unlink()
    assert asked(identity, "bank-2", timedelta(hours=3)) == LIN  # the issuer is away: the keys we know are good
    file.write_bytes(issuer_keys())
    assert asked(identity, "bank-2", timedelta(hours=5)) == "token_key"  # the issuer no longer has it


def test_a_token_that_was_believed_is_looked_at_again(tmp_path: Path) -> None:
    """Only its signature is not checked twice: it runs out, and a key that was replaced takes its tokens along."""
    file = tmp_path / "jwks.json"
    file.write_bytes(issuer_keys())
    identity = Identity(app_settings(Settings(home=tmp_path)), IssuerKeys(str(file)))
    bearer = f"Bearer {token(exp=int(NOW.timestamp()) + 86_400)}"

    def again(later: timedelta) -> str:
        try:
            return asyncio.run(identity.welcome(bearer, NOW + later)).subject
        except Refused as refused:
            return refused.code

    assert [again(timedelta(0)), again(timedelta(minutes=5))] == [LIN, LIN]
    forged = bearer[:-4] + ("AAAA" if bearer[-4:] != "AAAA" else "BBBB")
    with pytest.raises(Refused, match="signature"):
        identity.identify(forged, NOW)
    file.write_text(json.dumps({"keys": [key("another").as_dict(private=False) | {"kid": "bank-1"}]}))
    assert again(timedelta(hours=2)) == "token_signature"
    file.write_bytes(issuer_keys())
    assert again(timedelta(hours=4)) == LIN
    assert again(timedelta(days=2)) == "token_expired"


def test_tokens_that_were_believed_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(limits, "tokens_proved_max", 2)
    identity = Identity(app_settings(Settings(home=tmp_path)), FixedKeys())
    for number in range(5):
        assert identity.identify(f"Bearer {token(f'cust-{number}')}", NOW).subject == f"cust-{number}"
    assert len(identity._proved) == 2


def test_no_keys_at_all_is_our_fault_not_the_customers(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    identity = Identity(app_settings(Settings(home=tmp_path)), IssuerKeys(str(file)))
    for later in (0, 10):
        with pytest.raises(StoreUnavailable):
            asked(identity, "bank-1", timedelta(seconds=later))
    file.write_bytes(issuer_keys())
    assert asked(identity, "bank-1", timedelta(seconds=40)) == LIN


@pytest.mark.parametrize("source", ["http://sso.bank.example/jwks", "ftp://127.0.0.1/jwks", "file:///etc/passwd"])
def test_keys_do_not_come_over_an_open_wire(source: str) -> None:
    with pytest.raises(InvalidInput):
        IssuerKeys(source)


def test_a_symmetric_key_is_refused() -> None:
    secret = OctKey.generate_key(256).as_dict(private=True)
    with pytest.raises(InvalidInput):
        public_keys(json.dumps({"keys": [secret]}).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"token_algorithms": "none"}, {"token_algorithms": "ES256 HS256"}, {"token_algorithms": " "},
        {"token_issuer": None}, {"token_system_audience": CUSTOMER},
    ],
)  # fmt: skip
def test_settings_that_would_let_anybody_in_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    from msgspec.structs import replace

    settings = replace(app_settings(Settings(home=tmp_path)), **changes)
    with pytest.raises(InvalidInput):
        Identity(settings, FixedKeys())
