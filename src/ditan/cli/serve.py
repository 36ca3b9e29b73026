"""`ditan serve`: the API over HTTP."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from ditan.kernel.demo import SERVE, require_demo
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import load_settings
from ditan.store import Store

#: By name: the server's own processes import it, and the command line does not depend on the API.
APPLICATION: Final = "ditan.api.serving:application"
_HEADER_MS: Final = 10_000
_STOP_SECONDS: Final = 35


def free_port(wanted: int) -> int:
    """Give a port of this machine that nobody listens on: the one that is wanted, if it is free."""
    for port in (wanted, 0):
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            return int(trial.getsockname()[1])
    raise InvalidInput("no port of this machine is free", hint="Name one: --port 8080.")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8000,
    root_path: Annotated[str, typer.Option(help="Path below which a proxy serves it, such as /lowcarbon.")] = "",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes. Each counts requests for itself.")] = 1,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate; without it, a proxy ends TLS.")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="TLS key of the certificate.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Let in anybody as anybody. Only in the home that `ditan demo` made.")
    ] = False,
) -> None:
    """Serve the API: the customer's page, events of the bank's systems, /health, /ready and /metrics.

    Tokens are those of DITAN_TOKEN_ISSUER, checked with DITAN_TOKEN_KEYS. Ctrl-C or SIGTERM stops it after
    the requests under way.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    settings = load_settings()
    if root_path and (not root_path.startswith("/") or root_path.endswith("/")):
        raise InvalidInput(
            f"{root_path!r} is no path to serve below", hint="Write /lowcarbon: a slash first, none last."
        )
    if (certificate is None) is not (certificate_key is None):
        raise InvalidInput("a certificate needs its key", hint="Give both, --certificate and --certificate-key.")
    if demo:
        require_demo(settings)
        os.environ[SERVE] = "1"
    elif not settings.token_issuer or not settings.token_keys:
        raise InvalidInput(
            "the API needs to know whose tokens to believe", hint="Set DITAN_TOKEN_ISSUER and DITAN_TOKEN_KEYS."
        )
    with Store.open(settings):  # says what is wrong with the database before a worker does
        pass
    server = Granian(
        APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        url_path_prefix=root_path or None,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MS),
        ssl_cert=certificate,
        ssl_key=certificate_key,
        workers_kill_timeout=_STOP_SECONDS,
    )
    typer.echo(f"ditan serve: {'https' if certificate else 'http'}://{host}:{port}{root_path}/", err=True)
    server.serve()
