"""Orders that arrive together share a transaction, and nothing else."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bookbridge.inbox.gathering import Gathering
from bookbridge.store import export
from bookbridge.store.writer import Writer
from tests.support.app import an_order, built_app, send
from tests.support.sandbox import running_sandbox


def test_everyone_gets_the_result_of_their_own_item() -> None:
    """Forty threads bring items at once; each gets its own back, in fewer writes than items."""
    writes: list[int] = []
    together = threading.Barrier(40)

    def write(items: Sequence[int]) -> list[str]:
        writes.append(len(items))
        return [f"result {item}" for item in items]

    gathering: Gathering[int, str] = Gathering(write)

    def bring(item: int) -> str:
        together.wait()
        return gathering.bring(item)

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(bring, range(40))) == [f"result {item}" for item in range(40)]
    assert sum(writes) == 40


def test_nobody_writes_for_others_when_the_own_result_is_there() -> None:
    """Under a flood without end each bringer writes at most once: none waits for those who came later."""
    writers: list[int] = []

    def write(items: Sequence[int]) -> list[str]:
        writers.append(threading.get_ident())
        entered.set()
        released.wait(10)
        return [str(item) for item in items]

    entered, released = threading.Event(), threading.Event()
    gathering: Gathering[int, str] = Gathering(write)
    with ThreadPoolExecutor(130) as pool:
        futures = [pool.submit(gathering.bring, 0)]
        assert entered.wait(10)
        futures += [pool.submit(gathering.bring, number) for number in range(1, 130)]
        while len(gathering._waiting) < 129:
            pass
        released.set()
        assert [future.result(10) for future in futures] == [str(number) for number in range(130)]
    assert len(writers) == len(set(writers)) == 4


def test_an_item_that_fails_fails_alone() -> None:
    """Items written together with a bad one are written without it; only the bad one raises."""
    entered, written = threading.Event(), threading.Event()

    def write(items: Sequence[str]) -> list[str]:
        if items == ["first"]:
            entered.set()
            written.wait(10)
        if "bad" in items:
            raise ValueError("bad")
        return list(items)

    gathering: Gathering[str, str] = Gathering(write)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(gathering.bring, "first")
        assert entered.wait(10)
        others = [pool.submit(gathering.bring, item) for item in ("good", "bad", "better")]
        while len(gathering._waiting) < 3:
            pass
        written.set()
        assert [first.result(10), others[0].result(10), others[2].result(10)] == ["first", "good", "better"]
        with pytest.raises(ValueError, match="bad"):
            others[1].result(10)


def test_orders_sent_together_are_stored_once_each(sqlite_url: str, tmp_path: Path) -> None:
    """Thirty deliveries of ten orders at once: ten orders, each new exactly once."""
    with running_sandbox(limits="off") as box, built_app(box, url=sqlite_url, home=tmp_path / "home") as app:
        app.services.zoho.default_organization()
        together = threading.Barrier(30)

        def deliver(number: int) -> str:
            together.wait()
            return send(app, an_order(str(number % 10))).outcome

        with ThreadPoolExecutor(30) as pool:
            outcomes = list(pool.map(deliver, range(30)))
        with app.services.db.read() as tx:
            assert export.order_states(tx) == {"received": 10}
    assert sorted(outcomes) == ["new"] * 10 + ["same"] * 20


def test_an_urgent_writer_goes_before_the_background() -> None:
    """While one writes, an urgent one and one of the background come; the urgent one is next."""
    writer = Writer()
    order: list[str] = []

    def urgent() -> None:
        with writer.first():
            order.append("urgent")

    def background() -> None:
        with writer, writer:
            order.append("background")

    with writer:
        first = threading.Thread(target=urgent)
        first.start()
        while writer._calm.is_set():
            pass
        second = threading.Thread(target=background)
        second.start()
    first.join(10)
    second.join(10)
    assert order == ["urgent", "background"]
