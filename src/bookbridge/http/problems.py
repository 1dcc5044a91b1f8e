"""Problem documents (RFC 9457) with a code of ours and a sentence that says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bookbridge.http.answers import JsonAnswer
from bookbridge.kernel.errors import BookbridgeError

TITLES = {
    400: "Invalid request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported body",
    421: "Unknown host",
    429: "Too many requests",
    431: "Headers too large",
    500: "Internal error",
    502: "Zoho failed",
    503: "Not available now",
    504: "Zoho did not answer",
}
"""The short text for each status, the same for every problem of that status."""


class TooLargeError(BookbridgeError):
    """The request body is larger than this route accepts."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One refusal: ``code`` is ours and stable, ``detail`` a sentence for people, ``extra`` further members."""

    status: int
    code: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, *, correlation_id: str = "") -> dict[str, Any]:
        """The members of the document; ``error`` repeats the sentence for callers that read only that."""
        members = {
            "type": f"urn:bookbridge:problem:{self.code}",
            "title": TITLES.get(self.status, "Refused"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "error": self.detail,
        }
        if correlation_id:
            members |= {"instance": f"urn:bookbridge:request:{correlation_id}", "correlation_id": correlation_id}
        return members | dict(self.extra)


class ProblemAnswer(JsonAnswer):
    """A problem as an answer."""

    media_type = "application/problem+json"

    def __init__(self, problem: Problem, *, correlation_id: str = "") -> None:
        super().__init__(
            problem.body(correlation_id=correlation_id), status_code=problem.status, headers=dict(problem.headers)
        )
