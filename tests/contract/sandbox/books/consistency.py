"""What must hold in an organization's books whatever was done, for tests of handlers and of the fill."""

from decimal import Decimal

from bookbridge.sandbox.books.invoices_status import balance, receivable
from bookbridge.sandbox.state import Org


def check_books(org: Org) -> None:
    """Fail unless the books of an organization agree with themselves."""
    invoices = list(org.table("invoices").values())
    payments = list(org.table("customerpayments").values())
    notes = list(org.table("creditnotes").values())
    for contact_id, contact in org.table("contacts").items():
        owed = sum((receivable(row) for row in invoices if row["customer_id"] == contact_id), Decimal(0))
        unused = sum((row["unused_amount"] for row in payments if row["customer_id"] == contact_id), Decimal(0))
        open_notes = (row for row in notes if row["customer_id"] == contact_id and row["_state"] == "open")
        unused += sum((row["balance"] for row in open_notes), Decimal(0))
        assert (contact["_receivable"], contact["_credits"]) == (owed, unused)
    for invoice in invoices:
        rows = [row for one in payments for row in one["_applied"] if row["invoice_id"] == invoice["invoice_id"]]
        assert invoice["_paid"] == sum((row["amount_applied"] for row in rows), Decimal(0))
        assert balance(invoice) >= 0
    assert all(payment["unused_amount"] >= 0 for payment in payments)
    _check_vendors(org)
    numbers = [invoice["invoice_number"] for invoice in invoices]
    assert len(numbers) == len(set(numbers))


def _check_vendors(org: Org) -> None:
    bills, paid = list(org.table("bills").values()), list(org.table("vendorpayments").values())
    for contact_id, contact in org.table("contacts").items():
        owed = sum((receivable(row) for row in bills if row["vendor_id"] == contact_id), Decimal(0))
        ahead = sum((row["balance"] for row in paid if row["vendor_id"] == contact_id), Decimal(0))
        assert (contact["_payable"], contact["_vendor_credits"]) == (owed, ahead)
    for bill in bills:
        rows = [row for one in paid for row in one["_applied"] if row["bill_id"] == bill["bill_id"]]
        assert bill["_paid"] == sum((row["amount_applied"] for row in rows), Decimal(0))
        assert balance(bill) >= 0
    assert all(payment["balance"] >= 0 for payment in paid)
    numbers = [(bill["vendor_id"], bill["bill_number"]) for bill in bills]
    assert len(numbers) == len(set(numbers))
