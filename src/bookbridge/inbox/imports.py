"""What became of the orders of one import: each is noted as it is accepted, so that any process can say how it goes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bookbridge.inbox.order_body import to_json
from bookbridge.inbox.receive import Receipt, hash_of, order_key
from bookbridge.kernel.ids import IdSource
from bookbridge.kernel.money import Money
from bookbridge.kernel.orders import Order
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx

_I, _O, _E = tables.inbox, tables.orders, tables.effects
_RESTING = ("done", "review", "failed", "discarded")
_CHUNK = 400


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many orders of the import are in each state; ``open_effects`` are writes of theirs still to do."""

    states: Mapping[str, int]
    open_effects: int

    @property
    def total(self) -> int:
        """Every order of the import."""
        return sum(self.states.values())

    @property
    def resting(self) -> int:
        """Orders that wait for nothing but a person."""
        return sum(self.states.get(state, 0) for state in _RESTING)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.resting == self.total and not self.open_effects


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An order of the import that waits for a person."""

    order_pk: str
    order_id: str
    state: str
    reason: str


def note(
    db: Database, tx: Tx, import_id: str, /, *, organization_id: str, ids: IdSource, receipts: Iterable[Receipt]
) -> None:
    """Write down that the import brought these orders; an order that a file names twice is noted once."""
    now = db.now(tx)
    rows = [
        {
            "id": ids.new("evt"),
            "organization_id": organization_id,
            "kind": f"import:{import_id}",
            "event_key": receipt.order_pk,
            "channel": "import",
            "subject_id": receipt.order_pk,
            "outcome": receipt.outcome,
            "received_at": now,
        }
        for receipt in receipts
    ]
    db.insert_new(tx, _I, rows)


def progress(tx: Tx, organization_id: str, import_id: str, /) -> Progress:
    """How the import stands."""
    mine = _mine(organization_id, import_id)
    states = sa.select(_O.c.state, sa.func.count()).select_from(_joined()).where(mine).group_by(_O.c.state)
    found = {str(state): int(count) for state, count in tx.execute(states)}
    opened = sa.select(sa.func.count()).select_from(_I.join(_E, _E.c.order_pk == _I.c.subject_id))
    busy = opened.where(mine, _E.c.state.in_(("planned", "unknown")), _I.c.outcome != "changed")
    return Progress(states=found, open_effects=int(tx.execute(busy).scalar_one()))


def invoices(tx: Tx, organization_id: str, import_id: str, /) -> dict[str, int]:
    """How many orders of each outcome (``new``, ``same``, ``changed``) have an invoice."""
    mine = _mine(organization_id, import_id)
    query = sa.select(_I.c.outcome, sa.func.count()).select_from(_joined()).where(mine, _O.c.invoice_id.is_not(None))
    return {str(outcome): int(count) for outcome, count in tx.execute(query.group_by(_I.c.outcome))}


def totals(tx: Tx, organization_id: str, import_id: str, /) -> list[Money]:
    """The sum of the invoices' totals as Zoho gave them, one for each currency."""
    mine = _mine(organization_id, import_id)
    columns = (_O.c.currency, _O.c.exponent)
    query = sa.select(sa.func.sum(_O.c.invoice_total_minor), *columns).select_from(_joined())
    where = query.where(mine, _O.c.invoice_id.is_not(None)).group_by(*columns).order_by(*columns)
    return [Money(int(minor or 0), currency, exponent) for minor, currency, exponent in tx.execute(where)]


def problems(tx: Tx, organization_id: str, import_id: str, /) -> list[Problem]:
    """The orders that wait for a person, in the order of their ids."""
    query = sa.select(_O.c.id, _O.c.order_id, _O.c.state, _O.c.reason).select_from(_joined())
    where = query.where(_mine(organization_id, import_id), _O.c.state.in_(("review", "failed")))
    rows = tx.execute(where.order_by(_O.c.order_id, _O.c.id))
    return [Problem(order_pk=pk, order_id=oid, state=state, reason=reason or "") for pk, oid, state, reason in rows]


def forecast(tx: Tx, organization_id: str, orders: Sequence[Order], /) -> dict[str, int]:
    """What accepting these orders would come to (``new``, ``same``, ``changed``), without accepting any."""
    wanted = {order_key(organization_id, order): hash_of(to_json(order)) for order in orders}
    where = (_O.c.organization_id == organization_id) & _O.c.okey.in_(list(wanted))
    there = {str(okey): str(known) for okey, known in tx.execute(sa.select(_O.c.okey, _O.c.content_hash).where(where))}
    same = sum(1 for okey, known in there.items() if wanted[okey] == known)
    return {"new": len(wanted) - len(there), "same": same, "changed": len(there) - same}


def bound(tx: Tx, organization_id: str, keys: Collection[str], /) -> int:
    """How many of these customers have a contact already."""
    listed, table = list(keys), tables.identities
    count = sa.select(sa.func.count()).where(table.c.organization_id == organization_id)
    chunks = (listed[start : start + _CHUNK] for start in range(0, len(listed), _CHUNK))
    return sum(int(tx.execute(count.where(table.c.identity_key.in_(chunk))).scalar_one()) for chunk in chunks)


def _joined() -> sa.Join:
    return _I.join(_O, _O.c.id == _I.c.subject_id)


def _mine(organization_id: str, import_id: str) -> sa.ColumnElement[bool]:
    return (_I.c.organization_id == organization_id) & (_I.c.kind == f"import:{import_id}")
