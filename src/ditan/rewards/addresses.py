"""Where goods go: addresses are enciphered, bound to a customer and an order, and erased on time.

Each customer's are under a key of her own (`kernel/envelope.py`). Destroying it destroys every copy: the one she keeps,
and those of her orders. Closing and erasing an account do so in the database itself.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from ditan.kernel.envelope import MasterKeys, Wrapped, decipher, encipher, new_key
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.kernel.ids import key, show
from ditan.kernel.persons import holds_card_number
from ditan.ledger import EnergyCode, LedgerRefusal
from ditan.model import Noun
from ditan.rewards import store

_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")
_CHARS_MAX: Final = {"recipient": 40, "phone": 20, "region": 60, "street": 120}
_BATCH: Final = 500


class PostalAddress(Noun, kw_only=True):
    """Who gets a parcel, and where. It is told to nobody but the customer and the partner of her order."""

    recipient: str
    phone: str
    region: str
    street: str

    def __repr__(self) -> str:
        """Tell nothing: it may stand in a log or an error."""
        return "PostalAddress(…)"


class AddressOfOrder(Noun, kw_only=True):
    """The copy an order has."""

    order_id: str
    address: PostalAddress


class Addresses(Noun, kw_only=True):
    """Every address there is of a customer."""

    kept: PostalAddress | None
    changed_at: datetime | None
    of_orders: list[AddressOfOrder]


class Rewrapped(Noun, kw_only=True):
    """What came of changing the bank's key: keys of customers that are under the new one now, and were before."""

    rewrapped: int
    current: int


def keep_address(
    connection: psycopg.Connection[Any], customer_ref: str, address: PostalAddress, keys: MasterKeys, now: datetime
) -> None:
    """Keep a customer's address, in place of the one before.

    Raises: InvalidInput, which repeats nothing; NotFound; LedgerRefusal `closed`; Unreadable without a key.
    """
    found = {name: getattr(address, name).strip() for name in _CHARS_MAX}
    for name, text in found.items():
        if not 0 < len(text) <= _CHARS_MAX[name] or not text.isprintable() or holds_card_number(text):
            raise InvalidInput(
                f"{name} has 1 to {_CHARS_MAX[name]} characters and no card number (INV-13)", hint="Write it anew."
            )
    if not _PHONE.fullmatch(found["phone"]):
        raise InvalidInput("phone is digits, with blanks or hyphens between", hint="Write it like 010 6275 1234.")
    customer_id = _locked(connection, customer_ref)
    content = msgspec.json.encode(PostalAddress(**found))
    sealed = encipher(_own_key(connection, customer_id, keys, now), content, _bound(customer_id))
    store.write(connection, "write_address", {"customer_id": customer_id, "sealed": sealed, "now": now})


def forget_address(connection: psycopg.Connection[Any], customer_ref: str) -> bool:
    """Forget the address a customer keeps, and her key when no order has a copy; tell whether there was one.

    Raises: NotFound without an account.
    """
    row = {"customer_id": _locked(connection, customer_ref, closed=True)}
    found = bool(store.fetch(connection, "forget_address", row))
    store.write(connection, "drop_idle_key", row)
    return found


def read_addresses(connection: psycopg.Connection[Any], customer_ref: str, keys: MasterKeys) -> Addresses | None:
    """Give every address there is of a customer; None when there is no account.

    Raises: Unreadable.
    """
    rows = store.fetch(connection, "read_addresses", {"customer_key": key(customer_ref)})
    if not rows:
        return None
    kept, changed_at, of_orders = None, None, []
    for row in rows:
        if row["sealed"] is None:
            continue
        address = _open(row, row["order_id"], keys)
        if row["order_id"] is None:
            kept, changed_at = address, row["changed_at"]
        else:
            of_orders.append(AddressOfOrder(order_id=show("order", row["order_id"]), address=address))
    return Addresses(kept=kept, changed_at=changed_at, of_orders=of_orders)


def copy_for_order(connection: psycopg.Connection[Any], customer_id: int, order_id: UUID, keys: MasterKeys) -> None:
    """Give an order a copy of the address its customer keeps now; there is one, and the customer is locked.

    Raises: Unreadable.
    """
    [row] = store.fetch(connection, "read_kept_address", {"customer_id": customer_id})
    own = keys.unwrap(Wrapped(row["master_id"], row["wrapped"]), str(customer_id))
    content = decipher(own, row["sealed"], _bound(customer_id))
    sealed = encipher(own, content, _bound(customer_id, order_id))
    store.write(connection, "write_order_address", {"order_id": order_id, "customer_id": customer_id, "sealed": sealed})


def has_address(connection: psycopg.Connection[Any], customer_id: int) -> bool:
    """Tell whether a customer keeps an address."""
    return bool(store.fetch(connection, "read_kept_address", {"customer_id": customer_id}))


def address_of(connection: psycopg.Connection[Any], order_id: UUID, keys: MasterKeys) -> PostalAddress | None:
    """Give the address an order goes to; None when it needs none, or it was forgotten.

    Raises: Unreadable.
    """
    for row in store.fetch(connection, "read_order_address", {"order_id": order_id}):
        return _open(row, order_id, keys)
    return None


def forget_old_addresses(connection: psycopg.Connection[Any], now: datetime, days: int) -> int:
    """Erase the copies of orders that ended so many days ago, and those of closed accounts; give how many went."""
    gone = store.fetch(connection, "forget_old_addresses", {"before": now - timedelta(days=days), "now": now})
    store.write(connection, "drop_idle_keys", {"customers": sorted({row["customer_id"] for row in gone})})
    return len(gone)


def rewrap(connection: psycopg.Connection[Any], keys: MasterKeys) -> Rewrapped:
    """Put customers' keys under the bank's current one, some hundreds at a time; 0 rewrapped: it is done.

    Raises: Unreadable when the key they are under is not here.
    """
    rows = store.fetch(connection, "read_old_keys", {"master_id": keys.current, "limit": _BATCH})
    for row in rows:
        bound_to = str(row["customer_id"])
        wrapped = keys.wrap(keys.unwrap(Wrapped(row["master_id"], row["wrapped"]), bound_to), bound_to)
        renewed = {"customer_id": row["customer_id"], "master_id": wrapped.master_id, "wrapped": wrapped.content}
        store.write(connection, "rewrap_key", renewed)
    current = store.fetch(connection, "count_keys", {"master_id": keys.current})[0]["keys"]
    return Rewrapped(rewrapped=len(rows), current=int(current))


def _locked(connection: psycopg.Connection[Any], customer_ref: str, *, closed: bool = False) -> int:
    rows = store.fetch(connection, "lock_customer", {"customer_key": key(customer_ref)})
    if not rows:
        raise NotFound("there is no such account", hint="Open one: `ditan account open CUSTOMER`.")
    if rows[0]["closed_at"] is not None and not closed:
        raise LedgerRefusal(EnergyCode.CLOSED)
    return int(rows[0]["customer_id"])


def _own_key(connection: psycopg.Connection[Any], customer_id: int, keys: MasterKeys, now: datetime) -> bytes:
    """Give a customer's key, made if she has none."""
    for row in store.fetch(connection, "read_key", {"customer_id": customer_id}):
        return keys.unwrap(Wrapped(row["master_id"], row["wrapped"]), str(customer_id))
    made = new_key()
    wrapped = keys.wrap(made, str(customer_id))
    row = {"customer_id": customer_id, "master_id": wrapped.master_id, "wrapped": wrapped.content, "now": now}
    store.write(connection, "write_key", row)
    return made


def _open(row: dict[str, Any], order_id: UUID | None, keys: MasterKeys) -> PostalAddress:
    own = keys.unwrap(Wrapped(row["master_id"], row["wrapped"]), str(row["customer_id"]))
    return msgspec.json.decode(decipher(own, row["sealed"], _bound(row["customer_id"], order_id)), type=PostalAddress)


def _bound(customer_id: int, order_id: UUID | None = None) -> str:
    """What an address belongs to: moved elsewhere, it cannot be read."""
    return f"customer {customer_id} {'order ' + str(order_id) if order_id else 'kept'}"
