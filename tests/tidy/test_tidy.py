"""The repository checks itself: each rule of the house that a machine can check is a test here.

A test lists everything that breaks its rule, as `file:line what`, so that one run shows all of it.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ditan.store.statements import load_statements

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ditan"

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 600
FLOW_LINES_MAX = 100
FILE_BYTES_MAX = 1 << 20

#: Names that say nothing: what is in such a file has a noun of its own.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "service", "services", "manager", "managers", "common", "misc"}

#: Between a feed and a posting there are whole numbers and decimals only.
EXACT = ("feed", "recognition", "quantification", "ledger", "packs")
DISPLAY_ONLY = "# display only"

CLOCK = SOURCE / "kernel" / "clock.py"
NOW = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}

#: Modules whose work is to write SQL.
SQL_BUILDERS = {SOURCE / stage / "compiling.py" for stage in ("feed", "recognition", "quantification")}
SQL = re.compile(r"\s*(--[^\n]*\n\s*)*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO|COPY)\s+\S")

#: In pieces, so that this file passes its own test.
REGISTRIES = tuple(
    name + "." + end
    for name, end in (
        ("pypi", "org"),
        ("pypi", "python"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("npmmirror", "com"),
        ("yarnpkg", "com"),
        ("golang", "org"),
        ("crates", "io"),
        ("anaconda", "org"),
    )
)
#: These are executed in a loop over the invariants, which spells no name.
ONE_PER_INVARIANT = re.compile(r"inv_\d\d")

UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")


@cache
def repository_files() -> list[Path]:
    """Every file that is, or would be, committed."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


@cache
def modules() -> dict[Path, ast.Module]:
    """Every Python file of the product, parsed."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def place(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(ROOT)}:{line} {what}"


def texts() -> Iterator[tuple[Path, int, str]]:
    """Every line of every text file of the repository."""
    for path in repository_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text file: pictures and Parquet have no lines
        for number, line in enumerate(text.splitlines(), start=1):
            yield path, number, line


def test_functions_are_short() -> None:
    long = [
        place(path, node.lineno, f"{node.name} has {lines} lines")
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_modules_are_short() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert [place(path, n, "lines") for path, n in lines.items() if n > MODULE_LINES_MAX] == []


def test_the_flow_fits_on_two_pages() -> None:
    assert len((SOURCE / "flow.py").read_text(encoding="utf-8").splitlines()) < FLOW_LINES_MAX


def test_names_of_files_say_what_is_in_them() -> None:
    assert [str(path) for path in SOURCE.rglob("*") if path.stem in EMPTY_NAMES] == []


def test_every_package_says_what_it_is() -> None:
    packages = {path.parent for path in modules()}
    silent = [
        str(package.relative_to(ROOT))
        for package in sorted(packages)
        if (tree := modules().get(package / "__init__.py")) is None or not ast.get_docstring(tree)
    ]
    assert silent == []


def annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation is not None):
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns


def floats(tree: ast.Module) -> Iterator[int]:
    """Lines that make a float or declare one; `isinstance(x, float)` only recognizes one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield node.lineno
    for annotation in annotations(tree):
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id == "float":
                yield node.lineno


def test_no_float_between_a_feed_and_a_posting() -> None:
    found = []
    for path, tree in modules().items():
        if path.relative_to(SOURCE).parts[0] in EXACT:
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [place(path, n, "float") for n in floats(tree) if DISPLAY_ONLY not in lines[n - 1]]
    assert found == []


def test_only_the_clock_knows_what_time_it_is() -> None:
    asked = [
        place(path, node.lineno, f"{node.value.id}.{node.attr}")
        for path, tree in modules().items()
        if path != CLOCK
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in NOW
    ]
    assert asked == []


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def test_sql_is_in_sql_files() -> None:
    inline = []
    for path, tree in modules().items():
        if path in SQL_BUILDERS:
            continue
        documentation = docstrings(tree)
        inline += [
            place(path, node.lineno, node.value.strip()[:40])
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and SQL.match(node.value)
        ]
    assert inline == []


def test_every_named_statement_is_used() -> None:
    unused = []
    for path in sorted(SOURCE.rglob("*.sql")):
        if "-- name:" not in path.read_text(encoding="utf-8"):
            continue
        package = ".".join(path.parent.relative_to(SOURCE.parent).parts)
        code = "\n".join(module.read_text(encoding="utf-8") for module in path.parent.rglob("*.py"))
        unused += [
            place(path, 0, name)
            for name in load_statements(package, path.name)
            if not re.search(rf"\b{name}\b", code) and not ONE_PER_INVARIANT.match(name)
        ]
    assert unused == []


def test_no_registry_is_named() -> None:
    assert [place(p, n, name) for p, n, line in texts() for name in REGISTRIES if name in line.lower()] == []


def test_nothing_is_left_unfinished() -> None:
    assert [place(p, n, line.strip()) for p, n, line in texts() if UNFINISHED.search(line)] == []


def test_no_file_is_large() -> None:
    sizes = {path: path.stat().st_size for path in repository_files()}
    assert [place(path, size, "bytes") for path, size in sizes.items() if size > FILE_BYTES_MAX] == []


def test_the_checks_can_fail() -> None:
    """Each rule that reads code is shown a line that breaks it."""
    assert list(floats(ast.parse("def f(x: float | None): return float(x)"))) == [1, 1]
    assert list(floats(ast.parse("isinstance(x, float)"))) == []
    assert SQL.match("-- why\n  SELECT 1")
    assert not SQL.match("Select a scenario")
    assert UNFINISHED.search("# TO" + "DO later")
    assert len(repository_files()) > 10
