"""Customers and vendors: identities, the contacts they are bound to, and the plan that finds or creates one.

It stands beside the ledger because several features plan ``contact.ensure`` by name without knowing each other.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bookbridge.effects import keyfield
from bookbridge.effects.ledger import Ledger, Plan, Planned
from bookbridge.effects.states import State
from bookbridge.kernel.clock import to_millis
from bookbridge.kernel.ids import derived_key
from bookbridge.kernel.orders import Party
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization

ENSURE = "contact.ensure"
_C, _I = tables.contacts, tables.identities
_BOUND = sa.select(_I.c.contact_id).where(
    _I.c.organization_id == sa.bindparam("organization_id"), _I.c.identity_key == sa.bindparam("identity_key")
)
_BOUND_OF = sa.select(_I.c.identity_key).where(
    _I.c.organization_id == sa.bindparam("organization_id"),
    _I.c.identity_key.in_(sa.bindparam("keys", expanding=True)),
)


def identity_key(organization_id: str, /, *, source: str, party: Party, contact_type: str = "customer") -> str:
    """The key of a customer (or vendor): (source, customer id), else the e-mail address, which all sources share."""
    if party.customer_id:
        return derived_key(organization_id, contact_type, "id", source, party.customer_id)
    if party.email:
        return derived_key(organization_id, contact_type, "email", party.email.strip().lower())
    return derived_key(organization_id, contact_type, "name", party.name.strip().lower())


def plan_contact(
    organization_id: str, /, *, source: str, party: Party, currency: str, contact_type: str = "customer", priority: int
) -> Plan:
    """The plan that finds or creates the contact of ``party``."""
    key = identity_key(organization_id, source=source, party=party, contact_type=contact_type)
    intent = {
        "key": key,
        "email": party.email.strip().lower(),
        "name": party.name.strip(),
        "customer_id": party.customer_id,
        "country": party.country,
        "currency": currency,
        "contact_type": contact_type,
    }
    return Plan(
        kind=ENSURE,
        ekey=derived_key(key, ENSURE),
        organization_id=organization_id,
        intent=intent,
        call_class="order",
        priority=priority,
    )


def ensure(tx: Tx, ledger: Ledger, plan: Plan, /) -> Planned | None:
    """Plan a contact unless its identity is bound; what to wait for, ``None`` when nothing is to be done.

    Where the contact of an earlier plan was forgotten because Zoho has it no longer, its one replacement is planned.
    """
    key = plan.intent["key"]
    if bound_contact(tx, plan.organization_id, key):
        return None
    planned = ledger.plan(tx, plan)
    while planned.state is State.DONE and planned.zoho_id is not None:
        plan = replace(plan, ekey=derived_key(key, ENSURE, planned.zoho_id))
        planned = ledger.plan(tx, plan)
    return planned


def bound_keys(tx: Tx, organization_id: str, keys: Collection[str], /) -> set[str]:
    """Those of the identities that are bound to a contact."""
    return set(tx.scalars(_BOUND_OF, {"organization_id": organization_id, "keys": sorted(keys)})) if keys else set()


def bound_contact(tx: Tx, organization_id: str, identity_key: str, /) -> str | None:
    """The contact this identity is bound to."""
    identity = {"organization_id": organization_id, "identity_key": identity_key}
    return tx.execute(_BOUND, identity).scalar_one_or_none()


def bind(db: Database, tx: Tx, organization_id: str, identity_key: str, contact_id: str, /) -> None:
    """Bind an identity to a contact, replacing an earlier binding."""
    row = {
        "organization_id": organization_id,
        "identity_key": identity_key,
        "contact_id": contact_id,
        "bound_at": db.now(tx),
    }
    db.upsert(tx, _I, [row], key=["organization_id", "identity_key"])


def known_rows(
    tx: Tx, organization_id: str, /, *, key: str, email: str, name: str, contact_type: str
) -> list[Mapping[str, Any]]:
    """Contacts seen before that could be this one; each with its ``key``."""
    by_name = (_C.c.name == name) if not email else sa.false()
    which = (_C.c.key == key) | ((_C.c.email == email) & (_C.c.email != "")) | by_name
    query = sa.select(_C.c.contact_id, _C.c.name.label("contact_name"), _C.c.email, _C.c.key, _C.c.status)
    where = (_C.c.organization_id == organization_id) & (_C.c.contact_type == contact_type) & which
    return [dict(row._mapping) for row in tx.execute(query.where(where).limit(20))]


def remember(
    db: Database, tx: Tx, organization: Organization, rows: Iterable[Mapping[str, Any]], /, *, key: str = ""
) -> int:
    """Keep contact rows as Zoho sent them; ``key`` where the caller knows it better than the row."""
    now = db.now(tx)
    kept = [
        {
            "organization_id": organization.organization_id,
            "contact_id": str(row["contact_id"]),
            "contact_type": str(row.get("contact_type") or "customer"),
            "name": str(row.get("contact_name") or ""),
            "email": str(row.get("email") or "").strip().lower(),
            "key": keyfield.read(organization, row) or key,
            "currency": str(row.get("currency_code") or ""),
            "status": str(row.get("status") or "active"),
            "seen_at": now,
        }
        for row in rows
    ]
    kept = sorted(
        {row["contact_id"]: row for row in kept}.values(), key=lambda row: str(row["contact_id"])
    )  # for locks
    db.upsert(tx, _C, kept, key=["organization_id", "contact_id"])
    return len(kept)


def forget(tx: Tx, organization_id: str, contact_id: str, /) -> None:
    """Drop a contact that Zoho no longer accepts, with its bindings."""
    for table in (_C, _I):
        tx.execute(
            sa.delete(table).where((table.c.organization_id == organization_id) & (table.c.contact_id == contact_id))
        )


def mark_loaded(db: Database, tx: Tx, organization_id: str, /) -> None:
    """Remember that every contact of the organization was loaded just now."""
    row = {"name": f"contacts_loaded:{organization_id}", "value": str(to_millis(db.now(tx)))}
    db.upsert(tx, tables.meta, [row], key=["name"])


def loaded_at_millis(tx: Tx, organization_id: str, /) -> int | None:
    """When every contact was last loaded, in milliseconds since 1970."""
    name = f"contacts_loaded:{organization_id}"
    value = tx.execute(sa.select(tables.meta.c.value).where(tables.meta.c.name == name)).scalar_one_or_none()
    return None if value is None else int(value)
