"""One row an organization with its call budget, changed under a lock that is held for well under a millisecond."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from bookbridge.kernel.clock import Clock, SystemClock, to_millis
from bookbridge.store.db import FOR_ALL, Database, set_pragmas

T = TypeVar("T")

_READ = {
    "sqlite": "SELECT state, 0 FROM bb_budgets WHERE organization_id = ?",
    "postgresql": "SELECT state, (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM bb_budgets "
    "WHERE organization_id = %s FOR UPDATE",
}
_WRITE = {
    "sqlite": "UPDATE bb_budgets SET state = ? WHERE organization_id = ?",
    "postgresql": "UPDATE bb_budgets SET state = %s WHERE organization_id = %s",
}
_INSERT = {
    "sqlite": "INSERT INTO bb_budgets (organization_id, state) VALUES (?, '') ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO bb_budgets (organization_id, state) VALUES (%s, '') ON CONFLICT DO NOTHING",
}
_TRIES = 3
"""A pooled connection that the server closed is noticed by using it; trying again costs less than asking first."""


class BudgetRows:
    """The budget rows of one database over connections of their own.

    A budget need not survive a power cut, so these connections do not wait for the disk: ``synchronous=NORMAL`` on
    SQLite, ``synchronous_commit=off`` on PostgreSQL. What survives a crash of the process is all that counts here.
    """

    def __init__(self, db: Database, /, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._is_sqlite = db.is_sqlite
        self._engine = _engine(db)
        self._read, self._write, self._insert = (each[db.dialect] for each in (_READ, _WRITE, _INSERT))
        self._mutex = db.writer

    def change(self, organization_id: str, step: Callable[[str, int], tuple[str, T]], /) -> T:
        """Replace the state of an organization by what ``step(state, now_ms)`` gives, alone at that moment.

        ``state`` is empty for a new organization; ``now_ms`` is the database's time in milliseconds. ``step`` must
        be quick and pure. Threads of this process queue on a lock rather than on the database.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self._mutex if self._is_sqlite else _NO_LOCK, self._engine.begin() as tx:
                    return self._changed(tx, organization_id, step)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated or not left:
                    raise
        raise AssertionError("unreachable")

    def _changed(self, tx: sa.Connection, organization_id: str, step: Callable[[str, int], tuple[str, T]]) -> T:
        found = tx.exec_driver_sql(self._read, (organization_id,)).one_or_none()
        if found is None:
            tx.exec_driver_sql(self._insert, (organization_id,))
            found = tx.exec_driver_sql(self._read, (organization_id,)).one()
        now_ms = to_millis(self._clock.now()) if self._is_sqlite else int(found[1])
        state, result = step(found[0], now_ms)
        if state != found[0]:
            tx.exec_driver_sql(self._write, (state, organization_id))
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
        return sa.create_engine(db.url, pool_size=4, max_overflow=8, connect_args=options, hide_parameters=True)
    engine = sa.create_engine(
        db.url, pool_size=1, max_overflow=2, connect_args={"check_same_thread": False}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    set_pragmas(connection, *FOR_ALL, "synchronous=NORMAL")
