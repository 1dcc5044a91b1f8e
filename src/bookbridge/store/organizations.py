"""Connected Zoho organizations: what we know of each and whether its work is paused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import organizations as table


@dataclass(frozen=True, kw_only=True)
class Organization:
    """One connected organization.

    ``exponent`` is the number of decimals of its base ``currency``, ``time_zone`` an IANA name, ``info`` the row
    Zoho gave (FACTS 5.1), ``key_field`` the API name of the unique custom field or ``None`` without one.
    """

    organization_id: str
    region: str
    name: str
    currency: str
    exponent: int
    time_zone: str
    key_field: str | None = None
    grant_id: str | None = None
    is_default: bool = False
    paused_reason: str | None = None
    info: Mapping[str, Any]

    @property
    def is_paused(self) -> bool:
        """Whether nothing is sent for it until somebody acts."""
        return self.paused_reason is not None

    def with_fields_of(self, known: "Organization", /) -> "Organization":
        """The same with what was found out before about custom fields and the rounding of taxes."""
        kept = {name: known.info[name] for name in ("key_fields", "tax_rounding") if name in known.info}
        return replace(self, key_field=known.key_field, info={**self.info, **kept})


def get(tx: Tx, organization_id: str, /) -> Organization | None:
    """The organization with that id."""
    row = tx.execute(sa.select(table).where(table.c.organization_id == organization_id)).one_or_none()
    return None if row is None else _organization(row)


def list_all(tx: Tx, /) -> list[Organization]:
    """Every organization ever connected, the default first, then by name."""
    order = (table.c.is_default.desc(), table.c.name, table.c.organization_id)
    return [_organization(row) for row in tx.execute(sa.select(table).order_by(*order))]


def of_grant(tx: Tx, grant_id: str, /) -> list[Organization]:
    """The organizations one grant serves."""
    where = table.c.grant_id == grant_id
    return [_organization(row) for row in tx.execute(sa.select(table).where(where).order_by(table.c.organization_id))]


def default(tx: Tx, /) -> Organization | None:
    """The organization of a request that names none: the marked one, or the only connected one."""
    found = [each for each in list_all(tx) if each.grant_id is not None]
    marked = [each for each in found if each.is_default]
    if marked:
        return marked[0]
    return found[0] if len(found) == 1 else None


def save(db: Database, tx: Tx, organization: Organization, /, *, at: datetime) -> None:
    """Insert the organization or update everything but its pause and its creation."""
    values = {
        "grant_id": organization.grant_id, "region": organization.region, "name": organization.name,
        "currency": organization.currency, "exponent": organization.exponent, "time_zone": organization.time_zone,
        "key_field": organization.key_field, "info": dict(organization.info), "updated_at": at,
    }  # fmt: skip
    row = {"organization_id": organization.organization_id, "is_default": False, "created_at": at, **values}
    if not db.insert_new(tx, table, row):
        tx.execute(_of(organization.organization_id).values(**values))
    if organization.is_default:
        make_default(tx, organization.organization_id)


def make_default(tx: Tx, organization_id: str, /) -> None:
    """Make it the only default organization."""
    tx.execute(sa.update(table).values(is_default=table.c.organization_id == organization_id))


def pause(tx: Tx, organization_id: str, /, *, reason: str) -> None:
    """Stop everything that calls Zoho for this organization; orders are kept."""
    tx.execute(_of(organization_id).values(paused_reason=reason))


def resume(tx: Tx, organization_id: str, /) -> None:
    """Let its work go on."""
    tx.execute(_of(organization_id).values(paused_reason=None))


def pause_grant(tx: Tx, grant_id: str, /, *, reason: str) -> None:
    """Pause every organization of a grant that Zoho no longer honours."""
    tx.execute(sa.update(table).where(table.c.grant_id == grant_id).values(paused_reason=reason))


def resume_grant(tx: Tx, grant_id: str, /) -> None:
    """Let every organization of a grant go on."""
    tx.execute(sa.update(table).where(table.c.grant_id == grant_id).values(paused_reason=None))


def assign(tx: Tx, organization_id: str, /, *, grant_id: str | None, region: str, at: datetime) -> None:
    """Serve the organization by another grant, or by none; a pause ends when there is one."""
    values: dict[str, Any] = {"grant_id": grant_id, "region": region, "updated_at": at}
    if grant_id is not None:
        values["paused_reason"] = None
    tx.execute(_of(organization_id).values(**values))


def set_key_field(
    tx: Tx, organization_id: str, key_field: str | None, /, *, by_module: Mapping[str, Mapping[str, Any]]
) -> None:
    """Remember the unique custom field: its API name (``None`` without one) and what is known of it by module.

    ``info["key_fields"][module]["customfield_id"]`` is Zoho's id of the field on that module.
    """
    known = get(tx, organization_id)
    if known is not None:
        info = {**known.info, "key_fields": {module: dict(row) for module, row in by_module.items()}}
        tx.execute(_of(organization_id).values(key_field=key_field, info=info))


def learn(tx: Tx, organization_id: str, /, **facts: Any) -> None:
    """Add to ``info`` what was found out about the organization."""
    known = get(tx, organization_id)
    if known is not None:
        tx.execute(_of(organization_id).values(info={**known.info, **facts}))


def _of(organization_id: str) -> sa.Update:
    return sa.update(table).where(table.c.organization_id == organization_id)


def _organization(row: Any) -> Organization:
    values = {name: getattr(row, name) for name in Organization.__dataclass_fields__}
    values["key_field"] = row.key_field or None
    return Organization(**values)
