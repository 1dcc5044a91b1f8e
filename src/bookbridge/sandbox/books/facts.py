"""What a money document says after a change, for whoever wants to recompute from the commit log alone.

``GET /_sandbox/commits?facts=true`` gives each commit's ``facts``: one object for each document that the change touched
(a payment that settles two invoices touches three). Amounts are in the document's currency; ``on`` is a calendar day of
the organization. What is gone says ``deleted`` and nothing else.
"""

from collections.abc import Callable
from typing import Any

from bookbridge.sandbox.books.values import Record

Facts = dict[str, Any]
# Invoices and bills in these states are owed, credit notes in these are credits; all others are drafts for the books.
_COUNTED = {"sent": "open", "open": "open", "closed": "open", "void": "void"}


def _state(record: Record) -> str:
    return _COUNTED.get(record["_state"], "draft")


def _head(org: Any, record: Record, party: str) -> Facts:
    return {
        party: record[party],
        "date": record["date"],
        "currency_code": org.table("currencies")[record["currency_id"]]["currency_code"],
        "exchange_rate": record["exchange_rate"],
    }


def _applied(record: Record, target: str, dated: str) -> list[Facts]:
    return [
        {
            target: row[target],
            "amount": row["amount_applied"],
            "withheld": row["tax_amount_withheld"],
            "on": row[dated],
        }
        for row in record["_applied"]
    ]


def _refunds(record: Record) -> list[Facts]:
    return [{"amount": row["amount"], "on": row["date"]} for row in record["_refunds"]]


def _invoice(org: Any, record: Record) -> Facts:
    return {
        **_head(org, record, "customer_id"),
        "due_date": record["due_date"],
        "total": record["total"],
        "status": _state(record),
        "write_off_amount": record["write_off_amount"],
        "write_off_date": record.get("_write_off_date", ""),
    }


def _bill(org: Any, record: Record) -> Facts:
    return {
        **_head(org, record, "vendor_id"),
        "due_date": record["due_date"],
        "total": record["total"],
        "status": _state(record),
    }


def _credit_note(org: Any, record: Record) -> Facts:
    return {
        **_head(org, record, "customer_id"),
        "total": record["total"],
        "status": _state(record),
        "applied": _applied(record, "invoice_id", "date"),
        "refunds": _refunds(record),
    }


def _payment(org: Any, record: Record) -> Facts:
    return {
        **_head(org, record, "customer_id"),
        "amount": record["amount"],
        "applied": _applied(record, "invoice_id", "apply_date"),
        "refunds": _refunds(record),
    }


def _vendor_payment(org: Any, record: Record) -> Facts:
    return {
        **_head(org, record, "vendor_id"),
        "amount": record["amount"],
        "applied": _applied(record, "bill_id", "apply_date"),
        "refunds": _refunds(record),
    }


def _expense(org: Any, record: Record) -> Facts:
    return {**_head(org, record, "vendor_id"), "customer_id": record["customer_id"], "total": record["total"]}


_OF: dict[str, Callable[[Any, Record], Facts]] = {
    "invoices": _invoice,
    "creditnotes": _credit_note,
    "customerpayments": _payment,
    "bills": _bill,
    "vendorpayments": _vendor_payment,
    "expenses": _expense,
}


def touched(org: Any, resource: str, record_id: str) -> None:
    """Note that a document was written or removed, for the commit that follows."""
    if resource in _OF:
        org.touched[resource, record_id] = True


def of_touched(org: Any) -> tuple[Facts, ...]:
    """The facts of every document noted since the last commit."""
    found = []
    for resource, record_id in org.touched:
        record = org.table(resource).get(record_id)
        said = {"deleted": True} if record is None else _OF[resource](org, record)
        found.append({"resource": resource, "id": record_id, **said})
    org.touched.clear()
    return tuple(found)
