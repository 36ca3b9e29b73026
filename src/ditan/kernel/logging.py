"""Logs: one line per batch and per request, on stderr, so that stdout stays the command's answer.

An event is `noun.participle` (`batch.posted`, `server.started`); what it says is in its fields, with
units in their names. Never a row of a feed, never anything of a person.
"""

import logging
import sys

import structlog

from ditan.kernel.settings import LogLevel


def configure_logging(level: LogLevel) -> None:
    """Set up structlog once, at the edge: readable on a terminal, JSON lines anywhere else."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
