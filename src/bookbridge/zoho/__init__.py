"""The Zoho Books client library; usable without the rest of Bookbridge, and never reading the environment.

from bookbridge.zoho import Books

books = Books.connect(client_id=..., client_secret=..., refresh_token=..., region="us", organization_id=...)
for invoice in books.invoices.list(status="overdue"):
    print(invoice.invoice_number, invoice.balance)
"""

from bookbridge.zoho.books.bankaccounts import BankAccount, BankAccountDraft
from bookbridge.zoho.books.bills import Bill, BillDraft, BillLineDraft, BillPatch
from bookbridge.zoho.books.chartofaccounts import Account, AccountDraft
from bookbridge.zoho.books.client import Books
from bookbridge.zoho.books.contactpersons import ContactPerson, ContactPersonDraft
from bookbridge.zoho.books.contacts import AddressDraft, Contact, ContactDraft, ContactPatch
from bookbridge.zoho.books.creditnotes import CreditDraft, CreditNote, CreditNoteDraft, CreditNotePatch
from bookbridge.zoho.books.currencies import Currency, CurrencyDraft, ExchangeRate
from bookbridge.zoho.books.customerpayments import AppliedDraft, Payment, PaymentDraft, PaymentPatch
from bookbridge.zoho.books.expenses import Expense, ExpenseDraft, ExpensePatch, Receipt
from bookbridge.zoho.books.invoices import Invoice, InvoiceDraft, InvoiceLine, InvoicePatch, LineDraft
from bookbridge.zoho.books.items import Item, ItemDraft, ItemPatch
from bookbridge.zoho.books.organizations import Organization
from bookbridge.zoho.books.taxes import Tax, TaxDraft
from bookbridge.zoho.books.users import User
from bookbridge.zoho.budget import CallClass
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
    "Account",
    "AccountDraft",
    "AddressDraft",
    "AppliedDraft",
    "BankAccount",
    "BankAccountDraft",
    "Bill",
    "BillDraft",
    "BillLineDraft",
    "BillPatch",
    "Books",
    "BudgetExhaustedError",
    "CallClass",
    "Contact",
    "ContactDraft",
    "ContactPatch",
    "ContactPerson",
    "ContactPersonDraft",
    "CreditDraft",
    "CreditNote",
    "CreditNoteDraft",
    "CreditNotePatch",
    "Currency",
    "CurrencyDraft",
    "DuplicateNameError",
    "ExchangeRate",
    "Expense",
    "ExpenseDraft",
    "ExpensePatch",
    "GrantRevokedError",
    "Invoice",
    "InvoiceDraft",
    "InvoiceLine",
    "InvoicePatch",
    "Item",
    "ItemDraft",
    "ItemPatch",
    "LineDraft",
    "OAuthError",
    "Organization",
    "OutcomeUnknownError",
    "Payment",
    "PaymentDraft",
    "PaymentPatch",
    "RateLimitedError",
    "Receipt",
    "RecordNotFoundError",
    "RefusedError",
    "ServerFailureError",
    "Tax",
    "TaxDraft",
    "TokenRejectedError",
    "UnreadableAnswerError",
    "User",
    "ZohoError",
]
