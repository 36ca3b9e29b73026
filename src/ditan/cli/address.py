"""`ditan address new-key | rewrap | forget`: the keys that addresses are enciphered with, and their end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from ditan import rewards
from ditan.cli.showing import AsJson, console, number, print_json, say
from ditan.kernel.clock import SYSTEM_CLOCK, business_day
from ditan.kernel.envelope import new_key, read_master_keys, write_key
from ditan.kernel.settings import Settings, load_settings
from ditan.model import Noun, Text
from ditan.rewards.addresses import Rewrapped
from ditan.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="""Addresses of goods: enciphered with a key of each customer's, and those with one of the bank's.

    A new key of the bank goes first in DITAN_ADDRESS_KEY_FILE, the old one stays behind it until `rewrap` is done.
    """,
)


class Forgotten(Noun, kw_only=True):
    """Copies of addresses that were erased."""

    copies: int


@app.command("new-key")
def make_key(
    name: Annotated[str | None, typer.Argument(help="Its name; the day, if not given.")] = None,
) -> None:
    """Print a new key: put it first into DITAN_ADDRESS_KEY_FILE, keep the old one behind it, restart, and rewrap.

    ditan address new-key k2027 | cat - keys.old > keys
    """
    typer.echo(write_key(name or f"{business_day(SYSTEM_CLOCK.now()):k%Y%m%d}", new_key()))


@app.command("rewrap")
def rewrap(as_json: AsJson = False) -> None:
    """Put every customer's key under the bank's first one. Then the old one can be destroyed: no backup opens with it.

    ditan address rewrap
    """
    settings = load_settings()
    keys, done = read_master_keys(settings), 0
    with Store.open(settings) as store:
        while True:
            found = store.run(lambda connection: rewards.rewrap(connection, keys))
            done += found.rewrapped
            if not found.rewrapped:
                break
    if as_json:
        print_json(Rewrapped(rewrapped=done, current=found.current))
        return
    told = Text(
        zh=f"{number(done)} 把客户密钥已换到 {keys.current}，现共 {number(found.current)} 把",
        en=f"{number(done)} keys of customers are under {keys.current} now, {number(found.current)} in all",
    )
    console.print(say(told, settings))


@app.command("forget")
def forget(as_json: AsJson = False) -> None:
    """Erase the copies of orders that ended DITAN_ADDRESS_DAYS ago. `ditan rewards work` does so every hour.

    ditan address forget
    """
    settings = load_settings()
    with Store.open(settings) as store:
        gone = forget_addresses(store, SYSTEM_CLOCK.now(), settings)
    if as_json:
        print_json(Forgotten(copies=gone))
    else:
        told = Text(zh=f"删除了 {number(gone)} 份地址", en=f"{number(gone)} copies of addresses erased")
        console.print(say(told, settings))


def forget_addresses(store: Store, now: datetime, settings: Settings) -> int:
    """Erase what is due, and give how many copies went."""
    return store.run(lambda connection: rewards.forget_old_addresses(connection, now, settings.address_days))
