"""Which account, which payer, which rate, and whether a row is ours."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.access import catalog
from bookbridge.features.expenses import policy
from bookbridge.features.expenses.policy import Account
from bookbridge.features.expenses.request import content_of, parse_changes, parse_expense
from bookbridge.http import InvalidBodyError
from bookbridge.kernel.errors import InvalidInputError

CHART = (
    Account(account_id="1", name="Travel Expense", code="6100", account_type="expense"),
    Account(account_id="2", name="Office Supplies", account_type="expense"),
    Account(account_id="3", name="Cost of Goods Sold", account_type="cost_of_goods_sold"),
    Account(account_id="4", name="Sales", account_type="income"),
    Account(account_id="5", name="Furniture and Equipment", account_type="fixed_asset"),
    Account(account_id="6", name="Old Rent", account_type="expense", is_active=False),
)
PAYERS = (
    Account(account_id="11", name="Business Checking", account_type="bank", currency="USD"),
    Account(account_id="12", name="Undeposited Funds", account_type="cash", currency="USD"),
    Account(account_id="13", name="Petty Cash", account_type="cash", currency="USD"),
    Account(account_id="14", name="Euro Account", account_type="bank", currency="EUR"),
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("travel expense", "1"), (" Travel Expense ", "1"), ("6100", "1"), ("2", "2"), ("COST OF GOODS SOLD", "3")],
)
def test_a_category_is_an_account_by_id_code_or_name(wanted: str, expected: str) -> None:
    """Names without regard to case; ids and codes exactly."""
    assert policy.category(CHART, wanted).account_id == expected


def test_an_asset_is_a_category_only_on_purpose() -> None:
    """By id or alias a purchase may be booked to a fixed asset, never by a name alone."""
    assert policy.category(CHART, "5").account_id == "5"
    assert policy.category(CHART, "chairs", alias="5").account_id == "5"
    with pytest.raises(InvalidInputError, match="is a fixed asset account"):
        policy.category(CHART, "Furniture and Equipment")


@pytest.mark.parametrize("wanted", ["Travel", "travel expnse", "Office"])
def test_an_unknown_category_names_close_matches(wanted: str) -> None:
    """The answer names the field and what may have been meant."""
    with pytest.raises(InvalidInputError) as refused:
        policy.category(CHART, wanted)
    assert refused.value.field == "category"
    assert refused.value.remedy.startswith(("Close: Travel Expense", "Close: Office Supplies"))


@pytest.mark.parametrize("wanted", ["Sales", "4", "Old Rent", "Nothing like it"])
def test_what_is_not_an_active_expense_account_is_refused(wanted: str) -> None:
    """Income, inactive and unknown accounts are not categories."""
    with pytest.raises(InvalidInputError) as refused:
        policy.category(CHART, wanted)
    assert refused.value.remedy


def test_a_name_that_two_accounts_have_is_refused_with_their_ids() -> None:
    """The sender must say which."""
    twice = (*CHART, Account(account_id="7", name="office supplies", account_type="expense"))
    with pytest.raises(InvalidInputError, match="names 2 accounts") as refused:
        policy.category(twice, "Office Supplies")
    assert refused.value.remedy.endswith("2, 7.")


def test_an_alias_of_a_lost_account_is_said_so() -> None:
    """Nothing else is guessed."""
    with pytest.raises(InvalidInputError, match="not active in Zoho"):
        policy.category(CHART, "rent", alias="6")


def test_petty_cash_pays_when_nobody_says_who_did() -> None:
    """Then other cash, then bank accounts; undeposited funds last; an alias before all."""
    assert _usual(PAYERS) == "13"
    assert _usual(PAYERS[:2]) == "11"
    assert _usual(PAYERS[1:2]) == "12"
    assert _usual(PAYERS, aliases=["11"]) == "11"
    assert _usual(PAYERS, aliases=["14"]) == "13"
    assert _usual(PAYERS, aliases=["14", "11"], currency="EUR") == "14"


def test_an_account_in_a_foreign_currency_pays_only_in_it() -> None:
    """One in the base currency pays in any (FACTS 5.6)."""
    policy.require_pays_in(PAYERS[0], currency="GBP", base="USD")
    policy.require_pays_in(PAYERS[3], currency="EUR", base="USD")
    with pytest.raises(InvalidInputError, match="kept in EUR"):
        policy.require_pays_in(PAYERS[3], currency="USD", base="USD")


def _usual(accounts: tuple[Account, ...], *, aliases: list[str] | None = None, currency: str = "USD") -> str:
    return policy.usual_payer(accounts, aliases=aliases or [], currency=currency, base="USD").account_id


def test_the_rate_is_the_closest_one_before_the_day() -> None:
    """Zoho may ignore the filter and give every rate; rates of 0 are none."""
    rows: list[dict[str, Any]] = [
        {"effective_date": "2026-03-01", "rate": Decimal("1.30")},
        {"effective_date": "2026-01-01", "rate": Decimal("1.10")},
        {"effective_date": "2026-02-01", "rate": Decimal("1.20")},
        {"effective_date": "2026-02-10", "rate": 0},
        {"effective_date": "", "rate": ""},
    ]
    assert catalog.rate_on(rows, date(2026, 2, 15)) == Decimal("1.20")
    assert catalog.rate_on(rows, date(2025, 12, 31)) is None
    assert catalog.rate_on([], date(2026, 2, 15)) is None


def test_a_row_is_compared_in_everything_it_shows() -> None:
    """Rows have no account; amounts are numbers however they are written."""
    sent = {"reference_number": "R1", "date": "2026-02-01", "amount": Decimal("12.50"), "account_id": "1"}
    row = {"reference_number": "R1", "date": "2026-02-01", "total": Decimal("12.5"), "vendor_id": ""}
    assert policy.could_be(row, sent)
    for name, other in (("reference_number", "R2"), ("date", "2026-02-02"), ("total", Decimal("12.51"))):
        assert not policy.could_be({**row, name: other}, sent)
    assert not policy.could_be({**row, "vendor_id": "9"}, {**sent, "vendor_id": "8"})


def test_the_first_difference_is_named() -> None:
    """A person reads what Zoho recorded and what was sent."""
    sent = {"account_id": "1", "amount": Decimal("5.00"), "exchange_rate": Decimal("1.2716"), "description": "tea"}
    there = {"account_id": "1", "amount": 5, "exchange_rate": Decimal("1.27160000"), "description": "tea"}
    assert policy.difference(there, sent) == ""
    assert "account_id 2" in policy.difference({**there, "account_id": "2"}, sent)
    assert "amount 6" in policy.difference({**there, "amount": 6}, sent)
    assert "exchange_rate" in policy.difference({**there, "exchange_rate": ""}, sent)
    assert "description" in policy.difference({**there, "description": ""}, sent)


def test_equal_expenses_have_equal_content_in_either_spelling() -> None:
    """Identity and organization are no content; what is left out equals its default."""
    snake = parse_expense.parse(b'{"amount": 5, "category": "x", "date": "2026-01-31", "paid_through": "Cash"}')
    camel = parse_expense.parse(
        b'{"amount": 5, "category": "x", "date": "2026-01-31", "paidThrough": "Cash", "vendor": "", "externalId": "9"}'
    )
    assert content_of(snake) == content_of(camel)


def test_taking_the_vendor_away_is_a_change() -> None:
    """An empty vendor is not the same as none said."""
    assert content_of(parse_changes.parse(b'{"vendor": ""}')) == {"vendor": ""}
    assert content_of(parse_changes.parse(b"{}")) == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"amount": "5.00", "category": "x", "date": "2026-01-31"}', "amount"),
        (b'{"amount": 5, "category": "x", "date": "31.01.2026"}', "date"),
        (b'{"amount": 5, "category": "x", "date": "2026-01-31", "currency": "usd"}', "currency"),
        (b'{"amount": 5, "category": "x", "date": "2026-01-31", "tip": 1}', "tip"),
        (b'{"amount": 5, "category": "x", "date": "2026-01-31", "description": "' + b"x" * 101 + b'"}', "description"),
    ],
)
def test_a_wrong_field_is_named(body: bytes, field: str) -> None:
    """Numbers as text, unknown fields and texts Zoho would cut are refused."""
    with pytest.raises(InvalidBodyError) as refused:
        parse_expense.parse(body)
    assert refused.value.field == field


def test_missing_fields_are_told_in_one_sentence() -> None:
    """The sentence callers can rely on."""
    with pytest.raises(InvalidBodyError, match="amount, category and date are required"):
        parse_expense.parse(b'{"amount": 5}')
