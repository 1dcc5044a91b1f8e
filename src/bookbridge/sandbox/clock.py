"""The sandbox's own clock: it can be set, moved and run faster or slower than real time."""

import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Aware UTC time that starts at the real time and runs ``scale`` times as fast.

    ``scale`` 0 stops it. It serves everything Zoho would read from a clock: dates, token lifetimes, limits, list lag.
    """

    def __init__(self, *, start_at: datetime | None = None, scale: float = 1.0) -> None:
        self._base_at = start_at or datetime.now(UTC)
        self._mark = time.monotonic()
        self._scale = scale

    @property
    def scale(self) -> float:
        """Sandbox seconds per real second."""
        return self._scale

    def now(self) -> datetime:
        """Give the sandbox's time, aware, in UTC."""
        elapsed_s = (time.monotonic() - self._mark) * self._scale
        return self._base_at + timedelta(seconds=elapsed_s)

    def seconds(self) -> float:
        """Give the sandbox's time as seconds since 1970, for windows and lifetimes."""
        return self.now().timestamp()

    def set(self, at: datetime) -> None:
        """Set the time; a naive value is taken as UTC."""
        self._base_at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        self._mark = time.monotonic()

    def advance(self, seconds: float) -> None:
        """Move the time by ``seconds`` (negative: back)."""
        self._base_at += timedelta(seconds=seconds)

    def run_at(self, scale: float) -> None:
        """Change the speed from now on; raises ValueError below zero."""
        if scale < 0:
            raise ValueError("scale must not be negative")
        self.set(self.now())
        self._scale = scale
