"""The customer's page: its built files, given out with what a browser must know about them."""

from ditan.api.page.files import Built, read_built
from ditan.api.page.routes import HANDLERS

__all__ = ["HANDLERS", "Built", "read_built"]
