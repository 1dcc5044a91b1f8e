"""What people look at: orders by state, lists, an order's life, the last failures. Read only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.store.db import Tx
from bookbridge.store.tables import attempts, effects, orders

STATES = ("received", "working", "unknown", "done", "review", "failed", "discarded")
UNFINISHED = ("received", "working", "unknown")
NEEDS_SOMEBODY = ("review", "failed")
MOST_PER_PAGE = 200

_LISTED = (
    orders.c.id, orders.c.organization_id, orders.c.source, orders.c.order_id, orders.c.channel, orders.c.state,
    orders.c.reason, orders.c.customer, orders.c.currency, orders.c.exponent, orders.c.total_minor,
    orders.c.contact_id, orders.c.invoice_id, orders.c.invoice_number, orders.c.invoice_total_minor,
    orders.c.invoice_due_on, orders.c.invoice_status, orders.c.ordered_at, orders.c.received_at, orders.c.updated_at,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order as lists show it; ``total`` is what the order says, ``invoice_total`` what Zoho says."""

    id: str
    organization_id: str
    source: str
    order_id: str
    channel: str
    state: str
    reason: str
    customer: str
    currency: str
    total: Money | None
    contact_id: str
    invoice_id: str
    invoice_number: str
    invoice_total: Money | None
    invoice_due_on: str
    invoice_status: str
    ordered_at: datetime | None
    received_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """One page of a list; ``total`` counts every order that fits the filters."""

    rows: tuple[OrderRow, ...]
    page: int
    per_page: int
    total: int

    @property
    def has_more(self) -> bool:
        """Whether there is a further page."""
        return self.page * self.per_page < self.total


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """One send of an effect."""

    epoch: int
    revision: int
    sent_at: datetime
    settled_at: datetime | None
    outcome: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """One write to Zoho that belongs to an order, with its sends."""

    id: str
    kind: str
    state: str
    reason: str
    zoho_id: str
    attempts_made: int
    lookups: int
    not_before: datetime
    created_at: datetime
    settled_at: datetime | None
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, kw_only=True)
class OrderLife:
    """Everything that happened to one order."""

    order: OrderRow
    body: Mapping[str, Any]
    effects: tuple[EffectRow, ...]


def counts_by_state(tx: Tx, organization_id: str | None = None, /) -> dict[str, int]:
    """How many orders are in each state, every state present; of one organization or of all."""
    query = sa.select(orders.c.state, sa.func.count()).group_by(orders.c.state)
    if organization_id is not None:
        query = query.where(orders.c.organization_id == organization_id)
    found = {str(state): int(count) for state, count in tx.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def list_orders(
    tx: Tx,
    /,
    *,
    organization_ids: Collection[str] = (),
    state: str = "",
    source: str = "",
    date_start: datetime | None = None,
    date_end: datetime | None = None,
    search: str = "",
    page: int = 1,
    per_page: int = 25,
) -> OrderPage:
    """Orders received from ``date_start`` until before ``date_end``, the newest first.

    ``search`` is part of an order id, customer, invoice number or reason. Empty filters do not filter.
    """
    per_page = max(1, min(per_page, MOST_PER_PAGE))
    page = max(1, page)
    where: list[sa.ColumnElement[bool]] = []
    where += [orders.c.organization_id.in_(list(organization_ids))] if organization_ids else []
    where += [column == value for column, value in ((orders.c.state, state), (orders.c.source, source)) if value]
    where += [orders.c.received_at >= date_start] if date_start else []
    where += [orders.c.received_at < date_end] if date_end else []
    where += [_contains(search)] if search else []
    total = tx.execute(sa.select(sa.func.count()).select_from(orders).where(*where)).scalar_one()
    order = (orders.c.received_at.desc(), orders.c.id)
    query = sa.select(*_LISTED).where(*where).order_by(*order).limit(per_page).offset((page - 1) * per_page)
    rows = tuple(_order(row) for row in tx.execute(query))
    return OrderPage(rows=rows, page=page, per_page=per_page, total=int(total))


def sources(tx: Tx, /) -> list[str]:
    """The selling systems orders came from."""
    return [str(row[0]) for row in tx.execute(sa.select(orders.c.source).distinct().order_by(orders.c.source))]


def order_life(tx: Tx, order_pk: str, /) -> OrderLife | None:
    """The order with its effects and their sends; ``None`` when there is no such order."""
    row = tx.execute(sa.select(*_LISTED, orders.c.body).where(orders.c.id == order_pk)).one_or_none()
    if row is None:
        return None
    return OrderLife(order=_order(row), body=row.body, effects=_effects(tx, _effects_of_order(tx, order_pk)))


def recent_failures(tx: Tx, /, *, limit: int = 10, organization_ids: Collection[str] = ()) -> list[OrderRow]:
    """The orders that wait for somebody, the last changed first."""
    where = [orders.c.state.in_(NEEDS_SOMEBODY)]
    where += [orders.c.organization_id.in_(list(organization_ids))] if organization_ids else []
    query = sa.select(*_LISTED).where(*where).order_by(orders.c.updated_at.desc(), orders.c.id).limit(limit)
    return [_order(row) for row in tx.execute(query)]


def oldest_unfinished(tx: Tx, /) -> datetime | None:
    """When the oldest order came in that is neither done nor waiting for somebody."""
    query = sa.select(sa.func.min(orders.c.received_at)).where(orders.c.state.in_(UNFINISHED))
    found: datetime | None = tx.execute(query).scalar()
    return found


def effects_by_state(tx: Tx, /) -> dict[tuple[str, str], int]:
    """How many effects there are of each (kind, state)."""
    query = sa.select(effects.c.kind, effects.c.state, sa.func.count()).group_by(effects.c.kind, effects.c.state)
    return {(str(kind), str(state)): int(count) for kind, state, count in tx.execute(query)}


def attempts_by_outcome(tx: Tx, /) -> dict[str, int]:
    """How many sends ended how; ``open`` are those without an outcome yet."""
    query = sa.select(attempts.c.outcome, sa.func.count()).group_by(attempts.c.outcome)
    return {str(outcome or "open"): int(count) for outcome, count in tx.execute(query)}


def finished_by_bucket(tx: Tx, /, *, now: datetime, bucket: timedelta, buckets: int) -> list[int]:
    """How many orders were finished in each of the last ``buckets`` stretches of time, the oldest first."""
    start = now - bucket * buckets
    width = int(bucket.total_seconds() * 1000)
    since = sa.type_coerce(orders.c.updated_at, sa.BigInteger) - int(start.timestamp() * 1000)
    slot = since // width
    query = (
        sa.select(slot, sa.func.count())
        .where(orders.c.state == "done", orders.c.updated_at >= start, orders.c.updated_at <= now)
        .group_by(slot)
    )
    found = {int(index): int(count) for index, count in tx.execute(query)}
    return [found.get(index, 0) + (found.get(buckets, 0) if index == buckets - 1 else 0) for index in range(buckets)]


def _effects_of_order(tx: Tx, order_pk: str) -> list[str]:
    """The ids of an order's own effects and of those they wait for (a contact shared by several orders)."""
    own = sa.select(effects.c.id, effects.c.depends_on).where(effects.c.order_pk == order_pk)
    found: list[str] = []
    for effect_id, depends_on in tx.execute(own):
        found += [each for each in (depends_on, effect_id) if each and each not in found]
    return found


def _effects(tx: Tx, effect_ids: list[str]) -> tuple[EffectRow, ...]:
    if not effect_ids:
        return ()
    sends: dict[str, list[AttemptRow]] = {}
    order = (attempts.c.effect_id, attempts.c.epoch)
    for row in tx.execute(sa.select(attempts).where(attempts.c.effect_id.in_(effect_ids)).order_by(*order)):
        sends.setdefault(row.effect_id, []).append(
            AttemptRow(
                epoch=row.epoch, revision=row.revision, sent_at=row.sent_at, settled_at=row.settled_at,
                outcome=row.outcome or "", detail=row.detail or "",
            )
        )  # fmt: skip
    query = sa.select(effects).where(effects.c.id.in_(effect_ids)).order_by(effects.c.created_at, effects.c.id)
    return tuple(_effect(row, tuple(sends.get(row.id, ()))) for row in tx.execute(query))


def _effect(row: Any, sends: tuple[AttemptRow, ...]) -> EffectRow:
    return EffectRow(
        id=row.id, kind=row.kind, state=row.state, reason=row.reason or "", zoho_id=row.zoho_id or "",
        attempts_made=row.attempts, lookups=row.lookups, not_before=row.not_before, created_at=row.created_at,
        settled_at=row.settled_at, attempts=sends,
    )  # fmt: skip


def _order(row: Any) -> OrderRow:
    values: dict[str, Any] = {name: getattr(row, name, None) for name in OrderRow.__dataclass_fields__}
    texts = ("reason", "contact_id", "invoice_id", "invoice_number", "invoice_due_on", "invoice_status")
    values |= {name: values[name] or "" for name in texts}
    values["total"] = _money(row, row.total_minor)
    values["invoice_total"] = _money(row, row.invoice_total_minor)
    return OrderRow(**values)


def _money(row: Any, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor, row.currency, row.exponent)


def _contains(search: str) -> sa.ColumnElement[bool]:
    columns = (orders.c.order_id, orders.c.customer, orders.c.invoice_number, orders.c.reason, orders.c.id)
    return sa.or_(*(column.icontains(search, autoescape=True) for column in columns))
