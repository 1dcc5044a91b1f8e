"""How a payment to a vendor looks on the wire, and its list (FACTS 4.5, 5.17)."""

from bookbridge.sandbox.books import addresses
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customerpayments_view import FILTERED, mode_filter
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.invoices_status import balance
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.values import ZERO, Record, picker, rounded
from bookbridge.sandbox.call import Call

STORED = (
    "payment_id", "payment_number", "vendor_id", "payment_mode", "date", "exchange_rate", "amount", "balance",
    "description", "reference_number", "location_id", "tags", "created_time", "last_modified_time",
    "paid_through_account_id",
)  # fmt: skip
_stored = picker(*STORED)
_CHECKS: Record = {
    "is_paid_via_print_check": False, "is_ach_payment": False, "ach_payment_status": "", "ach_gw_transaction_id": "",
}  # fmt: skip


def _vendor(call: Call, payment: Record) -> Record:
    found: Record = call.org.table("contacts").get(payment["vendor_id"], {})
    return found


def _bill(call: Call, row: Record, places: int) -> Record:
    bill = call.org.table("bills")[row["bill_id"]]
    return {
        "bill_payment_id": row["bill_payment_id"],
        "bill_id": row["bill_id"],
        "bill_number": bill["bill_number"],
        "amount_applied": row["amount_applied"],
        "tax_amount_withheld": row["tax_amount_withheld"],
        "total": bill["total"],
        "balance": balance(bill),
        "date": bill["date"],
        "due_date": bill["due_date"],
        "price_precision": places,
        "apply_date": row["apply_date"],
    }


def refund_shown(call: Call, payment: Record, row: Record) -> Record:
    """The wire record of a refund by a vendor."""
    account = call.org.table("chartofaccounts")[row["to_account_id"]]
    keys = ("vendorpayment_refund_id", "date", "refund_mode", "reference_number", "amount", "exchange_rate",
            "to_account_id", "description", "amount_bcy")  # fmt: skip
    return {
        **{key: row[key] for key in keys},
        "vendorpayment_id": payment["payment_id"],
        "to_account_name": account["account_name"],
        "amount_fcy": row["amount"],
    }


def detail(call: Call, payment: Record) -> Record:
    """The wire record of one payment to a vendor; what no bill takes stands on Prepaid Expenses."""
    fields, hashed = custom_shown(call.org, "vendorpayments", payment)
    vendor = _vendor(call, payment)
    currency = call.org.table("currencies")[payment["currency_id"]]
    paid = call.org.table("chartofaccounts")[payment["paid_through_account_id"]]
    offset = account_named(call.org, "Prepaid Expenses")
    places = currency["price_precision"]
    return {
        **_stored(payment),
        **_CHECKS,
        "vendorpayment_id": payment["payment_id"],
        "vendor_name": vendor.get("contact_name", ""),
        "paid_through_account_name": paid["account_name"],
        "paid_through_account_type": paid["account_type"],
        "offset_account_id": offset["account_id"],
        "offset_account_name": offset["account_name"],
        **{name: currency[name] for name in ("currency_id", "currency_symbol", "currency_code", "price_precision")},
        "tax_account_id": "",
        "tax_account_name": "",
        "tax_amount_withheld": payment["tax_amount_withheld"],
        "bills": [_bill(call, row, places) for row in payment["_applied"]],
        "vendorpayment_refunds": [refund_shown(call, payment, row) for row in payment["_refunds"]],
        "billing_address": addresses.on_document(vendor.get("_billing", {})),
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "location_name": "",
        "check_details": {},
        "imported_transactions": [],
        "documents": [],
        "comments": [],
    }


def row(call: Call, payment: Record) -> Record:
    """The wire row of the list."""
    fields, hashed = custom_shown(call.org, "vendorpayments", payment)
    currency = call.org.table("currencies")[payment["currency_id"]]
    paid = call.org.table("chartofaccounts")[payment["paid_through_account_id"]]
    bills = call.org.table("bills")
    places = int(base(call.org)["price_precision"])
    rate = payment["exchange_rate"]
    return {
        **_stored(payment),
        **_CHECKS,
        "vendor_name": _vendor(call, payment).get("contact_name", ""),
        "bill_numbers": ",".join(bills[one["bill_id"]]["bill_number"] for one in payment["_applied"]),
        "bcy_amount": rounded(payment["amount"] * rate, places),
        "bcy_balance": rounded(payment["balance"] * rate, places),
        "paid_through_account_name": paid["account_name"],
        **{name: currency[name] for name in ("currency_id", "currency_symbol", "currency_code")},
        "bcy_refunded_amount": rounded(sum((one["amount"] for one in payment["_refunds"]), ZERO) * rate, places),
        "has_attachment": False,
        "check_details": {},
        "custom_fields": fields,
        "custom_field_hash": hashed,
    }


LISTING = Listing(
    resource="vendorpayments",
    key="vendorpayments",
    report_name="Payments Made",
    row=row,
    applied_filter="PaymentMode.All",
    sort_column="date",
    texts=(
        "vendor_name", "reference_number", "payment_number", "payment_mode", "notes", "vendor_id", "bill_id",
        "description",
    ),
    numbers=("amount",),
    dates=("date",),
    search=("reference_number", "vendor_name", "payment_number", "description"),
    sorts=("vendor_name", "reference_number", "amount", "balance"),
    derive={
        "vendor_name": lambda call, payment: _vendor(call, payment).get("contact_name", ""),
        "notes": lambda call, payment: payment["description"],
        "bill_id": lambda call, payment: [one["bill_id"] for one in payment["_applied"]],
    },
    filter_by={
        "PaymentMode.All": lambda call, payment: True,
        **{f"PaymentMode.{word}": mode_filter(word) for word in FILTERED},
    },
    documented_modified=True,
)  # fmt: skip
