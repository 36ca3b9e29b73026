"""`ditan db`: the database of this Ditan, embedded or a bank's own."""

import json
from typing import Annotated, Any

import typer

from ditan.kernel.errors import Conflict
from ditan.kernel.settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "The database: an embedded PostgreSQL in DITAN_HOME, or your own by DITAN_DATABASE_URL.\n\n"
        "The embedded server starts by itself when a command needs it, is shared by all `ditan` processes, "
        "and runs on afterwards. Your own server (PostgreSQL 16 or newer) is changed by `migrate` only."
    ),
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say where the database is, whether it runs, and which migrations it has. Starts nothing."""
    _print(_status(load_settings()), as_json)


@app.command()
def url(as_json: AsJson = False) -> None:
    """Print the URL, starting the embedded server if need be.

    It has all rights: psql "$(ditan db url)"
    """
    settings = load_settings()
    from ditan.store import Store

    found = Store.open(settings, require_schema=False).url
    if as_json:
        _print({"url": found}, as_json)
    else:
        typer.echo(found)


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to this Ditan. Harmless when there is nothing to do.

    Uses DITAN_MIGRATION_URL when it is set: the owner of the tables, while DITAN_DATABASE_URL may be a
    login that only becomes the role ditan_app.
    """
    settings = load_settings()
    from ditan.store import Store
    from ditan.store import migrate as apply_missing

    applied = apply_missing(Store.open(settings, require_schema=False))
    if as_json:
        _print({"applied": applied}, as_json)
    else:
        typer.echo("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")


@app.command()
def stop(as_json: AsJson = False) -> None:
    """Stop the embedded server. What was acknowledged is on disk; the next command starts it again."""
    settings = load_settings()
    if not settings.embedded:
        raise Conflict(
            "The database is your own server, and Ditan does not stop it.",
            hint="Unset DITAN_DATABASE_URL to mean the embedded one.",
        )
    from ditan.store import embedded

    stopped = embedded.stop(settings.home)
    if as_json:
        _print({"stopped": stopped}, as_json)
    else:
        typer.echo("Stopped." if stopped else "It was not running.")


def _status(settings: Settings) -> dict[str, Any]:
    """What is known; for the embedded server nothing is started to know more."""
    from ditan.store import Store, embedded

    answer: dict[str, Any] = {"kind": "embedded" if settings.embedded else "external"}
    if settings.embedded:
        server = embedded.status(settings.home)
        answer |= {
            "running": server.running,
            "pid": server.pid,
            "home": str(settings.home),
            "data_directory": server.data_directory,
            "log_file": server.log_file,
        }
        if not server.running or server.url is None:
            return answer
        return answer | Store(settings, server.url).describe()
    return answer | {"running": True} | Store.open(settings, require_schema=False).describe()


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    width = max(len(key) for key in answer)
    for key, value in answer.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if isinstance(shown, bool):
            shown = "yes" if shown else "no"
        typer.echo(f"{key.replace('_', ' '):<{width}}  {'—' if shown in (None, '') else shown}")
