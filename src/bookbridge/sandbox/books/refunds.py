"""Refunds of what is unused of a customer's payment, a credit note, a payment to a vendor (FACTS 5.5, 5.14, 5.17).

The three are one matter under three sets of names; a ``Kind`` holds the names.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from bookbridge.sandbox.books import settlements
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.creditnotes_view import refund_shown as credit_refund_shown
from bookbridge.sandbox.books.customerpayments_view import refund_shown as payment_refund_shown
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, get, new_id, referenced, save
from bookbridge.sandbox.books.values import ZERO, Record, day, invalid, number, rounded, text
from bookbridge.sandbox.books.vendorpayments_view import refund_shown as vendor_refund_shown
from bookbridge.sandbox.call import Call, Handler, Reply, Route, ZohoFault

SORTED = {"sort_column": "date", "sort_order": "D"}
Shown = Callable[[Call, Record, Record], Record]


@dataclass(frozen=True)
class Kind:
    """What is refunded, the names on the wire, the account the money moves to or from, and the messages."""

    settlement: settlements.Kind
    one: str
    report: str
    available: Callable[[Record], Decimal]
    shown: Shown
    listed: Shown
    said: dict[str, str]
    row_id: str
    placeholder: str = "refund_id"
    account: str = "from_account_id"
    status: int = 200
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table of what is refunded."""
        return self.settlement.source


def _owner(kind: Kind, call: Call) -> Record:
    return get(call, kind.table, call.ids[kind.settlement.source_id])


def _refund(kind: Kind, call: Call, owner: Record) -> Record:
    for row in owner["_refunds"]:
        if row[kind.row_id] == call.ids[kind.placeholder]:
            found: Record = row
            return found
    raise ZohoFault(404, 1002, "Refund does not exist.")


def _fill(kind: Kind, call: Call, owner: Record, row: Record, available: Decimal) -> Record:
    """Take a body into a refund; at most what is left can go back."""
    body = call.body
    if not (body.get("date") or row.get("date")):
        raise invalid("date")
    row["date"] = day(body, "date", row.get("date", ""))
    row["amount"] = number(body, "amount", row.get("amount", ZERO))
    if row["amount"] <= 0:
        raise invalid("amount")
    if row["amount"] > available:
        raise refusal(call.world, "overpayment")
    wanted = body.get(kind.account) or row.get(kind.account)
    if not wanted:
        raise invalid(kind.account)
    row[kind.account] = referenced(call, "chartofaccounts", wanted, kind.account)["account_id"]
    for name, limit in (("refund_mode", 50), ("payment_form", 50), ("reference_number", 100), ("description", 2000)):
        row[name] = text(body, name, limit, row.get(name, kind.defaults.get(name, "")))
    row["exchange_rate"] = number(body, "exchange_rate", row.get("exchange_rate") or owner["exchange_rate"])
    row["amount_bcy"] = rounded(row["amount"] * row["exchange_rate"], 2)
    return row


def _done(kind: Kind, call: Call, owner: Record, row: Record, message: str, *, gone: bool = False) -> Reply:
    settlements.settle(call, kind.settlement, owner)
    save(call, kind.table, owner)
    commit(call, kind.table, owner, row[kind.row_id])
    return Reply({} if gone else {kind.one: kind.shown(call, owner, row)}, message=message)


def _listed(kind: Kind, call: Call) -> Reply:
    """``GET .../refunds``."""
    owner = _owner(kind, call)
    page, head = paged(call, [kind.listed(call, owner, row) for row in owner["_refunds"]])
    context = {**head, "report_name": kind.report, **SORTED}
    return Reply({f"{kind.one}s": page, "page_context": context}, message=kind.said["listed"])


def _all_listed(kind: Kind, call: Call) -> Reply:
    """``GET /creditnotes/refunds``: of all credit notes, or of one customer's."""
    wanted = call.query.get(kind.settlement.party, "")
    owners = [row for row in call.org.table(kind.table).values() if wanted in ("", row[kind.settlement.party])]
    rows = [kind.listed(call, owner, row) for owner in owners for row in owner["_refunds"]]
    page, head = paged(call, sorted(rows, key=lambda row: str(row["date"]), reverse=True))
    context = {**head, "report_name": kind.report, **SORTED}
    return Reply({f"{kind.one}s": page, "page_context": context}, message=kind.said["all"])


def _got(kind: Kind, call: Call) -> Reply:
    """``GET .../refunds/{id}``."""
    owner = _owner(kind, call)
    return Reply({kind.one: kind.shown(call, owner, _refund(kind, call, owner))}, message=kind.said["got"])


def _created(kind: Kind, call: Call) -> Reply:
    """``POST .../refunds``."""
    owner = _owner(kind, call)
    row: Record = {kind.row_id: new_id(call), kind.settlement.source_id: owner[kind.settlement.source_id]}
    owner["_refunds"].append(_fill(kind, call, owner, row, kind.available(owner)))
    reply = _done(kind, call, owner, row, kind.said["created"])
    reply.status = kind.status
    return reply


def _updated(kind: Kind, call: Call) -> Reply:
    """``PUT .../refunds/{id}``."""
    owner = _owner(kind, call)
    row = _refund(kind, call, owner)
    row.update(_fill(kind, call, owner, dict(row), kind.available(owner) + row["amount"]))
    return _done(kind, call, owner, row, kind.said["updated"])


def _deleted(kind: Kind, call: Call) -> Reply:
    """``DELETE .../refunds/{id}``."""
    owner = _owner(kind, call)
    row = _refund(kind, call, owner)
    owner["_refunds"].remove(row)
    return _done(kind, call, owner, row, kind.said["deleted"], gone=True)


def _payment_row(call: Call, payment: Record, row: Record) -> Record:
    contact = call.org.table("contacts")[payment["customer_id"]]
    return {
        **payment_refund_shown(row),
        "payment_number": payment["payment_number"],
        "customer_name": contact["contact_name"],
        "amount_bcy": row["amount_bcy"],
        "amount_fcy": row["amount"],
    }


PAYMENTS = Kind(
    settlement=settlements.PAYMENT,
    one="payment_refund",
    row_id="payment_refund_id",
    report="Refunds",
    available=lambda payment: payment["unused_amount"],
    shown=lambda call, payment, row: payment_refund_shown(row),
    listed=_payment_row,
    defaults={"refund_mode": "cash"},
    said={
        "listed": "The list of refunds of the customer is displayed successfully.",
        "got": "The details of the refund are displayed successfully.",
        "created": "The refund information for this payment has been saved.",
        "updated": "The refund information has been saved.",
        "deleted": "The refund has been deleted.",
    },
)
CREDIT_NOTES = Kind(
    settlement=settlements.CREDIT,
    one="creditnote_refund",
    row_id="creditnote_refund_id",
    placeholder="creditnote_refund_id",
    report="Credit Note Refunds",
    available=lambda note: note["balance"] if note["_state"] == "open" else ZERO,
    shown=credit_refund_shown,
    listed=credit_refund_shown,
    said={
        "all": "The list of credit note refunds are displayed successfully.",
        "listed": "The refunds of the existing credit note are displayed successfully.",
        "got": "The refund of the credit note is displayed successfully.",
        "created": "The credit note amount is refunded successfully.",
        "updated": "The credit note refund is updated successfully.",
        "deleted": "The refund has been successfully deleted.",
    },
)
VENDOR_PAYMENTS = Kind(
    settlement=settlements.VENDOR_PAYMENT,
    one="vendorpayment_refund",
    row_id="vendorpayment_refund_id",
    placeholder="vendorpayment_refund_id",
    account="to_account_id",
    status=201,
    report="Vendor Payment Refunds",
    available=lambda payment: payment["balance"],
    shown=vendor_refund_shown,
    listed=vendor_refund_shown,
    said={
        "listed": "success",
        "got": "success",
        "created": "Vendor Payment Refunded successfully",
        "updated": "The refund information has been saved.",
        "deleted": "The refund has been deleted.",
    },
)


def _routes(kind: Kind) -> tuple[Route, ...]:
    every = f"/{kind.table}/{{{kind.settlement.source_id}}}/refunds"
    one = f"{every}/{{{kind.placeholder}}}"

    def route(method: str, path: str, operation: str, handler: Callable[[Kind, Call], Reply]) -> Route:
        bound: Handler = partial(handler, kind)
        return Route(method, path, f"{kind.table}.{operation}", bound)

    return (
        route("GET", every, "READ", _listed),
        route("POST", every, "CREATE", _created),
        route("GET", one, "READ", _got),
        route("PUT", one, "UPDATE", _updated),
        route("DELETE", one, "DELETE", _deleted),
    )


ROUTES = (
    Route("GET", "/creditnotes/refunds", "creditnotes.READ", partial(_all_listed, CREDIT_NOTES)),
    *_routes(PAYMENTS),
    *_routes(CREDIT_NOTES),
    *_routes(VENDOR_PAYMENTS),
)
