"""How often somebody may ask: a bucket of requests for each, which fills with time. Each worker counts for itself."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from ditan.kernel import limits

_MINUTE_US = 60_000_000


class Rates:
    """The buckets of everybody who asked lately. A bucket counts in microseconds of a minute: nothing is lost."""

    def __init__(self, per_minute: int) -> None:
        self.cost_us = _MINUTE_US // per_minute
        self._buckets: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, who: str, now: datetime) -> int:
        """Take one request out of the bucket; 0 when there was one, else how long to wait."""
        with self._lock:
            at, left_us = self._buckets.pop(who, (now, _MINUTE_US))
            passed = now - at
            left_us = min(
                _MINUTE_US,
                left_us + max(0, passed.days * 86_400_000_000 + passed.seconds * 1_000_000 + passed.microseconds),
            )
            taken = left_us >= self.cost_us
            self._buckets[who] = (now, left_us - self.cost_us if taken else left_us)
            while len(self._buckets) > limits.rates_remembered:
                self._buckets.popitem(last=False)
        return 0 if taken else -(-(self.cost_us - left_us) // 1_000_000)
