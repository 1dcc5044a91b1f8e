"""An order's life as text for a terminal."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from bookbridge.features.billing.store_queries import EffectRow, OrderLife


def life(told: OrderLife, /) -> str:
    """State, customer, invoice, lines, and every write with its sends."""
    order = told.order
    head = [
        ("order", f"{order.order_id}  ({order.source}, by {order.channel}, {order.id})"),
        ("state", order.state + (f": {order.reason}" if order.reason else "")),
        ("customer", f"{order.customer}  {f'contact {order.contact_id}' if order.contact_id else ''}".rstrip()),
        ("ordered", _time(order.ordered_at)),
        ("received", _time(order.received_at)),
        ("total", str(order.total or "-")),
        ("invoice", _invoice(told)),
    ]
    lines = [f"  {_line(item, order.currency)}" for item in told.body["items"]]
    writes = [text for effect in told.effects for text in _effect(effect)]
    return "\n".join([*(f"{name:9} {_clean(value)}" for name, value in head), "lines", *lines, "writes", *writes])


def _invoice(told: OrderLife) -> str:
    order = told.order
    if not order.invoice_id:
        return "-"
    due = f", due {order.invoice_due_on}" if order.invoice_due_on else ""
    return f"{order.invoice_number}  {order.invoice_total}  {order.invoice_status}{due}  ({order.invoice_id})"


def _line(item: dict[str, Any], currency: str) -> str:
    price = item.get("price")
    name = item.get("name") or item.get("sku") or ""
    amount = "catalog price" if price is None else f"{Decimal(price)} {currency}"
    return _clean(f"{Decimal(item.get('quantity', 1))} x {name}  {amount}")


def _effect(effect: EffectRow) -> list[str]:
    reason = f": {effect.reason}" if effect.reason else ""
    found = f"  -> {effect.zoho_id}" if effect.zoho_id else ""
    sends = [
        _clean(f"    {_time(each.sent_at)}  sent, {each.outcome or 'no answer yet'}  {each.detail}".rstrip())
        for each in effect.attempts
    ]
    return [_clean(f"  {effect.kind}  {effect.state}{reason}{found}"), *sends]


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "-"


def _clean(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
