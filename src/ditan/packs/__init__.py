"""Methodology packs: what counts as a green act, how much it saves, and where every number comes from.

In: a folder of TOML, such as `cn_2026/` (its files are listed in `loading`).
Out: a frozen `model.Pack`, its version (the hash of its content), and the findings of the check that must be empty
before a pack may run. Nothing here looks at an event of a bank but the personas, and nothing here writes.

Invariants it serves: INV-10 (values are exact rationals, so every engine can give the same milligrams).
"""

from typing import TYPE_CHECKING

from ditan.packs.comparing import Difference, differences
from ditan.packs.findings import Finding
from ditan.packs.loading import DEFAULT_PACK, canonical, load, restore, version

if TYPE_CHECKING:
    from ditan.packs.changing import FactorChange, PackChange, ScenarioChange, changed
    from ditan.packs.checking import check, require_sound
    from ditan.packs.resolving import Resolved, factor_value
else:

    def __getattr__(name: str) -> object:
        """What calculates comes with a parser and units: imported for who calculates, not for who reads (PEP 562)."""
        if name in {"FactorChange", "PackChange", "ScenarioChange", "changed"}:
            from ditan.packs import changing as found
        elif name in {"check", "require_sound"}:
            from ditan.packs import checking as found
        elif name in {"Resolved", "factor_value"}:
            from ditan.packs import resolving as found
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(found, name)


__all__ = [
    "DEFAULT_PACK",
    "Difference",
    "FactorChange",
    "Finding",
    "PackChange",
    "Resolved",
    "ScenarioChange",
    "canonical",
    "changed",
    "check",
    "differences",
    "factor_value",
    "load",
    "require_sound",
    "restore",
    "version",
]
