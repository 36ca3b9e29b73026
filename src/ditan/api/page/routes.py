"""How the pages are given out. Addresses in them are relative, so that a bank may serve them below any path."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.params import PathParameter

from ditan.api.codes import ProblemCode
from ditan.api.page.files import INDEX
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, public
from ditan.model import Text

#: Only what we serve ourselves may run, be drawn or be asked; nothing may frame the page.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
File = Annotated[str, PathParameter(description="A file of the page.")]
_FOREVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = Text(
    zh="页面还没有构建：在源码目录运行 make page。", en="The page has not been built: run `make page` in the source."
)


@get("/", **public(500), include_in_schema=False)
def root() -> Response[None]:
    """Lead to the customer's page, below whatever path a proxy put in front."""
    return Response(None, status_code=307, headers={"location": "home/"})


@get("/home", **public(404, 500), include_in_schema=False)
def home(request: AnyRequest, hall: GivenHall) -> Response[Any]:
    """The customer's page."""
    return _enter(request, hall, "home")


@get("/home/{path:path}", **public(404, 500), include_in_schema=False)
def home_file(request: AnyRequest, hall: GivenHall, path: File) -> Response[bytes]:
    """One file of the customer's page."""
    return _give(request, hall, "home", path.strip("/"))


@get("/console", **public(404, 500), include_in_schema=False)
def console(request: AnyRequest, hall: GivenHall) -> Response[Any]:
    """The console of the bank's people."""
    return _enter(request, hall, "console")


@get("/console/{path:path}", **public(404, 500), include_in_schema=False)
def console_file(request: AnyRequest, hall: GivenHall, path: File) -> Response[bytes]:
    """One file of the console."""
    return _give(request, hall, "console", path.strip("/"))


def _enter(request: AnyRequest, hall: GivenHall, page: str) -> Response[Any]:
    """A page, or the way to it: the addresses in it are relative to the slash at the end."""
    if not str(request.scope["raw_path"].decode("latin-1")).endswith("/"):
        return Response(None, status_code=307, headers={"location": f"{page}/"})
    return _give(request, hall, page, INDEX)


def _give(request: AnyRequest, hall: GivenHall, page: str, path: str) -> Response[bytes]:
    built = hall.built[page].get(path)
    if built is None:
        raise Refused(ProblemCode.NOT_FOUND, None if hall.built[page] else _NOT_BUILT)
    headers = {
        "etag": built.etag,
        "cache-control": _FOREVER if built.forever else "no-cache",
        "content-security-policy": POLICY,
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == built.etag:
        return Response(b"", status_code=304, headers=headers, media_type=built.media_type)
    packed = built.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        headers["content-encoding"] = "gzip"
    return Response(built.body if packed is None else packed, headers=headers, media_type=built.media_type)


PAGE: Final = [root, home, home_file, console, console_file]
