"""How the batch engine is opened, wherever a batch is worked on."""

from typing import Any, Final

#: UUIDs leave DuckDB as sixteen bytes, and nothing is ever fetched from a network.
ENGINE: Final[dict[str, Any]] = {
    "arrow_lossless_conversion": True,
    "autoload_known_extensions": False,
}
