"""Status changes, write-off, addresses, templates, comments, attachments, bulk PDF of invoices (FACTS 5.4)."""

from bookbridge.sandbox.books import addresses, comments, documents, uploads
from bookbridge.sandbox.books.balances import RECEIVABLE, count
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.invoices_create import wanted_ids
from bookbridge.sandbox.books.invoices_status import (
    APPROVED,
    DRAFT,
    PENDING,
    REJECTED,
    SENT,
    VOID,
    balance,
    held_back,
    is_open,
    receivable,
)
from bookbridge.sandbox.books.invoices_view import template_id
from bookbridge.sandbox.books.pdf import attachment, pages
from bookbridge.sandbox.books.records import commit, get, missing, save, today
from bookbridge.sandbox.books.settlements import unlink_all
from bookbridge.sandbox.books.values import ZERO, Record, day, flag_of, invalid
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

MAX_PDF = 25
VOID_REFUSED = "Draft invoices cannot be marked as void."


def _invoice(call: Call) -> Record:
    return get(call, "invoices", call.ids["invoice_id"])


def _done(call: Call, invoice: Record, message: str) -> Reply:
    count(call, invoice, RECEIVABLE, receivable(invoice))
    save(call, "invoices", invoice)
    comments.note(call, invoice, message)
    commit(call, "invoices", invoice)
    return Reply({}, message=message)


def mark_sent(call: Call, invoice: Record) -> Reply:
    """Mark an invoice as sent; an open one stays as it is."""
    if invoice["_state"] in held_back(call):
        raise invalid("status")
    if invoice["_state"] in (DRAFT, APPROVED):
        invoice["_state"] = SENT
        invoice["issued_date"] = today(call)
    return _done(call, invoice, "Invoice status has been changed to Sent.")


def _refuse_void(call: Call, invoice: Record) -> None:
    documents.refuse_locked(call, invoice["date"])
    if invoice["_state"] in (DRAFT, APPROVED, PENDING, REJECTED) and not call.world.switches.draft_void_allowed:
        raise ZohoFault(400, 4, VOID_REFUSED)


def mark_void(call: Call, invoice: Record) -> Reply:
    """Void an invoice: what was paid becomes the customer's credit; a draft is refused by switch."""
    _refuse_void(call, invoice)
    unlink_all(call, invoice)
    invoice["_state"] = VOID
    return _done(call, invoice, "Invoice status has been changed to Void.")


def sent(call: Call) -> Reply:
    """``POST /invoices/{id}/status/sent``."""
    return mark_sent(call, _invoice(call))


def voided(call: Call) -> Reply:
    """``POST /invoices/{id}/status/void``."""
    return mark_void(call, _invoice(call))


def drafted(call: Call) -> Reply:
    """``POST /invoices/{id}/status/draft``: only a void invoice."""
    invoice = _invoice(call)
    if invoice["_state"] != VOID:
        raise invalid("status")
    invoice["_state"] = DRAFT
    return _done(call, invoice, "Status of invoice changed from void to draft")


def bulk_sent(call: Call) -> Reply:
    """``POST /invoices/status/sent?invoice_ids=``."""
    for invoice in [get(call, "invoices", one) for one in wanted_ids(call, 200)]:
        mark_sent(call, invoice)
    return Reply({}, message="The invoices have been marked as sent.")


def bulk_voided(call: Call) -> Reply:
    """``POST /invoices/status/void?invoice_ids=``."""
    invoices = [get(call, "invoices", one) for one in wanted_ids(call, 200)]
    for invoice in invoices:
        _refuse_void(call, invoice)
    for invoice in invoices:
        mark_void(call, invoice)
    return Reply({}, message="The selected invoices have been marked as void.")


def written_off(call: Call) -> Reply:
    """``POST /invoices/{id}/writeoff``: what is left is no longer owed."""
    invoice = _invoice(call)
    if not is_open(invoice):
        raise refusal(call.world, "overpayment")
    invoice["write_off_amount"] = balance(invoice)
    invoice["_write_off_date"] = today(call)
    return _done(call, invoice, "Invoice has been written off")


def write_off_cancelled(call: Call) -> Reply:
    """``POST /invoices/{id}/writeoff/cancel``."""
    invoice = _invoice(call)
    invoice["write_off_amount"] = ZERO
    invoice["_write_off_date"] = ""
    return _done(call, invoice, "The write off done for this invoice has been cancelled.")


def _address(call: Call, place: str, message: str) -> Reply:
    invoice = _invoice(call)
    invoice[place] = addresses.fill(call, {**invoice[place], "address_id": ""}, call.body, "address")
    return _done(call, invoice, message)


def billing_changed(call: Call) -> Reply:
    """``PUT /invoices/{id}/address/billing``."""
    return _address(call, "_billing", "Billing address updated")


def shipping_changed(call: Call) -> Reply:
    """``PUT /invoices/{id}/address/shipping``."""
    return _address(call, "_shipping", "Shipping address updated")


def templates(call: Call) -> Reply:
    """``GET /invoices/templates``: the organization has one."""
    row = {
        "template_name": "Standard Template", "template_id": template_id(call.org), "template_type": "standard",
    }  # fmt: skip
    return Reply({"templates": [row]})


def template_changed(call: Call) -> Reply:
    """``PUT /invoices/{id}/templates/{id}``."""
    invoice = _invoice(call)
    if call.ids["template_id"] != template_id(call.org):
        raise ZohoFault(404, 1002, "Template does not exist.")
    invoice["template_id"] = call.ids["template_id"]
    return _done(call, invoice, "Invoice information has been updated.")


def commented(call: Call) -> Reply:
    """``POST /invoices/{id}/comments``; it may also set the expected date of payment."""
    invoice = _invoice(call)
    sent = {name: str(value).strip() for name, value in call.body.items() if name == "payment_expected_date"}
    expected = day(sent, "payment_expected_date", invoice["payment_expected_date"])
    row = comments.write(call, "invoices", invoice)
    invoice["payment_expected_date"] = expected
    return Reply({"comment": row}, message="Comments added.")


def comments_listed(call: Call) -> Reply:
    """``GET /invoices/{id}/comments``."""
    return Reply({"comments": comments.all_shown(call, "invoices", _invoice(call))})


def comment_changed(call: Call) -> Reply:
    """``PUT /invoices/{id}/comments/{id}``."""
    return Reply({"comment": comments.change(call, "invoices", _invoice(call))})


def comment_deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}/comments/{id}``."""
    comments.erase(call, "invoices", _invoice(call))
    return Reply({}, message="The comment has been deleted.")


def attached(call: Call) -> Reply:
    """``POST /invoices/{id}/attachment``: one file, a new one replaces it."""
    invoice = _invoice(call)
    stored = [uploads.document(call, one) for one in uploads.taken_from(call, "attachment", uploads.IMAGES)]
    invoice["can_send_in_mail"] = flag_of(call.query.get("can_send_in_mail", call.body.get("can_send_in_mail", "")))
    for one in stored:
        one["can_send_in_mail"] = invoice["can_send_in_mail"]
    invoice["_documents"] = stored
    reply = _done(call, invoice, "Your file has been successfully attached to the invoice.")
    reply.body = {"documents": [uploads.shown(one) for one in stored]}
    return reply


def attachment_got(call: Call) -> Reply:
    """``GET /invoices/{id}/attachment``: the bytes as they came."""
    return uploads.given(next(iter(_invoice(call)["_documents"]), None))


def attachment_switched(call: Call) -> Reply:
    """``PUT /invoices/{id}/attachment?can_send_in_mail=``."""
    invoice = _invoice(call)
    invoice["can_send_in_mail"] = flag_of(call.query.get("can_send_in_mail", ""))
    return _done(call, invoice, "Invoice information has been updated.")


def attachment_deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}/attachment``."""
    invoice = _invoice(call)
    if not invoice["_documents"]:
        raise ZohoFault(404, 1002, "Attachment does not exist.")
    invoice["_documents"] = []
    return _done(call, invoice, "Your file is no longer attached to the invoice.")


def _document(call: Call, invoice: Record) -> Record | None:
    wanted = call.ids["document_id"]
    return next((row for row in invoice["_documents"] if row["document_id"] == wanted), None)


def document_got(call: Call) -> Reply:
    """``GET /invoices/{id}/documents/{id}``."""
    return uploads.given(_document(call, _invoice(call)))


def document_deleted(call: Call) -> Reply:
    """``DELETE /invoices/{id}/documents/{id}``."""
    invoice = _invoice(call)
    found = _document(call, invoice)
    if found is None:
        raise ZohoFault(404, 1002, "Document does not exist.")
    invoice["_documents"] = [row for row in invoice["_documents"] if row is not found]
    return _done(call, invoice, "The document has been deleted successfully.")


def bulk_pdf(call: Call) -> Reply:
    """``GET /invoices/pdf`` and ``/invoices/print`` with ``invoice_ids``, at most 25."""
    rows = [get(call, "invoices", one) for one in wanted_ids(call, MAX_PDF)]
    return attachment(call, pages(call, rows), "Invoices.pdf")


def by_reference(call: Call) -> Reply:
    """``GET /invoices/reference/{id}`` is answered only when one has that reference number."""
    from bookbridge.sandbox.books.invoices_view import detail

    for invoice in call.org.table("invoices").values():
        if invoice["reference_number"] == call.ids["reference_id"]:
            return Reply({"invoice": detail(call, invoice)})
    raise missing("invoices")


_ONE = "/invoices/{invoice_id}"
_DOCUMENT = _ONE + "/documents/{document_id}"
ROUTES = (
    Route("GET", "/invoices/pdf", "invoices.READ", bulk_pdf),
    Route("GET", "/invoices/print", "invoices.READ", bulk_pdf),
    Route("GET", "/invoices/templates", "invoices.READ", templates),
    Route("POST", "/invoices/status/sent", "invoices.CREATE", bulk_sent),
    Route("POST", "/invoices/status/void", "invoices.CREATE", bulk_voided),
    Route("GET", "/invoices/reference/{reference_id}", "invoices.READ", by_reference),
    Route("POST", _ONE + "/status/sent", "invoices.CREATE", sent),
    Route("POST", _ONE + "/status/void", "invoices.CREATE", voided),
    Route("POST", _ONE + "/status/draft", "invoices.CREATE", drafted),
    Route("POST", _ONE + "/writeoff", "invoices.CREATE", written_off),
    Route("POST", _ONE + "/writeoff/cancel", "invoices.CREATE", write_off_cancelled),
    Route("PUT", _ONE + "/address/billing", "invoices.UPDATE", billing_changed),
    Route("PUT", _ONE + "/address/shipping", "invoices.UPDATE", shipping_changed),
    Route("PUT", _ONE + "/templates/{template_id}", "invoices.UPDATE", template_changed),
    Route("GET", _ONE + "/comments", "invoices.READ", comments_listed),
    Route("POST", _ONE + "/comments", "invoices.CREATE", commented),
    Route("PUT", _ONE + "/comments/{comment_id}", "invoices.UPDATE", comment_changed),
    Route("DELETE", _ONE + "/comments/{comment_id}", "invoices.DELETE", comment_deleted),
    Route("GET", _ONE + "/attachment", "invoices.READ", attachment_got),
    Route("POST", _ONE + "/attachment", "invoices.CREATE", attached),
    Route("PUT", _ONE + "/attachment", "invoices.UPDATE", attachment_switched),
    Route("DELETE", _ONE + "/attachment", "invoices.DELETE", attachment_deleted),
    Route("GET", _DOCUMENT, "invoices.READ", document_got),
    Route("DELETE", _DOCUMENT, "invoices.DELETE", document_deleted),
)
