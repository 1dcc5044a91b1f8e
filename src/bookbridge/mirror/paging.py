"""Several pages of one list in flight, with as few calls wasted beyond its end as can be."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

from bookbridge.mirror.reader import PER_PAGE, Answer
from bookbridge.mirror.slots import Rank
from bookbridge.zoho.errors import UnreadableAnswerError

Read = Callable[[int, Rank], "Future[Answer]"]


def pages(read: Read, /, *, first: int, width: int, expected: int = 0, most: int = 0) -> Iterator[list[Answer]]:
    """The pages of a list from ``first`` on, as they arrive: those together that are here together.

    Up to page ``expected`` (what is known or counted) ``width`` pages are in flight. Beyond it the window begins at one
    and grows by one with every page that says that there are more; pages that may not be there are read only when a
    slot would be idle, but for one at a time. At most ``most`` pages (0: all) are read.

    Raises:
        UnreadableAnswerError: the list does not end, because Zoho ignores the page number.
    """
    window = _Window(first=first, width=width, expected=expected, last=first + most - 1 if most else 0)
    flying: dict[Future[Answer], int] = {}
    seen: dict[int, int] = {}
    try:
        while True:
            for number in window.due(len(flying)):
                flying[read(number, window.rank(number))] = number
            if not flying:
                return
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            arrived = []
            for future in done:
                number = flying.pop(future)
                arrived.append(future.result())
                window.arrived(number, arrived[-1])
                _check_ends(arrived[-1], seen)
            for future in [each for each, number in flying.items() if not window.has(number)]:
                future.cancel()
                del flying[future]
            for number in window.due(len(flying)):
                flying[read(number, window.rank(number))] = number
            yield arrived
    finally:
        for future in flying:
            future.cancel()


def in_order(arriving: Iterator[list[Answer]], /) -> Iterator[Answer]:
    """Pages by their numbers, however they arrive; whoever stops early has seen every page before."""
    waiting: dict[int, Answer] = {}
    number = 1
    for answers in arriving:
        waiting.update({answer.number: answer for answer in answers})
        while number in waiting:
            yield waiting.pop(number)
            number += 1


class _Window:
    """Which pages may be asked for now."""

    def __init__(self, *, first: int, width: int, expected: int, last: int) -> None:
        self._next = first
        self._width = width
        self._known = max(first, expected)
        self._certain = first
        self._last = last
        self._first = first
        self._is_counted = expected > first

    def due(self, flying: int) -> list[int]:
        """The next pages to ask for, beside those in flight."""
        limit = self._known if not self._last else min(self._known, self._last)
        count = max(0, min(self._width - flying, limit - self._next + 1))
        numbers = list(range(self._next, self._next + count))
        self._next += count
        return numbers

    def has(self, number: int) -> bool:
        """Whether the page may be there, as far as is known."""
        return not self._last or number <= self._last

    def rank(self, number: int) -> Rank:
        """How much depends on a page, and how certain it is that there is one."""
        if number <= self._known and self._is_counted:
            return Rank.COUNTED
        if number <= self._certain:
            return Rank.NEXT
        return Rank.COUNTED if number == self._certain + 1 else Rank.GUESSED

    def arrived(self, number: int, answer: Answer) -> None:
        """Learn from a page where the list ends or that it goes on."""
        self._certain = max(self._certain, number + 1)
        if not answer.has_more:
            self._last = min(self._last, number) if self._last else number
        elif answer.total is not None:
            self._known, self._is_counted = max(number + 1, -(-answer.total // PER_PAGE)), True
        elif number >= self._known or not self._is_counted:
            self._known = max(self._known, number + min(self._width, number - self._first + 1))


def _check_ends(answer: Answer, seen: dict[int, int]) -> None:
    """A page that repeats another row by row means that the page number is ignored."""
    key = hash(tuple(record.raw for record in answer.records))
    if answer.records and seen.setdefault(key, answer.number) != answer.number:
        raise UnreadableAnswerError(
            f"Page {answer.number} of the list repeats page {seen[key]}; it is read again another time."
        )
