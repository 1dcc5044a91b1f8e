"""How a customer payment looks on the wire, and its list (FACTS 5.5)."""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books import unused
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.display import words
from bookbridge.sandbox.books.invoices_status import balance
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record, picker, rounded, tidy
from bookbridge.sandbox.call import Call

MODES = {
    "check": "Check", "cash": "Cash", "creditcard": "Credit Card", "banktransfer": "Bank Transfer",
    "bankremittance": "Bank Remittance", "autotransaction": "Auto Transaction", "others": "Others",
}  # fmt: skip
FILTERED = (
    "Check", "Cash", "BankTransfer", "Paypal", "CreditCard", "GoogleCheckout", "Credit", "Authorizenet",
    "BankRemittance", "Payflowpro", "Stripe", "TwoCheckout", "Braintree", "Others",
)  # fmt: skip


def mode_formatted(mode: str) -> str:
    """A payment mode as people read it."""
    return MODES.get(mode.lower(), words(mode))


def _applied(call: Call, payment: Record, places: int) -> list[Record]:
    invoices = call.org.table("invoices")
    rows = []
    for row in payment["_applied"]:
        invoice = invoices[row["invoice_id"]]
        left = balance(invoice)
        rows.append({
            **unused.PAYMENT_INVOICE,
            "invoice_number": invoice["invoice_number"],
            "invoice_payment_id": row["invoice_payment_id"],
            "invoice_id": row["invoice_id"],
            "amount_applied": row["amount_applied"],
            "tax_amount_withheld": row["tax_amount_withheld"],
            "discount_amount": row["discount_amount"],
            "total": invoice["total"],
            "invoice_amount": invoice["total"],
            "balance": left,
            "balance_amount": left,
            "date": invoice["date"],
            "due_date": invoice["due_date"],
            "price_precision": places,
            "apply_date": row["apply_date"],
        })  # fmt: skip
    return rows


# Fields of a stored payment that go to the wire as they are.
STORED = (
    "payment_id", "payment_number", "customer_id", "payment_mode", "date", "exchange_rate", "amount", "unused_amount",
    "bank_charges", "tax_amount_withheld", "description", "reference_number", "location_id", "tags", "created_time",
)  # fmt: skip
ROW_STORED = tuple(name for name in STORED if name not in ("exchange_rate", "bank_charges"))


def _fixed() -> Record:
    """Fields the sandbox has no state for."""
    return {
        "payment_number_prefix": "", "tax_account_id": "", "tax_account_name": "", "discount_amount": ZERO,
        "is_client_review_settings_enabled": False, "online_transaction_id": "", "payment_gateway": "",
        "settlement_status": "", "payment_status": "paid", "status": "paid", "last_four_digits": "",
        "template_id": "", "template_name": "Standard Template", "template_type": "standard", "location_name": "",
        "imported_transactions": [], "rounding_mode": "round_half_up", "attachment_name": "", "documents": [],
    }  # fmt: skip


def detail(call: Call, payment: Record) -> Record:
    """The wire record of one payment."""
    fields, hashed = custom_shown(call.org, "customerpayments", payment)
    contact = call.org.table("contacts").get(payment["customer_id"], {})
    currency = call.org.table("currencies")[payment["currency_id"]]
    account = call.org.table("chartofaccounts")[payment["account_id"]]
    advance = account_named(call.org, "Unearned Revenue")
    refunded = sum((row["amount"] for row in payment["_refunds"]), ZERO)
    return {
        **{name: payment[name] for name in STORED},
        **unused.PAYMENT,
        **_fixed(),
        "payment_number_suffix": payment["payment_number"],
        "customer_name": contact.get("contact_name", ""),
        "email": contact.get("email", ""),
        **{name: account[name] for name in ("account_id", "account_name", "account_type")},
        "customer_advance_account_id": advance["account_id"],
        "customer_advance_account_name": advance["account_name"],
        **{name: currency[name] for name in ("currency_id", "currency_symbol", "currency_code")},
        "amount_refunded": tidy(refunded),
        "invoices": _applied(call, payment, currency["price_precision"]),
        "payment_refunds": [refund_shown(row) for row in payment["_refunds"]],
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "created_by": current(call)["name"],
        "price_precision": currency["price_precision"],
        "updated_time": payment["last_modified_time"],
    }


def refund_shown(row: Record) -> Record:
    """The wire record of a refund of a payment."""
    keys = (
        "payment_refund_id", "payment_id", "date", "refund_mode", "reference_number", "amount", "exchange_rate",
        "payment_form", "description", "from_account_id",
    )  # fmt: skip
    return {key: row[key] for key in keys}


_STORED_IN_ROW = picker(*ROW_STORED)
_SAME_IN_ALL: Record = {
    **unused.PAYMENT_ROW,
    "gateway_transaction_id": "",
    "payment_gateway": "",
    "has_attachment": False,
    "location_name": "",
    "payment_status": "paid",
    "settlement_status": "",
}


def row(call: Call, payment: Record) -> Record:
    """The wire row of the list."""
    fields, hashed = custom_shown(call.org, "customerpayments", payment)
    contact = call.org.table("contacts").get(payment["customer_id"], {})
    account = call.org.table("chartofaccounts")[payment["account_id"]]
    invoices = call.org.table("invoices")
    places = int(base(call.org)["price_precision"])
    rate = payment["exchange_rate"]
    applied = [{
        "invoice_payment_id": one["invoice_payment_id"],
        "invoice_id": one["invoice_id"],
        "amount_applied": one["amount_applied"],
        "invoice_number": invoices[one["invoice_id"]]["invoice_number"],
    } for one in payment["_applied"]]  # fmt: skip
    numbers = ",".join(one["invoice_number"] for one in applied)
    return {
        **_STORED_IN_ROW(payment),
        **_SAME_IN_ALL,
        "invoice_numbers": numbers,
        "invoice_number": numbers,
        "payment_mode_formatted": mode_formatted(payment["payment_mode"]),
        "bcy_amount": _in_base(payment["amount"], rate, places),
        "bcy_unused_amount": _in_base(payment["unused_amount"], rate, places),
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "customer_name": contact.get("contact_name", ""),
        "last_modified_time": payment["last_modified_time"],
        "bcy_refunded_amount": _in_base(sum((one["amount"] for one in payment["_refunds"]), ZERO), rate, places),
        "applied_invoices": applied,
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "payment_type": "Invoice Payment" if applied else "Customer Advance",
    }


def _in_base(amount: Decimal, rate: Decimal, places: int) -> Decimal:
    return rounded(amount * rate, places) if amount else ZERO


def _customer_name(call: Call, payment: Record) -> str:
    return str(call.org.table("contacts").get(payment["customer_id"], {}).get("contact_name", ""))


def mode_filter(word: str) -> Any:
    """The test of ``filter_by=PaymentMode.<word>``."""
    return lambda call, payment: payment["payment_mode"].replace(" ", "").casefold() == word.casefold()


LISTING = Listing(
    resource="customerpayments",
    key="customerpayments",
    report_name="Payments Received",
    row=row,
    applied_filter="PaymentMode.All",
    sort_column="date",
    texts=(
        "customer_name", "reference_number", "notes", "payment_mode", "customer_id", "payment_number", "description",
    ),
    numbers=("amount",),
    dates=("date",),
    search=("reference_number", "customer_name", "payment_number", "description"),
    sorts=("customer_name", "reference_number", "amount", "payment_number", "payment_mode"),
    derive={"customer_name": _customer_name, "notes": lambda call, payment: payment["description"]},
    filter_by={
        "PaymentMode.All": lambda call, payment: True,
        **{f"PaymentMode.{word}": mode_filter(word) for word in FILTERED},
    },
)  # fmt: skip
