"""OAuth grants: sealed tokens, the version of the access token, the refresh lease and the refresh history.

Every secret of a grant is sealed with the grant's own data key and bound to its column, grant and, for the access
token, its version. Destroying the data key ends them all (SEC-029).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.secret import Secret
from bookbridge.store.db import Database, Tx
from bookbridge.store.secrets import SealedBox, Sealer
from bookbridge.store.tables import grants as table

ACTIVE, REVOKED, DISCONNECTED = "active", "revoked", "disconnected"


@dataclass(frozen=True, kw_only=True)
class StoredToken:
    """An access token as stored; ``version`` grows with every refresh of its grant."""

    value: Secret
    version: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One connection with Zoho.

    ``history`` is the refresh history as ``zoho.token_policy`` writes it, ``lifetime_s`` how long its access tokens
    live, ``last_error`` the class name of the last failed refresh (empty after a success).
    """

    grant_id: str
    region: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    access: StoredToken | None
    history: str
    lifetime_s: int
    last_error: str
    state: str
    reason: str | None
    scopes: str
    origin: str
    lease_owner: str | None
    lease_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class NewGrant:
    """What a connect step or the environment brings."""

    grant_id: str
    region: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    access_token: Secret | None = None
    expires_at: datetime | None = None
    scopes: str = ""
    origin: str = "connect"


def insert(db: Database, tx: Tx, sealer: Sealer, grant: NewGrant, /, *, at: datetime) -> bool:
    """Store a new grant under a data key of its own; false when it is stored already."""
    wrapped, box = sealer.new_box()
    access = grant.access_token if grant.expires_at else None
    row = {
        "id": grant.grant_id,
        "region": grant.region,
        "client_id": grant.client_id,
        "client_secret": _sealed(box, grant.client_secret, "client_secret", grant.grant_id),
        "refresh_token": _sealed(box, grant.refresh_token, "refresh_token", grant.grant_id),
        "access_token": _sealed(box, access, "access_token", grant.grant_id, 1) if access else None,
        "access_version": 1 if access else 0,
        "access_expires_at": grant.expires_at,
        "scopes": grant.scopes,
        "origin": grant.origin,
        "data_key": wrapped,
        "created_at": at,
        "updated_at": at,
    }
    return db.insert_new(tx, table, row) == 1


def get(tx: Tx, sealer: Sealer, grant_id: str, /) -> Grant | None:
    """The grant with its secrets opened; a disconnected one has none left and is not found.

    Raises:
        UnreadableSecretError: another encryption key sealed it, or its row was tampered with.
    """
    row = tx.execute(sa.select(table).where(table.c.id == grant_id)).one_or_none()
    return None if row is None or row.data_key is None else _grant(row, sealer)


def list_all(tx: Tx, sealer: Sealer, /) -> list[Grant]:
    """Every grant that still has its secrets, oldest first."""
    rows = tx.execute(sa.select(table).where(table.c.data_key.is_not(None)).order_by(table.c.created_at))
    return [_grant(row, sealer) for row in rows]


def count_of_client(tx: Tx, client_id: str, region: str, /) -> int:
    """How many refresh tokens we hold or ever asked for with this client: Zoho keeps 20 a user (FACTS 1.6)."""
    mine = sa.and_(table.c.client_id == client_id, table.c.region == region, table.c.state == ACTIVE)
    return int(tx.execute(sa.select(sa.func.count()).where(mine)).scalar_one())


def take_lease(tx: Tx, grant_id: str, /, *, owner: str, version: int, now: datetime, until: datetime) -> bool:
    """Take over the refresh of a grant if nobody else holds it and its token is still ``version``."""
    free = sa.or_(table.c.refresh_lease_until.is_(None), table.c.refresh_lease_until <= now)
    mine = sa.and_(table.c.id == grant_id, table.c.access_version == version, free)
    changed = tx.execute(sa.update(table).where(mine).values(refresh_lease_owner=owner, refresh_lease_until=until))
    return changed.rowcount == 1


def save_history(tx: Tx, grant_id: str, /, *, history: str, lifetime_s: int, last_error: str = "") -> None:
    """Write the refresh history down."""
    policy = {"history": history, "lifetime_s": lifetime_s, "last_error": last_error}
    tx.execute(_of(grant_id).values(policy=policy))


def save_refreshed(
    tx: Tx, sealer: Sealer, grant_id: str, /, *, token: Secret, version: int, expires_at: datetime, at: datetime
) -> bool:
    """Store a fresh access token as ``version`` and end the lease; not when a later version is stored already."""
    wrapped = tx.execute(sa.select(table.c.data_key).where(table.c.id == grant_id)).scalar()
    if wrapped is None:
        return False
    sealed = _sealed(sealer.box(wrapped), token, "access_token", grant_id, version)
    older = sa.and_(table.c.id == grant_id, table.c.access_version < version)
    changed = tx.execute(
        sa.update(table)
        .where(older)
        .values(
            access_token=sealed,
            access_version=version,
            access_expires_at=expires_at,
            refresh_lease_owner=None,
            refresh_lease_until=None,
            updated_at=at,
        )
    )
    return changed.rowcount == 1


def end_lease(tx: Tx, grant_id: str, /, *, owner: str) -> None:
    """Give a lease back; nothing happens when another process took it over."""
    mine = sa.and_(table.c.id == grant_id, table.c.refresh_lease_owner == owner)
    tx.execute(sa.update(table).where(mine).values(refresh_lease_owner=None, refresh_lease_until=None))


def set_client_secret(tx: Tx, sealer: Sealer, grant_id: str, secret: Secret, /) -> None:
    """Replace the client secret of a grant, after it was changed in Zoho's console."""
    wrapped = tx.execute(sa.select(table.c.data_key).where(table.c.id == grant_id)).scalar_one()
    tx.execute(_of(grant_id).values(client_secret=_sealed(sealer.box(wrapped), secret, "client_secret", grant_id)))


def mark(tx: Tx, grant_id: str, /, *, state: str, reason: str, at: datetime) -> None:
    """Note that a grant no longer works, or works again."""
    tx.execute(_of(grant_id).values(state=state, reason=reason or None, updated_at=at))


def destroy(tx: Tx, grant_id: str, /, *, reason: str, at: datetime) -> None:
    """Forget every secret of a grant for good: the data key and what it sealed."""
    tx.execute(
        _of(grant_id).values(
            client_secret=b"",
            refresh_token=None,
            access_token=None,
            data_key=None,
            state=DISCONNECTED,
            reason=reason,
            refresh_lease_owner=None,
            refresh_lease_until=None,
            updated_at=at,
        )
    )


def _of(grant_id: str) -> sa.Update:
    return sa.update(table).where(table.c.id == grant_id)


def _context(column: str, grant_id: str, version: int) -> str:
    return f"bb_grants.{column}:{grant_id}:{version}"


def _sealed(box: SealedBox, secret: Secret, column: str, grant_id: str, version: int = 0) -> bytes:
    return box.seal(secret.reveal(), context=_context(column, grant_id, version))


def _opened(box: SealedBox, sealed: bytes, column: str, grant_id: str, version: int = 0) -> Secret:
    return Secret(box.open(sealed, context=_context(column, grant_id, version)).decode())


def _grant(row: Any, sealer: Sealer) -> Grant:
    box = sealer.box(row.data_key)
    policy = row.policy or {}
    access = None
    if row.access_token is not None and row.access_expires_at is not None:
        value = _opened(box, row.access_token, "access_token", row.id, row.access_version)
        access = StoredToken(value=value, version=row.access_version, expires_at=row.access_expires_at)
    return Grant(
        grant_id=row.id,
        region=row.region,
        client_id=row.client_id,
        client_secret=_opened(box, row.client_secret, "client_secret", row.id),
        refresh_token=_opened(box, row.refresh_token, "refresh_token", row.id),
        access=access,
        history=policy.get("history", ""),
        lifetime_s=policy.get("lifetime_s", 3600),
        last_error=policy.get("last_error", ""),
        state=row.state,
        reason=row.reason,
        scopes=row.scopes or "",
        origin=row.origin,
        lease_owner=row.refresh_lease_owner,
        lease_until=row.refresh_lease_until,
        created_at=row.created_at,
    )


def access_versions(tx: Tx, /) -> list[tuple[str, int]]:
    """How many access tokens each grant has had: (grant, version)."""
    return [(str(row.id), int(row.access_version)) for row in tx.execute(sa.select(table.c.id, table.c.access_version))]
