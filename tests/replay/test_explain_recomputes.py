"""What `explain` says is enough to calculate the milligrams again, by a script that knows nothing of Ditan.

`recompute` below is that script: Python's own arithmetic of rationals, its own parser, and the JSON of an explanation.
"""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ditan import packs
from ditan.model import BankEvent, Kind, Pack, Scenario
from ditan.quantification import Interpreter, explain

HOSTILE = Path(__file__).parent / "packs" / "hostile"


def recompute(text: str) -> tuple[int, int]:
    """Give raw and claimed milligrams from the JSON of an explanation. Imports nothing of Ditan."""
    block = json.loads(text, parse_float=_no_float)["recompute"]
    known = {name: Fraction(value) for name, value in block["names"].items()}
    for name, expression in block["derived"].items():
        assert _value(expression, known) == known[name], f"{name} does not follow from {expression}"
    known["quantity"] = min(_value(block["quantity"], known), Fraction(block["quantity_max"]))
    parts = {name: _value(block[name], known) for name in ("baseline", "project", "leakage")}
    exact_mg = 1000 * _value(block["reduction"], known | parts)
    below = exact_mg.numerator // exact_mg.denominator
    over = exact_mg - below
    raw_mg = below + (over > Fraction(1, 2) or (over == Fraction(1, 2) and below % 2 == 1))
    return raw_mg, max(0, raw_mg) if block["gives_carbon"] else 0


def _value(expression: str, known: dict[str, Fraction]) -> Fraction:
    operators = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

    def walk(node: ast.AST) -> Fraction:
        match node:
            case ast.Expression():
                return walk(node.body)
            case ast.BinOp():
                return operators[type(node.op)](walk(node.left), walk(node.right))
            case ast.UnaryOp(op=ast.USub()):
                return -walk(node.operand)
            case ast.Constant():
                return Fraction(ast.get_source_segment(expression, node) or "")
            case ast.Name():
                return known[node.id]
        raise AssertionError(f"not arithmetic: {ast.dump(node)}")

    return walk(ast.parse(expression, mode="eval"))


def _no_float(text: str) -> float:
    raise AssertionError(f"{text} would lose digits: numbers of an explanation are text or whole")


def _events(scenario: Scenario) -> Iterator[BankEvent]:
    """Events that reach every activity of a scenario, cuts and missing inputs."""
    attributes: list[dict[str, Any]] = [
        {},
        {"distance_m": 7301},
        {"distance_m": 99_000_000},
        {"ride_count": 3},
        {"ride_count": 7, "vehicle": "ebike"},
        {"electricity_wh": 16_667},
        {"electricity_wh": 500_000},
        {"steps": 7_999},
        {"vehicle": "ebike", "distance_m": 2_345},
        {"vehicle": "true", "distance_m": 2_345},
    ]
    for number, given in enumerate(attributes):
        for amount_fen, city in ((400, 110105), (3_007, 310000), (0, None), (9_999_999, 440300), (300, 440100)):
            yield BankEvent(
                source="test",
                event_id=f"{scenario.id}-{number}-{amount_fen}",
                kind=Kind.CARD_PAYMENT,
                customer_ref="c",
                occurred_at=datetime(2026, 4, 20, 3, tzinfo=UTC),
                amount_fen=amount_fen,
                city=city,
                attributes=given,
            )


def _cases(pack: Pack) -> Iterator[Any]:
    for scenario in pack.scenarios:
        yield pytest.param(pack, scenario, id=f"{pack.id}-{scenario.id}")


@pytest.mark.parametrize(("pack", "scenario"), [*_cases(packs.load()), *_cases(packs.load(HOSTILE))])
def test_explanation_is_enough_to_recompute(pack: Pack, scenario: Scenario) -> None:
    interpreter, reached = Interpreter(pack), set()
    for event in _events(scenario):
        claim = interpreter.claim(scenario, event)
        said = explain(pack, scenario, event, pack_version="v")
        text = msgspec.json.encode(said).decode()
        assert recompute(text) == (claim.raw_mg, claim.carbon_mg), event
        assert (said.raw_mg, said.carbon_mg, said.energy) == (claim.raw_mg, claim.carbon_mg, claim.energy)
        reached.add(claim.activity)
    assert reached >= set(range(1, 1 + len(scenario.quantification.activities)))


@pytest.mark.parametrize(("pack", "scenario"), list(_cases(packs.load())))
def test_every_parameter_can_be_looked_up(pack: Pack, scenario: Scenario) -> None:
    for event in _events(scenario):
        said = explain(pack, scenario, event, pack_version="v")
        assert {parameter.id for parameter in said.parameters} <= set(said.recompute.names)
        for parameter in said.parameters:
            assert parameter.source.title
            assert parameter.unit
            assert Fraction(parameter.value) == Fraction(said.recompute.names[parameter.id])
        assert said.p5_mg <= said.p95_mg
        assert said.sentence.zh.startswith(scenario.name.zh)
        assert said.sentence.en.startswith(scenario.name.en)
        for text in (said.sentence, said.activity, *said.warnings):
            assert text.zh
            assert text.en


def test_a_cut_fare_band_shows_what_was_found_and_what_is_claimed() -> None:
    pack = packs.load(HOSTILE)
    scenario = next(s for s in pack.scenarios if s.id == "ride")
    event = replace(next(_events(scenario)), amount_fen=500, city=110000)
    said = explain(pack, scenario, event)
    assert said.recompute.names["fare_band_km"] == "40.125"
    assert said.quantity == "33.3"
    assert "the quantity is above the limit of one act and cut to 33.3 km" in [text.en for text in said.warnings]


def test_the_example_of_the_design() -> None:
    """Four yuan in Beijing's metro: 7.3 km, 341 g."""
    pack = packs.load()
    scenario = next(s for s in pack.scenarios if s.id == "metro_ride")
    event = next(e for e in _events(scenario) if e.amount_fen == 400)
    said = explain(pack, scenario, event)
    assert said.sentence.zh.startswith("地铁出行约 7.3 km，比基准情景（")
    assert said.sentence.zh.endswith("）估算少排 341 g")
    assert said.formula == "quantity * metro_net * additionality * (1 - conservative_cut)"
    assert said.formula_with_numbers == "7.3 * 46.7 * 1 * (1 - 0)"
    assert (said.quantity, said.unit, said.raw_mg) == ("7.3", "km", 340_910)
    assert said.pack == packs.version(pack)
    assert any("draft" in warning.en for warning in said.warnings)
