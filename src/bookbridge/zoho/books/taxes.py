"""Taxes (FACTS 5.10); an organization without tax set-up has none."""

from decimal import Decimal
from typing import TypedDict

from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Draft, Writable


class Tax(Record, frozen=True, kw_only=True):
    """A tax; ``tax_percentage`` of the taxable amount. ``tax_type`` is tax, compound_tax or tax_group."""

    tax_id: str
    tax_name: str = ""
    tax_percentage: Decimal | None = None
    tax_type: str = ""
    tax_factor: str = ""
    tax_specific_type: str = ""
    tax_authority_id: str = ""
    tax_authority_name: str = ""
    is_value_added: bool = False
    is_default_tax: bool = False
    is_editable: bool = True
    status: str = ""


class TaxDraft(Draft, frozen=True, kw_only=True):
    """A tax to be created."""

    tax_name: str
    tax_percentage: Decimal
    tax_type: str = ""
    tax_authority_id: str = ""
    is_value_added: bool | None = None


class TaxPatch(TypedDict, total=False):
    """The fields of a tax to change."""

    tax_name: str
    tax_percentage: Decimal
    tax_type: str


class Taxes(Writable[Tax]):
    """The taxes of an organization."""

    PATH, ONE, MANY, ID = "/settings/taxes", "tax", "taxes", "tax_id"
    KIND = Tax
    UPSERT = False
