"""What people do in Zoho's own user interface while a program works: ``apply`` plays one or several such edits.

Each edit is ``{"action": ..., "organization_id": ..., ...}``; every change is committed with ``by`` ``people``.
``id`` may stand for the id an action needs, ``fields`` for ``body`` and for an object of the further members.

=================  ==========================================================================================
action             further members
=================  ==========================================================================================
``create``         ``resource``, ``body`` (a request body; documents may bring a number of their own)
``edit``           ``resource``, ``id``, ``fields`` (a request body)
``delete``         ``resource``, ``id``
``renumber``       ``invoice_id`` (or ``invoice_number``), ``to``
``mark_sent``      ``invoice_id``
``void``           ``invoice_id``, or ``resource`` and ``id``
``write_off``      ``invoice_id``; ``cancel`` true takes it back
``record_payment`` ``body`` of a customer's payment
``apply_credit``   ``creditnote_id`` or ``payment_id``, ``invoice_id``, ``amount``
``refund``         ``creditnote_id`` or ``payment_id``, ``amount``; ``date`` and ``from_account_id`` if not usual
``merge``          ``from``, ``into`` (contact ids)
``inactive``       ``contact_id``
``lock``           ``until`` (a date): transactions up to then cannot be written
``unlock``
``timezone``       ``time_zone`` (IANA name)
``create_invoice`` ``body``; ``create_contact`` the same
``call``           ``method``, ``path``, ``body``, ``query``: anything else that the API could do
=================  ==========================================================================================
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from bookbridge.sandbox.books import contacts_actions
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.records import NAMES, find, get, missing, today
from bookbridge.sandbox.books.seed import internal_call
from bookbridge.sandbox.books.values import Record, day
from bookbridge.sandbox.call import Call, Reply
from bookbridge.sandbox.routing import Router

# resource: path of the collection
RESOURCES: dict[str, str] = {
    "invoices": "/invoices",
    "contacts": "/contacts",
    "items": "/items",
    "customerpayments": "/customerpayments",
    "expenses": "/expenses",
    "creditnotes": "/creditnotes",
    "bills": "/bills",
    "vendorpayments": "/vendorpayments",
    "chartofaccounts": "/chartofaccounts",
    "taxes": "/settings/taxes",
    "currencies": "/settings/currencies",
}


def _do(call: Call, method: str, path: str, body: Record | None = None) -> Reply:
    """Let the handler of the API do it, in the name of the person."""
    from bookbridge.sandbox.books import ROUTES  # late: this module is one of those it gathers

    match = Router(ROUTES).match(method, path)
    call.ids, call.body = dict(match.ids), dict(body or {})
    return match.route.handler(call)


def _path(edit: Record) -> str:
    """The path of the record an edit names by ``resource`` and ``id``."""
    return f"{_collection(edit)}/{edit['id']}"


def _collection(edit: Record) -> str:
    if edit.get("resource") not in RESOURCES:
        raise ValueError(f"no resource {edit.get('resource')!r}; known: {', '.join(RESOURCES)}")
    return RESOURCES[edit["resource"]]


def _body(edit: Record) -> Record:
    return dict(edit.get("body") or edit["fields"])


def _invoice_path(call: Call, edit: Record) -> str:
    wanted = edit.get("invoice_id") or edit.get("id")
    if wanted:
        return f"/invoices/{get(call, 'invoices', str(wanted))['invoice_id']}"
    found = find(call.org, "invoices", "invoice_number", edit.get("invoice_number", ""))
    if not found:
        raise missing("invoices")
    return f"/invoices/{found[0]['invoice_id']}"


def _create(call: Call, edit: Record) -> Reply:
    body = _body(edit)
    if not any(body.get(name) for name in ("invoice_number", "creditnote_number")):
        call.query = {}
    return _do(call, "POST", _collection(edit), body)


def _edit(call: Call, edit: Record) -> Reply:
    return _do(call, "PUT", _path(edit), edit["fields"])


def _delete(call: Call, edit: Record) -> Reply:
    return _do(call, "DELETE", _path(edit))


def _renumber(call: Call, edit: Record) -> Reply:
    path = _invoice_path(call, edit)
    return _do(call, "PUT", path, {"invoice_number": str(edit.get("to") or edit["fields"]["invoice_number"])})


def _mark_sent(call: Call, edit: Record) -> Reply:
    return _do(call, "POST", _invoice_path(call, edit) + "/status/sent")


def _void(call: Call, edit: Record) -> Reply:
    path = _path(edit) if "resource" in edit else _invoice_path(call, edit)
    return _do(call, "POST", path + "/status/void")


def _write_off(call: Call, edit: Record) -> Reply:
    return _do(call, "POST", _invoice_path(call, edit) + "/writeoff" + ("/cancel" if edit.get("cancel") else ""))


def _record_payment(call: Call, edit: Record) -> Reply:
    return _do(call, "POST", "/customerpayments", _body(edit))


def _apply_credit(call: Call, edit: Record) -> Reply:
    name, rows = ("creditnote_id", "apply_creditnotes")
    if edit.get("payment_id"):
        name, rows = ("payment_id", "invoice_payments")
    row = {name: edit[name], "amount_applied": edit["amount"]}
    return _do(call, "POST", _invoice_path(call, edit) + "/credits", {rows: [row]})


def _refund(call: Call, edit: Record) -> Reply:
    resource = "customerpayments" if edit.get("payment_id") else "creditnotes"
    record_id = edit[NAMES[resource][1]]
    return _do(call, "POST", f"/{resource}/{record_id}/refunds", {
        "date": edit.get("date") or today(call),
        "amount": edit["amount"],
        "from_account_id": edit.get("from_account_id") or account_named(call.org, "Petty Cash")["account_id"],
    })  # fmt: skip


def _merge(call: Call, edit: Record) -> Reply:
    contacts_actions.merge(call, get(call, "contacts", str(edit["from"])), get(call, "contacts", str(edit["into"])))
    return Reply({})


def _setting(call: Call, **values: Any) -> Reply:
    call.org.settings.update(values)
    call.world.commit(call, resource="organizations", record_id=call.org.organization_id)
    return Reply({})


def _lock(call: Call, edit: Record) -> Reply:
    return _setting(call, lock_date=day(edit.get("fields") or edit, "until"))


def _unlock(call: Call, edit: Record) -> Reply:
    return _setting(call, lock_date="")


def _inactive(call: Call, edit: Record) -> Reply:
    return _do(call, "POST", f"/contacts/{edit.get('contact_id') or edit['id']}/inactive")


def _timezone(call: Call, edit: Record) -> Reply:
    wanted = edit.get("time_zone") or edit["fields"]["time_zone"]
    call.org.info["time_zone"] = ZoneInfo(str(wanted)).key
    return _setting(call)


def _create_invoice(call: Call, edit: Record) -> Reply:
    return _create(call, {**edit, "resource": "invoices"})


def _create_contact(call: Call, edit: Record) -> Reply:
    return _create(call, {**edit, "resource": "contacts"})


def _call(call: Call, edit: Record) -> Reply:
    call.query = {name: str(value) for name, value in edit.get("query", {}).items()}
    return _do(call, str(edit["method"]).upper(), str(edit["path"]), edit.get("body") or {})


ACTIONS: dict[str, Callable[[Call, Record], Reply]] = {
    "create": _create,
    "edit": _edit,
    "delete": _delete,
    "renumber": _renumber,
    "mark_sent": _mark_sent,
    "void": _void,
    "write_off": _write_off,
    "record_payment": _record_payment,
    "apply_credit": _apply_credit,
    "refund": _refund,
    "merge": _merge,
    "inactive": _inactive,
    "lock": _lock,
    "unlock": _unlock,
    "timezone": _timezone,
    "create_invoice": _create_invoice,
    "create_contact": _create_contact,
    "call": _call,
}


def apply(world: Any, data: Record) -> list[Record]:
    """Play ``{"edits": [...]}`` or one edit; returns the answers' bodies.

    Raises ZohoFault for what Zoho itself refuses and ValueError for an action or resource that does not exist.
    """
    edits = data.get("edits", [data])
    return [_one(world, edit) for edit in edits]


def _one(world: Any, edit: Record) -> Record:
    action = ACTIONS.get(str(edit.get("action", "")))
    if action is None:
        raise ValueError(f"no action {edit.get('action')!r}; known: {', '.join(ACTIONS)}")
    first = next(iter(world.orgs.values()))
    org = world.orgs[str(edit["organization_id"])] if edit.get("organization_id") else first
    path = f"/_people/{edit['action']}"
    call = internal_call(world, org, "PEOPLE", path, {}, by="people", ignore_auto_number_generation="true")
    reply = action(call, edit)
    assert isinstance(reply.body, dict)
    return reply.body
