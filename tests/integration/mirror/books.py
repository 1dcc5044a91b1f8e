"""Random books in the mirror that change step by step, as people and Zoho change them."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from tests.support import mirrored
from tests.support.mirrored import SEEN

CURRENCIES = (("USD", 2, "1"), ("EUR", 2, "1.0825"), ("JPY", 0, "0.0066667"), ("KWD", 3, "3.2549"))


@dataclass
class Books:
    """Random books that change step by step; ``changed`` are the documents to follow."""

    db: Database
    random: Random
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
