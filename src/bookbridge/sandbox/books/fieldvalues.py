"""The endpoint that writes only custom fields: ``PUT /invoice/{id}/customfields``, singular noun (FACTS 4.9)."""

from typing import Any

from bookbridge.sandbox.books.customfields import parse, shown
from bookbridge.sandbox.books.records import commit, get, save
from bookbridge.sandbox.call import Call, Handler, Reply, Route

UPDATED = "Custom Fields Updated Successfully"
# singular noun, plural noun, table, scope
KINDS = (
    ("invoice", "invoices", "invoices", "invoices"),
    ("item", "items", "items", "settings"),
    ("customerpayment", "customerpayments", "customerpayments", "customerpayments"),
    ("creditnote", "creditnotes", "creditnotes", "creditnotes"),
    ("expense", "expenses", "expenses", "expenses"),
    ("contact", "contacts", "contacts", "contacts"),
)


def _rows(body: Any) -> Any:
    """The rows of a body, which is the list itself or has it under ``custom_fields``."""
    return body.get("custom_fields", []) if isinstance(body, dict) else body


def _writer(table: str) -> Handler:
    def write(call: Call) -> Reply:
        record = get(call, table, call.ids["record_id"])
        values = parse(call, table, _rows(call.body), call.ids["record_id"])
        record["_custom"] = {**record["_custom"], **values}
        save(call, table, record)
        commit(call, table, record)
        return Reply({}, message=UPDATED)

    return write


def _reader(table: str) -> Handler:
    def read(call: Call) -> Reply:
        rows, _ = shown(call.org, table, get(call, table, call.ids["record_id"]))
        return Reply({"custom_fields": rows})

    return read


ROUTES = tuple(
    route
    for one, many, table, scope in KINDS
    for route in (
        Route("PUT", f"/{one}/{{record_id}}/customfields", f"{scope}.UPDATE", _writer(table)),
        Route("GET", f"/{many}/{{record_id}}/customfields", f"{scope}.READ", _reader(table)),
    )
)
