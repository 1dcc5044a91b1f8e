"""Accounts, currencies and rates come from the organization's own books."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.bootstrap import App
from bookbridge.features.expenses import actions, booking, store
from bookbridge.features.expenses.request import ExpenseBody, ExpenseChanges
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.store.organizations import Organization
from tests.support.app import settle
from tests.support.sandbox import Zoho


def an_expense(**changes: Any) -> ExpenseBody:
    """A meal in dollars."""
    given = {"amount": Decimal("10.00"), "category": "Meals and Entertainment", "date": "2026-03-02"}
    return ExpenseBody(**{**given, **changes})


@pytest.fixture
def organization(app: App) -> Organization:
    """The sandbox's first organization, in dollars."""
    return app.services.zoho.default_organization()


def refused(app: App, organization: Organization, **changes: Any) -> InvalidInputError:
    """Why an expense cannot be booked."""
    with pytest.raises(InvalidInputError) as refusal:
        booking.booked(app.services, organization, an_expense(**changes))
    return refusal.value


def rates(zoho: Zoho, code: str) -> tuple[str, list[dict[str, Any]]]:
    """The id and the rates of a currency."""
    rows = zoho.books("GET", "/settings/currencies").json()["currencies"]
    currency_id = next(row["currency_id"] for row in rows if row["currency_code"] == code)
    path = f"/settings/currencies/{currency_id}/exchangerates"
    return path, zoho.books("GET", path).json()["exchange_rates"]


def test_a_foreign_expense_has_the_rate_of_its_day(
    app: App, organization: Organization, clock: FixedClock, zoho: Zoho
) -> None:
    """The closest rate before the day, sent explicitly; Zoho's base total follows from it."""
    path, _ = rates(zoho, "GBP")
    for day, rate in (("2026-03-01", 1.25), ("2026-03-03", 1.5)):
        zoho.books("POST", path, json={"effective_date": day, "rate": rate})
    asked = actions.record(app.services, organization, an_expense(currency="GBP", amount=Decimal("100.10")))
    settle(app, clock)

    expense = actions.outcome(actions.standing(app.services, asked.effect_id))["expense"]
    assert (expense["currency_code"], expense["exchange_rate"]) == ("GBP", Decimal("1.25"))
    assert (expense["amount"], expense["bcy_total"]) == (Decimal("100.1"), Decimal("125.13"))


def test_without_any_rate_the_caller_is_told_what_to_do(app: App, organization: Organization, zoho: Zoho) -> None:
    """A fresh organization has rates of 0 (FACTS 5.9); a rate sent along helps."""
    path, rows = rates(zoho, "GBP")
    for row in rows:
        zoho.books("DELETE", f"{path}/{row['exchange_rate_id']}")
    error = refused(app, organization, currency="GBP")
    assert error.field == "currency"
    assert "exchange_rate" in error.remedy

    fields = booking.booked(app.services, organization, an_expense(currency="GBP", exchange_rate=Decimal("1.3")))
    assert fields["exchange_rate"] == Decimal("1.3")


def test_the_currency_follows_the_account_that_paid(app: App, organization: Organization, zoho: Zoho) -> None:
    """Unless it is said; and an account in euros pays in nothing else."""
    zoho.books("POST", "/bankaccounts", json={"account_name": "Euro Bank", "account_type": "bank",
                                              "currency_code": "EUR"})  # fmt: skip
    fields = booking.booked(app.services, organization, an_expense(paid_through="euro bank"))
    assert fields["exchange_rate"] == Decimal("1.0845")
    assert refused(app, organization, paid_through="Euro Bank", currency="GBP").field == "paid_through"


def test_an_alias_names_a_category_or_the_usual_payer(app: App, organization: Organization) -> None:
    """Set once, used from then on."""
    services = app.services
    actions.name_account(services, organization, store.CATEGORY, "Taxi  Rides", "Travel Expense")
    actions.name_account(services, organization, store.PAID_THROUGH, store.USUAL, "Business Checking")
    fields = booking.booked(services, organization, an_expense(category="taxi rides"))
    shown = actions.list_accounts(services, organization, "expense")
    paying = actions.list_accounts(services, organization, "paid_through")

    assert next(row for row in shown if row["account_id"] == fields["account_id"])["aliases"] == ["taxi rides"]
    assert next(row for row in paying if row["account_id"] == fields["paid_through_account_id"])["aliases"] == [
        "default"
    ]


def test_only_expense_accounts_are_listed_as_such(app: App, organization: Organization) -> None:
    """Expense, cost of goods sold and other expense; any other type by its own name."""
    kinds = {row["account_type"] for row in actions.list_accounts(app.services, organization, "expense")}
    assert kinds == {"expense", "cost_of_goods_sold", "other_expense"}
    assert {row["account_name"] for row in actions.list_accounts(app.services, organization, "income")} >= {"Sales"}


def test_an_account_that_is_new_in_zoho_is_found(app: App, organization: Organization, zoho: Zoho) -> None:
    """What is kept for an hour is fetched anew before a category is refused."""
    from bookbridge.kernel.clock import FixedClock

    booking.booked(app.services, organization, an_expense())
    zoho.books("POST", "/chartofaccounts", json={"account_name": "Drone Parts", "account_type": "expense"})
    clock = app.services.clock
    assert isinstance(clock, FixedClock)
    clock.advance(61)
    assert booking.booked(app.services, organization, an_expense(category="drone parts"))["account_id"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("10.001")}, "amount"),
        ({"amount": Decimal("0")}, "amount"),
        ({"amount": Decimal("-1")}, "amount"),
        ({"amount": Decimal("10.5"), "currency": "JPY"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"category": "Sales"}, "category"),
        ({"paid_through": "Nobody"}, "paid_through"),
        ({"currency": "GBP", "exchange_rate": Decimal("0")}, "exchange_rate"),
    ],
)
def test_what_cannot_be_booked_names_its_field(
    changes: dict[str, Any], field: str, app: App, organization: Organization
) -> None:
    """Before anything is stored."""
    assert refused(app, organization, **changes).field == field


def test_a_change_of_currency_brings_its_rate_and_back(app: App, organization: Organization, clock: FixedClock) -> None:
    """From dollars to pounds and back to dollars."""
    services = app.services
    asked = actions.record(services, organization, an_expense())
    settle(app, clock)
    expense_id = actions.outcome(actions.standing(services, asked.effect_id))["expense_id"]
    seen = []
    for currency in ("GBP", "USD"):
        asked = actions.change(services, organization, expense_id, ExpenseChanges(currency=currency))
        settle(app, clock)
        answer = actions.outcome(actions.standing(services, asked.effect_id))
        seen.append((answer["expense"]["currency_code"], answer["expense"]["exchange_rate"]))
    assert seen == [("GBP", Decimal("1.2716")), ("USD", 1)]


def test_a_change_of_nothing_is_refused(app: App, organization: Organization, clock: FixedClock) -> None:
    """With a remedy."""
    asked = actions.record(app.services, organization, an_expense())
    settle(app, clock)
    expense_id = actions.outcome(actions.standing(app.services, asked.effect_id))["expense_id"]
    with pytest.raises(InvalidInputError, match="nothing to change"):
        actions.change(app.services, organization, expense_id, ExpenseChanges())
