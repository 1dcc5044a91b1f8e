"""What people do in Zoho's own user interface while a program works: ``apply`` plays one or several such edits.

Each edit is ``{"action": ..., "organization_id": ..., ...}``; every change is committed with ``by`` ``people``.
``id`` may stand for the id an action needs, ``fields`` for ``body`` and for an object of the further members.

=================  ==========================================================================================
action             further members
=================  ==========================================================================================
``renumber``       ``invoice_id`` (or ``invoice_number``), ``to``
``edit``           ``resource``, ``id``, ``fields`` (a request body)
``void``           ``invoice_id``
``delete``         ``resource``, ``id``
``mark_sent``      ``invoice_id``
``merge``          ``from``, ``into`` (contact ids)
``lock``           ``until`` (a date): transactions up to then cannot be written
``unlock``
``inactive``       ``contact_id``
``timezone``       ``time_zone`` (IANA name)
``create_invoice`` ``body`` (a request body; with a number of its own if it has one)
``create_contact`` ``body``
=================  ==========================================================================================
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from bookbridge.sandbox.books import (
    bills,
    contacts,
    contacts_actions,
    creditnotes,
    customerpayments,
    expenses,
    invoices_actions,
    invoices_create,
    items,
    vendorpayments,
)
from bookbridge.sandbox.books.records import find, get, missing
from bookbridge.sandbox.books.seed import internal_call
from bookbridge.sandbox.books.values import Record, day
from bookbridge.sandbox.call import Call, Handler, Reply

# resource: id in the path, update, delete
EDITS: dict[str, tuple[str, Handler, Handler]] = {
    "invoices": ("invoice_id", invoices_create.updated, invoices_create.deleted),
    "contacts": ("contact_id", contacts.updated, contacts.deleted),
    "items": ("item_id", items.updated, items.deleted),
    "customerpayments": ("payment_id", customerpayments.updated, customerpayments.deleted),
    "expenses": ("expense_id", expenses.updated, expenses.deleted),
    "creditnotes": ("creditnote_id", creditnotes.updated, creditnotes.deleted),
    "bills": ("bill_id", bills.updated, bills.deleted),
    "vendorpayments": ("payment_id", vendorpayments.updated, vendorpayments.deleted),
}


def _invoice_id(call: Call, edit: Record) -> str:
    wanted = edit.get("invoice_id") or edit.get("id")
    if wanted:
        return str(get(call, "invoices", str(wanted))["invoice_id"])
    found = find(call.org, "invoices", "invoice_number", edit.get("invoice_number", ""))
    if not found:
        raise missing("invoices")
    return str(found[0]["invoice_id"])


def _renumber(call: Call, edit: Record) -> Reply:
    call.ids = {"invoice_id": _invoice_id(call, edit)}
    call.body = {"invoice_number": str(edit.get("to") or edit["fields"]["invoice_number"])}
    return invoices_create.updated(call)


def _kind(edit: Record) -> tuple[str, Handler, Handler]:
    if edit.get("resource") not in EDITS:
        raise ValueError(f"no resource {edit.get('resource')!r}; known: {', '.join(EDITS)}")
    return EDITS[edit["resource"]]


def _edit(call: Call, edit: Record) -> Reply:
    id_field, update, _ = _kind(edit)
    call.ids = {id_field: str(edit["id"])}
    call.body = dict(edit["fields"])
    return update(call)


def _delete(call: Call, edit: Record) -> Reply:
    id_field, _, delete = _kind(edit)
    call.ids = {id_field: str(edit["id"])}
    return delete(call)


def _void(call: Call, edit: Record) -> Reply:
    call.ids = {"invoice_id": _invoice_id(call, edit)}
    return invoices_actions.voided(call)


def _mark_sent(call: Call, edit: Record) -> Reply:
    call.ids = {"invoice_id": _invoice_id(call, edit)}
    return invoices_actions.sent(call)


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
    call.ids = {"contact_id": str(edit.get("contact_id") or edit["id"])}
    return contacts_actions.inactivated(call)


def _timezone(call: Call, edit: Record) -> Reply:
    wanted = edit.get("time_zone") or edit["fields"]["time_zone"]
    call.org.info["time_zone"] = ZoneInfo(str(wanted)).key
    return _setting(call)


def _create_invoice(call: Call, edit: Record) -> Reply:
    call.body = dict(edit.get("body") or edit["fields"])
    if not call.body.get("invoice_number"):
        call.query = {}
    return invoices_create.created(call)


def _create_contact(call: Call, edit: Record) -> Reply:
    call.body = dict(edit.get("body") or edit["fields"])
    return contacts.created(call)


ACTIONS: dict[str, Callable[[Call, Record], Reply]] = {
    "renumber": _renumber,
    "edit": _edit,
    "void": _void,
    "delete": _delete,
    "mark_sent": _mark_sent,
    "merge": _merge,
    "lock": _lock,
    "unlock": _unlock,
    "inactive": _inactive,
    "timezone": _timezone,
    "create_invoice": _create_invoice,
    "create_contact": _create_contact,
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
