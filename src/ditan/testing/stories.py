"""Stories: what a bank, a customer or an auditor would check, written so that they can read it.

    # 中文一句：为什么。
    # One sentence: why.
    #
    #   7.3 km × 46.7 g/km = 340.91 g                      whatever else helps; a story starts with comments

    customer lin joined 2026-06-01 with debit, credit consenting to card_payments, whereabouts
      2026-07-20 09:00 withdraws whereabouts               grants · withdraws · links · unlinks · closes

    file july                                              one feed file; files are ingested in this order
    on 2026-07-06                                          or: each day from 2026-07-01 to 2026-07-20
      08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit  -> posted 340,910 mg, 20 energy
      09:30 back  lin gets ¥2.00 back for ride             -> refunded 170,455 mg, 10 energy
      09:40 undo  lin has ride reversed                    -> refunded
      10:00 bill  lin does bill.paid ¥86.40 {bill_ref=b1, period=2026-06}                -> posted 60,785 mg

    expect
      lin holds 231,240 mg, 30 energy
      lin metro_ride: 1 act, 170,455 mg, 10 energy         net of refunds; acts that a cap cut to nothing are acts too
      lin metro_ride: 1 capped                             acts that a cap cut, wholly or in part

`pays` takes, in any order: `to` a merchant role of the methodology, a "descriptor" or both, `mcc`, `in` a city, `by` a
channel, `with` a card, and {attributes}. The code after `->` is the result code of whichever stage ended the event.

A story about what becomes of energy says when: its files arrive, and customers act, at moments. See `testing.steps`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import InvalidInput
from ditan.model import BankEvent, Pack, Purpose
from ditan.testing import rows
from ditan.testing.sentences import Sentences, card_ref, customer_ref
from ditan.testing.steps import Limited, Step, read_limited, read_moment, read_step


@dataclass(slots=True)
class Decision:
    """What a customer decides about the account, as `accounts.jsonl` has it."""

    at: datetime
    action: str
    customer_ref: str
    details: dict[str, str] = field(default_factory=dict)

    def as_line(self) -> dict[str, str]:
        """The account event as a line of `accounts.jsonl`."""
        told = {"at": rows.instant(self.at), "action": self.action, "customer_ref": self.customer_ref, "channel": "app"}
        return told | self.details


@dataclass(slots=True)
class Ending:
    """How an event ends: its result code and, where the story says so, what it gave or took."""

    code: str
    carbon_mg: int | None = None
    energy: int | None = None


@dataclass(slots=True)
class Told:
    """One event of a story, with the line it was written on and how it must end (None: not said)."""

    line: int
    event: BankEvent
    ending: Ending | None


@dataclass(slots=True)
class Holding:
    """A line of `expect`. `scenario` is empty for what the customer holds altogether; None: not said."""

    line: int
    customer_ref: str
    scenario: str = ""
    carbon_mg: int | None = None
    energy: int | None = None
    acts: int | None = None
    capped: int | None = None


@dataclass(slots=True)
class Story:
    """A story as told."""

    name: str
    why_zh: str
    why_en: str
    decisions: list[Decision] = field(default_factory=list)
    files: dict[str, list[Told]] = field(default_factory=dict)
    holdings: list[Holding] = field(default_factory=list)
    limited: list[Limited] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)  # without any, the files are ingested one after the other

    def csv_text(self, file: str) -> str:
        """One of its feed files, canonical."""
        lines = [rows.line(rows.texts(told.event)) for told in self.files[file]]
        return "\n".join([rows.HEADER, *lines]) + "\n"


def read_story(path: Path, pack: Pack) -> Story:
    """Read a story file.

    Raises: InvalidInput that names the file and the line.
    """
    return parse_story(path.read_text(encoding="utf-8"), path.stem, pack)


def parse_story(text: str, name: str, pack: Pack) -> Story:
    """Understand a story; merchants and cities are those of `pack`.

    Raises: InvalidInput that names the line.
    """
    return _Reader(name, pack).read(text)


_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_JOINED: Final = re.compile(
    r"customer (?P<who>\S+) joined (?P<on>\S+)(?: with (?P<cards>.+?))?(?: consenting to (?P<purposes>.+))?"
)
_DECISION: Final = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) (?P<verb>grants|withdraws|links|unlinks|closes)(?: (?P<what>\S+))?"
)
_EACH: Final = re.compile(r"each day from (?P<first>\S+) to (?P<last>\S+)")
_EVENT: Final = re.compile(
    r"(?P<at>\d\d:\d\d(?::\d\d)?) +(?P<id>\S+) +(?P<who>\S+) (?P<what>.+?)(?: +-> +(?P<ending>.+))?"
)
_ENDING: Final = re.compile(r"(?P<code>[a-z_]+)(?: (?P<mg>[\d,]+) mg)?(?:,? (?P<energy>[\d,]+) energy)?")
_HOLDING: Final = re.compile(r"(?P<who>\S+) (?:holds|(?P<scenario>[a-z_]+):) (?P<what>.+)")
_QUANTITY: Final = re.compile(r"(?P<number>[\d,]+) (?P<unit>mg|energy|acts?|capped)")

_VERBS: Final = {
    "grants": "grant_consent",
    "withdraws": "withdraw_consent",
    "links": "link_card",
    "unlinks": "unlink_card",
    "closes": "close",
}


class _Reader:
    """Reads a story line by line; what a line means depends on the block it stands in."""

    def __init__(self, name: str, pack: Pack) -> None:
        self._story = Story(name, "", "")
        self._sentences = Sentences(pack)
        self._earlier: dict[str, BankEvent] = {}
        self._line = 0
        self._block = ""
        self._file: list[Told] = []
        self._days: list[date] = []
        self._repeats = False
        self._who = ""
        self._at: datetime | None = None

    def read(self, text: str) -> Story:
        comments = []
        for self._line, raw in enumerate(text.splitlines(), start=1):
            content = raw.strip()
            if content.startswith("#"):
                comments.append(content.lstrip("# "))
            elif content:
                try:
                    self._understand(content, indented=raw[0].isspace())
                except ValueError as error:
                    raise self._wrong(str(error)) from error
        self._why(comments)
        expected = self._story.holdings or any(step.has is not None for step in self._story.steps)
        if not self._story.files or not expected:
            raise self._wrong("a story has at least one file and something to expect")
        arrived = [step.name for step in self._story.steps if step.verb == "arrives"]
        if self._story.steps and sorted(arrived) != sorted(self._story.files):
            raise self._wrong("where there are moments, every file arrives at one of them, once")
        return self._story

    def _why(self, comments: list[str]) -> None:
        if len(comments) < 2 or not _CHINESE.search(comments[0]) or _CHINESE.search(comments[1]):
            raise self._wrong("a story begins with two comments: why, in Chinese and in English")
        self._story.why_zh, self._story.why_en = comments[:2]

    def _understand(self, content: str, *, indented: bool) -> None:
        if indented:
            match self._block:
                case "customer":
                    self._decision(content)
                case "file":
                    self._event(content)
                case "expect":
                    self._holding(content)
                case "at" if self._at is not None:
                    self._story.steps.append(read_step(content, self._line, self._at, self._earlier))
                case _:
                    raise self._wrong("an indented line belongs to a customer, a file, at or expect")
            return
        word, _, rest = content.partition(" ")
        match word:
            case "customer":
                self._customer(content)
            case "file":
                self._file = self._story.files.setdefault(rest, [])
            case "on":
                self._days, self._repeats = [date.fromisoformat(rest)], False
            case "each":
                self._days, self._repeats = self._each_day(content), True
            case "expect":
                pass
            case "limited":
                self._story.limited.append(read_limited(content))
            case "at":
                self._moment(rest)
            case _:
                known = "customer, limited, file, on, each, at or expect"
                raise self._wrong(f"a line begins with {known}, or is indented")
        self._block = {"on": "file", "each": "file"}.get(word, word)

    # --- customers ---

    def _customer(self, content: str) -> None:
        found = self._match(_JOINED, content, "customer WHO joined DAY with CARDS consenting to PURPOSES")
        self._who = found["who"]
        at = datetime.combine(date.fromisoformat(found["on"]), time(9), BUSINESS_ZONE)
        self._decide(at, "open", {})
        for card in _listed(found["cards"]):
            self._decide(at, "link_card", {"card_ref": card_ref(self._who, card), "card_product": card})
        for purpose in _listed(found["purposes"]):
            self._decide(at, "grant_consent", {"purpose": Purpose(purpose).value, "version": "1"})

    def _decision(self, content: str) -> None:
        found = self._match(_DECISION, content, "DAY TIME grants|withdraws|links|unlinks|closes WHAT")
        at = datetime.fromisoformat(found["at"]).replace(tzinfo=BUSINESS_ZONE)
        details: dict[str, str] = {}
        match found["verb"]:
            case "grants" | "withdraws":
                details = {"purpose": Purpose(found["what"]).value, "version": "1"}
            case "links" | "unlinks":
                details = {"card_ref": card_ref(self._who, found["what"]), "card_product": found["what"]}
        self._decide(at, _VERBS[found["verb"]], details)

    def _decide(self, at: datetime, action: str, details: dict[str, str]) -> None:
        self._story.decisions.append(Decision(at, action, customer_ref(self._who), details))

    # --- events ---

    def _each_day(self, content: str) -> list[date]:
        found = self._match(_EACH, content, "each day from DAY to DAY")
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _event(self, content: str) -> None:
        found = self._match(_EVENT, content, "TIME ID WHO pays|gets|has|does … -> CODE")
        ending = self._ending(found["ending"]) if found["ending"] else None
        for day in self._days:
            at = datetime.combine(day, time.fromisoformat(found["at"]), BUSINESS_ZONE)
            event_id = f"{found['id']}-{day:%m%d}" if self._repeats else found["id"]
            event = self._sentences.event(found["what"], event_id, found["who"], at, self._earlier)
            self._earlier.setdefault(event_id, event)
            self._file.append(Told(self._line, event, ending))
        if not self._days:
            raise self._wrong("say the day first: on DAY")

    def _ending(self, text: str) -> Ending:
        found = self._match(_ENDING, text, "-> CODE N mg, N energy")
        return Ending(found["code"], _number(found["mg"]), _number(found["energy"]))

    def _moment(self, text: str) -> None:
        at = read_moment(text)
        if self._at is not None and at < self._at:
            raise self._wrong("time does not go back")
        self._at = at

    # --- what must come out ---

    def _holding(self, content: str) -> None:
        found = self._match(_HOLDING, content, "WHO holds N mg, N energy · WHO SCENARIO: N acts, …")
        holding = Holding(self._line, customer_ref(found["who"]), found["scenario"] or "")
        rest = found["what"]
        for quantity in _QUANTITY.finditer(rest):
            name = {"mg": "carbon_mg", "act": "acts"}.get(quantity["unit"], quantity["unit"])
            setattr(holding, name, _number(quantity["number"]))
        if _QUANTITY.sub("", rest).strip(" ,"):
            raise ValueError(f"{rest!r} is not understood")
        self._story.holdings.append(holding)

    # --- small things ---

    def _match(self, pattern: re.Pattern[str], text: str, form: str) -> re.Match[str]:
        found = pattern.fullmatch(text)
        if not found:
            raise self._wrong(f"{text!r} should read: {form}")
        return found

    def _wrong(self, what: str) -> InvalidInput:
        return InvalidInput(f"{self._story.name}.story, line {self._line}: {what}")


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").replace(" and ", ",").split(",") if part.strip()]


def _number(text: str | None) -> int | None:
    return None if text is None else int(text.replace(",", ""))
