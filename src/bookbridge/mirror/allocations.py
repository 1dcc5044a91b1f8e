"""What settled which invoice, read from payments, credit notes and comments: pure (FACTS 5.4, 5.5, 5.14)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bookbridge.mirror.values import ZERO, Row, date, minor, number, text

PAYMENT, CREDITNOTE, WRITE_OFF = "payment", "creditnote", "write_off"
PAYMENT_REFUND, CREDITNOTE_REFUND = "payment_refund", "creditnote_refund"
SETTLED_BY: Mapping[str, tuple[str, ...]] = {
    "payments": (PAYMENT, PAYMENT_REFUND),
    "creditnotes": (CREDITNOTE, CREDITNOTE_REFUND),
    "invoices": (WRITE_OFF,),
}
"""The kinds of allocation that a record of an entity brings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """A part of a document that settled an invoice, or was given back (then without invoice)."""

    kind: str
    document_id: str
    allocation_id: str
    invoice_id: str = ""
    applied_on: str = ""
    amount_minor: int = 0
    withheld_minor: int = 0


def of_payment(row: Row, /, *, exponent: int, known: Mapping[str, str]) -> list[Allocation] | None:
    """What a payment settled; ``None`` when its detail must be read to know.

    ``known`` are the ids of mirrored invoices by number.
    """
    if isinstance(row.get("invoices"), list):
        return [*_applied(row, "invoices", exponent), *_refunds(row, exponent)]
    amount = number(row, "amount")
    used = amount - number(row, "unused_amount")
    if used == 0:
        return []
    if number(row, "bcy_refunded_amount") or number(row, "tax_amount_withheld"):
        return None
    listed = row.get("applied_invoices")
    if isinstance(listed, list) and listed:
        told = sum((number(each, "amount_applied") for each in listed if isinstance(each, dict)), ZERO)
        complete = all(isinstance(each, dict) and text(each, "invoice_id") for each in listed)
        return _applied(row, "applied_invoices", exponent) if complete and told == used else None
    return _only_invoice(row, used, exponent, known)


def _applied(row: Row, member: str, exponent: int) -> list[Allocation]:
    payment_id = text(row, "payment_id")
    found = []
    for position, each in enumerate(row[member]):
        if not isinstance(each, dict) or not text(each, "invoice_id"):
            continue
        kept = number(each, "tax_amount_withheld") + number(each, "discount_amount")
        found.append(
            Allocation(
                kind=PAYMENT,
                document_id=payment_id,
                allocation_id=text(each, "invoice_payment_id") or f"{text(each, 'invoice_id')}:{position}",
                invoice_id=text(each, "invoice_id"),
                applied_on=date(each, "apply_date") or date(row, "date"),
                amount_minor=minor(number(each, "amount_applied") + kept, exponent),
                withheld_minor=minor(kept, exponent),
            )
        )
    return found


def _refunds(row: Row, exponent: int) -> Iterable[Allocation]:
    for position, each in enumerate(row.get("payment_refunds") or []):
        if isinstance(each, dict):
            yield Allocation(
                kind=PAYMENT_REFUND,
                document_id=text(row, "payment_id"),
                allocation_id=text(each, "payment_refund_id") or str(position),
                applied_on=date(each, "date"),
                amount_minor=minor(number(each, "amount"), exponent),
            )


def _only_invoice(row: Row, used: Decimal, exponent: int, known: Mapping[str, str]) -> list[Allocation] | None:
    """A row that names one invoice and nothing else used it for that one."""
    named = text(row, "invoice_numbers").strip()
    if not named or "," in named or named not in known:
        return None
    return [
        Allocation(
            kind=PAYMENT,
            document_id=text(row, "payment_id"),
            allocation_id=f"{known[named]}:0",
            invoice_id=known[named],
            applied_on=date(row, "date"),
            amount_minor=minor(used, exponent),
        )
    ]


def of_creditnote(row: Row, /, *, exponent: int) -> list[Allocation] | None:
    """What a credit note settled; ``None`` when its detail must be read to know (FACTS 5.14)."""
    credited = row.get("invoices_credited")
    if not isinstance(credited, list):
        status = text(row, "status")
        used = status not in ("void", "draft") and number(row, "balance") != number(row, "total")
        return None if used else []
    return [*_credited(row, credited, exponent), *_given_back(row, exponent)]


def _credited(row: Row, credited: list[Row], exponent: int) -> Iterable[Allocation]:
    for position, each in enumerate(credited):
        if not isinstance(each, dict):
            continue
        amount = next((number(each, name) for name in _CREDITED if each.get(name) not in (None, "")), ZERO)
        yield Allocation(
            kind=CREDITNOTE,
            document_id=text(row, "creditnote_id"),
            allocation_id=text(each, "creditnote_invoice_id") or str(position),
            invoice_id=text(each, "invoice_id"),
            applied_on=date(each, "date") or date(row, "date"),
            amount_minor=minor(amount, exponent),
        )


_CREDITED = ("credited_amount", "amount_applied", "amount")


def _given_back(row: Row, exponent: int) -> Iterable[Allocation]:
    for position, each in enumerate(row.get("creditnote_refunds") or []):
        if isinstance(each, dict):
            amount = number(each, "amount_fcy") or number(each, "amount")
            yield Allocation(
                kind=CREDITNOTE_REFUND,
                document_id=text(row, "creditnote_id"),
                allocation_id=text(each, "creditnote_refund_id") or str(position),
                applied_on=date(each, "date"),
                amount_minor=minor(amount, exponent),
            )


def written_off_on(comments: Iterable[Row], /) -> str:
    """The day an invoice was written off, by its history, newest first; empty when that does not tell.

    Zoho keeps no date of its own: the system's comment of the action has it (FACTS 4.10, 5.4).
    """
    said = [
        date(each, "date")
        for each in comments
        if isinstance(each, dict)
        and text(each, "comment_type") == "system"
        and "written off" in text(each, "description").lower()
        and "cancel" not in text(each, "description").lower()
    ]
    return max(said, default="")
