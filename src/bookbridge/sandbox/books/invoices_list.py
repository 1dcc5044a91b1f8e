"""The list of invoices: its rows, filters and the counting ``response_option`` (FACTS 4.3, 4.5, 5.4)."""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books import addresses, unused
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.invoices_status import (
    APPROVED,
    PENDING,
    REJECTED,
    balance,
    is_open,
    is_overdue,
    is_partially_paid,
    status,
)
from bookbridge.sandbox.books.invoices_view import template_id
from bookbridge.sandbox.books.lists import Listing, context_of, kept, matching, paged
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record, picker, rounded, tidy
from bookbridge.sandbox.call import Call, Reply


def due_days(call: Call, invoice: Record) -> str:
    """``Due in 30 days`` for an open invoice, ``""`` for drafts and paid ones."""
    if not is_open(invoice):
        return ""
    days = (call.now.date().fromisoformat(invoice["due_date"]) - call.now.date()).days
    if days == 0:
        return "Due Today"
    plural = "" if abs(days) == 1 else "s"
    return f"Due in {days} day{plural}" if days > 0 else f"Overdue by {-days} day{plural}"


# Fields of a stored invoice that go to the wire as they are.
ROW_STORED = (
    "invoice_id", "zcrm_potential_id", "customer_id", "invoice_number", "reference_number", "date", "due_date",
    "issued_date", "total", "payment_expected_date", "tags", "salesperson_name", "shipping_charge", "adjustment",
    "created_time", "last_modified_time", "is_viewed_by_client", "client_viewed_time", "is_emailed", "invoice_source",
    "reminders_sent", "last_reminder_sent_date", "last_payment_date", "location_id", "salesperson_id",
    "write_off_amount", "exchange_rate", "invoice_url",
)  # fmt: skip
NOTHING = (
    "zcrm_potential_name", "project_name", "color_code", "current_sub_status_id", "schedule_time", "documents",
    "location_name",
)  # fmt: skip
_STORED = picker(*ROW_STORED)
_CURRENCY = picker("currency_id", "currency_code", "currency_symbol")
_SETTLED = ("paid", "draft", "void", PENDING, APPROVED, REJECTED)
_SAME_IN_ALL: Record = {
    **dict.fromkeys(NOTHING, ""),
    **unused.INVOICE_ROW,
    "ach_payment_initiated": False,
    "template_type": "standard",
    "sales_channel": "direct_sales",
    "transaction_type": "renewal",
    "unprocessed_payment_amount": ZERO,
}


def row(call: Call, invoice: Record) -> Record:
    """The wire row: no line items, sub_total or tax_total."""
    org = call.org
    contact = org.table("contacts").get(invoice["customer_id"], {})
    currency = org.table("currencies")[invoice["currency_id"]]
    fields, hashed = custom_shown(org, "invoices", invoice)
    now = status(call, invoice)
    return {
        **_STORED(invoice),
        **_SAME_IN_ALL,
        "customer_name": contact.get("contact_name", ""),
        "company_name": contact.get("company_name", ""),
        "status": now,
        "current_sub_status": now,
        "due_days": due_days(call, invoice) if now not in _SETTLED else "",
        "email": contact.get("email", ""),
        "billing_address": addresses.on_row(invoice["_billing"]),
        "shipping_address": addresses.on_row(invoice["_shipping"]),
        "country": invoice["_billing"].get("country", ""),
        "phone": contact.get("phone", ""),
        "created_by": current(call)["name"],
        "balance": balance(invoice),
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "updated_time": invoice["last_modified_time"],
        "has_attachment": bool(invoice["_documents"]),
        **_CURRENCY(currency),
        "template_id": invoice["template_id"] or template_id(org),
    }


def _is(word: str) -> Any:
    return lambda call, invoice: status(call, invoice) == word


def _unpaid(call: Call, invoice: Record) -> bool:
    return is_open(invoice)


STATUS: dict[str, Any] = {
    **{word: _is(word) for word in ("sent", "draft", "paid", "void", "viewed", PENDING, APPROVED, REJECTED)},
    "overdue": is_overdue,
    "unpaid": _unpaid,
    "partially_paid": lambda call, invoice: is_partially_paid(invoice),
    "all": lambda call, invoice: True,
}


def _customer_name(call: Call, invoice: Record) -> str:
    return str(call.org.table("contacts").get(invoice["customer_id"], {}).get("contact_name", ""))


def _of_lines(name: str) -> Any:
    return lambda call, invoice: [line[name] for line in invoice["_lines"]]


LISTING = Listing(
    resource="invoices",
    key="invoices",
    report_name="Invoices",
    row=row,
    texts=(
        "invoice_number", "item_name", "item_id", "item_description", "reference_number", "customer_name",
        "customer_id", "recurring_invoice_id", "email", "zcrm_potential_id", "currency_id",
    ),
    numbers=("total", "balance"),
    dates=("date", "due_date", "created_date"),
    search=("invoice_number", "reference_number", "customer_name"),
    sorts=("customer_name", "invoice_number", "date", "due_date", "total", "balance"),
    derive={
        "customer_name": _customer_name,
        "item_name": _of_lines("name"),
        "item_id": _of_lines("item_id"),
        "item_description": _of_lines("description"),
        "balance": lambda call, invoice: balance(invoice),
        "created_date": lambda call, invoice: invoice["created_time"][:10],
    },
    filter_by={
        "Status.All": STATUS["all"],
        "Status.Sent": STATUS["sent"],
        "Status.Draft": STATUS["draft"],
        "Status.OverDue": STATUS["overdue"],
        "Status.Paid": STATUS["paid"],
        "Status.Void": STATUS["void"],
        "Status.Unpaid": STATUS["unpaid"],
        "Status.PartiallyPaid": STATUS["partially_paid"],
        "Status.Viewed": STATUS["viewed"],
        "Date.PaymentExpectedDate": lambda call, invoice: bool(invoice["payment_expected_date"]),
    },
    status=STATUS,
    documented_modified=True,
    quirk_fields=("date_", "due_date_"),
)  # fmt: skip


def _in_base(amount: Decimal, rate: Decimal, digits: int) -> Decimal:
    """An amount in base currency; at rate 1 it is one already."""
    return amount if rate == 1 else rounded(amount * rate, digits)


def _sums(call: Call, records: list[Record]) -> Record:
    """Totals of all matching rows, in base currency."""
    digits = int(base(call.org)["price_precision"])

    def total(of: Any) -> Decimal:
        return tidy(sum((_in_base(of(record), record["exchange_rate"], digits) for record in records), ZERO))

    return {
        "total": total(lambda record: record["total"]),
        "balance": total(balance),
        "overdue": total(lambda record: balance(record) if is_overdue(call, record) else ZERO),
    }


def listed(call: Call) -> Reply:
    """``GET /invoices``; ``response_option``: 0 rows, 1 rows + count + sums, 2 count, 3 count + sums, 4 rows + sums."""
    records, applied = matching(LISTING, call)
    page, head = paged(call, records)
    context = context_of(LISTING, call, head, applied)
    context["seller_app_sales_channels"] = ""
    option = call.query.get("response_option", "0")
    body: Record = {}
    if option not in ("2", "3"):
        body["invoices"] = [row(call, record) for record in page]
    if option in ("1", "2", "3"):
        context["total"] = len(records)
    if option in ("1", "3", "4"):
        context["sum_columns"] = kept(call, ("invoices", "sums"), lambda: _sums(call, records))
    if option in ("1", "2", "3", "4"):
        context["response_option"] = int(option)
    return Reply({**body, "page_context": context})
