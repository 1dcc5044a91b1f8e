"""A limit of time for the headers of a request: whoever sends them byte by byte cannot hold connections (SEC-075)."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 15.0


class Impatient(H11Protocol):
    """uvicorn's protocol, which hangs up when no whole request has come ``HEADER_SECONDS`` after its beginning."""

    header_seconds = HEADER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its time runs."""
        super().connection_made(transport)
        self._hang_up_at: asyncio.TimerHandle | None = None
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Bytes came: either a whole request is there now, or the time goes on."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self._is_waiting():
            self._stop_watching()
        elif self._hang_up_at is None:
            self._hang_up_at = self.loop.call_later(self.header_seconds, self._hang_up)

    def _stop_watching(self) -> None:
        if self._hang_up_at is not None:
            self._hang_up_at.cancel()
            self._hang_up_at = None

    def _hang_up(self) -> None:
        self._hang_up_at = None
        if self._is_waiting():
            self.transport.close()

    def _is_waiting(self) -> bool:
        """Whether no request is being answered."""
        cycle: Any = self.cycle
        return cycle is None or cycle.response_complete
