"""Who may write to a SQLite file next: one thread at a time, and whoever is waited for by a person or a shop first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

STAND_BACK_S = 0.1
"""How long a write of the background stands back for urgent ones before it takes its turn all the same."""


class Writer:
    """A re-entrant lock with two kinds of callers.

    Threads that wait for a lock are far quicker than threads that SQLite lets sleep and try again. ``with writer`` is
    for work in the background; it lets urgent callers go first, but never waits longer than ``STAND_BACK_S`` for them.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner = 0
        self._depth = 0
        self._mutex = threading.Lock()
        self._urgent = 0
        self._calm = threading.Event()
        self._calm.set()

    def acquire(self) -> None:
        """Take the lock; a thread that has it takes it once more."""
        if self._owner != threading.get_ident() and not self._calm.is_set():
            self._calm.wait(STAND_BACK_S)
        self._take()

    def release(self) -> None:
        """Give it back as often as it was taken."""
        self._depth -= 1
        if not self._depth:
            self._owner = 0
        self._lock.release()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Hold the lock for an urgent write, ahead of the background."""
        self._count(1)
        try:
            self._take()
        finally:
            self._count(-1)
        try:
            yield
        finally:
            self.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _take(self) -> None:
        self._lock.acquire()
        self._owner = threading.get_ident()
        self._depth += 1

    def _count(self, change: int) -> None:
        with self._mutex:
            self._urgent += change
            if self._urgent:
                self._calm.clear()
            else:
                self._calm.set()
