"""The reference of the invariants: the promise, what `ditan check` looks at, which tests prove it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from docs.generator.markdown import cell, made_from, prose

from ditan.kernel.invariants import INVARIANTS
from ditan.proof.checking import NOT_YET

ROOT: Final = Path(__file__).resolve().parents[2]
_CHECK: Final = re.compile(r"-- name: inv_(\d\d)\n((?:-- why: .*\n)+)")
_CONSTRAINT: Final = re.compile(r"CONSTRAINT (inv_(\d\d)_\w+)")


INTRODUCTION: Final = """
    What Ditan promises, by number. A number is never used for another promise. When one breaks, the unit of
    work rolls back, the stage stops and the command ends with exit code 70. `ditan check` looks at all of them,
    over the whole database and the archive.
"""
VACUOUS: Final = """
    They hold only because nothing exists that could break them, and `ditan check` marks them with a dash.
"""


def page() -> str:
    """Every promise by number."""
    checks, constraints, proofs = _checks(), _constraints(), _proofs()
    parts = [
        made_from("`src/ditan/kernel/invariants.py`, `src/ditan/proof/` and the tests that name a promise"),
        "# Invariants\n",
        prose(INTRODUCTION),
        f"**Not built yet: {', '.join(NOT_YET)}.** {prose(VACUOUS)}",
    ]
    for invariant, (zh, en) in INVARIANTS.items():
        parts.append(f"## {invariant}\n\n{zh}。\n\n{en[:1].upper()}{en[1:]}.\n")
        if invariant in NOT_YET:
            parts.append(f"**尚未建成 · not built yet.** {NOT_YET[invariant].zh}；{NOT_YET[invariant].en}.\n")
            continue
        if invariant in checks:
            parts.append(f"- `ditan check`: {checks[invariant]}")
        if invariant in constraints:
            parts.append(f"- database: {', '.join(f'`{name}`' for name in dict.fromkeys(constraints[invariant]))}")
        if invariant in proofs:
            parts.append(f"- tests: {', '.join(_link(path) for path in proofs[invariant])}")
        parts.append("")
    return "\n".join(parts)


def _checks() -> dict[str, str]:
    text = (ROOT / "src/ditan/proof/queries.sql").read_text(encoding="utf-8")
    told = {f"INV-{m[1]}": m[2].replace("-- why: ", "").replace("\n", " ").strip() for m in _CHECK.finditer(text)}
    told["INV-10"] = "the archive is quantified again and compared with the ledger, act by act (`ditan replay`)."
    told["INV-12"] += " Every evidence file is there, byte for byte."
    return told


def _constraints() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src/ditan/store/migrations").glob("*.sql")):
        for match in _CONSTRAINT.finditer(path.read_text(encoding="utf-8")):
            found.setdefault(f"INV-{match[2]}", []).append(match[1])
    return found


def _proofs() -> dict[str, list[Path]]:
    """Test files marked with a promise: `@pytest.mark.invariant("INV-nn")`."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for invariant in sorted(set(re.findall(r'mark\.invariant\("(INV-\d\d)"', path.read_text(encoding="utf-8")))):
            found.setdefault(invariant, []).append(path)
    return found


def _link(path: Path) -> str:
    where = path.relative_to(ROOT).as_posix()
    return f"[{cell(where)}](../../{where})"
