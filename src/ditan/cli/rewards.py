"""`ditan rewards check | work | list`: what energy can become, and the worker that sees to it."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ditan import ledger, rewards
from ditan.cli.address import forget_addresses
from ditan.cli.plantings import add_plantings
from ditan.cli.showing import AsJson, console, number, print_json, say, table
from ditan.cli.transfers import add_transfers
from ditan.kernel.clock import SYSTEM_CLOCK, Clock, business_day
from ditan.kernel.demo import DemoClock
from ditan.kernel.envelope import read_master_keys
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings, load_settings
from ditan.model import Noun, Text
from ditan.packs.findings import Finding
from ditan.rewards.cataloguing import version
from ditan.rewards.checking import check as check_catalogue
from ditan.rewards.jobs import next_due
from ditan.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="""Rewards: what energy can become, and the worker that brings orders to partners.

    The demo catalogue is made up, and so are its partners. A bank names its own folder in DITAN_REWARDS_CATALOGUE.
    """,
)

_IDLE = timedelta(seconds=1)
_FORGET = timedelta(hours=1)


class Checked(Noun, kw_only=True):
    """What the check of a catalogue found."""

    catalogue: str
    version: str
    status: str
    rewards: int
    partners: int
    findings: list[Finding]


class Worked(Noun, kw_only=True):
    """What a worker did."""

    jobs: int


@app.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of a catalogue; the one in force, if not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a catalogue; exit code 2 when nothing of it may be ordered.

    ditan rewards check
    """
    settings = load_settings()
    catalogue = rewards.load(folder or settings.rewards_catalogue)
    report = Checked(
        catalogue=catalogue.number,
        version=version(catalogue),
        status=catalogue.status,
        rewards=len(catalogue.rewards),
        partners=len(catalogue.partners),
        findings=check_catalogue(catalogue, business_day(SYSTEM_CLOCK.now())),
    )
    if as_json:
        print_json(report)
    else:
        console.print(escape(f"{report.catalogue} · {report.version} · {report.status}: {report.rewards} rewards"))
        console.print(escape(say(catalogue.note, settings)))
        for each in report.findings:
            console.print(f"[red]✗[/] {escape(each.where)}: {escape(say(each.message, settings))}", soft_wrap=True)
        if not report.findings:
            console.print(say(Text(zh="[green]✓[/] 可以运行", en="[green]✓[/] it may run"), settings))
    if report.findings:
        raise typer.Exit(InvalidInput.exit_code)


@app.command("list")
def list_rewards(as_json: AsJson = False) -> None:
    """List the catalogue in force, with what is left of each reward. Registers it, and opens its accounts, empty.

    ditan rewards list
    """
    settings, now = load_settings(), SYSTEM_CLOCK.now()
    catalogue = rewards.load(settings.rewards_catalogue)

    def work(connection: Any) -> dict[str, int]:
        rewards.registered_catalogue(connection, catalogue, now)
        return {each.name: each.balance for each in ledger.all_limited(connection)}

    with Store.open(settings) as store:
        left = store.run(work)
    if as_json:
        print_json(catalogue)
        return
    title = say(Text(zh="奖励", en="Rewards"), settings)
    shown = table(title, "id", "kind", "name", "energy", "left", "taken from", right=(3, 4))
    for each in catalogue.rewards:
        texts = (each.id, each.kind, say(each.name, settings))
        shown.add_row(
            *map(escape, texts), number(each.energy), number(left[each.stock] // each.units), escape(each.stock)
        )
    console.print(shown)
    console.print(escape(say(catalogue.note, settings)))


@app.command("work")
def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and stop.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Live in the time of the demo. Only in its home.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring orders to partners, ask what became of them, let go what is overdue. Any number may run, and be killed.

    Once an hour it erases the addresses of orders that ended DITAN_ADDRESS_DAYS ago.

    ditan rewards work --once
    """
    settings = load_settings()
    stopped = threading.Event()
    for number_ in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number_, lambda *_: stopped.set())
    done = _work(settings, DemoClock(settings) if demo else SYSTEM_CLOCK, stopped, once=once)
    if as_json:
        print_json(Worked(jobs=done))
    else:
        console.print(say(Text(zh=f"处理了 {done} 项任务", en=f"{done} jobs done"), settings))


def _work(settings: Settings, clock: Clock, stopped: threading.Event, *, once: bool) -> int:
    done = 0
    with Store.open(settings) as store:
        call = rewards.HttpCaller(rewards.read_partners(settings.rewards_partners))
        bench, forget_at = rewards.Bench(store, call, clock, read_master_keys(settings)), clock.now()
        while not stopped.is_set():
            if clock.now() >= forget_at:
                forget_addresses(store, clock.now(), settings)
                forget_at = clock.now() + _FORGET
            if rewards.turn(bench):
                done += 1
            elif once:
                break
            else:
                due = store.read(next_due)
                wait = _IDLE if due is None else min(max(due - clock.now(), timedelta(0)), _IDLE)
                stopped.wait(max(wait.total_seconds(), 0.05))
    return done


add_plantings(app)
add_transfers(app)
