"""What is mirrored: one entry of ``ENTITIES`` for each list of Zoho's (FACTS 4.3-4.7, 5).

An entry says where the list is, how its changes are found, which columns its rows fill and which detail is needed
when. To mirror another list, declare its table in ``store/tables.py`` and add an entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bookbridge.access.keyfields import value_in
from bookbridge.mirror.movements import NOT_COUNTED
from bookbridge.mirror.values import Row, Scale, date, exact, flag, millis, minor_of, number, rate, text
from bookbridge.store import tables

Columns = Callable[[Row, Scale], dict[str, Any]]


class Changes(StrEnum):
    """How a list tells what changed since the last sync."""

    FILTER = "last_modified_time is a documented filter"
    NEWEST_FIRST = "sorted by last_modified_time, read down to the watermark"
    WHOLE = "read whole, compared row by row"


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One mirrored list.

    Args:
        name: our word, and the state's ``entity``.
        table: where it is kept.
        id: Zoho's name of the record's id, which is the column's name too.
        path: below ``/books/v3``; one record is at ``path/id``.
        many: the member of a list's answer, ``one`` that of a record's.
        changes: how changes are found.
        steady: the sort column in which a whole pass is read (rows that are added do not shift it), if documented.
        params: filters without which the list leaves records out.
        applied: what ``page_context.applied_filter`` says of the whole list; another word means a filtered list.
        every_s: not read again sooner, unless asked for; 0 reads it with every sync.
        counts: whether ``response_option=2`` counts it.
        modified: the fields that may hold when it last changed, best first.
        columns: the columns of a row beside those all tables have.
        documents: whether receivables follow from it, and by which name of ``receivables.refresh``.
    """

    name: str
    table: sa.Table
    id: str
    path: str
    many: str
    one: str
    changes: Changes
    columns: Columns
    steady: str = "created_time"
    params: Mapping[str, str] = field(default_factory=dict)
    applied: str = "Status.All"
    every_s: float = 0.0
    counts: bool = False
    modified: tuple[str, ...] = ("last_modified_time", "updated_time")
    documents: str = ""

    def modified_at(self, row: Row, /) -> int | None:
        """When Zoho last changed it, in milliseconds since 1970; ``None`` where Zoho does not tell."""
        return millis(row, *self.modified)


def _money(row: Row, scale: Scale, /, *names: str) -> dict[str, Any]:
    """Currency, exponent, rate, and each amount of ``names`` in both currencies."""
    currency = text(row, "currency_code") or scale.currency
    if currency == scale.currency:
        values: dict[str, Any] = {"currency": currency, "exponent": scale.exponent, "rate": "1"}
        for name in names:
            values[f"{name}_minor"] = values[f"base_{name}_minor"] = minor_of(row, name, scale.exponent)
        return values
    exponent, worth = _exponent(row, scale, currency), rate(row)
    values = {"currency": currency, "exponent": exponent, "rate": f"{worth:f}"}
    for name in names:
        values[f"{name}_minor"] = minor_of(row, name, exponent)
        values[f"base_{name}_minor"] = scale.base(number(row, name), worth)
    return values


def _exponent(row: Row, scale: Scale, currency: str) -> int:
    """Some rows carry their currency's decimals (FACTS 5.14, 5.16)."""
    if currency == scale.currency or currency in scale.exponents:
        return scale.of(currency)
    told = row.get("price_precision")
    return told if isinstance(told, int) and 0 <= told <= 6 else scale.of(currency)


def _contact(row: Row, scale: Scale) -> dict[str, Any]:
    currency = text(row, "currency_code") or scale.currency
    exponent = scale.of(currency)
    return {
        "contact_type": text(row, "contact_type") or "customer",
        "name": text(row, "contact_name"),
        "company": text(row, "company_name"),
        "email": text(row, "email").strip().lower(),
        "phone": text(row, "phone") or text(row, "mobile"),
        "status": text(row, "status") or "active",
        "currency": currency,
        "exponent": exponent,
        "receivable_minor": minor_of(row, "outstanding_receivable_amount", exponent),
        "base_receivable_minor": minor_of(row, "outstanding_receivable_amount_bcy", scale.exponent),
        "credits_minor": minor_of(row, "unused_credits_receivable_amount", exponent),
        "base_credits_minor": minor_of(row, "unused_credits_receivable_amount_bcy", scale.exponent),
    }


def _item(row: Row, scale: Scale) -> dict[str, Any]:
    named = {name: text(row, name) for name in ("name", "sku", "unit", "status")}
    return {**named, "rate": exact(row, "rate")}


def _tax(row: Row, scale: Scale) -> dict[str, Any]:
    return {
        "name": text(row, "tax_name"),
        "percentage": exact(row, "tax_percentage"),
        "tax_type": text(row, "tax_type"),
    }


def _currency(row: Row, scale: Scale) -> dict[str, Any]:
    code, told = text(row, "currency_code"), row.get("price_precision")
    return {
        "code": code,
        "exponent": told if isinstance(told, int) and 0 <= told <= 6 else scale.of(code),
        "is_base": flag(row, "is_base_currency"),
        "rate": exact(row, "exchange_rate"),
        "effective_on": date(row, "effective_date"),
    }


def _account(row: Row, scale: Scale) -> dict[str, Any]:
    return {
        "name": text(row, "account_name"),
        "code": text(row, "account_code"),
        "account_type": text(row, "account_type"),
        "is_active": flag(row, "is_active", True),
    }


def _invoice(row: Row, scale: Scale) -> dict[str, Any]:
    status = text(row, "status")
    amounts = _money(row, scale, "total", "balance")
    return {
        "number": text(row, "invoice_number"),
        "reference": text(row, "reference_number"),
        "key": value_in(scale.key_field, row),
        "status": status,
        "customer_id": text(row, "customer_id"),
        "customer_name": text(row, "customer_name"),
        **amounts,
        "invoice_on": date(row, "date"),
        "due_on": date(row, "due_date"),
        "last_payment_on": date(row, "last_payment_date"),
        "write_off_minor": minor_of(row, "write_off_amount", amounts["exponent"]),
        "is_open": status not in NOT_COUNTED and amounts["balance_minor"] > 0,
    }


def _creditnote(row: Row, scale: Scale) -> dict[str, Any]:
    return {
        "number": text(row, "creditnote_number"),
        "reference": text(row, "reference_number"),
        "status": text(row, "status"),
        "customer_id": text(row, "customer_id"),
        "customer_name": text(row, "customer_name"),
        **_money(row, scale, "total", "balance"),
        "credited_on": date(row, "date"),
    }


def _payment(row: Row, scale: Scale) -> dict[str, Any]:
    """Rows of the list name no currency (FACTS 5.5): ``apply`` gives them the customer's before."""
    currency = text(row, "currency_code") or scale.currency
    exponent = _exponent(row, scale, currency)
    worth = _worth(row, number(row, "amount")) if currency != scale.currency else _ONE
    return {
        "number": text(row, "payment_number"),
        "reference": text(row, "reference_number"),
        "mode": text(row, "payment_mode"),
        "account_name": text(row, "account_name"),
        "customer_id": text(row, "customer_id"),
        "customer_name": text(row, "customer_name"),
        "currency": currency,
        "exponent": exponent,
        "rate": f"{worth:f}",
        "paid_on": date(row, "date"),
        "amount_minor": minor_of(row, "amount", exponent),
        "unused_minor": minor_of(row, "unused_amount", exponent),
        "base_amount_minor": _told(row, "bcy_amount", "amount", worth, scale),
        "base_unused_minor": _told(row, "bcy_unused_amount", "unused_amount", worth, scale),
    }


_ONE = Decimal(1)


def _worth(row: Row, amount: Any) -> Any:
    """The rate of a payment: its own, else what its amount in both currencies says."""
    if row.get("exchange_rate") not in (None, ""):
        return rate(row)
    told = number(row, "bcy_amount")
    return round(told / amount, 10) if amount > 0 and told > 0 else rate({})


def _told(row: Row, name: str, of: str, worth: Any, scale: Scale) -> int:
    """An amount in the organization's currency as Zoho says it, else computed."""
    if row.get(name) not in (None, ""):
        return minor_of(row, name, scale.exponent)
    return scale.base(number(row, of), worth)


def _expense(row: Row, scale: Scale) -> dict[str, Any]:
    amounts = _money(row, scale, "total")
    if row.get("bcy_total") not in (None, ""):
        amounts["base_total_minor"] = minor_of(row, "bcy_total", scale.exponent)
    return {
        "reference": text(row, "reference_number"),
        "description": text(row, "description"),
        "status": text(row, "status"),
        "account_name": text(row, "account_name"),
        "paid_through": text(row, "paid_through_account_name"),
        "vendor_id": text(row, "vendor_id"),
        "vendor_name": text(row, "vendor_name"),
        "customer_id": text(row, "customer_id"),
        **amounts,
        "spent_on": date(row, "date"),
    }


def _bill(row: Row, scale: Scale) -> dict[str, Any]:
    return {
        "number": text(row, "bill_number"),
        "reference": text(row, "reference_number"),
        "status": text(row, "status"),
        "vendor_id": text(row, "vendor_id"),
        "vendor_name": text(row, "vendor_name"),
        **_money(row, scale, "total", "balance"),
        "billed_on": date(row, "date"),
        "due_on": date(row, "due_date"),
    }


HOURLY = 3600.0

ENTITIES: tuple[Entity, ...] = (
    Entity(
        name="currencies",
        table=tables.mirror_currencies,
        id="currency_id",
        path="/settings/currencies",
        many="currencies",
        one="currency",
        changes=Changes.WHOLE,
        columns=_currency,
        steady="",
        applied="",
        every_s=HOURLY,
    ),
    Entity(
        name="taxes",
        table=tables.mirror_taxes,
        id="tax_id",
        path="/settings/taxes",
        many="taxes",
        one="tax",
        changes=Changes.WHOLE,
        columns=_tax,
        steady="",
        applied="Taxes.Active",
        every_s=HOURLY,
    ),
    Entity(
        name="accounts",
        table=tables.mirror_accounts,
        id="account_id",
        path="/chartofaccounts",
        many="chartofaccounts",
        one="chart_of_account",
        changes=Changes.FILTER,
        columns=_account,
        steady="",
        params={"filter_by": "AccountType.All"},
        applied="AccountType.All",
        every_s=HOURLY,
    ),
    Entity(
        name="items",
        table=tables.mirror_items,
        id="item_id",
        path="/items",
        many="items",
        one="item",
        changes=Changes.NEWEST_FIRST,
        columns=_item,
        steady="name",
        every_s=HOURLY,
    ),
    Entity(
        name="contacts",
        table=tables.mirror_contacts,
        id="contact_id",
        path="/contacts",
        many="contacts",
        one="contact",
        changes=Changes.NEWEST_FIRST,
        columns=_contact,
    ),
    Entity(
        name="invoices",
        table=tables.mirror_invoices,
        id="invoice_id",
        path="/invoices",
        many="invoices",
        one="invoice",
        changes=Changes.FILTER,
        columns=_invoice,
        counts=True,
        documents="invoice_ids",
    ),
    Entity(
        name="creditnotes",
        table=tables.mirror_creditnotes,
        id="creditnote_id",
        path="/creditnotes",
        many="creditnotes",
        one="creditnote",
        changes=Changes.FILTER,
        columns=_creditnote,
        documents="creditnote_ids",
    ),
    Entity(
        name="payments",
        table=tables.mirror_payments,
        id="payment_id",
        path="/customerpayments",
        many="customerpayments",
        one="payment",
        changes=Changes.NEWEST_FIRST,
        columns=_payment,
        steady="date",
        applied="PaymentMode.All",
        documents="payment_ids",
    ),
    Entity(
        name="expenses",
        table=tables.mirror_expenses,
        id="expense_id",
        path="/expenses",
        many="expenses",
        one="expense",
        changes=Changes.NEWEST_FIRST,
        columns=_expense,
    ),
    Entity(
        name="bills",
        table=tables.mirror_bills,
        id="bill_id",
        path="/bills",
        many="bills",
        one="bill",
        changes=Changes.FILTER,
        columns=_bill,
    ),
)
"""In the order in which they are read: currencies before amounts, customers before their payments."""

WITH_LINES = ("invoices", "bills")
"""Entities whose lines are read where that is asked for: one call for each record."""

BY_NAME: dict[str, Entity] = {entity.name: entity for entity in ENTITIES}
