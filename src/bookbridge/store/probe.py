"""Whether the database can be written to, for the readiness probe."""

from bookbridge.store import schema
from bookbridge.store.db import Database
from bookbridge.store.tables import meta


def is_ready(db: Database, /) -> bool:
    """Whether the schema is current and a row can be committed; database errors propagate."""
    if schema.current(db) != schema.HEAD:
        return False
    with db.transaction() as tx:
        db.upsert(tx, meta, [{"name": "ready_probe", "value": str(int(db.now(tx).timestamp()))}], key=["name"])
    return True
