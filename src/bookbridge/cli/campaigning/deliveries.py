"""How often, by which door and in which order the orders of a campaign are delivered: a plan that a seed repeats."""

from dataclasses import dataclass
from random import Random

DOORS = ("api", "hook")
TWICE, THREE_TIMES, TEN_TIMES = 0.30, 0.10, 0.02
"""Shares of orders that are delivered more than once; the ten times are all at once (RELIABILITY 4.3, W1)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: the place of the order in the list, and the door it comes through."""

    order: int
    door: str


def plan(count: int, /, *, seed: int) -> list[Delivery]:
    """Every delivery of ``count`` orders, first to last; repeats follow at once (concurrently) or some orders later."""
    random = Random(f"deliveries:{seed}")
    placed: list[tuple[float, Delivery]] = []
    for order in range(count):
        copies = _copies(random)
        at_once = copies == 10 or random.random() < 0.5
        for copy in range(copies):
            later = 0.0 if copy == 0 or at_once else random.uniform(1.0, 200.0)
            placed.append((order + later, Delivery(order, random.choice(DOORS))))
    placed.sort(key=lambda each: each[0])
    return [delivery for _, delivery in placed]


def _copies(random: Random) -> int:
    point = random.random()
    for share, copies in ((TEN_TIMES, 10), (THREE_TIMES, 3), (TWICE, 2)):
        if point < share:
            return copies
        point -= share
    return 1
