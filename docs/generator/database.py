"""The reference of the tables, read from the migrations: what they say beside each column is what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from docs.generator.markdown import code, made_from, prose, table

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "src/ditan/store/migrations"
_HEAD: Final = re.compile(r"CREATE TABLE (\w+\.\w+) \($")
_ALTERED: Final = re.compile(r"ALTER TABLE (\w+\.\w+)")
_DROPPED: Final = re.compile(r"DROP TABLE (\w+\.\w+);")
_RENAMED: Final = re.compile(r"RENAME COLUMN (\w+) TO (\w+)")
_RETYPED: Final = re.compile(r"ALTER COLUMN (\w+) TYPE (\w+)")
_ADDED: Final = re.compile(r"ADD COLUMN (.*)")
_COLUMN: Final = re.compile(r"([a-z]\w*) ([a-z]+(?:\[\])?)(.*)")
_TOLD: Final = re.compile(r"COMMENT ON TABLE (\w+\.\w+) IS '([^']+)'")
_NOT_COLUMNS: Final = ("CONSTRAINT", "PRIMARY KEY", "UNIQUE", "CHECK", "--")
_FIXED: Final = re.compile(r"\b(DEFAULT|CHECK|REFERENCES|PRIMARY|UNIQUE|GENERATED|DEFERRABLE)\b.*")


INTRODUCTION: Final = """
    PostgreSQL, in the order of the migrations. Ditan works as the role `ditan_app`, which may add acts and
    reversals and read them, never change or delete them (INV-04). For book-keeping read the view
    `ledger.posting`: one row per posting, positive is a credit.
"""


class Column(NamedTuple):
    """A column as the migration declares it."""

    name: str
    type: str
    nullable: bool
    meaning: str
    rule: str  # key, reference, check


class Table(NamedTuple):
    """A table as the migrations declare it."""

    name: str
    meaning: str
    columns: list[Column]


def page() -> str:
    """Every table, schema by schema."""
    parts = [
        made_from("the migrations in `src/ditan/store/migrations/`"),
        "# Tables\n",
        prose(INTRODUCTION),
    ]
    schema = ""
    for found in tables():
        if found.name.split(".")[0] != schema:
            schema = found.name.split(".")[0]
            parts.append(f"## {schema}\n")
        parts.append(f"### {found.name}\n")
        if found.meaning:
            parts.append(found.meaning + "\n")
        rows = [(code(c.name), c.type, "may be" if c.nullable else "", c.meaning, code(c.rule)) for c in found.columns]
        parts.append(table(("column", "type", "empty", "meaning", "rule"), rows))
    return "\n".join(parts)


def tables() -> list[Table]:
    """All tables, as all migrations leave them."""
    found: dict[str, Table] = {}
    told: dict[str, str] = {}
    for path in sorted(MIGRATIONS.glob("[0-9]*.sql")):
        text = path.read_text(encoding="utf-8")
        told |= dict(_TOLD.findall(text))
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if head := _HEAD.match(line):
                found[head[1]] = Table(head[1], _comment_above(lines, number), _columns(lines[number + 1 :]))
            elif altered := _ALTERED.match(line):
                _alter(found[altered[1]].columns, lines[number:])
            elif dropped := _DROPPED.match(line):
                del found[dropped[1]]
    return [each._replace(meaning=each.meaning or told.get(each.name, "")) for each in found.values()]


def _alter(columns: list[Column], lines: list[str]) -> None:
    """Apply one ALTER TABLE, which ends at the first line that closes it, to the columns of its table."""
    for line in lines:
        if renamed := _RENAMED.search(line):
            columns[:] = [c._replace(name=renamed[2]) if c.name == renamed[1] else c for c in columns]
        if retyped := _RETYPED.search(line):
            meaning = line.partition(" -- ")[2].strip()
            columns[:] = [
                c._replace(type=retyped[2], meaning=meaning or c.meaning) if c.name == retyped[1] else c
                for c in columns
            ]
        if added := _ADDED.search(line):
            columns.extend(_columns([added[1]]))
        if line.partition(" -- ")[0].rstrip().endswith(";"):
            return


def _comment_above(lines: list[str], number: int) -> str:
    above = number
    while above > 0 and lines[above - 1].startswith("-- "):
        above -= 1
    return " ".join(line.removeprefix("-- ").strip() for line in lines[above:number])


def _columns(lines: list[str]) -> list[Column]:
    columns: list[Column] = []
    for line in lines:
        declared, _, comment = (part.strip() for part in line.partition(" -- "))
        if declared.startswith(")"):
            break
        match = _COLUMN.match(declared.rstrip(","))
        if match and not declared.startswith(_NOT_COLUMNS):
            rest = match[3]
            rule = _FIXED.search(rest)
            nullable = "NOT NULL" not in rest and "PRIMARY KEY" not in rest
            columns.append(Column(match[1], match[2], nullable, comment, rule[0].strip() if rule else ""))
    return columns
