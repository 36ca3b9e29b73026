"""Hypothesis strategies for bank events: every scenario, every input at its edges, and what only looks like an act.

Hypothesis is a tool of tests and not of a running Ditan, so it is imported when a strategy is asked for.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.units import INPUTS
from ditan.model import BankEvent, CardProduct, Kind, Pack
from ditan.packs.loading import load
from ditan.testing import factories
from ditan.testing.acts import Places, Scene
from ditan.testing.dice import Dice
from ditan.testing.lookalikes import LOOK_ALIKES
from ditan.testing.people import Card, Customer, Life

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Whole-number attributes that a scenario can use, besides the amount.
_MEASURED: Final[dict[str, tuple[str, ...]]] = {
    "metro_ride": ("distance_m", "ride_count"),
    "bus_ride": ("distance_m", "ride_count"),
    "bike_share_ride": ("distance_m", "ride_count"),
    "ev_charging": ("electricity_wh",),
    "rail_travel": ("distance_m",),
    "coach_travel": ("distance_m", "ride_count"),
    "walking_steps": ("steps",),
}

#: Amounts a tariff or a cap turns at, in fen.
_TURNING_FEN: Final = (1, 99, 100, 150, 200, 300, 400, 499, 500, 600, 700, 1_000, 1_200, 14_400, 14_401, 62_400, 62_401)

#: A district, a county-level city and a place outside the list: found through their prefecture, province or not at all.
_OTHER_CITIES: Final = (110105, 440305, 330782, 710000)


def acts(scenario: str | None = None, pack: Pack | None = None) -> SearchStrategy[BankEvent]:
    """Events meant as acts of the scenario, or of any; quantities reach past every bound of the methodology."""
    from hypothesis import strategies as st

    used = pack or load()
    chosen = st.sampled_from([scenario] if scenario else list(factories.EXAMPLES))
    cities = st.sampled_from([None, *(city.adcode for city in used.cities), *_OTHER_CITIES])
    first = datetime.combine(used.valid_from, time(), BUSINESS_ZONE)
    seconds = st.integers(0, int(timedelta(days=(used.valid_to - used.valid_from).days + 1).total_seconds()) - 1)
    fen = st.one_of(st.sampled_from(_TURNING_FEN), st.integers(1, 200_000), st.integers(1, limits.amount_fen_max))

    @st.composite
    def drawn(draw: Any) -> BankEvent:
        name = draw(chosen)
        found = factories.event(name)
        attributes = dict(found.attributes)
        for field in _MEASURED.get(name, ()):
            if field == "steps" or draw(st.booleans()):
                attributes[field] = draw(_measured(field))
        if name == "bike_share_ride" and draw(st.booleans()):
            attributes["vehicle"] = draw(st.sampled_from(["bike", "ebike"]))
        changes: dict[str, Any] = {
            "event_id": f"{name}-{draw(st.uuids()).hex[:12]}",
            "occurred_at": first + timedelta(seconds=draw(seconds)),
            "attributes": attributes,
        }
        if found.kind is Kind.CARD_PAYMENT:
            changes |= {
                "amount_fen": draw(fen),
                "city": draw(cities),
                "card_product": draw(st.sampled_from(CardProduct)),
            }
        return replace(found, **changes)

    return drawn()


def look_alikes() -> SearchStrategy[BankEvent]:
    """Events that resemble an act and are none."""
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: Any) -> BankEvent:
        name = draw(st.sampled_from(list(LOOK_ALIKES)))
        seed = draw(st.integers(0, 2**32))
        card = Card("card-lin-d", CardProduct.DEBIT, "")
        customer = Customer(0, factories.CUSTOMER, factories.BEIJING, (card,), Life.FAITHFUL, None)
        scene = Scene(Dice(seed), _places(), customer, card, factories.BEIJING, "2026-07", seed)
        facts = LOOK_ALIKES[name].draw(scene)
        given: dict[str, Any] = {
            "source": "card-switch",
            "event_id": f"{name}-{seed}",
            "customer_ref": factories.CUSTOMER,
            "occurred_at": factories.AT,
        }
        return BankEvent(**(given | facts))

    return drawn()


def payments() -> SearchStrategy[BankEvent]:
    """Ordinary payments: any amount, at shops of which no scenario knows anything."""
    from hypothesis import strategies as st

    shops = st.sampled_from(
        [(5411, "永辉超市"), (5812, "国网大厦餐厅"), (5499, "地铁站内便利店"), (7523, "地铁换乘停车场")]
    )
    fen = st.integers(1, limits.amount_fen_max)
    return st.builds(
        lambda shop, amount, key: factories.payment(
            event_id=f"payment-{key.hex[:12]}", mcc=shop[0], descriptor=shop[1], amount_fen=amount
        ),
        shops,
        fen,
        st.uuids(),
    )


def events(pack: Pack | None = None) -> SearchStrategy[BankEvent]:
    """Acts, look-alikes and ordinary payments."""
    from hypothesis import strategies as st

    return st.one_of(acts(pack=pack), look_alikes(), payments())


def _measured(field: str) -> SearchStrategy[int]:
    """A measured fact, at its edges more often than elsewhere. What lies above the bound is not believed."""
    from hypothesis import strategies as st

    most = next(found.max for found in INPUTS.values() if found.field == field)
    edges = st.sampled_from([0, 1, 999, 1_000, 1_001, most - 1, most])
    usual = {"distance_m": 70_000, "electricity_wh": 90_000, "steps": 30_000, "ride_count": 40}[field]
    return st.one_of(edges, st.integers(0, min(usual, most)), st.integers(0, most))


@cache
def _places() -> Places:
    return Places(load())
