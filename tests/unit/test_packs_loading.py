"""A pack is read strictly: every mistake names the file and the key. Its version is the hash of what it says."""

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from ditan import packs
from ditan.kernel.errors import MethodologyError, NotFound
from ditan.model import Pack
from ditan.packs import loading


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(loading.locate("cn_2026"), tmp_path / "mine")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_values_are_read_as_written(pack: Pack) -> None:
    assert pack.factors["metro_net"].value == Decimal("46.7")
    assert pack.factors["step_km"].value == Decimal("0.00065")


def test_by_id_and_by_folder_it_is_the_same_pack(pack: Pack, folder: Path) -> None:
    assert packs.load(folder) == pack
    assert packs.version(packs.load(str(folder))) == packs.version(pack)


def test_the_version_is_number_and_hash(pack: Pack) -> None:
    assert re.fullmatch(r"CN-2026\.1\+[0-9a-f]{12}", packs.version(pack))
    assert packs.version(pack) == packs.version(packs.load())


def test_any_change_changes_the_version(pack: Pack) -> None:
    factor = replace(pack.factors["metro_net"], value=Decimal("46.8"))
    changed = replace(pack, factors=pack.factors | {"metro_net": factor})
    assert packs.version(changed) != packs.version(pack)


def test_the_canonical_content_gives_the_pack_back(pack: Pack) -> None:
    assert packs.restore(packs.canonical(pack)) == pack
    assert packs.version(packs.restore(packs.canonical(pack))) == packs.version(pack)
    with pytest.raises(MethodologyError):
        packs.restore(b"{}")


def test_what_equals_its_default_is_not_in_the_content(pack: Pack) -> None:
    assert b'"leakage"' not in packs.canonical(pack)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "factors/travel.toml",
            "value = 46.7",
            "value = 'much'",
            r"travel\.toml.*metro_net.*value|travel\.toml.*value",
        ),
        ("factors/travel.toml", "value = 46.7", "valeu = 46.7", r"travel\.toml.*valeu"),
        ("factors/travel.toml", "[bus_net]", "[sheet_g]", r"travel\.toml.*already in another file|sheet_g"),
        ("factors/travel.toml", "[bus_net]", "[bus_net", r"travel\.toml.*TOML"),
        ("scenarios/02_bus_ride.toml", 'family = "travel"', 'family = "sport"', r"02_bus_ride\.toml.*family"),
        ("scenarios/02_bus_ride.toml", "number = 2\n", "", r"02_bus_ride\.toml.*number"),
        ("tariffs.toml", "[[tariff]]", "[[fares]]", r"tariffs\.toml.*\[\[tariff\]\]"),
        ("merchants.csv", "merchant_id,role", "id,role", r"merchants\.csv.*columns"),
        ("merchants.csv", "110000,北京市地铁", "Beijing,北京市地铁", r"merchants\.csv.*line 10.*adcode"),
        ("personas.toml", "times = 36", "times = 3.6", r"personas\.toml.*times"),
        ("pack.toml", "valid_from = 2026-01-01\n", "", r"valid_from"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(folder: Path, file: str, old: str, new: str, told: str) -> None:
    edit(folder / file, old, new)
    with pytest.raises(MethodologyError, match=told):
        packs.load(folder)


def test_no_such_pack(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        packs.load(tmp_path)
    assert "cn_2026" in (caught.value.hint or "")


def test_differences_name_the_key_and_both_values(pack: Pack) -> None:
    factor = replace(pack.factors["metro_net"], value=Decimal("46.8"))
    changed = replace(pack, factors=pack.factors | {"metro_net": factor}, merchants=pack.merchants[1:])
    found = packs.differences(pack, changed)
    assert [(d.where, d.old, d.new) for d in found] == [
        ("factors.metro_net.value", "46.7", "46.8"),
        ("merchants[MDITAN000000001]", "中国铁路12306", None),
    ]
    assert packs.differences(pack, pack) == []
