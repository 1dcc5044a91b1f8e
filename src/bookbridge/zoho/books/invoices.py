"""Invoices (FACTS 5.4). Amounts are in the invoice's currency, ``bcy_`` amounts in the organization's."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, TypedDict

import msgspec

from bookbridge.zoho.filters import dates, texts
from bookbridge.zoho.protocol import Request, path_id
from bookbridge.zoho.records import Address, CustomFields, Record
from bookbridge.zoho.resource import Body, Draft, Writable, body_of

Action = Literal["sent", "void", "draft"]


class InvoiceLine(Record, frozen=True, kw_only=True):
    """A line of an invoice; ``discount`` is an exact number or a percentage such as ``"10%"``."""

    line_item_id: str = ""
    item_id: str = ""
    name: str = ""
    description: str = ""
    item_order: int | None = None
    unit: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    bcy_rate: Decimal | None = None
    discount: Any = None
    discount_amount: Decimal | None = None
    tax_id: str = ""
    tax_name: str = ""
    tax_percentage: Decimal | None = None
    item_total: Decimal | None = None
    account_id: str = ""


class InvoiceTax(Record, frozen=True, kw_only=True):
    """The sum of one tax over the invoice."""

    tax_id: str = ""
    tax_name: str = ""
    tax_amount: Decimal | None = None


class Invoice(CustomFields, frozen=True, kw_only=True):
    """An invoice; rows of a list have no lines, no sub-total and no taxes.

    ``status`` is one of draft, sent, viewed, overdue, partially_paid, paid, void, unpaid, or a newer word of Zoho's.
    A void invoice keeps its balance. ``discount`` is an exact number or a percentage such as ``"10%"``.
    """

    invoice_id: str
    invoice_number: str = ""
    reference_number: str = ""
    status: str = ""
    customer_id: str = ""
    customer_name: str = ""
    email: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    last_payment_date: dt.date | None = None
    payment_expected_date: dt.date | None = None
    payment_terms: int | None = None
    payment_terms_label: str = ""
    currency_id: str = ""
    currency_code: str = ""
    exchange_rate: Decimal | None = None
    price_precision: int | None = None
    line_items: list[InvoiceLine] = []
    taxes: list[InvoiceTax] = []
    is_inclusive_tax: bool = False
    is_discount_before_tax: bool = True
    discount: Any = None
    discount_type: str = ""
    discount_total: Decimal | None = None
    sub_total: Decimal | None = None
    tax_total: Decimal | None = None
    shipping_charge: Decimal | None = None
    adjustment: Decimal | None = None
    adjustment_description: str = ""
    roundoff_value: Decimal | None = None
    total: Decimal | None = None
    balance: Decimal | None = None
    payment_made: Decimal | None = None
    credits_applied: Decimal | None = None
    write_off_amount: Decimal | None = None
    bcy_total: Decimal | None = None
    is_emailed: bool = False
    reminders_sent: int | None = None
    last_reminder_sent_date: dt.date | None = None
    notes: str = ""
    terms: str = ""
    billing_address: Address | None = None
    shipping_address: Address | None = None
    invoice_url: str = ""
    created_time: dt.datetime | None = None
    last_modified_time: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Zoho's link ends with a space (FACTS 10)."""
        msgspec.structs.force_setattr(self, "invoice_url", self.invoice_url.strip())


class InvoicePaymentRow(Record, frozen=True, kw_only=True):
    """A payment applied to an invoice, as the invoice's own list shows it."""

    payment_id: str
    invoice_payment_id: str = ""
    payment_number: str | int = ""
    payment_mode: str = ""
    description: str = ""
    reference_number: str = ""
    date: dt.date | None = None
    exchange_rate: Decimal | None = None
    amount: Decimal | None = None


class LineDraft(Draft, frozen=True, kw_only=True):
    """A line to be created; what is left out comes from the item."""

    item_id: str = ""
    name: str = ""
    description: str = ""
    rate: Decimal | None = None
    quantity: Decimal | int | None = None
    unit: str = ""
    discount: Decimal | str | None = None
    tax_id: str = ""
    item_order: int | None = None
    line_item_id: str = ""


class InvoiceDraft(Draft, frozen=True, kw_only=True):
    """An invoice to be created. ``date`` is today in the organization's time zone when left out.

    ``custom_fields`` are objects such as ``{"api_name": "cf_key", "value": "..."}``.
    """

    customer_id: str
    line_items: list[LineDraft | dict[str, Any]]
    invoice_number: str = ""
    reference_number: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    payment_terms: int | None = None
    payment_terms_label: str = ""
    currency_id: str = ""
    exchange_rate: Decimal | None = None
    contact_persons: list[str] = []
    discount: Decimal | str | None = None
    discount_type: str = ""
    is_discount_before_tax: bool | None = None
    is_inclusive_tax: bool | None = None
    shipping_charge: Decimal | None = None
    adjustment: Decimal | None = None
    adjustment_description: str = ""
    custom_fields: list[dict[str, Any]] = []
    notes: str = ""
    terms: str = ""
    template_id: str = ""
    salesperson_name: str = ""


class InvoicePatch(TypedDict, total=False):
    """The fields of an invoice to change; ``line_items`` replaces all lines (give ``line_item_id`` to keep one)."""

    customer_id: str
    line_items: list[dict[str, Any]]
    reference_number: str
    date: dt.date
    due_date: dt.date
    payment_terms: int
    discount: Decimal | str
    shipping_charge: Decimal
    adjustment: Decimal
    adjustment_description: str
    custom_fields: list[dict[str, Any]]
    notes: str
    terms: str


class Invoices(Writable[Invoice]):
    """The invoices of an organization."""

    PATH, ONE, MANY, ID = "/invoices", "invoice", "invoices", "invoice_id"
    KIND = Invoice
    FILTERS = (
        texts("invoice_number", "item_name", "item_description", "custom_field")
        | dates("date", "due_date")
        | {"created_date_start", "created_date_end", "item_id", "reference_number", "customer_name", "customer_id"}
        | {"recurring_invoice_id", "email", "total", "balance", "last_modified_time", "status", "search_text"}
        | {"zcrm_potential_id", "response_option"}
    )

    def create(self, draft: Body, /, *, send: bool = False, ignore_auto_number: bool = False) -> Invoice:
        """A new invoice, a draft unless ``send`` mails it at once.

        ``ignore_auto_number`` lets Zoho take the draft's own ``invoice_number``, which it accepts only once.

        Raises:
            OutcomeUnknownError: it may exist now; look for its number before creating it again.
        """
        return self.read(self._send(self.create_request(draft, send=send, ignore_auto_number=ignore_auto_number)))

    def create_request(self, draft: Body, /, *, send: bool = False, ignore_auto_number: bool = False) -> Request:
        """The request that creates an invoice."""
        params: dict[str, bool] = {}
        if send:
            params["send"] = True
        if ignore_auto_number:
            params["ignore_auto_number_generation"] = True
        return Request(method="POST", path=self.PATH, params=params, json=body_of(draft))

    def mark_sent(self, invoice_id: str, /) -> None:
        """Mark as sent without mailing it."""
        self._send(self.action_request(invoice_id, "sent"))

    def void(self, invoice_id: str, /) -> None:
        """Make it void; its payments become credits of the customer. A draft must be marked sent first."""
        self._send(self.action_request(invoice_id, "void"))

    def to_draft(self, invoice_id: str, /) -> None:
        """Make a void invoice a draft again."""
        self._send(self.action_request(invoice_id, "draft"))

    def action_request(self, invoice_id: str, action: Action, /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(invoice_id, "status", action), idempotent=True)

    def email(
        self, invoice_id: str, /, *, to: Sequence[str] = (), cc: Sequence[str] = (), subject: str = "", body: str = ""
    ) -> None:
        """Mail it; what is left out comes from the organization's template. Never repeated on its own.

        Raises:
            OutcomeUnknownError: the mail may have gone out.
        """
        self._send(self.email_request(invoice_id, to=to, cc=cc, subject=subject, body=body))

    def email_request(
        self, invoice_id: str, /, *, to: Sequence[str] = (), cc: Sequence[str] = (), subject: str = "", body: str = ""
    ) -> Request:
        """The request that mails an invoice."""
        given = {"to_mail_ids": list(to), "cc_mail_ids": list(cc), "subject": subject, "body": body}
        return Request(
            method="POST",
            path=self._path(invoice_id, "email"),
            json={name: value for name, value in given.items() if value},
        )

    def pdf(self, invoice_id: str, /) -> bytes:
        """The invoice as Zoho prints it.

        Raises:
            UnreadableAnswerError: the answer is not a PDF.
        """
        request = Request(method="GET", path=self._path(invoice_id), params={"accept": "pdf"}, accept="pdf")
        return self._send(request).content

    def payments(self, invoice_id: str, /) -> list[InvoicePaymentRow]:
        """The payments applied to it."""
        payload = self._send(Request(method="GET", path=self._path(invoice_id, "payments")))
        return payload.records("payments", InvoicePaymentRow)

    def delete_payment(self, invoice_id: str, invoice_payment_id: str, /) -> None:
        """Take one payment off it; its balance grows again."""
        path = self._path(invoice_id, "payments", path_id(invoice_payment_id, name="invoice_payment_id"))
        self._send(Request(method="DELETE", path=path))
