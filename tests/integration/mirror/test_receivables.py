"""The maintained sums follow the mirror: small steps and making everything anew leave the same rows."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror import receivables
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from tests.support import mirrored
from tests.support.mirrored import SEEN

STEPS = 60
CURRENCIES = (("USD", 2, "1"), ("EUR", 2, "1.0825"), ("JPY", 0, "0.0066667"), ("KWD", 3, "3.2549"))


@dataclass
class Books:
    """Random books that change step by step; ``changed`` are the documents to follow."""

    db: Database
    random: Random
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    creditnotes: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: dict[str, set[str]] = field(default_factory=dict)

    def step(self, tx: Tx) -> None:
        """One change of a person or of Zoho."""
        self.changed = {"invoice_ids": set(), "creditnote_ids": set(), "payment_ids": set()}
        steps = (self._invoice, self._invoice, self._document, self._apply, self._apply, self._take_back, self._remove)
        self.random.choice(steps)(tx)

    def _day(self) -> str:
        return (SEEN + timedelta(days=self.random.randrange(-120, 10))).date().isoformat()

    def _invoice(self, tx: Tx) -> None:
        """A new invoice, or an edit of one: customer, dates, rate, status, amounts."""
        random = self.random
        invoice_id = str(random.randrange(1, 12))
        currency, exponent, rate = random.choice(CURRENCIES)
        day = self._day()
        total = random.randrange(0, 500_000)
        row = mirrored.invoice(
            invoice_id, customer_id=f"c{random.randrange(3)}", currency=currency, exponent=exponent, rate=rate,
            invoice_on=day, due_on=max(day, self._day()), last_payment_on=random.choice(("", self._day())),
            total_minor=total, balance_minor=random.choice((total, 0, total // 3)),
            status=random.choice(("sent", "sent", "paid", "overdue", "draft", "void")),
            modified_at=SEEN + timedelta(hours=random.randrange(-900, 0)),
        )  # fmt: skip
        mirrored.put(self.db, tx, tables.mirror_invoices, [row])
        self.changed["invoice_ids"].add(invoice_id)

    def _document(self, tx: Tx) -> None:
        """A new credit note or payment, or an edit of one."""
        random = self.random
        record_id = str(random.randrange(1, 5))
        currency, exponent, rate = random.choice(CURRENCIES)
        common = {"customer_id": f"c{random.randrange(3)}", "currency": currency, "exponent": exponent, "rate": rate}
        if random.random() < 0.5:
            status = random.choice(("open", "closed", "void", "draft"))
            note = mirrored.creditnote(record_id, credited_on=self._day(), status=status, **common)
            mirrored.put(self.db, tx, tables.mirror_creditnotes, [note])
            self.changed["creditnote_ids"].add(record_id)
        else:
            row = mirrored.payment(record_id, paid_on=self._day(), unused_minor=random.randrange(10_000), **common)
            mirrored.put(self.db, tx, tables.mirror_payments, [row])
            self.changed["payment_ids"].add(record_id)

    def _apply(self, tx: Tx) -> None:
        """Something is applied, written off or refunded; the same id again replaces it."""
        random = self.random
        kind = random.choice(("payment", "creditnote", "write_off", "payment_refund", "creditnote_refund"))
        invoice_id = "" if kind.endswith("refund") else str(random.randrange(1, 12))
        record_id = invoice_id if kind == "write_off" else str(random.randrange(1, 5))
        row = mirrored.allocation(
            kind, record_id, invoice_id, random.choice((self._day(), self._day(), "")), random.randrange(1, 90_000),
            withheld_minor=random.choice((0, 1)) if kind == "payment" else 0,
        )  # fmt: skip
        mirrored.put(self.db, tx, tables.mirror_allocations, [row])
        self._touch(row)

    def _take_back(self, tx: Tx) -> None:
        """An application is deleted."""
        rows = tx.execute(sa.select(tables.mirror_allocations)).mappings().all()
        if rows:
            row = dict(self.random.choice(sorted(rows, key=lambda each: tuple(map(str, each.values())))))
            columns = tables.mirror_allocations.primary_key.columns
            where = [column == row[column.name] for column in columns]
            tx.execute(sa.delete(tables.mirror_allocations).where(*where))
            self._touch(row)

    def _remove(self, tx: Tx) -> None:
        """Zoho no longer has an invoice; sometimes it comes back."""
        invoice_id = str(self.random.randrange(1, 12))
        gone = self.random.choice((SEEN, None))
        table = tables.mirror_invoices
        tx.execute(sa.update(table).where(table.c.invoice_id == invoice_id).values(deleted_at=gone))
        self.changed["invoice_ids"].add(invoice_id)

    def _touch(self, row: dict[str, Any]) -> None:
        if row["invoice_id"]:
            self.changed["invoice_ids"].add(row["invoice_id"])
        if row["kind"].startswith("payment"):
            self.changed["payment_ids"].add(row["document_id"])
        if row["kind"].startswith("creditnote"):
            self.changed["creditnote_ids"].add(row["document_id"])


def test_small_steps_leave_what_a_rebuild_makes(database: Database) -> None:
    """After any sequence of edits, deletions, applications and their removal both ways give the same rows."""
    organization = mirrored.connect(database, mirrored.organization())
    for seed in range(3 if database.is_sqlite else 1):
        books = Books(database, Random(seed))
        for step in range(STEPS):
            with database.transaction() as tx:
                books.step(tx)
                receivables.refresh(database, tx, organization, **books.changed)
            if step % 6 == 5:
                _same_as_rebuilt(database, organization.organization_id)


def test_naming_everything_again_changes_nothing(database: Database) -> None:
    """Documents that did not change may be named: events and sums stay."""
    organization = mirrored.connect(database, mirrored.organization())
    with database.transaction() as tx:
        rows = [mirrored.invoice(str(number), total_minor=number * 100) for number in range(1, 30)]
        mirrored.put(database, tx, tables.mirror_invoices, rows)
        ids = [row["invoice_id"] for row in rows]
        receivables.refresh(database, tx, organization, invoice_ids=ids)
        first = mirrored.maintained(tx)
        receivables.refresh(database, tx, organization, invoice_ids=ids)
        assert mirrored.maintained(tx) == first
    assert first["bb_receivable_customers"] == [("10000001", "c1", "USD", 29, 43_500, 43_500)]


def test_a_rebuild_touches_one_organization(database: Database) -> None:
    """The rows of another organization stay, and an unknown one has none."""
    first = mirrored.connect(database, mirrored.organization())
    with database.transaction() as tx:
        mirrored.put(database, tx, tables.mirror_invoices, [mirrored.invoice("1")])
        receivables.rebuild(database, tx, first.organization_id)
        before = mirrored.maintained(tx)
        receivables.rebuild(database, tx, "10000009")
        assert mirrored.maintained(tx) == before
        assert before["bb_receivable_events"]


def _same_as_rebuilt(database: Database, organization_id: str) -> None:
    with database.transaction() as tx:
        stepped = mirrored.maintained(tx)
        receivables.rebuild(database, tx, organization_id)
        rebuilt = mirrored.maintained(tx)
    assert stepped == rebuilt
