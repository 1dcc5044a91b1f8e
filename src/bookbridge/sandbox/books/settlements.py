"""How payments and credit notes settle invoices: applying, taking back, and what follows for balances (FACTS 5.4, 5.5).

A payment and a credit note hold the rows they apply (``_applied``); an invoice holds sums and, by row id, where each
row comes from (``_payment_rows``, ``_credit_rows``).
"""

from decimal import Decimal

from bookbridge.sandbox.books.balances import CREDITS, RECEIVABLE, count
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.invoices_status import DRAFT, SENT, VOID, balance, receivable
from bookbridge.sandbox.books.records import new_id, referenced, save, today
from bookbridge.sandbox.books.values import ZERO, Record, decimal_of, number, tidy
from bookbridge.sandbox.call import Call


def planned(
    call: Call, customer_id: str, rows: list[Record], given_back: dict[str, Decimal], limit: Decimal
) -> list[Record]:
    """Check rows ``{invoice_id, amount_applied, tax_amount_withheld}``; returns them ready to apply.

    ``given_back`` are amounts by invoice that the same payment applies so far; ``limit`` is what it can apply.
    Raises the overpayment refusal when an invoice's balance or the limit is exceeded.
    """
    ready: list[Record] = []
    left = limit
    used: dict[str, Decimal] = {}
    for row in rows:
        invoice = referenced(call, "invoices", row.get("invoice_id", ""), "invoice_id")
        invoice_id = invoice["invoice_id"]
        if invoice["customer_id"] != customer_id or invoice["_state"] == VOID:
            raise refusal(call.world, "overpayment")
        open_amount = balance(invoice) + given_back.get(invoice_id, ZERO) - used.get(invoice_id, ZERO)
        withheld = number(row, "tax_amount_withheld")
        asked = row.get("amount_applied")
        amount = min(left, open_amount) if asked in (None, "") else decimal_of(asked, "amount_applied")
        if amount < 0 or withheld < 0 or amount + withheld > open_amount or amount > left:
            raise refusal(call.world, "overpayment")
        left -= amount
        used[invoice_id] = used.get(invoice_id, ZERO) + amount + withheld
        ready.append({"invoice_id": invoice_id, "amount_applied": tidy(amount), "tax_amount_withheld": tidy(withheld)})
    return ready


def changed(call: Call, invoice: Record) -> None:
    """Let the contact's balance, the last payment's date and the time of change follow."""
    payments = call.org.table("customerpayments")
    ids = set(invoice.get("_payment_rows", {}).values())
    dates = [payments[payment_id]["date"] for payment_id in ids if payment_id in payments]
    invoice["last_payment_date"] = max(dates, default="")
    count(call, invoice, RECEIVABLE, receivable(invoice))
    save(call, "invoices", invoice)


def attach_payment(call: Call, payment: Record, rows: list[Record]) -> None:
    """Apply checked rows of a payment to their invoices; a draft that is paid counts as sent."""
    table = call.org.table("invoices")
    for row in rows:
        invoice = table[row["invoice_id"]]
        row.update(invoice_payment_id=new_id(call), apply_date=payment["date"], discount_amount=ZERO)
        invoice["_paid"] = tidy(invoice["_paid"] + row["amount_applied"])
        invoice["_withheld"] = tidy(invoice["_withheld"] + row["tax_amount_withheld"])
        invoice.setdefault("_payment_rows", {})[row["invoice_payment_id"]] = payment["payment_id"]
        if invoice["_state"] == DRAFT:
            invoice["_state"] = SENT
        payment["_applied"].append(row)
        changed(call, invoice)
    settle_payment(call, payment)


def detach_payment(call: Call, payment: Record, only: str = "") -> None:
    """Take a payment's rows back from their invoices: all, or the one with this id."""
    table = call.org.table("invoices")
    for row in list(payment["_applied"]):
        if only and row["invoice_payment_id"] != only:
            continue
        payment["_applied"].remove(row)
        invoice = table[row["invoice_id"]]
        invoice["_paid"] = tidy(invoice["_paid"] - row["amount_applied"])
        invoice["_withheld"] = tidy(invoice["_withheld"] - row["tax_amount_withheld"])
        invoice["_payment_rows"].pop(row["invoice_payment_id"], None)
        changed(call, invoice)
    settle_payment(call, payment)


def settle_payment(call: Call, payment: Record) -> None:
    """Compute ``unused_amount`` and count it as the customer's credit."""
    applied = sum((row["amount_applied"] for row in payment["_applied"]), ZERO)
    refunded = sum((row["amount"] for row in payment["_refunds"]), ZERO)
    payment["unused_amount"] = tidy(payment["amount"] - applied - refunded)
    payment["tax_amount_withheld"] = tidy(sum((row["tax_amount_withheld"] for row in payment["_applied"]), ZERO))
    count(call, payment, CREDITS, payment["unused_amount"])


def attach_credit(call: Call, note: Record, rows: list[Record]) -> None:
    """Apply checked rows of a credit note to their invoices."""
    table = call.org.table("invoices")
    for row in rows:
        invoice = table[row["invoice_id"]]
        row.update(creditnote_invoice_id=new_id(call), date=today(call))
        invoice["_credited"] = tidy(invoice["_credited"] + row["amount_applied"])
        invoice.setdefault("_credit_rows", {})[row["creditnote_invoice_id"]] = note["creditnote_id"]
        if invoice["_state"] == DRAFT:
            invoice["_state"] = SENT
        note["_applied"].append(row)
        changed(call, invoice)
    settle_credit(call, note)


def detach_credit(call: Call, note: Record, only: str = "") -> None:
    """Take a credit note's rows back from their invoices: all, or the one with this id."""
    table = call.org.table("invoices")
    for row in list(note["_applied"]):
        if only and row["creditnote_invoice_id"] != only:
            continue
        note["_applied"].remove(row)
        invoice = table[row["invoice_id"]]
        invoice["_credited"] = tidy(invoice["_credited"] - row["amount_applied"])
        invoice["_credit_rows"].pop(row["creditnote_invoice_id"], None)
        changed(call, invoice)
    settle_credit(call, note)


def settle_credit(call: Call, note: Record) -> None:
    """Compute a credit note's balance and count it as the customer's credit while it is open."""
    applied = sum((row["amount_applied"] for row in note["_applied"]), ZERO)
    refunded = sum((row["amount"] for row in note["_refunds"]), ZERO)
    note["total_credits_used"] = tidy(applied)
    note["total_refunded_amount"] = tidy(refunded)
    note["balance"] = tidy(note["total"] - applied - refunded)
    if note["_state"] in ("open", "closed"):
        note["_state"] = "open" if note["balance"] > 0 else "closed"
    count(call, note, CREDITS, note["balance"] if note["_state"] == "open" else ZERO)


def unlink_all(call: Call, invoice: Record) -> None:
    """Free an invoice of every payment and credit; they become the customer's credits again."""
    for row_id, payment_id in list(invoice.get("_payment_rows", {}).items()):
        payment = call.org.table("customerpayments")[payment_id]
        detach_payment(call, payment, row_id)
        save(call, "customerpayments", payment)
    for row_id, note_id in list(invoice.get("_credit_rows", {}).items()):
        note = call.org.table("creditnotes")[note_id]
        detach_credit(call, note, row_id)
        save(call, "creditnotes", note)
