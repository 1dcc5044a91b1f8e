"""What a contact owes and has to its credit, kept up to date by the documents (FACTS 5.2).

A document counts once: open invoices as receivable, unapplied payments and open credit notes as unused credits.
Amounts are in the contact's currency, ``_bcy`` twins in the base currency.
"""

from decimal import Decimal

from bookbridge.sandbox.books.currencies import base, rate_on
from bookbridge.sandbox.books.records import today
from bookbridge.sandbox.books.values import ZERO, Record, rounded, tidy
from bookbridge.sandbox.call import Call

RECEIVABLE = "receivable"
CREDITS = "credits"


def empty() -> Record:
    """The balances of a new contact."""
    return {f"_{kind}{twin}": ZERO for kind in (RECEIVABLE, CREDITS) for twin in ("", "_bcy")}


def _in_contact_currency(call: Call, contact: Record, record: Record, amount: Decimal, bcy: Decimal) -> Decimal:
    if record["currency_id"] == contact["currency_id"]:
        return tidy(amount)
    currency = call.org.table("currencies")[contact["currency_id"]]
    return rounded(bcy / rate_on(currency, today(call)), currency["price_precision"])


def count(call: Call, record: Record, kind: str, amount: Decimal) -> None:
    """Let ``record`` count ``amount`` (document currency) to its customer, instead of what it counted before."""
    contacts = call.org.table("contacts")
    before = record.pop("_counted", None)
    if before is not None and before[0] in contacts:
        _add(contacts[before[0]], kind, -before[1], -before[2])
    contact = contacts.get(record["customer_id"])
    if contact is None or not amount:
        return
    bcy = rounded(amount * record["exchange_rate"], base(call.org)["price_precision"])
    own = _in_contact_currency(call, contact, record, amount, bcy)
    record["_counted"] = (contact["contact_id"], own, bcy)
    _add(contact, kind, own, bcy)


def _add(contact: Record, kind: str, amount: Decimal, bcy: Decimal) -> None:
    contact[f"_{kind}"] = tidy(contact[f"_{kind}"] + amount)
    contact[f"_{kind}_bcy"] = tidy(contact[f"_{kind}_bcy"] + bcy)


def shown(contact: Record) -> Record:
    """The eight balance fields of a contact's row and detail."""
    receivable, credits = f"_{RECEIVABLE}", f"_{CREDITS}"
    return {
        "outstanding_receivable_amount": contact[receivable],
        "outstanding_receivable_amount_bcy": contact[f"{receivable}_bcy"],
        "outstanding_payable_amount": ZERO,
        "outstanding_payable_amount_bcy": ZERO,
        "unused_credits_receivable_amount": contact[credits],
        "unused_credits_receivable_amount_bcy": contact[f"{credits}_bcy"],
        "unused_credits_payable_amount": ZERO,
        "unused_credits_payable_amount_bcy": ZERO,
    }
