"""What reports share: documents of a time summed in SQL, gathered into rows with totals, exact to the last digit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reports import policy
from bookbridge.features.reports.frame import MOST_ROWS, Asked, Cell, Column, Kind, Report, Table
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import Money
from bookbridge.mirror.movements import NOT_COUNTED
from bookbridge.store import tables
from bookbridge.store.db import Tx

Key = tuple[str, ...]
Sort = Callable[[Mapping[str, Cell]], Any]
_LENGTHS = {"month": 7, "quarter": 7, "year": 4}
_ORIGINAL = "_original"


UNKNOWN = "(not known)"


class Sums:
    """Counts, numbers and amounts added up by key; amounts also in the documents' own currency."""

    def __init__(self, asked: Asked, /) -> None:
        self._asked = asked
        self._plain: dict[Key, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._original: dict[Key, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._currencies: dict[Key, tuple[str, int]] = {}
        self._names: dict[Key, str] = {}

    def name(self, key: Key, text: str, /) -> None:
        """Remember what the rows of ``key`` are called; of several names the same one, whatever their order."""
        self._names[key] = max(self._names.get(key, ""), text or "")

    def named(self, key: Key, /) -> str:
        """What the rows of ``key`` are called."""
        return self._names.get(key, "")

    def open(self, key: Key, /) -> None:
        """Have a row for ``key`` even if nothing happens to it."""
        self._plain[key]

    def count(self, key: Key, /, **numbers: int | Decimal) -> None:
        """Add plain numbers, or amounts (minor units of the organization's currency) without an original."""
        row = self._plain[key]
        for name, number in numbers.items():
            row[name] += number

    def amount(self, key: Key, name: str, /, *, base_minor: int, minor: int, currency: str, exponent: int) -> None:
        """Add an amount; where rows are grouped by currency (a key has one), also in the documents' own."""
        self._plain[key][name] += int(base_minor)
        if not self._asked.by_currency:
            return
        self._original[key][name] += Decimal(int(minor)).scaleb(-exponent)
        _known, widest = self._currencies.get(key, (currency, exponent))
        self._currencies[key] = (currency, max(widest, exponent))

    def __iter__(self) -> Iterator[Key]:
        """Every key there is."""
        return iter(list(self._plain))

    def value(self, key: Key, column: Column, /) -> Cell:
        """The cell of a column in the row of ``key``."""
        if column.kind is Kind.COUNT:
            return int(self._plain[key][column.name])
        if column.kind is not Kind.MONEY:
            return self._plain[key][column.name]
        if not column.name.endswith(_ORIGINAL):
            return self._base(int(self._plain[key][column.name]))
        currency, exponent = self._currencies.get(key, (self._asked.currency, self._asked.exponent))
        amount = self._original[key][column.name.removesuffix(_ORIGINAL)]
        return Money.exact(amount, currency=currency, exponent=exponent)

    def total(self, column: Column, /) -> Cell:
        """The sum of a column over all rows; none for amounts of several currencies."""
        if column.name.endswith(_ORIGINAL):
            return None
        whole = sum((row[column.name] for row in self._plain.values()), Decimal(0))
        return int(whole) if column.kind is Kind.COUNT else self._base(int(whole))

    def _base(self, minor: int) -> Money:
        return Money(minor, self._asked.currency, self._asked.exponent)


def table_of(
    report: Report,
    asked: Asked,
    sums: Sums,
    /,
    *,
    named: Callable[[Key], Mapping[str, Cell]],
    sort: Sort,
    notes: Iterable[str] = (),
    as_of: datetime | None = None,
    fixed: Mapping[str, Cell] | None = None,
) -> Table:
    """The table of ``sums``: ``named`` gives the texts of a key, ``fixed`` totals that are no sums.

    Raises:
        InvalidInputError: there are more rows than a report has.
    """
    columns = report.columns_for(asked.group_by)
    keys = list(sums)
    if len(keys) > MOST_ROWS:
        raise InvalidInputError(
            f"The report would have {len(keys):,} rows.",
            field="from",
            remedy=f"Ask for a shorter time or coarser groups; a report has at most {MOST_ROWS:,} rows.",
        )
    found = []
    for key in keys:
        texts = named(key)
        row = {each.name: texts[each.name] if each.name in texts else sums.value(key, each) for each in columns}
        found.append(row)
    found.sort(key=sort)
    rows = tuple(tuple(row[each.name] for each in columns) for row in found)
    return Table(
        columns=columns, rows=rows, totals=_totals(columns, sums, fixed or {}), notes=tuple(notes), as_of=as_of
    )


def _totals(columns: tuple[Column, ...], sums: Sums, fixed: Mapping[str, Cell]) -> tuple[Cell, ...]:
    made: list[Cell] = []
    for each in columns:
        if each.name in fixed:
            made.append(fixed[each.name])
        else:
            made.append(sums.total(each) if each.adds_up else None)
    if not columns[0].is_number:
        made[0] = "Total"
    return tuple(made)


def grouped(
    asked: Asked,
    table: sa.Table,
    /,
    *,
    on: str,
    sums: Iterable[str],
    by: Iterable[str] = (),
    where: Iterable[sa.ColumnElement[bool]] = (),
) -> sa.Select[Any]:
    """Documents of the asked days, summed by period, currency, decimals and the columns ``by``; ``n`` is how many.

    Weeks are gathered from days afterwards, quarters from months: the databases agree on no function for them.
    """
    bucket = bucket_of(asked, table.c[on])
    keys = [table.c.currency, table.c.exponent, *(table.c[name] for name in by)]
    added = [sa.func.sum(table.c[name]).label(name) for name in sums]
    selected = sa.select(bucket, *keys, sa.func.count().label("n"), *added)
    return selected.where(*counted(asked, table, on=on), *where).group_by(sa.text("bucket"), *keys)


def with_invoices(table: sa.Table, /) -> sa.Join:
    """Lines or taxes of invoices with their invoices."""
    invoices = tables.mirror_invoices
    same = (table.c.organization_id == invoices.c.organization_id) & (table.c.invoice_id == invoices.c.invoice_id)
    return table.join(invoices, same)


def bucket_of(asked: Asked, on: sa.ColumnElement[str], /) -> sa.Label[str]:
    """The beginning of a date that tells its period; empty when rows are not grouped by time."""
    if not asked.by_period:
        return sa.literal_column("''").label("bucket")
    length = _LENGTHS.get(asked.group_by)
    if length is None:
        return on.label("bucket")
    return sa.func.substr(on, sa.literal_column("1"), sa.literal_column(str(length))).label("bucket")


def counted(asked: Asked, table: sa.Table, /, *, on: str) -> list[sa.ColumnElement[bool]]:
    """Documents of the asked days that are there, neither draft, void nor in approval."""
    within = table.c[on].between(asked.first.isoformat(), asked.last.isoformat())
    found: list[sa.ColumnElement[bool]] = [table.c.organization_id == asked.organization_id, within]
    found.append(table.c.deleted_at.is_(None))
    if "status" in table.c:
        found.append(table.c.status.not_in(NOT_COUNTED))
    return found


def period_of(asked: Asked, bucket: str, /) -> str:
    """The name of the period of a bucket (a day, a month or a year); empty without periods."""
    if not asked.by_period:
        return ""
    padded = bucket + "-01-01"[len(bucket) - 4 :] if len(bucket) < 10 else bucket
    return policy.label(date.fromisoformat(padded), asked.group_by)


def refunds(tx: Tx, asked: Asked, /) -> Iterator[dict[str, Any]]:
    """Each refund of a payment or a credit note on the asked days, with the document it belongs to.

    A refund has no amount in the organization's currency of its own: it is taken at its document's rate.
    """
    for kind, table, record in (
        ("payment_refund", tables.mirror_payments, "payment_id"),
        ("creditnote_refund", tables.mirror_creditnotes, "creditnote_id"),
    ):
        yield from _refunds(tx, asked, kind, table, record)


def _refunds(tx: Tx, asked: Asked, kind: str, table: sa.Table, record: str) -> Iterator[dict[str, Any]]:
    given = tables.mirror_allocations
    joined = (given.c.organization_id == table.c.organization_id) & (given.c.document_id == table.c[record])
    mode = table.c.mode if "mode" in table.c else sa.literal_column("''").label("mode")
    account = table.c.account_name if "account_name" in table.c else sa.literal_column("''").label("account_name")
    columns = (table.c.currency, table.c.exponent, table.c.rate, table.c.customer_id, mode, account)
    query = sa.select(given.c.amount_minor, given.c.applied_on, *columns).select_from(given.join(table, joined))
    where = [given.c.organization_id == asked.organization_id, given.c.kind == kind, table.c.deleted_at.is_(None)]
    where.append(given.c.applied_on.between(asked.first.isoformat(), asked.last.isoformat()))
    if "status" in table.c:
        where.append(table.c.status.not_in(NOT_COUNTED))
    for row in tx.execute(query.where(*where)):
        found = dict(row._mapping)
        found["base_minor"] = converted(row.amount_minor, rate=row.rate, exponent=row.exponent, to=asked.exponent)
        yield found


def converted(minor: int, /, *, rate: str, exponent: int, to: int) -> int:
    """Minor units of the organization's currency: amount times rate, halves away from zero (FACTS 5.4)."""
    worth = Decimal(minor).scaleb(to - exponent) * Decimal(rate or "1")
    return int(worth.to_integral_value(ROUND_HALF_UP))


def names_of(tx: Tx, asked: Asked, table: sa.Table, record_id: str, ids: Iterable[str], /) -> dict[str, str]:
    """The present names of records of ``table``."""
    wanted, found = sorted(set(ids)), {}
    key = table.c[record_id]
    for start in range(0, len(wanted), 500):
        where = (table.c.organization_id == asked.organization_id) & key.in_(wanted[start : start + 500])
        found.update({row[0]: row[1] for row in tx.execute(sa.select(key, table.c.name).where(where)) if row[1]})
    return found


def split_of(asked: Asked, bucket: str, currency: str, /) -> str:
    """The part of a key that the grouping by time or by currency adds; empty without it."""
    return currency if asked.by_currency else period_of(asked, bucket)


def by_split(row: Mapping[str, Cell], /) -> str:
    """Sorts rows by their period or currency."""
    return str(row.get("period") or row.get("currency") or "")


def lines_note(tx: Tx, asked: Asked, /) -> str:
    """How many of the invoices of these days have mirrored lines, as a sentence."""
    invoices, lines = tables.mirror_invoices, tables.mirror_invoice_lines
    same = (lines.c.organization_id == invoices.c.organization_id) & (lines.c.invoice_id == invoices.c.invoice_id)
    has = sa.case((sa.exists().where(same), sa.literal_column("1")), else_=sa.literal_column("0"))
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(has), 0)).select_from(invoices)
    row = tx.execute(query.where(*counted(asked, invoices, on="invoice_on"))).one()
    whole, known = int(row[0]), int(row[1])
    told = f"Lines of {known:,} of {whole:,} invoices are mirrored"
    return f"{told}." if known == whole else f"{told}; run `bookbridge sync --lines` for the others."


def freshness(tx: Tx, organization_id: str, entities: Iterable[str], /) -> tuple[datetime | None, list[str]]:
    """Since when all of ``entities`` are known to be as Zoho has them, and a note for those never mirrored."""
    table = tables.mirror_state
    query = sa.select(table.c.entity, table.c.full_at, table.c.synced_at).where(
        table.c.organization_id == organization_id
    )
    known = {row.entity: row for row in tx.execute(query)}
    missing = [each for each in entities if each not in known or known[each].full_at is None]
    if missing:
        return None, [f"Not mirrored completely yet: {', '.join(missing)}; run `bookbridge sync`."]
    seen = [known[each].synced_at or known[each].full_at for each in entities]
    return min(seen, default=None), []
