"""What arrives on the wire before anything is a request: bytes that two readers could understand differently."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from bookbridge.web.patience import Gathered, Impatient
from tests.support.web import Site

HOST = b"Host: 127.0.0.1:3000\r\n"


@pytest.fixture
def address(site: Site) -> Iterator[tuple[str, int]]:
    """The application behind the server's own protocol, with little patience."""

    class Quick(Impatient):
        header_seconds = 0.3

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        site.client.app, http=Quick, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    yield listener.getsockname()[:2]
    server.should_exit = True
    thread.join(timeout=30)
    listener.close()


def _said(address: tuple[str, int], *parts: bytes) -> bytes:
    """Everything the server says to these bytes until it hangs up."""
    with socket.create_connection(address, timeout=20) as wire:
        for part in parts:
            wire.sendall(part)
        said = b""
        while more := wire.recv(65_536):
            said += more
        return said


@pytest.mark.parametrize("beginning", [b"", b"GET /livez HTTP/1.1\r\n" + HOST, b"GET /livez HTTP/1.1\r\nX: "])
def test_half_a_request_does_not_hold_a_connection(address: tuple[str, int], beginning: bytes) -> None:
    """The server hangs up on whoever never finishes the headers."""
    assert _said(address, beginning) == b""


def test_half_a_second_request_does_not_hold_a_connection(address: tuple[str, int]) -> None:
    """A good first request buys no time for the next one."""
    said = _said(address, b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /livez HTTP/1.1\r\nX: ")
    assert said.count(b"HTTP/1.1 200") == 1 and said.endswith(b'{"status":"up"}')


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 0\r\nContent-Length: 40\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: +5\r\n",
        b"Host: evil.example\r\n",
        b"X : a\r\n",
        b"X-Request-Id: abcdefgh\rSet-Cookie: a=b\r\n",
        b"X: a\x00b\r\n",
    ],
)
def test_no_second_request_hides_in_the_first(address: tuple[str, int], headers: bytes) -> None:
    """Two lengths, two hosts, odd separators: one refusal, then the connection is closed."""
    hidden = b"0\r\n\r\nGET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    said = _said(address, b"POST /hooks/orders/x HTTP/1.1\r\n" + HOST + headers + b"\r\n" + hidden)
    assert said.count(b"HTTP/1.1 ") == 1 and said.startswith(b"HTTP/1.1 400")
    assert b'"up"' not in said and b"Set-Cookie" not in said


class _Counting(asyncio.Transport):
    """A transport that keeps what it is told to send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True


def test_an_answer_leaves_in_one_piece() -> None:
    """Headers and body written in one step are one system call; closing sends what was written before it."""

    async def speak() -> tuple[list[bytes], list[bytes]]:
        inner = _Counting()
        wire = Gathered(inner, asyncio.get_running_loop())
        wire.write(b"headers")
        wire.write(b"")
        wire.write(b"body")
        await asyncio.sleep(0)
        first = list(inner.sent)
        wire.write(b"last")
        wire.close()
        await asyncio.sleep(0)
        return first, inner.sent

    assert asyncio.run(speak()) == ([b"headersbody"], [b"headersbody", b"last"])
