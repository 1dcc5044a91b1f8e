"""What people do with expenses: record, change, list and read them, give accounts other names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bookbridge.effects import parties
from bookbridge.effects.ledger import Effect, Plan
from bookbridge.effects.states import OPEN_STATES, State
from bookbridge.features.expenses import booking, policy, store
from bookbridge.features.expenses.request import ExpenseBody, ExpenseChanges, content_of
from bookbridge.features.expenses.workflow import CREATE, UPDATE
from bookbridge.inbox.receive import hash_of
from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.kernel.ids import derived_key
from bookbridge.kernel.orders import Party
from bookbridge.registry import Services
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization

PRIORITY = 2
PREFIX = "BB-"
"""Begins the reference of an expense whose sender gives none."""

_STUCK = (State.FAILED, State.REVIEW, State.DISCARDED)


@dataclass(frozen=True, slots=True)
class Asked:
    """The effect that stands for a request; ``is_new`` is false when it was asked for before."""

    effect_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """An effect, and why it cannot go on when what it waits for has failed."""

    effect: Effect
    blocked: str = ""

    @property
    def rests(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.effect.state not in OPEN_STATES or bool(self.blocked)


def record(services: Services, organization: Organization, body: ExpenseBody, /, *, key: str = "") -> Asked:
    """Accept an expense; when this returns it is stored for good and will be recorded exactly once.

    ``key`` is the ``Idempotency-Key``, the identity where the body has no ``external_id``; with neither, each call
    is a new expense. What failed before is tried again when it is sent again.

    Raises:
        InvalidInputError: it cannot be booked; nothing was stored.
        ConflictError: the identity was used with other content.
    """
    identity = body.external_id or (f"key:{key}" if key else services.ids.new("direct"))
    ekey = derived_key(organization.organization_id, CREATE, identity)
    content = hash_of(content_of(body))
    again = _again(services, organization, ekey, content)
    if again is not None:
        return again
    fields = booking.booked(services, organization, body)
    fields["reference_number"] = body.reference.strip() or f"{PREFIX}{ekey}"
    intent = {"body": fields, "derived_reference": not body.reference.strip()}
    return _plan(services, organization, CREATE, ekey, content, intent, vendor=body.vendor.strip())


def change(
    services: Services, organization: Organization, expense_id: str, changes: ExpenseChanges, /, *, key: str = ""
) -> Asked:
    """Accept a change of a recorded expense; one change of an expense at a time.

    Raises:
        RecordNotFoundError: Zoho has no such expense.
        InvalidInputError: it cannot be booked, or there is nothing to change.
        ConflictError: another change of it is still on its way, or the key was used with other content.
    """
    content = hash_of(content_of(changes))
    identity = f"key:{key}" if key else services.ids.new("direct")
    ekey = derived_key(organization.organization_id, UPDATE, expense_id, identity)
    again = _again(services, organization, ekey, content)
    if again is not None:
        return again
    current = _current(services, organization, expense_id)
    fields = booking.changed(services, organization, changes, current)
    vendor = (changes.vendor or "").strip()
    if changes.vendor is not None and not vendor:
        fields["vendor_id"] = ""
    if not fields and not vendor:
        raise InvalidInputError("There is nothing to change.", remedy="Send at least one field with its new value.")
    modified = str(current.get("last_modified_time") or "")
    intent = {"body": fields, "expense_id": expense_id, "modified": modified}
    return _plan(services, organization, UPDATE, ekey, content, intent, vendor=vendor)


def standing(services: Services, effect_id: str, /) -> Standing:
    """Where an effect stands."""
    with services.db.read() as tx:
        effect = services.ledger.get(tx, effect_id)
        if effect is None:
            raise NotFoundError("There is no expense with that id; list them with GET /api/expenses.")
        upstream = services.ledger.get(tx, effect.depends_on) if effect.depends_on else None
    if effect.state is State.PLANNED and upstream is not None and upstream.state in _STUCK:
        return Standing(effect, f"The vendor could not be had: {upstream.reason or upstream.state}")
    return Standing(effect)


def outcome(standing: Standing, /) -> dict[str, Any]:
    """What is answered about an effect that rests with an expense, or is still on its way.

    Raises:
        InvalidInputError: Zoho refused it.
        ConflictError: a person must look at it.
    """
    effect = standing.effect
    if standing.blocked:
        raise ConflictError(f"{standing.blocked} Mend it in Zoho Books and send the expense again.")
    if effect.zoho_id is None and effect.state is State.FAILED:
        raise InvalidInputError(effect.reason or "Zoho refused it.", remedy="Correct it and send it again.")
    if effect.zoho_id is None and effect.state not in OPEN_STATES:
        raise ConflictError(effect.reason or "A person must look at this expense in Zoho Books.")
    shown = {"id": effect.id, "kind": effect.kind, "state": effect.state, "reason": effect.reason}
    if effect.zoho_id is None:
        return {"success": False, "effect": shown}
    expense = effect.result or {}
    return {
        "success": True,
        "expense_id": effect.zoho_id,
        "reference_number": expense.get("reference_number", ""),
        "expense": expense,
        "effect": shown,
    }


def read(services: Services, organization: Organization, expense_id: str, /) -> dict[str, Any]:
    """One expense as Zoho gives it.

    Raises:
        RecordNotFoundError: there is none.
    """
    return dict(_current(services, organization, expense_id))


def list_page(services: Services, organization: Organization, query: Mapping[str, str], /) -> dict[str, Any]:
    """One page of expenses as Zoho lists them; ``query`` holds Zoho's own filters.

    Raises:
        InvalidInputError: a filter Zoho does not document; it would ignore it and return everything.
    """
    books = services.zoho.books(organization.organization_id)
    request = books.expenses.page_request(**_paging(query))
    body = books.call("GET", request.path, params=request.params).body
    return {"expenses": body.get("expenses", []), "page_context": body.get("page_context", {})}


def list_accounts(services: Services, organization: Organization, wanted: str, /) -> list[dict[str, Any]]:
    """The active accounts of a type; ``expense`` are those a category may name, ``paid_through`` those that pay.

    Each comes with the other names it has here.
    """
    kind = store.PAID_THROUGH if wanted == "paid_through" else store.CATEGORY
    found = (booking.payers if wanted == "paid_through" else booking.accounts)(services, organization)
    types = policy.EXPENSE_TYPES if wanted == "expense" else {wanted}
    with services.db.read() as tx:
        aliases = store.list_aliases(tx, organization.organization_id)
    return [
        {
            "account_id": each.account_id,
            "account_name": each.name,
            "account_code": each.code,
            "account_type": each.account_type,
            **({"currency_code": each.currency} if each.currency else {}),
            "aliases": [one.alias for one in aliases if one.target == each.account_id and one.kind == kind],
        }
        for each in found
        if each.is_active and (wanted == "paid_through" or each.account_type in types)
    ]


def name_account(services: Services, organization: Organization, kind: str, alias: str, wanted: str, /) -> str:
    """Make ``alias`` mean the account ``wanted`` (id, code or name); its name in Zoho.

    Raises:
        InvalidInputError: there is no such account that could be meant.
    """
    if not store.plain(alias):
        raise InvalidInputError("The alias is empty.", field="alias", remedy="Give the name people use.")
    find = booking.category if kind == store.CATEGORY else booking.payer
    account = find(services, organization, wanted)
    with services.db.transaction() as tx:
        store.set_alias(services.db, tx, organization.organization_id, kind, alias, account.account_id)
    return account.name


def _paging(query: Mapping[str, str]) -> dict[str, Any]:
    return {**query, **{name: _positive(query[name], name) for name in ("page", "per_page") if name in query}}


def _positive(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise InvalidInputError(f"{name} must be a whole number from 1.", field=name)
    return int(text)


def _current(services: Services, organization: Organization, expense_id: str) -> Mapping[str, Any]:
    if not expense_id.isascii() or not expense_id.isdigit():
        raise NotFoundError("There is no expense with that id; list them with GET /api/expenses.")
    row: Mapping[str, Any] = (
        services.zoho.books(organization.organization_id).call("GET", f"/expenses/{expense_id}").body.get("expense", {})
    )
    return row


def _again(services: Services, organization: Organization, ekey: str, content: str) -> Asked | None:
    """The effect of an identity that was used before; what failed is opened anew."""
    with services.db.transaction() as tx:
        effect = services.ledger.by_ekey(tx, organization.organization_id, ekey)
        if effect is None:
            return None
        _require_same(effect.content_hash, content)
        _reopen(services, tx, effect)
    return Asked(effect.id, False)


def _reopen(services: Services, tx: Tx, effect: Effect) -> None:
    """Try again what failed: the effect, or the vendor it waits for. An expense in review waits for a person."""
    upstream = services.ledger.get(tx, effect.depends_on) if effect.depends_on else None
    if effect.state is State.PLANNED and upstream is not None:
        services.ledger.reopen(tx, upstream, reason="Sent again.")
    elif effect.state is State.FAILED:
        services.ledger.reopen(tx, effect, reason="Sent again.")


def _require_same(there: str, content: str) -> None:
    if there != content:
        raise ConflictError("This external_id or Idempotency-Key was used before with other content; use a new one.")


def _plan(
    services: Services,
    organization: Organization,
    kind: str,
    ekey: str,
    content: str,
    intent: dict[str, Any],
    *,
    vendor: str,
) -> Asked:
    """Store the effect, and before it the vendor unless it is known, in one transaction."""
    plan = Plan(
        kind=kind,
        ekey=ekey,
        organization_id=organization.organization_id,
        intent=intent,
        call_class="order",
        content_hash=content,
        priority=PRIORITY,
    )
    with services.db.transaction() as tx:
        if kind == UPDATE:
            _require_alone(services, tx, plan)
        if vendor:
            plan = _after_vendor(services, tx, plan, vendor)
        planned = services.ledger.plan(tx, plan)
        _require_same(planned.content_hash, content)
    return Asked(planned.effect_id, planned.is_new)


def _after_vendor(services: Services, tx: Tx, plan: Plan, vendor: str) -> Plan:
    """The plan that waits for its vendor, found or created by name (contacts do the rest)."""
    contact = parties.plan_contact(
        plan.organization_id,
        source="expenses",
        party=Party(name=vendor),
        currency="",
        contact_type="vendor",
        priority=plan.priority,
    )
    plan = replace(plan, intent={**plan.intent, "vendor_key": contact.intent["key"]})
    waits_for = parties.ensure(tx, services.ledger, contact)
    if waits_for is None:
        return plan
    upstream = services.ledger.get(tx, waits_for.effect_id)
    assert upstream is not None
    services.ledger.reopen(tx, upstream, reason="Wanted again.")
    return replace(plan, depends_on=waits_for.effect_id)


def _require_alone(services: Services, tx: Tx, plan: Plan) -> None:
    expense_id = plan.intent["expense_id"]
    if store.open_changes(tx, plan.organization_id, UPDATE, expense_id):
        raise ConflictError("Another change of this expense is still on its way; send this one when it is done.")
