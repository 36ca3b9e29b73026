"""Recompute the milligrams of one act from `ditan explain ACT --json`, without Ditan: standard library only.

ditan explain act_… --json | python3 docs/verify/recompute.py
"""

import ast
import json
import operator
import sys
from fractions import Fraction

STORY = json.load(sys.stdin)
if "error" in STORY:
    sys.exit(f"{STORY['message']} {STORY['hint']}")
GIVEN = STORY["explanation"]["recompute"]
KNOWN = {name: Fraction(value) for name, value in GIVEN["names"].items()}
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def value(node: ast.expr) -> Fraction:
    """The exact value of an expression in known names."""
    match node:
        case ast.Constant():
            return Fraction(str(node.value))
        case ast.Name():
            return KNOWN[node.id]
        case ast.UnaryOp(op=ast.USub()):
            return -value(node.operand)
        case ast.BinOp():
            return SIGNS[type(node.op)](value(node.left), value(node.right))
        case ast.Call(func=ast.Name(id="min" | "max" as which)):
            return {"min": min, "max": max}[which](value(argument) for argument in node.args)
    raise ValueError(ast.dump(node))


def evaluate(text: str) -> Fraction:
    """The exact value of the text of an expression."""
    return value(ast.parse(text, mode="eval").body)


for name, text in GIVEN["derived"].items():
    assert evaluate(text) == KNOWN[name], f"{name} does not follow from {text}"
KNOWN["quantity"] = min(evaluate(GIVEN["quantity"]), Fraction(GIVEN["quantity_max"]))
for part in ("baseline", "project", "leakage"):
    KNOWN[part] = evaluate(GIVEN[part])
milligrams = round(1000 * evaluate(GIVEN["reduction"]))  # of a Fraction, to the even one at a tie
posted = STORY["act"]["quantified_mg"]
sys.stdout.write(f"{STORY['act_text']}: recomputed {milligrams:,} mg, posted {posted:,} mg\n")
sys.exit(milligrams != posted)
