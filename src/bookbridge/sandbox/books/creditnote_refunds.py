"""Refunds of credit notes (FACTS 5.14)."""

from decimal import Decimal

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.creditnotes_view import refund_shown
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, get, new_id, referenced, save
from bookbridge.sandbox.books.settlements import settle_credit
from bookbridge.sandbox.books.values import ZERO, Record, day, invalid, number, rounded, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

CONTEXT = {"report_name": "Credit Note Refunds", "sort_column": "date", "sort_order": "D"}


def _note(call: Call) -> Record:
    return get(call, "creditnotes", call.ids["creditnote_id"])


def _refund(call: Call, note: Record) -> Record:
    for row in note["_refunds"]:
        if row["creditnote_refund_id"] == call.ids["creditnote_refund_id"]:
            found: Record = row
            return found
    raise ZohoFault(404, 1002, "Refund does not exist.")


def _fill(call: Call, note: Record, row: Record, available: Decimal) -> Record:
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
    for name, limit in (("refund_mode", 50), ("payment_form", 50), ("reference_number", 100), ("description", 2000)):
        row[name] = text(body, name, limit, row.get(name, ""))
    row["amount_bcy"] = rounded(row["amount"] * note["exchange_rate"], 2)
    return row


def _saved(call: Call, note: Record, row: Record) -> None:
    settle_credit(call, note)
    save(call, "creditnotes", note)
    commit(call, "creditnotes", note, row["creditnote_refund_id"])


def all_listed(call: Call) -> Reply:
    """``GET /creditnotes/refunds``: of all credit notes, or of one customer's."""
    wanted = call.query.get("customer_id", "")
    notes = [note for note in call.org.table("creditnotes").values() if wanted in ("", note["customer_id"])]
    rows = [refund_shown(call, note, row) for note in notes for row in note["_refunds"]]
    page, head = paged(call, sorted(rows, key=lambda row: str(row["date"]), reverse=True))
    message = "The list of credit note refunds are displayed successfully."
    return Reply({"creditnote_refunds": page, "page_context": {**head, **CONTEXT}}, message=message)


def listed(call: Call) -> Reply:
    """``GET /creditnotes/{id}/refunds``."""
    note = _note(call)
    page, head = paged(call, [refund_shown(call, note, row) for row in note["_refunds"]])
    message = "The refunds of the existing credit note are displayed successfully."
    return Reply({"creditnote_refunds": page, "page_context": {**head, **CONTEXT}}, message=message)


def got(call: Call) -> Reply:
    """``GET .../refunds/{id}``."""
    note = _note(call)
    message = "The refund of the credit note is displayed successfully."
    return Reply({"creditnote_refund": refund_shown(call, note, _refund(call, note))}, message=message)


def created(call: Call) -> Reply:
    """``POST .../refunds``: at most the balance of an open credit note."""
    note = _note(call)
    row: Record = {"creditnote_refund_id": new_id(call)}
    available = note["balance"] if note["_state"] == "open" else ZERO
    note["_refunds"].append(_fill(call, note, row, available))
    _saved(call, note, row)
    message = "The credit note amount is refunded successfully."
    return Reply({"creditnote_refund": refund_shown(call, note, row)}, message=message)


def updated(call: Call) -> Reply:
    """``PUT .../refunds/{id}``."""
    note = _note(call)
    row = _refund(call, note)
    row.update(_fill(call, note, dict(row), note["balance"] + row["amount"]))
    _saved(call, note, row)
    message = "The credit note refund is updated successfully."
    return Reply({"creditnote_refund": refund_shown(call, note, row)}, message=message)


def deleted(call: Call) -> Reply:
    """``DELETE .../refunds/{id}``."""
    note = _note(call)
    row = _refund(call, note)
    note["_refunds"].remove(row)
    _saved(call, note, row)
    return Reply({}, message="The refund has been successfully deleted.")


_ALL = "/creditnotes/{creditnote_id}/refunds"
_ONE = _ALL + "/{creditnote_refund_id}"
ROUTES = (
    Route("GET", "/creditnotes/refunds", "creditnotes.READ", all_listed),
    Route("GET", _ALL, "creditnotes.READ", listed),
    Route("POST", _ALL, "creditnotes.CREATE", created),
    Route("GET", _ONE, "creditnotes.READ", got),
    Route("PUT", _ONE, "creditnotes.UPDATE", updated),
    Route("DELETE", _ONE, "creditnotes.DELETE", deleted),
)
