"""Orders that arrive together share one durable transaction: on SQLite each commit waits for the disk.

There is no thread and no delay: the first that comes writes; what arrives while it writes is written together by the
next. An order that cannot be written fails alone.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
MOST_TOGETHER = 50


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T, R]):
    item: T
    done: threading.Event = field(default_factory=threading.Event)
    result: R | None = None
    error: BaseException | None = None


class Gathering(Generic[T, R]):
    """Hands items that several threads bring at the same time to ``write``, several at once.

    ``write`` does all or nothing and returns one result for each item, in their order.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]], /) -> None:
        self._write = write
        self._mutex = threading.Lock()
        self._waiting: list[_Waiting[T, R]] = []
        self._is_led = False

    def bring(self, item: T, /) -> R:
        """The result of ``write`` for the item; raises what it raised for it."""
        mine: _Waiting[T, R] = _Waiting(item)
        with self._mutex:
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
        if leads:
            self._lead()
        mine.done.wait()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None
        return mine.result

    def _lead(self) -> None:
        """Write until nobody waits; whoever comes later leads anew."""
        while True:
            with self._mutex:
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                if not together:
                    self._is_led = False
                    return
            self._write_together(together)

    def _write_together(self, together: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = self._write([each.item for each in together])
        except BaseException as error:  # whatever it is, nobody may wait for ever; it is raised to its own caller
            if len(together) == 1:
                together[0].error = error
                together[0].done.set()
                return
            for each in together:
                self._write_together([each])
            return
        for each, result in zip(together, results, strict=True):
            each.result = result
            each.done.set()
