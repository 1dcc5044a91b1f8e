"""Connections in progress: one row for each browser that is on its way to Zoho and back."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.store.db import Tx
from bookbridge.store.secrets import Sealer
from bookbridge.store.tables import grants, oauth_states, organizations


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What was remembered under a state."""

    verifier: str
    browser_hash: str
    redirect_uri: str
    detail: dict[str, Any]
    expires_at: datetime


def digest(text: str, /) -> str:
    """The form in which states and browser cookies are kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def remember(
    tx: Tx, sealer: Sealer, state: str, /, *, browser: str, verifier: str, redirect_uri: str, detail: dict[str, Any],
    expires_at: datetime, now: datetime,
) -> None:  # fmt: skip
    """Keep what belongs to ``state`` until it is used or too old; forgets what is too old already."""
    tx.execute(sa.delete(oauth_states).where(oauth_states.c.expires_at < now))
    name = digest(state)
    tx.execute(
        sa.insert(oauth_states).values(
            state_hash=name,
            verifier=sealer.seal(verifier, context=_context(name)),
            session_hash=digest(browser),
            redirect_uri=redirect_uri,
            detail=detail,
            expires_at=expires_at,
        )
    )


def take(tx: Tx, sealer: Sealer, state: str, /) -> Pending | None:
    """What belongs to ``state``; a second time there is nothing."""
    name = digest(state)
    row = tx.execute(
        sa.delete(oauth_states).where(oauth_states.c.state_hash == name).returning(*oauth_states.c)
    ).one_or_none()
    if row is None:
        return None
    return Pending(
        verifier=sealer.open(row.verifier, context=_context(name)).decode(),
        browser_hash=row.session_hash,
        redirect_uri=row.redirect_uri,
        detail=row.detail,
        expires_at=row.expires_at,
    )


def abandoned_grants(tx: Tx, /, *, before: datetime) -> list[str]:
    """Grants of connect steps that ended without an organization and are older than ``before``."""
    serving = sa.select(organizations.c.grant_id).where(organizations.c.grant_id.is_not(None))
    statement = sa.select(grants.c.id).where(
        grants.c.origin == "connect",
        grants.c.data_key.is_not(None),
        grants.c.created_at < before,
        grants.c.id.not_in(serving),
    )
    return list(tx.execute(statement).scalars())


def _context(name: str) -> str:
    return f"bb_oauth_states.verifier:{name}"
