"""The record of every request that arrived, bounded, with counters that are not."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.messages import Request

_MOST_SHARED_TEXTS = 20_000


@dataclass(slots=True)
class Entry:
    """One request; ``status`` is 0 while it is open and when the connection was cut without an answer."""

    seq: int
    at: str
    region: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body_hash: str
    body_bytes: int
    status: int = 0
    fault: str = ""
    route: str = ""
    error: str = ""


class Logbook:
    """Keeps the last ``size`` requests and counts all of them.

    Equal header pairs are stored once, so that long campaigns stay small.
    """

    def __init__(self, *, clock: SandboxClock, size: int) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=size)
        self._shared: dict[tuple[str, str], tuple[str, str]] = {}
        self.total = 0
        self.routes: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def open(self, request: Request) -> Entry:
        """Write a request down as it arrives."""
        self.total += 1
        if len(self._shared) > _MOST_SHARED_TEXTS:
            self._shared.clear()
        entry = Entry(
            seq=self.total,
            at=self._clock.now().isoformat(timespec="milliseconds"),
            region=request.region.key,
            method=request.method,
            path=request.raw_path,
            query=request.query_string,
            headers=tuple(self._shared.setdefault(pair, pair) for pair in request.header_list),
            body_hash=request.body_hash,
            body_bytes=len(request.body),
        )
        self._entries.append(entry)
        return entry

    def close(self, entry: Entry) -> None:
        """Count a request that is over."""
        self.statuses[entry.status] += 1
        if entry.route:
            self.routes[entry.route] += 1

    def after(self, seq: int) -> Iterator[dict[str, Any]]:
        """Give the kept requests with a higher number."""
        for entry in self._entries:
            if entry.seq > seq:
                yield {**asdict(entry), "headers": [list(pair) for pair in entry.headers]}

    def clear(self) -> None:
        """Forget everything and count from one again."""
        self._entries.clear()
        self._shared.clear()
        self.total = 0
        self.routes.clear()
        self.statuses.clear()
