"""Requests and answers inside the sandbox, free of any server."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from bookbridge.sandbox.jsonout import dumps
from bookbridge.sandbox.regions import Region

_SLASHES = re.compile(r"/{2,}")
API_BASES = ("/books/v3", "/api/v3")


@dataclass
class Request:
    """One HTTP request as it arrived; header names are lower case, the last of equal names wins."""

    region: Region
    method: str
    raw_path: str
    query_string: str
    header_list: tuple[tuple[str, str], ...]
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """Give the path without doubled or trailing slashes."""
        return _SLASHES.sub("/", self.raw_path).rstrip("/") or "/"

    @cached_property
    def api_path(self) -> str | None:
        """Give the path below ``/books/v3`` or the legacy ``/api/v3``; None outside the API."""
        for prefix in API_BASES:
            if self.path == prefix or self.path.startswith(prefix + "/"):
                return self.path[len(prefix) :] or "/"
        return None

    @cached_property
    def headers(self) -> dict[str, str]:
        """Give the headers by lower-case name."""
        return dict(self.header_list)

    @cached_property
    def query(self) -> dict[str, str]:
        """Give the query parameters, the last value of each."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def content_type(self) -> str:
        """Give the media type of the body in lower case, without parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @cached_property
    def form(self) -> dict[str, str]:
        """Give the fields of a form-encoded body, else nothing."""
        if self.content_type != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def body_hash(self) -> str:
        """Give the SHA-256 of the body's bytes."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def organization_hint(self) -> str:
        """Give the organization id the request names itself, before any check."""
        return self.query.get("organization_id") or self.headers.get("x-com-zoho-books-organizationid", "")


@dataclass
class Answer:
    """One HTTP answer, complete."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_answer(value: Any, *, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Answer:
    """Make a JSON answer."""
    return Answer(status, dumps(value), [("content-type", "application/json;charset=UTF-8"), *(headers or [])])


def html_answer(text: str, *, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Answer:
    """Make an HTML answer."""
    return Answer(status, text.encode(), [("content-type", "text/html;charset=UTF-8"), *(headers or [])])
