"""Threads for the calls of a sync, as many as it may make at once; what others wait for is called first."""

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Rank(IntEnum):
    """Which calls go first, when there are more than slots."""

    NEXT = 0
    """The next page of a list whose end is not known: the only one that tells whether there are more."""
    COUNTED = 1
    """A page that is there for certain and can be read at any moment."""
    GUESSED = 2
    """A page that may be beyond the end: only when a slot would be idle."""


class Slots:
    """A pool of threads with a queue by rank; within a rank in the order of asking."""

    def __init__(self, width: int, name: str, /) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Future[Any], Callable[[], Any]]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(width)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, rank: Rank, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call it when a thread is free; a call that was cancelled before is never made."""
        future: Future[T] = Future()
        self._queue.put((rank, next(self._numbers), future, lambda: call(*args, **kwargs)))
        return future

    def close(self) -> None:
        """Cancel what has not begun and wait for what has."""
        while True:
            try:
                self._queue.get_nowait()[2].cancel()
            except queue.Empty:
                break
        for _ in self._threads:
            self._queue.put((-1, next(self._numbers), _END, _nothing))
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            _rank, _number, future, call = self._queue.get()
            if future is _END:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # it belongs to whoever waits for the future
                future.set_exception(error)


_END: Future[Any] = Future()


def _nothing() -> None:
    """What the end of a thread calls."""
