"""Insight: what the ledger and the archive say when they are asked together.

In:   the archive of evidence, the packs that were ever run, the ledger.
Out:  the methodology in force on each day, a replay (INV-10: the same milligrams again, or who would change under
      another methodology), the whole story of one act, and the overview, whose figures each say what they are.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ditan.insight.folding import fold
from ditan.insight.overview import read_overview
from ditan.insight.packing import pack_of_version
from ditan.insight.publishing import Publication, in_force, newest, publications, publish
from ditan.insight.summing import (
    Boundary,
    ScenarioTotal,
    boundaries,
    scenario_totals,
    telling_act,
    telling_customer,
)

if TYPE_CHECKING:
    from ditan.insight.replaying import Customers, Impact, Replay, replay
    from ditan.insight.scheduling import Methodology, Period, Schedule, prepare, prepare_schedule
    from ditan.insight.telling import Story, gather, tell
else:
    _CALCULATING = {
        "ditan.insight.replaying": {"Customers", "Impact", "Replay", "replay"},
        "ditan.insight.scheduling": {"Methodology", "Period", "Schedule", "prepare", "prepare_schedule"},
        "ditan.insight.telling": {"Story", "gather", "tell"},
    }

    def __getattr__(name: str) -> object:
        """What calculates comes with DuckDB and a parser: for who calculates, not for who adds up (PEP 562)."""
        for module, names in _CALCULATING.items():
            if name in names:
                return getattr(import_module(module), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Boundary",
    "Customers",
    "Impact",
    "Methodology",
    "Period",
    "Publication",
    "Replay",
    "ScenarioTotal",
    "Schedule",
    "Story",
    "boundaries",
    "fold",
    "gather",
    "in_force",
    "newest",
    "pack_of_version",
    "prepare",
    "prepare_schedule",
    "publications",
    "publish",
    "read_overview",
    "replay",
    "scenario_totals",
    "tell",
    "telling_act",
    "telling_customer",
]
