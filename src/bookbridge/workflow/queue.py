"""Putting runs on the queue, inside the caller's own transaction; any process may do it."""

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from bookbridge.store.db import Database, Tx

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

QUEUE = "effects"
RUN = "bookbridge.run_effect"
VERSION = "1"
"""Application version of the workflows; changes only when their shape changes (trap 2 in the dependencies page)."""

SCHEMA = "dbos"


class RunQueue(Protocol):
    """Where runs of effects wait for a worker."""

    def enqueue(
        self, tx: Tx, /, *, run_id: str, effect_ids: str, organization_id: str, priority: int, delay_s: float = 0.0
    ) -> None:
        """Put a run of effects (ids with a space between) on the queue when ``tx`` commits, delayed by ``delay_s``."""
        ...

    def has_before(self, tx: Tx, organization_id: str, priority: int, /) -> bool:
        """Whether a run of the organization waits that goes before ``priority``."""
        ...


class DurableQueue:
    """The durable queue in the same database as the ledger."""

    def __init__(self, db: Database, /) -> None:
        self._db = db
        runs = run_table(db)
        waits = runs.c.status == sa.literal_column("'ENQUEUED'")
        mine = (runs.c.queue_name == sa.bindparam("queue")) & (runs.c.queue_partition_key == sa.bindparam("partition"))
        self._before = sa.select(sa.literal(1)).where(mine, waits, runs.c.priority < sa.bindparam("priority")).limit(1)

    @cached_property
    def _client(self) -> "DBOSClient":
        """The library's client; who enqueues nothing does not wait for the library."""
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        logging.getLogger("dbos").setLevel(logging.ERROR)
        return DBOSClient(
            system_database_engine=self._db.engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            lazy=True,
        )

    def enqueue(
        self, tx: Tx, /, *, run_id: str, effect_ids: str, organization_id: str, priority: int, delay_s: float = 0.0
    ) -> None:
        """Put a run on the queue in the caller's transaction; smaller ``priority`` (from 1) goes first."""
        options: EnqueueOptions = {
            "workflow_name": RUN,
            "queue_name": QUEUE,
            "workflow_id": run_id,
            "app_version": VERSION,
            "queue_partition_key": organization_id,
            "priority": priority,
        }
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(tx, options, effect_ids)

    def has_before(self, tx: Tx, organization_id: str, priority: int, /) -> bool:
        """Whether a run of the organization waits that goes before ``priority``: one step in the library's index."""
        given = {"queue": QUEUE, "partition": organization_id, "priority": priority}
        return tx.execute(self._before, given).first() is not None


def run_table(db: Database, /) -> sa.TableClause:
    """The library's own table of runs, for reading which are alive."""
    columns: tuple[Any, ...] = tuple(
        sa.column(name)
        for name in (
            "workflow_uuid",
            "status",
            "executor_id",
            "completed_at",
            "updated_at",
            "queue_name",
            "queue_partition_key",
            "priority",
        )
    )
    return sa.table("workflow_status", *columns, schema=None if db.is_sqlite else SCHEMA)
