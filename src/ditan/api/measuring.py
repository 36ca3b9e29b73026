"""What is measured of the API, for Prometheus. Labels are routes, codes and numbers, never a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Measures:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ditan_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "ditan_request_seconds",
            "Time from the first byte to the answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge("ditan_requests_under_way", "Requests that are worked on.", registry=self.registry)
        self.event_rows = Counter(
            "ditan_event_rows", "Rows of calls with events, by result code.", ("code",), registry=self.registry
        )
        self.collected = Counter("ditan_energy_collected", "Energy that was collected.", registry=self.registry)

    def text(self) -> bytes:
        """Everything, in the format of Prometheus."""
        return generate_latest(self.registry)
