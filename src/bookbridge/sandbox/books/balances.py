"""What a contact owes, is owed and has to its credit, kept up to date by the documents (FACTS 5.2).

A document counts once: open invoices as receivable, unapplied payments and open credit notes as unused credits, open
bills as payable, unapplied payments to the vendor as its unused credits. Amounts are in the contact's currency,
``_bcy`` twins in the base currency.
"""

from decimal import Decimal

from bookbridge.sandbox.books.currencies import base, rate_on
from bookbridge.sandbox.books.records import today
from bookbridge.sandbox.books.values import ZERO, Record, rounded, tidy
from bookbridge.sandbox.call import Call

RECEIVABLE = "receivable"
CREDITS = "credits"
PAYABLE = "payable"
VENDOR_CREDITS = "vendor_credits"
_WIRE = {
    RECEIVABLE: "outstanding_receivable_amount",
    PAYABLE: "outstanding_payable_amount",
    CREDITS: "unused_credits_receivable_amount",
    VENDOR_CREDITS: "unused_credits_payable_amount",
}
_FIELDS = {f"{name}{twin}": f"_{kind}{twin}" for kind, name in _WIRE.items() for twin in ("", "_bcy")}


def empty() -> Record:
    """The balances of a new contact."""
    return dict.fromkeys(_FIELDS.values(), ZERO)


def _in_contact_currency(call: Call, contact: Record, record: Record, amount: Decimal, bcy: Decimal) -> Decimal:
    if record["currency_id"] == contact["currency_id"]:
        return tidy(amount)
    currency = call.org.table("currencies")[contact["currency_id"]]
    return rounded(bcy / rate_on(currency, today(call)), currency["price_precision"])


def count(call: Call, record: Record, kind: str, amount: Decimal, *, party: str = "customer_id") -> None:
    """Let ``record`` count ``amount`` (document currency) to its contact, instead of what it counted before."""
    contacts = call.org.table("contacts")
    before = record.pop("_counted", None)
    if before is not None and before[0] in contacts:
        _add(contacts[before[0]], kind, -before[1], -before[2])
    contact = contacts.get(record[party])
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
    return {name: contact[field] for name, field in _FIELDS.items()}
