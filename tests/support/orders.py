"""Rows of orders with their effects and sends, as the engine leaves them, for tests of what people look at."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Tx


def write(tx: Tx, number: int, *, at: datetime, state: str = "done", **changes: Any) -> str:
    """Write one order of the given state, with a contact and an invoice effect of one send each; its id."""
    pk = f"ord_{number:06d}"
    is_done = state == "done"
    row = {
        "id": pk, "organization_id": "10000001", "source": "shop", "order_id": f"{1000 + number}", "okey": f"k{number}",
        "content_hash": "h", "channel": "api", "body": {"items": [{"name": "Tea", "price": 4}]}, "state": state,
        "reason": None if is_done else f"because {number}", "customer": "Ann Lee", "currency": "USD", "exponent": 2,
        "total_minor": 1050, "invoice_id": f"46{number}" if is_done else None,
        "invoice_number": f"BB-{number:05d}" if is_done else None, "received_at": at, "updated_at": at, **changes,
    }  # fmt: skip
    tx.execute(sa.insert(tables.orders), row)
    for step, kind in enumerate(("contact.ensure", "invoice.create")):
        _effect(tx, f"eff_{number}_{step}", kind, row, "done" if step == 0 else _state_of_effect(state), at)
    return pk


def _state_of_effect(state: str) -> str:
    return {"received": "planned", "working": "planned"}.get(state, state)


def _effect(tx: Tx, name: str, kind: str, order: dict[str, Any], state: str, at: datetime) -> None:
    row = {
        "id": name, "organization_id": order["organization_id"], "kind": kind, "ekey": name, "order_pk": order["id"],
        "call_class": "order", "state": state, "zoho_id": "900" if state == "done" else None, "intent": {},
        "not_before": at, "attempts": 1, "created_at": at, "updated_at": at, "reason": order["reason"],
    }  # fmt: skip
    tx.execute(sa.insert(tables.effects), row)
    send = {
        "effect_id": name, "epoch": 1, "revision": 1, "request": b"{}", "request_hash": "h", "sent_at": at,
        "outcome": "created" if state == "done" else "refused", "detail": "", "settled_at": at + timedelta(seconds=1.5),
    }  # fmt: skip
    tx.execute(sa.insert(tables.attempts), send)
