"""Recognition: say which of the 21 scenarios an event is, if any, and by what evidence.

In:   DuckDB table `accepted`, and a pack's rules.
Out:  DuckDB tables `recognized` (green acts), `refund` (refunds and reversals that may concern one) and `candidate`
      (every event that came near a rule, with the rule and the code: what `--dry-run` shows).
Keeps INV-01: accepted = recognized + refunds + not green, each not-green event under one code.

The strongest evidence speaks first: the merchant registry, the bank's own service event, the descriptor, the MCC. The
first rule that holds decides; then the scenario's exclusions may say that it only looks alike.
"""

from ditan.recognition.codes import NotGreen, reasons
from ditan.recognition.compiling import Recognizer, compile_rules
from ditan.recognition.recognizing import recognize

__all__ = ["NotGreen", "Recognizer", "compile_rules", "reasons", "recognize"]
