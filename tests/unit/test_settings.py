"""Settings come from three places, the later wins, and a key that nobody reads is an error."""

from pathlib import Path

import msgspec
import pytest

from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings, load_settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "ditan.toml").write_text('database_url = "postgresql:///file"\nfull_archive = true\n')
    settings = load_settings({"DITAN_HOME": str(tmp_path), "DITAN_DATABASE_URL": "postgresql:///environment"})
    assert settings.home == tmp_path
    assert settings.database_url == "postgresql:///environment"
    assert settings.full_archive is True
    assert not settings.embedded


def test_nothing_set_means_embedded_and_only_green_acts_are_kept(tmp_path: Path) -> None:
    settings = load_settings({"DITAN_HOME": str(tmp_path)})
    assert settings.embedded
    assert settings.full_archive is False


@pytest.mark.parametrize(
    ("file", "environment", "named"),
    [
        ("databse_url = 'x'", {}, "databse_url"),
        ("", {"DITAN_DATABSE_URL": "x"}, "databse_url"),
        ("home = '/elsewhere'", {}, "home"),
        ("", {"DITAN_FULL_ARCHIVE": "perhaps"}, "full_archive"),
        ("", {"DITAN_LOG_LEVEL": "loud"}, "log_level"),
        ("= broken", {}, "ditan.toml"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, file: str, environment: dict[str, str], named: str) -> None:
    (tmp_path / "ditan.toml").write_text(file)
    with pytest.raises(InvalidInput, match=named):
        load_settings({"DITAN_HOME": str(tmp_path), **environment})


def test_booleans_are_read_from_the_environment(tmp_path: Path) -> None:
    assert load_settings({"DITAN_HOME": str(tmp_path), "DITAN_FULL_ARCHIVE": "true"}).full_archive is True


def test_every_field_says_what_it_does() -> None:
    properties = msgspec.json.schema(Settings, schema_hook=lambda _: {"type": "string"})["$defs"]["Settings"][
        "properties"
    ]
    assert [name for name, schema in properties.items() if len(schema.get("description", "")) < 20] == []
