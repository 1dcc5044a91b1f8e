"""Administrators' sessions and the one-time links that open some of them.

Session ids and link tokens have 256 random bits and are stored as SHA-256 only. A session ends after 30 idle minutes
or 12 hours; the row is the session, so logging out works at once on every replica. ``admin`` names the account that
opened it and is empty for one of a link: whoever may run commands on the machine.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel import ids
from bookbridge.kernel.secret import Secret
from bookbridge.store.db import Tx
from bookbridge.store.tables import admins, login_links, sessions

LINK_LIFE = timedelta(minutes=15)
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FRESH = timedelta(minutes=10)
"""After this a person logs in again before connecting or disconnecting (SEC-018)."""
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One open session; ``csrf`` is the token its forms must send back."""

    id_hash: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    admin: str = ""
    confirmed_at: datetime
    """When the person last proved who they are: at log-in, or again before something hard to undo."""
    address: str = ""

    @property
    def actor(self) -> str:
        """How the audit log names its person."""
        return f"admin:{self.admin}" if self.admin else f"session:{self.id_hash[:12]}"

    def is_open(self, now: datetime, /) -> bool:
        """Whether it may still be used at ``now``."""
        return now < self.expires_at and now - self.seen_at < IDLE


def is_fresh(session: Session, /, *, now: datetime) -> bool:
    """Whether the person proved recently enough who they are for what is hard to undo."""
    return now - session.confirmed_at <= FRESH


def digest(token: str, /) -> str:
    """What is stored of a session id or a link token."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_link(tx: Tx, /, *, now: datetime) -> Secret:
    """The token of a new one-time link, valid for 15 minutes; expired links are removed."""
    token = ids.token(256)
    tx.execute(sa.delete(login_links).where(login_links.c.expires_at <= now))
    row = {"token_hash": digest(token), "created_at": now, "expires_at": now + LINK_LIFE}
    tx.execute(sa.insert(login_links), row)
    return Secret(token)


def is_usable(tx: Tx, token: str, /, *, now: datetime) -> bool:
    """Whether a link would open a session now; only looks, so that guessing writes nothing."""
    return tx.execute(sa.select(login_links.c.token_hash).where(_usable(token, now))).first() is not None


def use_link(tx: Tx, token: str, /, *, now: datetime) -> bool:
    """Use a link up; ``False`` for a used, expired or unknown one."""
    return tx.execute(sa.update(login_links).where(_usable(token, now)).values(used_at=now)).rowcount == 1


def redeem_link(tx: Tx, token: str, /, *, now: datetime, address: str = "") -> tuple[Secret, Session] | None:
    """Use a link once: the id of a new session and the session, or ``None`` for a used, expired or unknown one."""
    return open_session(tx, now=now, address=address) if use_link(tx, token, now=now) else None


def _usable(token: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        login_links.c.token_hash == digest(token), login_links.c.used_at.is_(None), login_links.c.expires_at > now
    )


def open_session(tx: Tx, /, *, now: datetime, admin: str = "", address: str = "") -> tuple[Secret, Session]:
    """A new session with a new id; sessions that have ended are removed."""
    over = sa.or_(sessions.c.expires_at <= now, sessions.c.seen_at <= now - IDLE)
    tx.execute(sa.delete(sessions).where(over))
    session_id = ids.token(256)
    made = Session(
        id_hash=digest(session_id), csrf=ids.token(256), created_at=now, seen_at=now, expires_at=now + ABSOLUTE,
        admin=admin, confirmed_at=now, address=address,
    )  # fmt: skip
    row = {name: getattr(made, name) for name in Session.__dataclass_fields__}
    tx.execute(sa.insert(sessions), row)
    return Secret(session_id), made


def renew(tx: Tx, session: Session, /, *, now: datetime) -> tuple[Secret, Session] | None:
    """The same session, confirmed now, under a new id; ``None`` when it has ended meanwhile."""
    session_id = ids.token(256)
    made = replace(session, id_hash=digest(session_id), csrf=ids.token(256), confirmed_at=now, seen_at=now)
    changes = {name: getattr(made, name) for name in ("id_hash", "csrf", "confirmed_at", "seen_at")}
    where = sessions.c.id_hash == session.id_hash
    return (Secret(session_id), made) if tx.execute(sa.update(sessions).where(where).values(changes)).rowcount else None


def list_open(tx: Tx, /, *, now: datetime, admin: str | None = None) -> list[Session]:
    """Open sessions, the last used first; ``admin`` those of one account only."""
    query = sa.select(sessions).order_by(sessions.c.seen_at.desc(), sessions.c.id_hash)
    if admin is not None:
        query = query.where(sessions.c.admin == admin)
    return [each for each in map(_session, tx.execute(query)) if each.is_open(now)]


def find(tx: Tx, session_id: str, /, *, now: datetime) -> Session | None:
    """The open session with that id; one of an account only while the account is there and switched on."""
    theirs = sa.select(admins.c.name).where(admins.c.name == sessions.c.admin, admins.c.disabled_at.is_(None))
    is_theirs = sa.or_(sessions.c.admin == "", theirs.exists())
    row = tx.execute(sa.select(sessions).where(sessions.c.id_hash == digest(session_id), is_theirs)).one_or_none()
    if row is None:
        return None
    found = _session(row)
    return found if found.is_open(now) else None


def _session(row: sa.Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__dataclass_fields__})


def is_touch_due(session: Session, /, *, now: datetime) -> bool:
    """Whether the idle time is worth writing again (once a minute)."""
    return now - session.seen_at >= _TOUCH


def touch(tx: Tx, id_hash: str, /, *, now: datetime) -> None:
    """Start the idle time anew."""
    tx.execute(sa.update(sessions).where(sessions.c.id_hash == id_hash).values(seen_at=now))


def end(tx: Tx, id_hash: str, /) -> None:
    """Log out: the session is gone for every replica."""
    tx.execute(sa.delete(sessions).where(sessions.c.id_hash == id_hash))


def end_one(tx: Tx, id_hash: str, /, *, admin: str) -> bool:
    """End a session of that account; ``False`` when the account has no such session."""
    where = sa.and_(sessions.c.id_hash == id_hash, sessions.c.admin == admin)
    return tx.execute(sa.delete(sessions).where(where)).rowcount == 1


def end_all(tx: Tx, /, *, admin: str | None = None, but: str = "") -> int:
    """End every session, or those of one account, except the one whose hash is ``but``; how many there were."""
    gone = sa.delete(sessions).where(sessions.c.id_hash != but)
    return tx.execute(gone if admin is None else gone.where(sessions.c.admin == admin)).rowcount
