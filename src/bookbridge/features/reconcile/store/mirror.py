"""The mirrored invoices, read for a comparison."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reconcile.sides import VOID, InvoiceSide, OrderSide, Totals
from bookbridge.features.reconcile.store.orders import CREATE, batches
from bookbridge.store.db import Tx
from bookbridge.store.tables import effects, mirror_invoices, mirror_state, sync_runs

_M = mirror_invoices.c
_SIDE = (
    _M.invoice_id, _M.number, _M.reference, _M.key, _M.status, _M.customer_id, _M.customer_name, _M.currency,
    _M.exponent, _M.total_minor, _M.balance_minor, _M.base_total_minor, _M.base_balance_minor,
    _M.invoice_on, _M.due_on, _M.modified_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How far the mirror of one list is."""

    watermark: datetime | None
    is_whole: bool


def mirror_of(tx: Tx, organization_id: str, entity: str, /) -> MirrorState:
    """How far the mirror of ``entity`` is; ``is_whole`` when it was read completely once."""
    where = (mirror_state.c.organization_id == organization_id) & (mirror_state.c.entity == entity)
    row = tx.execute(sa.select(mirror_state.c.watermark, mirror_state.c.full_at).where(where)).one_or_none()
    return MirrorState(None, False) if row is None else MirrorState(row.watermark, row.full_at is not None)


def newest_change(tx: Tx, organization_id: str, /) -> datetime | None:
    """When Zoho last changed any of the mirrored invoices."""
    query = sa.select(sa.func.max(_M.modified_at)).where(_M.organization_id == organization_id)
    found: datetime | None = tx.execute(query).scalar()
    return found


def is_syncing(tx: Tx, organization_id: str, /) -> bool:
    """Whether a sync is going on, which leaves the maintained sums for its end."""
    where = (sync_runs.c.organization_id == organization_id) & (sync_runs.c.state == "running")
    return bool(tx.execute(sa.select(sa.exists().where(where))).scalar_one())


def totals_by_day(tx: Tx, organization_id: str, /) -> dict[str, Totals]:
    """Count and base sums of the mirrored invoices of each date; void and draft ones too, as Zoho's totals."""
    sums = (sa.func.count(), sa.func.sum(_M.base_total_minor), sa.func.sum(_M.base_balance_minor))
    where = (_M.organization_id == organization_id) & _M.deleted_at.is_(None)
    rows = tx.execute(sa.select(_M.invoice_on, *sums).where(where).group_by(_M.invoice_on))
    return {day: Totals(int(count), int(total), int(balance)) for day, count, total, balance in rows}


def mirrored(tx: Tx, organization_id: str, ids: Collection[str], /) -> dict[str, InvoiceSide]:
    """The mirrored invoices with these ids that are not known to be deleted."""
    found: dict[str, InvoiceSide] = {}
    for batch in batches(ids):
        where = (_M.organization_id == organization_id) & _M.invoice_id.in_(batch) & _M.deleted_at.is_(None)
        found.update({row.invoice_id: _side(row) for row in tx.execute(sa.select(*_SIDE).where(where))})
    return found


def mirrored_ids(tx: Tx, organization_id: str, first: str, last: str, /) -> set[str]:
    """Ids of the mirrored invoices of some days (empty is open)."""
    where = [_M.organization_id == organization_id, _M.deleted_at.is_(None)]
    where += [_M.invoice_on >= first] if first else []
    where += [_M.invoice_on <= last] if last else []
    return set(tx.scalars(sa.select(_M.invoice_id).where(*where)))


def mirrored_like(tx: Tx, organization_id: str, sides: Sequence[OrderSide], /) -> list[InvoiceSide]:
    """Mirrored invoices with the id, key or number of one of the orders, or its reference at its customer."""
    contacts = sorted({contact for side in sides for contact in side.contact_ids})
    alike = (
        _M.invoice_id.in_([side.invoice_id for side in sides if side.invoice_id]),
        _M.key.in_([side.key for side in sides if side.key]),
        _M.number.in_([side.number for side in sides if side.number]),
        _M.customer_id.in_(contacts) & _M.reference.in_([side.reference for side in sides if side.reference]),
    )
    found: dict[str, InvoiceSide] = {}
    for each in alike:
        where = (_M.organization_id == organization_id) & _M.deleted_at.is_(None) & each
        found.update({row.invoice_id: _side(row) for row in tx.execute(sa.select(*_SIDE).where(where))})
    return list(found.values())


def unknown_marks(tx: Tx, organization_id: str, /, *, prefix: str) -> list[InvoiceSide]:
    """Live mirrored invoices with a key of no effect, or without key and with a number like ours that nobody made."""
    mine = (effects.c.organization_id == _M.organization_id) & (effects.c.ekey == _M.key)
    keyed = sa.select(*_SIDE).select_from(mirror_invoices.outerjoin(effects, mine))
    found = list(tx.execute(keyed.where(*_live(organization_id), _M.key != "", effects.c.id.is_(None))))
    if prefix:
        made = sa.select(effects.c.zoho_id).where(
            effects.c.organization_id == organization_id, effects.c.kind == CREATE, effects.c.zoho_id.is_not(None)
        )
        like = (_M.key == "", _M.number.startswith(prefix, autoescape=True), _M.invoice_id.not_in(made))
        found += list(tx.execute(sa.select(*_SIDE).where(*_live(organization_id), *like)))
    return [_side(row) for row in found]


def _live(organization_id: str) -> list[sa.ColumnElement[bool]]:
    return [_M.organization_id == organization_id, _M.deleted_at.is_(None), _M.status != VOID]


def _side(row: Any) -> InvoiceSide:
    return InvoiceSide(
        invoice_id=row.invoice_id,
        number=row.number,
        reference=row.reference,
        key=row.key,
        status=row.status,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        currency=row.currency,
        total=Decimal(row.total_minor).scaleb(-row.exponent),
        balance=Decimal(row.balance_minor).scaleb(-row.exponent),
        dated_on=row.invoice_on,
        due_on=row.due_on,
        modified_at=row.modified_at,
        base=Totals(1, row.base_total_minor, row.base_balance_minor),
    )
