"""A mapping and the columns of a file, compiled into one DuckDB SELECT over `raw`; the result is the view `mapped`.

`raw` has `row_number` and the columns `c0`, `c1`, … as text, in the order of the file, so a column name of a foreign
file never meets SQL. Everything that comes from a mapping is quoted here, by `_text`; the SELECT has these columns:

    row_number, source, event_id, kind, original_event_id, customer_ref, card_ref, card_product, channel,
    occurred_text, occurred_at, settled_text, settled_on, amount_text, amount_fen, amount_too_large, currency, mcc_text,
    merchant_id, descriptor, city_text, service, attributes_text, failed, ties (what the match key is made of), unused

Text columns are NULL when empty. `unused` joins what is nowhere else in the row, so that card numbers are found in
columns that nobody reads, too. Digest columns are in none of the others: they may look like card numbers.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import UNSET

from ditan.feed.mapping import AmountRule, AttributeRule, Condition, Mapping, Rule, TimeRule, template_parts
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput

#: Letters only: a digest in hexadecimal digits would now and then look like a card number itself.
DIGEST_LETTERS: Final = ("0123456789abcdef", "ghijklmnopabcdef")
DIGEST_LENGTH: Final = 24

DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT: Final = DAY + "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
OFFSET: Final = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"

#: China has kept this offset since 1991, which is older than any event that is accepted (`kernel.clock`).
FIXED_ZONES: Final = {"Asia/Shanghai": 8, "UTC": 0, "Etc/UTC": 0}


def missing_columns(mapping: Mapping, columns: Sequence[str]) -> list[str]:
    """The columns that the mapping needs and the file does not have."""
    return [name for name, required in mapping.columns().items() if required and name not in columns]


def compile_mapping(mapping: Mapping, columns: Sequence[str]) -> str:
    """The SELECT over `raw` for a file with these columns.

    Raises `InvalidInput` that names the columns which are missing.
    """
    missing = missing_columns(mapping, columns)
    if missing:
        raise InvalidInput(
            f"The file lacks {_count(missing, 'column')} that the mapping {mapping.name} needs: {', '.join(missing)}.",
            hint=f"It has: {', '.join(columns)}. Choose another mapping with --feed, or correct the export.",
        )
    return _Compiler(mapping, columns).select()


def _count(things: Sequence[str], noun: str) -> str:
    return f"a {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _text(value: str) -> str:
    """`value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _texts(values: Sequence[str]) -> str:
    return ", ".join(_text(value) for value in values)


class _Compiler:
    """One mapping with the columns of one file. Each method gives an SQL expression over the cleaned columns."""

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self.mapping = mapping
        self.columns = list(columns)
        self.fields = dict(mapping.fields.rules())
        #: Columns whose text reaches a canonical field, or is proved harmless by being read as a time or money.
        self.seen: set[str] = set()

    def select(self) -> str:
        outputs = [
            ("row_number", "row_number"),
            *((name, self.field(name)) for name in ("source", "event_id")),
            ("kind", self.kind()),
            *(
                (name, self.field(name))
                for name in ("original_event_id", "customer_ref", "card_ref", "card_product", "channel")
            ),
            *self.times(),
            *self.amounts(),
            ("currency", self.field("currency", "'CNY'")),
            ("mcc_text", self.field("mcc")),
            ("merchant_id", self.field("merchant_id")),
            ("descriptor", self.field("descriptor")),
            ("city_text", self.field("city")),
            ("service", self.field("service")),
            ("attributes_text", self.attributes()),
            ("failed", self.marked(self.mapping.failed.when)),
            ("ties", self.ties()),
        ]
        outputs.append(("unused", self.unused()))
        listed = ",\n  ".join(f"{expression} AS {name}" for name, expression in outputs)
        cleaned = ", ".join(["row_number", *(f"{self.clean(i)} AS c{i}" for i in range(len(self.columns)))])
        return f"SELECT\n  {listed}\nFROM (SELECT {cleaned} FROM raw)"

    def clean(self, index: int) -> str:
        trimmed = f"trim(c{index}, ' \t\u3000')" if self.mapping.file.trim else f"c{index}"
        return f"nullif({trimmed}, '')"

    def column(self, name: str) -> str:
        if name not in self.columns:
            return "CAST(NULL AS VARCHAR)"
        return f"c{self.columns.index(name)}"

    # --- fields ---

    def field(self, name: str, default: str = "CAST(NULL AS VARCHAR)") -> str:
        rule = self.fields.get(name)
        return default if rule is None else self.value(rule)

    def value(self, rule: Rule) -> str:
        value = self.origin(rule)
        if rule.values:
            value = self.translated(value, rule.values, None if rule.otherwise is UNSET else rule.otherwise)
        if rule.default:
            value = f"coalesce({value}, {_text(rule.default)})"
        return value

    def origin(self, rule: Rule) -> str:
        if rule.constant:
            return _text(rule.constant)
        if rule.digest:
            return self.digest(rule.digest)
        if rule.otherwise is UNSET:  # else the bank's own word goes nowhere and is checked among the unused
            self.seen.update(rule.sources())
        if rule.template:
            return self.template(rule.template)
        if rule.join:
            return f"nullif(concat_ws(' ', {', '.join(self.column(name) for name in rule.join)}), '')"
        return self.column(rule.column)

    def template(self, template: str) -> str:
        """`||` gives NULL as soon as one part is NULL: half an identifier is none."""
        return " || ".join(self.column(name) if name else _text(text) for name, text in template_parts(template))

    def digest(self, columns: Sequence[str]) -> str:
        """A digest of the columns; NULL when all are empty. The separator keeps `1`, `23` and `12`, `3` apart."""
        names = [self.column(name) for name in columns]
        joined = ", chr(31), ".join(names)
        letters = f"translate(substr(sha256(concat({joined})), 1, {DIGEST_LENGTH}), {_texts(DIGEST_LETTERS)})"
        return f"CASE WHEN coalesce({', '.join(names)}) IS NOT NULL THEN 'h:' || {letters} END"

    def translated(self, value: str, values: dict[str, str], otherwise: str | None) -> str:
        whens = " ".join(f"WHEN {_text(word)} THEN {_or_null(ours)}" for word, ours in values.items())
        rest = value if otherwise is None else f"CASE WHEN {value} IS NOT NULL THEN {_or_null(otherwise)} END"
        return f"CASE {value} {whens} ELSE {rest} END"

    # --- what happened ---

    def kind(self) -> str:
        kind = self.field("kind")
        whens = []
        if self.mapping.reversal.when:
            whens.append(f"WHEN {self.marked(self.mapping.reversal.when)} THEN 'card_reversal'")
        refund = [self.marked(self.mapping.refund.when)] if self.mapping.refund.when else []
        amount = self.mapping.amount
        if amount is not None and amount.negative == "refund":
            refund.append(f"coalesce(starts_with({self.money(amount)}, '-'), false)")
        if refund:
            whens.append(f"WHEN ({' OR '.join(refund)}) AND {kind} = 'card_payment' THEN 'card_refund'")
        return f"CASE {' '.join(whens)} ELSE {kind} END" if whens else kind

    def marked(self, conditions: Sequence[Condition]) -> str:
        return " OR ".join(self.condition(condition) for condition in conditions) or "false"

    def condition(self, condition: Condition) -> str:
        column = self.column(condition.column)
        if condition.one_of:
            return f"coalesce({column} IN ({_texts(condition.one_of)}), false)"
        return f"{column} IS {'NOT ' if condition.present else ''}NULL"

    def ties(self) -> str:
        fields = [self.fields[name] for name in self.mapping.refund.tie_by]
        return " || chr(31) || ".join(f"({self.value(rule)})" for rule in fields) or "CAST(NULL AS VARCHAR)"

    # --- times ---

    def times(self) -> list[tuple[str, str]]:
        occurred = self.value(self.mapping.occurred_at)
        instant = self.first(self.mapping.occurred_at, occurred, self.instant)
        settled, day = "CAST(NULL AS VARCHAR)", "CAST(NULL AS DATE)"
        if self.mapping.settled_on is not None:
            settled = self.value(self.mapping.settled_on)
            day = self.first(self.mapping.settled_on, settled, self.day)
        return [("occurred_text", occurred), ("occurred_at", instant), ("settled_text", settled), ("settled_on", day)]

    def first(self, rule: TimeRule, text: str, read: Callable[[TimeRule, str, str], str]) -> str:
        readings = [read(rule, form, text) for form in rule.formats]
        return readings[0] if len(readings) == 1 else f"coalesce({', '.join(readings)})"

    def instant(self, rule: TimeRule, form: str, text: str) -> str:
        """A naive UTC timestamp, or NULL. A cast to TIMESTAMP would drop the offset without a word."""
        if form == "iso":
            zoned = f"make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))"
            local = self.to_utc(rule.zone, f"TRY_CAST({text} AS TIMESTAMP)")
            return (
                f"CASE WHEN regexp_full_match({text}, '{INSTANT}{OFFSET}') THEN {zoned} "
                f"WHEN regexp_full_match({text}, '{INSTANT}') THEN {local} END"
            )
        if form in {"unix_s", "unix_ms"}:
            scale, digits = (1_000_000, "1,11") if form == "unix_s" else (1_000, "1,14")
            number = f"CASE WHEN regexp_full_match({text}, '[0-9]{{{digits}}}') THEN CAST({text} AS BIGINT) END"
            return f"make_timestamp({number} * {scale})"
        return self.to_utc(rule.zone, f"try_strptime({text}, {_text(form)})")

    def day(self, rule: TimeRule, form: str, text: str) -> str:
        if form == "iso":
            return f"CASE WHEN regexp_matches({text}, '^{DAY}($|[T ])') THEN TRY_CAST(left({text}, 10) AS DATE) END"
        if form in {"unix_s", "unix_ms"}:
            return f"CAST({self.instant(rule, form, text)} + INTERVAL 8 HOUR AS DATE)"
        return f"CAST(try_strptime({text}, {_text(form)}) AS DATE)"

    def to_utc(self, zone: str, local: str) -> str:
        if zone in FIXED_ZONES:
            return f"({local} - INTERVAL {FIXED_ZONES[zone]} HOUR)"
        return f"make_timestamp(epoch_us(timezone({_text(zone)}, {local})))"

    # --- money ---

    def amounts(self) -> list[tuple[str, str]]:
        rule = self.mapping.amount
        if rule is None:
            return [
                ("amount_text", "CAST(NULL AS VARCHAR)"),
                ("amount_fen", "CAST(0 AS BIGINT)"),
                ("amount_too_large", "false"),
            ]
        self.seen.add(rule.column)
        written, plain = self.money(rule), self.money(rule, grouped=False)
        fen = self.fen(rule, plain if rule.negative == "refuse" else f"ltrim({plain}, '-')")
        shaped = f"regexp_full_match({written}, {_text(self.shape(rule))})"
        text = self.column(rule.column)
        return [
            ("amount_text", text),
            ("amount_fen", f"CASE WHEN {text} IS NULL THEN 0 WHEN {shaped} THEN {fen} END"),
            ("amount_too_large", f"coalesce({shaped} AND {fen} IS NULL, false)"),
        ]

    def money(self, rule: AmountRule, *, grouped: bool = True) -> str:
        """The number without signs of currency; `grouped` keeps the separators, which its shape is checked with."""
        text = self.column(rule.column)
        for word in [*rule.strip, *([] if grouped or not rule.thousands else [rule.thousands])]:
            text = f"replace({text}, {_text(word)}, '')"
        if rule.decimal != "." and not grouped:
            text = f"replace({text}, {_text(rule.decimal)}, '.')"
        return f"trim({text})" if rule.strip else text

    def shape(self, rule: AmountRule) -> str:
        if rule.unit == "fen":
            return "[+-]?[0-9]+([.]0+)?"
        whole = "[0-9]+"
        if rule.thousands:
            whole = f"([0-9]+|[0-9]{{1,3}}([{_in_class(rule.thousands)}][0-9]{{3}})+)"
        return f"[+-]?{whole}([{_in_class(rule.decimal)}][0-9]{{1,2}}0*)?"

    def fen(self, rule: AmountRule, plain: str) -> str:
        """Whole fen as BIGINT; NULL when it does not fit. Decimals and integers only, never a float."""
        if rule.unit == "fen":
            return f"TRY_CAST({plain} AS BIGINT)"
        return f"CAST(TRY_CAST({plain} AS DECIMAL(18, 2)) * 100 AS BIGINT)"

    # --- attributes ---

    def attributes(self) -> str:
        if not self.mapping.attributes:
            return self.field("attributes")
        facts = ", ".join(self.fact(name, rule) for name, rule in sorted(self.mapping.attributes.items()))
        return f"nullif('{{' || concat_ws(',', {facts}) || '}}', '{{}}')"

    def fact(self, name: str, rule: AttributeRule) -> str:
        self.seen.add(rule.column)
        value = self.column(rule.column)
        if rule.values:
            value = self.translated(value, rule.values, None)
        # What is not a number stays in quotes, and so ends as bad_attributes when a number is wanted.
        pattern = {"integer": "0|[1-9][0-9]{0,17}", "boolean": "true|false", "text": ""}[rule.type]
        quoted = f"CAST(to_json({value}) AS VARCHAR)"
        if pattern:
            quoted = f"CASE WHEN regexp_full_match({value}, '{pattern}') THEN {value} ELSE {quoted} END"
        return f"CASE WHEN {value} IS NOT NULL THEN '\"{name}\":' || {quoted} END"

    # --- the rest ---

    def unused(self) -> str:
        rest = [name for name in self.columns if name not in self.seen | self.mapping.hashed()]
        if not rest:
            return "CAST(NULL AS VARCHAR)"
        return f"nullif(concat_ws(chr(10), {', '.join(self.column(name) for name in rest)}), '')"


def compile_rejections(columns: Sequence[str], hashed: frozenset[str]) -> str:
    """The SELECT that writes refused rows back: number, code, field, messages, the line if it had no columns, columns.

    Reads `refused` (row_number, code, field, message_zh, message_en, unchecked), `unreadable` and `raw`. Columns that
    are `hashed` were never searched for card numbers.
    """
    cells = [_cell(f"raw.c{index}", "true" if name in hashed else "unchecked") for index, name in enumerate(columns)]
    listed = ",\n  ".join(
        f"{cell} AS cell_{place}" for place, cell in enumerate([_cell("unreadable.line", "unchecked"), *cells])
    )
    return (
        f"SELECT refused.row_number, refused.code, field, message_zh, message_en,\n  {listed}\n"
        "FROM refused LEFT JOIN unreadable USING (row_number) LEFT JOIN raw USING (row_number)\n"
        "ORDER BY refused.row_number"
    )


def _cell(column: str, masked: str) -> str:
    """A cell that is safe to open: no card number, no control character, no formula, no endless text."""
    digit, gap = "[0-9０-９]", r"[ \x{a0}\x{3000}‐-―-]{0,2}"
    run = f"{digit}(?:{gap}{digit}){{8,}}((?:{gap}{digit}){{4}})"
    text = f"regexp_replace({column}, '{run}', '****\\1', 'g')"
    text = rf"regexp_replace({text}, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]', '�', 'g')"
    text = f"left(CASE WHEN {masked} THEN {text} ELSE {column} END, {limits.field_chars_max})"
    formula = rf"regexp_matches({column}, '^[=+@\t\r-]') AND NOT regexp_full_match({column}, '[+-]?[0-9.,]+')"
    return f"CASE WHEN {formula} THEN '''' || {text} ELSE {text} END"


def _or_null(value: str) -> str:
    return _text(value) if value else "NULL"


def _in_class(character: str) -> str:
    """One character inside a bracket of a regular expression."""
    return f"\\{character}" if character in "\\]^-[" else character
