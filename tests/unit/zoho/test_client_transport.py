"""The transport against real sockets on loopback: limits of time and size, destinations, what had left."""

import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator

import pytest

from bookbridge.net import AmbiguousError, DestinationRefusedError, HttpRequest, NotSentError
from bookbridge.net.transport import HttpTransport

Script = Callable[[socket.socket, int], None]


class RawServer:
    """Accepts connections and lets a script answer each; counts connections and keeps what was received."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.connections = 0
        self.received = b""
        self.done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            self.script(connection, number)

    def read_request(self, connection: socket.socket) -> bytes:
        """One whole request with its body; empty when the client hung up."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return b""
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += connection.recv(65536)
        self.received += head + b"\r\n\r\n" + body
        return head

    def close(self) -> None:
        """Stop listening and wait for the scripts."""
        self.done.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], RawServer]]:
    """Starts servers that end with the test."""
    servers: list[RawServer] = []

    def start(script: Script) -> RawServer:
        servers.append(RawServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ok(body: bytes, *headers: str) -> bytes:
    """A whole answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fetch(server: RawServer, *, timeout_s: float = 5.0, **limits: int) -> bytes:
    """GET the server's root."""
    with HttpTransport(origins=[server.url], timeout_s=timeout_s, **limits) as transport:
        return transport.send(HttpRequest(method="GET", url=f"{server.url}/x")).content


def test_an_answer_comes_whole_with_lower_case_headers(serve: Callable[[Script], RawServer]) -> None:
    """Status, headers, content; the request has no cookie although one was set before."""

    def script(connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            connection.sendall(ok(b"hello", "X-Rate-Limit-Limit: 1000", "Set-Cookie: a=b; Path=/"))

    server = serve(script)
    with HttpTransport(origins=[server.url]) as transport:
        for _ in range(2):
            answer = transport.send(HttpRequest(method="POST", url=f"{server.url}/x", content=b"body"))
    assert (answer.status, answer.content, answer.headers["x-rate-limit-limit"]) == (200, b"hello", "1000")
    assert b"ookie" not in server.received and server.connections == 1
    assert server.received.endswith(b"body") and b"Content-Length: 4" in server.received


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Callable[[Script], RawServer]) -> None:
    """SEC-025: no Authorization reaches the place a redirect names."""
    catcher = serve(lambda connection, number: None)

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(f"HTTP/1.1 307 X\r\nLocation: {catcher.url}/\r\nContent-Length: 0\r\n\r\n".encode())

    server = serve(script)
    with HttpTransport(origins=[server.url, catcher.url]) as transport:
        assert transport.send(HttpRequest(method="GET", url=server.url, headers={"Authorization": "x"})).status == 307
    assert catcher.connections == 0


def test_proxies_of_the_environment_are_not_used(
    serve: Callable[[Script], RawServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-065: variables that would send everything elsewhere have no effect."""
    proxy = serve(lambda connection, number: None)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(ok(b"direct"))

    server = serve(script)
    assert fetch(server) == b"direct"
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "url",
    ["https://www.zohoapis.com.evil.example/x", "https://www.zohoapis.com@evil.example/x", "http://www.zohoapis.com/x",
     "https://www.zohoapis.com:8443/x", "file:///etc/passwd", "https://evil.example\\@www.zohoapis.com/", "//x", "",
     "https://www.zohoapis.com/\r\nX: y", "https://www.zohoapіs.com/"],
)  # fmt: skip
def test_other_destinations_are_refused_before_any_lookup(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is resolved and no socket is opened for an origin that is not on the list."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: pytest.fail("looked up"))
    with (
        HttpTransport(origins=["https://www.zohoapis.com"]) as transport,
        pytest.raises(DestinationRefusedError) as caught,
    ):
        transport.send(HttpRequest(method="GET", url=url))
    assert isinstance(caught.value, NotSentError)


def test_a_closed_port_and_an_unknown_name_are_certainly_not_sent() -> None:
    """Nothing listened, or there is no such host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for url in (closed, "http://nowhere.invalid"):
        with HttpTransport(origins=[url]) as transport, pytest.raises(NotSentError):
            transport.send(HttpRequest(method="POST", url=url, content=b"x"))


def test_a_server_without_tls_is_certainly_not_sent(serve: Callable[[Script], RawServer]) -> None:
    """A handshake that fails happens before the request."""
    server = serve(lambda connection, number: connection.sendall(b"no tls here\r\n"))
    url = server.url.replace("http://", "https://")
    with HttpTransport(origins=[url], timeout_s=5) as transport, pytest.raises(NotSentError):
        transport.send(HttpRequest(method="POST", url=url, content=b"secret body"))
    assert b"secret" not in server.received


def test_a_hang_up_after_the_request_is_ambiguous(serve: Callable[[Script], RawServer]) -> None:
    """The server may have acted."""
    server = serve(lambda connection, number: server.read_request(connection) and None)
    with pytest.raises(AmbiguousError) as caught:
        fetch(server)
    assert caught.value.kind == "reset"


def test_a_connection_that_ends_between_two_requests_is_ambiguous_for_the_second(
    serve: Callable[[Script], RawServer],
) -> None:
    """On a reused connection nobody can tell whether the bytes were read."""

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(ok(b"one"))
        server.read_request(connection)

    server = serve(script)
    with HttpTransport(origins=[server.url]) as transport:
        transport.send(HttpRequest(method="GET", url=server.url))
        with pytest.raises(AmbiguousError):
            transport.send(HttpRequest(method="POST", url=server.url, content=b"x"))


@pytest.mark.parametrize(
    "raw",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
     b"SMTP ready\r\n\r\n", ok(gzip.compress(b"x" * 5000, mtime=0)[:-12], "Content-Encoding: gzip"),
     ok(b"not gzip", "Content-Encoding: gzip")],
    ids=["cut", "cut chunk", "not http", "cut gzip", "no gzip"],
)  # fmt: skip
def test_a_cut_or_broken_answer_is_ambiguous(serve: Callable[[Script], RawServer], raw: bytes) -> None:
    """Half an answer proves that the server was there, not what it did."""

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(raw)

    server = serve(script)
    with pytest.raises(AmbiguousError) as caught:
        fetch(server)
    assert caught.value.kind == "cut"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_one_byte_at_a_time_meets_the_total_limit(serve: Callable[[Script], RawServer], head: bytes) -> None:
    """Each byte would restart a read timeout, in the headers and in the body; the call's own limit does not."""

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(head)
        while not server.done.wait(0.05):
            connection.sendall(b"H" if head else b"x-")

    server = serve(script)
    with pytest.raises(AmbiguousError) as caught:
        fetch(server, timeout_s=0.5)
    assert caught.value.kind == "timeout"


def test_silence_meets_the_limit(serve: Callable[[Script], RawServer]) -> None:
    """A server that reads and says nothing."""

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        server.done.wait(5)

    server = serve(script)
    with pytest.raises(AmbiguousError) as caught:
        fetch(server, timeout_s=0.2)
    assert caught.value.kind == "timeout"


def test_no_answer_is_larger_than_the_cap(serve: Callable[[Script], RawServer]) -> None:
    """SEC-074: plain and compressed, without holding more than the cap."""
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    for body, more in ((bytes(3000), ()), (packed, ("Content-Encoding: gzip",))):

        def script(connection: socket.socket, number: int, whole: bytes = ok(body, *more)) -> None:
            connection.recv(65536)
            connection.sendall(whole)

        current = serve(script)
        with pytest.raises(AmbiguousError) as caught:
            fetch(current, max_answer_bytes=2000)
        assert caught.value.kind == "too_large"


def test_a_compressed_answer_is_opened(serve: Callable[[Script], RawServer]) -> None:
    """Exactly at the cap it passes."""

    def script(connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(ok(gzip.compress(b"y" * 2000), "Content-Encoding: gzip"))

    server = serve(script)
    assert fetch(server, max_answer_bytes=2000) == b"y" * 2000


def test_the_last_check_runs_once_and_before_the_first_byte(serve: Callable[[Script], RawServer]) -> None:
    """The connection is up, nothing is written; a refusal reaches the caller as it is."""

    def script(connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            connection.sendall(ok(b""))

    server = serve(script)
    seen: list[bytes] = []

    def refuse() -> None:
        raise LookupError("lease lost")

    with HttpTransport(origins=[server.url]) as transport:
        request = HttpRequest(method="POST", url=server.url, content=b"x" * 100_000)
        transport.send(request, before_write=lambda: seen.append(server.received))
        assert seen == [b""]
        before = server.received
        with pytest.raises(LookupError):
            transport.send(request, before_write=refuse)
    assert server.received == before


def test_errors_and_values_show_no_secret(serve: Callable[[Script], RawServer]) -> None:
    """Neither query nor header nor body stands in a text somebody may log."""
    server = serve(lambda connection, number: server.read_request(connection) and None)
    request = HttpRequest(
        method="POST", url=f"{server.url}/a?code=hush", headers={"Authorization": "hush"}, content=b"hush"
    )
    with HttpTransport(origins=[server.url]) as transport, pytest.raises(AmbiguousError) as caught:
        transport.send(request)
    assert "hush" not in f"{caught.value!r} {caught.value} {request!r} {request}"
    assert "/a" in str(caught.value)


def test_threads_share_one_transport(serve: Callable[[Script], RawServer]) -> None:
    """Each gets its own answer; one that meets its limit does not disturb the others."""

    def script(connection: socket.socket, number: int) -> None:
        while head := server.read_request(connection):
            name = head.split(b" ")[1]
            if name == b"/slow":
                server.done.wait(5)
                return
            connection.sendall(ok(name))

    server = serve(script)
    answers: dict[str, object] = {}
    with HttpTransport(origins=[server.url], timeout_s=1.0) as transport:

        def run(name: str) -> None:
            try:
                answers[name] = transport.send(HttpRequest(method="GET", url=f"{server.url}/{name}")).content
            except AmbiguousError as error:
                answers[name] = error.kind

        threads = [threading.Thread(target=run, args=(name,)) for name in ["slow", *(f"n{k}" for k in range(30))]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {"slow": "timeout", **{f"n{k}": f"/n{k}".encode() for k in range(30)}}
