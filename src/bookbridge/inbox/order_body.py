"""The order as it comes in: one shape for the API, hooks and JSON-lines files, in camelCase or snake_case."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from bookbridge.http.bodies import Amount, Body, Count, Moment, body_of
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Line, Order, Party

MISSING = "customerEmail and items are required"
_DISCOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?%?")
_EMAIL = re.compile(r"[^@\s<>\"',;\x00-\x1f\x7f]{1,64}@[^@\s<>\"',;\x00-\x1f\x7f]{1,255}")


def _discount(value: Any) -> str:
    """An amount as a JSON number or a percentage as text (``"10%"``)."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise PydanticCustomError("not_a_discount", 'must be a number or a percentage such as "10%"')
    text = value.strip() if isinstance(value, str) else format(value, "f")
    if not _DISCOUNT.fullmatch(text) or (isinstance(value, str) and not text.endswith("%")):
        raise PydanticCustomError("not_a_discount", 'must be a number or a percentage such as "10%"')
    if text.endswith("%") and Decimal(text[:-1]) > 100:
        raise PydanticCustomError("not_a_discount", "must not exceed 100%")
    return text


Discount = Annotated[
    str, BeforeValidator(_discount), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})
]


class _Camel(Body):
    model_config = ConfigDict(alias_generator=to_camel)


class ItemBody(_Camel):
    """One line: ``price`` in the order's currency per unit; without one the catalog's rate for ``sku``."""

    name: str = Field(default="", max_length=100)
    price: Amount | None = None
    quantity: Amount = Decimal(1)
    description: str = Field(default="", max_length=2000)
    unit: str = Field(default="", max_length=100, description='a line without sku is in "qty"')
    sku: str = Field(default="", max_length=100)
    tax: str = Field(default="", max_length=100)
    discount: Discount = ""


class OrderBody(_Camel):
    """An order; ``order_id`` with ``source`` is its identity, ``customer_email`` or ``customer_id`` its customer."""

    organization_id: str = ""
    source: str = Field(default="default", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    order_id: str = Field(default="", max_length=200)
    ordered_at: Moment | None = None
    customer_id: str = Field(default="", max_length=100)
    customer_email: str = Field(default="", max_length=100)
    customer_name: str = Field(default="", max_length=200)
    country: str = Field(default="", max_length=100)
    items: list[ItemBody] = Field(max_length=1000)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    notes: str = Field(default="", max_length=5000)
    shipping: Amount | None = None
    discount: Discount = ""
    total: Amount | None = None
    payment_terms: Count = Field(default=30, ge=0, le=3650)
    prices_include_tax: bool | None = None
    reference_number: str = Field(default="", max_length=100)
    send_email: bool | None = None


parse_body = body_of(OrderBody, missing=MISSING)


def to_order(body: OrderBody, /, *, order_id: str, source: str = "") -> Order:
    """The order of a body; ``source`` overrides the body's where the endpoint fixes it.

    Raises:
        InvalidInputError: no customer, or a value that cannot be invoiced, with the field and the remedy.
    """
    if not body.items:
        raise InvalidInputError(MISSING, field="items", remedy="Send at least one item.")
    _require_customer(body)
    _one_kind_of_discount(body)
    for number, item in enumerate(body.items):
        _check_item(item, f"items[{number}]")
    for name in ("shipping", "total"):
        amount = getattr(body, name)
        if amount is not None and amount < 0:
            raise InvalidInputError(f"{name} must not be negative.", field=name, remedy="Send refunds as refunds.")
    return Order(
        source=source or body.source,
        order_id=order_id,
        ordered_at=body.ordered_at,
        party=Party(
            customer_id=body.customer_id.strip(),
            email=body.customer_email.strip(),
            name=body.customer_name.strip(),
            country=body.country.strip(),
        ),
        lines=tuple(_line(item) for item in body.items),
        currency=body.currency,
        notes=body.notes,
        shipping=body.shipping,
        discount=body.discount,
        total=body.total,
        payment_terms=body.payment_terms,
        prices_include_tax=body.prices_include_tax,
        reference_number=body.reference_number,
        send_email=body.send_email,
    )


def _one_kind_of_discount(body: OrderBody) -> None:
    if body.discount and any(item.discount for item in body.items):
        raise InvalidInputError(
            "An order has a discount of its own or discounts on its lines, not both.",
            field="discount",
            remedy="Zoho takes one kind on an invoice: spread the order's discount over its lines.",
        )


def _require_customer(body: OrderBody) -> None:
    email = body.customer_email.strip()
    if not email and not body.customer_id.strip():
        raise InvalidInputError(MISSING, field="customerEmail", remedy="Send customerEmail, or customer_id.")
    if email and not _EMAIL.fullmatch(email):
        raise InvalidInputError(
            "customerEmail is not an e-mail address.", field="customerEmail", remedy="Send one address, name@domain."
        )


def _check_item(item: ItemBody, path: str) -> None:
    if item.price is None and not item.sku:
        raise InvalidInputError(
            f"{path}.price is required.", field=f"{path}.price", remedy="Send a price, or a sku of the catalog."
        )
    if not item.name and not item.sku:
        raise InvalidInputError(f"{path}.name is required.", field=f"{path}.name", remedy="Send a name or a sku.")
    if item.quantity <= 0:
        raise InvalidInputError(
            f"{path}.quantity must be above zero.", field=f"{path}.quantity", remedy="Send returns as refunds."
        )
    if item.price is not None and item.price < 0:
        raise InvalidInputError(
            f"{path}.price must not be negative.", field=f"{path}.price", remedy="Send reductions as discount."
        )


def _line(item: ItemBody) -> Line:
    return Line(
        name=item.name,
        price=item.price,
        quantity=item.quantity,
        description=item.description,
        unit=item.unit or ("" if item.sku else "qty"),
        sku=item.sku,
        tax=item.tax,
        discount=item.discount,
    )


def to_json(order: Order, /) -> dict[str, Any]:
    """The order as plain JSON values, amounts as ``Decimal``: what the database keeps."""
    party = order.party
    return {
        "source": order.source,
        "order_id": order.order_id,
        "ordered_at": order.ordered_at.astimezone(UTC).isoformat() if order.ordered_at else None,
        "customer_id": party.customer_id,
        "customer_email": party.email,
        "customer_name": party.name,
        "country": party.country,
        "items": [_line_json(line) for line in order.lines],
        "currency": order.currency,
        "notes": order.notes,
        "shipping": order.shipping,
        "discount": order.discount,
        "total": order.total,
        "payment_terms": order.payment_terms,
        "prices_include_tax": order.prices_include_tax,
        "reference_number": order.reference_number,
        "send_email": order.send_email,
    }


def _line_json(line: Line) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in Line.__slots__}
    return {name: value for name, value in values.items() if value not in ("", None)}


def from_json(body: dict[str, Any], /) -> Order:
    """The order that ``to_json`` wrote; numbers may have come back as ``int``."""
    return Order(
        source=body["source"],
        order_id=body["order_id"],
        ordered_at=datetime.fromisoformat(body["ordered_at"]) if body["ordered_at"] else None,
        party=Party(
            customer_id=body["customer_id"],
            email=body["customer_email"],
            name=body["customer_name"],
            country=body["country"],
        ),
        lines=tuple(_line_of(item) for item in body["items"]),
        currency=body["currency"],
        notes=body["notes"],
        shipping=_decimal(body["shipping"]),
        discount=body["discount"],
        total=_decimal(body["total"]),
        payment_terms=body["payment_terms"],
        prices_include_tax=body["prices_include_tax"],
        reference_number=body["reference_number"],
        send_email=body["send_email"],
    )


def _line_of(item: dict[str, Any]) -> Line:
    numbers: dict[str, Any] = {name: _decimal(item[name]) for name in ("price", "quantity") if name in item}
    return Line(**{**item, **numbers})


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
