"""How payments and credits settle documents: applying, taking back, and what follows for balances (FACTS 5.4, 5.5).

What settles (a payment, a credit note, a payment made to a vendor) holds the rows it applies (``_applied``); what is
settled (an invoice, a bill) holds sums and, by row id, where each row comes from. A ``Kind`` says which is which.
"""

from dataclasses import dataclass
from decimal import Decimal

from bookbridge.sandbox.books.balances import CREDITS, PAYABLE, RECEIVABLE, VENDOR_CREDITS, count
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.invoices_status import APPROVED, DRAFT, OPEN, SENT, balance, held_back, receivable
from bookbridge.sandbox.books.records import new_id, referenced, save, today
from bookbridge.sandbox.books.values import ZERO, Record, decimal_of, number, tidy
from bookbridge.sandbox.call import Call


@dataclass(frozen=True)
class Kind:
    """Tables and names of ids, of a row's date and of sums; ``opened`` is what a draft becomes that is paid."""

    source: str
    source_id: str
    target: str
    target_id: str
    row_id: str
    dated: str
    rows: str
    total: str
    party: str
    counted: str
    opened: str


PAYMENT = Kind(
    source="customerpayments",
    source_id="payment_id",
    target="invoices",
    target_id="invoice_id",
    row_id="invoice_payment_id",
    dated="apply_date",
    rows="_payment_rows",
    total="_paid",
    party="customer_id",
    counted=RECEIVABLE,
    opened=SENT,
)
CREDIT = Kind(
    source="creditnotes",
    source_id="creditnote_id",
    target="invoices",
    target_id="invoice_id",
    row_id="creditnote_invoice_id",
    dated="date",
    rows="_credit_rows",
    total="_credited",
    party="customer_id",
    counted=RECEIVABLE,
    opened=SENT,
)
VENDOR_PAYMENT = Kind(
    source="vendorpayments",
    source_id="payment_id",
    target="bills",
    target_id="bill_id",
    row_id="bill_payment_id",
    dated="apply_date",
    rows="_payment_rows",
    total="_paid",
    party="vendor_id",
    counted=PAYABLE,
    opened=OPEN,
)


def planned(
    call: Call, kind: Kind, party_id: str, rows: list[Record], given_back: dict[str, Decimal], limit: Decimal
) -> list[Record]:
    """Check rows of a body (id of the document, ``amount_applied``, ``tax_amount_withheld``); returns them to apply.

    ``given_back`` are amounts by document that the same payment applies so far; ``limit`` is what it can apply.
    Raises the overpayment refusal when a document's balance or the limit is exceeded.
    """
    ready: list[Record] = []
    left = limit
    used: dict[str, Decimal] = {}
    for row in rows:
        document = referenced(call, kind.target, row.get(kind.target_id, ""), kind.target_id)
        document_id = document[kind.target_id]
        if document[kind.party] != party_id or document["_state"] in held_back(call):
            raise refusal(call.world, "overpayment")
        open_amount = balance(document) + given_back.get(document_id, ZERO) - used.get(document_id, ZERO)
        withheld = ZERO if kind is CREDIT else number(row, "tax_amount_withheld")
        asked = row.get("amount_applied")
        amount = min(left, open_amount) if asked in (None, "") else decimal_of(asked, "amount_applied")
        if amount < 0 or withheld < 0 or amount + withheld > open_amount or amount > left:
            raise refusal(call.world, "overpayment")
        left -= amount
        used[document_id] = used.get(document_id, ZERO) + amount + withheld
        ready.append(
            {kind.target_id: document_id, "amount_applied": tidy(amount), "tax_amount_withheld": tidy(withheld)}
        )
    return ready


def given_back(kind: Kind, source: Record) -> dict[str, Decimal]:
    """What a payment applies so far, by document."""
    found: dict[str, Decimal] = {}
    for row in source["_applied"]:
        amount = row["amount_applied"] + row["tax_amount_withheld"]
        found[row[kind.target_id]] = found.get(row[kind.target_id], ZERO) + amount
    return found


def attach(call: Call, kind: Kind, source: Record, rows: list[Record]) -> None:
    """Apply checked rows to their documents; a draft that is paid counts as open.

    A payment is applied on its own date, a credit note on the day it is done.
    """
    table = call.org.table(kind.target)
    for row in rows:
        document = table[row[kind.target_id]]
        row[kind.row_id] = new_id(call)
        row[kind.dated] = today(call) if kind is CREDIT else source["date"]
        row["discount_amount"] = ZERO
        _add(kind, document, row["amount_applied"], row["tax_amount_withheld"])
        document.setdefault(kind.rows, {})[row[kind.row_id]] = source[kind.source_id]
        if document["_state"] in (DRAFT, APPROVED):
            document["_state"] = kind.opened
        source["_applied"].append(row)
        _changed(call, kind, document)
    settle(call, kind, source)


def detach(call: Call, kind: Kind, source: Record, only: str = "") -> None:
    """Take rows back from their documents: all, or the one with this id."""
    table = call.org.table(kind.target)
    for row in list(source["_applied"]):
        if only and row[kind.row_id] != only:
            continue
        source["_applied"].remove(row)
        document = table[row[kind.target_id]]
        _add(kind, document, -row["amount_applied"], -row["tax_amount_withheld"])
        document[kind.rows].pop(row[kind.row_id], None)
        _changed(call, kind, document)
    settle(call, kind, source)


def settle(call: Call, kind: Kind, source: Record) -> None:
    """Compute what is left of a payment or credit note and count it as the contact's credit."""
    applied = sum((row["amount_applied"] for row in source["_applied"]), ZERO)
    refunded = sum((row["amount"] for row in source["_refunds"]), ZERO)
    if kind is CREDIT:
        _settle_credit(call, source, applied, refunded)
        return
    left = tidy(source["amount"] - applied - refunded)
    source["unused_amount" if kind is PAYMENT else "balance"] = left
    source["tax_amount_withheld"] = tidy(sum((row["tax_amount_withheld"] for row in source["_applied"]), ZERO))
    count(call, source, CREDITS if kind is PAYMENT else VENDOR_CREDITS, left, party=kind.party)


def unlink_all(call: Call, invoice: Record) -> None:
    """Free an invoice of every payment and credit; they become the customer's credits again."""
    for kind in (PAYMENT, CREDIT):
        for row_id, source_id in list(invoice.get(kind.rows, {}).items()):
            source = call.org.table(kind.source)[source_id]
            detach(call, kind, source, row_id)
            save(call, kind.source, source)


def _settle_credit(call: Call, note: Record, applied: Decimal, refunded: Decimal) -> None:
    """A credit note's balance counts while it is open; used up, it is closed."""
    note["total_credits_used"] = tidy(applied)
    note["total_refunded_amount"] = tidy(refunded)
    note["balance"] = tidy(note["total"] - applied - refunded)
    if note["_state"] in ("open", "closed"):
        note["_state"] = "open" if note["balance"] > 0 else "closed"
    count(call, note, CREDITS, note["balance"] if note["_state"] == "open" else ZERO)


def _add(kind: Kind, document: Record, amount: Decimal, withheld: Decimal) -> None:
    document[kind.total] = tidy(document[kind.total] + amount)
    document["_withheld"] = tidy(document["_withheld"] + withheld)


def _changed(call: Call, kind: Kind, document: Record) -> None:
    """Let the contact's balance, the last payment's date and the time of change follow."""
    payments = call.org.table(kind.source if kind is not CREDIT else PAYMENT.source)
    ids = set(document.get("_payment_rows", {}).values())
    dates = [payments[payment_id]["date"] for payment_id in ids if payment_id in payments]
    document["last_payment_date"] = max(dates, default="")
    count(call, document, kind.counted, receivable(document), party=kind.party)
    save(call, kind.target, document)
