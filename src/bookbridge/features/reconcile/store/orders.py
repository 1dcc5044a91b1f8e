"""Orders and their effects, read for a comparison."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reconcile.sides import VOID, InvoiceSide, OrderSide
from bookbridge.kernel.orders import GENERATED
from bookbridge.store.db import Tx
from bookbridge.store.tables import effects, identities, mirror_invoices, orders

CREATE = "invoice.create"
BATCH = 500
RESTING = ("done", "review", "failed", "discarded")
MOVING = ("planned", "unknown")
_M = mirror_invoices.c


@dataclass(frozen=True, slots=True)
class Window:
    """Orders placed from ``first`` until before ``end``; ``None`` is open."""

    first: datetime | None = None
    end: datetime | None = None

    def where(self) -> list[sa.ColumnElement[bool]]:
        """As conditions on ``bb_orders``."""
        placed = sa.func.coalesce(orders.c.ordered_at, orders.c.received_at, type_=orders.c.received_at.type)
        found: list[sa.ColumnElement[bool]] = []
        found += [placed >= self.first] if self.first else []
        found += [placed < self.end] if self.end else []
        return found


def batches(ids: Iterable[str], /) -> Iterator[list[str]]:
    """The ids in lists that fit into one statement."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def count_orders(tx: Tx, organization_id: str, window: Window, /) -> int:
    """How many orders must have an invoice."""
    query = sa.select(sa.func.count()).select_from(orders).where(*_invoiced(organization_id), *window.where())
    return int(tx.execute(query).scalar_one())


def invoiced_orders(tx: Tx, organization_id: str, window: Window, /) -> list[str]:
    """Every order that must have an invoice."""
    return list(tx.scalars(sa.select(orders.c.id).where(*_invoiced(organization_id), *window.where())))


def _invoiced(organization_id: str) -> list[sa.ColumnElement[bool]]:
    bound = (orders.c.state == "review") & orders.c.invoice_id.is_not(None)
    return [orders.c.organization_id == organization_id, (orders.c.state == "done") | bound]


def suspects(tx: Tx, organization_id: str, window: Window, /) -> set[str]:
    """Orders whose mirrored invoice is not there, or not as the order says; or who share theirs with another."""
    mine = (_M.organization_id == orders.c.organization_id) & (_M.invoice_id == orders.c.invoice_id)
    differs = sa.or_(
        _M.invoice_id.is_(None),
        _M.deleted_at.is_not(None),
        _M.status == VOID,
        _M.currency != orders.c.currency,
        _M.exponent != orders.c.exponent,
        _M.total_minor != sa.func.coalesce(orders.c.total_minor, orders.c.invoice_total_minor),
        _M.customer_id != orders.c.contact_id,
        sa.func.lower(_M.number) != sa.func.lower(orders.c.invoice_number),
    )
    joined = orders.outerjoin(mirror_invoices, mine)
    where = (*_invoiced(organization_id), *window.where())
    found = set(tx.scalars(sa.select(orders.c.id).select_from(joined).where(*where, differs)))
    for query in (_same_key(organization_id), _same_number(organization_id), _same_reference(organization_id)):
        found.update(tx.scalars(query))
    return found


def _live(organization_id: str) -> list[sa.ColumnElement[bool]]:
    return [_M.organization_id == organization_id, _M.deleted_at.is_(None), _M.status != VOID]


def _same_key(organization_id: str) -> sa.Select[Any]:
    """Orders whose key is on another live invoice than theirs.

    Said with ``EXISTS``, which leaves a planner without statistics no choice of the wrong side to begin with.
    """
    other = effects.c.zoho_id.is_(None) | (effects.c.zoho_id != _M.invoice_id)
    same = sa.exists().where(*_live(organization_id), _M.key == effects.c.ekey, other)
    mine = (effects.c.organization_id == organization_id, effects.c.kind == CREATE, effects.c.order_pk.is_not(None))
    return sa.select(effects.c.order_pk).where(*mine, same)


def _same_number(organization_id: str) -> sa.Select[Any]:
    """Orders whose number is on another live invoice than theirs."""
    other = _M.invoice_id != orders.c.invoice_id
    same = sa.exists().where(*_live(organization_id), _M.number == orders.c.invoice_number, other)
    return sa.select(orders.c.id).where(*_invoiced(organization_id), same)


def _same_reference(organization_id: str) -> sa.Select[Any]:
    """Orders whose invoice shares reference and customer with another live one."""
    pair = (_M.customer_id, _M.reference)
    named = (*_live(organization_id), _M.reference != "")
    several = sa.select(*pair).where(*named).group_by(*pair).having(sa.func.count() > 1)
    shared = sa.select(_M.invoice_id).where(*named, sa.tuple_(*pair).in_(several))
    return sa.select(orders.c.id).where(*_invoiced(organization_id), orders.c.invoice_id.in_(shared))


def orders_of(
    tx: Tx, organization_id: str, rows: Collection[InvoiceSide], /, *, gone: Collection[str] = ()
) -> set[str]:
    """Orders that rows just read, or invoices just ``gone``, may concern: by id, key or number, or by reference."""
    found: set[str] = set()
    siblings = _siblings(tx, organization_id, rows)
    columns = (
        (orders.c.invoice_id, [*gone, *siblings, *(row.invoice_id for row in rows)]),
        (orders.c.invoice_number, [row.number for row in rows if row.number]),
    )
    for column, values in columns:
        for batch in batches(values):
            where = (orders.c.organization_id == organization_id) & column.in_(batch)
            found.update(tx.scalars(sa.select(orders.c.id).where(where)))
    for batch in batches(row.key for row in rows if row.key):
        where = (effects.c.organization_id == organization_id) & effects.c.ekey.in_(batch)
        found.update(each for each in tx.scalars(sa.select(effects.c.order_pk).where(where)) if each)
    return found


def _siblings(tx: Tx, organization_id: str, rows: Collection[InvoiceSide]) -> list[str]:
    """Ids of mirrored invoices with the reference and customer of one of the rows."""
    wanted = {(row.customer_id, row.reference) for row in rows if row.reference}
    found = []
    for batch in batches(customer for customer, _ in wanted):
        references = sorted({reference for customer, reference in wanted if customer in set(batch)})
        for some in batches(references):
            where = (_M.organization_id == organization_id) & _M.customer_id.in_(batch) & _M.reference.in_(some)
            query = sa.select(_M.invoice_id, _M.customer_id, _M.reference).where(where)
            found += [row.invoice_id for row in tx.execute(query) if (row.customer_id, row.reference) in wanted]
    return found


def load_orders(
    tx: Tx, organization_id: str, ids: Sequence[str], window: Window, /, *, has_key: bool
) -> list[OrderSide]:
    """Those of the orders that rest and lie in the window; ``has_key``: invoices carry the unique custom field."""
    create = (effects.c.order_pk == orders.c.id) & (effects.c.kind == CREATE)
    columns = (
        orders.c.id, orders.c.order_id, orders.c.source, orders.c.state, orders.c.reason, orders.c.currency,
        orders.c.exponent, orders.c.total_minor, orders.c.invoice_total_minor, orders.c.invoice_status,
        orders.c.invoice_id, orders.c.invoice_number, orders.c.contact_id, orders.c.customer, orders.c.body,
        effects.c.ekey, effects.c.intent,
    )  # fmt: skip
    where = (orders.c.organization_id == organization_id, orders.c.id.in_(ids), orders.c.state.in_(RESTING))
    query = sa.select(*columns).select_from(orders.outerjoin(effects, create)).where(*where, *window.where())
    rows = tx.execute(query.order_by(orders.c.id)).all()
    bound = _bound(tx, organization_id, [str((row.intent or {}).get("contact_key", "")) for row in rows])
    return [_order(row, bound, has_key=has_key) for row in rows]


def _bound(tx: Tx, organization_id: str, keys: list[str]) -> dict[str, str]:
    """Which contact each customer identity is bound to now."""
    where = (identities.c.organization_id == organization_id) & identities.c.identity_key.in_(keys)
    query = sa.select(identities.c.identity_key, identities.c.contact_id).where(where)
    return {str(key): str(contact) for key, contact in tx.execute(query)}


def _order(row: Any, bound: Mapping[str, str], *, has_key: bool) -> OrderSide:
    now = bound.get(str((row.intent or {}).get("contact_key", "")))
    contacts = tuple(dict.fromkeys(each for each in (row.contact_id, now) if each))
    given_id = "" if row.order_id.startswith(GENERATED) else row.order_id
    total = row.invoice_total_minor if row.total_minor is None else row.total_minor
    return OrderSide(
        pk=row.id,
        order_id=row.order_id,
        source=row.source,
        state=row.state,
        reason=row.reason or "",
        currency=row.currency,
        exponent=row.exponent,
        total=_major(total, row.exponent),
        seen_total=_major(row.invoice_total_minor, row.exponent),
        seen_status=row.invoice_status or "",
        key=(row.ekey or "") if has_key else "",
        invoice_id=row.invoice_id or "",
        number=row.invoice_number or "",
        reference=" ".join(str(row.body.get("reference_number") or given_id).split())[:100].strip(),
        contact_ids=contacts,
        customer=row.customer,
    )


def owners(tx: Tx, organization_id: str, invoice_ids: Collection[str], /) -> dict[str, str]:
    """Which order (empty: a direct request) made each of the invoices; those made by nobody here are left out."""
    found: dict[str, str] = {}
    for batch in batches(invoice_ids):
        where = (effects.c.organization_id == organization_id) & (effects.c.kind == CREATE)
        query = sa.select(effects.c.zoho_id, effects.c.order_pk).where(where & effects.c.zoho_id.in_(batch))
        found.update({str(zoho_id): order_pk or "" for zoho_id, order_pk in tx.execute(query)})
    return found


def known_keys(tx: Tx, organization_id: str, keys: Collection[str], /) -> set[str]:
    """Those of the keys that an effect of ours has."""
    found: set[str] = set()
    for batch in batches(keys):
        where = (effects.c.organization_id == organization_id) & effects.c.ekey.in_(batch)
        found.update(tx.scalars(sa.select(effects.c.ekey).where(where)))
    return found


def requests_on_their_way(tx: Tx, organization_id: str, /) -> list[bytes]:
    """The frozen bytes of invoices of which it is not known yet whether they were made."""
    where = (effects.c.organization_id == organization_id) & (effects.c.kind == CREATE)
    query = sa.select(effects.c.request).where(where & effects.c.state.in_(MOVING) & effects.c.request.is_not(None))
    return [bytes(each) for each in tx.scalars(query)]


def _major(minor: int | None, exponent: int) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-exponent)
