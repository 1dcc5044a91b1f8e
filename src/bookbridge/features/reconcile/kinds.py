"""Every kind of difference a comparison can name; ``docs/reference/differences.md`` is made from this list."""

from dataclasses import dataclass, field
from typing import Any

ORDERS, MIRROR, RECEIVABLES = "orders", "mirror", "receivables"
"""The parts of a comparison: orders against invoices, mirror against Zoho, receivables against contact balances."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """``name`` is stored and never renamed; ``title`` heads a list, ``meaning`` and ``remedy`` explain it to people."""

    name: str
    part: str
    title: str
    meaning: str
    remedy: str


_SEND_AGAIN = "If it should be invoiced, send the order again under a new id; if not, nothing is to be done."
_SYNC = "Run `bookbridge sync`; the next comparison is clean when that was all."

KINDS: tuple[Kind, ...] = (
    Kind(
        name="missing",
        part=ORDERS,
        title="No invoice",
        meaning="The order is done, but no invoice is bound to it and none carries its key, number or reference.",
        remedy="Look at it with `bookbridge orders show`, and send the order again under a new id.",
    ),
    Kind(
        name="deleted",
        part=ORDERS,
        title="Invoice deleted",
        meaning="The invoice bound to the order is no longer in Zoho, and no other one stands for it.",
        remedy=_SEND_AGAIN,
    ),
    Kind(
        name="voided",
        part=ORDERS,
        title="Invoice void",
        meaning="The order's invoice was voided in Zoho, and no other one stands for it.",
        remedy=_SEND_AGAIN,
    ),
    Kind(
        name="doubled",
        part=ORDERS,
        title="Several invoices",
        meaning="Two or more live invoices carry the order's key, number, or reference and customer.",
        remedy="Void the invoice that is too much in Zoho Books.",
    ),
    Kind(
        name="replaced",
        part=ORDERS,
        title="Another invoice",
        meaning="The order's invoice is gone or void; another live one carries its key, number or reference.",
        remedy="Nothing, if a person replaced it on purpose; otherwise restore the first one.",
    ),
    Kind(
        name="total",
        part=ORDERS,
        title="Total differs",
        meaning="The invoice comes to another total than the order.",
        remedy="Correct the invoice in Zoho Books, or credit the difference.",
    ),
    Kind(
        name="customer",
        part=ORDERS,
        title="Customer differs",
        meaning="The invoice is of another contact than the order's customer is bound to.",
        remedy="Move the invoice back to the order's customer in Zoho Books, or merge the two contacts.",
    ),
    Kind(
        name="currency",
        part=ORDERS,
        title="Currency differs",
        meaning="The invoice is in another currency than the order; totals are not compared then.",
        remedy="Correct the invoice in Zoho Books.",
    ),
    Kind(
        name="number",
        part=ORDERS,
        title="Number differs",
        meaning="The invoice's number was edited in Zoho.",
        remedy="Nothing, if a person renumbered it on purpose; the order keeps its invoice.",
    ),
    Kind(
        name="unbound",
        part=ORDERS,
        title="Invoice without our knowing",
        meaning="A live invoice carries the key of an order that has none (failed, discarded, in review).",
        remedy="Retry the order, which binds the invoice; or void the invoice in Zoho Books.",
    ),
    Kind(
        name="orphan",
        part=ORDERS,
        title="Invoice without an order",
        meaning="A live invoice carries a key or a number of ours that no order and no request here knows.",
        remedy="After a restored backup, import the orders again; otherwise find out who made it.",
    ),
    Kind(
        name="mirror_missing",
        part=MIRROR,
        title="Not in the mirror",
        meaning="Zoho has an invoice that the mirror does not have.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_gone",
        part=MIRROR,
        title="Only in the mirror",
        meaning="The mirror shows an invoice that Zoho no longer has.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_total",
        part=MIRROR,
        title="Mirror: total",
        meaning="The mirror has another total of an invoice than Zoho.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_balance",
        part=MIRROR,
        title="Mirror: balance",
        meaning="The mirror has another balance of an invoice than Zoho.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_status",
        part=MIRROR,
        title="Mirror: status",
        meaning="The mirror has an invoice as draft, open, paid or void that Zoho has as another of these.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_customer",
        part=MIRROR,
        title="Mirror: customer",
        meaning="The mirror has an invoice under another customer than Zoho.",
        remedy=_SYNC,
    ),
    Kind(
        name="mirror_details",
        part=MIRROR,
        title="Mirror: details",
        meaning="Currency, number, reference or dates of an invoice differ between the mirror and Zoho.",
        remedy=_SYNC,
    ),
    Kind(
        name="receivable",
        part=RECEIVABLES,
        title="Outstanding differs",
        meaning="What a customer owes by our books is not the outstanding amount Zoho shows at the contact.",
        remedy="Run `bookbridge sync --full`; if it stays, compare the customer's invoices with Zoho's statement.",
    ),
    Kind(
        name="credits",
        part=RECEIVABLES,
        title="Credits differ",
        meaning="A customer's unapplied payments and credit notes are not the unused credits Zoho shows.",
        remedy="Run `bookbridge sync --full`; if it stays, compare the customer's credits with Zoho's statement.",
    ),
    Kind(
        name="sums",
        part=RECEIVABLES,
        title="Maintained sums differ",
        meaning="A sum that is maintained for the aging is not what the mirrored invoices come to.",
        remedy="Run `bookbridge sync --full`, which makes the sums anew, and report it as a fault of Bookbridge.",
    ),
)
"""The closed list."""

BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference: ``subject`` for people, ids in ``detail``; ``known``: the order's review says so already."""

    kind: str
    subject: str
    sentence: str
    detail: dict[str, Any] = field(default_factory=dict)
    known: bool = False

    def __post_init__(self) -> None:
        if self.kind not in BY_NAME:
            raise ValueError(f"no kind {self.kind}")
