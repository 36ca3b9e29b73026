"""A reward for some customers: the bank says who, with lists that balance; others see that they are not among them."""

import pytest
from msgspec.structs import replace
from tests.rewards.shop import NOON, Shop

from ditan import rewards
from ditan.accounts import AccountEvent, Action, apply_events
from ditan.accounts.erasing import Erasing, erase
from ditan.accounts.segments import MemberList, import_segment, list_segments
from ditan.home.exporting import read_kept
from ditan.kernel.errors import InvalidInput
from ditan.rewards import OrderRefusal
from ditan.rewards.checking import check
from ditan.store import Store

LIN, WANG, ZHOU, GYM = "cust-lin", "cust-wang", "cust-zhou", "gym_card_month"
NEW = "new_parents"


@pytest.fixture
def shop(store: Store) -> Shop:
    """A shop whose gym cards are for new parents."""
    made = Shop(store)
    made.open([LIN, WANG, ZHOU])
    found = [replace(each, segments=[NEW] if each.id == GYM else []) for each in made.offer.catalogue.rewards]
    catalogue = replace(made.offer.catalogue, rewards=found)
    made.offer = store.run(lambda c: rewards.registered_catalogue(c, catalogue, NOON))
    made.supply(GYM, 9)
    return made


def listed(shop: Shop, *refs: str, name: str = NEW) -> MemberList:
    content = "\n".join(["name,customer_ref", *(f"x,{ref}" for ref in refs)]).encode("utf-8-sig")
    return shop.store.run(lambda c: import_segment(c, name, content, shop.clock.now()))


def counts(done: MemberList) -> tuple[int, ...]:
    assert done.rows_read == done.added + done.stayed + done.repeated + done.rejected
    assert done.rejected == len(done.rejections)
    return done.added, done.stayed, done.repeated, done.rejected, done.removed


def why(shop: Shop, ref: str) -> str | None:
    shelf = shop.store.read(lambda c: rewards.read_shelf(c, shop.offer, ref, shop.clock.now()))
    assert shelf is not None
    return next(each.why for each in shelf.rewards if each.id == GYM)


def test_only_who_is_in_the_segment_can_order(shop: Shop) -> None:
    assert counts(listed(shop, LIN)) == (1, 0, 0, 0, 0)
    assert (why(shop, LIN), why(shop, WANG)) == (None, "not_eligible")
    with pytest.raises(OrderRefusal) as caught:
        shop.place(WANG, GYM)
    assert caught.value.code == "not_eligible"
    order_id = shop.place(LIN, GYM)
    assert counts(listed(shop, WANG)) == (1, 0, 0, 0, 1)
    assert shop.place(LIN, GYM) == order_id  # it was hers when she ordered
    shop.place(WANG, GYM)
    assert (why(shop, LIN), shop.stock(GYM)) == ("not_eligible", 7)
    assert shop.broken() == []


def test_every_row_of_a_list_is_accounted_for(shop: Shop) -> None:
    shop.store.run(lambda c: apply_events(c, [AccountEvent(action=Action.CLOSE, at=NOON, customer_ref=ZHOU)]))
    done = listed(shop, LIN, "", "nobody", WANG, "13812345678", LIN, ZHOU)
    assert counts(done) == (2, 0, 1, 4, 0)
    assert [(each.line, each.code) for each in done.rejections] == [
        (3, "empty"), (4, "no_account"), (6, "personal_number"), (8, "closed")
    ]  # fmt: skip
    assert counts(listed(shop, WANG, LIN)) == (0, 2, 0, 0, 0)
    assert counts(listed(shop)) == (0, 0, 0, 0, 2)
    assert counts(listed(shop, LIN, name="fans")) == (1, 0, 0, 0, 0)
    assert [(each.segment, each.members) for each in shop.store.read(list_segments)] == [("fans", 1)]
    for content in (b"customer\nx", b"\xff\xfe", b'customer_ref\n"x'):
        with pytest.raises(InvalidInput):
            shop.store.run(lambda c, content=content: import_segment(c, NEW, content, NOON))  # type: ignore[misc]
    with pytest.raises(InvalidInput, match="small letters"):
        listed(shop, LIN, name="New Parents")


def test_a_membership_is_told_and_ends_with_the_account(shop: Shop) -> None:
    listed(shop, LIN, WANG)
    kept = shop.store.read(lambda c: read_kept(c, LIN))
    assert kept is not None
    assert [each.segment for each in kept.segments] == [NEW]
    closing = AccountEvent(action=Action.CLOSE, at=NOON, customer_ref=LIN)
    shop.store.run(lambda c: apply_events(c, [closing]))
    assert [each.members for each in shop.store.read(list_segments)] == [1]
    assert shop.store.run(lambda c: erase(c, LIN, NOON)) is Erasing.DONE
    assert shop.broken() == []


def test_a_segment_of_a_catalogue_has_a_name_that_can_be_one(shop: Shop) -> None:
    catalogue = shop.offer.catalogue
    for names in (["New"], ["fans", "fans"]):
        wrong = replace(catalogue, rewards=[replace(catalogue.rewards[0], segments=names)])
        assert "segments" in {each.code for each in check(wrong, NOON.date())}
