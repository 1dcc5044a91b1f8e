"""Token buckets in memory: limits per API key and per address of one process."""

import threading
from collections import OrderedDict

from bookbridge.kernel.clock import Clock

MOST_KEYS = 10_000


class RateLimiter:
    """``per_second`` tokens a second for each name, at most ``burst`` saved up; safe to share between threads."""

    def __init__(self, *, per_second: float, burst: int, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, /) -> float:
        """Take one token; 0.0 when there was one, else the seconds until there is one."""
        with self._lock:
            now = self._clock.monotonic()
            left, since = self._buckets.pop(name, (self._burst, now))
            left = min(self._burst, left + (now - since) * self._per_second)
            allowed = left >= 1.0
            self._buckets[name] = (left - 1.0 if allowed else left, now)
            if len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / self._per_second

    def give_back(self, name: str, /) -> None:
        """Undo a token that was taken for something that turned out well."""
        with self._lock:
            if name in self._buckets:
                left, since = self._buckets[name]
                self._buckets[name] = (min(self._burst, left + 1.0), since)
