"""The Zoho Books client library; usable without the rest of Bookbridge, and never reading the environment.

from bookbridge.zoho import Books

books = Books.connect(client_id=..., client_secret=..., refresh_token=..., region="us", organization_id=...)
for invoice in books.invoices.list(status="overdue"):
    print(invoice.invoice_number, invoice.balance)
"""

from bookbridge.zoho.books.client import Books
from bookbridge.zoho.books.contactpersons import ContactPerson, ContactPersonDraft
from bookbridge.zoho.books.contacts import AddressDraft, Contact, ContactDraft, ContactPatch
from bookbridge.zoho.books.invoices import Invoice, InvoiceDraft, InvoiceLine, InvoicePatch, LineDraft
from bookbridge.zoho.books.organizations import Organization
from bookbridge.zoho.errors import (
    BudgetExhaustedError,
    DuplicateNameError,
    GrantRevokedError,
    OAuthError,
    OutcomeUnknownError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    ServerFailureError,
    TokenRejectedError,
    UnreadableAnswerError,
    ZohoError,
)

__all__ = [
    "AddressDraft",
    "Books",
    "BudgetExhaustedError",
    "Contact",
    "ContactDraft",
    "ContactPatch",
    "ContactPerson",
    "ContactPersonDraft",
    "DuplicateNameError",
    "GrantRevokedError",
    "Invoice",
    "InvoiceDraft",
    "InvoiceLine",
    "InvoicePatch",
    "LineDraft",
    "OAuthError",
    "Organization",
    "OutcomeUnknownError",
    "RateLimitedError",
    "RecordNotFoundError",
    "RefusedError",
    "ServerFailureError",
    "TokenRejectedError",
    "UnreadableAnswerError",
    "ZohoError",
]
