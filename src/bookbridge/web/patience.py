"""The server's own HTTP protocol: whoever sends headers byte by byte cannot hold connections (SEC-075), and an answer
leaves in one piece.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 15.0


class Gathered:
    """A transport that sends what is written in one step of the event loop with one system call.

    Status line, headers and body are written one after the other; each system call hands the interpreter to another
    thread, and with engine threads at work it takes milliseconds to come back.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep ``data`` until the end of this step."""
        if not data:
            return
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written:
            data = b"".join(self._written)
            self._written.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)


class Impatient(H11Protocol):
    """uvicorn's protocol, which hangs up when no whole request has come ``HEADER_SECONDS`` after its beginning."""

    header_seconds = HEADER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its time runs."""
        super().connection_made(Gathered(transport, self.loop))  # type: ignore[arg-type]
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
