"""The files that `make page` builds from `web/`, read once: they are few, small and never change while it runs."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from ditan.model import Noun

#: Where the build puts them. In a clone they are made by `make page`; a wheel brings them along.
FOLDER: Final = Path(__file__).parent
PAGES: Final = ("home", "console")
INDEX: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_WORTH_PACKING: Final = 1_000  # bytes


class Built(Noun, kw_only=True):
    """One file: `packed` is its body in gzip, where that is shorter."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str
    forever: bool  # its name carries the hash of its content


def read_built(page: str) -> Mapping[str, Built]:
    """Give the built files of a page by their path below it; empty when it was not built."""
    folder = FOLDER / page
    return {
        path.relative_to(folder).as_posix(): _read(path, folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _MEDIA_TYPES and not path.parent.name.startswith(".")
    }


def _read(path: Path, folder: Path) -> Built:
    body = path.read_bytes()
    packed = _packed(body) if len(body) > _WORTH_PACKING and path.suffix != ".png" else None
    return Built(
        body=body,
        packed=packed if packed and len(packed) < len(body) else None,
        media_type=_MEDIA_TYPES[path.suffix],
        etag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
        forever=path.relative_to(folder).parts[0] == "assets",
    )


@cache
def _packed(body: bytes) -> bytes:
    """Packed once in a process, however many applications it makes."""
    return gzip.compress(body, mtime=0)
