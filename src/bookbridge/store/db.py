"""Connections to SQLite and PostgreSQL and the only place that commits."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from bookbridge.kernel.clock import Clock, SystemClock, from_millis
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.store.writer import Writer

Tx = sa.Connection
"""A transaction in progress: execute statements on it, never commit it."""

FOR_ALL = ("journal_mode=WAL", "busy_timeout=30000", "wal_autocheckpoint=10000")
"""What every connection to SQLite has. The log grows to 10,000 pages (40 MB) before it is copied into the file: whoever
commits at that moment waits for it."""

DatabaseError = sa.exc.SQLAlchemyError
"""The database cannot be reached or refused a statement."""


class Database:
    """One database with a pool of connections; safe to share between threads.

    ``writer`` is held by whoever writes to a SQLite file from this process: threads wait for it in turn, where SQLite
    itself would let them sleep and try again.

    Args:
        url: ``sqlite:///path`` or ``postgresql://...`` (psycopg 3 is used whatever driver the URL names).
        clock: time source where the database has none of its own (SQLite lives on the same machine).
    """

    def __init__(self, url: str, /, *, clock: Clock | None = None, pool_size: int = 20) -> None:
        self.url = _normal(url)
        self.dialect = self.url.get_backend_name()
        self._clock = clock or SystemClock()
        self.engine = _engine(self.url, pool_size=pool_size)
        self._reads = _reading_engine(self.url, pool_size=pool_size) if self.is_sqlite else self.engine
        self._quick = _quick_engine(self.url) if self.is_sqlite else self.engine
        self.writer = Writer()
        self._new_rows: dict[str, sa.Executable] = {}
        self._absent: dict[str, Any] = {}

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.dialect == "sqlite"

    @contextmanager
    def transaction(self, *, urgent: bool = False, durable: bool = True) -> Iterator[Tx]:
        """A durable transaction: commits at the end of the block, rolls back on any exception.

        ``urgent``: somebody outside waits for it; on SQLite it goes before what is written in the background. Without
        ``durable`` it may be lost in a power cut (not in a crash), whole: for what can be fetched again.
        """
        if not self.is_sqlite:
            turn: AbstractContextManager[object] = nullcontext()
        else:
            turn = self.writer.first() if urgent else self.writer
        engine = self._quick if self.is_sqlite and not durable else self.engine
        with turn, engine.begin() as connection:
            if not durable and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A connection for reading; whatever it changes is rolled back."""
        with self._reads.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """A connection for reading several times, which sees the database as it was at the first."""
        with self._reads.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def now(self, tx: Tx, /) -> datetime:
        """The database's time, aware, in UTC: leases and waits of all replicas are measured with it."""
        if self.is_sqlite:
            return self._clock.now()
        millis = tx.execute(sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")).scalar_one()
        return from_millis(int(millis))

    def insert_new(self, tx: Tx, table: sa.Table, rows: Sequence[dict[str, Any]] | dict[str, Any], /) -> int:
        """Insert what is not there yet (by any unique constraint) and return how many rows were new."""
        many = [rows] if isinstance(rows, dict) else list(rows)
        if not many:
            return 0
        statement = self._new_rows.get(table.name)
        if statement is None:
            insert = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
            # without the option SQLAlchemy gives -1 for an INSERT on PostgreSQL
            statement = insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
            self._new_rows[table.name] = statement
        if len(many) == 1:
            return tx.execute(statement, many[0]).rowcount
        return sum(tx.execute(statement, row).rowcount for row in many)

    def insert_absent(self, tx: Tx, table: sa.Table, rows: Sequence[dict[str, Any]], /) -> set[str]:
        """Insert what is not there yet (by any unique constraint) in few statements; the ids of the new rows.

        Every row has the same columns, one of them ``id``.
        """
        if not rows:
            return set()
        statement = self._absent.get(table.name)
        if statement is None:
            insert = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
            statement = insert.on_conflict_do_nothing().returning(table.c.id)
            self._absent[table.name] = statement
        return set(tx.scalars(statement, list(rows)))

    def upsert(self, tx: Tx, table: sa.Table, rows: Sequence[dict[str, Any]], /, *, key: Sequence[str]) -> None:
        """Insert rows or, where ``key`` exists, replace their other columns."""
        if not rows:
            return
        insert = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
        tx.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changed), list(rows))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._reads.dispose()
        self._quick.dispose()


def _normal(url: str) -> sa.URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except sa.exc.ArgumentError as error:
        raise ConfigurationError("The database URL cannot be read; use sqlite:///FILE or postgresql://...") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigurationError(f"{backend} is not supported; use sqlite:///FILE or postgresql://...")
    return parsed


def _engine(url: sa.URL, *, pool_size: int) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))
    engine = _sqlite_engine(url, pool_size)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _sqlite_engine(url: sa.URL, pool_size: int) -> sa.Engine:
    options = {"check_same_thread": False}
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=20, connect_args=options, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """A new database is for its owner alone: it holds customers and hashes of keys. SQLite's side files follow it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError, PermissionError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _reading_engine(url: sa.URL, *, pool_size: int) -> sa.Engine:
    """Connections that never begin a transaction, so that reading never waits for the writer."""
    return _sqlite_engine(url, pool_size)


def _quick_engine(url: sa.URL) -> sa.Engine:
    """Connections whose commits do not wait for the disk."""
    engine = _sqlite_engine(url, 1)
    event.listen(engine, "connect", _without_waiting)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _without_waiting(connection: Any, _record: Any) -> None:
    set_pragmas(connection, "synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    set_pragmas(connection, *FOR_ALL, "synchronous=FULL", "foreign_keys=ON")


def set_pragmas(connection: Any, /, *pragmas: str) -> None:
    """Set up a connection to SQLite."""
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock at once, so that a transaction never fails when it turns from reading to writing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
