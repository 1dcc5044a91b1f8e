"""How an expense looks on the wire, and its list (FACTS 5.6)."""

from bookbridge.sandbox.books import unused, uploads
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.taxes import percentage_of
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record
from bookbridge.sandbox.call import Call


def status(expense: Record) -> str:
    """``nonbillable``, or ``unbilled`` while a billable one waits for an invoice."""
    return "unbilled" if expense["is_billable"] else "nonbillable"


def _name(call: Call, table: str, record_id: str, field: str) -> str:
    return str(call.org.table(table).get(record_id, {}).get(field, ""))


def _tax(call: Call, tax_id: str) -> Record:
    tax = call.org.table("taxes").get(tax_id)
    return {
        "tax_id": tax_id,
        "tax_name": tax["tax_name"] if tax else "",
        "tax_percentage": percentage_of(call.org, tax) if tax else ZERO,
    }


def _line(call: Call, line: Record) -> Record:
    return {
        "line_item_id": line["line_item_id"],
        "account_id": line["account_id"],
        "account_name": _name(call, "chartofaccounts", line["account_id"], "account_name"),
        "description": line["description"],
        "tax_amount": line["tax_amount"],
        **_tax(call, line["tax_id"]),
        "tax_type": _name(call, "taxes", line["tax_id"], "tax_type") or "tax",
        "item_total": line["_net"],
        "item_order": line["item_order"],
        "amount": line["amount"],
        "hsn_or_sac": "",
        "location_id": "",
        "reverse_charge_tax_id": "",
        "reverse_charge_tax_name": "",
        "reverse_charge_tax_percentage": ZERO,
        "reverse_charge_tax_amount": ZERO,
        "line_item_taxes": [],
        "tags": [],
    }


def _fixed() -> Record:
    return {
        "transaction_type": "expense", "gst_treatment": "", "destination_of_supply_state": "", "vat_reg_no": "",
        "reverse_charge_tax_name": "", "reverse_charge_tax_percentage": ZERO, "reverse_charge_tax_amount": ZERO,
        "is_pre_gst": "", "trip_id": "", "trip_number": "", "reverse_charge_vat_total": ZERO,
        "acquisition_vat_total": ZERO, "acquisition_vat_summary": [], "reverse_charge_vat_summary": [],
        "is_personal": False, "invoice_id": "", "invoice_number": "", "location_name": "", "project_name": "",
        "mileage_rate": ZERO, "expense_type": "non_mileage", "start_reading": "", "end_reading": "", "distance": ZERO,
        "is_reimbursable": False, "employee_id": "", "employee_name": "", "report_id": "", "report_name": "",
        "is_surcharge_applicable": False, "lock_details": {"can_lock": False}, "locked_actions": [],
    }  # fmt: skip


def detail(call: Call, expense: Record) -> Record:
    """The wire record of one expense; even a simple one has one line."""
    fields, hashed = custom_shown(call.org, "expenses", expense)
    currency = call.org.table("currencies")[expense["currency_id"]]
    receipt = expense["_receipt"]
    user = current(call)
    passed = (
        "gst_no", "tax_treatment", "destination_of_supply", "place_of_supply", "hsn_or_sac", "source_of_supply",
        "vat_treatment", "product_type", "reverse_charge_tax_id", "location_id", "project_id", "mileage_type",
        "mileage_unit", "is_inclusive_tax", "reference_number", "description", "is_billable", "customer_id",
        "vendor_id", "exchange_rate", "sub_total", "total", "bcy_total", "amount", "tax_amount", "date", "tags",
        "paid_through_account_id", "account_id",
    )  # fmt: skip
    lines = [_line(call, line) for line in expense["_lines"]]
    return {
        "expense_id": expense["expense_id"],
        "transaction_id": expense["expense_id"],
        **unused.EXPENSE,
        **_fixed(),
        **{name: expense[name] for name in passed},
        "is_itemized_expense": bool(expense.get("_itemized")),
        "expense_item_id": lines[0]["line_item_id"],
        "account_name": _name(call, "chartofaccounts", expense["account_id"], "account_name"),
        "paid_through_account_name": _name(call, "chartofaccounts", expense["paid_through_account_id"], "account_name"),
        **_tax(call, expense["tax_id"]),
        "taxes": expense["_taxes"],
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "customer_name": _name(call, "contacts", expense["customer_id"], "contact_name"),
        "vendor_name": _name(call, "contacts", expense["vendor_id"], "contact_name"),
        "expense_receipt_name": receipt["file_name"] if receipt else "",
        "expense_receipt_type": receipt["file_type"] if receipt else "",
        "documents": [uploads.shown(row) for row in expense["_documents"]],
        "status": status(expense),
        "created_time": expense["created_time"],
        "last_modified_time": expense["last_modified_time"],
        "created_by_id": user["user_id"],
        "last_modified_by_id": user["user_id"],
        "user_name": user["name"],
        "user_email": user["email"],
        "approver_name": user["name"],
        "approver_email": user["email"],
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "line_items": lines,
    }


ROW_STORED = (
    "expense_id", "date", "description", "bcy_total", "total", "is_billable", "reference_number", "customer_id",
    "vendor_id", "location_id", "created_time", "last_modified_time", "exchange_rate", "mileage_unit", "mileage_type",
    "tags",
)  # fmt: skip


def row(call: Call, expense: Record) -> Record:
    """The wire row of the list; it has no ``account_id``."""
    fields, hashed = custom_shown(call.org, "expenses", expense)
    currency = call.org.table("currencies").get(expense["currency_id"]) or base(call.org)
    receipt = expense["_receipt"]
    paid_through = _name(call, "chartofaccounts", expense["paid_through_account_id"], "account_name")
    nothing = ("location_name", "report_id", "report_name", "report_number",
               "start_reading", "end_reading", "custom_fields_list")  # fmt: skip
    return {
        **{name: expense[name] for name in ROW_STORED},
        **dict.fromkeys(nothing, ""),
        "distance": ZERO,
        "mileage_rate": ZERO,
        "user_name": current(call)["name"],
        "paid_through_account_name": paid_through,
        "account_name": _name(call, "chartofaccounts", expense["account_id"], "account_name"),
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "bcy_total_without_tax": expense["bcy_sub_total"],
        "total_without_tax": expense["sub_total"],
        "is_personal": False,
        "customer_name": _name(call, "contacts", expense["customer_id"], "contact_name"),
        "vendor_name": _name(call, "contacts", expense["vendor_id"], "contact_name"),
        "status": status(expense),
        "expense_receipt_name": receipt["file_name"] if receipt else "",
        "expense_type": "non_mileage",
        "has_attachment": bool(receipt or expense["_documents"]),
        "custom_fields": fields,
        "custom_field_hash": hashed,
    }


LISTING = Listing(
    resource="expenses",
    key="expenses",
    report_name="Expenses",
    row=row,
    texts=(
        "description", "reference_number", "account_name", "customer_name", "vendor_name", "customer_id", "vendor_id",
        "recurring_expense_id", "paid_through_account_id", "project_id", "account_id",
    ),
    numbers=("amount",),
    dates=("date",),
    search=("description", "reference_number", "account_name", "customer_name", "vendor_name"),
    sorts=("date", "account_name", "total", "bcy_total", "reference_number", "customer_name"),
    derive={
        "account_name": lambda call, row: _name(call, "chartofaccounts", row["account_id"], "account_name"),
        "customer_name": lambda call, row: _name(call, "contacts", row["customer_id"], "contact_name"),
        "vendor_name": lambda call, row: _name(call, "contacts", row["vendor_id"], "contact_name"),
    },
    filter_by={
        "Status.All": lambda call, row: True,
        "Status.Billable": lambda call, row: row["is_billable"],
        "Status.Nonbillable": lambda call, row: not row["is_billable"],
        "Status.Reimbursed": lambda call, row: False,
        "Status.Invoiced": lambda call, row: False,
        "Status.Unbilled": lambda call, row: status(row) == "unbilled",
    },
    status={
        "unbilled": lambda call, row: status(row) == "unbilled",
        "invoiced": lambda call, row: False,
        "reimbursed": lambda call, row: False,
        "non-billable": lambda call, row: not row["is_billable"],
        "nonbillable": lambda call, row: not row["is_billable"],
        "billable": lambda call, row: row["is_billable"],
    },
)  # fmt: skip
