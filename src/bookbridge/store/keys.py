"""API keys: recognisable, random, checked by hash, revocable at once.

A key reads ``bb_<live|test>_<id>_<secret>_<checksum>``: the id finds the row, the secret has 256 random bits, the
checksum (CRC-32 of everything before it) lets scanners and typing mistakes be recognised without a database. Only
the SHA-256 of the whole text is stored; a fast hash is enough for 256 random bits.
"""

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bookbridge.kernel import ids as random_ids
from bookbridge.kernel.ids import IdSource
from bookbridge.kernel.secret import Secret
from bookbridge.store.db import Tx
from bookbridge.store.tables import api_keys as table

VALID_DAYS = 365
PATTERN = re.compile(r"bb_(?:live|test)_([a-z0-9]{12})_[a-z2-7]{52}_[0-9a-f]{8}")
"""What a key looks like; also the rule for secret scanners."""
_UNUSED_FOR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """One key as it is stored; empty ``organization_ids``: every connected organization."""

    id: str
    name: str
    scopes: frozenset[str]
    organization_ids: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def standing(self, now: datetime, /) -> str:
        """``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def new_text(ids: IdSource, /, *, environment: str) -> tuple[str, Secret]:
    """A new key id and the key text; ``environment`` is ``live`` or ``test``."""
    key_id = ids.new("key").rpartition("_")[2][-12:]
    raw = base64.urlsafe_b64decode(random_ids.token(256) + "=")
    secret = base64.b32encode(raw).decode().rstrip("=").lower()
    body = f"bb_{environment}_{key_id}_{secret}"
    return key_id, Secret(f"{body}_{_checksum(body)}")


def id_of(text: str, /) -> str | None:
    """The key id inside a well-formed key text; ``None`` for anything else."""
    found = PATTERN.fullmatch(text)
    body, _, checksum = text.rpartition("_")
    return found.group(1) if found and hmac.compare_digest(checksum, _checksum(body)) else None


def digest(text: str, /) -> str:
    """What is stored of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def create(
    tx: Tx,
    /,
    *,
    ids: IdSource,
    now: datetime,
    name: str,
    scopes: Collection[str],
    organization_ids: Collection[str] = (),
    environment: str = "live",
    valid_days: int = VALID_DAYS,
) -> tuple[ApiKey, Secret]:
    """Store a new key; its text is returned here and never again."""
    key_id, text = new_text(ids, environment=environment)
    row = {
        "id": key_id, "name": name, "secret_hash": digest(text.reveal()), "scopes": sorted(scopes),
        "organization_ids": sorted(organization_ids), "created_at": now, "expires_at": now + timedelta(days=valid_days),
    }  # fmt: skip
    tx.execute(sa.insert(table), row)
    found = get(tx, key_id)
    assert found is not None
    return found, text


def get(tx: Tx, key_id: str, /) -> ApiKey | None:
    """The key with that id."""
    row = tx.execute(sa.select(table).where(table.c.id == key_id)).one_or_none()
    return None if row is None else _key(row)


def list_all(tx: Tx, /) -> list[ApiKey]:
    """Every key, the newest first."""
    return [_key(row) for row in tx.execute(sa.select(table).order_by(table.c.created_at.desc(), table.c.id))]


def revoke(tx: Tx, key_id: str, /, *, now: datetime) -> bool:
    """End a key; whether it was still valid."""
    where = sa.and_(table.c.id == key_id, table.c.revoked_at.is_(None))
    return tx.execute(sa.update(table).where(where).values(revoked_at=now)).rowcount == 1


def find(tx: Tx, text: str, /, *, now: datetime) -> ApiKey | None:
    """The active key with that text; the same work is done whatever is wrong with it."""
    key_id = id_of(text) or ""
    row = tx.execute(sa.select(table).where(table.c.id == key_id)).one_or_none()
    same = hmac.compare_digest(digest(text), row.secret_hash if row is not None else digest(""))
    if row is None or not same or not key_id:
        return None
    found = _key(row)
    return found if found.standing(now) == "active" else None


def is_use_stale(key: ApiKey, /, *, now: datetime) -> bool:
    """Whether ``last_used_at`` is worth writing again (once an hour)."""
    return key.last_used_at is None or now - key.last_used_at >= _UNUSED_FOR


def note_use(tx: Tx, key_id: str, /, *, now: datetime) -> None:
    """Remember when a key was used."""
    tx.execute(sa.update(table).where(table.c.id == key_id).values(last_used_at=now))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    values = {name: getattr(row, name) for name in ApiKey.__dataclass_fields__}
    values["scopes"] = frozenset(values["scopes"])
    values["organization_ids"] = frozenset(values["organization_ids"])
    return ApiKey(**values)
