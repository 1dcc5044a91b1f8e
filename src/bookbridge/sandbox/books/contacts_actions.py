"""What can be done with a contact besides editing it: marks, mails, statements, money views, merge (FACTS 5.2)."""

from collections.abc import Callable
from decimal import Decimal

from bookbridge.sandbox.books import comments
from bookbridge.sandbox.books.balances import CREDITS, PAYABLE, RECEIVABLE, VENDOR_CREDITS, count
from bookbridge.sandbox.books.contacts import delete_one
from bookbridge.sandbox.books.contacts_view import detail
from bookbridge.sandbox.books.display import date_formatted
from bookbridge.sandbox.books.invoices_status import balance, is_open, receivable, status
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, find, get, missing, save, today
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record, identities, invalid, objects
from bookbridge.sandbox.call import Call, Reply, Route


def _contact(call: Call) -> Record:
    return get(call, "contacts", call.ids["contact_id"])


def _change(call: Call, message: str, **fields: object) -> Reply:
    contact = _contact(call)
    contact.update(fields)
    save(call, "contacts", contact)
    comments.note(call, contact, message)
    commit(call, "contacts", contact)
    return Reply({}, message=message)


def activated(call: Call) -> Reply:
    """``POST /contacts/{id}/active``."""
    return _change(call, "The contact has been marked as active.", status="active")


def inactivated(call: Call) -> Reply:
    """``POST /contacts/{id}/inactive``."""
    return _change(call, "The contact has been marked as inactive.", status="inactive")


def reminders_on(call: Call) -> Reply:
    """``POST /contacts/{id}/paymentreminder/enable``."""
    message = "All reminders associated with this contact have been enabled."
    return _change(call, message, payment_reminder_enabled=True)


def reminders_off(call: Call) -> Reply:
    """``POST /contacts/{id}/paymentreminder/disable``."""
    message = "All reminders associated with this contact have been stopped."
    return _change(call, message, payment_reminder_enabled=False)


def portal_enabled(call: Call) -> Reply:
    """``POST /contacts/{id}/portal/enable`` for the persons a body names."""
    contact = _contact(call)
    wanted = {str(row.get("contact_person_id", "")) for row in objects(call.body, "contact_persons")}
    for person in contact["_persons"]:
        person["enable_portal"] = person["contact_person_id"] in wanted or person["enable_portal"]
    return _change(call, "Client Portal preferences have been updated", portal_status="enabled")


def tracked(call: Call) -> Reply:
    """``POST /contacts/{id}/track1099``."""
    return _change(call, "1099 tracking is enabled.", track_1099=True)


def untracked(call: Call) -> Reply:
    """``POST /contacts/{id}/untrack1099``."""
    return _change(call, "1099 tracking is disabled.", track_1099=False)


def mail_contacts(contact: Record) -> list[Record]:
    """The persons of a contact as a mail form offers them."""
    keys = ("first_name", "last_name", "salutation", "phone", "mobile", "email", "contact_person_id")
    return [
        {**{key: person[key] for key in keys}, "selected": person["is_primary_contact"]}
        for person in contact["_persons"]
        if person["email"]
    ]


def senders(call: Call) -> list[Record]:
    """The addresses a mail may be sent from."""
    user = current(call)
    return [{
        "user_name": user["name"], "selected": True, "email": user["email"],
        "organization_contact_id": user["user_id"], "is_org_email_id": True,
    }]  # fmt: skip


def _mail_form(call: Call, subject: str, file_name: str) -> Reply:
    contact = _contact(call)
    body = f"Dear {contact['contact_name']},"
    return Reply({"data": {
        "body": body, "subject": subject, "to_contacts": mail_contacts(contact), "file_name": file_name,
        "from_emails": senders(call), "contact_id": contact["contact_id"],
    }})  # fmt: skip


def statement_form(call: Call) -> Reply:
    """``GET /contacts/{id}/statements/email``."""
    name = call.org.info["name"]
    return _mail_form(call, f"Account Statement from {name}", f"statement_{_contact(call)['contact_id']}.pdf")


def statement_mailed(call: Call) -> Reply:
    """``POST /contacts/{id}/statements/email``."""
    return _mailed(call, "Statement has been sent to the Customer.")


def mail_form(call: Call) -> Reply:
    """``GET /contacts/{id}/email``."""
    return _mail_form(call, f"Message from {call.org.info['name']}", "")


def mailed(call: Call) -> Reply:
    """``POST /contacts/{id}/email``."""
    return _mailed(call, "Email has been sent.")


def _mailed(call: Call, message: str) -> Reply:
    contact = _contact(call)
    if "to_mail_ids" in call.body and not identities(call.body["to_mail_ids"]):
        raise invalid("to_mail_ids")
    comments.note(call, contact, message)
    commit(call, "contacts", contact)
    return Reply({}, message=message)


def commented(call: Call) -> Reply:
    """``POST /contacts/{id}/comments``."""
    row = comments.write(call, "contacts", _contact(call))
    return Reply({"contact_comment": row}, message="The comment has been added.")


def comments_listed(call: Call) -> Reply:
    """``GET /contacts/{id}/comments``."""
    contact = _contact(call)
    rows = [{**row, "contact_name": contact["contact_name"]} for row in comments.all_shown(call, "contacts", contact)]
    page, head = paged(call, rows)
    context = {**head, "applied_filter": "Status.All", "sort_column": "date", "sort_order": "D"}
    return Reply({"contact_comments": page, "page_context": context})


def comment_deleted(call: Call) -> Reply:
    """``DELETE /contacts/{id}/comments/{id}``."""
    comments.erase(call, "contacts", _contact(call))
    return Reply({}, message="The comment has been deleted.")


def unpaid_invoices(call: Call) -> Reply:
    """``GET /contacts/{id}/unpaidinvoices``; the answer's body is not documented, short invoice rows are given."""
    invoices = find(call.org, "invoices", "customer_id", _contact(call)["contact_id"])
    return Reply({"invoices": [_short(call, row) for row in invoices if is_open(row)]})


def _short(call: Call, invoice: Record) -> Record:
    keys = ("invoice_id", "invoice_number", "date", "due_date", "total", "currency_id")
    shown = {key: invoice[key] for key in keys}
    return {**shown, "balance": balance(invoice), "status": status(call, invoice)}


def unused_credits(call: Call) -> Reply:
    """``GET /contacts/{id}/receivables/unusedcredits``; body not documented."""
    contact_id = _contact(call)["contact_id"]
    payments = find(call.org, "customerpayments", "customer_id", contact_id)
    notes = find(call.org, "creditnotes", "customer_id", contact_id)
    keys = ("payment_id", "payment_number", "date", "amount", "unused_amount")
    return Reply({
        "customer_payments": [{key: row[key] for key in keys} for row in payments if row["unused_amount"]],
        "creditnotes": [
            {key: row[key] for key in ("creditnote_id", "creditnote_number", "date", "total", "balance")}
            for row in notes
            if row["_state"] == "open" and row["balance"]
        ],
    })  # fmt: skip


def refunds(call: Call) -> Reply:
    """``GET /contacts/{id}/refunds``: refunds of the contact's credit notes."""
    contact = _contact(call)
    rows = [
        {**refund, "creditnote_number": note["creditnote_number"], "customer_name": contact["contact_name"],
         "amount_bcy": refund["amount_bcy"], "amount_fcy": refund["amount"]}
        for note in find(call.org, "creditnotes", "customer_id", contact["contact_id"])
        for refund in note["_refunds"]
    ]  # fmt: skip
    page, head = paged(call, rows)
    context = {**head, "report_name": "Credit Note Refunds", "sort_column": "date", "sort_order": "D"}
    return Reply({"creditnote_refunds": page, "page_context": context})


def statement(call: Call) -> Reply:
    """``GET /contacts/{id}/statements``: JSON, as an organization without a statement template gets it."""
    contact = _contact(call)
    start, end = call.query.get("start_date", ""), call.query.get("end_date") or today(call)
    invoices = find(call.org, "invoices", "customer_id", contact["contact_id"])
    rows = [
        {**_short(call, row), "date_formatted": date_formatted(call.org, row["date"])}
        for row in invoices
        if start <= row["date"] <= end and row["_state"] == "sent"
    ]
    return Reply({"data": {"contact_id": contact["contact_id"], "invoices": rows}})


def by_reference(call: Call) -> Reply:
    """``GET /contacts/reference/{id}``: by contact number."""
    for contact in call.org.table("contacts").values():
        if contact["contact_number"] == call.ids["reference_id"]:
            return Reply({"contact": detail(call, contact)})
    raise missing("contacts")


COUNTED: dict[str, tuple[str, Callable[[Record], Decimal]]] = {
    "invoices": (RECEIVABLE, receivable),
    "customerpayments": (CREDITS, lambda row: row["unused_amount"]),
    "creditnotes": (CREDITS, lambda row: row["balance"] if row["_state"] == "open" else ZERO),
    "bills": (PAYABLE, receivable),
    "vendorpayments": (VENDOR_CREDITS, lambda row: row["balance"]),
}


def move_documents(call: Call, source: Record, target: Record) -> None:
    """Give every document of one contact to another."""
    source_id, target_id = source["contact_id"], target["contact_id"]
    fields = (("invoices", "customer_id"), ("customerpayments", "customer_id"), ("creditnotes", "customer_id"),
              ("expenses", "customer_id"), ("expenses", "vendor_id"), ("bills", "vendor_id"),
              ("vendorpayments", "vendor_id"))  # fmt: skip
    for table, field in fields:
        for row in find(call.org, table, field, source_id):
            row[field] = target_id
            counted = COUNTED.get(table)
            if counted is not None:
                kind, amount = counted
                count(call, row, kind, amount(row), party=field)
            save(call, table, row)


def merge(call: Call, source: Record, target: Record) -> None:
    """Merge ``source`` into ``target``: documents move, ``source`` is gone. One commit."""
    move_documents(call, source, target)
    comments.note(call, target, f"Merged with {source['contact_name']}")
    delete_one(call, source["contact_id"])


def merged(call: Call) -> Reply:
    """``POST /contacts/{id}/merge`` with ``contact_ids``: those are merged into the contact."""
    target = _contact(call)
    wanted = identities(call.query.get("contact_ids") or call.body.get("contact_ids"))
    sources = [get(call, "contacts", contact_id) for contact_id in wanted if contact_id != target["contact_id"]]
    if not sources:
        raise invalid("contact_ids")
    for source in sources:
        merge(call, source, target)
    return Reply({})


def opening_balances(call: Call) -> Reply:
    """``GET /contacts/{id}/openingbalances``."""
    contact = _contact(call)
    amount = contact["opening_balance_amount"]
    return Reply({"opening_balances": contact["opening_balances"], "opening_balance_amount": amount})


_ONE = "/contacts/{contact_id}"
ROUTES = (
    Route("POST", _ONE + "/active", "contacts.CREATE", activated),
    Route("POST", _ONE + "/inactive", "contacts.CREATE", inactivated),
    Route("POST", _ONE + "/paymentreminder/enable", "contacts.CREATE", reminders_on),
    Route("POST", _ONE + "/paymentreminder/disable", "contacts.CREATE", reminders_off),
    Route("POST", _ONE + "/portal/enable", "contacts.CREATE", portal_enabled),
    Route("POST", _ONE + "/track1099", "contacts.CREATE", tracked),
    Route("POST", _ONE + "/untrack1099", "contacts.CREATE", untracked),
    Route("GET", _ONE + "/statements/email", "contacts.READ", statement_form),
    Route("POST", _ONE + "/statements/email", "contacts.CREATE", statement_mailed),
    Route("GET", _ONE + "/statements", "contacts.READ", statement),
    Route("GET", _ONE + "/email", "contacts.READ", mail_form),
    Route("POST", _ONE + "/email", "contacts.CREATE", mailed),
    Route("GET", _ONE + "/comments", "contacts.READ", comments_listed),
    Route("POST", _ONE + "/comments", "contacts.CREATE", commented),
    Route("DELETE", _ONE + "/comments/{comment_id}", "contacts.DELETE", comment_deleted),
    Route("GET", _ONE + "/unpaidinvoices", "contacts.READ", unpaid_invoices),
    Route("GET", _ONE + "/receivables/unusedcredits", "contacts.READ", unused_credits),
    Route("GET", _ONE + "/refunds", "contacts.READ", refunds),
    Route("GET", _ONE + "/openingbalances", "settings.READ", opening_balances),
    Route("POST", _ONE + "/merge", "contacts.CREATE", merged),
    Route("GET", "/contacts/reference/{reference_id}", "contacts.READ", by_reference),
)
