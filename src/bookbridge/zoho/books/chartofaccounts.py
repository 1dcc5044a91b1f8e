"""The chart of accounts (FACTS 5.7)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict

from bookbridge.zoho.protocol import Request
from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Draft, Writable


class Account(Record, frozen=True, kw_only=True):
    """An account; ``account_type`` is expense, income, bank, cash and so on, an open list.

    ``current_balance`` is there when the list was asked with ``showbalance=True``.
    """

    account_id: str
    account_name: str = ""
    account_code: str = ""
    account_type: str = ""
    description: str = ""
    is_active: bool = True
    is_user_created: bool = False
    is_system_account: bool = False
    parent_account_id: str = ""
    parent_account_name: str = ""
    depth: int | None = None
    currency_id: str = ""
    current_balance: Decimal | None = None
    closing_balance: Decimal | None = None
    created_time: datetime | None = None
    last_modified_time: datetime | None = None


class AccountDraft(Draft, frozen=True, kw_only=True):
    """An account to be created."""

    account_name: str
    account_type: str
    account_code: str = ""
    description: str = ""
    currency_id: str = ""
    parent_account_id: str = ""
    custom_fields: list[dict[str, Any]] = []


class AccountPatch(TypedDict, total=False):
    """The fields of an account to change."""

    account_name: str
    account_code: str
    description: str
    parent_account_id: str


_ENDS = ("_contains", "_starts_with", "_ends_with")


class Accounts(Writable[Account]):
    """The accounts of an organization; without ``filter_by`` the list shows active ones only."""

    PATH, ONE, MANY, ID = "/chartofaccounts", "chart_of_account", "chartofaccounts", "account_id"
    KIND = Account
    UPSERT = False
    FILTERS = frozenset(name + end for name in ("account_code", "account_name") for end in _ENDS) | {
        "showbalance",
        "last_modified_time",
        "account_id_equal",
        "account_id_not_equal",
        "search_text",
    }

    def mark_active(self, account_id: str, /) -> None:
        """Offer it again."""
        self._send(self.action_request(account_id, "active"))

    def mark_inactive(self, account_id: str, /) -> None:
        """Offer it no longer; bookings keep it."""
        self._send(self.action_request(account_id, "inactive"))

    def action_request(self, account_id: str, action: Literal["active", "inactive"], /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(account_id, action), idempotent=True)
