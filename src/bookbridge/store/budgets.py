"""One row an organization with its call budget, changed under a lock that is held for well under a millisecond."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from bookbridge.kernel.clock import Clock, SystemClock, to_millis
from bookbridge.store.db import Database

T = TypeVar("T")

_READ = {
    "sqlite": "SELECT state, 0 FROM bb_budgets WHERE organization_id = :id",
    "postgresql": "SELECT state, (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM bb_budgets "
    "WHERE organization_id = :id FOR UPDATE",
}
_WRITE = "UPDATE bb_budgets SET state = :state WHERE organization_id = :id"
_INSERT = "INSERT INTO bb_budgets (organization_id, state) VALUES (:id, '') ON CONFLICT DO NOTHING"


class BudgetRows:
    """The budget rows of one database over connections of their own.

    A budget need not survive a power cut, so these connections do not wait for the disk: ``synchronous=NORMAL`` on
    SQLite, ``synchronous_commit=off`` on PostgreSQL. What survives a crash of the process is all that counts here.
    """

    def __init__(self, db: Database, /, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._is_sqlite = db.is_sqlite
        self._engine = _engine(db)
        self._read = sa.text(_READ[db.dialect])
        self._write = sa.text(_WRITE)
        self._mutex = db.writer

    def change(self, organization_id: str, step: Callable[[str, int], tuple[str, T]], /) -> T:
        """Replace the state of an organization by what ``step(state, now_ms)`` gives, alone at that moment.

        ``state`` is empty for a new organization; ``now_ms`` is the database's time in milliseconds. ``step`` must
        be quick and pure. Threads of this process queue on a lock rather than on the database.
        """
        with self._mutex if self._is_sqlite else _NO_LOCK, self._engine.begin() as tx:
            found = tx.execute(self._read, {"id": organization_id}).one_or_none()
            if found is None:
                tx.execute(sa.text(_INSERT), {"id": organization_id})
                found = tx.execute(self._read, {"id": organization_id}).one()
            now_ms = to_millis(self._clock.now()) if self._is_sqlite else int(found[1])
            state, result = step(found[0], now_ms)
            if state != found[0]:
                tx.execute(self._write, {"id": organization_id, "state": state})
            return result

    def close(self) -> None:
        """Close these connections."""
        self._engine.dispose()


class _NoLock:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


_NO_LOCK = _NoLock()


def _engine(db: Database) -> sa.Engine:
    if not db.is_sqlite:
        options = {"options": "-c synchronous_commit=off"}
        return sa.create_engine(db.url, pool_size=4, max_overflow=8, pool_pre_ping=True, connect_args=options)
    engine = sa.create_engine(db.url, pool_size=1, max_overflow=2, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}").close()
