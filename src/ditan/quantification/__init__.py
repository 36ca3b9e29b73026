"""Quantification: how many milligrams of CO2e an act saves against its baseline, and how much energy it earns.

In:   DuckDB table `recognized` (green acts of one batch), and a pack.
Out:  DuckDB table `quantified`: the same rows with `rate_id`, `activity_source`, `quantity_milli`, `raw_mg` (may be
      negative), `carbon_mg` (never negative; 0 when the scenario gives no carbon) and `energy`.
Keeps INV-01: recognized = quantified, every act gets milligrams, maybe zero.
Keeps INV-10: `interpreting` says what a methodology means, one event at a time; `compiling` does the same for a batch
      in SQL. They agree to the milligram: both calculate in exact numbers and round half-even once, at the act.

Read `interpreting`, then `rates` (a pack as exact rates), `layout` and `compiling` (the rates as SQL), `explaining`.
"""

from ditan.quantification.compiling import Compiled, compile_pack
from ditan.quantification.explaining import Explanation, explain
from ditan.quantification.interpreting import Claim, Interpreter, interpret
from ditan.quantification.quantifying import quantify
from ditan.quantification.rates import Rate

__all__ = [
    "Claim",
    "Compiled",
    "Explanation",
    "Interpreter",
    "Rate",
    "compile_pack",
    "explain",
    "interpret",
    "quantify",
]
