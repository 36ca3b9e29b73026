"""The reference of settings and limits."""

from __future__ import annotations

import ast
import inspect
from typing import Final

import msgspec
from docs.generator.markdown import code, made_from, prose, table

from ditan.kernel import limits
from ditan.kernel.settings import FILE_NAME, OTHER_VARIABLES, PREFIX, Settings

SETTINGS: Final = f"""
    Three sources, the later wins: the default, `{FILE_NAME}` in the home directory, the environment. A key
    nobody knows is an error in both, so that a misspelled setting is never silently ignored.
"""
HOME: Final = """
    The home directory is `DITAN_HOME`; without it, `/var/lib/ditan` for root and the user's data directory for
    everybody else. `make demo` uses `.ditan/` in the clone.
"""
LIMITS: Final = "Not settings: they hold for every Ditan, and their relations to each other are checked when it starts."


def page() -> str:
    """What a bank can choose, and what it cannot."""
    return "\n".join(
        [
            made_from("`src/ditan/kernel/settings.py` and `src/ditan/kernel/limits.py`"),
            "# Settings and limits\n",
            "## Settings\n",
            prose(SETTINGS),
            table(("setting", "variable", "values", "default", "meaning"), _settings()),
            prose(HOME),
            f'```toml\n# {FILE_NAME}\nlanguage = "zh"\nlog_level = "info"\n```\n',
            "## Limits\n",
            prose(LIMITS),
            table(("limit", "value", "why"), _limits()),
        ]
    )


def variables() -> dict[str, str]:
    """Setting → environment variable."""
    named = {name: f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}
    assert set(OTHER_VARIABLES) <= set(named.values()), "a variable that is read elsewhere is not documented here"
    return named


def _settings() -> list[tuple[str, str, str, str, str]]:
    rows = []
    info = msgspec.inspect.type_info(Settings)
    assert isinstance(info, msgspec.inspect.StructType)
    hints = Settings.__annotations__
    for field in info.fields:
        described = field.type
        meaning = ""
        while isinstance(described, msgspec.inspect.Metadata):
            meaning = str((described.extra_json_schema or {}).get("description", ""))
            described = described.type
        default = "" if field.required else _shown(field.default)
        key = "" if field.name == "home" else code(field.name)
        rows.append((key, code(variables()[field.name]), _values(described), code(default), meaning))
    assert len(rows) == len(hints), "every setting is listed"
    return rows


def _shown(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _values(described: object) -> str:
    match described:
        case msgspec.inspect.LiteralType(values=values):
            return " · ".join(code(value) for value in values)
        case msgspec.inspect.BoolType():
            return "`true` · `false`"
        case msgspec.inspect.UnionType():
            return "text"
        case msgspec.inspect.StrType():
            return "text"
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"{least}–{most:,}"
        case _:
            return "path"


def _limits() -> list[tuple[str, str, str]]:
    """Each constant of the module with the comment above it."""
    lines = inspect.getsource(limits).splitlines()
    rows = []
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, above = node.targets[0].id, node.lineno - 2
            why: list[str] = []
            while lines[above].startswith("#:"):
                why.insert(0, lines[above].removeprefix("#:").strip())
                above -= 1
            rows.append((code(name), f"{getattr(limits, name):,}", " ".join(why)))
    return rows
