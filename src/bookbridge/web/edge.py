"""What every request passes first, as plain ASGI middleware: correlation, headers, host, sizes, last resort."""

import asyncio
import contextlib
import re
from collections.abc import Iterable
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bookbridge.http import Problem, TooLargeError
from bookbridge.kernel.ids import IdSource
from bookbridge.web import problems

MIB = 1024 * 1024
JSON_LIMIT, UPLOAD_LIMIT, HEADER_LIMIT = 2 * MIB, 10 * MIB, 32 * 1024
UPLOADS = ("image/", "application/pdf")
"""How the content types of files begin; the larger limit is theirs alone."""
BODY_SECONDS = 30.0
"""How long a client may take to send its body."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_CORRELATION = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PROBES = frozenset({"/livez", "/readyz"})

log = structlog.get_logger("bookbridge.web")


def header(scope: Scope, name: bytes, /) -> str:
    """The first value of a request header, empty when it is absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def answer_problem(problem: Problem, scope: Scope, receive: Receive, send: Send, /) -> None:
    """Answer with a problem from middleware."""
    await problems.answer(problem, scope)(scope, receive, send)


class Edge:
    """Gives each request its correlation id, each answer its security headers, each unforeseen error one answer."""

    def __init__(self, app: ASGIApp, *, ids: IdSource, https: bool) -> None:
        self._app = app
        self._ids = ids
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "websocket":  # there are none; whatever stands behind checks HTTP only
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        correlation_id = given if _CORRELATION.fullmatch(given) else self._ids.new("req")
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = self._dress(scope, message.get("headers", []), correlation_id)
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except ClientDisconnect:
            log.info("client_left", path=scope["path"])
        except Exception as error:  # last resort: one constant answer, the cause goes to the log only
            log.error("unforeseen_error", error=type(error).__name__, path=scope["path"], exc_info=error)
            if not started:
                await answer_problem(INTERNAL, scope, receive, dressed)
        finally:
            structlog.contextvars.unbind_contextvars("correlation_id")

    def _dress(self, scope: Scope, headers: Iterable[Any], correlation_id: str) -> list[tuple[bytes, bytes]]:
        found = [(bytes(name).lower(), bytes(value)) for name, value in headers]
        names = {name for name, _value in found}
        is_page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in found)
        extra = {
            b"content-security-policy": (PAGE_POLICY if is_page else DATA_POLICY).encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"x-frame-options": b"DENY",
            b"cross-origin-opener-policy": b"same-origin",
            b"cross-origin-resource-policy": b"same-origin",
            b"cache-control": b"public, max-age=3600" if scope["path"].startswith("/static/") else b"no-store",
            b"x-request-id": correlation_id.encode(),
        }
        if self._https:
            extra[b"strict-transport-security"] = b"max-age=31536000; includeSubDomains"
        return found + [(name, value) for name, value in extra.items() if name not in names]


INTERNAL = Problem(
    status=500,
    code="internal_error",
    detail="Something went wrong here; the log entry with this correlation id says what.",
)


class Hosts:
    """Answers only to the names it is known by; health probes may use any."""

    def __init__(self, app: ASGIApp, *, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an unknown ``Host``."""
        if scope["type"] == "http" and scope["path"] not in _PROBES and host_name(scope) not in self._names:
            problem = Problem(
                status=421,
                code="unknown_host",
                detail="This server does not answer to that host name; set BOOKBRIDGE_PUBLIC_URL to the name it has.",
            )
            await answer_problem(problem, scope, receive, send)
            return
        await self._app(scope, receive, send)


def host_name(scope: Scope, /) -> str:
    """The ``Host`` header without its port, lower case."""
    host = header(scope, b"host").lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


class Sizes:
    """Caps headers and body on the raw stream, before anything parses them; compressed bodies are refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_LIMIT if header(scope, b"content-type").startswith(UPLOADS) else JSON_LIMIT
        problem = _refused_at_sight(scope, limit)
        if problem is not None:
            await answer_problem(problem, scope, receive, send)
            return
        body = _CountedBody(receive, limit=limit)

        started = False

        async def guarded(message: Message) -> None:
            # A parser may have turned the overrun into another answer; the client gets the true reason.
            nonlocal started
            if started or not body.is_over:
                started = True
                await send(message)

        with contextlib.suppress(TooLargeError):
            await self._app(scope, body.receive, guarded)
        if body.is_over and not started:
            await answer_problem(_too_large(limit), scope, receive, send)


class _CountedBody:
    """Counts the bytes of a body and stops at the limit or when the sender is too slow."""

    def __init__(self, receive: Receive, *, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._until = 0.0
        self._complete = False
        self.is_over = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._until = self._until or loop.time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            raise ClientDisconnect from error
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._left < 0:
                self.is_over = True
                raise TooLargeError
        return message


def _refused_at_sight(scope: Scope, limit: int) -> Problem | None:
    """What the headers alone rule out."""
    if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > HEADER_LIMIT:
        return Problem(status=431, code="headers_too_large", detail="Send at most 32 KiB of headers.")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return Problem(status=400, code="invalid_input", detail="The address holds a NUL character; remove it.")
    if header(scope, b"content-encoding") not in ("", "identity"):
        detail = "Compressed request bodies are not accepted; send the body as it is."
        return Problem(status=415, code="compressed_body", detail=detail)
    length = header(scope, b"content-length")
    if length and header(scope, b"transfer-encoding"):  # a proxy may believe the one, we the other (RFC 9112, 6.1)
        detail = "The length of the body is given twice; send Content-Length or Transfer-Encoding."
        return Problem(status=400, code="invalid_input", detail=detail, headers={"Connection": "close"})
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        return _too_large(limit)
    return None


def _too_large(limit: int) -> Problem:
    detail = f"The body is larger than {limit // MIB} MiB; send less in one request."
    return Problem(status=413, code="too_large", detail=detail, headers={"Connection": "close"})
