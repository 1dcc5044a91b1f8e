"""Values of list parameters that the documents name in prose only (FACTS 4.5)."""

import pytest

from tests.contract.sandbox.books.conftest import Books, books

__all__ = ["books"]


def _words(prefix: str, text: str) -> list[str]:
    return [f"{prefix}.{word}" for word in text.split()]


FILTER_BY = {
    "/contacts": [
        *_words("Status", "All Active Inactive Duplicate PortalEnabled PortalDisabled CreditLimitExceed Crm"),
        *_words("Status", "Customers Vendors"), "Invoice.OverDue", "Invoice.Unpaid",
    ],
    "/items": _words("Status", "All Active Inactive"),
    "/invoices": [*_words("Status", "All Sent Draft OverDue Paid Void Unpaid PartiallyPaid Viewed"),
                  "Date.PaymentExpectedDate"],
    "/customerpayments": _words(
        "PaymentMode", "All Check Cash BankTransfer Paypal CreditCard GoogleCheckout Credit Authorizenet "
        "BankRemittance Payflowpro Stripe TwoCheckout Braintree Others"),
    "/expenses": _words("Status", "All Billable Nonbillable Reimbursed Invoiced Unbilled"),
    "/chartofaccounts": _words("AccountType", "All Active Inactive Asset Liability Equity Income Expense"),
    "/bankaccounts": _words("Status", "All Active Inactive"),
    "/settings/currencies": ["Currencies.ExcludeBaseCurrency"],
    "/users": _words("Status", "All Active Inactive Invited Deleted"),
}  # fmt: skip
STATUS = {
    "/invoices": "sent draft overdue paid void unpaid partially_paid viewed",
    "/expenses": "unbilled invoiced reimbursed non-billable billable",
}
SORTS = {
    "/contacts": "contact_name first_name last_name email outstanding_receivable_amount created_time "
    "last_modified_time",
    "/items": "name rate tax_name",
    "/invoices": "customer_name invoice_number date due_date total balance created_time",
    "/expenses": "date account_name total bcy_total reference_number customer_name created_time",
    "/chartofaccounts": "account_name account_type account_code",
    "/bankaccounts": "account_name account_type account_code",
    "/users": "name email user_role status",
}


@pytest.mark.parametrize("path", sorted(FILTER_BY))
def test_every_filter_by_is_taken_and_others_are_refused(books: Books, path: str) -> None:
    """A known ``filter_by`` is echoed as the applied filter, an unknown one is 400/2."""
    for value in FILTER_BY[path]:
        context = books.call("GET", path, filter_by=value)["page_context"]
        assert context.get("applied_filter", value) == value
    assert books.refused("GET", path, filter_by="Status.Nonsense") == (400, 2, "Invalid value passed for filter_by")


@pytest.mark.parametrize("path", sorted(STATUS))
def test_every_status_is_taken_and_others_are_refused(books: Books, path: str) -> None:
    """``status`` knows the documented words only."""
    for value in STATUS[path].split():
        assert books.zoho.books("GET", path, params={"status": value}).status_code == 200
    assert books.refused("GET", path, status="nonsense") == (400, 2, "Invalid value passed for status")


@pytest.mark.parametrize("path", sorted(SORTS))
def test_every_sort_column_is_in_force(books: Books, path: str) -> None:
    """A known ``sort_column`` is echoed in ``page_context`` with the order asked for."""
    for value in SORTS[path].split():
        context = books.call("GET", path, sort_column=value, sort_order="D")["page_context"]
        assert (context["sort_column"], context["sort_order"]) == (value, "D")
