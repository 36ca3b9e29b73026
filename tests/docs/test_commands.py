"""What the pages tell to type exists, and the pages that are made to be followed are followed, for real."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.conftest import make_home
from tests.docs.pages import ROOT, Block, blocks, pages, shown

from ditan.cli import app
from ditan.store import embedded

SHELL = {"sh"}
#: Where the pages tell to keep things; a test has a place of its own.
PLACE = "/tmp/ditan-start"
#: Followed from the first line to the last; then, in what it left, whatever is shown with its output elsewhere.
FOLLOWED = "docs/start.md"
SHOWN = ("docs/verify/recompute-a-gram.md", "README.md")
TWICE = ("README", "docs/start", "docs/integrate/feeds", "docs/verify/recompute-a-gram")
#: The ride of the first hour; its id is a hash of the bank's ids.
RIDE = "act_695NWDE3W4TP9Q0S4S256SBKB7"
COMMAND = typer.main.get_command(app)
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


def lines(page: Path) -> Iterator[tuple[int, str]]:
    """Commands in the shell blocks of a page."""
    for block in blocks(page):
        if block.language in SHELL:
            yield from enumerate(block.text.splitlines(), start=block.line + 1)


def mistakes(line: str) -> Iterator[str]:
    """What is wrong with a command line: no such command, no such option, no such target of make."""
    for part in re.split(r"\s(?:\||&&|>)\s", line):
        words = shlex.split(part, comments=True)
        if words[:1] == ["make"]:
            targets = TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
            yield from (f"make {word}" for word in words[1:] if "=" not in word and word not in targets)
        elif words and words[0].removeprefix(".venv/bin/") == "ditan":
            yield from unknown(words[1:])
        for inner in re.findall(r"\$\((ditan [^)]*)\)", part):
            yield from unknown(shlex.split(inner)[1:])


def unknown(words: list[str]) -> Iterator[str]:
    command: Any = COMMAND
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words[0]]
        words = words[1:]
    if getattr(command, "commands", None):
        yield f"ditan … {' '.join(words)}: no such command"
        return
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    yield from (f"{command.name} {word}" for word in words if word.startswith("--") and word not in {*known, "--help"})


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_commands_exist(page: Path) -> None:
    assert [f"{shown(page)}:{n} {wrong}" for n, line in lines(page) for wrong in mistakes(line)] == []


@pytest.mark.parametrize("name", TWICE)
def test_siblings_have_the_same_commands(name: str) -> None:
    def kept(page: Path) -> list[tuple[str, str]]:
        return [(block.language, re.sub(r"\s*#.*", "", block.text)) for block in blocks(page)]

    assert kept(ROOT / f"{name}.md") == kept(ROOT / f"{name}.zh-CN.md")


def test_what_is_shown_of_the_example_is_the_example() -> None:
    """The mapping on the page is the file, and the script is the one that is run."""
    mapping = (ROOT / "examples/mybank/mapping.toml").read_text(encoding="utf-8")
    assert mapping in [block.text for block in blocks(ROOT / "docs/integrate/feeds.md")]
    for page in ("README.md", "README.zh-CN.md"):
        for block in blocks(ROOT / page):
            if block.language == "toml":
                assert [line for line in block.text.splitlines() if line not in mapping] == []


def squeezed(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text).strip()


def not_in_order(expected: str, output: str) -> list[str]:
    """Lines of the sample that the output does not have in this order; `…` stands for anything."""
    absent: list[str] = []
    rest = squeezed(output)
    for line in filter(None, map(squeezed, expected.splitlines())):
        pattern = r"[^\n]*?".join(re.escape(part.strip()).replace(r"\ ", r"\s") for part in line.split("…"))
        found = re.search(pattern, rest)
        if found is None:
            absent.append(line)
        else:
            rest = rest[found.end() :]
    return absent


def run(block: Block, environment: dict[str, str], place: Path) -> tuple[int, str]:
    """Run a block as it stands, but in a place of its own; `export` reaches the blocks after it."""
    script = f"set -euo pipefail\n{block.text.replace(PLACE, str(place))}\nenv -0 > {place}.env"
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    left = Path(f"{place}.env")
    if left.exists():
        environment.update(item.split("=", 1) for item in left.read_text(encoding="utf-8").split("\0") if "=" in item)
        left.unlink()
    return done.returncode, done.stdout + done.stderr


def steps() -> list[tuple[str, Block, str]]:
    """Where a block stands, the block, and the output that is shown for it; what stops the database comes last."""
    found = [step for name in (FOLLOWED, *SHOWN) for step in steps_of(name)]
    return sorted(found, key=lambda step: "db stop" in step[1].text)


def steps_of(name: str) -> Iterator[tuple[str, Block, str]]:
    for block, following in pairwise([*blocks(ROOT / name), None]):
        assert block is not None
        sample = following.text if following and following.language == "text" and following.follows else ""
        if block.language in SHELL and "make " not in block.text and (sample or name == FOLLOWED):
            yield f"{name}:{block.line}", block, sample


def explained() -> Iterator[tuple[str, str]]:
    """Where the explained ride of the first hour is shown, and what is shown of it."""
    for name in SHOWN:
        for block in blocks(ROOT / name):
            if block.language == "text" and "in numbers" in block.text:
                yield f"{name}:{block.line}", block.text


def test_the_first_hour_can_be_followed() -> None:
    """Its commands work, and the samples of output, there and on the pages that build on it, are what comes out."""
    place = make_home("ditan-docs-")
    beside = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")}
    environment = beside | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    wrong: list[str] = []
    try:
        *before, last = steps()
        ride = Block("sh", f"ditan explain {RIDE}", line=0, follows=False)
        for where, block, sample in [*before, ("explain", ride, ""), last]:
            code, output = run(block, environment, place)
            samples = list(explained()) if block is ride else [(where, sample)]
            wrong += [f"{where}: exit code {code}: {output[-500:]}"] if code else []
            wrong += [
                f"{at}: not in the output: {line}" for at, shape in samples for line in not_in_order(shape, output)
            ]
        assert wrong == []
    finally:
        embedded.stop(place)
        subprocess.run(["rm", "-rf", str(place)], check=False)


def test_the_checks_can_fail() -> None:
    assert list(mistakes("ditan ingest FILE --fed x"))
    assert list(mistakes("ditan acount open C1"))
    assert list(mistakes("make demmo"))
    assert list(mistakes('psql "$(ditan bd url)"'))
    assert not list(mistakes("ditan explain act_1 --json | python3 x.py"))
    assert not_in_order("a … c\nd", "a b c\n e") == ["d"]
    assert not_in_order("a … c\nd", "a b c\n d") == []
    assert sum(bool(sample) for _, _, sample in steps()) >= 9
    assert len(list(explained())) == 2
