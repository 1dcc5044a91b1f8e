"""Records of an organization: ids, time stamps, look-ups by indexed fields, and the commit of a change.

A record is a plain dictionary with Zoho's field names; keys that begin with ``_`` are internal and never shown.
Indexes live in the organization's tables under ``_index/<resource>/<field>``, so that a reset drops them too.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books import facts
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.values import Record
from bookbridge.sandbox.call import Call, ZohoFault

KEY_FIELD = "cf_bookbridge_key"

# Fields looked up without a scan; custom fields are indexed for every resource.
INDEXED: dict[str, tuple[str, ...]] = {
    "contacts": ("contact_name", "email"),
    "items": ("name", "sku"),
    "invoices": ("invoice_number", "customer_id", "reference_number", "email"),
    "customerpayments": ("customer_id", "reference_number", "payment_number"),
    "expenses": ("reference_number", "customer_id", "vendor_id"),
    "creditnotes": ("creditnote_number", "customer_id", "reference_number"),
    "bills": ("bill_number", "vendor_id", "reference_number"),
    "vendorpayments": ("vendor_id", "reference_number", "payment_number"),
    "chartofaccounts": ("account_name",),
}

# Zoho's word in "<Resource> does not exist." (FACTS 3.2 code 1002) and the name of the id.
NAMES: dict[str, tuple[str, str]] = {
    "contacts": ("Contact", "contact_id"),
    "items": ("Item", "item_id"),
    "invoices": ("Invoice", "invoice_id"),
    "customerpayments": ("Payment", "payment_id"),
    "expenses": ("Expense", "expense_id"),
    "chartofaccounts": ("Account", "account_id"),
    "creditnotes": ("Credit note", "creditnote_id"),
    "bills": ("Bill", "bill_id"),
    "vendorpayments": ("Vendor payment", "payment_id"),
    "currencies": ("Currency", "currency_id"),
    "taxes": ("Tax", "tax_id"),
    "users": ("User", "user_id"),
}


def normal(value: Any) -> str:
    """The form in which indexed texts are compared: trimmed, without regard to case."""
    return str(value).strip().casefold()


def missing(resource: str) -> ZohoFault:
    """404/1002 ``<Resource> does not exist.`` (FACTS 3.2)."""
    word = NAMES[resource][0] if resource in NAMES else resource.capitalize()
    return ZohoFault(404, 1002, f"{word} does not exist.")


def get(call: Call, resource: str, record_id: str) -> Record:
    """The record with this id; raises 404/1002, or what the switch ``non_numeric_id`` says (FACTS 3.3)."""
    record = call.org.table(resource).get(record_id)
    if record is not None:
        return record
    if not record_id.isdigit():
        if call.world.switches.non_numeric_id == "5":
            raise ZohoFault(404, 5, "Invalid URL Passed")
        raise ZohoFault(400, 2, f"Invalid value passed for {NAMES[resource][1]}")
    raise missing(resource)


def referenced(call: Call, resource: str, record_id: Any, field: str) -> Record:
    """The record a body refers to; raises 400 with the code the switch ``unknown_customer`` says (FACTS 3.3)."""
    record = call.org.table(resource).get(str(record_id))
    if record is not None:
        return record
    if call.world.switches.unknown_customer == "4":
        raise ZohoFault(400, 4, f"Invalid value passed for {field}")
    raise ZohoFault(400, 1002, missing(resource).message)


def new_id(call: Call) -> str:
    """A fresh 18-digit id of the organization."""
    return str(call.world.ids.record_id(call.org))


def stamp(moment: datetime) -> str:
    """A time stamp as on the wire: numeric offset without colon (FACTS 4.2)."""
    text = moment.isoformat(timespec="seconds")
    return text[:-3] + text[-2:]


def today(call: Call) -> str:
    """The date in the organization's zone."""
    return call.now.date().isoformat()


def touch(call: Call, record: Record) -> None:
    """Set the time of the last change."""
    record["last_modified_time"] = stamp(call.now)
    record["_modified_at"] = call.now.astimezone(UTC).replace(microsecond=0)


def insert(call: Call, resource: str, record: Record, *, id_field: str = "") -> str:
    """Store a new record with id and times; returns the id."""
    id_field = id_field or NAMES[resource][1]
    record_id = record.get(id_field) or new_id(call)
    record[id_field] = record_id
    touch(call, record)
    record["created_time"] = record["last_modified_time"]
    record["_born_s"] = call.world.clock.seconds()
    call.org.table(resource)[record_id] = record
    facts.touched(call.org, resource, record_id)
    reindex(call.org, resource, record_id, record)
    return record_id


def save(call: Call, resource: str, record: Record) -> None:
    """Keep the indexes and the time of change in step after ``record`` was altered."""
    touch(call, record)
    facts.touched(call.org, resource, record[NAMES[resource][1]])
    reindex(call.org, resource, record[NAMES[resource][1]], record)


def remove(call: Call, resource: str, record_id: str) -> None:
    """Forget a record and its index entries."""
    record = call.org.table(resource).pop(record_id)
    facts.touched(call.org, resource, record_id)
    for field, value in record.pop("_indexed", ()):
        _bucket(call.org, resource, field).get(value, {}).pop(record_id, None)


def find(org: Any, resource: str, field: str, value: Any) -> list[Record]:
    """Records whose indexed field equals ``value``, oldest first."""
    table = org.table(resource)
    ids = _bucket(org, resource, field).get(normal(value), {})
    return [table[record_id] for record_id in sorted(ids)]


def taken(org: Any, resource: str, field: str, value: Any, own_id: str = "") -> bool:
    """Whether another record already has this value in an indexed field."""
    ids = _bucket(org, resource, field).get(normal(value), {})
    return any(record_id != own_id for record_id in ids)


def clashes(call: Call, resource: str, field: str, value: Any, own_id: str = "") -> bool:
    """Whether a value that must be unique is taken by another record the check can see."""
    table = call.org.table(resource)
    ids = _bucket(call.org, resource, field).get(normal(value), {})
    return any(record_id != own_id and settled(call, table[record_id]) for record_id in ids)


def settled(call: Call, record: Record) -> bool:
    """Whether checks of uniqueness see the record: it is older than the switch ``uniqueness_window_s``.

    The window plays a check that is not atomic: two creates with one value inside it both succeed.
    """
    window_s = call.world.switches.uniqueness_window_s
    return not window_s or bool(call.world.clock.seconds() - record["_born_s"] >= window_s)


def refuse_duplicate(call: Call, resource: str, field: str, value: str, own_id: str = "") -> None:
    """Raise the duplicate refusal (switch ``duplicate_number_*``) when ``value`` is taken."""
    if value and clashes(call, resource, field, value, own_id):
        raise refusal(call.world, "duplicate_number")


def reindex(org: Any, resource: str, record_id: str, record: Record) -> None:
    """Bring the index entries of one record up to date."""
    fresh = tuple(_entries(resource, record))
    stale = record.get("_indexed", ())
    if fresh == stale:
        return
    for field, value in stale:
        _bucket(org, resource, field).get(value, {}).pop(record_id, None)
    for field, value in fresh:
        _bucket(org, resource, field).setdefault(value, {})[record_id] = True
    record["_indexed"] = fresh


def _entries(resource: str, record: Record) -> Iterator[tuple[str, str]]:
    for field in INDEXED.get(resource, ()):
        value = record.get(field)
        if value not in (None, ""):
            yield field, normal(value)
    for api_name, value in record.get("_custom", {}).items():
        if value not in (None, ""):
            yield api_name, normal(value)


def _bucket(org: Any, resource: str, field: str) -> dict[str, dict[str, Any]]:
    bucket: dict[str, dict[str, Any]] = org.table(f"_index/{resource}/{field}")
    return bucket


def key_of(record: Record, fallbacks: Iterable[str]) -> str:
    """What identifies the record to its author: the key field, else the first of ``fallbacks`` that is filled."""
    custom = record.get("_custom", {}).get(KEY_FIELD)
    if custom:
        return str(custom)
    return next((str(record[name]) for name in fallbacks if record.get(name)), "")


KEYS: dict[str, tuple[str, ...]] = {
    "invoices": ("invoice_number",),
    "contacts": ("contact_name",),
    "items": ("sku", "name"),
    "customerpayments": ("reference_number", "payment_number"),
    "expenses": ("reference_number",),
    "creditnotes": ("creditnote_number",),
    "bills": ("bill_number",),
    "vendorpayments": ("reference_number", "payment_number"),
    "chartofaccounts": ("account_name",),
    "currencies": ("currency_code",),
    "taxes": ("tax_name",),
}
TOTALS: dict[str, str] = {
    "invoices": "total",
    "creditnotes": "total",
    "bills": "total",
    "vendorpayments": "amount",
    "expenses": "total",
    "customerpayments": "amount",
    "items": "rate",
}
NUMBERS: dict[str, str] = {
    "invoices": "invoice_number",
    "creditnotes": "creditnote_number",
    "bills": "bill_number",
    "vendorpayments": "payment_number",
    "customerpayments": "payment_number",
}


def commit(call: Call, resource: str, record: Record, record_id: str = "") -> None:
    """Write one line of the commit log for a change of ``record``; every mutation calls this exactly once."""
    total = record.get(TOTALS.get(resource, ""))
    call.world.commit(
        call,
        resource=resource,
        record_id=record_id or str(record.get(NAMES.get(resource, ("", ""))[1], "")),
        key=key_of(record, KEYS.get(resource, ())),
        total=total if isinstance(total, Decimal) else None,
        number=str(record.get(NUMBERS.get(resource, ""), "")),
        facts=facts.of_touched(call.org),
    )
