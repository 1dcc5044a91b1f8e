"""The connection under one request: whole answers, and the ways in which a connection fails.

The server is uvicorn with its h11 protocol; its ``send`` is a method of the object that holds the TCP transport.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from bookbridge.sandbox.messages import Answer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Wire:
    """One request's connection."""

    def __init__(self, *, receive: Receive, send: Send, headers: Callable[[], list[tuple[bytes, bytes]]]) -> None:
        self._receive = receive
        self._send = send
        self._headers = headers

    async def read_body(self) -> bytes:
        """Read the whole request body."""
        chunks = []
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                break
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        return b"".join(chunks)

    async def send(self, answer: Answer) -> None:
        """Send an answer whole, chunked as Zoho does (FACTS 2.3)."""
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": answer.body})

    async def cut(self, answer: Answer, *, reset: bool = False) -> None:
        """Send the head and half the body, then close the connection (``reset``: with a TCP reset)."""
        await self._start(answer)
        half = answer.body[: len(answer.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        await self._close(reset=reset)

    async def trickle(self, answer: Answer, *, pause_s: float) -> None:
        """Send the body one byte at a time, until the client goes away."""
        await self._start(answer)
        for place in range(len(answer.body)):
            if self._gone():
                return
            byte = answer.body[place : place + 1]
            await self._send({"type": "http.response.body", "body": byte, "more_body": True})
            await asyncio.sleep(pause_s)
        await self._send({"type": "http.response.body", "body": b""})

    async def reset(self) -> None:
        """Close the connection with a TCP reset and no answer."""
        await self._close(reset=True)

    async def hold(self, *, longest_s: float) -> None:
        """Say nothing until the client gives up, or for ``longest_s``; then close."""
        try:
            await asyncio.wait_for(self._until_gone(), longest_s)
        except TimeoutError:
            await self._close(reset=True)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, answer: Answer) -> None:
        given = {name for name, _ in answer.headers}
        headers = [(name, value) for name, value in self._headers() if name.decode() not in given]
        headers += [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in answer.headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    def _gone(self) -> bool:
        cycle: Any = getattr(self._send, "__self__", None)
        return bool(cycle is not None and cycle.disconnected)

    async def _close(self, *, reset: bool) -> None:
        """Close the transport under uvicorn and wait until the server has noticed."""
        cycle: Any = self._send.__self__  # type: ignore[attr-defined]
        if reset:
            raw = cycle.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            cycle.transport.abort()
        else:
            cycle.transport.close()
        while not cycle.disconnected:
            await asyncio.sleep(0)
