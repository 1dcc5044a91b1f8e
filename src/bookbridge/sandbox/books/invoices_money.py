"""Payments and credits as seen from an invoice (FACTS 5.4)."""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.customerpayments import delete_one
from bookbridge.sandbox.books.records import commit, get, referenced, save
from bookbridge.sandbox.books.settlements import CREDIT, PAYMENT, Kind, attach, detach, planned
from bookbridge.sandbox.books.values import ZERO, Record, invalid, objects
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault


def _invoice(call: Call) -> Record:
    return get(call, "invoices", call.ids["invoice_id"])


def payments(call: Call) -> Reply:
    """``GET /invoices/{id}/payments``; ``payment_number`` is a whole number here (FACTS 4.7)."""
    invoice = _invoice(call)
    table = call.org.table("customerpayments")
    rows = []
    for payment_id in dict.fromkeys(invoice.get("_payment_rows", {}).values()):
        payment = table[payment_id]
        mine = [row for row in payment["_applied"] if row["invoice_id"] == invoice["invoice_id"]]
        rows += [_payment_row(payment, row) for row in mine]
    return Reply({"payments": rows})


def _payment_row(payment: Record, row: Record) -> Record:
    return {
        "payment_id": payment["payment_id"],
        "payment_number": int(payment["payment_number"]),
        "invoice_id": row["invoice_id"],
        "invoice_payment_id": row["invoice_payment_id"],
        "payment_mode": payment["payment_mode"],
        "description": payment["description"],
        "date": payment["date"],
        "reference_number": payment["reference_number"],
        "exchange_rate": payment["exchange_rate"],
        "amount": row["amount_applied"],
        "tax_amount_withheld": row["tax_amount_withheld"],
        "online_transaction_id": "",
        "is_single_invoice_payment": len(payment["_applied"]) == 1,
    }


def payment_deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}/payments/{id}``: the whole payment is deleted."""
    payment_id = _invoice(call).get("_payment_rows", {}).get(call.ids["invoice_payment_id"])
    if payment_id is None:
        raise ZohoFault(404, 1002, "Payment does not exist.")
    delete_one(call, payment_id)
    return Reply({}, message="The payment has been deleted.")


def credits_applied(call: Call) -> Reply:
    """``GET /invoices/{id}/creditsapplied``."""
    invoice = _invoice(call)
    table = call.org.table("creditnotes")
    rows = [
        {
            "creditnote_id": note["creditnote_id"],
            "creditnotes_invoice_id": row["creditnote_invoice_id"],
            "creditnotes_number": note["creditnote_number"],
            "credited_date": row["date"],
            "amount_applied": row["amount_applied"],
        }
        for note in (table[one] for one in dict.fromkeys(invoice.get("_credit_rows", {}).values()))
        for row in note["_applied"]
        if row["invoice_id"] == invoice["invoice_id"]
    ]
    return Reply({"credits": rows})


def _planned(call: Call, invoice: Record, sources: list[tuple[Kind, Record, Decimal, Any]]) -> list[list[Record]]:
    """Check all parts before any is applied; a source is a record, what is left of it, and the amount wanted."""
    taken = ZERO
    plans = []
    for kind, source, left, wanted in sources:
        if source["customer_id"] != invoice["customer_id"] or source["currency_id"] != invoice["currency_id"]:
            raise refusal(call.world, "overpayment")
        row = {"invoice_id": invoice["invoice_id"], "amount_applied": wanted}
        plan = planned(call, kind, invoice["customer_id"], [row], {invoice["invoice_id"]: -taken}, left)
        taken += plan[0]["amount_applied"]
        plans.append(plan)
    return plans


def _unique(rows: list[Record], name: str) -> list[Record]:
    if len({str(row.get(name)) for row in rows}) != len(rows):
        raise invalid(name)
    return rows


def credited(call: Call) -> Reply:
    """``POST /invoices/{id}/credits`` with ``invoice_payments`` (excess payments) and ``apply_creditnotes``."""
    invoice = _invoice(call)
    by_payment = _unique(objects(call.body, "invoice_payments"), "payment_id")
    by_note = _unique(objects(call.body, "apply_creditnotes"), "creditnote_id")
    if not by_payment and not by_note:
        raise invalid("apply_creditnotes")
    sources: list[tuple[Kind, Record, Decimal, Any]] = []
    for row in by_payment:
        payment = referenced(call, "customerpayments", row.get("payment_id", ""), "payment_id")
        sources.append((PAYMENT, payment, payment["unused_amount"], row.get("amount_applied")))
    for row in by_note:
        note = referenced(call, "creditnotes", row.get("creditnote_id", ""), "creditnote_id")
        left = note["balance"] if note["_state"] == "open" else ZERO
        sources.append((CREDIT, note, left, row.get("amount_applied")))
    for (kind, source, _, _), plan in zip(sources, _planned(call, invoice, sources), strict=True):
        attach(call, kind, source, plan)
        save(call, kind.source, source)
    commit(call, "invoices", invoice)
    return Reply({}, message="Credits have been applied to the invoice(s).")


def credit_deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}/creditsapplied/{id}``."""
    invoice = _invoice(call)
    row_id = call.ids["creditnotes_invoice_id"]
    note_id = invoice.get("_credit_rows", {}).get(row_id)
    if note_id is None:
        raise ZohoFault(404, 1002, "Credit note does not exist.")
    note = call.org.table("creditnotes")[note_id]
    detach(call, CREDIT, note, row_id)
    save(call, "creditnotes", note)
    commit(call, "invoices", invoice)
    return Reply({}, message="Credits applied to an invoice have been deleted.")


_ONE = "/invoices/{invoice_id}"
ROUTES = (
    Route("GET", _ONE + "/payments", "invoices.READ", payments),
    Route("DELETE", _ONE + "/payments/{invoice_payment_id}", "invoices.DELETE", payment_deleted),
    Route("GET", _ONE + "/creditsapplied", "invoices.READ", credits_applied),
    Route("POST", _ONE + "/credits", "invoices.CREATE", credited),
    Route("DELETE", _ONE + "/creditsapplied/{creditnotes_invoice_id}", "invoices.DELETE", credit_deleted),
)
