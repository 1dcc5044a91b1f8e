"""How a credit note looks on the wire, and its list (FACTS 4.5, 5.14)."""

from typing import Any

from bookbridge.sandbox.books import addresses, lines, unused
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.display import money_formatted
from bookbridge.sandbox.books.invoices_view import FIGURES, persons, template_id
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import Record
from bookbridge.sandbox.call import Call

TEXTS = {
    "reference_number": 100, "notes": 5000, "terms": 10000, "template_id": 50, "location_id": 50,
    "salesperson_name": 200, "place_of_supply": 50, "vat_treatment": 50, "vat_reg_no": 50, "gst_no": 50,
    "cfdi_usage": 50, "cfdi_reference_type": 50, "gst_treatment": 50, "tax_treatment": 50,
}  # fmt: skip


def _customer(call: Call, note: Record) -> Record:
    found: Record = call.org.table("contacts").get(note["customer_id"], {})
    return found


def _credited(call: Call, note: Record) -> list[Record]:
    invoices = call.org.table("invoices")
    return [
        {
            "creditnote_id": note["creditnote_id"],
            "invoice_id": row["invoice_id"],
            "creditnote_invoice_id": row["creditnote_invoice_id"],
            "date": row["date"],
            "invoice_number": invoices[row["invoice_id"]]["invoice_number"],
            "creditnote_number": note["creditnote_number"],
            "credited_amount": row["amount_applied"],
            "amount": row["amount_applied"],
        }
        for row in note["_applied"]
    ]


def refund_shown(call: Call, note: Record, refund: Record) -> Record:
    """The wire record of a refund of a credit note."""
    return {
        **refund,
        "creditnote_id": note["creditnote_id"],
        "creditnote_number": note["creditnote_number"],
        "customer_name": _customer(call, note).get("contact_name", ""),
        "amount_fcy": refund["amount"],
    }


STORED = (
    "creditnote_id", "creditnote_number", "date", "customer_id", "tags", "exchange_rate", "balance",
    "total_credits_used", "total_refunded_amount", "is_emailed", "created_time", "last_modified_time", *TEXTS,
)  # fmt: skip
CURRENCY = ("currency_id", "currency_code", "currency_symbol", "price_precision")


def detail(call: Call, note: Record) -> Record:
    """The wire record of one credit note."""
    fields, hashed = custom_shown(call.org, "creditnotes", note)
    currency = call.org.table("currencies")[note["currency_id"]]
    contact = _customer(call, note)
    discount, is_percent = lines.discount_parts(note["_discount"])
    credited = _credited(call, note)
    user = current(call)
    return {
        **{name: note[name] for name in STORED},
        **{name: note[name] for name in FIGURES if name != "write_off_amount"},
        **unused.CREDIT_NOTE,
        **{name: currency[name] for name in CURRENCY},
        "is_pre_gst": False,
        "is_reverse_charge_applied": False,
        "status": note["_state"],
        "current_sub_status": note["_state"],
        "issued_date": note["date"],
        **_receivable(call, note, currency),
        "customer_name": contact.get("contact_name", ""),
        "email": contact.get("email", ""),
        "contact_persons": note["_person_ids"],
        "contact_persons_associated": persons(call, note),
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "line_items": [{**unused.CREDIT_NOTE_LINE, **lines.shown(call, line)} for line in note["_lines"]],
        "discount": note["_discount"] if is_percent else discount,
        "tax_rounding": call.org.settings.get("tax_rounding", "entity_level"),
        "taxes": note["_taxes"],
        "invoices": credited,
        "invoices_credited": credited,
        "creditnote_refunds": [refund_shown(call, note, row) for row in note["_refunds"]],
        "is_draft": note["_state"] == "draft",
        **_template(call, note),
        **{f"{place[1:]}_address": addresses.on_document(note[place]) for place in ("_billing", "_shipping")},
        "updated_time": note["last_modified_time"],
        "created_by_id": user["user_id"],
        "created_by_name": user["name"],
        "last_modified_by_id": user["user_id"],
        **note.get("_approval", {}),
    }


def _receivable(call: Call, note: Record, currency: Record) -> Record:
    """The account the note stands on, and amounts as people read them."""
    account = account_named(call.org, "Accounts Receivable")
    places = currency["price_precision"]
    return {
        "currency_name_formatted": f"{currency['currency_code']}- {currency['currency_name']}",
        **{name: account[name] for name in ("account_id", "account_name")},
        **{
            f"{name}_formatted": money_formatted(currency["currency_symbol"], note[name], places)
            for name in ("shipping_charge_exclusive_of_tax", "shipping_charge_inclusive_of_tax")
        },
    }


def _template(call: Call, note: Record) -> Record:
    """Template, and fields the sandbox has no state for."""
    return {
        "template_id": note["template_id"] or template_id(call.org),
        "template_name": "Standard Template",
        "template_type": "standard",
        "salesperson_id": "",
        "location_name": "",
        "documents": [],
    }


def row(call: Call, note: Record) -> Record:
    """The wire row of the list; without a salesperson Zoho writes ``-1`` and ``Others`` (FACTS 4.7)."""
    fields, hashed = custom_shown(call.org, "creditnotes", note)
    currency = call.org.table("currencies")[note["currency_id"]]
    contact = _customer(call, note)
    return {
        **unused.CREDIT_NOTE_ROW,
        "issued_date": note["date"],
        "template_id": note["template_id"] or template_id(call.org),
        "price_precision": currency["price_precision"],
        "creditnote_id": note["creditnote_id"],
        "creditnote_number": note["creditnote_number"],
        "status": note["_state"],
        "current_sub_status": note["_state"],
        "color_code": "",
        "reference_number": note["reference_number"],
        "date": note["date"],
        "total": note["total"],
        "balance": note["balance"],
        "customer_id": note["customer_id"],
        "customer_name": contact.get("contact_name", ""),
        "company_name": contact.get("company_name", ""),
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "exchange_rate": note["exchange_rate"],
        "created_time": note["created_time"],
        "last_modified_time": note["last_modified_time"],
        "is_emailed": note["is_emailed"],
        "has_attachment": False,
        "salesperson_id": "-1",
        "salesperson_name": "Others",
        "location_id": note["location_id"],
        "location_name": "",
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "tags": note["tags"],
    }


# Documented filters of features the sandbox does not have (approvals, signatures, e-invoices): they match nothing.
UNKNOWN_FILTERS = (
    *(f"Status.{word}" for word in (
        "Locked", "AvalaraSyncFailed", "TaxAutomationFailed", "MyApprovals", "Pushed",
        "YetToBePushed", "Failed", "CancelInitiated", "Signed", "PendingSignature", "UnsignedAll", "UnsignedDraft",
        "UnsignedApproved", "UnsignedSent", "BBPSYetToBePushed", "BBPSPushed", "BBPSPushFailed",
        "BBPSPendingApproval", "BBPSAccepted", "BBPSAcceptFailed", "BBPSRejected", "BBPSRejectFailed",
        "BBPSReturned", "BBPSReturnFailed",
    )),
    "Type.CancellationInvoice", "Type.DirectReturns", "WithOutInvoiceNumber", "ExceptionList",
    "MissingAdvancedTrackingDetails", "InconsistentList",
)  # fmt: skip
UNKNOWN_STATUSES = (
    "signed", "pending_signature", "unsigned_all", "unsigned_draft",
    "unsigned_sent", "unsigned_approved",
)  # fmt: skip


def _never(call: Call, note: Record) -> bool:
    return False


def _always(call: Call, note: Record) -> bool:
    return True


def _is(word: str) -> Any:
    return lambda call, note: note["_state"] == word


LISTING = Listing(
    resource="creditnotes",
    key="creditnotes",
    report_name="Credit Notes",
    row=row,
    sorts_modified=True,
    texts=(
        "creditnote_number", "reference_number", "customer_name", "customer_id", "item_name", "item_id",
        "item_description", "line_item_id", "tax_id",
    ),
    numbers=("total",),
    dates=("date",),
    search=("creditnote_number", "reference_number", "customer_name"),
    sorts=("customer_name", "creditnote_number", "balance", "total", "date", "txn_posting_date"),
    derive={
        "customer_name": lambda call, note: _customer(call, note).get("contact_name", ""),
        "txn_posting_date": lambda call, note: note["date"],
        "item_name": lambda call, note: [line["name"] for line in note["_lines"]],
        "item_id": lambda call, note: [line["item_id"] for line in note["_lines"]],
        "item_description": lambda call, note: [line["description"] for line in note["_lines"]],
        "line_item_id": lambda call, note: [line["line_item_id"] for line in note["_lines"]],
        "tax_id": lambda call, note: [line["tax_id"] for line in note["_lines"]],
    },
    filter_by={
        "Status.All": _always,
        **{f"Status.{word.capitalize()}": _is(word) for word in ("open", "closed", "void", "draft", "approved")},
        "Status.Pending": _is("pending_approval"),
        **dict.fromkeys(UNKNOWN_FILTERS, _never),
        **dict.fromkeys(("Type.All", "Type.Invoice"), _always),
    },
    status={
        **{word: _is(word) for word in ("open", "closed", "void", "draft")},
        **{word: _is(word) for word in ("pending_approval", "approved", "rejected")},
        "all": _always,
        **dict.fromkeys(UNKNOWN_STATUSES, _never),
    },
    documented_modified=True,
    quirk_fields=("date_",),
)  # fmt: skip
