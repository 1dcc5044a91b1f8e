"""Accepting an order: stored once, planned and queued in one transaction; only then acknowledged."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa

from bookbridge.inbox.gathering import Gathering
from bookbridge.inbox.order_body import to_json
from bookbridge.kernel.ids import IdSource, derived_key
from bookbridge.kernel.money import minor_units
from bookbridge.kernel.orders import Order
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization
from bookbridge.store.types import dump

PRIORITY = {"api": 2, "hook": 3, "import": 5}
_T = tables.orders


@dataclass(frozen=True, kw_only=True)
class OrderEvent:
    """An order that was just stored: what planning functions are given."""

    order_pk: str
    okey: str
    organization: Organization
    order: Order
    channel: str
    priority: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """``outcome`` is ``new``, ``same`` (seen before, equal) or ``changed`` (seen before, other content)."""

    order_pk: str
    outcome: str


class Planner(Protocol):
    """Plans the effects of events, inside the transaction that accepts them."""

    def __call__(self, tx: Tx, events: Sequence[OrderEvent], /) -> None:
        """Plan."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order as it came: who receives it, and by which channel."""

    order: Order
    organization: Organization
    channel: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A delivery with what can be worked out before the database is asked."""

    delivery: Delivery
    okey: str
    body: dict[str, Any]
    content_hash: str


class Inbox:
    """The door for orders of every channel.

    ``gathering`` surrounds what is planned in one transaction (``Ledger.gathering``: effects that share runs).
    """

    def __init__(
        self,
        db: Database,
        /,
        *,
        ids: IdSource,
        planners: Sequence[Planner],
        gathering: Callable[[Tx], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._db = db
        self._ids = ids
        self._planners = tuple(planners)
        self._gathering = gathering
        self._together: Gathering[_Ready, Receipt] = Gathering(self._receive_all)

    def receive(self, order: Order, /, *, organization: Organization, channel: str) -> Receipt:
        """Accept one order; when this returns it is stored for good.

        On SQLite orders that come at the same moment share a transaction, because each commit waits for the disk.
        """
        ready = _ready(Delivery(order, organization, channel))
        return self._together.bring(ready) if self._db.is_sqlite else self._receive_all([ready])[0]

    def _receive_all(self, ready: Sequence[_Ready]) -> list[Receipt]:
        with self._db.transaction(urgent=True) as tx, self._gathering(tx):
            return self._store(tx, ready)

    def receive_all_in(self, tx: Tx, deliveries: Sequence[Delivery], /) -> list[Receipt]:
        """Accept orders inside a larger transaction (an import's batch), in few statements."""
        return self._store(tx, [_ready(delivery) for delivery in deliveries])

    def _store(self, tx: Tx, ready: Sequence[_Ready]) -> list[Receipt]:
        """Insert those that are not there yet, plan what is new, and say of each what it was."""
        now = self._db.now(tx)
        rows = [self._row(each, now) for each in ready]
        new = self._db.insert_absent(tx, _T, rows)
        receipts: list[Receipt] = []
        events: list[OrderEvent] = []
        for each, row in zip(ready, rows, strict=True):
            if row["id"] in new:
                events.append(_event(each, row["id"]))
                receipts.append(Receipt(row["id"], "new"))
            else:
                organization_id = each.delivery.organization.organization_id
                receipts.append(self._seen(tx, organization_id, each.okey, each.content_hash, each.delivery.channel))
        if events:
            for plan in self._planners:
                plan(tx, events)
        return receipts

    def _row(self, ready: _Ready, now: datetime) -> dict[str, Any]:
        order, organization = ready.delivery.order, ready.delivery.organization
        own = order.currency == organization.currency
        return {
            "id": self._ids.new("ord"),
            "organization_id": organization.organization_id,
            "source": order.source,
            "order_id": order.order_id,
            "okey": ready.okey,
            "content_hash": ready.content_hash,
            "channel": ready.delivery.channel,
            "body": ready.body,
            "state": "received",
            "customer": order.party.name or order.party.email or order.party.customer_id,
            "currency": order.currency,
            "exponent": organization.exponent if own else minor_units(order.currency),
            "ordered_at": order.ordered_at,
            "received_at": now,
            "updated_at": now,
        }

    def _seen(self, tx: Tx, organization_id: str, okey: str, content_hash: str, channel: str) -> Receipt:
        """Equal content changes nothing; other content by hook or import is shown to a person, the API refuses it."""
        mine = (_T.c.organization_id == organization_id) & (_T.c.okey == okey)
        there = tx.execute(sa.select(_T.c.id, _T.c.content_hash).where(mine)).one()
        if there.content_hash == content_hash:
            return Receipt(there.id, "same")
        if channel != "api":
            reason = "The order came again with other content; compare it with its invoice and correct one of them."
            shown = sa.update(_T).where(mine, _T.c.state != "discarded")
            tx.execute(shown.values(state="review", reason=reason, updated_at=self._db.now(tx)))
        return Receipt(there.id, "changed")


def _ready(delivery: Delivery) -> _Ready:
    body = to_json(delivery.order)
    okey = order_key(delivery.organization.organization_id, delivery.order)
    return _Ready(delivery, okey, body, hash_of(body))


def _event(ready: _Ready, order_pk: str) -> OrderEvent:
    delivery = ready.delivery
    return OrderEvent(
        order_pk=order_pk,
        okey=ready.okey,
        organization=delivery.organization,
        order=delivery.order,
        channel=delivery.channel,
        priority=PRIORITY.get(delivery.channel, 5),
    )


def order_key(organization_id: str, order: Order, /) -> str:
    """The key of an order's identity (organization, source, order id): 80 bits, the same for ever and everywhere."""
    return derived_key(organization_id, order.source, order.order_id)


def hash_of(content: Any, /) -> str:
    """A hash that is equal for equal content: ``2.50`` and ``2.5`` are the same amount."""
    return hashlib.sha256(dump(_canonical(content)).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(member) for member in value]
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
