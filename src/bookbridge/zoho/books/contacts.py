"""Contacts: customers and vendors (FACTS 5.2)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict

import msgspec

from bookbridge.zoho.books.contactpersons import ContactPerson, ContactPersonDraft
from bookbridge.zoho.filters import texts
from bookbridge.zoho.protocol import Request
from bookbridge.zoho.records import Address, CustomFields
from bookbridge.zoho.resource import Draft, Writable


class Contact(CustomFields, frozen=True, kw_only=True):
    """A customer or vendor; ``email``, ``phone`` and ``first_name`` are those of its primary person.

    Rows of a list have neither persons nor addresses.
    """

    contact_id: str
    contact_name: str = ""
    company_name: str = ""
    contact_type: str = ""
    customer_sub_type: str = ""
    status: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    mobile: str = ""
    website: str = ""
    currency_id: str = ""
    currency_code: str = ""
    payment_terms: int | None = None
    payment_terms_label: str = ""
    outstanding_receivable_amount: Decimal | None = None
    outstanding_payable_amount: Decimal | None = None
    unused_credits_receivable_amount: Decimal | None = None
    unused_credits_payable_amount: Decimal | None = None
    primary_contact_id: str = ""
    contact_persons: list[ContactPerson] = []
    billing_address: Address | None = None
    shipping_address: Address | None = None
    notes: str = ""
    created_time: datetime | None = None
    last_modified_time: datetime | None = None


class AddressDraft(Draft, frozen=True, kw_only=True):
    """A postal address to be stored."""

    attention: str = ""
    address: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    state_code: str = ""
    zip: str = ""
    country: str = ""
    phone: str = ""
    fax: str = ""


class ContactDraft(Draft, frozen=True, kw_only=True):
    """A contact to be created; e-mail and phone belong into ``contact_persons``, Zoho drops them elsewhere."""

    contact_name: str
    contact_type: str = "customer"
    company_name: str = ""
    customer_sub_type: str = ""
    website: str = ""
    currency_id: str = ""
    payment_terms: int | None = None
    payment_terms_label: str = ""
    contact_persons: list[ContactPersonDraft | dict[str, Any]] = []
    billing_address: AddressDraft | dict[str, Any] | None = None
    shipping_address: AddressDraft | dict[str, Any] | None = None
    custom_fields: list[dict[str, Any]] = []
    notes: str = ""

    def with_email(self, email: str, /) -> "ContactDraft":
        """The same contact with one primary person who has this address."""
        person = ContactPersonDraft(email=email, is_primary_contact=True)
        return msgspec.structs.replace(self, contact_persons=[person])


class ContactPatch(TypedDict, total=False):
    """The fields of a contact to change; ``contact_persons`` replaces all persons (give ids to keep them)."""

    contact_name: str
    company_name: str
    website: str
    payment_terms: int
    payment_terms_label: str
    contact_persons: list[dict[str, Any]]
    billing_address: dict[str, Any]
    shipping_address: dict[str, Any]
    custom_fields: list[dict[str, Any]]
    notes: str


class Contacts(Writable[Contact]):
    """The customers and vendors of an organization."""

    PATH, ONE, MANY, ID = "/contacts", "contact", "contacts", "contact_id"
    KIND = Contact
    FILTERS = texts("contact_name", "company_name", "first_name", "last_name", "address", "email", "phone") | {
        "contact_type",
        "search_text",
        "zcrm_contact_id",
        "zcrm_account_id",
        "zcrm_vendor_id",
    }

    def find_by_email(self, email: str, /) -> list[Contact]:
        """The contacts whose primary person has this address, compared here as well as in Zoho.

        Zoho's filter knows primary persons only (FACTS 10), and a list may lag behind a new contact.
        """
        wanted = email.strip().lower()
        if not wanted:
            return []
        return [row for row in self.list(email=wanted) if row.email.strip().lower() == wanted]

    def mark_active(self, contact_id: str, /) -> None:
        """Make it active."""
        self._send(self.action_request(contact_id, "active"))

    def mark_inactive(self, contact_id: str, /) -> None:
        """Make it inactive: no longer offered, still there."""
        self._send(self.action_request(contact_id, "inactive"))

    def action_request(self, contact_id: str, action: Literal["active", "inactive"], /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(contact_id, action), idempotent=True)
