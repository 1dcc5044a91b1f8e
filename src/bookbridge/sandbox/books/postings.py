"""What touched an account, for its balance and its transactions (FACTS 5.7), in base currency.

Only the accounts of the resources the sandbox has are moved: customer payments and their refunds (deposit account,
receivables), expenses (expense and paid-through account), invoices and credit notes (receivables, income of lines).
"""

from collections.abc import Iterator
from decimal import Decimal

from bookbridge.sandbox.books.display import date_formatted
from bookbridge.sandbox.books.values import ZERO, Record, rounded, tidy
from bookbridge.sandbox.call import Call

DEBIT_TYPES = {
    "other_asset", "other_current_asset", "cash", "bank", "fixed_asset", "accounts_receivable", "stock", "expense",
    "cost_of_goods_sold", "other_expense",
}  # fmt: skip

# date, id, entity type, contact id, reference, debit, credit (document currency), exchange rate
Posting = tuple[str, str, str, str, str, Decimal, Decimal, Decimal]


def _documents(call: Call, account: Record) -> Iterator[Posting]:
    if account["account_type"] in ("bank", "cash", "credit_card"):
        return
    receivable = account["account_type"] == "accounts_receivable"
    for table, kind, number, sign in (
        ("invoices", "invoice", "invoice_number", 1),
        ("creditnotes", "creditnote", "creditnote_number", -1),
    ):
        for row in call.org.table(table).values():
            if row["_state"] in ("draft", "void"):
                continue
            amount = row["total"] if receivable else ZERO
            if not receivable:
                lines = (line for line in row["_lines"] if line["account_id"] == account["account_id"])
                amount = -sum((line["item_total"] for line in lines), ZERO)
            amount *= sign
            if amount:
                debit, credit = (amount, ZERO) if amount > 0 else (ZERO, -amount)
                record_id = row[f"{kind}_id"]
                yield row["date"], record_id, kind, row["customer_id"], row[number], debit, credit, row["exchange_rate"]


def _payments(call: Call, account: Record) -> Iterator[Posting]:
    receivable = account["account_type"] == "accounts_receivable"
    for row in call.org.table("customerpayments").values():
        head = row["date"], row["payment_id"], "customer_payment", row["customer_id"], row["reference_number"]
        if row["account_id"] == account["account_id"]:
            yield *head, row["amount"], ZERO, row["exchange_rate"]
        elif receivable:
            yield *head, ZERO, row["amount"], row["exchange_rate"]


def _expenses(call: Call, account: Record) -> Iterator[Posting]:
    account_id = account["account_id"]
    for row in call.org.table("expenses").values():
        head = row["date"], row["expense_id"], "expense", row["vendor_id"], row["reference_number"]
        spent = sum((line["_net"] for line in row["_lines"] if line["account_id"] == account_id), ZERO)
        if spent:
            yield *head, spent, ZERO, row["exchange_rate"]
        if row["paid_through_account_id"] == account_id:
            yield *head, ZERO, row["total"], row["exchange_rate"]


def _all(call: Call, account: Record) -> list[Posting]:
    rows = [*_documents(call, account), *_payments(call, account), *_expenses(call, account)]
    return sorted(rows, key=lambda row: (row[0], row[1]), reverse=True)


def balance_of(call: Call, account: Record) -> Decimal:
    """The balance in base currency, in the account's own direction."""
    moved = sum((rounded((row[5] - row[6]) * row[7], 2) for row in _all(call, account)), ZERO)
    return tidy(account["opening_balance"] + (moved if account["account_type"] in DEBIT_TYPES else -moved))


def postings(call: Call, account: Record) -> list[Record]:
    """The account's transactions as wire rows, newest first."""
    contacts = call.org.table("contacts")
    rows = []
    for date, record_id, kind, contact_id, reference, debit, credit, rate in _all(call, account):
        bcy_debit, bcy_credit = rounded(debit * rate, 2), rounded(credit * rate, 2)
        rows.append({
            "date": date,
            "date_formatted": date_formatted(call.org, date),
            "transaction_id": record_id,
            "entity_type": kind,
            "entity_type_formatted": kind.replace("_", " ").title(),
            "customer_id": contact_id,
            "customer_name": contacts.get(contact_id, {}).get("contact_name", ""),
            "reference_number": reference,
            "debit": bcy_debit if debit else "",
            "debit_formatted": f"{bcy_debit:,.2f}" if debit else "",
            "credit": bcy_credit if credit else "",
            "credit_formatted": f"{bcy_credit:,.2f}" if credit else "",
            "fcy_debit": debit if debit else "",
            "fcy_debit_formatted": f"{debit:,.2f}" if debit else "",
            "fcy_credit": credit if credit else "",
            "fcy_credit_formatted": f"{credit:,.2f}" if credit else "",
        })  # fmt: skip
    return rows
