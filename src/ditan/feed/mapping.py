"""A mapping says in a small TOML file how a foreign file becomes the canonical bank event. It is data, never code.

    [fields]                        each canonical field from one of
    channel = { column = "Use Chip", values = { "Chip Transaction" = "pos" } }
    source = { constant = "tabformer" }
    card_ref = { template = "{User}-{Card}" }        empty when one of the columns is empty
    descriptor = { join = ["City", "State"] }        leaves empty columns out
    merchant_id = { digest = ["Merchant Name"] }     hashed before anything is checked or stored

Mappings that ship are found by name (`canonical`, `tabformer`), a bank's own by the path of its file.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType, field

from ditan.kernel.errors import InvalidInput, NotFound
from ditan.model import Noun, Text

#: Fields that may be a digest. A card number must never become an identifier, hashed or not, so the fields that
#: name a person or a card are not among them; an original is named by the same digest as its event.
DIGESTIBLE: Final = ("event_id", "original_event_id", "merchant_id")

#: Fields that may tie a refund to its payment. All are the bank's own values, unchanged between the two.
TIES: Final = ("source", "customer_ref", "card_ref", "merchant_id", "mcc", "currency", "descriptor", "city")

#: What a time format may be made of (the letters of strptime), besides `iso`, `unix_s` and `unix_ms`.
DIRECTIVE: Final = re.compile(r"%(?:-?[dmHMSIjy]|[YbBpf%])")
NAMED_FORMATS: Final = ("iso", "unix_s", "unix_ms")

ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
TEMPLATE_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]|[^{}]+")


class Rule(Noun, kw_only=True):
    """Where a value comes from: exactly one of `column`, `constant`, `template`, `join` and `digest`."""

    column: str = ""
    constant: str = ""
    template: str = ""
    join: list[str] = field(default_factory=list)
    digest: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)  # the bank's word -> ours; "" stands for an empty field
    otherwise: str | UnsetType = UNSET  # for words that are not in `values`; not set: the word stays
    default: str = ""  # when the value is empty
    optional: bool = False  # the column may be missing in the file

    def sources(self) -> list[str]:
        """The columns of the file it is made of."""
        parts = [name for name, _ in template_parts(self.template) if name]
        return [*([self.column] if self.column else []), *parts, *self.join, *self.digest]


class TimeRule(Rule, kw_only=True):
    """A time or a day: the first format that fits is used. Times without an offset are in `zone`."""

    formats: list[str] = field(default_factory=lambda: ["iso"])
    zone: str = "Asia/Shanghai"


class AmountRule(Noun, kw_only=True):
    """Money, read exactly: `$1,234.50` with `strip = ["$"]`, `thousands = ","` and `unit = "yuan"` is 123450 fen."""

    column: str
    unit: Literal["fen", "yuan"] = "yuan"
    strip: list[str] = field(default_factory=list)  # currency signs and words, wherever they stand
    thousands: str = ""
    decimal: str = "."
    negative: Literal["refuse", "refund", "absolute"] = "refuse"  # what a minus sign means
    optional: bool = False


class AttributeRule(Noun, kw_only=True):
    """One fact of `attributes` from a column."""

    column: str
    type: Literal["text", "integer", "boolean"] = "text"
    values: dict[str, str] = field(default_factory=dict)
    optional: bool = True


class Condition(Noun, kw_only=True):
    """A mark in one column: the field is filled in (`present`), or is one of these words."""

    column: str
    present: bool | None = None
    one_of: list[str] = field(default_factory=list)


class Marks(Noun, kw_only=True):
    """Rows with one of these marks."""

    when: list[Condition] = field(default_factory=list)


class Refund(Marks, kw_only=True):
    """Rows with one of these marks are refunds. Without references, `tie_by` names what ties one to its payment."""

    tie_by: list[str] = field(default_factory=list)


class File(Noun, kw_only=True):
    """The form of the file. Compression and format are told by the content."""

    delimiter: str = ","
    quote: str = '"'  # "" when the file has no quotes
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    columns: list[str] = field(default_factory=list)  # of a CSV file without a header
    skip_lines: int = 0  # before the header
    trim: bool = True  # spaces around a value are not part of it
    extra_columns: Literal["ignore", "refuse"] = "ignore"  # columns that the mapping does not use
    drop: list[str] = field(default_factory=list)  # columns that are not looked at, checked or written back at all


class Fields(Noun, kw_only=True):
    """Canonical fields but the times and the amount, which have rules of their own."""

    source: Rule
    event_id: Rule
    kind: Rule
    customer_ref: Rule
    original_event_id: Rule | None = None
    card_ref: Rule | None = None
    card_product: Rule | None = None
    channel: Rule | None = None
    currency: Rule | None = None
    mcc: Rule | None = None
    merchant_id: Rule | None = None
    descriptor: Rule | None = None
    city: Rule | None = None
    service: Rule | None = None
    attributes: Rule | None = None

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Name and rule of the fields that are mapped."""
        for name in self.__struct_fields__:
            rule = getattr(self, name)
            if rule is not None:
                yield name, rule


class Mapping(Noun, kw_only=True):
    """A feed: how its files become canonical events."""

    name: str
    title: Text
    file: File = field(default_factory=File)
    fields: Fields
    occurred_at: TimeRule
    settled_on: TimeRule | None = None
    amount: AmountRule | None = None
    attributes: dict[str, AttributeRule] = field(default_factory=dict)
    failed: Marks = field(default_factory=Marks)
    reversal: Marks = field(default_factory=Marks)
    refund: Refund = field(default_factory=Refund)

    def timed(self) -> Iterator[tuple[str, TimeRule]]:
        """Name and rule of the times."""
        yield "occurred_at", self.occurred_at
        if self.settled_on is not None:
            yield "settled_on", self.settled_on

    def columns(self) -> dict[str, bool]:
        """Column → whether a file must have it, in the order of the mapping."""
        wanted: dict[str, bool] = {}
        for _, rule in [*self.fields.rules(), *self.timed()]:
            for column in rule.sources():
                wanted[column] = wanted.get(column, False) or not rule.optional
        if self.amount is not None:
            wanted[self.amount.column] = wanted.get(self.amount.column, False) or not self.amount.optional
        for fact in self.attributes.values():
            wanted[fact.column] = wanted.get(fact.column, False) or not fact.optional
        for mark in [*self.failed.when, *self.reversal.when, *self.refund.when]:
            wanted[mark.column] = True
        return wanted

    def hashed(self) -> frozenset[str]:
        """The columns that are hashed before anything looks at them."""
        return frozenset(column for _, rule in self.fields.rules() for column in rule.digest)


def template_parts(template: str) -> list[tuple[str, str]]:
    """Split a template into `(column, "")` and `("", text)`; `{{` and `}}` stand for braces."""
    parts: list[tuple[str, str]] = []
    for part in TEMPLATE_PART.finditer(template):
        if part[1]:
            parts.append((part[1], ""))
        elif part[0] in {"{", "}"}:
            raise ValueError(f"a brace of the template {template!r} has no partner")
        else:
            parts.append(("", part[0].replace("{{", "{").replace("}}", "}")))
    return parts


def load(name_or_path: str | Path) -> Mapping:
    """The mapping of this name, or in the file at this path.

    Raises `NotFound` when there is none, `InvalidInput` that names the file and the key when it cannot be used.
    """
    file, where = _find(name_or_path)
    try:
        mapping = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Mapping)
        _check(mapping)
    except (ValueError, OSError) as error:  # TOML, UTF-8 and msgspec errors are ValueErrors
        raise InvalidInput(
            f"The mapping {where} cannot be used: {error}",
            hint="Start from a copy of a mapping that ships: canonical.toml or tabformer.toml in ditan/feed/mappings.",
        ) from error
    return mapping


def names() -> list[str]:
    """The mappings that ship."""
    return sorted(path.name.removesuffix(".toml") for path in _shipped().iterdir() if path.name.endswith(".toml"))


def _shipped() -> Traversable:
    return resources.files(__package__).joinpath("mappings")


def _find(name_or_path: str | Path) -> tuple[Traversable, str]:
    text = str(name_or_path)
    if text in names():
        return _shipped().joinpath(f"{text}.toml"), text
    path = Path(name_or_path)
    if path.is_file():
        return path, text
    near = difflib.get_close_matches(text, names(), n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise NotFound(
        f"There is no mapping {text}.",
        hint=f"{meant}Mappings that ship: {', '.join(names())}. One of your own is given by the path of its file.",
    )


def _check(mapping: Mapping) -> None:
    for name, rule in [*mapping.fields.rules(), *mapping.timed()]:
        _check_rule(name, rule)
    for name, time in mapping.timed():
        _check_time(name, time)
    for name in mapping.attributes:
        if not ATTRIBUTE.match(name):
            raise ValueError(f"[attributes] {name!r} is not a name: small letters, digits and _ only")
    if mapping.attributes and mapping.fields.attributes:
        raise ValueError("[fields] attributes and [attributes] are both given")
    _check_marks(mapping)
    _check_file(mapping)


def _check_rule(name: str, rule: Rule) -> None:
    ways = ("column", "constant", "template", "join", "digest")
    given = [way for way in ways if getattr(rule, way)]
    if len(given) != 1:
        had = ", ".join(given) or "none"
        raise ValueError(f"[fields] {name} needs exactly one of {', '.join(ways)}, and has {had}")
    if rule.digest and name not in DIGESTIBLE:
        raise ValueError(f"[fields] {name} may not be a digest; only {', '.join(DIGESTIBLE)} may")
    if rule.otherwise is not UNSET and not rule.values:
        raise ValueError(f"[fields] {name}: otherwise needs values")
    if rule.template and not rule.sources():
        raise ValueError(f"[fields] {name}: the template names no column; write it as a constant")


def _check_time(name: str, rule: TimeRule) -> None:
    if rule.join or rule.digest or rule.constant:
        raise ValueError(f"[{name}] is read from a column or a template")
    if not rule.formats:
        raise ValueError(f"[{name}] needs a format")
    for form in rule.formats:
        plain = DIRECTIVE.sub("", form)
        if form not in NAMED_FORMATS and ("%" in plain or plain == form):
            raise ValueError(
                f"[{name}] format {form!r} cannot be used; give one of {', '.join(NAMED_FORMATS)}, "
                "or one made of %Y %m %d %H %M %S %f %b %B %p %I %j %y"
            )
    try:
        ZoneInfo(rule.zone)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"[{name}] {rule.zone!r} is not a time zone; write it as Asia/Shanghai") from error


def _check_marks(mapping: Mapping) -> None:
    for name, marks in (("failed", mapping.failed), ("reversal", mapping.reversal), ("refund", mapping.refund)):
        for mark in marks.when:
            if (mark.present is None) == (not mark.one_of):
                raise ValueError(f"[{name}] when {mark.column!r} needs exactly one of present and one_of")
    mapped = {name for name, _ in mapping.fields.rules()}
    for tie in mapping.refund.tie_by:
        if tie not in TIES or tie not in mapped:
            raise ValueError(f"[refund] tie_by: {tie!r} is not a mapped field; {', '.join(TIES)} may tie")
    if mapping.refund.tie_by and mapping.fields.original_event_id:
        raise ValueError("[refund] tie_by is for feeds without original_event_id, and the mapping has both")


def _check_file(mapping: Mapping) -> None:
    file = mapping.file
    if len(file.delimiter) != 1 or file.delimiter in '\r\n"' or not file.delimiter.isascii():
        raise ValueError(f"[file] delimiter {file.delimiter!r} must be one ASCII character")
    if file.quote not in {"", '"', "'"} or file.quote == file.delimiter:
        raise ValueError(f"[file] quote {file.quote!r} must be \", ' or empty")
    if file.skip_lines < 0:
        raise ValueError("[file] skip_lines cannot be negative")
    used = [column for column in file.drop if column in mapping.columns()]
    if used:
        raise ValueError(f"[file] drop: the mapping uses {', '.join(used)}")
    amount = mapping.amount
    if amount is not None and (len(amount.decimal) != 1 or len(amount.thousands) > 1):
        raise ValueError("[amount] decimal is one character, thousands at most one")
    if amount is not None and amount.decimal == amount.thousands:
        raise ValueError("[amount] decimal and thousands are the same")
