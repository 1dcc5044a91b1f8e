"""Items: what is sold and bought (FACTS 5.3). Rates are in the organization's currency."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict

from bookbridge.zoho.filters import amounts, texts
from bookbridge.zoho.protocol import Request
from bookbridge.zoho.records import CustomFields
from bookbridge.zoho.resource import Draft, Writable


class Item(CustomFields, frozen=True, kw_only=True):
    """An item of the catalog."""

    item_id: str
    name: str = ""
    sku: str = ""
    unit: str = ""
    status: str = ""
    description: str = ""
    rate: Decimal | None = None
    purchase_rate: Decimal | None = None
    purchase_description: str = ""
    tax_id: str = ""
    tax_name: str = ""
    tax_percentage: Decimal | None = None
    account_id: str = ""
    account_name: str = ""
    purchase_account_id: str = ""
    item_type: str = ""
    product_type: str = ""
    created_time: datetime | None = None
    last_modified_time: datetime | None = None


class ItemDraft(Draft, frozen=True, kw_only=True):
    """An item to be created."""

    name: str
    rate: Decimal
    sku: str = ""
    unit: str = ""
    description: str = ""
    tax_id: str = ""
    account_id: str = ""
    item_type: str = ""
    product_type: str = ""
    is_taxable: bool | None = None
    purchase_rate: Decimal | None = None
    purchase_description: str = ""
    purchase_account_id: str = ""
    custom_fields: list[dict[str, Any]] = []


class ItemPatch(TypedDict, total=False):
    """The fields of an item to change."""

    name: str
    rate: Decimal
    sku: str
    unit: str
    description: str
    tax_id: str
    account_id: str
    purchase_rate: Decimal
    custom_fields: list[dict[str, Any]]


class Items(Writable[Item]):
    """The catalog of an organization."""

    PATH, ONE, MANY, ID = "/items", "item", "items", "item_id"
    KIND = Item
    FILTERS = (
        texts("name", "description")
        | amounts("rate")
        | {"tax_id", "tax_name", "is_taxable", "tax_exemption_id", "account_id", "search_text"}
    )

    def mark_active(self, item_id: str, /) -> None:
        """Offer it again."""
        self._send(self.action_request(item_id, "active"))

    def mark_inactive(self, item_id: str, /) -> None:
        """Offer it no longer; documents keep it."""
        self._send(self.action_request(item_id, "inactive"))

    def action_request(self, item_id: str, action: Literal["active", "inactive"], /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(item_id, action), idempotent=True)
