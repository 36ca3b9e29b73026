"""Where a demo is at home. What would be dangerous elsewhere, such as letting in anybody, asks here first."""

from typing import Final

from ditan.kernel.errors import Conflict
from ditan.kernel.settings import Settings

#: The folder that `ditan demo` makes in its home, beside a database that never holds anything else.
MARK: Final = "demo"

#: Set by `ditan serve --demo` for the processes it starts. Not DITAN_*: no setting of a bank can switch it on.
SERVE: Final = "SERVE_DEMO"


def require_demo(settings: Settings) -> None:
    """Refuse to let in anybody anywhere but in the demo.

    Raises: Conflict.
    """
    if not settings.embedded or settings.token_issuer or settings.token_keys:
        raise Conflict(
            "the demo's issuer lets in anybody, and this Ditan has a database or an issuer of its own",
            hint="Leave out --demo; or unset DITAN_DATABASE_URL, DITAN_TOKEN_ISSUER and DITAN_TOKEN_KEYS.",
        )
    if not (settings.home / MARK).is_dir():
        raise Conflict(
            f"{settings.home} is not the home of a demo", hint="Run `ditan demo` with this DITAN_HOME first."
        )
