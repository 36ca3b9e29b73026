"""Stories are read as written, and a story that cannot be understood says on which line."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from ditan import packs
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import InvalidInput
from ditan.model import Channel, Kind
from ditan.testing.playing import Ended, HeldAct, play
from ditan.testing.stories import Story, parse_story

PACK = packs.load()

WHY = "# 为什么。\n# Why.\n\n"
STORY = (
    WHY
    + """customer lin joined 2026-06-01 with debit, credit consenting to card_payments and whereabouts
  2026-07-20 09:00 withdraws whereabouts
  2026-07-21 09:00 unlinks credit
  2026-07-22 09:00 closes

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit {distance_m=8200}  -> ENDING
  09:01 back  lin gets ¥1.50 back for ride  -> refunded
  09:02 undo  lin has ride reversed
  10:00 bill  lin does bill.paid ¥1,086.40 {bill_ref=b1, period=2026-06}  -> posted 60,785 mg
  11:00 trip  lin pays HKD 12.50 to "MTR METRO" mcc 4111 in 110105 by unionpay_nfc with credit
file august
each day from 2026-08-01 to 2026-08-03
  07:00 a  lin pays ¥2.00 to bus_operator "公交 88 路" in Hangzhou by unionpay_qr with debit  -> capped

expect
  lin holds 1,000 mg, 20 energy
  lin metro_ride: 1 act, 0 mg, 0 energy, 0 capped
""".replace("ENDING", "posted 382,940 mg, 20 energy")
)


def read(text: str = STORY) -> Story:
    return parse_story(text, "example", PACK)


def test_what_a_customer_decides() -> None:
    decided = [(decision.action, decision.details.get("purpose", "")) for decision in read().decisions]
    assert decided == [
        ("open", ""),
        ("link_card", ""),
        ("link_card", ""),
        ("grant_consent", "card_payments"),
        ("grant_consent", "whereabouts"),
        ("withdraw_consent", "whereabouts"),
        ("unlink_card", ""),
        ("close", ""),
    ]
    assert read().decisions[1].as_line() == {
        "at": "2026-06-01T09:00:00+08:00",
        "action": "link_card",
        "customer_ref": "cust-lin",
        "channel": "app",
        "card_ref": "card-lin-debit",
        "card_product": "debit",
    }


def test_a_payment() -> None:
    told = read().files["july"][0]
    event = told.event
    assert event.kind is Kind.CARD_PAYMENT
    assert event.occurred_at == datetime(2026, 7, 6, 8, 1, tzinfo=BUSINESS_ZONE)
    assert (event.amount_fen, event.currency, event.mcc, event.city) == (400, "CNY", 4111, 110000)
    assert event.channel is Channel.UNIONPAY_QR
    assert event.card_ref == "card-lin-debit"
    assert event.attributes == {"distance_m": 8200}
    assert event.merchant_id in {m.merchant_id for m in PACK.merchants if m.role == "metro_operator"}
    assert told.ending is not None
    assert (told.ending.code, told.ending.carbon_mg, told.ending.energy) == ("posted", 382_940, 20)


def test_refund_reversal_service_and_a_payment_abroad() -> None:
    _, back, undo, bill, trip = read().files["july"]
    assert (back.event.kind, back.event.amount_fen, back.event.original_event_id) == (Kind.CARD_REFUND, 150, "ride")
    assert back.event.merchant_id == undo.event.merchant_id
    assert (undo.event.kind, undo.event.amount_fen, undo.ending) == (Kind.CARD_REVERSAL, 400, None)
    assert (bill.event.service, bill.event.amount_fen) == ("bill.paid", 108_640)
    assert bill.event.attributes == {"bill_ref": "b1", "period": "2026-06"}
    assert (trip.event.currency, trip.event.amount_fen, trip.event.city) == ("HKD", 1_250, 110105)
    assert trip.event.descriptor == "MTR METRO"


def test_each_day_repeats_with_an_id_of_its_own() -> None:
    events = [told.event for told in read().files["august"]]
    assert [event.event_id for event in events] == ["a-0801", "a-0802", "a-0803"]
    assert [event.occurred_at.day for event in events] == [1, 2, 3]
    assert {event.descriptor for event in events} == {"公交 88 路"}
    assert {event.city for event in events} == {330100}


def test_a_refund_may_stand_before_its_original() -> None:
    story = read(WHY + "file f\non 2026-07-06\n  09:00 back  lin gets ¥4.00 back for ride\nexpect\n  lin holds 0 mg\n")
    [told] = story.files["f"]
    assert told.event.original_event_id == "ride"
    assert told.event.customer_ref == "cust-lin"


def test_files_are_canonical_csv() -> None:
    lines = read().csv_text("july").splitlines()
    assert lines[0].startswith("source,event_id,kind,")
    assert len(lines) == 6
    assert '"{""distance_m"":8200}"' in lines[1]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (STORY.replace("# 为什么。\n", ""), "two comments"),
        (STORY.replace("in Beijing", "in Atlantis"), "line 11: the methodology knows no city"),
        (STORY.replace("metro_operator", "rocket_operator"), "line 11: the methodology has no merchant"),
        (STORY.replace("¥4.00", "4 yuan"), "line 11: '4 yuan"),
        (STORY.replace("by unionpay_qr with debit {", "by pigeon with debit {"), "line 11: 'pigeon'"),
        (STORY.replace("ride  lin pays", "ride  lin steals"), "line 11: a customer pays"),
        (STORY.replace("gets ¥1.50 back", "gets it back"), "line 12"),
        (STORY.replace("withdraws whereabouts", "withdraws everything"), "line 5"),
        (STORY.replace("2026-07-21 09:00 unlinks", "2026-07-21 unlinks"), "line 6"),
        (STORY.replace("-> refunded", "-> Refunded!"), "line 12"),
        (STORY.replace("lin holds 1,000 mg", "lin holds 1,000 kg"), "line 21"),
        (STORY.replace("on 2026-07-06", "on Monday"), "line 10"),
        (STORY.replace("file july", "feed july"), "line 9: a line begins with"),
        (STORY.replace("on 2026-07-06\n", ""), "say the day"),
        (WHY + "  08:01 x  lin pays ¥4.00\n", "an indented line"),
        (STORY.partition("expect")[0], "something to expect"),
    ],
)
def test_a_story_that_cannot_be_understood_names_the_line(broken: str, says: str) -> None:
    assert broken != STORY
    with pytest.raises(InvalidInput, match=says):
        read(broken)


class Pretended:
    """A world in which everything ends as it is told to."""

    def __init__(self, ended: Mapping[int, Ended], acts: Sequence[HeldAct], promises: Sequence[str] = ()) -> None:
        self.ended, self._acts, self.promises = ended, acts, promises

    def decide(self, account_events: Sequence[Mapping[str, str]]) -> None:
        assert account_events

    def ingest(self, name: str, csv_text: str) -> Mapping[int, Ended]:
        assert name == "example-f.csv"
        assert csv_text.count("\n") == 2
        return self.ended

    def balance(self, customer_ref: str) -> tuple[int, int]:
        return sum(act.carbon_mg for act in self._acts), sum(act.energy for act in self._acts)

    def acts(self, customer_ref: str) -> Sequence[HeldAct]:
        return self._acts

    def broken_promises(self) -> Sequence[str]:
        return self.promises


SHORT = (
    WHY
    + """customer lin joined 2026-06-01 with debit consenting to card_payments
file f
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing with debit  -> posted 340,910 mg, 20 energy
expect
  lin holds 340,910 mg, 20 energy
  lin metro_ride: 1 act, 0 capped
"""
)
GOOD = Ended("posted", 340_910, 20)
ACT = HeldAct("metro_ride", 340_910, 20, capped=False)


@pytest.mark.parametrize(
    ("ended", "acts", "says"),
    [
        ({1: GOOD}, [ACT], []),
        ({1: Ended("capped")}, [ACT], ["told posted, ended capped"]),
        ({1: Ended("posted", 340_911, 20)}, [ACT], ["told 340,910 mg, came 340,911 mg"]),
        ({1: Ended("posted", 340_910, 21)}, [ACT], ["told 20 energy, came 21"]),
        ({}, [ACT], ["of 1 rows 0 ended"]),
        ({1: GOOD, 2: GOOD}, [ACT], ["of 1 rows 2 ended"]),
        ({1: GOOD}, [], ["told 340,910 carbon_mg, found 0", "told 20 energy, found 0", "told 1 acts, found 0"]),
        ({1: GOOD}, [ACT._replace(capped=True)], ["told 0 capped, found 1"]),
    ],
)
def test_what_comes_out_otherwise_is_said(ended: dict[int, Ended], acts: list[HeldAct], says: list[str]) -> None:
    wrong = play(read(SHORT), Pretended(ended, acts))
    assert len(wrong) == len(says)
    assert all(part in sentence for part, sentence in zip(says, wrong, strict=True))


def test_a_broken_promise_spoils_any_story() -> None:
    assert play(read(SHORT), Pretended({1: GOOD}, [ACT], ["INV-03 is broken"])) == ["INV-03 is broken"]
