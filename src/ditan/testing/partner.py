"""A partner that does not exist: takes orders, delivers, says so, and misbehaves on request. A process of its own.

    python -m ditan.testing.partner --secret whsec_… --webhooks http://127.0.0.1:8000/v1/partner/moving-life

It keeps the one promise that every partner must: the same key is the same order. All else can go wrong; see `Behavior`.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from ditan.kernel.clock import SYSTEM_CLOCK, Clock
from ditan.kernel.demo import DemoClock
from ditan.kernel.settings import load_settings
from ditan.kernel.webhooks import Disbelieved, believe, read_secret, sign

_MINUTE: Final = timedelta(minutes=1)
_OVER: Final = frozenset({"fulfilled", "partly_fulfilled", "failed", "withdrawn", "written_off", "cancelled"})


class Behavior(StrEnum):
    """How it deals with an order."""

    HONEST = "honest"  # confirms, then delivers within the hour
    AT_ONCE = "at_once"  # delivers while it is asked
    SLOW = "slow"  # takes the order, and answers when nobody waits any more
    DROPS = "drops"  # takes the order, and hangs up
    TWICE = "twice"  # says everything twice, under the same id and under another
    LATE = "late"  # delivers minutes before the deadline
    NEVER = "never"  # delivers, and says nothing unless it is asked
    SILENT = "silent"  # takes the order and does nothing
    GARBAGE = "garbage"  # answers what nobody can read, the first times
    DOWN = "down"  # 503, the first times
    FORGETS = "forgets"  # does not know the order when it is first asked for it
    REFUSES = "refuses"  # out of stock
    DELAYS = "delays"  # the weather; then something equal
    PARTLY = "partly"  # one less than was ordered
    AFTER_DEADLINE = "after_deadline"  # delivers when it must not any more


class Taken(Struct, kw_only=True):
    """An order as the partner keeps it."""

    order_id: str
    quantity: int
    deadline: datetime
    behavior: Behavior
    status: str = "received"
    delivered: int | None = None
    reason: str = "by_partner"
    calls: int = 0
    sent: int = 0  # how often the bank sent it
    asked: int = 0
    deliveries: int = 0
    keys: set[str] = field(default_factory=set)
    deliver_to: dict[str, str] | None = None
    agrees: bool | None = None  # to cancel it; decided by the seed when it is asked


class Reply(NamedTuple):
    """What a call is answered: `status` 0 hangs up; `wait`: first let the caller give up."""

    status: int
    body: bytes = b""
    wait: bool = False


class Message(NamedTuple):
    """A webhook that is to be sent."""

    order_id: str
    webhook_id: str
    body: bytes


class PartnerSimulator:
    """The partner itself, without a network: calls come in by `handle`, time by `tick`, and messages go out of it."""

    def __init__(self, secret: str, clock: Clock, behavior: Behavior | None = None, seed: int = 1) -> None:
        self.secret, self.clock, self.behavior, self.seed = read_secret(secret), clock, behavior, seed
        self.orders: dict[str, Taken] = {}
        self.strange: list[str] = []  # calls that broke the contract
        self._plans: list[tuple[datetime, str, dict[str, Any]]] = []
        self._said = 0
        self._lock = threading.Lock()

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one call of the bank."""
        with self._lock:
            now = self.clock.now()
            try:
                believe([self.secret], headers, body, now)
            except Disbelieved as error:
                return Reply(403, json.dumps({"error": error.why}).encode())
            parts = path.strip("/").split("/")
            key = headers.get("idempotency-key", "")
            if (method, parts) == ("POST", ["orders"]):
                return self._take(json.loads(body), key, now)
            if len(parts) < 2 or key != parts[1]:
                self.strange.append(f"{method} {path} under the key {key!r}")
            order = self.orders.get(parts[1]) if len(parts) > 1 else None
            if order is None:
                return Reply(404, b'{"error": "unknown"}')
            order.keys.add(key)
            if parts[2:] == ["cancel"]:
                return self._cancel(order)
            return self._withdraw(order) if parts[2:] == ["withdraw"] else self._ask(order)

    def tick(self) -> list[Message]:
        """Do what is due by now, and give what is to be said of it."""
        with self._lock:
            now = self.clock.now()
            due = sorted((plan for plan in self._plans if plan[0] <= now), key=lambda plan: plan[:2])
            self._plans = [plan for plan in self._plans if plan[0] > now]
            return [message for at, order_id, change in due for message in self._do(self.orders[order_id], at, change)]

    def answered(self, order_id: str, outcome: str) -> None:
        """Hear what the bank made of a message: what came too late is at the partner's own expense."""
        with self._lock:
            if outcome == "too_late" and self.orders[order_id].status in {"fulfilled", "partly_fulfilled"}:
                self.orders[order_id].status = "written_off"

    def next_at(self) -> datetime | None:
        """Give the moment at which something happens next; None: nothing is planned."""
        return min((at for at, _, _ in self._plans), default=None)

    def _take(self, told: dict[str, Any], key: str, now: datetime) -> Reply:
        name = told["order_id"]
        if key != name:
            self.strange.append(f"order {name} was sent under the key {key!r}")
        order = self.orders.get(name)
        if order is None:
            chosen = self.behavior or random.Random(f"{self.seed} {name}").choice(list(Behavior))
            deadline = datetime.fromisoformat(told["deadline"])
            order = Taken(order_id=name, quantity=told["quantity"], deadline=deadline, behavior=chosen)
            order.deliver_to = told.get("deliver_to")
            self.orders[name] = order
            self._plan(order, now)
        order.sent += 1
        order.keys.add(key)
        return self._answer(order)

    def _plan(self, order: Taken, now: datetime) -> None:
        """Decide, once, what becomes of an order."""
        done: dict[str, Any] = {"status": "fulfilled"}
        plans: list[tuple[datetime, dict[str, Any]]] = [(now, {"status": "confirmed"}), (now + 50 * _MINUTE, done)]
        match order.behavior:
            case Behavior.AT_ONCE:
                plans = [(now, done)]
            case Behavior.LATE:
                plans = [(now, {"status": "confirmed"}), (order.deadline - 4 * _MINUTE, done)]
            case Behavior.SILENT:
                plans = []
            case Behavior.REFUSES:
                plans = [(now, {"status": "failed", "reason": "out_of_stock"})]
            case Behavior.DELAYS:
                delayed = {"status": "delayed", "reason": "weather"}
                plans = [(now, delayed), (now + 300 * _MINUTE, {"status": "substituted"}), (now + 600 * _MINUTE, done)]
            case Behavior.PARTLY if order.quantity > 1:
                plans = [(now + 50 * _MINUTE, {"status": "partly_fulfilled", "delivered": order.quantity - 1})]
            case Behavior.AFTER_DEADLINE:
                plans = [(now, {"status": "confirmed"}), (order.deadline + _MINUTE, done)]
        for at, change in plans:
            if order.behavior is Behavior.AT_ONCE:
                self._do(order, at, change)
            else:
                self._plans.append((at, order.order_id, change))

    def _do(self, order: Taken, at: datetime, change: dict[str, Any]) -> list[Message]:
        if order.status in _OVER:
            return []
        order.status = change["status"]
        order.reason, order.delivered = change.get("reason", "by_partner"), change.get("delivered")
        order.deliveries += order.status in {"fulfilled", "partly_fulfilled"}
        if order.behavior is Behavior.NEVER:
            return []
        self._said += 1
        data = {"order_id": order.order_id, "reason": order.reason} | _known(order)
        told = json.dumps({"type": f"order.{order.status}", "timestamp": at.isoformat(), "data": data}).encode()
        first = Message(order.order_id, f"msg_{self.seed}_{self._said}", told)
        match order.behavior:
            case Behavior.TWICE:
                return [first, first, first._replace(webhook_id=f"{first.webhook_id}_again")]
            case Behavior.GARBAGE:
                return [first._replace(webhook_id=f"{first.webhook_id}_garbage", body=told[:-9]), first]
        return [first]

    def _ask(self, order: Taken) -> Reply:
        order.asked += 1
        if order.behavior is Behavior.FORGETS and order.asked == 1:
            return Reply(404, b'{"error": "unknown"}')
        return self._answer(order)

    def _answer(self, order: Taken, status: str | None = None) -> Reply:
        order.calls += 1
        told = json.dumps({"status": status or order.status, "reason": order.reason} | _known(order)).encode()
        match order.behavior:
            case Behavior.SLOW if order.calls == 1:
                return Reply(200, told, wait=True)
            case Behavior.DROPS if order.calls <= 2:
                return Reply(0)
            case Behavior.GARBAGE if order.calls <= 2:
                return Reply(200, b"<html>\xff " + told)
            case Behavior.DOWN if order.calls <= 3:
                return Reply(503, b"")
        return Reply(200, told)

    def _cancel(self, order: Taken) -> Reply:
        """Agree or not, the same however often it is asked; what was delivered stays delivered."""
        if order.status in _OVER:
            return self._answer(order)
        if order.agrees is None:
            order.agrees = random.Random(f"{self.seed} cancel {order.order_id}").random() < 0.5
        if not order.agrees:
            return self._answer(order, "refused")
        order.status, order.reason = "cancelled", "by_partner"
        return self._answer(order)

    def _withdraw(self, order: Taken) -> Reply:
        if order.status in {"fulfilled", "partly_fulfilled"}:
            told = json.dumps({"status": order.status, "reason": order.reason} | _known(order)).encode()
            order.status = "written_off"
            return Reply(200, told)
        if order.status not in _OVER:
            order.status = "withdrawn"
        return Reply(200, b'{"status": "withdrawn"}')


def _known(order: Taken) -> dict[str, Any]:
    """What stands beside a status: how many of a part, and a code for what is complete."""
    told: dict[str, Any] = {"code": f"CODE-{order.order_id[-6:]}"} if order.status == "fulfilled" else {}
    return told | ({"delivered": order.delivered} if order.delivered is not None else {})


class PartnerServer:
    """The simulator behind HTTP on this machine."""

    def __init__(self, partner: PartnerSimulator, port: int = 0, slow_seconds: float = 15) -> None:
        self.partner, self.slow_seconds = partner, slow_seconds
        self.stopped = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self) -> PartnerServer:
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def _reply(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = server.partner.handle(method, self.path, headers, body)
                self.close_connection = True
                if reply.wait:
                    server.stopped.wait(server.slow_seconds)
                if reply.status == 0:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                with suppress(OSError):  # nobody waits any more
                    self.send_response(reply.status)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)

            def do_GET(self) -> None:
                """Answer a question."""
                self._reply("GET")

            def do_POST(self) -> None:
                """Take an order, or take it back."""
                self._reply("POST")

        return Handler


def post_webhook(url: str, secret: bytes, message: Message, now: datetime) -> str:
    """Send a message; give what the bank made of it, or the HTTP status."""
    headers = sign(secret, message.webhook_id, now, message.body) | {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/webhooks", message.body, headers, method="POST")  # noqa: S310  given by whoever starts it
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(json.loads(answer.read())["outcome"])
    except urllib.error.HTTPError as error:
        return str(error.code)


def _send_all(partner: PartnerSimulator, send: Callable[[Message], str]) -> None:
    for message in partner.tick():
        with suppress(OSError):  # the bank is away: it will ask
            partner.answered(message.order_id, send(message))


def main() -> None:
    """Run a partner until it is stopped."""
    parser = argparse.ArgumentParser(description="A partner for demo and tests.")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--secret", required=True, help="whsec_… as in the bank's file of partners")
    parser.add_argument("--webhooks", required=True, help="http://127.0.0.1:8000/v1/partner/NAME")
    parser.add_argument("--behavior", choices=["mixed", *Behavior], default="honest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--demo", action="store_true", help="live in the time of the demo; only with its DITAN_HOME")
    given = parser.parse_args()
    clock = DemoClock(load_settings()) if given.demo else SYSTEM_CLOCK
    behavior = None if given.behavior == "mixed" else Behavior(given.behavior)
    partner = PartnerSimulator(given.secret, clock, behavior, given.seed)
    with PartnerServer(partner, given.port), suppress(KeyboardInterrupt):
        while True:
            _send_all(partner, lambda m: post_webhook(given.webhooks, partner.secret, m, clock.now()))
            time.sleep(0.5)


if __name__ == "__main__":
    main()
