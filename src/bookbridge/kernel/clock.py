"""Time as a dependency: the only module that reads the system's clocks or sleeps."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the rest of the code may know about time."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        time.sleep(max(0.0, seconds))


class FixedClock:
    """A clock that moves only when told to; ``sleep`` moves it. For tests and simulations."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = start.astimezone(UTC)
        self._start = self._now

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start of this clock."""
        return (self._now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Move forward without waiting."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds``."""
        self._now += timedelta(seconds=seconds)


def to_millis(at: datetime, /) -> int:
    """Milliseconds since 1970 in UTC; refuses a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no place on the time line")
    return round(at.timestamp() * 1000)


def from_millis(millis: int, /) -> datetime:
    """The aware UTC datetime of ``millis`` since 1970."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=millis)
