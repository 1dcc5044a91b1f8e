"""The unique custom field: how its value is written into a document and read from a row."""

from collections.abc import Mapping
from typing import Any

from bookbridge.access.keyfields import value_in
from bookbridge.store.organizations import Organization


def entry(organization: Organization, module: str, value: str, /) -> list[dict[str, str]]:
    """The ``custom_fields`` member of a new document of ``module`` (``invoices``, ...); empty without a field.

    Zoho wants another name for the field on each module (FACTS 4.9); ``customfield_id`` is understood everywhere, so
    it is used where we have seen it, and the API name, which contacts refuse, elsewhere.
    """
    seen = organization.info.get("key_fields", {}).get(module)
    if seen is not None and seen.get("customfield_id"):
        return [{"customfield_id": seen["customfield_id"], "value": value}]
    if organization.key_field is None or module == "contacts":
        return []
    return [{"api_name": organization.key_field, "value": value}]


def read(organization: Organization, row: Mapping[str, Any], /) -> str:
    """The key in a row of a list or in a detail, empty when the row does not carry one."""
    return value_in(organization.key_field, row)
