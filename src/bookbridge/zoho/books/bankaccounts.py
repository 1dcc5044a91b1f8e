"""Bank, card and cash accounts: where expenses are paid from and payments arrive (FACTS 5.8)."""

from decimal import Decimal
from typing import TypedDict

from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Draft, Writable


class BankAccount(Record, frozen=True, kw_only=True):
    """A bank, card or cash account; its number is masked. Amounts are in the account's currency, ``bcy_`` in base."""

    account_id: str
    account_name: str = ""
    account_code: str = ""
    account_type: str = ""
    account_number: str = ""
    bank_name: str = ""
    currency_id: str = ""
    currency_code: str = ""
    is_active: bool = True
    balance: Decimal | None = None
    bank_balance: Decimal | None = None
    bcy_balance: Decimal | None = None
    uncategorized_transactions: int | None = None


class BankAccountDraft(Draft, frozen=True, kw_only=True):
    """A bank or card account to be created."""

    account_name: str
    account_type: str
    account_number: str = ""
    account_code: str = ""
    currency_id: str = ""
    currency_code: str = ""
    description: str = ""
    bank_name: str = ""
    routing_number: str = ""


class BankAccountPatch(TypedDict, total=False):
    """The fields of a bank account to change."""

    account_name: str
    account_type: str
    account_number: str
    account_code: str
    description: str
    bank_name: str


class BankAccounts(Writable[BankAccount]):
    """The accounts money comes from and goes to; cash accounts are in the list too."""

    PATH, ONE, MANY, ID = "/bankaccounts", "bankaccount", "bankaccounts", "account_id"
    KIND = BankAccount
    UPSERT = False
