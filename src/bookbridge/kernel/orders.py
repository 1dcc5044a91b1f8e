"""What every channel produces: an order, its lines, its party."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

GENERATED = ("key:", "direct_")
"""How identities begin that no selling system gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """The customer of an order; ``customer_id`` (in the selling system) or ``email`` must be there."""

    customer_id: str = ""
    email: str = ""
    name: str = ""
    country: str = ""

    @property
    def identity(self) -> str:
        """``id:<customer_id>`` or, without one, ``email:<lower-cased address>``; empty when there is neither."""
        if self.customer_id:
            return f"id:{self.customer_id}"
        return f"email:{self.email.strip().lower()}" if self.email.strip() else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: ``price`` per unit in the order's currency, ``None`` where the catalog decides."""

    name: str = ""
    price: Decimal | None = None
    quantity: Decimal = Decimal(1)
    description: str = ""
    unit: str = ""
    sku: str = ""
    tax: str = ""
    discount: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An order of one selling system; its identity is (organization, ``source``, ``order_id``).

    ``discount`` and ``Line.discount`` are amounts (``"5.00"``) or percentages (``"10%"``). ``total`` is what the
    selling system charged, when it says so. ``ordered_at`` is aware; the invoice date is its day in the
    organization's time zone.
    """

    source: str
    order_id: str
    ordered_at: datetime | None = None
    party: Party
    lines: tuple[Line, ...]
    currency: str
    notes: str = ""
    shipping: Decimal | None = None
    discount: str = ""
    total: Decimal | None = None
    payment_terms: int = 30
    prices_include_tax: bool | None = None
    reference_number: str = ""
    send_email: bool | None = None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def given_id(self) -> str:
        """The selling system's own order number; empty where the identity came from a request key or from us."""
        return "" if self.order_id.startswith(GENERATED) else self.order_id

    def __post_init__(self) -> None:
        if self.ordered_at is not None and self.ordered_at.tzinfo is None:
            raise ValueError("ordered_at needs a time zone")
