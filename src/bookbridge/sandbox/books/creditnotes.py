"""Credit notes: create, update, list, read, delete, status, applying to invoices (FACTS 5.14)."""

from bookbridge.sandbox.books import comments, customfields, documents, lines
from bookbridge.sandbox.books.balances import CREDITS, count
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.creditnotes_view import LISTING, TEXTS, detail
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.pdf import rendered
from bookbridge.sandbox.books.records import commit, get, insert, new_id, remove, save, today
from bookbridge.sandbox.books.settlements import CREDIT, attach, detach, planned, settle
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import ZERO, Record, day, flag, invalid, objects, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

APPLIED = "Credits have been applied to the invoice(s)."


def _blank(call: Call) -> Record:
    return {
        "creditnote_id": new_id(call), "_state": "open", "date": today(call), "creditnote_number": "", "tags": [],
        "_lines": [], "_person_ids": [], "_billing": {}, "_shipping": {}, "_custom": {}, "_applied": [],
        "_refunds": [], "email": "", "is_emailed": False, **dict.fromkeys(TEXTS, ""),
    }  # fmt: skip


def _fill(call: Call, note: Record, *, new: bool) -> Record:
    documents.refuse_inline_addresses(call.body)
    customer = documents.customer_of(call, note)
    if not new and customer["contact_id"] != note["customer_id"] and note["_applied"]:
        raise invalid("customer_id")
    documents.take_customer(call, note, customer)
    note["date"] = day(call.body, "date", note["date"])
    documents.take_currency(call, note, customer)
    documents.take_terms(call, note)
    for name, limit in TEXTS.items():
        note[name] = text(call.body, name, limit, note[name]).strip()
    if new or "line_items" in call.body:
        kept = {line["line_item_id"]: line for line in note["_lines"]}
        note["_lines"] = lines.parse(call, lines.rows_of(call.body), kept)
    else:
        note["_lines"] = [dict(line) for line in note["_lines"]]
    customfields.write(call, "creditnotes", note, call.body, "" if new else note["creditnote_id"])
    documents.calculate(call, note)
    return note


def created(call: Call) -> Reply:
    """``POST /creditnotes``: starts open; ``?invoice_id=`` applies it to that invoice."""
    note = _fill(call, _blank(call), new=True)
    documents.refuse_locked(call, note["date"])
    note["_state"] = "draft" if flag(call.body, "is_draft") or call.org.settings.get("approvals") else "open"
    rows = []
    if call.query.get("invoice_id"):
        wanted = {"invoice_id": call.query["invoice_id"]}
        rows = planned(call, CREDIT, note["customer_id"], [wanted], {}, note["total"])
    documents.take_number(call, "creditnotes", "creditnote_number", call.org.settings["creditnote_prefix"], note)
    insert(call, "creditnotes", note)
    attach(call, CREDIT, note, rows)
    comments.note(call, note, f"Credit note created for {note['total']}")
    commit(call, "creditnotes", note)
    return Reply({"creditnote": detail(call, note)}, 201, "The credit note has been created.")


def updated(call: Call) -> Reply:
    """``PUT /creditnotes/{id}``."""
    note = _get(call)
    fresh = _fill(call, dict(note), new=False)
    documents.refuse_locked(call, note["date"], fresh["date"])
    if fresh["total"] < note["total_credits_used"] + note["total_refunded_amount"]:
        raise refusal(call.world, "overpayment")
    documents.take_number(call, "creditnotes", "creditnote_number", call.org.settings["creditnote_prefix"], fresh)
    note.update(fresh)
    return _done(call, note, "The credit note has been updated.", with_body=True)


def upserted(call: Call) -> Reply:
    """``PUT /creditnotes`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "creditnotes", created, updated)


def _get(call: Call) -> Record:
    return get(call, "creditnotes", call.ids["creditnote_id"])


def _done(call: Call, note: Record, message: str, *, with_body: bool = False) -> Reply:
    settle(call, CREDIT, note)
    save(call, "creditnotes", note)
    comments.note(call, note, message)
    commit(call, "creditnotes", note)
    return Reply({"creditnote": detail(call, note)} if with_body else {}, message=message)


def listed(call: Call) -> Reply:
    """``GET /creditnotes``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /creditnotes/{id}`` as JSON, PDF or HTML."""
    note = _get(call)
    return rendered(call, note) or Reply({"creditnote": detail(call, note)})


def deleted(call: Call) -> Reply:
    """``DELETE /creditnotes/{id}``: refused while it is applied or refunded."""
    note = _get(call)
    documents.refuse_locked(call, note["date"])
    if note["_applied"] or note["_refunds"]:
        raise refusal(call.world, "has_dependents")
    count(call, note, CREDITS, ZERO)
    remove(call, "creditnotes", note["creditnote_id"])
    documents.forget_number(call, "creditnotes", note["creditnote_number"])
    commit(call, "creditnotes", note)
    return Reply({}, message="The credit note has been deleted.")


def voided(call: Call) -> Reply:
    """``POST /creditnotes/{id}/status/void``: only while nothing is applied."""
    note = _get(call)
    documents.refuse_locked(call, note["date"])
    if note["_applied"] or note["_refunds"]:
        raise refusal(call.world, "has_dependents")
    note["_state"] = "void"
    return _done(call, note, "The credit note has been marked as void.")


def drafted(call: Call) -> Reply:
    """``POST /creditnotes/{id}/status/draft``: from void."""
    note = _get(call)
    if note["_state"] != "void":
        raise invalid("status")
    note["_state"] = "draft"
    return _done(call, note, "The credit note has been marked as Draft.")


def opened(call: Call) -> Reply:
    """``POST /creditnotes/{id}/status/open``: from draft or void."""
    note = _get(call)
    if note["_state"] not in (("approved", "void") if call.org.settings.get("approvals") else ("draft", "void")):
        raise invalid("status")
    note["_state"] = "open"
    return _done(call, note, "Status of the credit note has been changed to open.")


def mailed(call: Call) -> Reply:
    """``POST /creditnotes/{id}/email``."""
    note = _get(call)
    note["is_emailed"] = True
    return _done(call, note, "Your creditnote has been sent.")


def applied(call: Call) -> Reply:
    """``POST /creditnotes/{id}/invoices`` with ``invoices[{invoice_id, amount_applied}]``."""
    note = _get(call)
    rows = objects(call.body, "invoices")
    if not rows and call.body.get("invoice_id"):
        rows = [{key: call.body[key] for key in ("invoice_id", "amount_applied") if key in call.body}]
    if not rows:
        raise invalid("invoices")
    left = note["balance"] if note["_state"] == "open" else ZERO
    attach(call, CREDIT, note, planned(call, CREDIT, note["customer_id"], rows, {}, left))
    save(call, "creditnotes", note)
    commit(call, "creditnotes", note)
    return Reply({}, message=APPLIED)


def applications(call: Call) -> Reply:
    """``GET /creditnotes/{id}/invoices``."""
    note = _get(call)
    invoices = call.org.table("invoices")
    rows = [
        {
            "creditnote_id": note["creditnote_id"],
            "invoice_id": row["invoice_id"],
            "creditnote_invoice_id": row["creditnote_invoice_id"],
            "date": row["date"],
            "invoice_number": invoices[row["invoice_id"]]["invoice_number"],
            "creditnote_number": note["creditnote_number"],
            "credited_amount": row["amount_applied"],
        }
        for row in note["_applied"]
    ]
    return Reply({"invoices_credited": rows})


def application_deleted(call: Call) -> Reply:
    """``DELETE /creditnotes/{id}/invoices/{id}``."""
    note = _get(call)
    wanted = call.ids["creditnote_invoice_id"]
    if all(row["creditnote_invoice_id"] != wanted for row in note["_applied"]):
        raise ZohoFault(404, 1002, "Invoice does not exist.")
    detach(call, CREDIT, note, wanted)
    save(call, "creditnotes", note)
    commit(call, "creditnotes", note)
    return Reply({}, message="Credits applied to an invoice have been deleted.")


def commented(call: Call) -> Reply:
    """``POST /creditnotes/{id}/comments``."""
    return Reply({"comment": comments.write(call, "creditnotes", _get(call))}, message="Comments added.")


def comments_listed(call: Call) -> Reply:
    """``GET /creditnotes/{id}/comments``."""
    rows = comments.all_shown(call, "creditnotes", _get(call))
    return Reply({"comments": rows}, message="Comments of the credit note are displayed successfully.")


def comment_deleted(call: Call) -> Reply:
    """``DELETE /creditnotes/{id}/comments/{id}``."""
    comments.erase(call, "creditnotes", _get(call))
    return Reply({}, message="The comment has been deleted.")


_ONE = "/creditnotes/{creditnote_id}"
ROUTES = (
    Route("GET", "/creditnotes", "creditnotes.READ", listed),
    Route("POST", "/creditnotes", "creditnotes.CREATE", created),
    Route("PUT", "/creditnotes", "creditnotes.UPDATE", upserted),
    Route("GET", _ONE, "creditnotes.READ", got),
    Route("PUT", _ONE, "creditnotes.UPDATE", updated),
    Route("DELETE", _ONE, "creditnotes.DELETE", deleted),
    Route("POST", _ONE + "/status/void", "creditnotes.CREATE", voided),
    Route("POST", _ONE + "/status/draft", "creditnotes.CREATE", drafted),
    Route("POST", _ONE + "/status/open", "creditnotes.CREATE", opened),
    Route("POST", _ONE + "/email", "creditnotes.CREATE", mailed),
    Route("GET", _ONE + "/invoices", "creditnotes.READ", applications),
    Route("POST", _ONE + "/invoices", "creditnotes.CREATE", applied),
    Route("DELETE", _ONE + "/invoices/{creditnote_invoice_id}", "creditnotes.DELETE", application_deleted),
    Route("GET", _ONE + "/comments", "creditnotes.READ", comments_listed),
    Route("POST", _ONE + "/comments", "creditnotes.CREATE", commented),
    Route("DELETE", _ONE + "/comments/{comment_id}", "creditnotes.DELETE", comment_deleted),
)
