"""Approvals of invoices, credit notes and bills (FACTS 5.4, 5.14, 5.16), where the organization has them switched on.

The setting ``approvals`` of an organization says so, ``approval_levels`` how many people must approve. A document then
starts as a draft and goes ``draft`` -> ``pending_approval`` -> ``approved``, or ``rejected`` and back; only an approved
one can be sent, opened or paid. What is not approved is owed by nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bookbridge.sandbox.books import comments, documents
from bookbridge.sandbox.books.invoices_status import APPROVED, DRAFT, PENDING, REJECTED
from bookbridge.sandbox.books.records import NAMES, commit, get, save, today
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import Record, identities, invalid
from bookbridge.sandbox.call import Call, Handler, Reply, Route

MOST = 200


@dataclass(frozen=True)
class Kind:
    """A resource that is approved, and what is said."""

    table: str
    submitted: str
    approved: str
    finally_approved: str = ""
    rejected: str = ""
    many_submitted: str = ""
    many_approved: str = ""


INVOICES = Kind(
    "invoices",
    "The invoice has been submitted for approval successfully.",
    "You have approved the invoice.",
    "The invoice has been approved.",
    "The invoice has been rejected.",
    "The invoices have been submitted for approval.",
    "The selected invoices have been approved.",
)
CREDIT_NOTES = Kind(
    "creditnotes",
    "The Credit Note has been successfully submitted for approval.",
    "You have approved the Credit Note.",
    "The credit note has been approved.",
    "The credit note has been rejected.",
    "The selected credit notes have been submitted for approval.",
    "The selected credit notes have been approved.",
)
BILLS = Kind("bills", "The bill has been submitted for approval successfully.", "You have approved the bill.")


def _document(kind: Kind, call: Call, record_id: str, *states: str) -> Record:
    """The document; raises 4 without approvals, and when it is in none of these states."""
    record = get(call, kind.table, record_id)
    if not call.org.settings.get("approvals"):
        raise invalid("approval")
    if record["_state"] not in states:
        raise invalid("status")
    documents.refuse_locked(call, record["date"])
    return record


def _done(kind: Kind, call: Call, record: Record, message: str) -> Reply:
    save(call, kind.table, record)
    comments.note(call, record, message)
    commit(call, kind.table, record)
    return Reply({}, message=message)


def _submit(kind: Kind, call: Call, record: Record) -> Reply:
    record["_state"] = PENDING
    user_id = current(call)["user_id"]
    record["_approval"] = {"submitter_id": user_id, "submitted_date": today(call), "approver_id": user_id}
    record["_approvals"] = 0
    return _done(kind, call, record, kind.submitted)


def _approve(kind: Kind, call: Call, record: Record) -> Reply:
    record["_approvals"] = record.get("_approvals", 0) + 1
    if record["_approvals"] >= call.org.settings.get("approval_levels", 1):
        record["_state"] = APPROVED
    return _done(kind, call, record, kind.approved)


def _one(kind: Kind, call: Call) -> str:
    return call.ids[NAMES[kind.table][1]]


def submitted(kind: Kind, call: Call) -> Reply:
    """``POST .../submit``: of a draft, or of one that was rejected."""
    return _submit(kind, call, _document(kind, call, _one(kind, call), DRAFT, REJECTED))


def approved(kind: Kind, call: Call) -> Reply:
    """``POST .../approve``: one more person approves."""
    return _approve(kind, call, _document(kind, call, _one(kind, call), PENDING))


def finally_approved(kind: Kind, call: Call) -> Reply:
    """``POST .../approve/final``: approved, whoever else should have been asked."""
    record = _document(kind, call, _one(kind, call), PENDING)
    record["_state"] = APPROVED
    return _done(kind, call, record, kind.finally_approved)


def rejected(kind: Kind, call: Call) -> Reply:
    """``POST .../reject``; the ``reason`` of the query goes into the history."""
    record = _document(kind, call, _one(kind, call), PENDING)
    record["_state"] = REJECTED
    reply = _done(kind, call, record, kind.rejected)
    if call.query.get("reason"):
        comments.note(call, record, call.query["reason"], system=False)
    return reply


def _several(kind: Kind, call: Call, *states: str) -> list[Record]:
    """The documents of a bulk operation, all checked before any is changed."""
    name = f"{NAMES[kind.table][1]}s"
    wanted = identities(call.query.get(name) or call.body.get(name))
    if not wanted or len(wanted) > MOST:
        raise invalid(name)
    return [_document(kind, call, one, *states) for one in wanted]


def many_submitted(kind: Kind, call: Call) -> Reply:
    """``POST /invoices/submit?invoice_ids=``."""
    for record in _several(kind, call, DRAFT, REJECTED):
        _submit(kind, call, record)
    return Reply({}, message=kind.many_submitted)


def many_approved(kind: Kind, call: Call) -> Reply:
    """``POST /invoices/approve?invoice_ids=``."""
    for record in _several(kind, call, PENDING):
        _approve(kind, call, record)
    return Reply({}, message=kind.many_approved)


def _routes(kind: Kind) -> tuple[Route, ...]:
    one = f"/{kind.table}/{{{NAMES[kind.table][1]}}}"

    def route(path: str, handler: Callable[[Kind, Call], Reply]) -> Route:
        bound: Handler = partial(handler, kind)
        return Route("POST", path, f"{kind.table}.CREATE", bound)

    found = [route(f"{one}/submit", submitted), route(f"{one}/approve", approved)]
    if kind is not BILLS:
        found += [
            route(f"{one}/approve/final", finally_approved),
            route(f"{one}/reject", rejected),
            route(f"/{kind.table}/submit", many_submitted),
            route(f"/{kind.table}/approve", many_approved),
        ]
    return tuple(found)


ROUTES = (*_routes(INVOICES), *_routes(CREDIT_NOTES), *_routes(BILLS))
