"""What expenses keep in our database: other names for accounts, and which effects concern an expense."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from bookbridge.effects.states import OPEN_STATES
from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import aliases, effects

CATEGORY, PAID_THROUGH = "expense_account", "paid_through"
"""Kinds of aliases: a category of expenses, and an account that pays."""

USUAL = "default"
"""The alias of the account that pays when nobody says which."""


@dataclass(frozen=True, slots=True)
class Alias:
    """``alias`` (lower case) means the account ``target``."""

    kind: str
    alias: str
    target: str


def plain(name: str, /) -> str:
    """A name as aliases are kept: lower case, single spaces."""
    return " ".join(name.lower().split())


def alias_of(tx: Tx, organization_id: str, kind: str, name: str, /) -> str:
    """The account id that ``name`` is an alias of; empty without one."""
    where = (aliases.c.organization_id == organization_id) & (aliases.c.kind == kind) & (aliases.c.alias == plain(name))
    return tx.execute(sa.select(aliases.c.target).where(where)).scalar_one_or_none() or ""


def list_aliases(tx: Tx, organization_id: str, /) -> list[Alias]:
    """Every alias of the organization, by kind and name."""
    columns = (aliases.c.kind, aliases.c.alias, aliases.c.target)
    mine = aliases.c.organization_id == organization_id
    query = sa.select(*columns).where(mine, aliases.c.kind.in_((CATEGORY, PAID_THROUGH)))
    return [Alias(*row) for row in tx.execute(query.order_by(aliases.c.kind, aliases.c.alias))]


def set_alias(db: Database, tx: Tx, organization_id: str, kind: str, name: str, target: str, /) -> None:
    """Make ``name`` mean the account ``target``, whatever it meant before."""
    row = {"organization_id": organization_id, "kind": kind, "alias": plain(name), "target": target}
    db.upsert(tx, aliases, [row], key=["organization_id", "kind", "alias"])


def remove_alias(tx: Tx, organization_id: str, kind: str, name: str, /) -> bool:
    """Forget an alias; whether there was one."""
    where = (aliases.c.organization_id == organization_id) & (aliases.c.kind == kind) & (aliases.c.alias == plain(name))
    return tx.execute(sa.delete(aliases).where(where)).rowcount == 1


def bound_elsewhere(tx: Tx, organization_id: str, kind: str, ids: Iterable[str], /, *, but: str) -> set[str]:
    """Those Zoho ids that another effect of ``kind`` than ``but`` has recorded."""
    mine = (effects.c.organization_id == organization_id) & (effects.c.kind == kind) & (effects.c.id != but)
    return set(tx.scalars(sa.select(effects.c.zoho_id).where(mine, effects.c.zoho_id.in_(list(ids)))))


def open_changes(tx: Tx, organization_id: str, kind: str, expense_id: str, /) -> list[str]:
    """Effects of ``kind`` on one expense that are still on their way."""
    mine = (effects.c.organization_id == organization_id) & (effects.c.kind == kind)
    query = sa.select(effects.c.id, effects.c.intent).where(mine, effects.c.state.in_(OPEN_STATES))
    return [row.id for row in tx.execute(query) if row.intent.get("expense_id") == expense_id]
