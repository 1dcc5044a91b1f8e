"""Credit notes (FACTS 5.14). Amounts are in the credit note's currency."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, TypedDict

from bookbridge.zoho.books.invoices import InvoiceLine, LineDraft
from bookbridge.zoho.filters import dates, texts
from bookbridge.zoho.protocol import Request, path_id
from bookbridge.zoho.records import CustomFields, Record
from bookbridge.zoho.resource import Body, Draft, Writable, body_of

Action = Literal["void", "draft", "open"]


class CreditedInvoice(Record, frozen=True, kw_only=True):
    """The part of a credit note that settled one invoice."""

    creditnote_invoice_id: str = ""
    invoice_id: str = ""
    invoice_number: str = ""
    date: dt.date | None = None
    credited_amount: Decimal | None = None
    amount: Decimal | None = None


class CreditRefund(Record, frozen=True, kw_only=True):
    """A part of a credit note that was paid back."""

    creditnote_refund_id: str = ""
    date: dt.date | None = None
    refund_mode: str = ""
    reference_number: str = ""
    amount: Decimal | None = None


class CreditNote(CustomFields, frozen=True, kw_only=True):
    """A credit note; ``balance`` is what no invoice and no refund has used. Lines and uses only in details.

    ``status`` is one of draft, open, closed, void, or a newer word of Zoho's.
    """

    creditnote_id: str
    creditnote_number: str = ""
    reference_number: str = ""
    status: str = ""
    customer_id: str = ""
    customer_name: str = ""
    date: dt.date | None = None
    currency_id: str = ""
    currency_code: str = ""
    exchange_rate: Decimal | None = None
    price_precision: int | None = None
    total: Decimal | None = None
    balance: Decimal | None = None
    sub_total: Decimal | None = None
    tax_total: Decimal | None = None
    total_credits_used: Decimal | None = None
    total_refunded_amount: Decimal | None = None
    line_items: list[InvoiceLine] = []
    invoices_credited: list[CreditedInvoice] = []
    creditnote_refunds: list[CreditRefund] = []
    notes: str = ""
    terms: str = ""
    created_time: dt.datetime | None = None
    last_modified_time: dt.datetime | None = None


class CreditDraft(Draft, frozen=True, kw_only=True):
    """How much of a credit note goes to which invoice."""

    invoice_id: str
    amount_applied: Decimal


class CreditNoteDraft(Draft, frozen=True, kw_only=True):
    """A credit note to be created; it is open at once unless ``is_draft``."""

    customer_id: str
    line_items: list[LineDraft | dict[str, Any]]
    creditnote_number: str = ""
    reference_number: str = ""
    date: dt.date | None = None
    is_draft: bool | None = None
    currency_id: str = ""
    exchange_rate: Decimal | None = None
    custom_fields: list[dict[str, Any]] = []
    notes: str = ""
    terms: str = ""


class CreditNotePatch(TypedDict, total=False):
    """The fields of a credit note to change; ``line_items`` replaces all lines."""

    line_items: list[dict[str, Any]]
    reference_number: str
    date: dt.date
    custom_fields: list[dict[str, Any]]
    notes: str
    terms: str


class CreditNotes(Writable[CreditNote]):
    """The credit notes of an organization."""

    PATH, ONE, MANY, ID = "/creditnotes", "creditnote", "creditnotes", "creditnote_id"
    KIND = CreditNote
    FILTERS = (
        texts("item_name", "item_description")
        | dates("date")
        | {"creditnote_number", "status", "total", "reference_number", "customer_name", "customer_id", "item_id"}
        | {"line_item_id", "tax_id", "last_modified_time", "search_text", "location_ids"}
    )

    def apply(self, creditnote_id: str, credits: Sequence[CreditDraft | dict[str, Any]], /) -> None:
        """Settle invoices with it; what it has left falls by as much.

        Raises:
            OutcomeUnknownError: it may have been applied; read the credit note before applying it again.
        """
        self._send(self.apply_request(creditnote_id, credits))

    def apply_request(self, creditnote_id: str, credits: Sequence[CreditDraft | dict[str, Any]], /) -> Request:
        """The request that settles invoices."""
        rows: list[Body] = list(credits)
        body = {"invoices": [body_of(each) for each in rows]}
        return Request(method="POST", path=self._path(creditnote_id, "invoices"), json=body)

    def applied(self, creditnote_id: str, /) -> list[CreditedInvoice]:
        """The invoices it settled."""
        payload = self._send(Request(method="GET", path=self._path(creditnote_id, "invoices")))
        return payload.records("invoices_credited", CreditedInvoice)

    def take_back(self, creditnote_id: str, creditnote_invoice_id: str, /) -> None:
        """Take one use back; the invoice is owed again."""
        path = self._path(creditnote_id, "invoices", path_id(creditnote_invoice_id, name="creditnote_invoice_id"))
        self._send(Request(method="DELETE", path=path))

    def void(self, creditnote_id: str, /) -> None:
        """Make it void."""
        self._send(self.action_request(creditnote_id, "void"))

    def to_draft(self, creditnote_id: str, /) -> None:
        """Make a void credit note a draft again."""
        self._send(self.action_request(creditnote_id, "draft"))

    def open(self, creditnote_id: str, /) -> None:
        """Open a draft."""
        self._send(self.action_request(creditnote_id, "open"))

    def action_request(self, creditnote_id: str, action: Action, /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(creditnote_id, "status", action), idempotent=True)
