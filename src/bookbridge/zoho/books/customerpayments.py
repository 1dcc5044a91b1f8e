"""Payments received from customers (FACTS 5.5). Amounts are in the payment's currency."""

import datetime as dt
from decimal import Decimal
from typing import Any, TypedDict

from bookbridge.zoho.filters import amounts, texts
from bookbridge.zoho.records import CustomFields, Record
from bookbridge.zoho.resource import Draft, Writable


class AppliedInvoice(Record, frozen=True, kw_only=True):
    """The part of a payment that pays one invoice."""

    invoice_id: str = ""
    invoice_number: str = ""
    invoice_payment_id: str = ""
    amount_applied: Decimal | None = None
    tax_amount_withheld: Decimal | None = None
    total: Decimal | None = None
    balance: Decimal | None = None
    date: dt.date | None = None
    due_date: dt.date | None = None


class Payment(CustomFields, frozen=True, kw_only=True):
    """A payment; ``unused_amount`` is what no invoice has taken. ``invoices`` only in details."""

    payment_id: str
    payment_number: str | int = ""
    customer_id: str = ""
    customer_name: str = ""
    payment_mode: str = ""
    date: dt.date | None = None
    amount: Decimal | None = None
    unused_amount: Decimal | None = None
    bank_charges: Decimal | None = None
    exchange_rate: Decimal | None = None
    currency_id: str = ""
    currency_code: str = ""
    account_id: str = ""
    account_name: str = ""
    description: str = ""
    reference_number: str = ""
    payment_status: str = ""
    invoices: list[AppliedInvoice] = []
    invoice_numbers: str = ""
    created_time: dt.datetime | None = None
    last_modified_time: dt.datetime | None = None
    updated_time: dt.datetime | None = None


class AppliedDraft(Draft, frozen=True, kw_only=True):
    """How much of a payment pays which invoice."""

    invoice_id: str
    amount_applied: Decimal
    tax_amount_withheld: Decimal | None = None


class PaymentDraft(Draft, frozen=True, kw_only=True):
    """A payment to be recorded; without ``invoices`` it is an advance."""

    customer_id: str
    amount: Decimal
    date: dt.date
    payment_mode: str = "banktransfer"
    invoices: list[AppliedDraft | dict[str, Any]] = []
    reference_number: str = ""
    description: str = ""
    exchange_rate: Decimal | None = None
    bank_charges: Decimal | None = None
    account_id: str = ""
    custom_fields: list[dict[str, Any]] = []


class PaymentPatch(TypedDict, total=False):
    """The fields of a payment to change; ``invoices`` replaces the whole list."""

    amount: Decimal
    date: dt.date
    payment_mode: str
    invoices: list[dict[str, Any]]
    reference_number: str
    description: str
    account_id: str
    custom_fields: list[dict[str, Any]]


class Payments(Writable[Payment]):
    """The payments received by an organization."""

    PATH, ONE, MANY, ID = "/customerpayments", "payment", "customerpayments", "payment_id"
    KIND = Payment
    FILTERS = (
        texts("customer_name", "reference_number", "notes", "payment_mode")
        | amounts("amount")
        | {"date", "search_text", "customer_id"}
    )
