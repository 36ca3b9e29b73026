"""What the bank's systems and its operators ask: events, health, metrics."""

from ditan.api.system import events, health

HANDLERS = [events.send_events, health.health, health.ready, health.metrics]

__all__ = ["HANDLERS"]
