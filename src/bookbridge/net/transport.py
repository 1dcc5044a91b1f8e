"""The one HTTP client: pooled, bounded in time and size, to listed origins only, without redirects or proxies."""

import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from urllib.parse import urlsplit

import httpcore2
import httpx2

from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.net.messages import HttpAnswer, HttpRequest
from bookbridge.net.problems import AmbiguousError, DestinationRefusedError, NotSentError
from bookbridge.net.wire import Call, Calls, DeadlineBackend

MAX_ANSWER_BYTES = 20 * 1024 * 1024
KEEP_ALIVE_S = 4.0
"""Idle connections end before servers end them (5 s and more), so that a write rarely meets one being closed."""

_GZIP = 16 + zlib.MAX_WBITS


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities we trust, read once a process: that takes 30 ms."""
    return httpx2.create_ssl_context(trust_env=False)


class HttpTransport:
    """Sends requests to ``origins`` (``https://host``, or ``http://127.0.0.1:port`` for a sandbox).

    Thread-safe; close it when done. ``timeout_s`` is the total time of one call, from waiting for a connection to
    the last byte of the answer; only looking up a name is left to the system's own limit.

    The environment (proxies, certificate overrides, netrc) is never read, cookies are never kept, redirects are
    never followed, and there is no switch to accept a bad certificate (SEC-025, 031, 065, 069, 074).
    """

    def __init__(
        self,
        *,
        origins: Iterable[str],
        timeout_s: float = 30.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        max_connections: int = 20,
        user_agent: str = "bookbridge",
        clock: Clock | None = None,
    ) -> None:
        self._origins = frozenset(_origin(origin) for origin in origins)
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._user_agent = user_agent
        self._clock = clock or SystemClock()
        self._calls = Calls()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_certificates(),
            max_connections=max_connections,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=DeadlineBackend(self._calls),
        )

    def __enter__(self) -> "HttpTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def send(self, request: HttpRequest, /, *, before_write: Callable[[], None] | None = None) -> HttpAnswer:
        """Send once; see ``Transport.send``.

        Raises:
            DestinationRefusedError: the URL's origin was not given at construction.
            NotSentError: no connection, no name, no valid certificate, or no time left before the first byte.
            AmbiguousError: anything after the first byte.
        """
        if _origin(request.url) not in self._origins:
            raise DestinationRefusedError(
                f"{urlsplit(request.url).hostname or 'the address'} is not an allowed destination; check the region."
            )
        started = self._clock.monotonic()
        call = Call(self._clock, started + self._timeout_s, before_write)
        self._calls.current = call
        try:
            with _classified(call, request):
                return self._exchange(request, call, started)
        finally:
            self._calls.current = None

    def _exchange(self, request: HttpRequest, call: Call, started: float) -> HttpAnswer:
        raw = httpcore2.Request(
            method=request.method,
            url=request.url,
            headers=_headers(request, self._user_agent),
            content=request.content,
            extensions={"timeout": {"pool": self._timeout_s, "connect": self._timeout_s}},
        )
        answer = self._pool.handle_request(raw)
        try:
            headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in answer.headers}
            content = self._read(answer, gzipped=headers.get("content-encoding", "") == "gzip")
        finally:
            answer.close()
        return HttpAnswer(
            status=answer.status, headers=headers, content=content, elapsed=self._clock.monotonic() - started
        )

    def _read(self, answer: httpcore2.Response, *, gzipped: bool) -> bytes:
        whole = bytearray()
        unpack = zlib.decompressobj(_GZIP) if gzipped else None
        for chunk in answer.iter_stream():
            room = self._max_answer_bytes + 1 - len(whole)
            whole += chunk[:room] if unpack is None else unpack.decompress(chunk, room)
            if len(whole) > self._max_answer_bytes:
                raise AmbiguousError(
                    f"The answer is larger than {self._max_answer_bytes} bytes; ask for less at a time.",
                    kind="too_large",
                )
        if unpack is not None and not unpack.eof:
            raise httpcore2.RemoteProtocolError("the compressed answer ended early")
        return bytes(whole)


@contextmanager
def _classified(call: Call, request: HttpRequest) -> Iterator[None]:
    """Turn the library's exceptions into ours: what matters is whether a byte had left."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, zlib.error) as error:
        if not call.wrote:
            raise NotSentError(f"{request.place}: no connection ({_reason(error)}); nothing was sent.") from None
        if isinstance(error, httpcore2.TimeoutException):
            raise AmbiguousError(f"{request.place}: no complete answer in time.", kind="timeout") from None
        if isinstance(error, httpcore2.NetworkError):
            raise AmbiguousError(f"{request.place}: the connection broke.", kind="reset") from None
        if "without sending a response" in str(error):
            raise AmbiguousError(f"{request.place}: the server hung up without an answer.", kind="reset") from None
        raise AmbiguousError(f"{request.place}: the answer was incomplete or not HTTP.", kind="cut") from None


def _reason(error: Exception) -> str:
    """The kind of failure and the system's text, which names no secret."""
    return f"{type(error).__name__}: {error}"[:200]


def _headers(request: HttpRequest, user_agent: str) -> list[tuple[str, str]]:
    own = {name.lower() for name in request.headers}
    headers = [("Host", urlsplit(request.url).netloc)]
    if "user-agent" not in own:
        headers.append(("User-Agent", user_agent))
    if "accept-encoding" not in own:
        headers.append(("Accept-Encoding", "gzip"))
    headers.extend(request.headers.items())
    if request.content or request.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(request.content))))
    return headers


def _origin(url: str) -> str:
    """Scheme, host and port of ``url`` in one spelling; refuses whatever is not a plain http(s) URL."""
    if not url.isascii() or any(char <= " " or char == "\\" for char in url):
        raise DestinationRefusedError("the address holds characters that do not belong into a URL.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DestinationRefusedError("the address is not a URL.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise DestinationRefusedError("the address is not a plain http or https URL.")
    return f"{parts.scheme}://{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
