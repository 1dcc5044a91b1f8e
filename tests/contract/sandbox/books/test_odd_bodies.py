"""Strange input gets an answer of Zoho's kind, never a crash."""

import re
from decimal import Decimal
from random import Random
from typing import Any

from bookbridge.sandbox.books import ROUTES
from tests.contract.sandbox.books.test_invariants import Ledger

FIELDS = (
    "customer_id", "line_items", "name", "rate", "quantity", "discount", "tax_id", "amount", "date", "due_date",
    "contact_name", "contact_persons", "billing_address", "custom_fields", "invoices", "account_id", "currency_id",
    "exchange_rate", "payment_terms", "is_inclusive_tax", "shipping_charge", "adjustment", "currency_code", "taxes",
    "price_precision", "tax_name", "tax_percentage", "opening_balances", "from_account_id", "invoice_payments",
    "account_name", "account_type", "to_mail_ids", "payment_options", "default_templates", "contact_persons_associated",
    "discount_type", "credit_limit", "is_billable", "paid_through_account_id", "effective_date", "tax_group_name",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, "", 0, -1, Decimal("1.5"), "abc", "10%", "1e5", "2026-02-30", "2026-02-03", True, [], {}, [1], ["x"], [None],
    [{}], {"a": 1}, 10**30, "9" * 40, "-0", "x" * 300, Decimal("1E+10"), [{"invoice_id": "1", "amount_applied": "x"}],
)  # fmt: skip
TABLES = {
    "contact_id": "contacts", "payment_id": "customerpayments", "creditnote_id": "creditnotes", "item_id": "items",
    "expense_id": "expenses", "account_id": "chartofaccounts", "currency_id": "currencies",
}  # fmt: skip


def test_no_body_crashes_a_handler() -> None:
    """Every route answers or refuses whatever the body holds; an exception would be a 500 that Zoho does not send."""
    ledger = Ledger(3)
    for _ in range(60):
        ledger.step()
    random = ledger.random = Random(7)
    routes = [route for route in ROUTES if route.method != "DELETE"]
    for _ in range(2000):
        route = random.choice(routes)
        path = route.path
        for name in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{name}}}", ledger.any_id(TABLES.get(name, "invoices")))
        body = {random.choice(FIELDS): random.choice(VALUES) for _ in range(random.randint(0, 4))}
        if random.random() < 0.5:
            body["customer_id"] = ledger.any_id("contacts")
            body["line_items"] = [{"name": "x", random.choice(FIELDS): random.choice(VALUES)}]
        ledger.answered(route.method, path, body)
