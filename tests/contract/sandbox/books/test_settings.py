"""Organizations, currencies, taxes, accounts and users of the sandbox against FACTS 5.1, 5.7 - 5.11."""

from decimal import Decimal

from tests.contract.sandbox.books.conftest import Books
from tests.contract.sandbox.books.wire_keys import ACCOUNT_ROW, BANK_ROW, CURRENCY_ROW, ORGANIZATION_ROW, TAX_ROW


def test_organizations_list_and_detail(books: Books) -> None:
    """The list has the recorded keys and no page_context; update changes only what is sent."""
    answer = books.call("GET", "/organizations")
    row = answer["organizations"][0]
    assert set(row) >= ORGANIZATION_ROW
    assert "page_context" not in answer
    assert (row["fiscal_year_start_month"], row["price_precision"], row["org_settings"]) == (
        "1", 2, {"is_org_active": True},
    )  # fmt: skip
    path = f"/organizations/{row['organization_id']}"
    assert books.call("GET", path)["organization"]["name"] == row["name"]
    changed = books.call("PUT", path, {"website": "https://example.com"})["organization"]
    assert (changed["website"], changed["name"]) == ("https://example.com", row["name"])
    assert books.refused("GET", "/organizations/424242")[:2] == (404, 1002)


def test_currencies_start_with_the_twelve_of_a_new_organization(books: Books) -> None:
    """Twelve currencies, JPY without decimals; page_context has only four members; doubles are refused."""
    answer = books.call("GET", "/settings/currencies")
    rows = {row["currency_code"]: row for row in answer["currencies"]}
    assert set(rows) == set(["AED", "AUD", "BND", "CAD", "CNY", "EUR", "GBP", "INR", "JPY", "SAR", "USD", "ZAR"])
    assert set(rows["AED"]) == CURRENCY_ROW
    assert rows["AED"]["currency_name_formatted"] == "AED- UAE Dirham"
    assert (rows["JPY"]["price_precision"], rows["USD"]["is_base_currency"]) == (0, True)
    assert set(answer["page_context"]) == {"page", "per_page", "has_more_page", "report_name"}
    other = books.call("GET", "/settings/currencies", filter_by="Currencies.ExcludeBaseCurrency")["currencies"]
    assert "USD" not in {row["currency_code"] for row in other}
    new = {"currency_code": "KWD", "currency_symbol": "KD", "price_precision": 3, "currency_format": "1,234,567.899"}
    assert books.call("POST", "/settings/currencies", new, status=201)["message"] == "The currency has been added."
    assert books.refused("POST", "/settings/currencies", new) == (400, 4, "CurrencyCode already exists")


def test_exchange_rates_are_found_by_date(books: Books) -> None:
    """from_date gives the closest earlier rate; add, change and delete answer the documented texts."""
    rows = books.call("GET", "/settings/currencies")["currencies"]
    euro = next(row for row in rows if row["currency_code"] == "EUR")
    path = f"/settings/currencies/{euro['currency_id']}/exchangerates"
    added = books.call("POST", path, {"effective_date": "2026-02-01", "rate": "1.25"}, status=201)
    assert added["message"] == "The exchange rate has been added."
    rate_id = added["exchange_rate"]["exchange_rate_id"]
    found = books.call("GET", path, from_date="2026-02-15")["exchange_rates"]
    assert [(row["effective_date"], row["rate"]) for row in found] == [("2026-02-01", Decimal("1.25"))]
    assert len(books.call("GET", path)["exchange_rates"]) == 2
    assert books.call("PUT", f"{path}/{rate_id}", {"rate": 1.5})["message"] == "The exchange rate has been updated."
    assert books.call("DELETE", f"{path}/{rate_id}")["message"] == "Exchange rate successfully deleted"


def test_the_us_organization_has_no_taxes_and_the_british_two(books: Books) -> None:
    """taxes:[] with a page_context that has two dates; VAT of 20 and 5 per cent in pounds."""
    answer = books.call("GET", "/settings/taxes")
    assert answer["taxes"] == []
    assert {"as_of_date", "to_date"} <= set(answer["page_context"])
    assert answer["page_context"]["applied_filter"] == "Taxes.Active"
    books.zoho.organization_id = str(int(books.zoho.organization_id) + 1)
    rows = books.call("GET", "/settings/taxes")["taxes"]
    assert [(row["tax_name"], row["tax_percentage"]) for row in rows] == [("VAT", 20), ("VAT Reduced", 5)]
    assert set(rows[0]) >= TAX_ROW


def test_tax_groups_have_members(uk: Books) -> None:
    """A group's percentage is the sum of its members; it is listed among the taxes as tax_group."""
    first = uk.call("POST", "/settings/taxes", {"tax_name": "CGST9", "tax_percentage": 9}, status=201)["tax"]
    second = uk.call("POST", "/settings/taxes", {"tax_name": "SGST9", "tax_percentage": 9}, status=201)["tax"]
    body = {"tax_group_name": "GST18", "taxes": f"{first['tax_id']},{second['tax_id']}"}
    group = uk.call("POST", "/settings/taxgroups", body, status=201)["tax_group"]
    assert (group["tax_group_percentage"], len(group["taxes"])) == (18, 2)
    kinds = {row["tax_name"]: row["tax_type"] for row in uk.call("GET", "/settings/taxes")["taxes"]}
    assert kinds["GST18"] == "tax_group"
    assert uk.refused("DELETE", f"/settings/taxes/{first['tax_id']}")[0] == 400
    text = "The tax group has been deleted."
    assert uk.call("DELETE", f"/settings/taxgroups/{group['tax_group_id']}")["message"] == text
    assert uk.call("DELETE", f"/settings/taxes/{first['tax_id']}")["message"] == "The record has been deleted."


def test_taxes_can_be_disabled(books: Books) -> None:
    """With sales tax off creating one is refused with 110817."""
    books.zoho.control("seed", {"organizations": [
        {"organization_id": books.zoho.organization_id, "settings": {"taxes_enabled": False}},
    ]})  # fmt: skip
    assert books.refused("POST", "/settings/taxes", {"tax_name": "x", "tax_percentage": 1})[:2] == (400, 110817)


def test_chart_of_accounts(books: Books) -> None:
    """5000 a page, active ones by default, filters by kind; detail is wrapped in chart_of_account."""
    answer = books.call("GET", "/chartofaccounts")
    assert set(answer["chartofaccounts"][0]) >= ACCOUNT_ROW
    assert answer["page_context"]["per_page"] == 5000
    assert answer["page_context"]["report_name"] == "List Chart Of Accounts"
    kinds = {row["account_type"] for row in books.call(
        "GET", "/chartofaccounts", filter_by="AccountType.Expense")["chartofaccounts"]}  # fmt: skip
    assert kinds == {"expense", "cost_of_goods_sold", "other_expense"}
    sales = books.account("Sales")
    detail = books.call("GET", f"/chartofaccounts/{sales}")["chart_of_account"]
    assert {"transactions", "closing_balance", "closing_balance_formatted", "is_involved_in_transaction"} <= set(detail)
    new = books.call("POST", "/chartofaccounts", {"account_name": "Toys", "account_type": "expense"}, status=201)
    assert new["message"] == "The account has been created."
    path = f"/chartofaccounts/{new['chart_of_account']['account_id']}"
    text = "The details of the account have been updated."
    assert books.call("PUT", path, {"description": "play"})["message"] == text
    assert books.call("POST", f"{path}/inactive")["message"] == "The account has been marked as inactive."
    assert books.call("DELETE", path)["message"] == "The account has been deleted."
    assert books.refused("DELETE", f"/chartofaccounts/{sales}")[0] == 400


def test_bank_accounts_include_cash_and_mask_numbers(books: Books) -> None:
    """The list holds the cash accounts too; an account number shows its last four digits."""
    answer = books.call("GET", "/bankaccounts")
    rows = {row["account_name"]: row for row in answer["bankaccounts"]}
    assert set(rows) == {"Business Checking", "Petty Cash", "Undeposited Funds"}
    assert set(rows["Petty Cash"]) >= BANK_ROW
    body = {"account_name": "Savings", "account_type": "bank", "account_number": "123456789"}
    new = books.call("POST", "/bankaccounts", body, status=201)
    assert (new["message"], new["bankaccount"]["account_number"]) == ("The account has been created.", "xxxx6789")


def test_users(books: Books) -> None:
    """The list and the own user."""
    row = books.call("GET", "/users")["users"][0]
    me = books.call("GET", "/users/me")["user"]
    assert (row["is_current_user"], row["status"], me["user_id"]) == (True, "active", row["user_id"])
    assert me["email_ids"] == [{"email": row["email"], "is_selected": True}]


def test_authorities_and_exemptions(books: Books) -> None:
    """Both can be added, listed and deleted with the documented texts."""
    added = books.call("POST", "/settings/taxauthorities", {"tax_authority_name": "State"}, status=201)
    assert added["message"] == "Tax Authority has been added."
    assert len(books.call("GET", "/settings/taxauthorities")["tax_authorities"]) == 1
    body = {"tax_exemption_code": "RESELLER", "type": "customer"}
    exempt = books.call("POST", "/settings/taxexemptions", body, status=200)
    path = f"/settings/taxexemptions/{exempt['tax_exemption']['tax_exemption_id']}"
    assert books.call("DELETE", path)["message"] == "Tax exemption has been deleted successfully."
