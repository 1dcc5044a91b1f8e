"""Storing what settled which invoice, and noting which details must be read to know it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror import allocations, statements, wanted
from bookbridge.mirror.allocations import SETTLED_BY, Allocation
from bookbridge.mirror.entities import Entity
from bookbridge.mirror.place import Place
from bookbridge.mirror.values import Row, date, minor, number, text
from bookbridge.store import tables
from bookbridge.store.db import Tx

_A: Any = tables.mirror_allocations
_COLUMNS = ("organization_id", *(each.name for each in fields(Allocation)))
_DETAIL, _COMMENTS = wanted.DETAIL, wanted.COMMENTS


@dataclass(slots=True)
class Settled:
    """The invoices whose allocations changed, and how many details are still to be read."""

    invoice_ids: set[str] = field(default_factory=set)
    wanted: int = 0


def with_currencies(place: Place, entity: Entity, rows: Sequence[Row], told: Collection[str], /) -> list[Row]:
    """Rows of payments with what the list leaves out (FACTS 5.5): the currency, which is the customer's.

    ``told`` are payments whose detail is known: currency and rate are those it said.
    """
    lacking = [row for row in rows if not text(row, "currency_code")]
    if entity.name != "payments" or not lacking:
        return list(rows)
    customers = {text(row, "customer_id") for row in lacking}
    of_customer = {row[0]: row[1] for row in place.tx.execute(_CURRENCY, _among(place, customers)) if row[1]}
    of_payment = {row[0]: row[1:3] for row in place.tx.execute(_SAID, _among(place, told))} if told else {}
    return [
        row if text(row, "currency_code") else {**row, **_money_of(entity, row, of_customer, of_payment)}
        for row in rows
    ]


def _money_of(
    entity: Entity, row: Row, of_customer: Mapping[str, str], of_payment: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    said = of_payment.get(text(row, entity.id))
    if said is not None:
        return {"currency_code": said[0], "exchange_rate": Decimal(said[1])}
    return {"currency_code": of_customer.get(text(row, "customer_id"), "")}


def follow(place: Place, entity: Entity, rows: Sequence[Row], /, *, is_new: Callable[[str], bool]) -> Settled:
    """Replace the allocations of changed documents where the rows tell them, and want the details of the others."""
    settled = Settled()
    if entity.name == "payments":
        numbers = _invoices_by_number(place, rows)
        _replace(place, entity, rows, settled, is_new, lambda row: _payment(place, row, numbers))
    elif entity.name == "creditnotes":
        _replace(place, entity, rows, settled, is_new, lambda row: _creditnote(place, row))
    elif entity.name == "invoices":
        _written_off(place, entity, rows, settled, is_new)
        _doubt(place, [row for row in rows if not is_new(text(row, entity.id))], settled)
    return settled


def _doubt(place: Place, invoices: Sequence[Row], settled: Settled) -> None:
    """Invoices that owe more than their allocations leave: some payment or credit was deleted or taken back.

    Those are read again by their ids; one that is gone is found at once and not only by a round.
    """
    left = {}
    for row in invoices:
        exponent = place.scale.of(text(row, "currency_code") or place.scale.currency)
        left[text(row, "invoice_id")] = minor(number(row, "total") - number(row, "balance"), exponent)
    told: dict[str, int] = {}
    by: dict[str, set[tuple[str, str]]] = {}
    for invoice_id, kind, document_id, amount in place.tx.execute(_SETTLES, _among(place, left)) if left else ():
        told[invoice_id] = told.get(invoice_id, 0) + amount
        if kind != allocations.WRITE_OFF:
            by.setdefault(invoice_id, set()).add((kind, document_id))
    doubtful = {
        each for invoice_id, amount in told.items() if amount > left[invoice_id] for each in by.get(invoice_id, ())
    }
    for kind, entity in ((allocations.PAYMENT, "payments"), (allocations.CREDITNOTE, "creditnotes")):
        ids = [document_id for found, document_id in doubtful if found == kind]
        wanted.want(place.mirror.db, place.tx, place.organization_id, entity, ids, what=_DETAIL)
        settled.wanted += len(ids)


def _payment(place: Place, row: Row, numbers: dict[str, str]) -> list[Allocation] | None:
    """A foreign payment with a part unused needs its exact rate, which only the detail has."""
    currency = text(row, "currency_code") or place.scale.currency
    if row.get("unused_amount") and row.get("exchange_rate") in (None, ""):
        in_base = row.get("bcy_amount") in (None, "") or number(row, "bcy_amount") == number(row, "amount")
        if currency != place.scale.currency or not in_base:
            return None
    return allocations.of_payment(row, exponent=place.scale.of(currency), known=numbers)


def _creditnote(place: Place, row: Row) -> list[Allocation] | None:
    currency = text(row, "currency_code") or place.scale.currency
    return allocations.of_creditnote(row, exponent=place.scale.of(currency))


def _replace(
    place: Place,
    entity: Entity,
    rows: Sequence[Row],
    settled: Settled,
    is_new: Callable[[str], bool],
    read: Callable[[Row], list[Allocation] | None],
) -> None:
    told, missing = {}, []
    for row in rows:
        found = read(row)
        if found is None:
            missing.append(text(row, entity.id))
        else:
            told[text(row, entity.id)] = found
    put(place, entity, told, settled, known=[each for each in told if not is_new(each)])
    wanted.want(place.mirror.db, place.tx, place.organization_id, entity.name, missing, what=_DETAIL)
    wanted.drop(place.tx, place.organization_id, entity.name, [each for each in told if not is_new(each)], what=_DETAIL)
    settled.wanted += len(missing)


def put(
    place: Place, entity: Entity, told: dict[str, list[Allocation]], settled: Settled, /, *, known: Sequence[str]
) -> None:
    """Make these the allocations of their documents; ``known`` are those that may have some already."""
    if known:
        settled.invoice_ids |= remove(place.tx, place.organization_id, SETTLED_BY[entity.name], known)
    rows = {(each.kind, each.document_id, each.allocation_id): each for found in told.values() for each in found}
    if rows:
        values = [(place.organization_id, *(getattr(each, name) for name in _COLUMNS[1:])) for each in rows.values()]
        statements.insert(place.mirror.db, place.tx, _A, _COLUMNS, values)
        settled.invoice_ids.update(each.invoice_id for each in rows.values() if each.invoice_id)


def remove(tx: Tx, organization_id: str, kinds: Iterable[str], document_ids: Sequence[str], /) -> set[str]:
    """Remove the allocations of documents; the invoices they settled."""
    given = {"organization": organization_id, "kinds": list(kinds), "ids": list(document_ids)}
    return {row[0] for row in tx.execute(_REMOVE, given) if row[0]}


def _written_off(
    place: Place, entity: Entity, rows: Sequence[Row], settled: Settled, is_new: Callable[[str], bool]
) -> None:
    """The day of a write-off is in the invoice's history, which is read once for each change of the amount."""
    amounts = {}
    for row in rows:
        if row.get("write_off_amount"):
            currency = text(row, "currency_code") or place.scale.currency
            amounts[text(row, entity.id)] = minor(number(row, "write_off_amount"), place.scale.of(currency))
    old = [each for each in (text(row, entity.id) for row in rows) if not is_new(each)]
    before = _off_before(place, old)
    gone = [each for each in before if not amounts.get(each)]
    asked = [each for each, amount in amounts.items() if amount and before.get(each) != amount]
    if gone:
        settled.invoice_ids |= remove(place.tx, place.organization_id, SETTLED_BY["invoices"], gone)
        wanted.drop(place.tx, place.organization_id, entity.name, gone, what=_COMMENTS)
    wanted.want(place.mirror.db, place.tx, place.organization_id, entity.name, asked, what=_COMMENTS)
    settled.wanted += len(asked)


def write_off(place: Place, entity: Entity, invoice_id: str, amount: int, on: str, /) -> None:
    """Keep when an invoice was written off."""
    each = Allocation(
        kind=allocations.WRITE_OFF,
        document_id=invoice_id,
        allocation_id=allocations.WRITE_OFF,
        invoice_id=invoice_id,
        applied_on=on,
        amount_minor=amount,
    )
    put(place, entity, {invoice_id: [each] if amount else []}, Settled(), known=[invoice_id])


def _off_before(place: Place, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    return {row[0]: row[1] for row in place.tx.execute(_WRITTEN_OFF, _among(place, ids))}


def _invoices_by_number(place: Place, rows: Sequence[Row]) -> dict[str, str]:
    """The mirrored invoices that rows name by number only; a number that several have names none."""
    named = {
        text(row, "invoice_numbers").strip()
        for row in rows
        if not row.get("applied_invoices") and not isinstance(row.get("invoices"), list)
    }
    named = {each for each in named if each and "," not in each}
    if not named:
        return {}
    found: dict[str, list[str]] = {}
    for row in place.tx.execute(_NUMBERED, _among(place, named)):
        found.setdefault(row[0], []).append(row[1])
    return {each: ids[0] for each, ids in found.items() if len(ids) == 1}


def day(row: Row, name: str, /) -> str:
    """The calendar day of a time: Zoho writes times with the organization's offset (FACTS 4.2)."""
    return date({"day": text(row, name)[:10]}, "day")


def _among(place: Place, ids: Iterable[str]) -> dict[str, Any]:
    return {"organization": place.organization_id, "ids": list(ids)}


def _in(column: Any) -> Any:
    return column.in_(sa.bindparam("ids", expanding=True))


_C, _I, _P = tables.mirror_contacts.c, tables.mirror_invoices.c, tables.mirror_payments.c
_MINE: Any = sa.bindparam("organization")
_CURRENCY = sa.select(_C.contact_id, _C.currency).where(_C.organization_id == _MINE, _in(_C.contact_id))
_SAID = sa.select(_P.payment_id, _P.currency, _P.rate).where(_P.organization_id == _MINE, _in(_P.payment_id))
_NUMBERED = sa.select(_I.number, _I.invoice_id).where(
    _I.organization_id == _MINE, _in(_I.number), _I.deleted_at.is_(None)
)
_WRITTEN_OFF = sa.select(_A.c.document_id, _A.c.amount_minor).where(
    _A.c.organization_id == _MINE, _A.c.kind == allocations.WRITE_OFF, _in(_A.c.document_id)
)
_SETTLES = sa.select(_A.c.invoice_id, _A.c.kind, _A.c.document_id, _A.c.amount_minor).where(
    _A.c.organization_id == _MINE, _in(_A.c.invoice_id)
)
_REMOVE = (
    sa.delete(_A)
    .where(_A.c.organization_id == _MINE, _A.c.kind.in_(sa.bindparam("kinds", expanding=True)), _in(_A.c.document_id))
    .returning(_A.c.invoice_id)
)
