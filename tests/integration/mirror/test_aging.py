"""Aging answers what a straight recomputation from the mirror's rows gives, for any day, currency and basis."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.mirror import receivables
from bookbridge.mirror.queries.aging import Aging, aging
from bookbridge.mirror.queries.asking import BUCKETS, asked
from bookbridge.mirror.queries.freshness import NotMirroredError
from bookbridge.store import tables
from bookbridge.store.db import Database
from tests.integration.mirror.books import Books
from tests.support import mirrored, straight_aging
from tests.support.mirrored import SEEN

TODAY = date(2026, 4, 1)


def test_every_day_equals_a_straight_recomputation(database: Database) -> None:
    """Buckets, currencies, top customers and unused credits of random books, today, later and on past days."""
    organization = mirrored.connect(database, mirrored.organization())
    mirrored.mark_synced(database)
    for seed in range(4 if database.is_sqlite else 2):
        random = Random(seed)
        books = Books(database, random)
        with database.transaction() as tx:
            for _ in range(40):
                books.step(tx)
                receivables.refresh(database, tx, organization, **books.changed)
            straight = straight_aging.Books(tx, organization)
            for _ in range(8):
                as_of = TODAY + timedelta(days=random.choice((0, 0, 3, -1, -20, random.randrange(-120, 0))))
                by = random.choice(("due_date", "invoice_date"))
                currency = random.choice(("", "", "EUR"))
                question = asked(tx, organization, SEEN, as_of=as_of.isoformat(), by=by, currency=currency)
                _equals(aging(tx, question), straight)


def test_each_age_falls_into_its_bucket(sqlite_database: Database) -> None:
    """0, 1, 30, 31, 60, 61, 90 and 91 days late; by invoice date the same of the invoice date."""
    organization = mirrored.connect(sqlite_database, mirrored.organization())
    mirrored.mark_synced(sqlite_database)
    ages = (-3, 0, 1, 30, 31, 60, 61, 90, 91, 400)
    rows = [
        mirrored.invoice(str(number), due_on=_ago(age), invoice_on=_ago(max(age, 1) + 1), total_minor=10**number)
        for number, age in enumerate(ages)
    ]
    with sqlite_database.transaction() as tx:
        mirrored.put(sqlite_database, tx, tables.mirror_invoices, rows)
        receivables.rebuild(sqlite_database, tx, organization.organization_id)
        found = aging(tx, asked(tx, organization, SEEN))
        older = aging(tx, asked(tx, organization, SEEN, by="invoice_date"))
    assert [bucket.total.minor for bucket in found.spread.buckets] == [11, 1_100, 110_000, 11_000_000, 1_100_000_000]
    assert [bucket.count for bucket in found.spread.buckets] == [2, 2, 2, 2, 2]
    assert found.spread.overdue.minor == found.spread.total.minor - 11
    assert [bucket.count for bucket in older.spread.buckets] == [0, 3, 2, 2, 3]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "20260101"}, "as_of"),
        ({"currency": "XYZ"}, "currency"),
        ({"by": "age"}, "by"),
    ],
)
def test_what_cannot_be_answered_is_named(sqlite_database: Database, question: dict[str, str], field: str) -> None:
    """A day that is none, a currency the organization has not, an unknown way to count: refused with the field."""
    organization = mirrored.connect(sqlite_database, mirrored.organization())
    with sqlite_database.read() as tx, pytest.raises(InvalidInputError) as caught:
        asked(tx, organization, SEEN, **question)
    assert caught.value.field == field
    assert caught.value.remedy


def test_without_a_mirror_it_says_what_to_run(sqlite_database: Database) -> None:
    """No figures from nothing: the answer names the command."""
    organization = mirrored.connect(sqlite_database, mirrored.organization())
    with sqlite_database.read() as tx, pytest.raises(NotMirroredError, match="bookbridge sync"):
        aging(tx, asked(tx, organization, SEEN))


def _ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def _equals(found: Aging, books: straight_aging.Books) -> None:
    """Everything of an answer against the straight recomputation, to the last digit."""
    question = found.asked
    day, is_now = question.as_of.isoformat(), not question.is_past
    every = books.open_invoices(day, question.by, is_now=is_now)
    chosen = [each for each in every if not question.currency or each.currency == question.currency]

    def amount(each: straight_aging.Open) -> int:
        return each.minor if question.currency else each.base

    for bucket in found.spread.buckets:
        mine = [each for each in chosen if each.bucket == bucket.name]
        assert (bucket.count, bucket.total.minor) == (len(mine), sum(map(amount, mine)))
    assert found.spread.total.minor == sum(map(amount, chosen))
    by_currency = Counter(each.currency for each in chosen)
    assert {each.currency: each.spread.count for each in found.by_currency} == dict(by_currency)
    for each in found.by_currency:
        mine = [one for one in chosen if one.currency == each.currency]
        assert each.base.minor == sum(one.base for one in mine)
        totals = [sum(one.minor for one in mine if one.bucket == name) for name in BUCKETS]
        assert [bucket.total.minor for bucket in each.spread.buckets] == totals
    owed: Counter[str] = Counter()
    for one in chosen:
        owed[one.customer_id] += amount(one)
    most = sorted((key for key, total in owed.items() if total > 0), key=lambda key: (-owed[key], key))[:10]
    assert [(each.customer_id, each.spread.total.minor) for each in found.customers] == [(k, owed[k]) for k in most]
    unused = [
        each
        for each in books.credits(day, is_now=is_now)
        if not question.currency or each.currency == question.currency
    ]
    assert found.credits_total.minor == sum(map(amount, unused))
    assert found.credits_count == len(unused)
