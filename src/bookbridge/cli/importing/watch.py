"""Waiting until every order of an import rests, with the engine in this process where no other runs it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bookbridge import config
from bookbridge.bootstrap import App
from bookbridge.inbox import imports
from bookbridge.inbox.imports import Progress
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.workflow import replicas
from bookbridge.workflow.lock import engine_is_running

LOOK_EVERY_S = 0.25
WORKERS = 8


class PausedError(BookbridgeError):
    """The organization's work is paused."""


def somebody_works(app: App, /) -> bool:
    """Whether another process runs the effects of this database."""
    db = app.services.db
    return engine_is_running(db) or replicas.anyone_lives(db, silent_after_s=app.services.limits.dead_after_s)


@contextmanager
def working(app: App, /, *, workers: int = WORKERS) -> Iterator[bool]:
    """The engine in this process, unless another process has it; tells whether it is ours."""
    if somebody_works(app):
        yield False
        return
    engine = app.engine(executor_id=config.default_replica_id(app.settings), workers=workers)
    engine.start()
    try:
        yield True
    finally:
        engine.stop()


def until_over(app: App, organization_id: str, import_id: str, /, *, told: Callable[[Progress], None]) -> Progress:
    """Look again and again until every order of the import rests.

    Raises:
        PausedError: nothing moves any more, because the connection needs a person; the orders are kept.
    """
    clock = app.services.clock
    while True:
        seen = look(app, organization_id, import_id)
        told(seen)
        if seen.is_over:
            return seen
        reason = app.services.zoho.organization(organization_id).paused_reason
        if reason is not None:
            raise PausedError(
                f"{seen.total - seen.resting} orders wait, because the connection is paused: {reason} "
                "They are stored and go on by themselves once it works again; see `bookbridge doctor`."
            )
        clock.sleep(LOOK_EVERY_S)


def look(app: App, organization_id: str, import_id: str, /) -> Progress:
    """How the import stands now."""
    with app.services.db.read() as tx:
        return imports.progress(tx, organization_id, import_id)
