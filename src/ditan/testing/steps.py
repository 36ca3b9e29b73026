"""What happens to energy in a story, moment by moment: the lines below an `at`.

    limited cups is a stock of 10                          or a budget, or a fund: an account that cannot go below zero

    at 2026-07-07 07:00                                    the clock stands there for all lines below
      july arrives                                         a file of the story is ingested now
      lin has 20 ripe, 5 held                              growing · ripe · available · held · owed; not named: 0
      lin collects                          -> done 20     all that is ripe
      lin collects the ball of ride as tap  -> nothing     a request has a name where it is sent again or used
      lin sets aside 10 with 1 cups as mug until 2026-07-09 12:00     -> done 10
      lin uses mug                          -> done 10     or: uses 4 of mug
      lin gives back mug                    -> captured
      lin is awarded 50 from spring as gift -> done 50
      wei proposes +30 for lin as fix       -> proposed    a maker; for a customer or for a limited account
      wang approves fix                     -> done 30     a checker; or: declines
      sweep                                 -> 0 lapsed, 12 expired, 1 released
      sweep killed half-way
      cups has 9 units
      energy ripens after 3 days at 08:00, lapses after 2 days, expires after 1 month     the rule of what comes later

After `->` stands what the ledger answers; where no number is told, any will do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.ids import act_id
from ditan.model import BankEvent, Life
from ditan.testing.sentences import customer_ref

PLACES: Final = ("growing", "ripe", "available", "held", "owed")


@dataclass(slots=True, kw_only=True)
class Limited:
    """An account of the story that cannot go below zero, and what is in it at the start."""

    name: str
    kind: str
    units: int


@dataclass(slots=True, kw_only=True)
class Step:
    """One line below an `at`. What its verb does not need stays empty."""

    line: int
    at: datetime
    verb: str
    ending: str | None  # None: not told
    who: str = ""  # a customer's reference, or the name of a maker or checker
    account: str = ""  # a limited account; of a proposal, it or a customer
    name: str = ""  # of the request, or of the file
    energy: int | None = None
    units: int = 0
    deadline: datetime | None = None
    act: UUID | None = None
    has: Mapping[str, int] | None = None
    life: Life | None = None


_NUMBER: Final = r"[\d,]+"
_AS: Final = r"(?: as (?P<name>\S+))?"
_DAY: Final = r"\d{4}-\d\d-\d\d \d\d:\d\d"
_LIMITED: Final = re.compile(rf"limited (?P<name>\S+) is a (?P<kind>stock|budget|fund) of (?P<units>{_NUMBER})")
_VERBS: Final[Mapping[str, re.Pattern[str]]] = {
    "arrives": re.compile(r"(?P<name>\S+) arrives"),
    "has": re.compile(
        rf"(?P<who>\S+) has (?P<has>nothing|{_NUMBER} (?:{'|'.join(PLACES)})(?:, {_NUMBER} (?:{'|'.join(PLACES)}))*)"
    ),
    "contains": re.compile(rf"(?P<account>\S+) has (?P<units>{_NUMBER}) units"),
    "collects": re.compile(rf"(?P<who>\S+) collects(?: the ball of (?P<act>\S+))?{_AS}"),
    "sets aside": re.compile(
        rf"(?P<who>\S+) sets aside (?P<energy>{_NUMBER})(?: with (?P<units>{_NUMBER}) (?P<account>\S+))?"
        rf" as (?P<name>\S+) until (?P<deadline>{_DAY})"
    ),
    "uses": re.compile(rf"(?P<who>\S+) uses (?:(?P<energy>{_NUMBER}) of )?(?P<name>\S+)"),
    "gives back": re.compile(r"(?P<who>\S+) gives back (?P<name>\S+)"),
    "is awarded": re.compile(rf"(?P<who>\S+) is awarded (?P<energy>{_NUMBER}) from (?P<account>\S+){_AS}"),
    "proposes": re.compile(rf"(?P<maker>\S+) proposes (?P<energy>[+-]{_NUMBER}) for (?P<account>\S+) as (?P<name>\S+)"),
    "approves": re.compile(r"(?P<maker>\S+) approves (?P<name>\S+)"),
    "declines": re.compile(r"(?P<maker>\S+) declines (?P<name>\S+)"),
    "sweep": re.compile(r"sweep"),
    "sweep killed half-way": re.compile(r"sweep killed half-way"),
    "rule": re.compile(
        r"energy ripens after (?P<ripens>\d+) days? at (?P<at>\d\d:\d\d), lapses after (?P<lapses>\d+) days?,"
        r" expires after (?P<expires>\d+) months?"
    ),
}


def read_limited(content: str) -> Limited:
    """Understand the line that opens a limited account.

    Raises: ValueError.
    """
    found = _LIMITED.fullmatch(content)
    if not found:
        raise ValueError(f"{content!r} should read: limited NAME is a stock|budget|fund of N")
    return Limited(name=found["name"], kind=found["kind"], units=_number(found["units"]))


def read_step(content: str, line: int, at: datetime, events: Mapping[str, BankEvent]) -> Step:
    """Understand a line below an `at`; `events` are those told before.

    Raises: ValueError.
    """
    sentence, _, ending = (part.strip() for part in content.partition("->"))
    for verb, pattern in _VERBS.items():
        found = pattern.fullmatch(sentence)
        if found:
            return _step(verb, found.groupdict(), Step(line=line, at=at, verb=verb, ending=ending or None), events)
    raise ValueError(f"{sentence!r} is nothing that happens: {', '.join(_VERBS)}")


def read_moment(text: str) -> datetime:
    """Understand a day and time on the customer's clock.

    Raises: ValueError.
    """
    return datetime.fromisoformat(text).replace(tzinfo=BUSINESS_ZONE)


def _step(verb: str, found: Mapping[str, str | None], step: Step, events: Mapping[str, BankEvent]) -> Step:
    who = found.get("who")
    step.who = customer_ref(who) if who else found.get("maker") or ""
    step.account = found.get("account") or ""
    step.name = found.get("name") or f"line-{step.line}"
    step.energy = _number(found["energy"]) if found.get("energy") else None
    step.units = _number(found.get("units"))
    step.deadline = read_moment(found["deadline"]) if found.get("deadline") else None  # type: ignore[arg-type]
    if found.get("act"):
        event = events.get(str(found["act"]))
        if event is None:
            raise ValueError(f"{found['act']!r} has not happened")
        step.act = act_id(event.source, event.event_id)
    if verb == "has":
        named = (part.split(" ") for part in str(found["has"]).removeprefix("nothing").split(", ") if part)
        step.has = dict.fromkeys(PLACES, 0) | {place: _number(number) for number, place in named}
    if verb == "rule":
        hours, minutes = str(found["at"]).split(":")
        step.life = Life(
            matures_after_days=_number(found["ripens"]),
            matures_at_minute=int(hours) * 60 + int(minutes),
            collect_days=_number(found["lapses"]),
            expires_months=_number(found["expires"]),
        )
    return step


def _number(text: str | None) -> int:
    return int(text.replace(",", "")) if text else 0
