"""Custom fields: how they are written, read, searched and kept unique (FACTS 4.8, 4.9)."""

from typing import Any

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.records import clashes
from bookbridge.sandbox.books.values import ZERO, Record, decimal_of, flag_of, invalid, text_of
from bookbridge.sandbox.call import Call, ZohoFault

NUMERIC = {"number", "decimal", "amount", "percent"}
TEXT_LIMIT = 255


def definitions(org: Any, module: str) -> list[dict[str, Any]]:
    """The fields a module has, in their order."""
    found: list[dict[str, Any]] = org.custom_fields.get(module, [])
    return found


def by_api_name(org: Any, module: str, api_name: str) -> dict[str, Any] | None:
    """The field with this API name, None without one."""
    return next((field for field in definitions(org, module) if field["api_name"] == api_name), None)


def _named(call: Call, module: str, row: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The definition a row means and the key it was found by; raises 120129 for an unknown one (FACTS 4.9)."""
    fields = definitions(call.org, module)
    for key in ("customfield_id", "label", "api_name", "placeholder"):
        if row.get(key) in (None, ""):
            continue
        if module == "contacts" and key == "api_name" and call.world.switches.contacts_refuse_api_name:
            raise invalid("Customer Name")
        wanted = "api_name" if key == "placeholder" else key
        found = next((field for field in fields if str(field[wanted]) == str(row[key])), None)
        if found is not None:
            return found, key
    index = str(row.get("index", ""))
    if index.isdigit() and 1 <= int(index) <= len(fields):
        return fields[int(index) - 1], "index"
    raise ZohoFault(400, 120129, "Invalid value passed for custom field label")


def _value(field: dict[str, Any], row: dict[str, Any], key: str) -> Any:
    """The value to store; by ``index`` a number field silently becomes 0 (FACTS 4.9 trap)."""
    raw = row.get("value")
    if raw is None or raw == "":
        return ""
    if field["data_type"] in NUMERIC:
        return ZERO if key == "index" else decimal_of(raw, field["label"])
    if field["data_type"] == "check_box":
        return flag_of(raw)
    if isinstance(raw, list) and field["data_type"] == "multiselect":
        return raw
    return text_of(raw, field["label"], TEXT_LIMIT).strip()


def parse(call: Call, module: str, rows: Any, own_id: str = "") -> dict[str, Any]:
    """``rows`` of a body as values by API name; raises the duplicate refusal for a taken unique value."""
    if rows in (None, "", {}):
        return {}
    if isinstance(rows, dict):
        rows = [rows] if "value" in rows else [{"api_name": key, "value": value} for key, value in rows.items()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid("custom_fields")
    values: dict[str, Any] = {}
    for row in rows:
        field, key = _named(call, module, row)
        value = _value(field, row, key)
        unique = field.get("is_unique") and value not in (None, "")
        if unique and clashes(call, module, field["api_name"], value, own_id):
            raise refusal(call.world, "duplicate_custom_field")
        values[field["api_name"]] = value
    return values


def write(call: Call, module: str, record: Record, body: dict[str, Any], own_id: str = "") -> None:
    """Merge ``custom_fields`` of a body into a record; fields not named keep their value."""
    if "custom_fields" in body:
        record["_custom"] = {**record.get("_custom", {}), **parse(call, module, body["custom_fields"], own_id)}
    else:
        record.setdefault("_custom", {})


def shown(org: Any, module: str, record: Record) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """``custom_fields`` and ``custom_field_hash`` of a record: only fields that have a value."""
    values = {name: value for name, value in record.get("_custom", {}).items() if value not in (None, "")}
    if not values:
        return [], {}
    rows: list[dict[str, Any]] = []
    hashed: dict[str, Any] = {}
    for position, field in enumerate(definitions(org, module), start=1):
        if field["api_name"] not in values:
            continue
        value = values[field["api_name"]]
        rows.append(_row(field, position, value))
        hashed[field["api_name"]] = value if isinstance(value, str) else text_of(value, "value")
        hashed[f"{field['api_name']}_unformatted"] = value
    return rows, hashed


def _row(field: dict[str, Any], position: int, value: Any) -> dict[str, Any]:
    return {
        "customfield_id": field["customfield_id"],
        "index": position,
        "label": field["label"],
        "value": value,
        "value_formatted": value if isinstance(value, list | str) else text_of(value, "value"),
        "data_type": field["data_type"],
        "api_name": field["api_name"],
        "placeholder": field["api_name"],
        "is_active": True,
        "show_on_pdf": False,
        "show_in_all_pdf": False,
        "edit_on_portal": False,
        "edit_on_store": False,
        "show_in_portal": False,
        "show_in_store": False,
        "search_entity": module_word(field),
        "is_dependent_field": False,
    }


def module_word(field: dict[str, Any]) -> str:
    """The singular word under which Zoho searches a field's module."""
    return str(field.get("entity", ""))
