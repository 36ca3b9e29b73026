"""`ditan demo`: the command, and what it prints for each audience."""

from __future__ import annotations

import shutil
from datetime import date
from typing import Annotated

import typer
from rich.rule import Rule

from ditan import feed, packs
from ditan.accounts import apply_events
from ditan.cli.account import read_account_events
from ditan.cli.check import print_verdicts, verify
from ditan.cli.demo.crew import at_work
from ditan.cli.demo.days import Quarter, morning_after
from ditan.cli.demo.market import open_market
from ditan.cli.demo.office import run_office
from ditan.cli.demo.visitors import make_visitors
from ditan.cli.explain import print_story
from ditan.cli.reporting import print_report
from ditan.cli.serve import free_port, serve
from ditan.cli.showing import AsJson, both, console, grams, number, print_json, progress, table
from ditan.cli.statement import period, print_statement
from ditan.insight import ScenarioTotal, Schedule, Story, prepare, scenario_totals, tell, telling_act, telling_customer
from ditan.insight.filing import FileReport, combined
from ditan.kernel.clock import SystemClock
from ditan.kernel.demo import MARK, DemoClock, write_customers
from ditan.kernel.errors import Conflict
from ditan.kernel.ids import ActId, show_act
from ditan.kernel.settings import Settings, load_settings
from ditan.ledger import Statement
from ditan.ledger import statement as read_statement
from ditan.model import Noun
from ditan.proof import Verdict, ledger_digest
from ditan.store import Store, embedded
from ditan.testing.bank import make_bank
from ditan.testing.writing import write

START = date(2026, 7, 1)


class Demo(Noun, kw_only=True):
    """What the demo shows, for `--json`."""

    customers: int
    days: int
    seed: int
    accounts: int
    report: FileReport
    scenarios: list[ScenarioTotal]
    statement: Statement | None
    explained: Story | None
    verdicts: list[Verdict]
    ledger_digest: str


def demo(
    customers: Annotated[int, typer.Option(min=20, max=100_000, help="Customers of the synthetic bank.")] = 1500,
    days: Annotated[int, typer.Option(min=7, max=184, help="Days from 2026-07-01.")] = 92,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bank, to the byte.")] = 42,
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Where to serve the page, if nobody else is there.")
    ] = 8000,
    once: Annotated[
        bool, typer.Option("--once", help="Do not serve the page; stop the embedded database at the end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a synthetic bank's quarter through Ditan and show what a customer, an operator and an auditor would see.

    It has its own database and archive under DITAN_HOME and begins anew each time. It ends by serving the customer's
    page, with customers to sign in as. Look around beside it: `ditan statement CUSTOMER`, `ditan explain ACT`,
    `ditan check`, `ditan methodology show metro_ride`.
    """
    settings = load_settings()
    store = _fresh_store(settings)
    result, month = _run(settings, store, customers, days, seed, quiet=as_json)
    if as_json:
        print_json(result)
    else:
        _show(settings, result, month)
    store.close()
    holds = all(verdict.holds for verdict in result.verdicts)
    if once:
        embedded.stop(settings.home)
    elif not as_json:
        console.print(Rule("6 · the customer's page 客户的页面 · at /console/ the bank's 运营台", align="left"))
        console.print(
            f"DITAN_HOME={settings.home} · ditan statement CUSTOMER · ditan explain ACT · ditan check\n"
            "Ctrl-C ends the pages; the embedded database keeps running until `ditan db stop`."
        )
        if holds:
            address = free_port(port)
            with at_work(settings, address):
                serve(host="127.0.0.1", port=address, demo=True)
    if not holds:
        raise typer.Exit(70)


def _fresh_store(settings: Settings) -> Store:
    """Give an empty store: the demo begins anew, but never in a database that holds anything else."""
    mark = settings.home / MARK
    if not settings.embedded:
        raise Conflict(
            "the demo works on the embedded database only, and DITAN_DATABASE_URL names another",
            hint="Unset it, or run `ditan synth` and `ditan ingest` against your database.",
        )
    if (settings.home / "postgres").exists() and not mark.exists():
        raise Conflict(
            f"{settings.home} holds a database that is not the demo's",
            hint="`make demo` has a folder of its own; or name one: DITAN_HOME=/tmp/ditan-demo ditan demo",
        )
    if mark.exists():
        embedded.stop(settings.home)
        for name in ("postgres", "archive", "demo", "rejected"):
            shutil.rmtree(settings.home / name, ignore_errors=True)
    mark.mkdir(parents=True, exist_ok=True)
    return Store.open(settings)


def _run(settings: Settings, store: Store, customers: int, days: int, seed: int, *, quiet: bool) -> tuple[Demo, str]:
    pack = packs.load()
    folder = settings.home / "demo" / "bank"
    with progress("the bank's quarter", days, quiet=quiet) as advance:
        written = write(
            make_bank(customers, days, seed, START, pack), folder, split="day", progress=lambda _, __: advance(1)
        )
    events = read_account_events(folder / "accounts.jsonl")
    store.run(lambda connection: apply_events(connection, events))
    quarter = Quarter(settings, store, Schedule.of(prepare(store, pack, SystemClock())), feed.load("canonical"), seed)
    size = sum((folder / name).stat().st_size for name in written.files)
    now = morning_after(max(written.files))
    with open_market(store, seed, START) as market:
        with progress("day by day, payments into acts and energy into trees", size, quiet=quiet) as advance:
            reports = quarter.live(folder, written.files, advance, market.morning)
        files = [folder / name for name in sorted(written.files)]
        visitors = make_visitors(quarter, market, files, now)
        write_customers(settings, visitors)
    run_office(store, [each.subject for each in visitors[1:]], now)  # the first has no account yet
    DemoClock(settings).set(now)
    with store.unit_of_work() as connection:
        month = f"{START:%Y-%m}"
        customer = telling_customer(connection, *period(month))
        act = telling_act(connection)
        found = read_statement(connection, customer, *period(month), now) if customer else None
        story = tell(connection, settings.home, ActId(act)) if act else None
        totals, digest = scenario_totals(connection), ledger_digest(connection)
    verdicts = verify(settings, store, quiet=quiet)
    result = Demo(
        customers=customers,
        days=days,
        seed=seed,
        accounts=written.accounts,
        report=combined(reports, name=f"{len(reports)} files"),
        scenarios=totals,
        statement=found,
        explained=story,
        verdicts=verdicts,
        ledger_digest=digest,
    )
    return result, month


def _show(settings: Settings, result: Demo, month: str) -> None:
    console.print()
    console.print(
        f"[bold]低碳 Ditan[/] · a synthetic bank · {number(result.customers)} customers, "
        f"{number(result.accounts)} carbon accounts, {result.days} days from {START}, seed {result.seed}"
    )
    console.print(Rule("1 · every row is accounted for 每一行都有下落", align="left"))
    print_report(result.report, settings)
    console.print(Rule("2 · what the operator sees 运营者看到的", align="left"))
    print_scenarios(result.scenarios)
    console.print(Rule("3 · what a customer sees 客户看到的", align="left"))
    if result.statement:
        print_statement(result.statement, month, settings, rows_max=24)
    console.print(Rule("4 · what an auditor sees: one gram 审计者看到的：这一克怎么来的", align="left"))
    if result.explained:
        print_story(result.explained, settings)
        console.print(f"[dim]ditan explain {show_act(result.explained.act.act_id)} --json  has all of it[/]")
    console.print(Rule("5 · every promise, checked 每条承诺都查一遍", align="left"))
    print_verdicts(result.verdicts, settings)
    console.print(f"ledger digest {result.ledger_digest}")


def print_scenarios(totals: list[ScenarioTotal]) -> None:
    """Print a line for each of the 21 scenarios, and two sums that are never netted."""
    shown = table(
        "21 scenarios",
        "",
        "scenario",
        "family",
        "customers",
        "acts",
        "cut by caps",
        "carbon",
        "energy",
        right=(0, 3, 4, 5, 6, 7),
    )
    for line in totals:
        shown.add_row(
            str(line.number), both(line.name), line.family, number(line.customers), number(line.acts), number(line.cut),
            grams(line.carbon_mg) if line.carbon_mg else "—", number(line.energy) if line.energy else "—",
        )  # fmt: skip
    shown.add_section()
    shown.add_row(
        "", "[bold]all[/]", "", "", number(sum(line.acts for line in totals)), number(sum(line.cut for line in totals)),
        grams(sum(line.carbon_mg for line in totals)), number(sum(line.energy for line in totals)),
    )  # fmt: skip
    console.print(shown)
