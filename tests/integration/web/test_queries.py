"""What people look at is counted and found right, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from bookbridge.features.billing import store_queries
from bookbridge.store.db import Database
from tests.support import orders

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def filled(database: Database) -> Database:
    """Forty orders, one a minute; every tenth failed, every tenth in review, the last still working."""
    states = {0: "failed", 5: "review"}
    with database.transaction() as tx:
        for number in range(40):
            state = "working" if number == 39 else states.get(number % 10, "done")
            changes = {"customer": "50% Off_Ltd"} if number == 7 else {}
            orders.write(tx, number, at=NOW - timedelta(minutes=40 - number), state=state, **changes)
    return database


def test_every_state_is_counted(filled: Database) -> None:
    """States without orders are there with zero."""
    with filled.read() as tx:
        counts = store_queries.counts_by_state(tx)
        assert counts == {**dict.fromkeys(store_queries.STATES, 0), "done": 31, "failed": 4, "review": 4, "working": 1}
        assert sum(store_queries.counts_by_state(tx, "nobody").values()) == 0
        assert store_queries.effects_by_state(tx)[("contact.ensure", "done")] == 40
        assert store_queries.attempts_by_outcome(tx) == {"created": 71, "refused": 9}


def test_pages_cover_everything_once_newest_first(filled: Database) -> None:
    """No order is missed or shown twice between pages."""
    seen: list[str] = []
    with filled.read() as tx:
        for page in (1, 2, 3):
            found = store_queries.list_orders(tx, page=page, per_page=15)
            seen += [row.id for row in found.rows]
            assert (found.total, found.has_more) == (40, page < 3)
    assert seen == sorted(seen, reverse=True) and len(seen) == 40


def test_filters_narrow_the_list(filled: Database) -> None:
    """State, dates, organization and search; search takes signs of patterns literally."""
    with filled.read() as tx:
        count = lambda **filters: store_queries.list_orders(tx, **filters).total  # noqa: E731
        assert count(state="failed") == 4
        assert count(source="shop") == 40 and count(source="other") == 0
        assert count(date_start=NOW - timedelta(minutes=10)) == 10
        assert count(date_end=NOW - timedelta(minutes=10)) == 30
        assert count(organization_ids=["nobody"]) == 0
        assert count(search="50%") == 1 and count(search="off_l") == 1 and count(search="%") == 1
        assert count(search="bb-00003") == 1 and count(search="1007") == 1


def test_an_order_life_has_its_effects_and_sends(filled: Database) -> None:
    """Nothing that happened to an order is left out, in the order it happened."""
    with filled.read() as tx:
        life = store_queries.order_life(tx, "ord_000003")
        assert store_queries.order_life(tx, "nothing") is None
    assert life is not None
    assert [(each.kind, len(each.attempts)) for each in life.effects] == [("contact.ensure", 1), ("invoice.create", 1)]
    sent = life.effects[0].attempts[0]
    assert sent.settled_at is not None and (sent.settled_at - sent.sent_at) == timedelta(seconds=1.5)
    assert str(life.order.total) == "10.50 USD"


def test_what_waits_for_a_person_comes_first(filled: Database) -> None:
    """The last failures and reviews, and the age of the oldest unfinished order."""
    with filled.read() as tx:
        found = store_queries.recent_failures(tx, limit=3)
        assert [(row.id, row.state) for row in found] == [
            ("ord_000035", "review"), ("ord_000030", "failed"), ("ord_000025", "review"),
        ]  # fmt: skip
        assert store_queries.oldest_unfinished(tx) == NOW - timedelta(minutes=1)


def test_throughput_counts_each_minute(filled: Database) -> None:
    """Done orders fall into their own minute; others are not counted."""
    with filled.read() as tx:
        buckets = store_queries.finished_by_bucket(tx, now=NOW, bucket=timedelta(minutes=1), buckets=60)
    assert sum(buckets) == 31 and len(buckets) == 60
    assert buckets[20:30] == [0, 1, 1, 1, 1, 0, 1, 1, 1, 1] and buckets[59] == 0
