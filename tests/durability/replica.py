"""A replica that dies where it is told to: the functions that run inside the forked processes.

A death is SIGKILL by the process itself: nothing is flushed, closed or rolled back by us. Where to die is counted, so
that a test can walk through the first, second, third ... commit or call until the work succeeds before the death.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from bookbridge import bootstrap, config
from bookbridge.bootstrap import App
from bookbridge.net import HttpAnswer, HttpRequest
from bookbridge.net.transport import HttpTransport
from tests.support.app import an_order, send


@dataclass(frozen=True, kw_only=True)
class Death:
    """Die at the ``nth`` time something happens.

    ``at`` is ``before_commit`` or ``after_commit`` (of a transaction that wrote to ``table``), or, for calls whose
    method and path begin with ``call``: ``before_send`` (no byte left), ``after_answer`` (nothing recorded yet), or
    ``never``.
    """

    at: str = "never"
    nth: int = 1
    table: str = "bb_effects"
    call: str = "POST "


@dataclass
class _Counter:
    death: Death
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def happened(self) -> None:
        """Count, and die when it is time."""
        with self.lock:
            self.seen += 1
            if self.seen == self.death.nth:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingTransport:
    """The real transport, in a process that may die around a call."""

    def __init__(self, death: Death, *, url: str, timeout_s: float) -> None:
        self._real = HttpTransport(origins=[url], timeout_s=timeout_s)
        self._death = death
        self._count = _Counter(death)

    def send(self, request: HttpRequest, /, *, before_write: Callable[[], None] | None = None) -> HttpAnswer:
        """Send, unless this is the moment."""
        path = "/" + request.url.split("/books/v3/")[-1].partition("?")[0]
        is_meant = f"{request.method} {path}".startswith(self._death.call)
        if is_meant and self._death.at == "before_send":
            self._count.happened()
        answer = self._real.send(request, before_write=before_write)
        if is_meant and self._death.at == "after_answer":
            self._count.happened()
        return answer


def _die_at_commits(app: App, death: Death) -> None:
    """Count the commits of transactions that wrote to the table."""
    count = _Counter(death)
    here = threading.local()

    def statement(_connection: sa.Connection, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith((f"UPDATE {death.table} ", f"INSERT INTO {death.table} ")):
            here.has_written = True

    def commit(_connection: sa.Connection) -> None:
        if getattr(here, "has_written", False) and death.at == "before_commit":
            count.happened()

    def returned(_raw: Any, _record: Any) -> None:
        if getattr(here, "has_written", False) and death.at == "after_commit":
            count.happened()
        here.has_written = False

    event.listen(app.services.db.engine, "before_cursor_execute", statement)
    event.listen(app.services.db.engine, "commit", commit)
    event.listen(app.services.db.engine, "checkin", returned)


def _built(environment: dict[str, str], death: Death) -> App:
    settings = config.load(environment)
    timeout_s = settings.limits.call_timeout_s
    transport = DyingTransport(death, url=settings.sandbox_url, timeout_s=timeout_s)
    app = bootstrap.build(settings, transport=transport)
    if death.at in ("before_commit", "after_commit"):
        _die_at_commits(app, death)
    return app


def run_engine(environment: dict[str, str], death: Death) -> None:
    """Be a replica until killed."""
    app = _built(environment, death)
    app.engine(executor_id=environment["BOOKBRIDGE_REPLICA_ID"], workers=4).start()
    threading.Event().wait()


def receive(environment: dict[str, str], death: Death, order_id: str, organization_id: str) -> None:
    """Receive one order, as a request would; ends by itself when the death does not come."""
    app = _built(environment, death)
    send(app, an_order(order_id), organization_id=organization_id)
    app.close()
