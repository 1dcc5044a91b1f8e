"""What a resource handler is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bookbridge.sandbox.state import Org, World


@dataclass(frozen=True)
class Upload:
    """One file part of a multipart body."""

    filename: str
    content_type: str
    data: bytes


@dataclass
class Call:
    """One authenticated call to the Books API, already matched to a route.

    ``now`` is the sandbox's clock in the organization's time zone. ``body`` is the JSON object however it came
    (plain JSON, form field or multipart part ``JSONString``), numbers with a point as ``Decimal``; ``{}`` without one.
    ``query`` holds the last value of each parameter; ``ids`` the path's placeholders; ``headers`` lower-case names.
    ``body_hash`` is the SHA-256 of the body's bytes, for the commit log.
    """

    world: "World"
    org: "Org"
    now: datetime
    method: str
    path: str
    ids: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    headers: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)
    by: str = "api"
    body_hash: str = ""


@dataclass
class Reply:
    """An answer: a JSON object (``code`` and ``message`` are put in front) or bytes with their content type."""

    body: dict[str, Any] | bytes
    status: int = 200
    message: str = "success"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"


class ZohoFault(Exception):
    """A refusal as Zoho words it: HTTP status, code and message (FACTS 3)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """``path`` is below ``/books/v3`` with ``{placeholders}``;
    ``scope`` such as ``invoices.CREATE`` (FACTS 1.8), empty: none."""

    method: str
    path: str
    scope: str
    handler: Handler
