"""What people see while a sync runs: a progress bar on stderr, or a line now and then where there is no terminal."""

import threading
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from bookbridge.mirror import runs

if TYPE_CHECKING:
    from bookbridge.bootstrap import App

LINE_EVERY_S = 5.0
SILENT_BEATS = 3
"""A run that missed so many beats is told to be silent."""


class Watch:
    """Shows rows, calls, what is left of the budget and the time left; executes the sync where no server does."""

    def __init__(self, app: "App", organization_id: str, /, *, quiet: bool) -> None:
        self._app = app
        self._organization_id = organization_id
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._console = Console(stderr=True, highlight=False, markup=False, quiet=quiet)
        self._bar: Progress | None = None
        self._task: Any = None
        self._said_at = app.services.clock.monotonic()
        self._told = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[detail]}"),
                TimeRemainingColumn(compact=True),
            )
            self._bar = Progress(*columns, console=self._console, refresh_per_second=5, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("sync", total=None, detail="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def execute(self, run: runs.Run, /) -> None:
        """Run a claimed sync in a thread of its own; leaving the ``with`` block stops it."""
        mirror = self._app.services.mirror
        self._thread = threading.Thread(
            target=runs.execute, args=(mirror, run), kwargs={"stop": self._stop}, name="bookbridge-sync-command"
        )
        self._thread.start()

    def tell_waiting(self, other: runs.Run, /) -> None:
        """Say for what the sync waits, once: for another one, or until one whose process is silent counts as dead."""
        mirror = self._app.services.mirror
        begun, beat = other.started_at or other.asked_at, other.heartbeat_at or other.asked_at
        with mirror.db.read() as tx:
            silent = mirror.db.now(tx) - beat > timedelta(seconds=SILENT_BEATS * runs.BEAT_S * mirror.limits.scale)
        if silent:
            until = beat + timedelta(seconds=mirror.limits.dead_after_s)
            self._tell(
                f"The sync that began at {begun:%H:%M:%S} UTC is silent, as after a kill; "
                f"this one goes on with it at {until:%H:%M:%S} UTC."
            )
        else:
            self._tell(f"Another sync is under way since {begun:%H:%M:%S} UTC; this one begins when it ends.")

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            self._console.print(sentence, soft_wrap=True)

    def show(self, run: runs.Run | None, /) -> None:
        """How far it is."""
        progress = (run.progress if run is not None else None) or {}
        pages, of, rows = (sum(each[name] for each in progress.get("entities", [])) for name in ("pages", "of", "rows"))
        left = int(progress.get("details", 0))
        detail = f"{rows:,} rows  {progress.get('calls', 0):,} calls{self._budget()}" + (
            f"  {left} details" if left else ""
        )
        if self._bar is not None:
            total = max(1, of + left)
            self._bar.update(self._task, completed=min(pages, total), total=total, detail=detail)
            return
        now = self._app.services.clock.monotonic()
        if now - self._said_at >= LINE_EVERY_S:
            self._said_at = now
            self._console.print(f"sync: {detail}", soft_wrap=True)

    def _budget(self) -> str:
        view = self._app.services.zoho.budget_left(self._organization_id)
        return "" if view.day_remaining is None else f"  {view.day_remaining:,} left today"
