"""The reference of the command line, from the same objects as `--help`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main
from docs.generator.markdown import code, made_from, prose, table

from ditan.cli import app
from ditan.kernel import errors

JSON: Final = """
    Every command also takes `--help`. Tables are for people; with `--json` the command prints one JSON
    document, the noun itself, and on failure an object with `error`, `message` and `hint`.
"""


def page(source: str = "the help texts in `src/ditan/cli/`") -> str:
    """All commands with their arguments and options, and the exit codes."""
    root = typer.main.get_command(app)
    parts = [
        made_from(source),
        "# Command line\n",
        _paragraphs(root.help or ""),
        prose(JSON),
        "## Exit codes\n",
        table(("code", "error", "meaning"), [(0, "", "Done."), *_exit_codes()]),
    ]
    for path, command in leaves(root):
        parts.append(_command(path, command))
    return "\n".join(parts)


def leaves(group: Any, path: tuple[str, ...] = ("ditan",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that name it."""
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def groups(group: Any, path: tuple[str, ...] = ("ditan",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that only holds others."""
    yield path, group
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from groups(command, (*path, name))


def _exit_codes() -> list[tuple[int, str, str]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DitanError)]
    return sorted((kind.exit_code, code(kind.__name__), (kind.__doc__ or "").strip()) for kind in kinds)


def _command(path: tuple[str, ...], command: Any) -> str:
    context = command.make_context(" ".join(path), [], resilient_parsing=True)
    visible = [param for param in command.params if not param.hidden and param.name != "help"]
    arguments = [param for param in visible if param.param_type_name == "argument"]
    options = [param for param in visible if param.param_type_name == "option"]
    words = [*path, *(["[OPTIONS]"] if options else []), *(_placeholder(param) for param in arguments)]
    parts = [f"## {' '.join(path)}\n", _paragraphs(command.help or ""), f"```text\n{' '.join(words)}\n```\n"]
    if arguments:
        parts.append(table(("argument", "meaning"), [(code(_placeholder(a)), _meaning(a)) for a in arguments]))
    if options:
        rows = [(_names(param, context), _meaning(param), code(_default(param))) for param in options]
        parts.append(table(("option", "meaning", "default"), rows))
    return "\n".join(parts)


def _placeholder(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _names(param: Any, context: Any) -> str:
    takes = "" if param.is_flag else f" {param.metavar or _type(param, context)}"
    return ", ".join(code(name + takes) for name in (*param.opts, *param.secondary_opts))


def _type(param: Any, context: Any) -> str:
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if low is not None and high is not None:
        return f"{low}…{high}"
    return str(param.display_type(context)).strip("<>").upper()


def _meaning(param: Any) -> str:
    required = " Required." if param.required and param.param_type_name == "option" else ""
    return f"{param.help or ''}{required}"


def _default(param: Any) -> str:
    value = param.default
    if param.is_flag:
        return param.opts[0] if value and param.secondary_opts else ""
    return "" if value is None or value == "" else str(getattr(value, "value", value))


def _paragraphs(text: str) -> str:
    """The help as prose; a paragraph that is a command becomes code."""
    kept = [re.sub(r"\s+", " ", part).strip() for part in re.split(r"\n\s*\n", text)]
    shown = [f"```text\n{part}\n```" if part.startswith("ditan ") else part for part in kept if part]
    return "\n\n".join(shown) + "\n"
