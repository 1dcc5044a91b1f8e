"""Running effects: workers of the durable-execution library, and the upkeep it leaves to us.

The library runs each queued effect in a thread and recovers what this executor was running when it died. The upkeep
thread does the rest: it beats this replica's heart, hands a dead replica's runs to the living, puts effects without a
run back on the queue, and deletes finished runs. The ledger is the truth; losing every run loses nothing.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from bookbridge.kernel.clock import Clock
from bookbridge.kernel.limits import Limits
from bookbridge.store.db import Database
from bookbridge.workflow import replicas
from bookbridge.workflow.lock import EngineLock
from bookbridge.workflow.queue import QUEUE, RUN, SCHEMA, VERSION
from bookbridge.workflow.storage import run_storage

log = logging.getLogger(__name__)

KEEP_FINISHED_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Chore:
    """Something the upkeep does every ``every_s`` seconds, on one replica at a time."""

    name: str
    every_s: float
    run: Callable[[], None]


class _Runner:
    """The function that the one registered workflow calls; set by the engine that is running."""

    run: Callable[[str], None] | None = None


@DBOS.workflow(name=RUN)
def _run_effect(effect_ids: str) -> None:
    runner = _Runner.run
    if runner is None:
        raise RuntimeError("the engine was stopped")
    runner(effect_ids)


class Engine:
    """The workers of one process.

    Args:
        db: the database that ledger and queue share.
        executor_id: unique and stable for each replica; on SQLite there is only one.
        run: takes effects (ids with a space between) to their next resting place.
        chores: what the upkeep does beside recovery and retention.
        workers: effects in flight for one organization in this process.
    """

    def __init__(
        self,
        db: Database,
        /,
        *,
        executor_id: str,
        run: Callable[[str], None],
        clock: Clock,
        limits: Limits,
        chores: Sequence[Chore] = (),
        workers: int = 8,
        poll_s: float = 0.25,
    ) -> None:
        self._db = db
        self._executor_id = executor_id
        self._run = run
        self._clock = clock
        self._limits = limits
        self._chores = chores
        self._workers = workers
        self._poll_s = poll_s
        self._lock = EngineLock(db, executor_id)
        self._stopping = threading.Event()
        self._upkeep: threading.Thread | None = None
        self._storage: sa.Engine | None = None

    def start(self) -> None:
        """Take the engine lock, launch the workers and start the upkeep.

        Raises:
            ConfigurationError: another process runs the engine on this SQLite file, or has this replica id.
        """
        self._lock.acquire()
        self._stopping.clear()
        _Runner.run = self._run
        self._storage = run_storage(self._db)
        with ThreadPoolExecutor(1, "bookbridge-launch") as thread:  # the library refuses a thread with an event loop
            thread.submit(self._launch, self._storage).result()
        replicas.beat(self._db, self._executor_id, first=True)
        self._upkeep = threading.Thread(target=self._keep_up, name="bookbridge-upkeep", daemon=True)
        self._upkeep.start()

    def stop(self, *, wait_s: float = 35.0) -> None:
        """Stop taking runs, let those in flight finish for up to ``wait_s`` seconds, give the lock back."""
        self._stopping.set()
        DBOS.destroy(workflow_completion_timeout_sec=int(wait_s))
        if self._upkeep is not None:
            self._upkeep.join(timeout=5.0)
        replicas.retire(self._db, self._executor_id)
        if self._storage is not None:
            self._storage.dispose()
        self._lock.release()

    def _launch(self, storage: sa.Engine) -> None:
        _log_through_ours()
        DBOS(config=self._config(storage))
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_worker_concurrency=self._workers,
            worker_concurrency=self._workers * 4,
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )

    def _config(self, storage: sa.Engine) -> DBOSConfig:
        return {
            "name": "bookbridge",
            "system_database_engine": storage,
            "system_database_url": self._db.url.render_as_string(hide_password=False),
            "dbos_system_schema": SCHEMA,
            "executor_id": self._executor_id,
            "application_version": VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "max_executor_threads": self._workers * 4 + 8,
        }

    def _keep_up(self) -> None:
        while not self._stopping.wait(self._limits.heartbeat_every_s):
            try:
                self._round()
            except Exception:  # the upkeep must outlive a database that is away for a while
                log.exception("upkeep failed; it tries again")

    def _round(self) -> None:
        replicas.beat(self._db, self._executor_id)
        dead = replicas.take_dead(self._db, self._executor_id, dead_after_s=self._limits.dead_after_s)
        if dead:
            DBOS._recover_pending_workflows(dead)
        for chore in self._chores:
            if replicas.take_turn(self._db, chore.name, every_s=chore.every_s):
                chore.run()
        if replicas.take_turn(self._db, "retention", every_s=60.0):
            replicas.delete_finished(self._db, older_than_s=KEEP_FINISHED_S)


def _log_through_ours() -> None:
    """Let what the library logs pass our formatting and redaction instead of its own way to the terminal."""
    library = logging.getLogger("dbos")
    library.handlers[:] = [logging.NullHandler()]
    library.propagate = True
