"""Insight: what the ledger and the archive say when they are asked together.

In:   the archive of evidence, the packs that were ever run, the ledger.
Out:  a replay (INV-10: the same milligrams again, or who would change under another methodology) and the whole story of
      one act.
"""

from ditan.insight.packing import pack_of_version
from ditan.insight.replaying import Customers, Impact, Replay, replay
from ditan.insight.summing import (
    Boundary,
    ScenarioTotal,
    boundaries,
    scenario_totals,
    telling_act,
    telling_customer,
)
from ditan.insight.telling import Story, gather, tell

__all__ = [
    "Boundary",
    "Customers",
    "Impact",
    "Replay",
    "ScenarioTotal",
    "Story",
    "boundaries",
    "gather",
    "pack_of_version",
    "replay",
    "scenario_totals",
    "tell",
    "telling_act",
    "telling_customer",
]
