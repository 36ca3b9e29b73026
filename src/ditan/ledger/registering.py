"""Keep every pack that ever ran, whole, with its compiled rates: the provenance an act points to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from ditan.ledger import store
from ditan.model import Pack, Scenario

_NO_CAP_PER_DAY: Final = 31
_NO_CAP_PER_MONTH: Final = 31 * 31
_NO_CAP_MG: Final = 2**62


def registered_pack(
    connection: psycopg.Connection[Any],
    pack: Pack,
    version: str,
    content: bytes,
    rates: Sequence[dict[str, Any]],
) -> int:
    """Give the id of a pack version, registering it with its scenarios and rates the first time.

    `content` is the canonical form the version was hashed from; `rates` are JSON-able, keys as `methodology.rate`.
    """
    known = store.fetch(connection, "read_pack_id", {"version": version})
    if known:
        return int(known[0]["pack_id"])
    store.write(connection, "one_registrar", {})
    known = store.fetch(connection, "read_pack_id", {"version": version})
    if known:
        return int(known[0]["pack_id"])
    row = {
        "version": version,
        "content": Jsonb(msgspec.json.decode(content)),
        "sha256": hashlib.sha256(content).digest(),
    }
    pack_id = int(store.fetch(connection, "write_pack", row)[0]["pack_id"])
    scenarios = [_scenario_row(scenario) for scenario in pack.scenarios]
    store.write(connection, "write_scenarios", {"pack_id": pack_id, "scenarios": Jsonb(scenarios)})
    store.write(connection, "write_rates", {"pack_id": pack_id, "rates": Jsonb(list(rates))})
    store.write(connection, "write_life", {"pack_id": pack_id} | msgspec.structs.asdict(pack.life))
    return pack_id


def _scenario_row(scenario: Scenario) -> dict[str, Any]:
    caps, reward = scenario.caps, scenario.reward
    return {
        "scenario": scenario.number,
        "id": scenario.id,
        "family": scenario.family.value,
        "name_zh": scenario.name.zh,
        "name_en": scenario.name.en,
        "purposes": [purpose.value for purpose in scenario.consent],
        "daily_acts": _or(caps.daily_acts, _NO_CAP_PER_DAY),
        "monthly_acts": _or(caps.monthly_acts, _NO_CAP_PER_MONTH),
        "monthly_mg": _NO_CAP_MG if caps.monthly_g is None else caps.monthly_g * 1000,
        "energy_daily_acts": _or(reward.daily_acts, _NO_CAP_PER_DAY),
        "energy_monthly_acts": _or(reward.monthly_acts, _NO_CAP_PER_MONTH),
        "min_gap": f"{scenario.deduplication.min_gap_minutes} minutes",
    }


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
