"""The partner, the server and the worker as processes of their own: an order goes out, and a signed word comes back."""

import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.rewards.shop import Shop
from tests.surface.test_api_serving import environment, free_port, serving

from ditan.kernel.clock import FixedClock
from ditan.store import Store

SECRET = "whsec_" + "cHJvY2Vz" * 4
SECONDS_MAX = 30

__all__ = ["environment"]


def until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + SECONDS_MAX
    while time.monotonic() < ends:
        assert process.poll() is None, "the partner ended"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the partner does not listen")


def test_an_order_goes_out_and_a_signed_word_comes_back(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    shop, port, file = Shop(store, FixedClock(datetime.now(UTC))), free_port(), tmp_path / "partners.toml"
    shop.open(["cust-lin"])
    shop.supply("gym_card_month", 1)
    file.write_text(f'[moving-life]\nurl = "http://127.0.0.1:{port}"\nsecrets = ["{SECRET}"]\n', encoding="utf-8")
    settings = environment | {"DITAN_REWARDS_PARTNERS": str(file)}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")} | settings
    with serving(settings) as address:
        hooks = f"{address}/v1/partner/moving-life"
        command = [sys.executable, "-m", "ditan.testing.partner", "--port", str(port), "--secret", SECRET]
        partner = subprocess.Popen([*command, "--webhooks", hooks])
        try:
            until_it_listens(port, partner)
            shop.place("cust-lin", "gym_card_month")
            worker = [sys.executable, "-m", "ditan", "rewards", "work", "--once", "--json"]
            worked = subprocess.run(worker, env=clean, check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
            assert json.loads(worked.stdout) == {"jobs": 1}
            ends = time.monotonic() + SECONDS_MAX
            while shop.order("cust-lin").state != "confirmed":
                assert time.monotonic() < ends, shop.states("cust-lin")
        finally:
            partner.terminate()
            partner.wait(timeout=SECONDS_MAX)
    assert shop.states("cust-lin") == ["held", "sent", "confirmed"]
    assert shop.broken() == []
