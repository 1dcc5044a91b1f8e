"""The ledger as a campaign, a test or an auditor reads it: plain rows, nothing interpreted."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Tx

OPEN_ORDERS = ("received", "working", "unknown")
OPEN_EFFECTS = ("planned", "unknown")


def orders(tx: Tx, /) -> list[Mapping[str, Any]]:
    """Every order: identity, state, reason and what it is bound to."""
    columns = ("id", "order_id", "source", "okey", "state", "reason", "invoice_id", "invoice_number")
    more = ("invoice_total_minor", "total_minor", "exponent", "organization_id", "content_hash")
    query = sa.select(*(tables.orders.c[name] for name in (*columns, *more))).order_by(tables.orders.c.received_at)
    return [dict(row._mapping) for row in tx.execute(query)]


def order_states(tx: Tx, /) -> dict[str, int]:
    """How many orders are in each state."""
    state = tables.orders.c.state
    return {row.state: row.n for row in tx.execute(sa.select(state, sa.func.count().label("n")).group_by(state))}


def open_effects(tx: Tx, /) -> int:
    """How many effects still move by themselves."""
    where = tables.effects.c.state.in_(OPEN_EFFECTS)
    return int(tx.execute(sa.select(sa.func.count()).select_from(tables.effects).where(where)).scalar_one())


def effects(tx: Tx, /) -> list[Mapping[str, Any]]:
    """Every effect with its key, state and counters."""
    columns = ("id", "kind", "ekey", "state", "zoho_id", "attempts", "epoch", "revision", "reason", "order_pk")
    return [dict(row._mapping) for row in tx.execute(sa.select(*(tables.effects.c[name] for name in columns)))]


def attempts(tx: Tx, /) -> list[Mapping[str, Any]]:
    """Every send, by effect and in order."""
    table = tables.attempts
    query = sa.select(table).order_by(table.c.effect_id, table.c.epoch)
    return [dict(row._mapping) for row in tx.execute(query)]


def audit(tx: Tx, /) -> list[Mapping[str, Any]]:
    """Every line of the audit log."""
    return [dict(row._mapping) for row in tx.execute(sa.select(tables.audit).order_by(tables.audit.c.seq))]
