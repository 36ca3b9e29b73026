"""What partners ask and say: their own orders with a token, and what becomes of them by signed webhooks."""

from ditan.api.partner import orders, webhooks

HANDLERS = [orders.partner_orders, webhooks.hear]

__all__ = ["HANDLERS"]
