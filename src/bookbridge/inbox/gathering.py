"""Orders that arrive together share one durable transaction: on SQLite each commit waits for the disk.

There is no thread and no delay: the first that comes writes; what arrives while it writes is written together by the
first of those. Nobody writes twice: who has its result answers. An order that cannot be written fails alone.
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
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
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
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None
        return mine.result

    def _lead(self) -> None:
        """Write what waits, the caller's own first, and let the first of those who came meanwhile write next."""
        with self._mutex:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        try:
            self._write_together(together)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            following.leads = True
            following.woken.set()

    def _write_together(self, together: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = self._write([each.item for each in together])
        except BaseException as error:  # whatever it is, nobody may wait for ever; it is raised to its own caller
            if len(together) == 1:
                together[0].error = error
                together[0].woken.set()
                return
            for each in together:
                self._write_together([each])
            return
        for each, result in zip(together, results, strict=True):
            each.result = result
            each.woken.set()
