"""Refunds of unused payment amounts (FACTS 5.5)."""

from decimal import Decimal

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.customerpayments import recount
from bookbridge.sandbox.books.customerpayments_view import refund_shown
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, get, new_id, referenced
from bookbridge.sandbox.books.values import ZERO, Record, day, invalid, number, rounded, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

LIST_MESSAGE = "The list of refunds of the customer is displayed successfully."
ONE_MESSAGE = "The details of the refund are displayed successfully."


def _payment(call: Call) -> Record:
    return get(call, "customerpayments", call.ids["payment_id"])


def _refund(call: Call, payment: Record) -> Record:
    for row in payment["_refunds"]:
        if row["payment_refund_id"] == call.ids["refund_id"]:
            found: Record = row
            return found
    raise ZohoFault(404, 1002, "Refund does not exist.")


def _fill(call: Call, payment: Record, row: Record, available: Decimal) -> Record:
    body = call.body
    if not (body.get("date") or row.get("date")):
        raise invalid("date")
    row["date"] = day(body, "date", row.get("date", ""))
    row["amount"] = number(body, "amount", row.get("amount", ZERO))
    if row["amount"] <= 0:
        raise invalid("amount")
    if row["amount"] > available:
        raise refusal(call.world, "overpayment")
    wanted = body.get("from_account_id") or row.get("from_account_id")
    if not wanted:
        raise invalid("from_account_id")
    row["from_account_id"] = referenced(call, "chartofaccounts", wanted, "from_account_id")["account_id"]
    row["refund_mode"] = text(body, "refund_mode", 50, row.get("refund_mode", "cash"))
    row["reference_number"] = text(body, "reference_number", 100, row.get("reference_number", ""))
    row["description"] = text(body, "description", 2000, row.get("description", ""))
    row["payment_form"] = text(body, "payment_form", 50, row.get("payment_form", ""))
    row["exchange_rate"] = number(body, "exchange_rate", row.get("exchange_rate") or payment["exchange_rate"])
    return row


def listed(call: Call) -> Reply:
    """``GET /customerpayments/{id}/refunds``."""
    payment = _payment(call)
    contact = call.org.table("contacts")[payment["customer_id"]]
    rows = [
        {
            **refund_shown(row),
            "payment_number": payment["payment_number"],
            "customer_name": contact["contact_name"],
            "amount_bcy": rounded(row["amount"] * row["exchange_rate"], 2),
            "amount_fcy": row["amount"],
        }
        for row in payment["_refunds"]
    ]
    page, head = paged(call, rows)
    context = {**head, "report_name": "Refunds", "sort_column": "date", "sort_order": "D"}
    return Reply({"payment_refunds": page, "page_context": context}, message=LIST_MESSAGE)


def got(call: Call) -> Reply:
    """``GET .../refunds/{id}``."""
    return Reply({"payment_refund": refund_shown(_refund(call, _payment(call)))}, message=ONE_MESSAGE)


def created(call: Call) -> Reply:
    """``POST .../refunds``: at most what is unused."""
    payment = _payment(call)
    row: Record = {"payment_refund_id": new_id(call), "payment_id": payment["payment_id"]}
    payment["_refunds"].append(_fill(call, payment, row, payment["unused_amount"]))
    recount(call, payment)
    commit(call, "customerpayments", payment, row["payment_refund_id"])
    body = {"payment_refund": refund_shown(row)}
    return Reply(body, message="The refund information for this payment has been saved.")


def updated(call: Call) -> Reply:
    """``PUT .../refunds/{id}``."""
    payment = _payment(call)
    row = _refund(call, payment)
    row.update(_fill(call, payment, dict(row), payment["unused_amount"] + row["amount"]))
    recount(call, payment)
    commit(call, "customerpayments", payment, row["payment_refund_id"])
    return Reply({"payment_refund": refund_shown(row)}, message="The refund information has been saved.")


def deleted(call: Call) -> Reply:
    """``DELETE .../refunds/{id}``."""
    payment = _payment(call)
    row = _refund(call, payment)
    payment["_refunds"].remove(row)
    recount(call, payment)
    commit(call, "customerpayments", payment, row["payment_refund_id"])
    return Reply({}, message="The refund has been deleted.")


_ALL = "/customerpayments/{payment_id}/refunds"
_ONE = _ALL + "/{refund_id}"
ROUTES = (
    Route("GET", _ALL, "customerpayments.READ", listed),
    Route("POST", _ALL, "customerpayments.CREATE", created),
    Route("GET", _ONE, "customerpayments.READ", got),
    Route("PUT", _ONE, "customerpayments.UPDATE", updated),
    Route("DELETE", _ONE, "customerpayments.DELETE", deleted),
)
