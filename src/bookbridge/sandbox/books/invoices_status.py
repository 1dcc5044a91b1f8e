"""The status of an invoice, computed from what happened to it and the organization's date (FACTS 5.4)."""

from decimal import Decimal

from bookbridge.sandbox.books.records import today
from bookbridge.sandbox.books.values import ZERO, Record, tidy
from bookbridge.sandbox.call import Call

DRAFT = "draft"
SENT = "sent"
OPEN = "open"
PENDING = "pending_approval"
APPROVED = "approved"
REJECTED = "rejected"
VOID = "void"


def held_back(call: Call) -> tuple[str, ...]:
    """The states in which a document can be neither sent nor settled; with approvals a draft is one of them."""
    held = (VOID, PENDING, REJECTED)
    return (*held, DRAFT) if call.org.settings.get("approvals") else held


def balance(invoice: Record) -> Decimal:
    """What is left to pay; a void invoice keeps its whole total (FACTS 5.4)."""
    if invoice["_state"] == VOID:
        total: Decimal = invoice["total"]
        return total
    paid = invoice["_paid"] + invoice["_credited"] + invoice["_withheld"] + invoice["write_off_amount"]
    return tidy(invoice["total"] - paid)


def is_open(invoice: Record) -> bool:
    """Whether the customer still owes something on it."""
    return invoice["_state"] == SENT and balance(invoice) > 0


def is_overdue(call: Call, invoice: Record) -> bool:
    """Whether it is open and its due date has passed in the organization's zone."""
    return bool(is_open(invoice) and invoice["due_date"] < today(call))


def is_partially_paid(invoice: Record) -> bool:
    """Whether something was paid and something is left."""
    return is_open(invoice) and invoice["_paid"] + invoice["_credited"] + invoice["_withheld"] > ZERO


def status(call: Call, invoice: Record) -> str:
    """The status on the wire."""
    state = str(invoice["_state"])
    if state != SENT:
        return state
    left = balance(invoice)
    if left <= 0:
        return "paid"
    if invoice["due_date"] < today(call):
        return "overdue"
    if left < invoice["total"] - invoice["write_off_amount"]:
        return "partially_paid"
    return "viewed" if invoice["is_viewed_by_client"] else "sent"


def receivable(invoice: Record) -> Decimal:
    """What it adds to what the customer owes (of a bill: what is owed to the vendor): drafts and void ones nothing."""
    return balance(invoice) if invoice["_state"] in (SENT, OPEN) else ZERO
