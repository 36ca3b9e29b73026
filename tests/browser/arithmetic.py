"""Work out an expression of an explanation by hand: exact decimals, and nothing but what the page says."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final

_SIGNS: Final = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_CALLS: Final = {"min": min, "max": max}


def work_out(expression: str, names: Mapping[str, Decimal]) -> Decimal:
    """The value of an expression of names, numbers, + − × ÷, min and max."""
    with localcontext(Context(prec=60, rounding=ROUND_HALF_EVEN)):
        return _value(ast.parse(expression, mode="eval").body, names)


def _value(node: ast.expr, names: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Constant(value=int() | float()):
            return Decimal(ast.unparse(node))
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, names)
        case ast.BinOp(left=left, op=sign, right=right):
            done: Decimal = _SIGNS[type(sign)](_value(left, names), _value(right, names))
            return done
        case ast.Call(func=ast.Name(id=name), args=given):
            return _CALLS[name](_value(each, names) for each in given)
    raise AssertionError(f"no arithmetic: {ast.unparse(node)}")
