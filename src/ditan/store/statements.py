"""Named SQL statements from a `.sql` file beside the module that owns them.

    -- name: post_acts
    -- why: one sentence, which may go on
    --      in the lines below
    INSERT INTO …;

Python never spells SQL, and every statement says why it is there. A mistake in a file is an error
when it is loaded, which is when its module is imported.
"""

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

NAME = re.compile(r"^--\s*name:\s*(?P<name>\S.*?)\s*$", re.MULTILINE)
WHY = re.compile(r"\A--\s*why:\s*\S")
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")
COMMENT = re.compile(r"--[^\n]*")


def load_statements(package: str, file_name: str = "queries.sql") -> Mapping[str, str]:
    """Name → SQL of the statements in `file_name` of `package` (usually `__package__`)."""
    text = resources.files(package).joinpath(file_name).read_text(encoding="utf-8")
    return parse_statements(text, origin=f"{package}/{file_name}")


def parse_statements(text: str, origin: str) -> Mapping[str, str]:
    """Split `text` into its named statements; `ValueError` names the block that is wrong."""
    marks = list(NAME.finditer(text))
    preamble = text[: marks[0].start()] if marks else text
    if COMMENT.sub("", preamble).strip():
        raise ValueError(f"{origin}: SQL before the first '-- name:'")
    statements: dict[str, str] = {}
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=True):
        name = mark["name"]
        if not IDENTIFIER.match(name):
            raise ValueError(f"{origin}: {name!r} is not a name")
        if name in statements:
            raise ValueError(f"{origin}: {name} is there twice")
        statements[name] = _statement(text[mark.end() : end].strip(), f"{origin}: {name}")
    return MappingProxyType(statements)


def _statement(block: str, where: str) -> str:
    if not WHY.match(block):
        raise ValueError(f"{where} does not say why: '-- why: …' comes right below its name")
    statement = block.removesuffix(";").rstrip()
    code = COMMENT.sub("", statement)
    if not code.strip():
        raise ValueError(f"{where} has no statement")
    if re.search(r";\s*$", code, re.MULTILINE):
        raise ValueError(f"{where} has more than one statement")
    # Whole-line comments go: a percent sign in one would be taken for a parameter. The name stays, so
    # that pg_stat_activity and the slow log tell which statement it is.
    lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join([f"-- {where.rsplit(' ', 1)[-1]}", *lines])
