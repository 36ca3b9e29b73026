"""Connections that ask, wait for the answer and ask again: as many at once as are told, for as long as is told."""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

_SECONDS_MAX: Final = 600


class Seen(NamedTuple):
    """What was seen: answers per second, and how long one took, in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    answers: int


def get(path: str, token: str | None = None) -> bytes:
    """One request, as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ask(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Seen:
    """Ask all the time on so many connections. Every answer must be 200.

    Raises: SystemExit when one is not.
    """
    return asyncio.run(_ask(port, requests, connections, min(seconds, _SECONDS_MAX)))


async def _ask(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Seen:
    took: list[float] = []
    until = time.perf_counter() + seconds
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, requests, seed, until, took) for seed in range(connections)))
    passed = time.perf_counter() - started
    cuts = statistics.quantiles(took, n=100)
    return Seen(len(took) / passed, cuts[49] * 1000, cuts[98] * 1000, len(took))


async def _connection(port: int, requests: Sequence[bytes], seed: int, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    mine = list(requests)
    random.Random(seed).shuffle(mine)
    try:
        for request in itertools.cycle(mine):
            sent = time.perf_counter()
            if sent >= until:
                return
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            took.append(time.perf_counter() - sent)
    finally:
        writer.close()


def _length(head: bytes) -> int:
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"not answered: {head.splitlines()[0].decode()}")
    after = head.lower().partition(b"content-length:")[2]
    return int(after.split(b"\r\n", 1)[0])
