"""Who is at work while the demo serves its page: a worker, and the partners that orders go to, each its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from ditan import rewards
from ditan.cli.serve import free_port
from ditan.kernel.demo import MARK
from ditan.kernel.settings import Settings
from ditan.kernel.webhooks import make_secret

#: How a partner of the demo deals with orders; the others confirm at once and deliver within the hour.
_BEHAVIOR: Final = {"south-field": "delays"}
_STOP_SECONDS: Final = 10


@contextmanager
def at_work(settings: Settings, port: int) -> Iterator[None]:
    """Start the partners and a worker; name the partners to the page that this process will serve on `port`."""
    file, told, commands = settings.home / MARK / "partners.toml", [], []
    for partner in rewards.load(settings.rewards_catalogue).partners:
        secret, own = make_secret(), free_port(0)
        told.append(f'[{partner.id}]\nurl = "http://127.0.0.1:{own}"\nsecrets = ["{secret}"]\n')
        commands.append(
            ["ditan.testing.partner", "--demo", "--port", str(own), "--secret", secret,
             "--webhooks", f"http://127.0.0.1:{port}/v1/partner/{partner.id}",
             "--behavior", _BEHAVIOR.get(partner.id, "honest")]
        )  # fmt: skip
    file.touch(mode=0o600)
    file.write_text("\n".join(told), encoding="utf-8")
    os.environ["DITAN_REWARDS_PARTNERS"] = str(file)
    os.environ["DITAN_HOME"] = str(settings.home)
    with ExitStack() as started:
        for command in [*commands, ["ditan", "rewards", "work", "--demo"]]:
            process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)
            started.callback(_stop, process)
        yield


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
