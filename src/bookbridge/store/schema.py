"""The schema's version: brings a database up to date with Alembic and leaves every foreign table alone.

While a release is being written, ``python -m tests.support.next_migration`` writes its migration anew from
``store/tables.py``; after it, a change of the tables is a new migration.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.store.db import Database, Tx

HEAD = "0002"
"""The revision this code expects; a test holds it equal to the newest migration."""
VERSION_TABLE = "bb_schema_version"
_LOCK = 7_306_021_101
"""Key of the PostgreSQL advisory lock that lets one process migrate at a time."""


def current(db: Database, /) -> str | None:
    """The revision of the database; ``None`` for one that has never been prepared."""
    with db.read() as tx:
        return _revision(tx)


def upgrade(db: Database, /) -> bool:
    """Bring the schema up to date; whether anything had to be done. Cheap when it is current.

    Several processes may call it at once: one migrates, the others wait and find it done.

    Raises:
        ConfigurationError: a newer version of Bookbridge made this database.
    """
    if _is_current(current(db)):
        return False
    with db.transaction() as tx:
        if not db.is_sqlite:
            tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _is_current(_revision(tx)):
            return False
        _run_alembic(tx)
    return True


def alembic_config(connection: sa.Connection | None = None, /) -> Any:
    """Alembic's configuration for our migrations, on an open connection."""
    from alembic.config import Config  # imported here: 60 ms that a current database never pays

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def ours(name: str | None, kind: str, _parents: Any = None, /) -> bool:
    """Whether a table belongs to Bookbridge; Alembic looks at no other."""
    return kind != "table" or (name or "").startswith("bb_")


def _is_current(revision: str | None) -> bool:
    if revision is not None and revision > HEAD:
        raise ConfigurationError(
            f"This database has schema {revision}, this Bookbridge knows {HEAD}; install the newer Bookbridge."
        )
    return revision == HEAD


def _revision(tx: Tx) -> str | None:
    if not sa.inspect(tx).has_table(VERSION_TABLE):
        return None
    found = tx.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


def _run_alembic(tx: Tx) -> None:
    from alembic import command

    command.upgrade(alembic_config(tx), "head")
