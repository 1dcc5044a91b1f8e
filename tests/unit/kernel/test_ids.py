"""Random identifiers are drawn in blocks; that must never give one of them twice."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

from bookbridge.kernel.ids import RandomIds


def test_threads_never_draw_the_same_identifier() -> None:
    """Eight threads, a few blocks each."""
    ids = RandomIds()
    with ThreadPoolExecutor(8) as threads:
        drawn = [each for some in threads.map(lambda _: [ids.new("x") for _ in range(200)], range(8)) for each in some]
    assert len(set(drawn)) == 1600
    assert {len(each) for each in drawn} == {26}


def test_a_forked_process_draws_its_own() -> None:
    """What its parent had drawn ahead is not given out by both."""
    ids = RandomIds()
    ids.new("x")
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=lambda: answers.put([ids.new("x") for _ in range(20)]))
    child.start()
    theirs = answers.get()
    child.join(10)
    assert not set(theirs) & {ids.new("x") for _ in range(60)}
