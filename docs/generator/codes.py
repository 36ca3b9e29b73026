"""The reference of the result codes: why a row did not go on, in order of precedence, with one example each."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Final

from docs.generator.markdown import both, code, codes, made_from, prose, table

from ditan import feed, packs
from ditan.ledger.codes import MEANING
from ditan.model import Text
from ditan.recognition import NotGreen, reasons

ROOT: Final = Path(__file__).resolve().parents[2]
_CUT: Final = re.compile(r"\((\d+), '(\w+)', '([^']+)', '((?:[^']|'')+)'\)")
_ENDING: Final = re.compile(r"->\s+([a-z_]+)")


INTRODUCTION: Final = """
    Every row of a feed goes on, or ends with exactly one code (INV-01). A code is not an error of Ditan: it is
    counted, told, and the next row is read. Within a stage the first code that applies is given. The examples
    run as tests: a feed file with its mapping, or a story. Stages: [feed](#feed) · [recognition](#recognition)
    · [look-alikes](#look-alikes) · [ledger](#ledger) · [cuts](#cuts).
"""
FEED: Final = """
    The row cannot be taken as it is. It is kept by number, code and field, and written whole, card numbers
    masked, to the file that goes back to the bank.
"""
RECOGNITION: Final = "The row is a good event and no green act. Nothing of it is kept but the count (INV-15)."
LOOK_ALIKES: Final = """
    A rule of a scenario held, and so did one of its exclusions. They are data of the methodology pack, and a
    pack may add its own. Those without a story have examples on the page of their scenario, which `ditan
    methodology check` tries.
"""
LEDGER: Final = "The event is an act, or a refund. `posted` and `refunded` are the good ends."
CUTS: Final = """
    An act that was given less than it was quantified at says why. One that was given nothing ends as `capped`,
    `same_occasion` or `too_soon`, and stays in the ledger with zeros.
"""


def page() -> str:
    """Every code a row or an act can carry."""
    told, exclusions = stories(), _exclusions()
    stage = {str(name): text for name, text in reasons(packs.load()).items() if name not in exclusions}
    alike = [(code(c), both(t), codes(s), _first(told[c])) for c, (t, s) in sorted(exclusions.items())]
    return "\n".join(
        [
            made_from("the `codes.py` of each stage, the exclusions of the pack, and the examples in `tests/`"),
            "# Result codes\n",
            prose(INTRODUCTION),
            "## Feed\n",
            prose(FEED),
            table(("code", "what it means and what to do", "example"), _feed()),
            "## Recognition\n",
            prose(RECOGNITION),
            table(("code", "meaning", "story"), [_told(name, stage[str(name)], told) for name in NotGreen]),
            "## Look-alikes\n",
            prose(LOOK_ALIKES),
            table(("code", "why", "scenarios", "story"), alike),
            "## Ledger\n",
            prose(LEDGER),
            table(("code", "meaning", "story"), [_told(name, text, told) for name, text in MEANING.items()]),
            "## Cuts\n",
            prose(CUTS),
            table(("code", "meaning"), [(code(name), both(text)) for name, text in cuts().items()]),
        ]
    )


def cuts() -> dict[str, Text]:
    """Why a posted act was given less, from the migration that writes them into `ledger.cut`."""
    found: dict[str, Text] = {}
    for path in sorted((ROOT / "src/ditan/store/migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        for match in _CUT.finditer(text):
            found[match[2]] = Text(zh=match[3], en=match[4].replace("''", "'"))
    return found


def stories() -> dict[str, list[Path]]:
    """Code → stories in which an event ends with it: the one named after it first, then those with the fewest codes."""
    found: dict[str, list[Path]] = defaultdict(list)
    endings: dict[Path, int] = {}
    for path in sorted((ROOT / "tests/stories").rglob("*.story")):
        names = dict.fromkeys(_ENDING.findall(path.read_text(encoding="utf-8")))
        endings[path] = len(names)
        for name in names:
            found[name].append(path)
    for name, paths in found.items():
        paths.sort(key=lambda path: (not path.stem.startswith(name), endings[path], path.as_posix()))
    return found


def _feed() -> list[tuple[str, str, str]]:
    rows = []
    for name, text in feed.MESSAGES.items():
        example = ROOT / "tests/codes/feed" / f"{name}.toml"
        why = tomllib.loads(example.read_text(encoding="utf-8"))["why"]
        shown = f"{why['zh']}<br>{why['en']}<br>{_linked(example)}"
        rows.append((code(name), both(text), shown))
    return rows


def _exclusions() -> dict[str, tuple[Text, list[str]]]:
    found: dict[str, tuple[Text, list[str]]] = {}
    for scenario in packs.load().scenarios:
        for exclusion in scenario.exclusions:
            _, where = found.setdefault(exclusion.code, (exclusion.reason, []))
            if scenario.id not in where:
                where.append(scenario.id)
    return found


def _told(name: str, text: Text, told: dict[str, list[Path]]) -> tuple[str, str, str]:
    return code(name), both(text), _first(told[str(name)])


def _first(paths: list[Path]) -> str:
    return _linked(paths[0]) if paths else ""


def _linked(path: Path) -> str:
    return f"[{path.parent.name}/{path.stem}](../../{path.relative_to(ROOT).as_posix()})"
