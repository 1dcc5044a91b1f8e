"""Accepting an order: stored once, planned and queued in one transaction; only then acknowledged."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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
    """Plans the effects of an event, inside the transaction that accepts it."""

    def __call__(self, tx: Tx, event: OrderEvent, /) -> None:
        """Plan."""
        ...


@dataclass(frozen=True, slots=True)
class _Delivery:
    order: Order
    organization: Organization
    channel: str


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
        self._together: Gathering[_Delivery, Receipt] = Gathering(self._receive_all)

    def receive(self, order: Order, /, *, organization: Organization, channel: str) -> Receipt:
        """Accept one order; when this returns it is stored for good.

        On SQLite orders that come at the same moment share a transaction, because each commit waits for the disk.
        """
        delivery = _Delivery(order, organization, channel)
        return self._together.bring(delivery) if self._db.is_sqlite else self._receive_all([delivery])[0]

    def _receive_all(self, deliveries: Sequence["_Delivery"]) -> list[Receipt]:
        with self._db.transaction(urgent=True) as tx, self._gathering(tx):
            return [self.receive_in(tx, d.order, organization=d.organization, channel=d.channel) for d in deliveries]

    def receive_in(self, tx: Tx, order: Order, /, *, organization: Organization, channel: str) -> Receipt:
        """Accept one order inside a larger transaction (an import's batch)."""
        okey = order_key(organization.organization_id, order)
        body = to_json(order)
        content_hash = hash_of(body)
        now = self._db.now(tx)
        row = {
            "id": self._ids.new("ord"),
            "organization_id": organization.organization_id,
            "source": order.source,
            "order_id": order.order_id,
            "okey": okey,
            "content_hash": content_hash,
            "channel": channel,
            "body": body,
            "state": "received",
            "customer": order.party.name or order.party.email or order.party.customer_id,
            "currency": order.currency,
            "exponent": organization.exponent
            if order.currency == organization.currency
            else minor_units(order.currency),
            "ordered_at": order.ordered_at,
            "received_at": now,
            "updated_at": now,
        }
        if not self._db.insert_new(tx, _T, row):
            return self._seen(tx, organization.organization_id, okey, content_hash, channel)
        event = OrderEvent(
            order_pk=str(row["id"]),
            okey=okey,
            organization=organization,
            order=order,
            channel=channel,
            priority=PRIORITY.get(channel, 5),
        )
        for plan in self._planners:
            plan(tx, event)
        return Receipt(event.order_pk, "new")

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
