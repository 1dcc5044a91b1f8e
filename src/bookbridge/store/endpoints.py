"""Hook endpoints: where signed events come in, for which organization and selling system, with which secret."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bookbridge.kernel import ids as random_ids
from bookbridge.kernel.ids import IdSource
from bookbridge.kernel.secret import Secret
from bookbridge.store.db import Tx
from bookbridge.store.secrets import Sealer
from bookbridge.store.tables import sources as table


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One endpoint; ``source`` names the selling system, ``sealed_secret`` is the encrypted signing secret."""

    endpoint: str
    kind: str
    organization_id: str
    source: str
    created_at: datetime
    revoked_at: datetime | None
    sealed_secret: bytes


def create(
    tx: Tx, /, *, ids: IdSource, sealer: Sealer, now: datetime, kind: str, organization_id: str, source: str
) -> tuple[Endpoint, Secret]:
    """Store a new endpoint; its ``whsec_`` secret (32 random bytes) is returned here and never again."""
    name = ids.new("ep")
    secret = _new_secret()
    sealed = sealer.seal(secret.reveal(), context=_context(name))
    row = {
        "endpoint": name, "kind": kind, "organization_id": organization_id, "source": source, "secret": sealed,
        "created_at": now,
    }  # fmt: skip
    tx.execute(sa.insert(table), row)
    made = Endpoint(
        endpoint=name, kind=kind, organization_id=organization_id, source=source, created_at=now, revoked_at=None,
        sealed_secret=sealed,
    )  # fmt: skip
    return made, secret


def find(tx: Tx, /, *, kind: str, endpoint: str) -> Endpoint | None:
    """The live endpoint of that kind and name."""
    where = sa.and_(table.c.endpoint == endpoint, table.c.kind == kind, table.c.revoked_at.is_(None))
    row = tx.execute(sa.select(table).where(where)).one_or_none()
    return None if row is None else _endpoint(row)


def list_all(tx: Tx, /) -> list[Endpoint]:
    """Every endpoint, removed ones too, the newest first."""
    return [_endpoint(row) for row in tx.execute(sa.select(table).order_by(table.c.created_at.desc()))]


def remove(tx: Tx, endpoint: str, /, *, now: datetime) -> bool:
    """Stop accepting events at an endpoint and forget its secret; whether it was live."""
    where = sa.and_(table.c.endpoint == endpoint, table.c.revoked_at.is_(None))
    return tx.execute(sa.update(table).where(where).values(revoked_at=now, secret=b"")).rowcount == 1


def open_secret(sealer: Sealer, found: Endpoint, /) -> Secret:
    """The signing secret, decrypted.

    Raises:
        UnreadableSecretError: the encryption key changed.
    """
    return Secret(sealer.open(found.sealed_secret, context=_context(found.endpoint)).decode())


def _new_secret() -> Secret:
    """``whsec_`` and 32 random bytes in base64, as Standard Webhooks writes it (24 to 64 bytes are allowed)."""
    return Secret("whsec_" + random_ids.token(256).replace("-", "+").replace("_", "/") + "=")


def _context(name: str) -> str:
    return f"bb_sources.secret:{name}"


def _endpoint(row: sa.Row[tuple[object, ...]]) -> Endpoint:
    values = {name: getattr(row, name) for name in Endpoint.__dataclass_fields__ if name != "sealed_secret"}
    return Endpoint(**values, sealed_secret=bytes(row.secret))
