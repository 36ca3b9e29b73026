"""Settings: one frozen object, loaded once at the edge and passed down, never imported.

Three sources, the later wins: the defaults below, `ditan.toml` in the home directory, and the
environment (`DITAN_DATABASE_URL` sets `database_url`). A key that no field has is an error, in the
file and in the environment: a misspelled setting must not be silently ignored.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import platformdirs

from ditan.kernel.errors import InvalidInput

LogLevel = Literal["debug", "info", "warning", "error"]
Language = Literal["auto", "zh", "en"]

FILE_NAME = "ditan.toml"
PREFIX = "DITAN_"

#: Set for a whole machine and read elsewhere, so they are not settings of this object.
OTHER_VARIABLES = frozenset({"DITAN_HOME"})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bank can choose. Each field says its unit and what it does."""

    home: Annotated[
        Path,
        msgspec.Meta(
            description="Directory of the archive, the embedded database and `ditan.toml`. Set by DITAN_HOME only."
        ),
    ]
    database_url: Annotated[
        str | None,
        msgspec.Meta(
            description="PostgreSQL URL of the store, version 16 or newer. Not set: the embedded server in `home`."
        ),
    ] = None
    migration_url: Annotated[
        str | None,
        msgspec.Meta(
            description="PostgreSQL URL of the role that owns the tables and migrates them. Not set: `database_url`."
        ),
    ] = None
    full_archive: Annotated[
        bool,
        msgspec.Meta(
            description="true keeps every payment in the archive, not only the green ones of "
            "consenting customers. Needs a legal basis of the bank (PIPL)."
        ),
    ] = False
    language: Annotated[
        Language,
        msgspec.Meta(description="Language of what people read: zh, en, or auto (the machine's locale)."),
    ] = "auto"
    log_level: Annotated[
        LogLevel,
        msgspec.Meta(description="Lowest level that is logged: debug, info, warning or error."),
    ] = "warning"
    token_issuer: Annotated[
        str | None,
        msgspec.Meta(description="Issuer (`iss`) of the tokens that open the API: the bank's OIDC provider."),
    ] = None
    token_keys: Annotated[
        str | None,
        msgspec.Meta(description="The issuer's public keys as a JWKS: the path of a file, or an https URL."),
    ] = None
    token_customer_audience: Annotated[
        str,
        msgspec.Meta(description="Audience (`aud`) of tokens with which a customer reads her own page."),
    ] = "ditan-customer"
    token_system_audience: Annotated[
        str,
        msgspec.Meta(description="Audience (`aud`) of tokens with which the bank's systems send events."),
    ] = "ditan-system"
    token_partner_audience: Annotated[
        str,
        msgspec.Meta(description="Audience (`aud`) of tokens with which a partner reads its own orders."),
    ] = "ditan-partner"
    token_console_audience: Annotated[
        str,
        msgspec.Meta(description="Audience (`aud`) of tokens with which the bank's staff use the console."),
    ] = "ditan-console"
    token_algorithms: Annotated[
        str,
        msgspec.Meta(description="Signatures that are accepted, with blanks between; `none` and HMAC never are."),
    ] = "ES256 PS256 RS256"
    token_skew_seconds: Annotated[
        int,
        msgspec.Meta(ge=0, le=300, description="How far the issuer's clock may be from ours, in seconds."),
    ] = 60
    requests_per_minute: Annotated[
        int,
        msgspec.Meta(ge=1, le=1_000_000, description="Requests a minute of one customer or system, on each worker."),
    ] = 240

    rewards_catalogue: Annotated[
        str | None,
        msgspec.Meta(
            description="Folder of the rewards catalogue. Not set: the demo catalogue, whose partners are made up."
        ),
    ] = None
    rewards_partners: Annotated[
        str | None,
        msgspec.Meta(
            description="TOML file with address and secrets of each partner: `[green-hill]`, `url`, `secrets` (two at "
            "most). Not set: orders wait, and webhooks are refused."
        ),
    ] = None

    address_key: Annotated[
        str | None,
        msgspec.Meta(
            description="Keys that addresses are enciphered with: `NAME:BASE64` of 32 bytes each, blanks between; the "
            "first closes, all open. Made by `ditan address new-key`. Better in a file."
        ),
    ] = None
    address_key_file: Annotated[
        str | None,
        msgspec.Meta(
            description="File with these keys, a line each. Neither set: the embedded database has `address.key` in "
            "`home`, made by itself; with a database of the bank's no address is taken."
        ),
    ] = None
    address_days: Annotated[
        int,
        msgspec.Meta(ge=0, le=366, description="Days after an order ended until its copy of the address is erased."),
    ] = 30

    @property
    def embedded(self) -> bool:
        """Whether Ditan runs its own PostgreSQL."""
        return self.database_url is None


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this machine; `environment` is `os.environ` unless a test gives one.

    Raises `InvalidInput` that names the source and the key when something cannot be used.
    """
    env = os.environ if environment is None else environment
    home = _home(env)
    values: dict[str, object] = {**_from_file(home / FILE_NAME), **_from_environment(env)}
    try:
        return msgspec.convert({**values, "home": home}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"Settings cannot be used: {error}",
            hint=f"Look at {home / FILE_NAME} and at the variables that begin with {PREFIX}.",
        ) from error


def _home(env: Mapping[str, str]) -> Path:
    chosen = env.get("DITAN_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    # Root's own directories are closed to the unprivileged user that PostgreSQL must run as.
    if os.geteuid() == 0:
        return Path("/var/lib/ditan")
    return platformdirs.user_data_path("ditan", appauthor=False)


def _from_file(path: Path) -> dict[str, object]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read.", hint="It must be TOML in UTF-8.") from error
    _refuse_unknown(values, names=_fields() - {"home"}, where=str(path))
    return values


def _from_environment(env: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in env.items()
        if name.startswith(PREFIX) and name not in OTHER_VARIABLES and value
    }
    _refuse_unknown(values, names=_fields() - {"home"}, where="the environment")
    return values


def _fields() -> set[str]:
    return set(Settings.__struct_fields__)


def _refuse_unknown(values: Mapping[str, object], names: set[str], where: str) -> None:
    unknown = sorted(set(values) - names)
    if unknown:
        raise InvalidInput(
            f"Unknown setting in {where}: {', '.join(unknown)}.",
            hint=f"Known settings: {', '.join(sorted(names))}.",
        )
