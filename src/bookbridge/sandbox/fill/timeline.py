"""Events in the order of their time, with the sandbox's clock standing at each while it happens."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from heapq import heappop, heappush
from random import Random
from typing import Any

from bookbridge.sandbox.books import ROUTES
from bookbridge.sandbox.books.values import Record
from bookbridge.sandbox.call import Call, Reply
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.routing import Router
from bookbridge.sandbox.state import Org, World

_MORNING_S = 8 * 3600
_WORKING_S = 11 * 3600


class Timeline:
    """Plays events of one organization from the past up to the sandbox's present; later ones are dropped."""

    def __init__(self, world: World, org: Org, random: Random) -> None:
        self.world, self.org, self.random = world, org, random
        self.end_s = int(world.clock.seconds())
        self.now_s = 0
        self.today = 0
        self._clock = SandboxClock(scale=0)
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0
        self._midnights: dict[int, int] = {}
        self._router = Router(ROUTES)

    def at(self, second: int, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen at a second since 1970, unless that lies in the future."""
        if second <= self.end_s:
            self._count += 1
            heappush(self._heap, (second, self._count, action, arguments))

    def on(self, day: int, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen at work on a day (``date.toordinal``), a minute from now at the earliest."""
        second = self._midnight(day) + _MORNING_S + self.random.randrange(_WORKING_S)
        self.at(max(second, self.now_s + 60 + self.random.randrange(3600)), action, *arguments)

    def run(self) -> None:
        """Play everything; the world's own clock is back afterwards."""
        real, self.world.clock = self.world.clock, self._clock
        try:
            while self._heap:
                self.now_s, _, action, arguments = heappop(self._heap)
                self._clock.set(datetime.fromtimestamp(self.now_s, UTC))
                self.today = self.world.org_now(self.org).toordinal()
                action(*arguments)
        finally:
            self.world.clock = real

    def call(self, method: str, path: str, body: Record | None = None) -> Call:
        """Make a call of this moment that did not come over HTTP."""
        now = self.world.org_now(self.org)
        return Call(self.world, self.org, now, method, path, {}, {}, body or {}, {}, by="seed")

    def do(self, method: str, path: str, body: Record | None = None) -> Record:
        """Let a handler of the API do something; raises ZohoFault when it refuses."""
        match = self._router.match(method, path)
        call = self.call(method, path, body)
        call.ids = dict(match.ids)
        reply: Reply = match.route.handler(call)
        assert isinstance(reply.body, dict)
        return reply.body

    def _midnight(self, day: int) -> int:
        found = self._midnights.get(day)
        if found is None:
            moment = datetime.combine(date.fromordinal(day), time(), tzinfo=self.org.zone)
            found = self._midnights[day] = int(moment.timestamp())
        return found
