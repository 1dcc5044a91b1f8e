"""How a bill looks on the wire, and its list (FACTS 4.5, 5.16)."""

from typing import Any

from bookbridge.sandbox.books import addresses, lines
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.invoices_status import OPEN, balance
from bookbridge.sandbox.books.invoices_view import FIGURES
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.records import today
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record, picker
from bookbridge.sandbox.call import Call

TEXTS = {
    "reference_number": 100, "notes": 5000, "terms": 10000, "payment_terms_label": 100, "location_id": 50,
    "recurring_bill_id": 50, "source_of_supply": 50, "destination_of_supply": 50, "place_of_supply": 50,
    "permit_number": 50, "gst_treatment": 50, "tax_treatment": 50, "gst_no": 50, "vat_treatment": 50,
    "pricebook_id": 50,
}  # fmt: skip
STATUSES = ("paid", "open", "overdue", "void", "partially_paid", "draft", "pending_approval", "approved", "rejected")


def is_open(bill: Record) -> bool:
    """Whether something is still owed on it."""
    return bool(bill["_state"] == OPEN and balance(bill) > 0)


def status(call: Call, bill: Record) -> str:
    """The status on the wire (FACTS 4.5, 5.16)."""
    if bill["_state"] != OPEN:
        return str(bill["_state"])
    left = balance(bill)
    if left <= 0:
        return "paid"
    if bill["due_date"] < today(call):
        return "overdue"
    return "partially_paid" if left < bill["total"] else "open"


def due_days(call: Call, bill: Record) -> str:
    """``Due in 30 days`` for an open bill, ``""`` for others."""
    if not is_open(bill):
        return ""
    days = (call.now.date().fromisoformat(bill["due_date"]) - call.now.date()).days
    if days == 0:
        return "Due Today"
    plural = "" if abs(days) == 1 else "s"
    return f"Due in {days} day{plural}" if days > 0 else f"Overdue by {-days} day{plural}"


def vendor_of(call: Call, bill: Record) -> Record:
    """The contact a bill came from."""
    found: Record = call.org.table("contacts").get(bill["vendor_id"], {})
    return found


ROW_STORED = (
    "bill_id", "vendor_id", "bill_number", "reference_number", "date", "due_date", "exchange_rate", "total",
    "created_time", "last_modified_time", "location_id", "tags",
)  # fmt: skip
_row = picker(*ROW_STORED)
_currency = picker("currency_id", "currency_code", "currency_symbol", "price_precision")
_SAME_IN_ALL: Record = {
    "tds_total": ZERO, "unprocessed_payment_amount": ZERO, "location_name": "", "is_tds_applied": False,
    "is_abn_quoted": "", "entity_type": "bill", "client_viewed_time": "", "is_viewed_by_client": False,
    "abn": "", "color_code": "", "current_sub_status_id": "",
}  # fmt: skip


def row(call: Call, bill: Record) -> Record:
    """The wire row of the list; ``is_opening_balance`` carries the bill's id there (FACTS 5.16)."""
    fields, hashed = custom_shown(call.org, "bills", bill)
    currency = call.org.table("currencies")[bill["currency_id"]]
    user = current(call)
    left = balance(bill)
    now = status(call, bill)
    documents = bill["_documents"]
    return {
        **_row(bill),
        **_SAME_IN_ALL,
        **_currency(currency),
        "vendor_name": vendor_of(call, bill).get("contact_name", ""),
        "status": now,
        "current_sub_status": now,
        "due_days": due_days(call, bill),
        "balance": left,
        "balance_due": left,
        "created_by": user["name"],
        "last_modified_by": user["name"],
        "is_opening_balance": bill["bill_id"],
        "attachment_name": documents[0]["file_name"] if documents else "",
        "has_attachment": bool(documents),
        "custom_fields": fields,
        "custom_field_hash": hashed,
    }


def payment_rows(call: Call, bill: Record) -> list[Record]:
    """The payments applied to a bill."""
    table, accounts = call.org.table("vendorpayments"), call.org.table("chartofaccounts")
    name = vendor_of(call, bill).get("contact_name", "")
    return [
        {
            "payment_id": payment["payment_id"],
            "bill_id": bill["bill_id"],
            "bill_payment_id": one["bill_payment_id"],
            "vendor_id": bill["vendor_id"],
            "vendor_name": name,
            "payment_mode": payment["payment_mode"],
            "payment_number": payment["payment_number"],
            "description": payment["description"],
            "date": payment["date"],
            "reference_number": payment["reference_number"],
            "exchange_rate": payment["exchange_rate"],
            "amount": one["amount_applied"],
            "tax_amount_withheld": one["tax_amount_withheld"],
            "paid_through": accounts[payment["paid_through_account_id"]]["account_name"],
            "paid_through_account_id": payment["paid_through_account_id"],
            "paid_through_account_name": accounts[payment["paid_through_account_id"]]["account_name"],
            "is_single_bill_payment": len(payment["_applied"]) == 1,
            "is_paid_via_print_check": False,
            "check_details": {},
            "is_ach_payment": False,
            "ach_payment_status": "",
            "ach_gw_transaction_id": "",
        }
        for payment in (table[one] for one in dict.fromkeys(bill.get("_payment_rows", {}).values()))
        for one in payment["_applied"]
        if one["bill_id"] == bill["bill_id"]
    ]


def _fixed() -> Record:
    """Fields the sandbox has no state for."""
    return {
        "purchaseorder_ids": [], "purchaseorders": [], "vat_reg_no": "", "is_pre_gst": False, "pricebook_name": "",
        "is_reverse_charge_applied": False, "payment_expected_date": "", "due_by_days": "", "due_in_days": "",
        "is_tds_applied": False, "is_item_level_tax_calc": False, "filed_in_vat_return_id": "",
        "filed_in_vat_return_name": "", "filed_in_vat_return_type": "", "is_abn_quoted": "", "location_name": "",
        "is_line_item_invoiced": False, "acquisition_vat_summary": [], "acquisition_vat_total": ZERO,
        "reverse_charge_vat_summary": [], "reverse_charge_vat_total": ZERO, "vendor_credits": [], "reference_id": "",
        "open_purchaseorders_count": 0, "vendor_credits_applied": ZERO, "tds_total": ZERO, "approvers_list": [],
        "lock_details": {"can_lock": False}, "locked_actions": [], "unprocessed_payment_amount": ZERO,
        "tax_rounding": "entity_level", "submitter_id": "", "approver_id": "", "entity_type": "bill",
    }  # fmt: skip


def _line(call: Call, line: Record) -> Record:
    return {
        **lines.shown(call, line),
        "is_billable": line.get("is_billable", False),
        "customer_id": line.get("customer_id", ""),
        "customer_name": "",
        "invoice_id": "",
        "invoice_number": "",
        "purchaseorder_item_id": "",
        "item_type": "purchases" if line["item_id"] else "",
    }


def detail(call: Call, bill: Record) -> Record:
    """The wire record of one bill."""
    fields, hashed = custom_shown(call.org, "bills", bill)
    vendor = vendor_of(call, bill)
    user = current(call)
    payable = account_named(call.org, "Accounts Payable")
    documents = bill["_documents"]
    discount, is_percent = lines.discount_parts(bill["_discount"])
    return {
        "bill_id": bill["bill_id"],
        **_fixed(),
        **{name: bill[name] for name in FIGURES if name != "write_off_amount"},
        **{name: bill[name] for name in TEXTS},
        **_currency(call.org.table("currencies")[bill["currency_id"]]),
        "bill_number": bill["bill_number"],
        "vendor_id": bill["vendor_id"],
        "vendor_name": vendor.get("contact_name", ""),
        "unused_credits_payable_amount": vendor.get("_vendor_credits", ZERO),
        "status": status(call, bill),
        "current_sub_status": status(call, bill),
        "date": bill["date"],
        "due_date": bill["due_date"],
        "due_days": due_days(call, bill),
        "payment_terms": bill["payment_terms"],
        "exchange_rate": bill["exchange_rate"],
        "account_id": payable["account_id"],
        "account_name": payable["account_name"],
        "discount": bill["_discount"] if is_percent else discount,
        "line_items": [_line(call, line) for line in bill["_lines"]],
        "taxes": bill["_taxes"],
        "payment_made": bill["_paid"],
        "tax_amount_withheld": bill["_withheld"],
        "balance": balance(bill),
        "payments": payment_rows(call, bill),
        "billing_address": addresses.on_document(bill["_billing"]),
        "documents": [{key: value for key, value in one.items() if not key.startswith("_")} for one in documents],
        "attachment_name": documents[0]["file_name"] if documents else "",
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "tags": bill["tags"],
        "created_time": bill["created_time"],
        "last_modified_time": bill["last_modified_time"],
        "created_by_id": user["user_id"],
        "created_by_name": user["name"],
        "last_modified_by_id": user["user_id"],
        **bill.get("_approval", {}),
    }


# Documented filters of features the sandbox does not have: they match nothing.
UNKNOWN_FILTERS = (
    *(f"Status.{word}" for word in (
        "ApprovalOverdue", "CreditNotes", "MyApprovals", "Network", "NetworkPending", "EInvoicedBills",
        "EInvoicePendingBills", "MSMEDueBills", "TDSInvoices", "BBPSPendingApproval", "BBPSAccepted",
        "BBPSAcceptFailed", "BBPSRejected", "BBPSRejectFailed", "BBPSReturned", "BBPSReturnFailed",
        "PMSAppliedBills", "ViolatedBills",
    )),
    "YetToBeReceived", "Received", "ExceptionList", "Source.TallyConnector", "MissingAdvancedTrackingDetails",
    "TDSCalculationExceptionList", "Type.SelfBilled",
)  # fmt: skip


def _is(word: str) -> Any:
    return lambda call, bill: status(call, bill) == word


def _always(call: Call, bill: Record) -> bool:
    return True


def _never(call: Call, bill: Record) -> bool:
    return False


def _unpaid(call: Call, bill: Record) -> bool:
    return is_open(bill)


def _of_lines(name: str) -> Any:
    return lambda call, bill: [line.get(name, "") for line in bill["_lines"]]


LISTING = Listing(
    resource="bills",
    key="bills",
    report_name="Bills",
    row=row,
    sorts_modified=True,
    texts=(
        "bill_number", "reference_number", "description", "vendor_name", "vendor_id", "customer_id", "project_id",
        "item_name", "item_id", "item_description", "recurring_bill_id", "purchaseorder_id",
    ),
    numbers=("total",),
    dates=("date", "due_date", "created_date"),
    search=("bill_number", "reference_number", "vendor_name"),
    sorts=(
        "vendor_name", "bill_number", "date", "due_date", "total", "balance", "txn_value_date",
        "total_retention_amount",
    ),
    derive={
        "vendor_name": lambda call, bill: vendor_of(call, bill).get("contact_name", ""),
        "balance": lambda call, bill: balance(bill),
        "created_date": lambda call, bill: bill["created_time"][:10],
        "txn_value_date": lambda call, bill: bill["date"],
        "total_retention_amount": lambda call, bill: ZERO,
        "description": _of_lines("description"),
        "customer_id": _of_lines("customer_id"),
        "project_id": _of_lines("project_id"),
        "item_name": _of_lines("name"),
        "item_id": _of_lines("item_id"),
        "item_description": _of_lines("description"),
    },
    filter_by={
        **dict.fromkeys(("Status.All", "Type.All", "Type.Bills", "Type.MyRecentBills"), _always),
        "Status.Paid": _is("paid"),
        "Status.Open": _is("open"),
        "Status.Overdue": _is("overdue"),
        "Status.Void": _is("void"),
        "Status.PartiallyPaid": _is("partially_paid"),
        "Status.Unpaid": _unpaid,
        "Status.Draft": _is("draft"),
        "Status.Pending": _is("pending_approval"),
        "WithAttachment": lambda call, bill: bool(bill["_documents"]),
        "WithoutAttachment": lambda call, bill: not bill["_documents"],
        **dict.fromkeys(UNKNOWN_FILTERS, _never),
    },
    status={
        **{word: _is(word) for word in STATUSES},
        "unpaid": _unpaid,
        "all": _always,
        **dict.fromkeys(("approval_overdue", "my_approvals"), _never),
    },
    documented_modified=True,
    quirk_fields=("date_", "due_date_"),
)  # fmt: skip
