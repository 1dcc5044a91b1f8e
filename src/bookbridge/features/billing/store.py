"""Rows of orders: inserted, planned, moved through their states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Database, Tx

_T = tables.orders
CUSTOMER = "Customer: "
"""How the reason of an order begins that is stuck for want of its contact."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as stored; ``body`` is what ``inbox.order_body.from_json`` reads."""

    id: str
    organization_id: str
    source: str
    order_id: str
    okey: str
    content_hash: str
    channel: str
    body: dict[str, Any]
    state: str
    reason: str | None
    customer: str
    currency: str
    exponent: int
    total_minor: int | None
    contact_id: str | None
    invoice_id: str | None
    invoice_number: str | None
    invoice_total_minor: int | None
    invoice_due_on: str | None
    invoice_status: str | None
    received_at: datetime
    updated_at: datetime


_COLUMNS = tuple(_T.c[name] for name in OrderRow.__slots__)


def get(tx: Tx, order_pk: str, /) -> OrderRow | None:
    """The order with our id."""
    return _one(tx, _T.c.id == order_pk)


def expected(tx: Tx, order_pk: str, /) -> tuple[str, int, int | None]:
    """Currency, exponent and predicted total (minor units) of an order, without reading its lines."""
    row = tx.execute(sa.select(_T.c.currency, _T.c.exponent, _T.c.total_minor).where(_T.c.id == order_pk)).one()
    return row.currency, row.exponent, row.total_minor


def by_okey(tx: Tx, organization_id: str, okey: str, /) -> OrderRow | None:
    """The order with that identity."""
    return _one(tx, (_T.c.organization_id == organization_id) & (_T.c.okey == okey))


def update(db: Database, tx: Tx, order_pk: str, /, **values: Any) -> None:
    """Change columns of an order."""
    tx.execute(sa.update(_T).where(_T.c.id == order_pk).values(updated_at=db.now(tx), **values))


def move(
    db: Database, tx: Tx, order_pk: str, state: str, /, *, reason: str | None, unless: tuple[str, ...] = ()
) -> None:
    """Change the state of an order, except where it already is in one of ``unless``."""
    where = (_T.c.id == order_pk) & _T.c.state.not_in(("discarded", *unless))
    tx.execute(sa.update(_T).where(where).values(state=state, reason=reason, updated_at=db.now(tx)))


def waiting_for(tx: Tx, effect_id: str, /) -> list[str]:
    """Orders with an effect that waits for this one."""
    effects = tables.effects
    where = (effects.c.depends_on == effect_id) & (effects.c.order_pk.is_not(None))
    return list(tx.scalars(sa.select(effects.c.order_pk).where(where)))


def free(db: Database, tx: Tx, effect_id: str, /) -> None:
    """Orders that were stuck for want of this contact wait no longer for a person."""
    effects = tables.effects
    waiting = sa.select(effects.c.order_pk).where(effects.c.depends_on == effect_id)
    stuck = _T.c.state.in_(("review", "failed")) & _T.c.reason.startswith(CUSTOMER)
    where = _T.c.id.in_(waiting) & stuck
    tx.execute(sa.update(_T).where(where).values(state="received", reason=None, updated_at=db.now(tx)))


def summary(row: OrderRow, /) -> Mapping[str, Any]:
    """What the API shows of an order."""
    return {
        "id": row.id,
        "organization_id": row.organization_id,
        "source": row.source,
        "order_id": row.order_id,
        "state": row.state,
        "reason": row.reason,
        "channel": row.channel,
        "currency": row.currency,
        "total": _major(row.total_minor, row.exponent),
        "customer": row.customer,
        "contact_id": row.contact_id,
        "invoice_id": row.invoice_id,
        "invoice_number": row.invoice_number,
        "invoice_total": _major(row.invoice_total_minor, row.exponent),
        "received_at": row.received_at,
        "updated_at": row.updated_at,
        "url": f"/api/orders/{row.id}",
    }


def _major(minor: int | None, exponent: int) -> Any:
    return None if minor is None else Decimal(minor).scaleb(-exponent)


def _one(tx: Tx, where: sa.ColumnElement[bool]) -> OrderRow | None:
    row = tx.execute(sa.select(*_COLUMNS).where(where)).one_or_none()
    return None if row is None else OrderRow(*row)
