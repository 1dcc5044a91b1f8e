"""An order as the body of an invoice, and the total Zoho will make of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bookbridge.features.billing import policy
from bookbridge.features.billing.policy import Priced, PricedLine, TaxRate
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Line, Order
from bookbridge.store.organizations import Organization
from bookbridge.store.reference import ReferenceRow

MAX_TERMS = 100
"""Zoho documents ``payment_terms`` up to 100 days; longer ones are said by ``due_date`` alone (invoices.yml)."""

MOST_MINOR = 10**18 * 9
"""The largest total in minor units that both databases keep exactly."""
Lookup = Callable[[str, str, str], ReferenceRow]
"""(kind, what is wanted, field of the order) -> the catalog's record; for the kind ``item?`` it may be missing."""

Rate = Callable[[ReferenceRow, date], Decimal | None]
"""(currency, day) -> base units for one of its units, ``None`` when the organization knows none."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """``body`` for ``POST /invoices``; ``predicted`` the total in minor units; ``reason`` why a person must look."""

    body: dict[str, Any]
    predicted: int
    exponent: int
    reason: str = ""


def invoice_date(order: Order, organization: Organization, received_at: datetime, /) -> date:
    """The day the order was placed, in the organization's time zone."""
    moment = order.ordered_at or received_at
    return moment.astimezone(_zone(organization)).date()


def build(
    order: Order,
    /,
    *,
    organization: Organization,
    contact_id: str,
    exponent: int,
    received_at: datetime,
    lookup: Lookup,
    tax_per_line: bool,
    rate: Rate,
) -> Built:
    """The invoice of an order, without its number and key.

    Raises:
        InvalidInputError: a SKU, tax or currency the organization does not have.
    """
    lines = [_line(line, number, lookup) for number, line in enumerate(order.lines)]
    on = invoice_date(order, organization, received_at)
    body: dict[str, Any] = {
        "customer_id": contact_id,
        "reference_number": " ".join((order.reference_number or order.given_id).split())[:100].strip(),
        "date": on.isoformat(),
        "due_date": (on + timedelta(days=order.payment_terms)).isoformat(),
        "line_items": lines,
    }
    if order.payment_terms <= MAX_TERMS:
        body |= {"payment_terms": order.payment_terms, "payment_terms_label": _terms_label(order.payment_terms)}
    if order.currency != organization.currency:
        body |= _foreign(lookup("currency", order.currency, "currency"), on, rate)
    if order.notes:
        body["notes"] = order.notes
    if order.prices_include_tax:
        body["is_inclusive_tax"] = True
    if order.discount:
        body |= {"discount": _discount(order.discount), "discount_type": "entity_level", "is_discount_before_tax": True}
    elif any(line.discount for line in order.lines):
        body["discount_type"] = "item_level"
    if order.shipping:
        body["shipping_charge"] = order.shipping
    return _guard(order, body, exponent, lookup, tax_per_line)


def _foreign(currency: ReferenceRow, on: date, rate: Rate) -> dict[str, Any]:
    """The currency and the organization's own rate of the day (FACTS 3.3); the total does not depend on it."""
    held = rate(currency, on)
    return {"currency_id": currency.ref_id} | ({} if held is None else {"exchange_rate": held})


def _guard(order: Order, body: dict[str, Any], exponent: int, lookup: Lookup, tax_per_line: bool) -> Built:
    """Predict, compare with the order's own total, put a rounding difference into ``adjustment``."""
    predicted = predict_body(body, exponent=exponent, lookup=lookup, tax_per_line=tax_per_line)
    if predicted > MOST_MINOR:
        raise InvalidInputError("The total is too large for any books.", field="items", remedy="Correct its amounts.")
    stated = None if order.total is None else _stated(order.total, exponent)
    label = f"{order.total} {order.currency}"
    verdict = policy.penny_guard(predicted=predicted, stated=stated, lines=len(order.lines), label=label)
    if verdict.adjustment:
        body["adjustment"] = Decimal(verdict.adjustment).scaleb(-exponent)
        body["adjustment_description"] = "Rounding difference to the order's total"
        predicted += verdict.adjustment
    return Built(body=body, predicted=predicted, exponent=exponent, reason=verdict.reason)


def _stated(total: Decimal, exponent: int) -> int:
    scaled = total.scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise InvalidInputError(
            f"The total {total} has more decimals than its currency.",
            field="total",
            remedy=f"Send {exponent} decimals.",
        )
    return int(scaled)


def predict_body(body: Mapping[str, Any], /, *, exponent: int, lookup: Lookup, tax_per_line: bool) -> int:
    """The total, in minor units, that Zoho will compute for this body."""
    lines = [
        PricedLine(
            rate=Decimal(item["rate"]),
            quantity=Decimal(item["quantity"]),
            discount=str(item.get("discount", "")),
            tax=tax_rate(item["tax_id"], lookup) if item.get("tax_id") else None,
        )
        for item in body["line_items"]
    ]
    priced = Priced(
        lines=lines,
        exponent=exponent,
        discount=str(body.get("discount", "")),
        discount_before_tax=bool(body.get("is_discount_before_tax", True)),
        prices_include_tax=bool(body.get("is_inclusive_tax", False)),
        shipping=Decimal(body.get("shipping_charge", 0)),
        adjustment=Decimal(body.get("adjustment", 0)),
        tax_per_line=tax_per_line,
        line_discounts=body.get("discount_type") != "entity_level",
    )
    return policy.predict(priced).total


def tax_rate(tax_id: str, lookup: Lookup, /) -> TaxRate:
    """The tax with its members, as the organization's tax list gives it."""
    payload = lookup("tax", tax_id, "tax").payload
    members: Sequence[Mapping[str, Any]] = payload.get("taxes") or payload.get("tax_group_taxes") or ()
    return TaxRate(
        tax_id=tax_id,
        percentage=Decimal(payload.get("tax_percentage") or 0),
        is_compound=payload.get("tax_type") == "compound_tax",
        members=tuple(tax_rate(str(member["tax_id"]), lookup) for member in members),
    )


def _line(line: Line, number: int, lookup: Lookup) -> dict[str, Any]:
    """What the order states wins; rate, unit and tax it leaves out come from the catalog."""
    item = _catalog_item(line, number, lookup)
    body: dict[str, Any] = {"quantity": line.quantity}
    if item is not None:
        body["item_id"] = item.ref_id
    body["name"] = (line.name or (item.name if item else ""))[:100]
    body["rate"] = line.price if line.price is not None else Decimal(item.payload.get("rate") or 0) if item else 0
    if line.description or (item and item.payload.get("description")):
        body["description"] = (line.description or item.payload["description"])[:2000]  # type: ignore[union-attr]
    unit = line.unit or (item.payload.get("unit") if item else "")
    if unit:
        body["unit"] = unit[:100]
    tax_id = lookup("tax", line.tax, f"items[{number}].tax").ref_id if line.tax else ""
    tax_id = tax_id or (item.payload.get("tax_id") or "" if item else "")
    if tax_id:
        body["tax_id"] = tax_id
    if line.discount:
        body["discount"] = _discount(line.discount)
    return body


def _catalog_item(line: Line, number: int, lookup: Lookup) -> ReferenceRow | None:
    """The catalog's item; an unknown SKU matters only where the order leaves the price to it."""
    if not line.sku:
        return None
    path = f"items[{number}].sku"
    if line.price is None or not line.name:
        return lookup("item", line.sku, path)
    try:
        return lookup("item?", line.sku, path)
    except InvalidInputError:
        return None


def _discount(text: str) -> str | Decimal:
    return text if text.endswith("%") else Decimal(text)


def _terms_label(days: int) -> str:
    return "Due on Receipt" if days == 0 else f"Net {days}"


def _zone(organization: Organization) -> tzinfo:
    try:
        return ZoneInfo(organization.time_zone or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise InvalidInputError(
            f"The time zone {organization.time_zone!r} of the organization is not known here.",
            field="ordered_at",
            remedy="Choose a city's time zone in Zoho Books (Settings, Organization Profile) and connect again.",
        ) from None
