"""Read a pack from its folder, strictly: every error names the file and the key.

Decimals are read as written (`parse_float=Decimal`); no float ever exists. The folder of a pack:

    pack.toml          id, number, name, validity, status
    factors/*.toml     [factor_id] tables, several files by family
    scenarios/*.toml   one scenario each
    cities.toml        [[city]]      places and their grid region, metro tariff
    tariffs.toml       [[tariff]]    fare tables
    merchants.csv      merchant_id,role,city,name,status
    personas.toml      [[persona]]   twelve described customers
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import fields

from ditan.kernel.errors import MethodologyError, NotFound
from ditan.model import City, Factor, Merchant, Pack, Persona, Scenario, Tariff

DEFAULT_PACK: Final = "cn_2026"
_HOME: Final = Path(__file__).parent
_MERCHANT_COLUMNS: Final = ("merchant_id", "role", "city", "name", "status")

Raw: TypeAlias = dict[str, Any]
"""A pack as read: plain dicts, lists, Decimals and dates, in the shape of `model.Pack`."""


def load(path_or_id: str | Path = DEFAULT_PACK) -> Pack:
    """Load a pack by its id, or from a folder.

    Raises: NotFound when there is no such pack; MethodologyError when a file of it cannot be read as what it should be.
    """
    return build(read(path_or_id))


def build(raw: Raw) -> Pack:
    """Turn a pack as read into the noun.

    Raises: MethodologyError, with the key, when something is missing, unknown or of another type.
    """
    pack: Pack = _convert(raw, Pack, "pack")
    return pack


def read(path_or_id: str | Path = DEFAULT_PACK) -> Raw:
    """Read the files of a pack; each is checked for itself, so that an error names it.

    Raises: NotFound, MethodologyError as `load`.
    """
    folder = locate(path_or_id)
    raw = _toml(folder / "pack.toml")
    raw["factors"] = _factors(folder)
    raw["scenarios"] = [_typed(path, Scenario) for path in sorted((folder / "scenarios").glob("*.toml"))]
    raw["cities"] = _rows(folder / "cities.toml", "city", City)
    raw["tariffs"] = _rows(folder / "tariffs.toml", "tariff", Tariff)
    raw["merchants"] = _merchants(folder / "merchants.csv")
    raw["personas"] = _rows(folder / "personas.toml", "persona", Persona)
    return raw


def locate(path_or_id: str | Path) -> Path:
    """Give the folder of a pack: a shipped one by its id, else the folder itself."""
    shipped = _HOME / path_or_id
    for folder in (shipped, Path(path_or_id)):
        if (folder / "pack.toml").is_file():
            return folder
    raise NotFound(
        f"no methodology pack {str(path_or_id)!r}",
        hint=f"Name a folder with a pack.toml, or a shipped pack: {', '.join(shipped_ids())}.",
    )


def shipped_ids() -> list[str]:
    """Give the ids of the packs that come with Ditan."""
    return sorted(path.parent.name for path in _HOME.glob("*/pack.toml"))


def canonical(pack: Pack) -> bytes:
    """Give the canonical JSON of a pack: sorted keys, decimals as written, nothing that equals its default.

    A field that a later Ditan adds, with a default, therefore leaves the version of an old pack as it was.
    """
    return msgspec.json.encode(_plain(pack), order="sorted")


def restore(content: bytes) -> Pack:
    """Give the pack back from its canonical JSON, for a replay of an old version.

    Raises: MethodologyError when it is not one.
    """
    try:
        return msgspec.json.decode(content, type=Pack)
    except msgspec.MsgspecError as error:
        raise MethodologyError("this is not the canonical content of a pack") from error


def version(pack: Pack) -> str:
    """Give the version of a pack: its number and the first 12 hexadecimal digits of SHA-256 of its content."""
    return f"{pack.number}+{hashlib.sha256(canonical(pack)).hexdigest()[:12]}"


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        kept = {f.encode_name: (getattr(value, f.name), f) for f in _fields(type(value))}
        return {name: _plain(v) for name, (v, f) in kept.items() if v != _default(f)}
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Found out once for a kind: a pack is thousands of nouns."""
    return fields(kind)


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default_factory is not msgspec.NODEFAULT:
        return info.default_factory()
    return info.default


def _toml(path: Path) -> Raw:
    try:
        with path.open("rb") as file:
            return tomllib.load(file, parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MethodologyError(f"{_short(path)}: cannot be read as TOML") from error


def _typed(path: Path, kind: type) -> Raw:
    raw = _toml(path)
    _convert(raw, kind, _short(path))
    return raw


def _rows(path: Path, key: str, kind: type) -> list[Raw]:
    raw = _toml(path)
    if set(raw) - {key}:
        raise MethodologyError(f"{_short(path)}: only [[{key}]] tables belong here")
    rows: list[Raw] = raw.get(key, [])
    _convert(rows, list[kind], _short(path))  # type: ignore[valid-type]
    return rows


def _factors(folder: Path) -> Raw:
    found: Raw = {}
    for path in sorted((folder / "factors").glob("*.toml")):
        raw = _toml(path)
        _convert(raw, dict[str, Factor], _short(path))
        twice = found.keys() & raw.keys()
        if twice:
            raise MethodologyError(f"{_short(path)}: {', '.join(sorted(twice))}: already in another file")
        found |= raw
    return found


def _merchants(path: Path) -> list[Raw]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != _MERCHANT_COLUMNS:
                raise MethodologyError(f"{_short(path)}: the columns are {', '.join(_MERCHANT_COLUMNS)}")
            rows = [_merchant(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MethodologyError(f"{_short(path)}: cannot be read as CSV in UTF-8") from error
    return rows


def _merchant(path: Path, line: int, row: dict[str, str]) -> Raw:
    city = row.get("city") or ""
    if city and not city.isdecimal():
        raise MethodologyError(f"{_short(path)}: line {line}: city is not a six-digit adcode: {city!r}")
    raw: Raw = {**row, "city": int(city) if city else None}
    _convert(raw, Merchant, f"{_short(path)}: line {line}")
    return raw


def _convert(raw: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise MethodologyError(f"{where}: {error}") from error


def _short(path: Path) -> str:
    """`cn_2026/factors/travel.toml`: enough to find the file, wherever the pack is."""
    parts = path.parts[-3:] if path.parent.name in {"factors", "scenarios"} else path.parts[-2:]
    return "/".join(parts)
