"""Pages in flight: what others wait for goes first, and nothing is waited for beyond the end."""

import threading
from concurrent.futures import Future

from bookbridge.mirror.paging import pages
from bookbridge.mirror.place import Record
from bookbridge.mirror.reader import Answer
from bookbridge.mirror.slots import Rank, Slots


def an_answer(number: int, *, last: int, total: int | None = None) -> Answer:
    """A page of one row."""
    record = Record({"id": str(number)}, f'{{"id": "{number}"}}')
    return Answer(records=[record], number=number, asked_at=0, has_more=number < last, total=total)


def test_a_list_whose_end_is_not_known_is_read_to_its_last_page() -> None:
    """Every page once, in as many calls as pages and at most the width beyond them."""
    for last in range(1, 40):
        asked: list[int] = []

        def read(number: int, _rank: Rank, asked: list[int] = asked, last: int = last) -> "Future[Answer]":
            asked.append(number)
            future: Future[Answer] = Future()
            future.set_result(an_answer(number, last=last))
            return future

        got = [answer.number for answers in pages(read, first=1, width=6) for answer in answers]
        assert set(range(1, last + 1)) <= set(got)
        assert len(asked) == len(set(asked)) <= last + 6


def test_nobody_waits_for_a_page_beyond_the_end() -> None:
    """The last page has arrived; one that was asked for beyond it never does."""
    flying: dict[int, Future[Answer]] = {}

    def read(number: int, _rank: Rank) -> "Future[Answer]":
        flying[number] = Future()
        if number <= 3:
            flying[number].set_result(an_answer(number, last=3))
        else:
            flying[number].set_running_or_notify_cancel()
        return flying[number]

    got = [answer.number for answers in pages(read, first=1, width=6) for answer in answers]
    assert sorted(got) == [1, 2, 3]
    assert max(flying) > 3 and not flying[4].done()


def test_a_page_that_decides_goes_before_counted_ones_and_those_before_guesses() -> None:
    """While one thread is busy calls queue; they are made by rank and in order, a cancelled one never."""
    slots, busy, made = Slots(1, "test"), threading.Event(), []
    first = slots.submit(Rank.NEXT, busy.wait, 10)
    calls = [
        (Rank.GUESSED, "guessed"),
        (Rank.COUNTED, "counted 1"),
        (Rank.COUNTED, "counted 2"),
        (Rank.NEXT, "next"),
        (Rank.NEXT, "cancelled"),
    ]
    futures = [slots.submit(rank, made.append, name) for rank, name in calls]
    assert futures[-1].cancel()
    busy.set()
    first.result(10)
    for future in futures[:-1]:
        future.result(10)
    assert made == ["next", "counted 1", "counted 2", "guessed"]
    slots.close()


def test_the_end_of_the_slots_cancels_what_has_not_begun_and_raises_errors_to_whoever_waits() -> None:
    """A call that fails fails its own future; what waits at the end is cancelled and not made."""
    slots, entered, busy = Slots(1, "test"), threading.Event(), threading.Event()

    def fail() -> None:
        entered.set()
        busy.wait(10)
        raise ValueError("gone")

    failing = slots.submit(Rank.NEXT, fail)
    waiting = slots.submit(Rank.NEXT, entered.clear)
    assert entered.wait(10)
    threading.Timer(0.05, busy.set).start()
    slots.close()
    assert isinstance(failing.exception(10), ValueError)
    assert waiting.cancelled() and entered.is_set()
