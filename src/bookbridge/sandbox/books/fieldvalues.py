"""The endpoint that writes only custom fields: ``PUT /invoice/{id}/customfields``, singular noun (FACTS 4.9)."""

from typing import Any

from bookbridge.sandbox.books.customfields import parse, shown
from bookbridge.sandbox.books.records import commit, get, save
from bookbridge.sandbox.call import Call, Handler, Reply, Route

UPDATED = "Custom Fields Updated Successfully"
# singular noun, table, scope
WRITABLE = (
    ("invoice", "invoices", "invoices"),
    ("item", "items", "settings"),
    ("customerpayment", "customerpayments", "customerpayments"),
    ("bill", "bills", "bills"),
)
READABLE = (("invoices", "invoices"), ("creditnotes", "creditnotes"))


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


ROUTES = (
    *(
        Route("PUT", f"/{noun}/{{record_id}}/customfields", f"{scope}.UPDATE", _writer(table))
        for noun, table, scope in WRITABLE
    ),
    *(
        Route("GET", f"/{table}/{{record_id}}/customfields", f"{scope}.READ", _reader(table))
        for table, scope in READABLE
    ),
    Route("POST", "/creditnotes/{record_id}/customfields", "creditnotes.CREATE", _writer("creditnotes")),
)
