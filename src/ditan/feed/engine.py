"""How the batch engine is opened, wherever a batch is worked on."""

from typing import Final

#: UUIDs leave DuckDB as sixteen bytes, and nothing is ever fetched from a network.
ENGINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "arrow_lossless_conversion": True,
    "autoload_known_extensions": False,
}
