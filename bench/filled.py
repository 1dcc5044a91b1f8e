"""A large mirror, written straight into the tables: years of invoices with payments, for benches of what reads it.

36 months that grow, 5,000 customers of which a few buy much, three currencies with a rate for each month, terms of 0 to
60 days, most paid late, some in parts, some by credit note, some written off, some never; a few drafts and void ones.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, islice
from random import Random
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror import receivables
from bookbridge.mirror.movements import converted
from bookbridge.store import organizations, tables
from bookbridge.store.db import Database
from bookbridge.store.organizations import Organization

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
ORGANIZATION = Organization(
    organization_id="10000001", region="us", name="Dollars", currency="USD", exponent=2,
    time_zone="America/New_York", info={}, is_default=True,
)  # fmt: skip
MONTHS = 36
CUSTOMERS = 5_000
CURRENCIES = (("USD", "1"), ("EUR", "1.08"), ("GBP", "1.27"))
BATCH = 20_000
PAD = {"template_id": "982000000000067001", "salesperson_name": "", "tags": [], "project_name": "", "phone": "",
       "billing_address": {"address": "12 Long Lane", "street2": "", "city": "Springfield", "zipcode": "01101"},
       "sales_channel": "direct_sales", "transaction_type": "renewal", "reminders_sent": 0, "documents": "",
       "color_code": "", "current_sub_status": "", "is_emailed": True, "country": "U.S.A."}  # fmt: skip
"""Makes a row about as long as what Zoho's list sends."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with its currency and terms; ``lateness`` is its habit in days."""

    contact_id: str
    name: str
    currency: int
    terms: int
    lateness: int


@dataclass(slots=True)
class Batch:
    """Rows of the tables, in the order of their columns as in ``COLUMNS``."""

    invoices: list[tuple[Any, ...]]
    payments: list[tuple[Any, ...]]
    creditnotes: list[tuple[Any, ...]]
    allocations: list[tuple[Any, ...]]


COLUMNS = {
    "invoices": (
        "organization_id", "invoice_id", "number", "reference", "status", "customer_id", "customer_name", "currency",
        "exponent", "rate", "invoice_on", "due_on", "last_payment_on", "total_minor", "balance_minor",
        "write_off_minor", "base_total_minor", "base_balance_minor", "is_open", "payload", "seen_at", "modified_at",
    ),
    "payments": (
        "organization_id", "payment_id", "number", "mode", "customer_id", "customer_name", "currency", "exponent",
        "rate", "paid_on", "amount_minor", "unused_minor", "base_amount_minor", "base_unused_minor", "payload",
        "seen_at",
    ),
    "creditnotes": (
        "organization_id", "creditnote_id", "number", "status", "customer_id", "customer_name", "currency", "exponent",
        "rate", "credited_on", "total_minor", "balance_minor", "base_total_minor", "base_balance_minor", "payload",
        "seen_at",
    ),
    "allocations": (
        "organization_id", "kind", "document_id", "allocation_id", "invoice_id", "applied_on", "amount_minor",
    ),
}  # fmt: skip


def fill(db: Database, count: int, /, *, seed: int = 1, rebuild: bool = True) -> None:
    """Fill an empty, migrated database with ``count`` invoices and what belongs to them."""
    random = Random(seed)
    customers = list(_customers(random))
    with db.transaction() as tx:
        organizations.save(db, tx, ORGANIZATION, at=NOW)
        _write_contacts(tx, customers)
        made = _documents(random, count, customers)
        while batch := list(islice(made, BATCH)):
            _write(db, tx, _joined(batch))
        _write_state(tx, count)
    with db.transaction() as tx:
        if rebuild:
            receivables.rebuild(db, tx, ORGANIZATION.organization_id)
    analyze(db)


def _customers(random: Random) -> Iterator[Customer]:
    words = ("Lantern", "Harbour", "Northern", "Copper", "Willow", "Granite", "Meridian", "Falcon", "Juniper", "Delta")
    kinds = ("Trading", "Foods", "Studio", "Works", "Logistics", "Partners", "Books", "Garden", "Tools", "Labs")
    for number in range(CUSTOMERS):
        name = f"{random.choice(words)} {random.choice(kinds)} {number:04d}"
        currency = random.choices((0, 1, 2), (70, 20, 10))[0]
        lateness = random.choice((-5, -2, 0, 3, 8, 15, 25, 45))
        yield Customer(f"9820000001{number:08d}", name, currency, random.choice((0, 14, 30, 30, 45, 60)), lateness)


def _documents(random: Random, count: int, customers: Sequence[Customer]) -> Iterator[Batch]:
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(customers))))
    days = MONTHS * 30
    for number in range(count):
        day = int(days * max(random.random(), random.random() * 0.7 + 0.15))
        on = TODAY - timedelta(days=days - min(day, days))
        customer = random.choices(customers, cum_weights=weights)[0]
        yield _one(random, number, on, customer)


def _one(random: Random, number: int, on: date, customer: Customer) -> Batch:
    batch = Batch([], [], [], [])
    currency, rate = _rate(customer.currency, on)
    total = int(random.lognormvariate(10.0, 1.1)) + 100
    due = on + timedelta(days=customer.terms)
    invoice_id = f"9820000002{number:08d}"
    status, settled, last = _settle(random, batch, invoice_id, total, on, due, customer, (currency, rate))
    balance = total - settled
    is_open = status not in ("draft", "void") and balance > 0
    if status == "sent":
        status = "paid" if not balance else "partially_paid" if settled else "sent"
    payload = _payload(invoice_id, number, status, customer, (currency, rate), on, due, total, balance)
    off = settled if last == "off" else 0
    batch.invoices.append((
        ORGANIZATION.organization_id, invoice_id, f"INV-{number:07d}", f"PO-{number * 7919 % 10_000_019:08d}", status,
        customer.contact_id, customer.name, currency, 2, rate, on.isoformat(), due.isoformat(),
        "" if last == "off" else last, total, balance, off, converted(total, rate, 0), converted(balance, rate, 0),
        is_open, payload, _MILLIS, _MILLIS,
    ))  # fmt: skip
    return batch


def _settle(
    random: Random,
    batch: Batch,
    invoice_id: str,
    total: int,
    on: date,
    due: date,
    customer: Customer,
    money: tuple[str, str],
) -> tuple[str, int, str]:
    """What became of an invoice: status, what is settled, the day of the last payment (``off``: written off)."""
    fate = random.random()
    if fate < 0.01:
        return ("draft" if fate < 0.003 else "void"), 0, ""
    paid_on = max(on, due + timedelta(days=customer.lateness + int(random.gauss(0, 9))))
    if fate < 0.022:  # disputed: never paid, written off after half a year
        off_on = due + timedelta(days=180)
        if fate < 0.016 or off_on > TODAY:
            return "sent", 0, ""
        _apply(batch, "write_off", invoice_id, invoice_id, off_on, total)
        return "sent", total, "off"
    if paid_on > TODAY:
        return "sent", 0, ""
    if fate < 0.05:  # credited in full
        _credit(batch, invoice_id, customer, money, paid_on, total, random.random() < 0.1)
        return "sent", total, paid_on.isoformat()
    if fate < 0.15:  # in two parts
        first = total * random.randrange(20, 80) // 100
        _pay(batch, invoice_id, customer, money, paid_on, first, 1)
        second_on = paid_on + timedelta(days=random.randrange(5, 60))
        if second_on > TODAY:
            return "sent", first, paid_on.isoformat()
        _pay(batch, invoice_id, customer, money, second_on, total - first, 2)
        return "sent", total, second_on.isoformat()
    _pay(batch, invoice_id, customer, money, paid_on, total, 1)
    return "sent", total, paid_on.isoformat()


def _pay(
    batch: Batch, invoice_id: str, customer: Customer, money: tuple[str, str], on: date, amount: int, part: int
) -> None:
    payment_id = f"{invoice_id}{part}"
    unused = amount // 10 if int(invoice_id[-3:]) == part else 0
    whole = amount + unused
    batch.payments.append((
        ORGANIZATION.organization_id, payment_id, payment_id[-7:], "banktransfer", customer.contact_id, customer.name,
        money[0], 2, money[1], on.isoformat(), whole, unused, converted(whole, money[1], 0),
        converted(unused, money[1], 0), _SMALL, _MILLIS,
    ))  # fmt: skip
    _apply(batch, "payment", payment_id, invoice_id, on, amount)


def _credit(
    batch: Batch, invoice_id: str, customer: Customer, money: tuple[str, str], on: date, amount: int, more: bool
) -> None:
    note_id = f"{invoice_id}9"
    balance = amount // 4 if more else 0
    whole = amount + balance
    batch.creditnotes.append((
        ORGANIZATION.organization_id, note_id, f"CN-{invoice_id[-7:]}", "open" if balance else "closed",
        customer.contact_id, customer.name, money[0], 2, money[1], on.isoformat(), whole, balance,
        converted(whole, money[1], 0), converted(balance, money[1], 0), _SMALL, _MILLIS,
    ))  # fmt: skip
    _apply(batch, "creditnote", note_id, invoice_id, on, amount)


def _apply(batch: Batch, kind: str, document_id: str, invoice_id: str, on: date, amount: int) -> None:
    row = (ORGANIZATION.organization_id, kind, document_id, f"{document_id}a", invoice_id, on.isoformat(), amount)
    batch.allocations.append(row)


def _rate(currency: int, on: date) -> tuple[str, str]:
    code, rate = CURRENCIES[currency]
    month = on.year * 12 + on.month
    return (code, rate) if rate == "1" else (code, f"{rate}{month * 37 % 97:02d}")


def _payload(
    invoice_id: str,
    number: int,
    status: str,
    customer: Customer,
    money: tuple[str, str],
    on: date,
    due: date,
    total: int,
    balance: int,
) -> str:
    return (
        f'{{"invoice_id":"{invoice_id}","invoice_number":"INV-{number:07d}","status":"{status}",'
        f'"customer_id":"{customer.contact_id}","customer_name":"{customer.name}","currency_code":"{money[0]}",'
        f'"exchange_rate":{money[1]},"date":"{on}","due_date":"{due}","total":{total // 100}.{total % 100:02d},'
        f'"balance":{balance // 100}.{balance % 100:02d},{_PADDING}}}'
    )


def _joined(batches: Iterable[Batch]) -> dict[str, list[tuple[Any, ...]]]:
    joined: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for batch in batches:
        for name in COLUMNS:
            joined[name] += getattr(batch, name)
    return joined


def _write(db: Database, tx: sa.Connection, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    for name, many in rows.items():
        if not many:
            continue
        columns = ", ".join(COLUMNS[name])
        if db.is_sqlite:
            marks = ", ".join("?" * len(COLUMNS[name]))
            tx.exec_driver_sql(f"INSERT INTO bb_mirror_{name} ({columns}) VALUES ({marks})", many)
            continue
        connection: Any = tx.connection.driver_connection
        with connection.cursor() as cursor, cursor.copy(f"COPY bb_mirror_{name} ({columns}) FROM STDIN") as copy:
            for row in many:
                copy.write_row(row)


def _write_contacts(tx: sa.Connection, customers: Sequence[Customer]) -> None:
    rows = [
        {
            "organization_id": ORGANIZATION.organization_id, "contact_id": each.contact_id, "name": each.name,
            "contact_type": "customer", "currency": CURRENCIES[each.currency][0], "payload": {}, "seen_at": NOW,
        }
        for each in customers
    ]  # fmt: skip
    tx.execute(sa.insert(tables.mirror_contacts), rows)
    currencies = [
        {
            "organization_id": ORGANIZATION.organization_id, "currency_id": code, "code": code, "exponent": 2,
            "is_base": code == "USD", "rate": rate, "payload": {}, "seen_at": NOW,
        }
        for code, rate in CURRENCIES
    ]  # fmt: skip
    tx.execute(sa.insert(tables.mirror_currencies), currencies)


def _write_state(tx: sa.Connection, count: int) -> None:
    rows = [
        {"organization_id": ORGANIZATION.organization_id, "entity": name, "synced_at": NOW, "full_at": NOW, "rows": n}
        for name, n in (("contacts", CUSTOMERS), ("currencies", 3), ("invoices", count), ("payments", count))
    ]
    tx.execute(sa.insert(tables.mirror_state), rows)


def analyze(db: Database, /) -> None:
    """Let the database know what it holds."""
    with db.engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT") if not db.is_sqlite else connection
        plain.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE")


_MILLIS = int(NOW.timestamp() * 1000)
_SMALL = "{}"
_PADDING = json.dumps(PAD)[1:-1]
