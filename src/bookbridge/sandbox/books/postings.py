"""What touched an account, for its balance and its transactions (FACTS 5.7), in base currency: a view of the ledger."""

from decimal import Decimal

from bookbridge.sandbox.books.display import date_formatted
from bookbridge.sandbox.books.ledger import Entry, entries, own_direction
from bookbridge.sandbox.books.values import ZERO, Record
from bookbridge.sandbox.call import Call


def _all(call: Call, account: Record) -> list[Entry]:
    found = [entry for entry in entries(call) if entry.account_id == account["account_id"]]
    return sorted(found, key=lambda entry: (entry.date, entry.record_id), reverse=True)


def balance_of(call: Call, account: Record) -> Decimal:
    """The balance in base currency, in the account's own direction."""
    return own_direction(account, sum((entry.amount for entry in _all(call, account)), ZERO))


def postings(call: Call, account: Record) -> list[Record]:
    """The account's transactions as wire rows, newest first; its opening balance is none of them."""
    contacts = call.org.table("contacts")
    rows = []
    for entry in _all(call, account):
        if entry.kind == "opening_balance":
            continue
        debit, credit = max(entry.amount, ZERO), max(-entry.amount, ZERO)
        fcy_debit, fcy_credit = max(entry.fcy, ZERO), max(-entry.fcy, ZERO)
        rows.append({
            "date": entry.date,
            "date_formatted": date_formatted(call.org, entry.date),
            "transaction_id": entry.record_id,
            "entity_type": entry.kind,
            "entity_type_formatted": entry.kind.replace("_", " ").title(),
            "customer_id": entry.contact_id,
            "customer_name": contacts.get(entry.contact_id, {}).get("contact_name", ""),
            "reference_number": entry.reference,
            **_sides("debit", debit, fcy_debit),
            **_sides("credit", credit, fcy_credit),
        })  # fmt: skip
    return rows


def _sides(name: str, amount: Decimal, fcy: Decimal) -> Record:
    return {
        name: amount or "",
        f"{name}_formatted": f"{amount:,.2f}" if amount else "",
        f"fcy_{name}": fcy or "",
        f"fcy_{name}_formatted": f"{fcy:,.2f}" if fcy else "",
    }
