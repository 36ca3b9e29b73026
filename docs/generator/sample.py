"""Put the sample of `make demo` in both READMEs anew: `python -m docs.generator.sample`.

It takes half a minute, so it is not part of `make docs`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
READMES: Final = ("README.md", "README.zh-CN.md")
SCENARIOS: Final = (1, 4, 10, 16)
_SAMPLE: Final = re.compile(r"```text\n  rows read .*?\n```\n", re.DOTALL)
_GAP: Final = re.compile(r"(?<=\S) {3,}")


def main() -> None:
    """Run the demo in a place of its own and show some of what it says."""
    home = Path(tempfile.mkdtemp(prefix="ditan-sample-", dir="/tmp"))  # PostgreSQL's user must reach it
    home.chmod(0o755)
    command = [str(Path(sys.executable).with_name("ditan")), "demo", "--once"]
    try:
        environment = {"PATH": "/usr/bin:/bin", "DITAN_HOME": str(home), "LANG": "C.UTF-8"}
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for name in READMES:
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        assert len(_SAMPLE.findall(text)) == 1, f"{name} has one sample of the demo"
        page.write_text(_SAMPLE.sub(lambda _: sample(said), text), encoding="utf-8")


def sample(said: str) -> str:
    """The equations, four scenarios and their sum."""
    lines = [line.rstrip() for line in said.splitlines()]
    equations = [line for line in lines if line.startswith(("  rows read ", "  accepted ", "  posted "))]
    head = next(line for line in lines if line.strip().startswith("scenario  "))
    rows = [line for line in lines for number in SCENARIOS if line.startswith(f"{number:>3}   ")]
    total = next(line for line in lines if line.startswith("      all "))
    table = [head, *rows[: len(SCENARIOS)], total]
    *shown, last = _narrowed(table)
    return "\n".join(["```text", *equations, "", *shown, "  …", last, "```", ""])


def _narrowed(table: list[str]) -> list[str]:
    """Take as many spaces out of the gap after the scenario's name as every line has to spare."""
    gaps = [found for line in table if (found := _GAP.search(line, 6))]
    assert len(gaps) == len(table), "every line has a gap after the name"
    spare = min(len(gap[0]) for gap in gaps) - 3
    return [line[: gap.start()] + line[gap.start() + spare :] for line, gap in zip(table, gaps, strict=True)]


if __name__ == "__main__":
    main()
