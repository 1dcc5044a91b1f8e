"""The two sides of a comparison as plain values: what we hold, and what Zoho shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

VOID = "void"
_OPEN = frozenset(("sent", "viewed", "overdue", "partially_paid", "unpaid"))


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceSide:
    """An invoice as Zoho or the mirror shows it; amounts in its currency, days as ``2026-01-31``.

    ``base`` are the sums it adds to the control totals of its day.
    """

    invoice_id: str
    number: str = ""
    reference: str = ""
    key: str = ""
    status: str = ""
    customer_id: str = ""
    customer_name: str = ""
    currency: str = ""
    total: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)
    dated_on: str = ""
    due_on: str = ""
    modified_at: datetime | None = None
    base: "Totals" = field(default_factory=lambda: Totals(1), compare=False)

    @property
    def is_live(self) -> bool:
        """Whether it stands in the books."""
        return self.status != VOID

    @property
    def standing(self) -> str:
        """draft, open, paid, void, or a newer word of Zoho's; which of the open words is a matter of the calendar."""
        return "open" if self.status in _OPEN else self.status


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderSide:
    """An order as we hold it; ``contact_ids`` are the contacts its invoice may be of.

    ``key`` is the value of the unique custom field, empty where the organization has none; ``seen_total`` and
    ``seen_status`` are what Zoho said of the invoice when we last read it.
    """

    pk: str
    order_id: str
    source: str
    state: str
    reason: str
    currency: str
    exponent: int
    total: Decimal | None
    seen_total: Decimal | None
    seen_status: str
    key: str
    invoice_id: str
    number: str
    reference: str
    contact_ids: tuple[str, ...] = ()
    customer: str = ""

    @property
    def has_invoice(self) -> bool:
        """Whether exactly one live invoice must stand in Zoho."""
        return self.state == "done" or (self.state == "review" and bool(self.invoice_id))

    @property
    def name(self) -> str:
        """How people call it."""
        return self.order_id if self.source == "default" else f"{self.order_id} of {self.source}"


@dataclass(frozen=True, slots=True)
class Totals:
    """Count and sums of invoices, in minor units of the organization's currency."""

    count: int = 0
    total: int = 0
    balance: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(self.count + other.count, self.total + other.total, self.balance + other.balance)

    def __sub__(self, other: "Totals") -> "Totals":
        return Totals(self.count - other.count, self.total - other.total, self.balance - other.balance)


@dataclass(frozen=True, slots=True)
class Days:
    """Invoice dates from ``first`` to ``last``, both included; empty is open."""

    first: str = ""
    last: str = ""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, str) and (not self.first or day >= self.first) and (not self.last or day <= self.last)

    def __str__(self) -> str:
        if not self.first and not self.last:
            return "the whole time"
        return f"{self.first or 'the beginning'} to {self.last or 'today'}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """What a customer owes and has to its credit: by currency, and in the organization's own, in major units."""

    outstanding: Mapping[str, Decimal]
    credits: Mapping[str, Decimal]
    base_outstanding: Decimal = Decimal(0)
    base_credits: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactSide:
    """A contact's balances as Zoho shows them, in its currency and (``base_``) in the organization's.

    ``opening`` is the part of the outstanding amount that comes from an opening balance and is no invoice; it is known
    of a contact read by id only.
    """

    contact_id: str
    name: str
    currency: str
    outstanding: Decimal
    credits: Decimal
    base_outstanding: Decimal
    base_credits: Decimal
    opening: Decimal = Decimal(0)
