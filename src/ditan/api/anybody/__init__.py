"""What anybody may ask, without a token: nothing in it says whose it is."""

from ditan.api.anybody import certificates

HANDLERS = [certificates.certificate]

__all__ = ["HANDLERS"]
