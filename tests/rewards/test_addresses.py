"""Where goods go: enciphered, told to one partner, erased on time; afterwards no table has a trace of it."""

import base64
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import asdict, replace
from psycopg import sql
from tests.rewards.shop import HOME, KEYS, Partner, Shop, says

from ditan import rewards
from ditan.accounts import AccountEvent, Action, apply_events
from ditan.accounts.erasing import Erasing, erase
from ditan.kernel.envelope import MasterKeys, Unreadable, read_master_keys, write_key
from ditan.kernel.errors import InvalidInput
from ditan.kernel.settings import Settings
from ditan.ledger import LedgerRefusal
from ditan.rewards import OrderRefusal
from ditan.rewards.calling import Heard, Trouble
from ditan.rewards.codes import State
from ditan.store import Store

LIN, WANG = "cust-lin", "cust-wang"
RICE, GYM = "produce_rice", "gym_card_month"
TABLES = ("rewards.address_key", "rewards.address", "rewards.order_address")


@pytest.fixture
def shop(store: Store) -> Shop:
    made = Shop(store)
    made.open([LIN, WANG])
    for reward_id in (RICE, GYM):
        made.supply(reward_id, 10)
    return made


def work(shop: Shop, partner: Partner) -> None:
    bench = shop.bench(partner)
    while rewards.turn(bench):
        pass


def close(shop: Shop, ref: str = LIN) -> None:
    event = AccountEvent(action=Action.CLOSE, at=shop.clock.now(), customer_ref=ref)
    shop.store.run(lambda c: apply_events(c, [event]))


def kept(shop: Shop, ref: str = LIN, keys: MasterKeys = KEYS) -> Any:
    return shop.store.read(lambda c: rewards.read_addresses(c, ref, keys))


def rows(shop: Shop, ref: str | None = LIN) -> list[int]:
    """How many keys, kept addresses and copies a customer has; None: all customers."""
    own = "customer_id = (SELECT customer_id FROM accounts.customer WHERE customer_ref = %(ref)s)"
    query = f"SELECT count(*) FROM {{}} WHERE %(ref)s::text IS NULL OR {own}"

    def count(c: psycopg.Connection[Any], table: str) -> int:
        [found] = c.execute(sql.SQL(query).format(sql.SQL(table)), {"ref": ref}).fetchone() or [0]
        return int(found)

    return shop.store.read(lambda c: [count(c, table) for table in TABLES])


def everything(shop: Shop) -> Iterator[tuple[str, bytes]]:
    """Every text, number of bytes and JSON of every table, as bytes."""
    columns = """
        SELECT format('%I.%I', table_schema, table_name), column_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
          AND (udt_name IN ('text', 'varchar', 'bytea', 'jsonb', 'json', '_text', '_bytea', 'name', 'bpchar'))
    """
    with shop.store.connect_owner() as owner:
        for table, column in owner.execute(columns).fetchall():
            query = sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.SQL(table))
            for [value] in owner.execute(query).fetchall():
                yield f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode()


def traces(shop: Shop) -> set[str]:
    """The columns where a part of the address stands in clear, as it is, in UTF-16, or in base64."""
    parts = {
        form
        for text in asdict(HOME).values()
        for form in (text.encode(), text.encode("utf-16-le"), base64.b64encode(text.encode())[:-4])
    }
    return {where for where, value in everything(shop) if any(part in value for part in parts)}


def test_an_address_is_kept_enciphered_and_read_back(shop: Shop) -> None:
    assert kept(shop).kept == HOME
    other = replace(HOME, street="文三路 1 号")
    shop.live_at(LIN, other)
    assert (kept(shop).kept, kept(shop, WANG).kept) == (other, HOME)
    assert (traces(shop), rows(shop)) == (set(), [1, 1, 0])
    assert "龙井路" not in repr(HOME) + repr(kept(shop)) + str(HOME)
    shop.place(WANG, GYM, note=HOME.street)
    assert traces(shop) == {'rewards."order".note'}  # they are found where there are some
    with pytest.raises(Unreadable):
        kept(shop, keys=MasterKeys({}))
    with pytest.raises(Unreadable):
        kept(shop, keys=MasterKeys({"test": b"x" * 32}))


def test_what_is_enciphered_is_bound_to_its_place(shop: Shop) -> None:
    """Copied into another customer's row, with her key as well, it does not open."""
    with shop.store.connect_owner() as owner:
        owner.execute("UPDATE rewards.address SET sealed = (SELECT sealed FROM rewards.address ORDER BY 1 LIMIT 1)")
    with pytest.raises(Unreadable):
        kept(shop), kept(shop, WANG)
    with shop.store.connect_owner() as owner:
        owner.execute(
            "UPDATE rewards.address_key SET wrapped = (SELECT wrapped FROM rewards.address_key ORDER BY 1 LIMIT 1)"
        )
    with pytest.raises(Unreadable):
        kept(shop), kept(shop, WANG)


@pytest.mark.parametrize(
    "change",
    [{"recipient": "6222020200112230"}, {"phone": "6222 0202 0011 2230"}, {"street": " "}, {"phone": "call me"}],
)
def test_a_card_number_is_no_part_of_an_address(shop: Shop, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        shop.live_at(LIN, replace(HOME, **change))
    assert change == {"street": " "} or next(iter(change.values())) not in f"{caught.value} {caught.value.hint}"
    assert kept(shop).kept == HOME


def test_only_the_partner_of_the_order_is_told_and_only_when_it_is_sent(shop: Shop) -> None:
    order_id = shop.place(LIN, RICE)
    shop.place(WANG, GYM)
    shop.live_at(LIN, replace(HOME, street="搬家了 9 号"))  # the order goes where it was going
    shop.store.run(lambda c: rewards.forget_address(c, LIN))
    partner = Partner()
    work(shop, partner)
    shop.later(hours=2)
    work(shop, partner)
    assert sorted(zip((kind for kind, _ in partner.calls), partner.told, strict=True), key=str) == [
        ("ask", None), ("ask", None), ("send", None), ("send", HOME)
    ]  # fmt: skip
    found = kept(shop)
    assert (found.kept, [each.address for each in found.of_orders]) == (None, [HOME])
    assert shop.order(LIN, order_id).delivery
    assert traces(shop) == set()
    assert shop.broken() == []


def test_goods_without_an_address_are_refused_and_codes_are_not(shop: Shop) -> None:
    assert shop.store.run(lambda c: rewards.forget_address(c, LIN))
    assert not shop.store.run(lambda c: rewards.forget_address(c, LIN))
    with pytest.raises(OrderRefusal) as caught:
        shop.place(LIN, RICE)
    assert (caught.value.code, caught.value.hint) == ("address_missing", "Keep one first: PUT /v1/address.")
    shop.place(LIN, GYM)
    assert (rows(shop), shop.stock(RICE)) == ([0, 0, 0], 10)  # her key went with the last address


def test_without_its_key_an_order_waits(shop: Shop) -> None:
    shop.place(LIN, RICE)
    bench = shop.bench(Partner(lambda _kind, _order: says("fulfilled")))
    assert rewards.turn(bench._replace(keys=MasterKeys({"other": b"o" * 32})))
    assert shop.order(LIN).state is State.SENT
    [trouble] = shop.store.read(lambda c: c.execute("SELECT trouble FROM rewards.job").fetchone() or [])
    assert trouble == Trouble.NO_KEY
    shop.later(minutes=2)
    assert rewards.turn(bench)
    assert shop.order(LIN).state is State.FULFILLED


def test_some_days_after_an_order_ended_its_copy_is_erased(shop: Shop) -> None:
    shop.place(LIN, RICE)
    shop.place(WANG, RICE)
    answers = iter([says("fulfilled"), Heard(received=True)])
    work(shop, Partner(lambda _kind, _order: next(answers)))

    def forget(days: int = 30) -> int:
        return shop.store.run(lambda c: rewards.forget_old_addresses(c, shop.clock.now(), days))

    assert forget() == 0
    shop.later(days=29)
    assert forget() == 0
    shop.later(days=1)
    assert forget() == 1  # hers who waits stays
    assert (rows(shop), rows(shop, WANG)) == ([1, 1, 0], [1, 1, 1])
    shop.store.run(lambda c: rewards.forget_address(c, WANG))
    shop.clock.advance(timedelta(days=366))
    shop.sweep()
    assert forget() == 0
    assert (forget(0), rows(shop, WANG)) == (1, [0, 0, 0])
    assert (traces(shop), shop.broken()) == (set(), [])


def test_closing_and_erasing_leave_no_address(shop: Shop) -> None:
    shop.place(LIN, RICE)
    work(shop, Partner(lambda _kind, _order: says("fulfilled")))
    assert rows(shop) == [1, 1, 1]
    close(shop)
    assert (rows(shop), kept(shop).kept) == ([0, 0, 0], None)
    with pytest.raises(LedgerRefusal):
        shop.live_at(LIN)
    assert shop.store.run(lambda c: erase(c, LIN, shop.clock.now())) is Erasing.DONE
    assert (rows(shop, None), traces(shop), shop.broken()) == ([1, 1, 0], set(), [])  # Wang's
    with shop.store.connect_owner() as owner:  # and the check would find hers
        owner.execute("ALTER TABLE accounts.customer DISABLE TRIGGER forget_closed")
    close(shop, WANG)
    assert any("there is an address" in each for each in shop.broken())


def test_a_backup_cannot_be_read_without_the_key_that_was_destroyed(shop: Shop) -> None:
    """What a backup has of an erased customer opens with a key that is under the bank's old one, and that is gone."""
    with shop.store.connect_owner() as owner:
        [backup] = owner.execute("SELECT jsonb_agg(k) FROM rewards.address_key k").fetchone() or [[]]
    both = MasterKeys({"new": b"n" * 32, "test": b"k" * 32})
    assert shop.store.run(lambda c: rewards.rewrap(c, both)).rewrapped == 2
    assert shop.store.run(lambda c: rewards.rewrap(c, both)).current == 2
    alone = MasterKeys({"new": b"n" * 32})
    assert (kept(shop, keys=alone).kept, len(backup)) == (HOME, 2)
    with shop.store.connect_owner() as owner:
        owner.execute("DELETE FROM rewards.address_key")
        owner.execute(
            "INSERT INTO rewards.address_key SELECT * FROM jsonb_populate_recordset(NULL::rewards.address_key, %s)",
            [psycopg.types.json.Jsonb(backup)],
        )
    with pytest.raises(Unreadable, match="'test'"):
        shop.store.run(lambda c: rewards.rewrap(c, alone))


def test_the_embedded_database_has_a_key_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    made = read_master_keys(settings)
    file = tmp_path / "address.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert repr(read_master_keys(settings)) == repr(made) == "MasterKeys(own)"
    assert list(tmp_path.iterdir()) == [file]
    assert read_master_keys(Settings(home=tmp_path, address_key=write_key("a", b"a" * 32))).current == "a"
    with pytest.raises(Unreadable, match="no key"):
        assert read_master_keys(Settings(home=tmp_path, database_url="postgresql:///bank")).current
    with pytest.raises(InvalidInput) as caught:
        read_master_keys(Settings(home=tmp_path, address_key="a:c2hvcnQ="))
    assert "c2hvcnQ" not in str(caught.value)
