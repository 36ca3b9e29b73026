"""Rewards: from energy to a tree, a donation, a parcel.

In:   a catalogue as data, orders of customers, what partners say.
Out:  orders with a history that is only added to; calls to partners, each under its order's own key, forever.
Keeps INV-05 (what is set aside is set aside once, and ends once) and INV-08 (stock and funds never go below zero).

`cataloguing` and `checking` are the data; `orders` places and reads; `changing` moves an order with its hold; `jobs` is
the queue and `working` one turn of a worker; `calling` and `receiving` speak with partners; `addresses` knows where
goods go, and forgets it.
"""

from ditan.rewards.addresses import (
    Addresses,
    PostalAddress,
    forget_address,
    forget_old_addresses,
    keep_address,
    read_addresses,
    rewrap,
)
from ditan.rewards.calling import HttpCaller
from ditan.rewards.cataloguing import Catalogue, Reward, load
from ditan.rewards.codes import OrderCode, OrderReason, OrderRefusal, State
from ditan.rewards.orders import Order, Ordering, cancel, place, read_orders
from ditan.rewards.partners import Address, read_partners
from ditan.rewards.receiving import Received, believed, read_partner_orders, receive
from ditan.rewards.registering import Offer, registered_catalogue
from ditan.rewards.shelf import Shelf, read_shelf
from ditan.rewards.working import Bench, turn

__all__ = [
    "Address",
    "Addresses",
    "Bench",
    "Catalogue",
    "HttpCaller",
    "Offer",
    "Order",
    "OrderCode",
    "OrderReason",
    "OrderRefusal",
    "Ordering",
    "PostalAddress",
    "Received",
    "Reward",
    "Shelf",
    "State",
    "believed",
    "cancel",
    "forget_address",
    "forget_old_addresses",
    "keep_address",
    "load",
    "place",
    "read_addresses",
    "read_orders",
    "read_partner_orders",
    "read_partners",
    "read_shelf",
    "receive",
    "registered_catalogue",
    "rewrap",
    "turn",
]
