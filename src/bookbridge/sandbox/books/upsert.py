"""``PUT /<collection>`` with ``X-Unique-Identifier-Key``/``-Value`` and ``X-Upsert`` (FACTS 4.8)."""

from bookbridge.sandbox.books.customfields import by_api_name
from bookbridge.sandbox.books.records import NAMES, find, missing, normal, settled
from bookbridge.sandbox.books.values import invalid
from bookbridge.sandbox.call import Call, Handler, Reply, ZohoFault

KEY = "x-unique-identifier-key"
VALUE = "x-unique-identifier-value"


def upsert(call: Call, resource: str, create: Handler, update: Handler) -> Reply:
    """Update the record whose unique custom field has the value; create it with ``X-Upsert: true`` when none has.

    Not found without ``X-Upsert``: switches ``upsert_missing_*``; status of a create: ``upsert_create_status``.
    """
    name, value = call.headers.get(KEY, "").strip(), call.headers.get(VALUE, "").strip()
    field = by_api_name(call.org, resource, name)
    if field is None or not field.get("is_unique"):
        raise invalid("X-Unique-Identifier-Key")
    if not value:
        raise invalid("X-Unique-Identifier-Value")
    found = [record for record in find(call.org, resource, name, value) if settled(call, record)]
    if found:
        id_field = NAMES[resource][1]
        call.ids[id_field] = found[0][id_field]
        return update(call)
    if call.headers.get("x-upsert", "").strip().lower() != "true":
        switches = call.world.switches
        raise ZohoFault(switches.upsert_missing_status, switches.upsert_missing_code, missing(resource).message)
    if call.world.switches.upsert_header_stores:
        _store(call, name, value)
    reply = create(call)
    reply.status = call.world.switches.upsert_create_status
    return reply


def _store(call: Call, name: str, value: str) -> None:
    """Put the header's value into the body's custom fields, unless the body has one."""
    rows = call.body.get("custom_fields")
    rows = list(rows) if isinstance(rows, list) else []
    if not any(isinstance(row, dict) and normal(row.get("api_name", "")) == normal(name) for row in rows):
        rows.append({"api_name": name, "value": value})
    call.body["custom_fields"] = rows
