"""Hook events of kind ``orders``: a Standard Webhooks envelope around the body of ``POST /api/invoices/from-order``.

``{"type": "order.created", "timestamp": "2026-01-31T09:30:00Z", "data": {...order...}}``; ``order_id`` is required,
because it is what makes a second delivery harmless.
"""

from typing import Any

from bookbridge.http.bodies import Body, Moment, body_of
from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Order

ORDER_CREATED = "order.created"


class Envelope(Body):
    """What is around the order; its ``timestamp`` is the sender's and decides nothing."""

    type: str
    timestamp: Moment | None = None
    data: dict[str, Any]


_ENVELOPE = body_of(Envelope)


def parse(raw: bytes, /, *, source: str, organization_id: str) -> Order | None:
    """The order of a verified event; ``None`` for a type of event that is not handled.

    Organization and selling system come from the endpoint, never from the body (SEC-050).

    Raises:
        InvalidInputError: not the shape above, or an order that names another organization.
    """
    envelope = _ENVELOPE.parse(raw)
    if envelope.type != ORDER_CREATED:
        return None
    given = envelope.data
    if set(given) == {"order"} and isinstance(given["order"], dict):
        given = given["order"]
    body = parse_body.validate(given)
    if not body.order_id:
        raise InvalidInputError("order_id is required.", field="data.order_id", remedy="Send the order's own number.")
    if body.organization_id not in ("", organization_id):
        raise InvalidInputError(
            "This endpoint belongs to another organization.", field="data.organization_id", remedy="Leave it out."
        )
    return to_order(body, order_id=body.order_id, source=source)
