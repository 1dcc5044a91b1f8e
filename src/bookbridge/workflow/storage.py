"""The durable-execution library's own connections to our database, and its tables."""

import sqlalchemy as sa
from sqlalchemy import event

from bookbridge.store.db import FOR_ALL, Database, set_pragmas
from bookbridge.workflow.queue import SCHEMA


def run_storage(db: Database, /) -> sa.Engine:
    """Connections for the library.

    On SQLite they write with ``synchronous=NORMAL``: a power cut may then lose the last runs, never an
    acknowledged order, because the ledger is written with ``FULL`` and puts lost runs back on the queue. A connection
    in use holds the database's ``writer``: the library's transactions are short, and threads that wait for a lock in
    turn are an order of magnitude quicker than threads that SQLite lets sleep and try again.
    """
    if not db.is_sqlite:
        return sa.create_engine(db.url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(
        db.url, pool_size=10, max_overflow=20, connect_args={"check_same_thread": False}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "checkout", lambda *_: db.writer.acquire())
    event.listen(engine, "checkin", lambda *_: db.writer.release())
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"  # type: ignore[attr-defined]
    set_pragmas(connection, *FOR_ALL, "synchronous=NORMAL", "foreign_keys=ON")


def ensure(db: Database, /) -> None:
    """Create the library's tables where there are none yet; the engine brings older ones up to date."""
    with db.read() as tx:
        there = sa.inspect(tx).has_table("workflow_status", schema=None if db.is_sqlite else SCHEMA)
    if not there:
        upgrade(db)


def upgrade(db: Database, /) -> None:
    """Create or bring up to date the library's tables."""
    from dbos import DBOSPortableJSONSerializer  # imported here: 300 ms that a database with tables never pays
    from dbos._sys_db import SystemDatabase

    engine = run_storage(db)
    try:
        system = SystemDatabase.create(
            system_database_url=db.url.render_as_string(hide_password=False),
            engine_kwargs={},
            engine=engine,
            schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            executor_id=None,
        )
        system.run_migrations()
    finally:
        engine.dispose()
