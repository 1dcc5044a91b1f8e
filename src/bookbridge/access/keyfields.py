"""Whether an organization has the custom field that refuses duplicates, module by module.

Three ways to know, best first:

1. ``GET /settings/fields?entity=...`` lists the fields of a module with id, API name and, as programs in the field
   report, ``is_unique`` (https://www.zoho.com/books/api/v3/custom-fields).
2. The module's own list shows custom fields in ``page_context.custom_fields`` and in rows that carry a value
   (FACTS 4.3, 4.9), but not whether they refuse duplicates.
3. The operator names the field in ``BOOKBRIDGE_KEY_FIELD``, which confirms what Zoho's answers leave open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bookbridge.zoho.answers import Payload
from bookbridge.zoho.errors import ZohoError
from bookbridge.zoho.protocol import Request
from bookbridge.zoho.session import Session

MODULES: Mapping[str, str] = {
    "invoices": "invoice",
    "contacts": "contact",
    "expenses": "expense",
    "customerpayments": "customer_payment",
}
"""The modules we write keys into and Zoho's word for each as an entity."""


@dataclass(frozen=True, kw_only=True)
class KeyFields:
    """What was found.

    ``name`` is the API name to use on invoices, ``None`` without one; ``by_module`` has the ``customfield_id`` where
    it is known; ``problem`` says in a sentence why there is none or what stays open.
    """

    name: str | None
    by_module: dict[str, dict[str, Any]] = field(default_factory=dict)
    problem: str = ""


def value_in(name: str | None, row: Mapping[str, Any], /) -> str:
    """The value of the custom field called ``name`` in a row of a list or in a record; empty when there is none."""
    if name is None:
        return ""
    hashed = row.get("custom_field_hash") or {}
    value = hashed.get(f"{name}_unformatted", hashed.get(name))
    if value in (None, ""):
        fields = row.get("custom_fields") or []
        value = next((field.get("value") for field in fields if field.get("api_name") == name), None)
    return "" if value in (None, "") else str(value)


def find(session: Session, /, *, configured: str, confirmed: bool) -> KeyFields:
    """Look for the field called ``configured``; one call a module.

    Raises:
        ZohoError: the invoices cannot be listed.
    """
    if not configured:
        return KeyFields(name=None, problem="No unique custom field is configured (BOOKBRIDGE_KEY_FIELD).")
    found = {module: _in_module(session, module, configured) for module in MODULES}
    by_module = {module: row for module, row in found.items() if row and row.get("is_unique") is not False}
    row = found["invoices"]
    if row is None:
        return _unseen(configured, confirmed, by_module)
    if row.get("is_unique") is False:
        return KeyFields(
            name=None,
            by_module=by_module,
            problem=f"The field {configured} on invoices accepts duplicates; edit it in Zoho Books (Settings, "
            "Invoices, Field Customization) and choose that duplicates are prevented.",
        )
    open_question = (
        ""
        if row.get("is_unique") or confirmed
        else (f"Zoho does not tell whether {configured} refuses duplicates; check it and set BOOKBRIDGE_KEY_FIELD.")
    )
    return KeyFields(name=configured, by_module=by_module, problem=open_question)


def _unseen(configured: str, confirmed: bool, by_module: dict[str, dict[str, Any]]) -> KeyFields:
    if confirmed:
        return KeyFields(name=configured, by_module=by_module)
    return KeyFields(
        name=None,
        by_module=by_module,
        problem=f"Invoices have no custom field {configured}; create a text field with that API name in Zoho Books "
        "(Settings, Invoices, Field Customization) that prevents duplicates, then set BOOKBRIDGE_KEY_FIELD.",
    )


def _in_module(session: Session, module: str, name: str) -> dict[str, Any] | None:
    """The field as far as it is known: ``customfield_id`` and ``is_unique`` (``None`` when Zoho does not say)."""
    try:
        payload = session.call(
            Request(
                method="GET", path="/settings/fields", params={"entity": MODULES[module], "filter_custom_fields": True}
            )
        )
    except ZohoError:
        return _in_list(session, module, name)
    return _named(payload.body.get("fields"), name)


def _in_list(session: Session, module: str, name: str) -> dict[str, Any] | None:
    try:
        payload = session.call(Request(method="GET", path=f"/{module}", params={"per_page": 1}))
    except ZohoError:
        if module == "invoices":
            raise
        return None
    return _shown(payload, module, name)


def _shown(payload: Payload, module: str, name: str) -> dict[str, Any] | None:
    context = payload.body.get("page_context")
    seen = _named(context.get("custom_fields") if isinstance(context, dict) else None, name)
    for row in payload.body.get(module) or ():
        if seen is None and isinstance(row, dict):
            seen = _named(row.get("custom_fields"), name)
            hashed = row.get("custom_field_hash")
            if seen is None and (name in row or (isinstance(hashed, dict) and name in hashed)):
                seen = {"customfield_id": "", "is_unique": None}
    return seen


def _named(fields: Any, name: str) -> dict[str, Any] | None:
    for each in fields if isinstance(fields, list) else ():
        if isinstance(each, dict) and name in (each.get("api_name"), each.get("placeholder"), each.get("field_name")):
            unique = each.get("is_unique")
            return {
                "customfield_id": str(each.get("customfield_id") or each.get("field_id") or ""),
                "is_unique": unique if isinstance(unique, bool) else None,
            }
    return None
