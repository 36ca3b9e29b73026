"""What a server process runs: settings from the machine, the store, the methodology, and the application over them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from litestar.concurrency import set_asyncio_executor

from ditan.api.app import create_app
from ditan.api.edge import Edge
from ditan.api.trying import demo_app
from ditan.kernel import limits
from ditan.kernel.clock import SystemClock
from ditan.kernel.demo import SERVE, DemoClock
from ditan.kernel.logging import configure_logging
from ditan.kernel.settings import load_settings
from ditan.store import Store


def application() -> Edge:
    """Make the application of this process, as `ditan serve` asks for it."""
    settings = load_settings()
    configure_logging(settings.log_level)
    set_asyncio_executor(ThreadPoolExecutor(limits.requests_at_once, thread_name_prefix="request"))
    store = Store.open(settings)
    if os.environ.get(SERVE):
        return demo_app(settings, store, DemoClock(settings))
    return create_app(settings, store, SystemClock())
