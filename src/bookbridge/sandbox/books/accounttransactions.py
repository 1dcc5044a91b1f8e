"""The transactions of one account as a list (FACTS 4.5, 5.7), under its documented path and an older one.

``/chartofaccounts/transactions`` with ``date.start`` and ``date.end`` is met in public connectors (FACTS 4.5).
"""

from typing import Any

from bookbridge.sandbox.books import filters
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.postings import postings
from bookbridge.sandbox.books.records import referenced
from bookbridge.sandbox.books.values import Record, invalid
from bookbridge.sandbox.call import Call, Reply, Route

MOST_ROWS = 5000


def _shown(call: Call, account: Record, posting: Record) -> Record:
    currency = base(call.org)
    is_debit = posting["debit"] != ""
    return {
        "transaction_id": posting["transaction_id"],
        "categorized_transaction_id": "",
        "transaction_type": posting["entity_type"],
        "transaction_type_formatted": posting["entity_type_formatted"],
        "transaction_status": "",
        "transaction_source": "",
        "transaction_date": posting["date"],
        "transaction_date_formatted": posting["date_formatted"],
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "customer_id": posting["customer_id"],
        "payee": posting["customer_name"],
        "description": "",
        "entry_number": posting["reference_number"],
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "debit_or_credit": "debit" if is_debit else "credit",
        "offset_account_name": "",
        "reference_number": posting["reference_number"],
        "reconcile_status": "",
        "debit_amount": posting["debit"],
        "credit_amount": posting["credit"],
        "fcy_debit_amount": posting["fcy_debit"],
        "fcy_credit_amount": posting["fcy_credit"],
    }


def _passes(query: dict[str, str], row: Record) -> bool:
    amount: Any = row["debit_amount"] if row["debit_or_credit"] == "debit" else row["credit_amount"]
    tests = [
        *((test, row["transaction_date"]) for test in filters.date_tests(query, "date")),
        *((test, amount) for test in filters.number_tests(query, "amount")),
        *((test, row["transaction_type"]) for test in filters.text_tests(query, "transaction_type")),
    ]
    return all(test(value) for test, value in tests)


def listed(call: Call) -> Reply:
    """``GET /chartofaccounts/accounttransactions?account_id=``: newest first; raises 4 without an account."""
    if not call.query.get("account_id"):
        raise invalid("account_id")
    account = referenced(call, "chartofaccounts", call.query["account_id"], "account_id")
    query = {name.replace(".", "_"): value for name, value in call.query.items()}
    rows = [_shown(call, account, posting) for posting in postings(call, account)]
    page, head = paged(call, [row for row in rows if _passes(query, row)], MOST_ROWS)
    context = {
        **head,
        "report_name": "Account Transactions",
        "applied_filter": "TransactionType.All",
        "sort_column": "transaction_date",
        "sort_order": "D",
    }
    return Reply({"transactions": page, "page_context": context})


ROUTES = (
    Route("GET", "/chartofaccounts/accounttransactions", "accountants.READ", listed),
    Route("GET", "/chartofaccounts/transactions", "accountants.READ", listed),
)
