"""Before anything is timed: a small ledger must equal the reference model's, act by act and balance by balance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tests.simulation.oracle import Account, Ledger, Limits, Offer

from bench.ledger.bank import SQL, Bank, Turn
from ditan.model import Scenario


def require_equal(bank: Bank, customers: int) -> str:
    """Post batches on both, re-deliveries and conflicts among them; give the digest they have in common.

    Raises: SystemExit when they differ.
    """
    model = Ledger({scenario.number: _limits(scenario) for scenario in bank.methodology.pack.scenarios})
    turns = [Turn(n, 0, hot, (0, 1), 0, customers // 2) for n, hot in ((900, False), (901, True), (902, False))]
    for turn in [*turns, turns[0], turns[2]]:
        bank.offer(turn)
        if turn is turns[2]:
            bank.duck.execute("UPDATE quantified SET content_key = event_key WHERE row_number % 50 = 0")
        offers = [_offer(row) for row in bank.duck.execute(_ROWS).fetchall()]
        for offer in offers:
            model.accounts.setdefault(offer.customer, _account(offer))
        bank.post()
        model.post(offers, [])
    ours, theirs = _of_database(bank), _of_model(model)
    if ours != theirs:
        raise SystemExit(f"the ledger differs from the reference model: {ours} is not {theirs}. Nothing was measured.")
    return ours


_ROWS = """
    SELECT row_number, event_key, content_key, occurred_at, amount_fen, customer_ref, scenario, card_ref, carbon_mg,
        energy, occasion
    FROM quantified
"""


def _offer(row: tuple[Any, ...]) -> Offer:
    number, event, content, at, fen, customer, scenario, card, carbon_mg, energy, occasion = row
    return Offer(number, event, content, at, fen, customer, scenario, card, True, carbon_mg, energy, occasion)


def _account(offer: Offer) -> Account:
    spell = [(offer.at - timedelta(days=365), offer.at + timedelta(days=3650))]
    assert offer.card is not None
    return Account(spell[0][0], consents=dict.fromkeys(("card_payments", "whereabouts", "steps"), spell),
                   cards={offer.card: spell})  # fmt: skip


def _limits(scenario: Scenario) -> Limits:
    caps, reward = scenario.caps, scenario.reward
    return Limits(
        purposes=frozenset(purpose.value for purpose in scenario.consent),
        daily=caps.daily_acts or 31,
        monthly=caps.monthly_acts or 961,
        monthly_mg=2**62 if caps.monthly_g is None else caps.monthly_g * 1000,
        energy_daily=reward.daily_acts or 31,
        energy_monthly=reward.monthly_acts or 961,
        gap=timedelta(minutes=scenario.deduplication.min_gap_minutes),
    )


def _of_database(bank: Bank) -> str:
    with bank.store.connect_owner() as owner:
        acts = owner.execute(SQL["dump_acts"]).fetchall()
        balances = owner.execute(SQL["dump_balances"]).fetchall()
    return _digest([(act, who, mg, energy) for act, who, mg, energy, _ in acts], balances)


def _of_model(model: Ledger) -> str:
    acts = [(key, act.offer.customer, act.carbon_mg, act.energy) for key, act in model.acts.items()]
    held = [(who, mg, energy) for who, (mg, energy) in model.balances().items() if mg or energy]
    return _digest(acts, held)


def _digest(acts: Iterable[tuple[Any, ...]], balances: Iterable[tuple[Any, ...]]) -> str:
    lines = sorted(" ".join(map(str, row)) for row in [*acts, *balances])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
