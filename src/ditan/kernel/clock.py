"""Time is a parameter: whoever needs it is given a `Clock`, and nothing else asks the machine.

Two zones only. Instants are stored and compared in UTC; a *business day* is the day in
Asia/Shanghai, because daily caps and statements are the customer's.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

#: Asia/Shanghai as a fixed offset. China has had no daylight saving time since 1991, which is older
#: than any event Ditan accepts, so the offset is exact, and it needs no time zone database.
BUSINESS_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The current instant, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The current instant, in UTC."""
        return datetime.now(UTC)


#: The machine's clock, for callers that need no other.
SYSTEM_CLOCK = SystemClock()


class FixedClock:
    """A clock that stands still until it is moved: tests, replays and the synthetic bank."""

    def __init__(self, instant: datetime) -> None:
        self._instant = _in_utc(instant)

    def now(self) -> datetime:
        """The instant it was set to, in UTC."""
        return self._instant

    def advance(self, step: timedelta) -> None:
        """Move on by `step`; time never goes back."""
        if step < timedelta(0):
            raise ValueError("a clock does not go back")
        self._instant += step


def business_day(instant: datetime) -> date:
    """The day in Asia/Shanghai on which `instant` falls; `instant` must carry a zone."""
    return _in_utc(instant).astimezone(BUSINESS_ZONE).date()


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)
