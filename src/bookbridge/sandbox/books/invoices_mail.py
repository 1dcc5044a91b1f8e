"""Mailing invoices: sending, reminders, the form's data, and the switch for reminders (FACTS 5.4). No mail leaves."""

from bookbridge.sandbox.books import comments
from bookbridge.sandbox.books.balances import RECEIVABLE, count
from bookbridge.sandbox.books.contacts_actions import mail_contacts, senders
from bookbridge.sandbox.books.display import money_formatted
from bookbridge.sandbox.books.invoices_status import APPROVED, DRAFT, SENT, balance, held_back, is_open, receivable
from bookbridge.sandbox.books.records import commit, get, save, today
from bookbridge.sandbox.books.values import Record, bad_enum, identities, invalid
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

MAX_MAILS = 10
SCHEDULED = "Your mails are scheduled to be sent in a few minutes. We will notify you once it is done."


def _invoice(call: Call) -> Record:
    return get(call, "invoices", call.ids["invoice_id"])


def _addressees(call: Call, invoice: Record) -> list[str]:
    """Who gets the mail; raises 7008 when nobody can."""
    wanted = identities(call.body.get("to_mail_ids"))
    if not wanted:
        contact = call.org.table("contacts")[invoice["customer_id"]]
        wanted = [person["email"] for person in contact["_persons"] if person["email"]]
    if not wanted:
        raise ZohoFault(400, 7008, "The email could not be sent.")
    return wanted


def mail_now(call: Call, invoice: Record) -> bool:
    """Mail an invoice: a draft becomes sent. Returns whether it was the first mail of an unsent invoice."""
    if invoice["_state"] in held_back(call):
        raise ZohoFault(400, 7008, "The email could not be sent.")
    to = ", ".join(_addressees(call, invoice))
    first = invoice["_state"] in (DRAFT, APPROVED)
    if first:
        invoice["_state"] = SENT
        invoice["issued_date"] = today(call)
    invoice["is_emailed"] = True
    invoice["_mails"] += 1
    comments.note(call, invoice, f"Invoice emailed to {to}")
    return first


def _mailed(call: Call, invoice: Record) -> bool:
    first = mail_now(call, invoice)
    count(call, invoice, RECEIVABLE, receivable(invoice))
    save(call, "invoices", invoice)
    commit(call, "invoices", invoice)
    return first


def mailed(call: Call) -> Reply:
    """``POST /invoices/{id}/email``; the answer has the extra root key ``is_first_email``."""
    return Reply({"is_first_email": _mailed(call, _invoice(call))}, message="Your invoice has been sent.")


def bulk_mailed(call: Call) -> Reply:
    """``POST /invoices/email?invoice_ids=`` for at most 10."""
    wanted = identities(call.query.get("invoice_ids") or call.body.get("invoice_ids"))
    if not wanted or len(wanted) > MAX_MAILS:
        raise invalid("invoice_ids")
    for invoice in [get(call, "invoices", invoice_id) for invoice_id in wanted]:
        _mailed(call, invoice)
    return Reply({}, message=SCHEDULED)


def _remind(call: Call, invoice: Record) -> None:
    if not is_open(invoice):
        raise ZohoFault(400, 7008, "The email could not be sent.")
    to = ", ".join(_addressees(call, invoice))
    invoice["reminders_sent"] += 1
    invoice["last_reminder_sent_date"] = today(call)
    save(call, "invoices", invoice)
    comments.note(call, invoice, f"Payment reminder sent to {to}")
    commit(call, "invoices", invoice)


def reminded(call: Call) -> Reply:
    """``POST /invoices/{id}/paymentreminder``: only open or overdue invoices."""
    _remind(call, _invoice(call))
    return Reply({}, message="Your payment reminder has been sent.")


def bulk_reminded(call: Call) -> Reply:
    """``POST /invoices/paymentreminder?invoice_ids=`` for at most 10: what failed is listed."""
    wanted = identities(call.query.get("invoice_ids") or call.body.get("invoice_ids"))
    if not wanted or len(wanted) > MAX_MAILS:
        raise invalid("invoice_ids")
    failed = []
    for invoice in [get(call, "invoices", invoice_id) for invoice_id in wanted]:
        try:
            _remind(call, invoice)
        except ZohoFault as refused:
            failed.append({"message": refused.message, "ids": [invoice["invoice_id"]]})
    sent = len(wanted) - len(failed)
    done = {"message": "Your payment reminders have been sent.", "sent_count": sent}
    info = {"email_success_info": done, "email_errors_info": failed, "code": 0}
    return Reply({"info": info}, 201)


def _form(call: Call, subject: str) -> Reply:
    invoice = _invoice(call)
    contact = call.org.table("contacts")[invoice["customer_id"]]
    currency = call.org.table("currencies")[invoice["currency_id"]]
    owed = money_formatted(currency["currency_symbol"], balance(invoice), currency["price_precision"])
    sender = senders(call)
    number = invoice["invoice_number"]
    name = number.replace("/", "_")
    people = mail_contacts(contact)
    return Reply({"data": {
        "subject": f"{subject} - {number} from {call.org.info['name']}",
        "body": f"Dear {contact['contact_name']},<br>invoice {number}: {owed}, due {invoice['due_date']}.",
        "to_contacts": people, "from_emails": sender, "from_email": sender[0]["email"],
        "from_address": sender[0]["organization_contact_id"], "cc_mails_list": [], "cc_mails_str": "",
        "bcc_mails": [], "bcc_mails_str": "", "to_mails_str": ",".join(one["email"] for one in people),
        "emailtemplates": [{"selected": True, "name": "Default", "email_template_id": call.org.organization_id}],
        "emailtemplate_documents": [], "documents": "", "file_name": f"{name}.pdf",
        "file_name_without_extension": name, "attachment_name": "", "attach_pdf": True, "entity_id":
        invoice["invoice_id"], "customer_id": invoice["customer_id"], "customer_name": contact["contact_name"],
        "gateways_configured": False, "gateways_associated": False, "deprecated_placeholders_used": [],
        "error_list": [],
    }})  # fmt: skip


def mail_form(call: Call) -> Reply:
    """``GET /invoices/{id}/email``."""
    return _form(call, "Invoice")


def reminder_form(call: Call) -> Reply:
    """``GET /invoices/{id}/paymentreminder``."""
    return _form(call, "Payment reminder")


def _switch(call: Call, enabled: bool) -> Reply:
    invoice = _invoice(call)
    invoice["payment_reminder_enabled"] = enabled
    save(call, "invoices", invoice)
    commit(call, "invoices", invoice)
    return Reply({}, message="Reminders enabled." if enabled else "Reminders stopped.")


def reminders_on(call: Call) -> Reply:
    """``POST /invoices/{id}/paymentreminder/enable``."""
    return _switch(call, True)


def reminders_off(call: Call) -> Reply:
    """``POST /invoices/{id}/paymentreminder/disable``."""
    return _switch(call, False)


def payment_link(call: Call) -> Reply:
    """``GET /share/paymentlink``: the link under which a customer sees and pays an invoice (FACTS 5.4)."""
    for name in ("transaction_id", "transaction_type", "link_type", "expiry_time"):
        if not call.query.get(name):
            raise invalid(name)
    if call.query["transaction_type"] != "invoice":
        raise bad_enum("transaction_type")
    invoice = get(call, "invoices", call.query["transaction_id"])
    return Reply({"data": {"share_link": invoice["invoice_url"]}})


_ONE = "/invoices/{invoice_id}"
ROUTES = (
    Route("GET", "/share/paymentlink", "settings.READ", payment_link),
    Route("POST", "/invoices/email", "invoices.CREATE", bulk_mailed),
    Route("POST", "/invoices/paymentreminder", "invoices.CREATE", bulk_reminded),
    Route("GET", _ONE + "/email", "invoices.READ", mail_form),
    Route("POST", _ONE + "/email", "invoices.CREATE", mailed),
    Route("GET", _ONE + "/paymentreminder", "invoices.READ", reminder_form),
    Route("POST", _ONE + "/paymentreminder", "invoices.CREATE", reminded),
    Route("POST", _ONE + "/paymentreminder/enable", "invoices.CREATE", reminders_on),
    Route("POST", _ONE + "/paymentreminder/disable", "invoices.CREATE", reminders_off),
)
