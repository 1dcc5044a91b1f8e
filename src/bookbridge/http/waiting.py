"""Waiting for work that another thread or process finishes, without holding a thread."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

PAUSES_S = (0.02, 0.05, 0.1, 0.2)
"""Pauses between two looks; the last one repeats."""

T = TypeVar("T")


async def until(read: Callable[[], T], /, *, rests: Callable[[T], bool], wait_s: float) -> T:
    """What ``read`` gives once it ``rests``, or as it is after ``wait_s`` seconds.

    ``read`` runs in a thread, because it asks the database; the waiting itself is on the event loop.
    """
    loop = asyncio.get_running_loop()
    deadline, turn = loop.time() + wait_s, 0
    seen = await run_in_threadpool(read)
    while not rests(seen) and loop.time() < deadline:
        await asyncio.sleep(PAUSES_S[min(turn, len(PAUSES_S) - 1)])
        seen, turn = await run_in_threadpool(read), turn + 1
    return seen
