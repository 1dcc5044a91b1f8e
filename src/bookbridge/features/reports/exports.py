"""Tables that may leave the house row by row: a closed list, each column made readable, nothing secret among them."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bookbridge.features.reports.frame import Cell, Column, Kind
from bookbridge.kernel.errors import InvalidInputError, NotFoundError
from bookbridge.kernel.money import Money
from bookbridge.store import tables
from bookbridge.store.db import Database
from bookbridge.store.organizations import Organization
from bookbridge.store.types import UtcMillis

WITHHELD = frozenset(("payload", "detail", "hash", "body", "content_hash", "okey"))
"""Columns that stay here: what Zoho or a shop sent as it came, and hashes."""

BATCH = 1000
"""Rows taken from the database at a time."""

_DECIMALS = frozenset(("rate", "quantity", "percentage", "tax_percentage"))
"""Texts that hold exact numbers."""
_INVOICES, _PAYMENTS, _CREDITNOTES = tables.mirror_invoices, tables.mirror_payments, tables.mirror_creditnotes


@dataclass(frozen=True, slots=True)
class Listed:
    """A table of the list: its public name, what it holds, and its column that ``--from`` and ``--to`` ask for.

    ``of`` names the tables whose currency its amounts are in, by the condition that joins them.
    """

    name: str
    table: sa.Table
    meaning: str
    on: sa.Column[Any] | None = None
    of: tuple[tuple[sa.Table, sa.ColumnElement[bool]], ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of a file."""
        return tuple(each[0] for each in _plan(self))


def _of(table: sa.Table, theirs: sa.Table, ours: str, key: str) -> tuple[sa.Table, sa.ColumnElement[bool]]:
    return theirs, (table.c.organization_id == theirs.c.organization_id) & (table.c[ours] == theirs.c[key])


_LINES, _TAXES, _GIVEN = tables.mirror_invoice_lines, tables.mirror_invoice_taxes, tables.mirror_allocations

TABLES: tuple[Listed, ...] = (
    Listed("contacts", tables.mirror_contacts, "Customers and vendors."),
    Listed("items", tables.mirror_items, "Products and services."),
    Listed("taxes", tables.mirror_taxes, "Taxes and groups of taxes."),
    Listed("currencies", tables.mirror_currencies, "Currencies and their rates."),
    Listed("accounts", tables.mirror_accounts, "The chart of accounts."),
    Listed("invoices", _INVOICES, "Invoices, drafts and void ones too.", _INVOICES.c.invoice_on),
    Listed(
        "invoice-lines", _LINES, "Lines of invoices, as far as they are mirrored.", _INVOICES.c.invoice_on,
        (_of(_LINES, _INVOICES, "invoice_id", "invoice_id"),),
    ),
    Listed(
        "invoice-taxes", _TAXES, "Each tax of an invoice, as far as they are mirrored.", _INVOICES.c.invoice_on,
        (_of(_TAXES, _INVOICES, "invoice_id", "invoice_id"),),
    ),
    Listed("creditnotes", _CREDITNOTES, "Credit notes.", _CREDITNOTES.c.credited_on),
    Listed("payments", _PAYMENTS, "Payments of customers.", _PAYMENTS.c.paid_on),
    Listed(
        "allocations", _GIVEN, "What settled an invoice and when; refunds.", _GIVEN.c.applied_on,
        (
            _of(_GIVEN, _INVOICES, "invoice_id", "invoice_id"),
            _of(_GIVEN, _PAYMENTS, "document_id", "payment_id"),
            _of(_GIVEN, _CREDITNOTES, "document_id", "creditnote_id"),
        ),
    ),
    Listed("expenses", tables.mirror_expenses, "Expenses.", tables.mirror_expenses.c.spent_on),
    Listed("bills", tables.mirror_bills, "Bills of vendors.", tables.mirror_bills.c.billed_on),
    Listed("orders", tables.orders, "Orders and the invoices they became.", tables.orders.c.received_at),
)  # fmt: skip
"""What may leave; a table that is not here cannot be exported."""


def find(name: str, /) -> Listed:
    """The table of that public name.

    Raises:
        NotFoundError: there is none, or it may not leave.
    """
    for each in TABLES:
        if each.name == name:
            return each
    raise NotFoundError(f"There is no table {name!r} to export; there are {', '.join(each.name for each in TABLES)}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Rows of one table: whose, of which days (both included, ``None``: all), with those deleted in Zoho or without."""

    listed: Listed
    organization: Organization
    first: date | None = None
    last: date | None = None
    with_deleted: bool = False

    def check(self) -> None:
        """Refuse days where there are none.

        Raises:
            InvalidInputError: the table has no dates, or the days are in the wrong order.
        """
        if self.first is None and self.last is None:
            return
        if self.listed.on is None:
            dated = ", ".join(each.name for each in TABLES if each.on is not None)
            raise InvalidInputError(
                f"Rows of {self.listed.name} have no date.", field="from", remedy=f"Leave it out; {dated} have one."
            )
        if self.first is not None and self.last is not None and self.first > self.last:
            raise InvalidInputError("from is after to.", field="from", remedy="Send the earlier day as from.")


def count(db: Database, wanted: Wanted, /) -> int:
    """How many rows there are."""
    with db.read() as tx:
        query = sa.select(sa.func.count()).select_from(_source(wanted.listed)).where(*_where(wanted))
        return int(tx.execute(query).scalar_one())


def rows(db: Database, wanted: Wanted, /) -> Generator[tuple[Cell, ...]]:
    """The rows as they were at one moment, in the order of their keys, a few at a time from the database."""
    plan = _plan(wanted.listed)
    reads = [read(wanted.organization) for _column, read in plan]
    query = sa.select(*_selected(wanted.listed)).select_from(_source(wanted.listed)).where(*_where(wanted))
    query = query.order_by(*wanted.listed.table.primary_key.columns)
    with db.read() as tx:
        for row in tx.execute(query.execution_options(yield_per=BATCH)):
            yield tuple([read(row) for read in reads])


def _source(listed: Listed) -> sa.FromClause:
    source: sa.FromClause = listed.table
    for table, condition in listed.of:
        source = source.join(table, condition, isouter=True)
    return source


def _where(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    table, on = wanted.listed.table, wanted.listed.on
    found = [table.c.organization_id == wanted.organization.organization_id]
    if "deleted_at" in table.c and not wanted.with_deleted:
        found.append(table.c.deleted_at.is_(None))
    if on is not None and wanted.first is not None:
        found.append(on >= _begin(on, wanted.first, wanted.organization))
    if on is not None and wanted.last is not None:
        found.append(on < _begin(on, wanted.last + timedelta(days=1), wanted.organization))
    return found


def _begin(on: sa.Column[Any], day: date, organization: Organization) -> str | datetime:
    """The begin of a day as the column has it: a date's text, or the moment in the organization's zone."""
    if not isinstance(on.type, UtcMillis):
        return day.isoformat()
    return datetime.combine(day, time(), ZoneInfo(organization.time_zone or "UTC")).astimezone(UTC)


def _selected(listed: Listed) -> Iterator[sa.ColumnElement[Any]]:
    """The columns to read, with the currency of the record that amounts belong to."""
    for column in listed.table.c:
        if column.name not in WITHHELD:
            yield column
    for name in ("currency", "exponent"):
        if listed.of and name not in listed.table.c:
            found = [table.c[name] for table, _condition in listed.of]
            yield (sa.func.coalesce(*found) if len(found) > 1 else found[0]).label(name)


Read = Callable[[Sequence[Any]], Cell]
Maker = Callable[[Organization], Read]


def _plan(listed: Listed) -> list[tuple[Column, Maker]]:
    """Each column of the file, and how its cell is read from a row."""
    selected = list(_selected(listed))
    at = {each.name: place for place, each in enumerate(selected)}
    made = []
    for each in selected:
        if each.name == "exponent" and "currency" in at:
            continue
        kind = _kind(each)
        name = str(each.name.removesuffix("_minor") if kind is Kind.MONEY else each.name)
        made.append((Column(name=name, kind=kind, meaning=""), _maker(each.name, kind, at)))
    return made


def _kind(column: sa.ColumnElement[Any]) -> Kind:
    if column.name.endswith("_minor"):
        return Kind.MONEY
    if column.name.endswith("_on"):
        return Kind.DAY
    if column.name in _DECIMALS:
        return Kind.NUMBER
    kinds: dict[type, Kind] = {UtcMillis: Kind.TIME, sa.Boolean: Kind.FLAG, sa.Integer: Kind.COUNT}
    return kinds.get(type(column.type), Kind.TEXT)


def _maker(name: str, kind: Kind, at: Mapping[str, int]) -> Maker:
    place = at[name]
    if kind is Kind.MONEY and name.startswith("base_"):
        return lambda organization: _base(place, organization)
    if kind is Kind.MONEY:
        return lambda _organization: _amount(place, at["currency"], at["exponent"])
    reads: dict[Kind, Callable[[Any], Cell]] = {Kind.DAY: _day, Kind.NUMBER: _number, Kind.FLAG: bool}
    read = reads.get(kind)
    return lambda _organization: _plain(place) if read is None else _converted(place, read)


def _plain(place: int) -> Read:
    return lambda row: row[place]


def _converted(place: int, read: Callable[[Any], Cell]) -> Read:
    return lambda row: read(row[place])


def _amount(place: int, currency: int, exponent: int) -> Read:
    def read(row: Sequence[Any]) -> Cell:
        """An amount whose document is not mirrored has no currency, and is left empty."""
        minor, code = row[place], row[currency]
        return None if minor is None or code is None else Money(minor, code, row[exponent])

    return read


def _base(place: int, organization: Organization) -> Read:
    code, exponent = organization.currency, organization.exponent
    return lambda row: Money(row[place], code, exponent)


def _day(text: str | None) -> Cell:
    """A date; whatever else stands there as it is."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return text


def _number(text: str | None) -> Cell:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return text
