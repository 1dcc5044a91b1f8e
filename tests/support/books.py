"""A random book in a sandbox, mirrored, and its aging beside the recomputation from the sandbox's commit log."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.aging import Aging, Spread, aging
from bookbridge.mirror.queries.asking import asked
from bookbridge.store import schema
from bookbridge.store.db import Database
from tests.support import aging_oracle
from tests.support.aging_oracle import BASE
from tests.support.mirror import mirrored, synced, zoho_without_limits
from tests.support.sandbox import Zoho

MONTHS = 14


@dataclass(frozen=True)
class Laboratory:
    """A folder with a migrated database to copy from."""

    folder: Path

    def database(self, number: int) -> str:
        """The URL of an empty, migrated database."""
        path = self.folder / f"book-{number}.db"
        shutil.copy(self.folder / "template.db", path)
        return f"sqlite:///{path}"


@contextmanager
def laboratory(folder: Path, /) -> Iterator[Laboratory]:
    """Everything that books share."""
    db = Database(f"sqlite:///{folder / 'template.db'}")
    schema.upgrade(db)
    db.close()
    yield Laboratory(folder)


def compare(
    made: Laboratory, random: Random, number: int, /, *, invoices: int, days: int, told: Callable[[str], None] = print
) -> Counter[str]:
    """One book: filled and mirrored, edited and mirrored again, and asked for random days.

    Counts ``days``, ``figures`` and ``different`` ones; each of those is told.
    """
    counted: Counter[str] = Counter()
    with zoho_without_limits() as zoho, mirrored(zoho, made.database(number), made.folder / f"home-{number}") as app:
        plan = {"invoices": invoices, "months": MONTHS, "seed": random.randrange(10**6), "currencies": ["EUR", "JPY"]}
        zoho.control("fill", plan)
        synced(app)
        if random.random() < 0.7:
            edit(zoho, random)
            synced(app)
        found = documents(zoho)
        for _ in range(days):
            counted += _day(app, zoho, found, random, told)
    return counted


def different_days(app: App, zoho: Zoho, random: Random, /, *, days: int) -> list[str]:
    """What differs from the recomputation on random days."""
    said: list[str] = []
    found = documents(zoho)
    for _ in range(days):
        _day(app, zoho, found, random, said.append)
    return said


def edit(zoho: Zoho, random: Random, /, *, steps: int = 10) -> None:
    """What people do in Zoho meanwhile; what does not fit the document is refused, as it is there."""
    invoices = zoho.books("GET", "/invoices").json()["invoices"]
    payments = zoho.books("GET", "/customerpayments").json()["customerpayments"]
    last = max(row["date"] for row in payments)
    for row in random.sample(invoices, min(steps, len(invoices))):
        day = date.fromisoformat(row["date"]) + timedelta(days=random.randrange(-5, 60))
        back = min(day.isoformat(), last)  # today's aging is what Zoho says now, which future payments are part of
        part = row["balance"] if random.random() < 0.5 else max(1, int(row["balance"] / 3))
        paid = {
            "customer_id": row["customer_id"], "payment_mode": "cash", "amount": part, "date": back,
            "invoices": [{"invoice_id": row["invoice_id"], "amount_applied": part}],
        }  # fmt: skip
        one = {"invoice_id": row["invoice_id"]}
        what = random.choice(({"action": "void"}, {"action": "write_off"}, {"action": "record_payment", "body": paid},
                              {"action": "record_payment", "body": paid}, {"action": "mark_sent"}))  # fmt: skip
        zoho.http.post("/_sandbox/people", json={"organization_id": zoho.organization_id, **one, **what})
    for row in random.sample(payments, min(2, len(payments))):
        gone = {"action": "delete", "resource": "customerpayments", "id": row["payment_id"]}
        zoho.http.post("/_sandbox/people", json={"organization_id": zoho.organization_id, **gone})


def documents(zoho: Zoho, /) -> Mapping[tuple[str, str], Any]:
    """The facts of every document, from the commit log."""
    answer = zoho.http.get("/_sandbox/commits?facts=true", timeout=60)
    commits = [json.loads(line, parse_float=Decimal) for line in answer.text.splitlines()]
    return aging_oracle.documents(commits, zoho.organization_id)


def _day(app: App, zoho: Zoho, found: Mapping[Any, Any], random: Random, told: Callable[[str], None]) -> Counter[str]:
    organization = app.services.zoho.organization(zoho.organization_id)
    by = random.choice(("due_date", "invoice_date"))
    with app.services.db.read() as tx:
        question = asked(tx, organization, app.services.clock.now(), by=by)
        as_of = question.today - timedelta(days=random.choice((0, 1, random.randrange(31 * MONTHS))))
        question = asked(tx, organization, app.services.clock.now(), by=by, as_of=as_of.isoformat())
        ours = aging(tx, question)
    straight = aging_oracle.aging_of(found, as_of, by=by, base_places=organization.exponent)
    pairs = _pairs(ours, straight)
    wrong = [f"{as_of} {by} {what}: {mine} is not {theirs}" for what, (mine, theirs) in pairs.items() if mine != theirs]
    for sentence in wrong:
        told(sentence)
    return Counter(days=1, figures=len(pairs), different=len(wrong))


def _pairs(ours: Aging, straight: aging_oracle.Aging) -> dict[str, tuple[Any, Any]]:
    """Every figure of both, by what it is."""
    pairs: dict[str, tuple[Any, Any]] = {}
    _spreads(pairs, "all", ours.spread, straight.buckets.get(BASE, {}))
    mine = {each.currency: each.spread for each in ours.by_currency}
    theirs = {code: spread for code, spread in straight.buckets.items() if code}
    pairs["currencies"] = (sorted(mine), sorted(theirs))
    for code in set(mine) & set(theirs):
        _spreads(pairs, code, mine[code], theirs[code])
    owed = {each: _sum(spreads.get(BASE, {})) for each, spreads in straight.customers.items()}
    most = sorted((each for each in owed if owed[each] > 0), key=lambda each: (-owed[each], each))[:10]
    pairs["top customers"] = ([each.customer_id for each in ours.customers], most)
    for each in ours.customers:
        _spreads(pairs, each.customer_id, each.spread, straight.customers.get(each.customer_id, {}).get(BASE, {}))
    credits = {(each.kind, each.currency): (each.count, each.total.amount) for each in ours.credits}
    expected = {key: cell for key, cell in straight.credits.items() if key[1] != BASE}
    for key in {*credits, *expected}:
        pairs[" ".join(key)] = (credits.get(key), expected.get(key))
    unused = sum((amount for (_, code), (_, amount) in straight.credits.items() if code == BASE), Decimal(0))
    pairs["unused credits"] = (ours.credits_total.amount, unused)
    return pairs


def _spreads(pairs: dict[str, tuple[Any, Any]], name: str, mine: Spread, theirs: aging_oracle.Spread) -> None:
    for bucket in mine.buckets:
        pairs[f"{name} {bucket.name}"] = (_cell(bucket.count, bucket.total), theirs.get(bucket.name, (0, Decimal(0))))


def _cell(count: int, total: Money) -> tuple[int, Decimal]:
    return count, total.amount


def _sum(spread: aging_oracle.Spread) -> Decimal:
    return sum((amount for _, amount in spread.values()), Decimal(0))
