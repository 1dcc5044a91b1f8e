"""What every record of Zoho has in common, and how a row becomes one.

Zoho writes ``""`` for absent numbers, dates and ids (FACTS 4.7), so a field that is empty or null takes its default:
``None`` for numbers and dates, ``""`` for texts. A field Zoho fills unlike its documents does not spoil the record:
it takes its default too and stays readable in ``raw``.
"""

from decimal import Decimal
from typing import Any, TypeVar, cast, get_args

import msgspec
from msgspec import UNSET
from msgspec.structs import fields, force_setattr


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row as Zoho sent it, typed; field names are Zoho's own, and ``raw`` is the whole row."""

    raw: dict[str, Any] = {}


class PageContext(Record, frozen=True, kw_only=True):
    """Where a page stands in its list (FACTS 4.3); ``total`` only where a count was asked for."""

    page: int = 1
    per_page: int = 0
    has_more_page: bool = False
    report_name: str = ""
    applied_filter: str = ""
    sort_column: str = ""
    sort_order: str = ""
    total: int | None = None


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """One custom field of a record; ``value`` as Zoho sent it (FACTS 4.9)."""

    customfield_id: str = ""
    api_name: str = ""
    label: str = ""
    data_type: str = ""
    value: Any = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; lists spell the code ``zipcode``, details ``zip`` (FACTS 4.7)."""

    address_id: str = ""
    attention: str = ""
    address: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    state_code: str = ""
    zip: str = ""
    zipcode: str = ""
    country: str = ""
    country_code: str = ""
    phone: str = ""
    fax: str = ""


class CustomFields(Record, frozen=True, kw_only=True):
    """A record that carries custom fields."""

    custom_fields: list[CustomField] = []
    custom_field_hash: dict[str, Any] = {}

    def custom_value(self, api_name: str, /) -> str:
        """The text of the custom field ``api_name`` (``cf_...``), empty when the record does not carry it."""
        for field in self.custom_fields:
            if field.api_name == api_name and field.value is not None:
                return str(field.value)
        value = self.custom_field_hash.get(f"{api_name}_unformatted", self.custom_field_hash.get(api_name, ""))
        return "" if value is None else str(value)


R = TypeVar("R", bound=Record)


def read_record(row: dict[str, Any], kind: type[R], /) -> R:
    """The record of a row of JSON.

    Raises:
        msgspec.ValidationError: a field without a default (the id) is missing or unreadable.
    """
    cleaned = {name: _without_empty(value) for name, value in row.items() if name != "raw" and not _is_empty(value)}
    try:
        record = msgspec.convert(cleaned, kind, strict=False)
    except msgspec.ValidationError:
        record = cast(R, _field_by_field(cleaned, kind))
    force_setattr(record, "raw", row)
    return record


def _field_by_field(row: dict[str, Any], kind: type[Any]) -> Any:
    """The struct of a row, leaving out what does not fit, inside nested rows too."""
    kept = {}
    for field in fields(kind):
        if field.name in row:
            value = _fitting(row[field.name], field.type)
            if value is not UNSET:
                kept[field.name] = value
    return msgspec.convert(kept, kind, strict=False)


def _fitting(value: Any, wanted: Any) -> Any:
    """``value`` as ``wanted``, or ``UNSET`` when it cannot be read so."""
    members = get_args(wanted)
    if isinstance(value, list) and len(members) == 1 and _is_struct(members[0]):
        return [_field_by_field(member, members[0]) for member in value if isinstance(member, dict)]
    if isinstance(value, dict) and _is_struct(wanted):
        return _field_by_field(value, wanted)
    if wanted is str and is_number(value):
        return str(value)
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return UNSET


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _without_empty(value: Any) -> Any:
    """``value`` without the members Zoho left empty, all the way down."""
    if isinstance(value, dict):
        return {name: _without_empty(member) for name, member in value.items() if not _is_empty(member)}
    if isinstance(value, list):
        return [_without_empty(member) for member in value if not _is_empty(member)]
    return value


def is_number(value: Any, /) -> bool:
    """Whether a value of JSON is an exact number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
