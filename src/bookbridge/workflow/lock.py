"""One engine on a SQLite file, one engine for each replica id on PostgreSQL."""

import fcntl
import os
from typing import IO

import sqlalchemy as sa

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.ids import derived_key
from bookbridge.store.db import Database


class EngineLock:
    """A lock that the operating system or the database frees when the process dies."""

    def __init__(self, db: Database, executor_id: str, /) -> None:
        self._db = db
        self._executor_id = executor_id
        self._file: IO[str] | None = None
        self._session: sa.Connection | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            ConfigurationError: somebody else holds it.
        """
        if self._db.is_sqlite:
            self._lock_file(f"{self._db.url.database}.engine")
        else:
            self._lock_session()

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None

    def _lock_file(self, path: str) -> None:
        handle = open(path, "a", encoding="utf-8", opener=_private)  # noqa: SIM115 - held until release
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise ConfigurationError(
                "Another process runs the engine on this SQLite file; stop it, or use PostgreSQL for replicas."
            ) from error
        self._file = handle

    def _lock_session(self) -> None:
        number = int.from_bytes(derived_key("engine", self._executor_id).encode()[:7], "big")
        session = self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not session.execute(sa.text("SELECT pg_try_advisory_lock(:number)"), {"number": number}).scalar_one():
            session.close()
            raise ConfigurationError(
                f"Another process has the replica id {self._executor_id}; give each replica its own "
                "BOOKBRIDGE_REPLICA_ID."
            )
        self._session = session


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def engine_is_running(db: Database, /) -> bool:
    """Whether another process runs the engine on this SQLite file (always ``False`` on PostgreSQL)."""
    if not db.is_sqlite:
        return False
    probe = EngineLock(db, "probe")
    try:
        probe.acquire()
    except ConfigurationError:
        return True
    probe.release()
    return False
