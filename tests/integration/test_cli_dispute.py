"""`ditan dispute` as an operator meets it: the queue, and an answer that says which correction follows."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.test_cli import OPEN, RIDE, Ditan, ditan, failed, feed_file  # noqa: F401  fixtures

from ditan.home.disputes import DisputeReason, open_dispute, reference_of
from ditan.kernel.ids import act_id
from ditan.packs import load
from ditan.store import Store

NOW = datetime(2026, 7, 6, 4, tzinfo=UTC)


@pytest.fixture
def reference(ditan: Ditan, store: Store, feed_file: Callable[..., Path]) -> str:  # noqa: F811
    ditan(*OPEN)
    ditan("ingest", feed_file(RIDE))
    name = act_id(RIDE.source, RIDE.event_id)
    opened, _ = store.run(lambda c: open_dispute(c, "cust-lin", name, DisputeReason.REFUNDED, "已经退了", NOW, load()))
    return opened.reference


def test_a_dispute_is_listed_and_answered(ditan: Ditan, reference: str) -> None:  # noqa: F811
    [queued] = ditan("dispute", "list", "--open", "--json").answer()
    assert (queued["reference"], queued["customer_ref"], queued["words"]) == (reference, "cust-lin", "已经退了")
    assert reference in ditan("dispute", "list").out
    why = ("--because", "该笔已退款", "--because-en", "It was refunded", "--by", "wang")
    told = ditan("dispute", "answer", reference, "--uphold", *why)
    assert (told.code, reference in told.out, "ditan ingest" in told.out) == (0, True, True)
    assert "changed no grams" in told.out
    assert ditan("dispute", "answer", reference, "--uphold", *why, "--json").answer()["state"] == "upheld"
    failed(ditan("dispute", "answer", reference, "--decline", *why), 4, "answered already")
    assert ditan("dispute", "list", "--open", "--json").answer() == []
    assert [each["answered_by"] for each in ditan("dispute", "list", "--json").answer()] == ["wang"]


def test_one_language_is_enough_and_nothing_follows_what_is_declined(ditan: Ditan, reference: str) -> None:  # noqa: F811
    why = ("--because", "没有退款记录", "--by", "wang")
    told = ditan("dispute", "answer", reference, "--decline", *why)
    assert "ditan ingest" not in told.out
    [kept] = ditan("dispute", "list", "--json").answer()
    assert kept["answer"] == {"zh": "没有退款记录", "en": "没有退款记录"}


def test_mistakes_are_told(ditan: Ditan, reference: str) -> None:  # noqa: F811
    why = ("--because", "没有退款记录", "--by", "wang")
    failed(ditan("dispute", "answer", "D-2026-000001-0", "--decline", *why), 2, "not the reference")
    failed(ditan("dispute", "answer", reference_of(999, NOW), "--decline", *why), 3, "no dispute")
    failed(ditan("dispute", "answer", reference, "--decline", "--because", "打 13800138000", "--by", "li"), 2, "INV-13")
