"""Zoho's answers, pure: from an HTTP answer to a ``Payload`` or a typed error (FACTS 2.3, 3.1, 4.3, 4.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from bookbridge.kernel.secret import REDACTED
from bookbridge.net import HttpAnswer
from bookbridge.zoho.errors import (
    LIMIT_KINDS,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    TokenRejectedError,
    UnreadableAnswerError,
    ZohoError,
    class_for,
)
from bookbridge.zoho.protocol import Accept
from bookbridge.zoho.records import PageContext, Record, read_record

R = TypeVar("R", bound=Record)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
TELLING = (RefusedError, RecordNotFoundError, TokenRejectedError, RateLimitedError)
"""Errors whose sentence has Zoho's own text in it: it concerns the request. A server's failure may say anything."""
_KEPT_HEADERS = ("content-type", "content-disposition", "location", "date")


@dataclass(frozen=True, kw_only=True, slots=True)
class RateHint:
    """The day's counters of an answer: allowance, what is left, seconds until the counter resets (FACTS 2.3)."""

    limit: int
    remaining: int
    reset_s: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """A success.

    ``body`` is the JSON object with exact numbers (empty for files), ``content`` the bytes as received,
    ``message`` Zoho's own text.
    """

    status: int
    message: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    rate: RateHint | None = None
    elapsed: float = 0.0
    place: str = ""

    def record(self, key: str, kind: type[R], /) -> R:
        """The single record under ``key``.

        Raises:
            UnreadableAnswerError: there is none, or it has no id.
        """
        row = self.body.get(key)
        if not isinstance(row, dict):
            raise self._not_ours(f"no {key!r}")
        return self._read(row, kind)

    def records(self, key: str, kind: type[R], /) -> list[R]:
        """The records of the list under ``key``.

        Raises:
            UnreadableAnswerError: there is no list, or a row of it is not a record.
        """
        rows = self.body.get(key)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._not_ours(f"no list {key!r}")
        return [self._read(row, kind) for row in rows]

    @property
    def page_context(self) -> PageContext:
        """Where this page stands in its list; without one, the list is complete (FACTS 4.3)."""
        row = self.body.get("page_context")
        return read_record(row, PageContext) if isinstance(row, dict) else PageContext()

    def _read(self, row: dict[str, Any], kind: type[R]) -> R:
        try:
            return read_record(row, kind)
        except msgspec.ValidationError as error:
            raise self._not_ours(str(error)) from None

    def _not_ours(self, what: str) -> UnreadableAnswerError:
        return UnreadableAnswerError(
            f"The answer of {self.place or 'Zoho'} is not what this call returns ({what}).", status=self.status
        )


def without(answer: HttpAnswer, secret: str, /) -> HttpAnswer:
    """The answer with every copy of ``secret`` redacted: errors of servers and proxies repeat what they were sent."""
    mark = secret.encode()
    if not mark or (mark not in answer.content and not any(secret in value for value in answer.headers.values())):
        return answer
    headers = {name: value.replace(secret, REDACTED) for name, value in answer.headers.items()}
    return replace(answer, headers=headers, content=answer.content.replace(mark, REDACTED.encode()))


def decode(answer: HttpAnswer, /, *, method: str = "GET", path: str = "", accept: Accept = "json") -> Payload:
    """What an answer says.

    Raises:
        RateLimitedError, TokenRejectedError, RecordNotFoundError, RefusedError, ServerFailureError: as Zoho says.
        UnreadableAnswerError: an HTML page, cut JSON, a code other than 0 under a success, or not the file asked for.
    """
    rate = rate_hint(answer.headers)
    body = _json_object(answer)
    success = 200 <= answer.status < 300
    if success and accept != "json" and body is None and _is_file(answer, accept):
        return _payload(answer, {}, rate, method, path)
    code = body.get("code") if body is not None else None
    if success and accept == "json" and body is not None and code == 0:
        return _payload(answer, body, rate, method, path)
    raise error_for(answer, body, method=method, path=path)


def rate_hint(headers: Mapping[str, str], /) -> RateHint | None:
    """The day's counters of the headers, when all three are there and are numbers."""
    try:
        return RateHint(
            limit=int(headers["x-rate-limit-limit"]),
            remaining=int(headers["x-rate-limit-remaining"]),
            reset_s=int(headers["x-rate-limit-reset"]),
        )
    except (KeyError, ValueError):
        return None


def error_for(answer: HttpAnswer, body: Mapping[str, Any] | None, /, *, method: str, path: str) -> ZohoError:
    """The error an unsuccessful answer stands for; ``body`` is its JSON object, when it has one."""
    raw = body.get("code") if body is not None else None
    code = raw if isinstance(raw, int) and not isinstance(raw, bool) else None
    text = body.get("message", "") if body is not None else ""
    said = text[:300] if isinstance(text, str) else ""
    kind = class_for(status=answer.status, code=code)
    message = _sentence(kind, said, body is None, method, path, answer.status)
    if kind is RateLimitedError:
        return _limited(message, answer, code, said, method, path)
    return kind(message, status=answer.status, code=code, zoho_message=said, method=method, path=path)


def _limited(message: str, answer: HttpAnswer, code: int | None, said: str, method: str, path: str) -> RateLimitedError:
    hint = rate_hint(answer.headers)
    after = answer.headers.get("retry-after", "")
    return RateLimitedError(
        message,
        kind=LIMIT_KINDS.get(code or 44, "minute"),
        retry_after_s=float(after) if after.isdigit() else None,
        remaining=hint.remaining if hint else None,
        reset_s=hint.reset_s if hint else None,
        status=answer.status,
        code=code,
        zoho_message=said,
        method=method,
        path=path,
    )


def _sentence(kind: type[ZohoError], said: str, unreadable: bool, method: str, path: str, status: int) -> str:
    advice = (kind.__doc__ or "").strip().split("\n")[0]
    place = f"{method} {path}".strip() or "the call"
    if said and issubclass(kind, TELLING):
        return f"{place}: {said} ({advice})"
    what = "an unreadable answer" if unreadable else "an answer without a message"
    return f"{place}: HTTP {status} with {what}. {advice}"


def _json_object(answer: HttpAnswer) -> dict[str, Any] | None:
    if not answer.content[:64].lstrip().startswith(b"{"):
        return None
    try:
        value = _DECODER.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_file(answer: HttpAnswer, accept: Accept) -> bool:
    if accept == "pdf":
        return answer.content.startswith(b"%PDF")
    kind = answer.headers.get("content-type", "")
    return bool(answer.content) and not kind.startswith(("text/html", "application/json"))


def _payload(answer: HttpAnswer, body: dict[str, Any], rate: RateHint | None, method: str, path: str) -> Payload:
    text = body.get("message", "")
    return Payload(
        status=answer.status,
        message=text if isinstance(text, str) else "",
        body=body,
        content=answer.content,
        headers={name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers},
        rate=rate,
        elapsed=answer.elapsed,
        place=f"{method} {path}".strip(),
    )
