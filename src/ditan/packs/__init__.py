"""Methodology packs: what counts as a green act, how much it saves, and where every number comes from.

In: a folder of TOML, such as `cn_2026/` (its files are listed in `loading`).
Out: a frozen `model.Pack`, its version (the hash of its content), and the findings of the check that must be empty
before a pack may run. Nothing here looks at an event of a bank but the personas, and nothing here writes.

Invariants it serves: INV-10 (values are exact rationals, so every engine can give the same milligrams).
"""

from ditan.packs.checking import check, require_sound
from ditan.packs.comparing import Difference, differences
from ditan.packs.findings import Finding
from ditan.packs.loading import DEFAULT_PACK, canonical, load, restore, version
from ditan.packs.resolving import Resolved, factor_value

__all__ = [
    "DEFAULT_PACK",
    "Difference",
    "Finding",
    "Resolved",
    "canonical",
    "check",
    "differences",
    "factor_value",
    "load",
    "require_sound",
    "restore",
    "version",
]
