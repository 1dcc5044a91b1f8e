"""Invoices: create, update, upsert, read, delete (FACTS 5.4)."""

from typing import Any

from bookbridge.sandbox.books import comments, customfields, documents, lines
from bookbridge.sandbox.books.balances import RECEIVABLE, count
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.contacts import payment_terms, terms_label
from bookbridge.sandbox.books.invoices_list import listed
from bookbridge.sandbox.books.invoices_mail import mail_now
from bookbridge.sandbox.books.invoices_status import DRAFT, SENT, balance, receivable
from bookbridge.sandbox.books.invoices_view import TEXTS, detail
from bookbridge.sandbox.books.pdf import rendered
from bookbridge.sandbox.books.records import commit, get, insert, new_id, remove, save, today
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import ZERO, Record, day, flag, flag_of, identities, invalid, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

URL = "https://zohosecurepay.com/books/{portal}/secure?CInvoiceID=2-{key} "


def blank(call: Call) -> Record:
    """An invoice that says nothing yet, with an id of its own."""
    settings = call.org.settings
    return {
        "invoice_id": new_id(call), "_state": DRAFT, "date": today(call), "issued_date": "", "invoice_number": "",
        "invoice_source": "Api", "payment_reminder_enabled": True, "allow_partial_payments": False,
        "payment_options": {"payment_gateways": []}, "payment_expected_date": "", "last_payment_date": "",
        "can_send_in_mail": False, "is_emailed": False, "_mails": 0, "reminders_sent": 0,
        "last_reminder_sent_date": "", "is_viewed_by_client": False, "client_viewed_time": "", "salesperson_id": "",
        "tags": [], "write_off_amount": ZERO, "_paid": ZERO, "_credited": ZERO, "_withheld": ZERO, "_lines": [],
        "_documents": [], "_person_ids": [], "_billing": {}, "_shipping": {}, "_custom": {}, "email": "",
        **dict.fromkeys(TEXTS, ""), "notes": settings.get("invoice_notes", ""),
        "invoice_url": URL.format(portal=call.org.info["portal_name"], key=call.world.ids.hex(64)),
    }  # fmt: skip


def _dates(call: Call, invoice: Record, customer: Record, new: bool) -> None:
    """Dates and payment terms; raises when the due date lies before the invoice's."""
    body = call.body
    before = invoice["date"]
    invoice["date"] = day(body, "date", before)
    default = customer["payment_terms"] if new else invoice["payment_terms"]
    terms = payment_terms(body, default)
    changed = new or terms != invoice["payment_terms"]
    invoice["payment_terms"] = terms
    if changed:
        inherited = new and "payment_terms" not in body
        invoice["payment_terms_label"] = customer["payment_terms_label"] if inherited else terms_label(terms)
    invoice["payment_terms_label"] = text(body, "payment_terms_label", 100, invoice["payment_terms_label"])
    kept = "" if changed or invoice["date"] != before else invoice.get("due_date", "")
    invoice["due_date"] = day(body, "due_date", kept or documents.due_after(invoice["date"], terms))
    if invoice["due_date"] < invoice["date"]:
        raise ZohoFault(400, 4, "The due date should be on or after the invoice date.")


def _texts(call: Call, invoice: Record) -> None:
    body = call.body
    for name, limit in TEXTS.items():
        if name != "payment_terms_label":
            invoice[name] = text(body, name, limit, invoice[name]).strip()
    if invoice["salesperson_name"] and not invoice["salesperson_id"]:
        invoice["salesperson_id"] = new_id(call)
    invoice["allow_partial_payments"] = flag(body, "allow_partial_payments", invoice["allow_partial_payments"])
    invoice["payment_expected_date"] = day(body, "payment_expected_date", invoice["payment_expected_date"])
    if isinstance(body.get("payment_options"), dict):
        invoice["payment_options"] = {"payment_gateways": body["payment_options"].get("payment_gateways", [])}
    if isinstance(body.get("tags"), list):
        invoice["tags"] = body["tags"]


def fill(call: Call, invoice: Record, *, new: bool) -> Record:
    """Take a body into an invoice and compute it; raises what Zoho refuses."""
    documents.refuse_inline_addresses(call.body)
    customer = documents.customer_of(call, invoice)
    if not new and customer["contact_id"] != invoice["customer_id"] and invoice["_paid"] + invoice["_credited"]:
        raise invalid("customer_id")
    documents.take_customer(call, invoice, customer)
    _dates(call, invoice, customer, new)
    documents.take_currency(call, invoice, customer)
    documents.take_terms(call, invoice)
    _texts(call, invoice)
    if new or "line_items" in call.body:
        kept = {line["line_item_id"]: line for line in invoice["_lines"]}
        invoice["_lines"] = lines.parse(call, lines.rows_of(call.body), kept)
    else:
        invoice["_lines"] = [dict(line) for line in invoice["_lines"]]
    customfields.write(call, "invoices", invoice, call.body, "" if new else invoice["invoice_id"])
    documents.calculate(call, invoice)
    return invoice


def created(call: Call) -> Reply:
    """``POST /invoices``; ``send=true`` also mails it and marks it as sent."""
    invoice = fill(call, blank(call), new=True)
    documents.refuse_locked(call, invoice["date"])
    documents.take_number(call, "invoices", "invoice_number", call.org.settings["invoice_prefix"], invoice)
    sending = flag_of(call.query.get("send", "")) or flag(call.body, "send")
    if sending and call.org.settings.get("approvals"):
        raise invalid("send")
    if sending:
        mail_now(call, invoice)
    insert(call, "invoices", invoice)
    count(call, invoice, RECEIVABLE, receivable(invoice))
    comments.note(call, invoice, f"Invoice created for {invoice['total']}")
    commit(call, "invoices", invoice)
    return Reply({"invoice": detail(call, invoice)}, 201, "The invoice has been created.")


def updated(call: Call) -> Reply:
    """``PUT /invoices/{id}``: sent scalar fields change, ``line_items`` is replaced."""
    invoice = get(call, "invoices", call.ids["invoice_id"])
    changed = fill(call, dict(invoice), new=False)
    documents.refuse_locked(call, invoice["date"], changed["date"])
    if changed["_state"] == SENT and balance(changed) < 0:
        raise refusal(call.world, "overpayment")
    documents.take_number(call, "invoices", "invoice_number", call.org.settings["invoice_prefix"], changed)
    invoice.update(changed)
    count(call, invoice, RECEIVABLE, receivable(invoice))
    save(call, "invoices", invoice)
    comments.note(call, invoice, "Invoice details modified")
    commit(call, "invoices", invoice)
    return Reply({"invoice": detail(call, invoice)}, message="Invoice information has been updated.")


def upserted(call: Call) -> Reply:
    """``PUT /invoices`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "invoices", created, updated)


def got(call: Call) -> Reply:
    """``GET /invoices/{id}`` as JSON, PDF or HTML (``accept`` query or ``Accept`` header)."""
    invoice = get(call, "invoices", call.ids["invoice_id"])
    return rendered(call, invoice) or Reply({"invoice": detail(call, invoice)})


def delete_one(call: Call, invoice_id: str) -> None:
    """Delete an invoice; refused while payments or credits are applied and in a locked period."""
    invoice = get(call, "invoices", invoice_id)
    documents.refuse_locked(call, invoice["date"])
    if invoice["_paid"] or invoice["_credited"]:
        raise refusal(call.world, "has_dependents")
    count(call, invoice, RECEIVABLE, ZERO)
    remove(call, "invoices", invoice_id)
    documents.forget_number(call, "invoices", invoice["invoice_number"])
    commit(call, "invoices", invoice)


def deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}``."""
    delete_one(call, call.ids["invoice_id"])
    return Reply({}, message="The invoice has been deleted.")


def wanted_ids(call: Call, limit: int) -> list[str]:
    """``invoice_ids`` of a bulk operation; raises when there are none or too many."""
    found = identities(call.query.get("invoice_ids") or call.body.get("invoice_ids"))
    if not found or len(found) > limit:
        raise invalid("invoice_ids")
    return found


def bulk_deleted(call: Call) -> Reply:
    """``DELETE /invoices?invoice_ids=``: all or nothing."""
    rows: list[dict[str, Any]] = [get(call, "invoices", invoice_id) for invoice_id in wanted_ids(call, 200)]
    if any(row["_paid"] or row["_credited"] for row in rows):
        raise refusal(call.world, "has_dependents")
    for row in rows:
        delete_one(call, row["invoice_id"])
    return Reply({}, message="The invoices have been deleted.")


ROUTES = (
    Route("GET", "/invoices", "invoices.READ", listed),
    Route("POST", "/invoices", "invoices.CREATE", created),
    Route("PUT", "/invoices", "invoices.UPDATE", upserted),
    Route("DELETE", "/invoices", "invoices.DELETE", bulk_deleted),
    Route("GET", "/invoices/{invoice_id}", "invoices.READ", got),
    Route("PUT", "/invoices/{invoice_id}", "invoices.UPDATE", updated),
    Route("DELETE", "/invoices/{invoice_id}", "invoices.DELETE", deleted),
)
