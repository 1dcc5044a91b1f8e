"""Administrator accounts: a name and the hash of a password. There is none until somebody makes one (SEC-012)."""

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import admins as table
from bookbridge.store.tables import sessions

CONSOLE = ""
"""The name of nobody's account: whoever used a one-time link from the machine's console."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Admin:
    """One account as it is stored."""

    name: str
    password_hash: str
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None
    last_login_at: datetime | None

    @property
    def is_on(self) -> bool:
        """Whether it may log in."""
        return self.disabled_at is None


def name_of(text: str, /) -> str:
    """The account name somebody typed, in the one form it is stored in.

    Raises:
        InvalidInputError: no name can look like that.
    """
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        remedy = "Use up to 64 letters, digits and . _ @ + -, beginning with a letter or digit."
        raise InvalidInputError("This cannot be the name of an account.", field="name", remedy=remedy)
    return name


def find(tx: Tx, name: str, /) -> Admin | None:
    """The account with that name, on or off."""
    row = tx.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else Admin(**row._mapping)


def get(tx: Tx, name: str, /) -> Admin:
    """The account with that name.

    Raises:
        NotFoundError: there is none.
    """
    found = find(tx, name)
    if found is None:
        raise NotFoundError(f"There is no account {name}; `bookbridge admin list` shows them.")
    return found


def list_all(tx: Tx, /) -> list[Admin]:
    """Every account, by name."""
    return [Admin(**row._mapping) for row in tx.execute(sa.select(table).order_by(table.c.name))]


def create(db: Database, tx: Tx, name: str, /, *, password_hash: str, now: datetime) -> None:
    """Store a new account.

    Raises:
        ConflictError: the name is taken; its password stays as it is.
    """
    row = {"name": name, "password_hash": password_hash, "created_at": now, "changed_at": now}
    if db.insert_new(tx, table, row) == 0:
        raise ConflictError(
            f"There is an account {name} already; `bookbridge admin password {name}` sets its password."
        )


def set_password(tx: Tx, name: str, /, *, password_hash: str, now: datetime) -> None:
    """Replace the password; sessions that were opened with the old one are the caller's to end.

    Raises:
        NotFoundError: there is no such account.
    """
    get(tx, name)
    tx.execute(sa.update(table).where(table.c.name == name).values(password_hash=password_hash, changed_at=now))


def note_login(tx: Tx, seen: Admin, /, *, password_hash: str, now: datetime) -> bool:
    """Remember a log-in and the hash of today's parameters; ``False`` when the account changed since it was read."""
    same = sa.and_(
        table.c.name == seen.name, table.c.password_hash == seen.password_hash, table.c.disabled_at.is_(None)
    )
    values = {"password_hash": password_hash, "last_login_at": now}
    return tx.execute(sa.update(table).where(same).values(values)).rowcount == 1


def disable(tx: Tx, name: str, /, *, now: datetime) -> int:
    """Switch an account off and end its sessions; how many there were.

    Raises:
        NotFoundError: there is no such account.
    """
    get(tx, name)
    tx.execute(sa.update(table).where(table.c.name == name).values(disabled_at=now))
    return tx.execute(sa.delete(sessions).where(sessions.c.admin == name)).rowcount


def enable(tx: Tx, name: str, /) -> None:
    """Switch an account on again.

    Raises:
        NotFoundError: there is no such account.
    """
    get(tx, name)
    tx.execute(sa.update(table).where(table.c.name == name).values(disabled_at=None))


def remove(tx: Tx, name: str, /) -> int:
    """Delete an account and end its sessions; how many there were.

    Raises:
        NotFoundError: there is no such account.
    """
    get(tx, name)
    tx.execute(sa.delete(table).where(table.c.name == name))
    return tx.execute(sa.delete(sessions).where(sessions.c.admin == name)).rowcount
