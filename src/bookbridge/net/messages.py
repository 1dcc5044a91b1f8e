"""An HTTP request and its answer as frozen values that never show a secret in their ``repr``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """One request; ``url`` is absolute and already encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def place(self) -> str:
        """Method, host and path: what may be shown to people (no query, no user, no header)."""
        parts = urlsplit(self.url)
        return f"{self.method} {parts.hostname or ''}{parts.path}"

    def __repr__(self) -> str:
        return f"<HttpRequest {self.place}, {len(self.content)} bytes>"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpAnswer:
    """A whole answer: header names in lower case, the content decompressed, ``elapsed`` in seconds."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    elapsed: float = 0.0

    def __repr__(self) -> str:
        return f"<HttpAnswer {self.status}, {len(self.content)} bytes>"


class Transport(Protocol):
    """Whatever sends a request once and returns its answer."""

    def send(self, request: HttpRequest, /, *, before_write: Callable[[], None] | None = None) -> HttpAnswer:
        """Send once.

        ``before_write`` is called once, immediately before the first byte of the request is written; when it
        raises, no byte leaves and its exception reaches the caller.

        Raises:
            NotSentError: certainly nothing was sent.
            AmbiguousError: the request may have been carried out.
        """
        ...
