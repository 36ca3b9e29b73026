"""A business day is the customer's day, in Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ditan.kernel.clock import BUSINESS_ZONE, FixedClock, SystemClock, business_day


def test_the_day_turns_at_sixteen_hours_utc() -> None:
    assert business_day(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert business_day(datetime(2026, 3, 1, 16, 0, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_the_fixed_offset_is_what_the_time_zone_database_says() -> None:
    day = datetime(1992, 1, 1, tzinfo=UTC)
    while day.year < 2040:
        assert day.astimezone(BUSINESS_ZONE).replace(tzinfo=None) == day.astimezone(ZoneInfo("Asia/Shanghai")).replace(
            tzinfo=None
        )
        day += timedelta(days=7)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        business_day(naive)
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(naive)


def test_a_fixed_clock_moves_only_when_told_and_never_back() -> None:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=BUSINESS_ZONE))
    assert clock.now() == clock.now() == datetime(2026, 2, 28, 16, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 2, 28, 17, tzinfo=UTC)
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(seconds=-1))


def test_the_system_clock_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
