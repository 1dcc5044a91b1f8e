"""Zoho's wire protocol, pure: a request to bytes, an answer to a value or a typed error (FACTS 3, 4).

Nothing here knows a socket or a clock. Numbers are exact: JSON numbers with a point become ``Decimal`` straight
from their text, and a ``float`` in a body is refused.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.net import HttpRequest
from bookbridge.zoho.datacenters import Region

BASE_PATH = "/books/v3"
Accept: TypeAlias = Literal["json", "pdf", "bytes"]
Param: TypeAlias = str | int | bool | Decimal | date | datetime
T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ACCEPTS = {"json": "application/json", "pdf": "application/pdf", "bytes": "*/*"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePart:
    """A file of a multipart body; ``name`` is the form field (``receipt``, ``attachment``)."""

    name: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One call of the Books API.

    ``path`` starts with a slash and stands below ``/books/v3``; ``json`` is the body, ``scoped`` whether the call
    belongs to an organization. ``idempotent`` says whether repeating it does no harm; ``None`` means what the method
    implies (GET, PUT and DELETE yes, POST no).
    """

    method: str
    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    json: Any = field(default=None, repr=False)
    files: tuple[FilePart, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: Accept = "json"
    scoped: bool = True
    idempotent: bool | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice leaves the books as sending it once."""
        return self.method in ("GET", "PUT", "DELETE") if self.idempotent is None else self.idempotent


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the bytes that will be sent, without host and token: what a ledger freezes."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes = b""
    accept: Accept = "json"
    repeatable: bool = False

    def __repr__(self) -> str:
        return f"<Prepared {self.method} {self.path}, {len(self.content)} bytes>"

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    def freeze(self) -> bytes:
        """The canonical bytes of this request: the same request always gives the same bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def thaw(cls, raw: bytes, /) -> "Prepared":
        """The request that ``freeze`` wrote."""
        return msgspec.json.decode(raw, type=cls)


def prepare(request: Request, /, *, organization_id: str) -> Prepared:
    """The bytes of ``request`` for an organization.

    Raises:
        InvalidInputError: the path is not one, no organization is given for a call that needs it, or the body
            holds a ``float``.
    """
    _check_path(request.path)
    params = {name: param_text(value) for name, value in request.params.items()}
    if request.scoped:
        if not organization_id.isdigit():
            raise InvalidInputError(
                "This call needs an organization.", field="organization_id", remedy="Give the organization's id."
            )
        params = {"organization_id": organization_id, **params}
    query = urlencode(params, quote_via=quote, safe="")
    content, content_type = _body(request)
    headers = {"Accept": _ACCEPTS[request.accept], **request.headers}
    if content_type:
        headers["Content-Type"] = content_type
    return Prepared(
        method=request.method,
        target=f"{BASE_PATH}{request.path}" + (f"?{query}" if query else ""),
        headers=headers,
        content=content,
        accept=request.accept,
        repeatable=request.repeatable,
    )


def to_http(prepared: Prepared, /, *, region: Region, access_token: str) -> HttpRequest:
    """The HTTP request of ``prepared`` in a region (FACTS 1.7)."""
    headers = {**prepared.headers, "Authorization": f"Zoho-oauthtoken {access_token}"}
    return HttpRequest(
        method=prepared.method, url=f"{region.api}{prepared.target}", headers=headers, content=prepared.content
    )


def path_id(value: str, /, *, name: str = "id") -> str:
    """``value`` as one segment of a path.

    Raises:
        InvalidInputError: empty (the call would hit the whole collection) or not a plain id.
    """
    if not value or len(value) > 100 or not all(char.isascii() and (char.isalnum() or char in "-_") for char in value):
        raise InvalidInputError(f"{value[:40]!r} is not an id of Zoho.", field=name, remedy="Give the record's id.")
    return value


def param_text(value: Param, /) -> str:
    """A query parameter as Zoho writes it: dates ``yyyy-mm-dd``, times with an offset without colon (FACTS 4.2)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInputError("A point in time needs a time zone.", remedy="Use an aware datetime.")
        return value.strftime("%Y-%m-%dT%H:%M:%S%z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise InvalidInputError("A float is not exact.", remedy="Use Decimal.")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def encode_body(body: Any, /) -> bytes:
    """``body`` as JSON with ``Decimal`` written as plain numbers.

    Raises:
        InvalidInputError: the body holds a ``float`` or a value JSON does not know.
    """
    try:
        return _ENCODER.encode(_plain(body, "body"))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"The body cannot be written as JSON: {error}.") from error


def _plain(value: Any, where: str) -> Any:
    """``value`` with numbers JSON can carry exactly: no float, no exponent, no NaN."""
    if isinstance(value, float):
        raise InvalidInputError("A float is not exact.", field=where, remedy="Use Decimal.")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InvalidInputError("Not a number.", field=where, remedy="Send a finite number.")
        return Decimal(format(value, "f"))
    if isinstance(value, Mapping):
        return {str(name): _plain(member, f"{where}.{name}") for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member, f"{where}[{place}]") for place, member in enumerate(value)]
    return value


def _body(request: Request) -> tuple[bytes, str]:
    text = b"" if request.json is None else encode_body(request.json)
    if not request.files:
        return (text, "application/json") if text else (b"", "")
    digest = hashlib.sha256(text)
    for part in request.files:
        digest.update(part.filename.encode() + part.content)
    boundary = f"bookbridge-{digest.hexdigest()[:40]}"
    pieces = []
    if text:
        pieces.append(_part(boundary, 'form-data; name="JSONString"', "application/json", text))
    for part in request.files:
        where = f'form-data; name="{_quoted(part.name)}"; filename="{_quoted(part.filename)}"'
        pieces.append(_part(boundary, where, part.content_type, part.content))
    return b"".join(pieces) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, content_type: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {_one_line(content_type)}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _quoted(text: str) -> str:
    return _one_line(text).replace("\\", "_").replace('"', "%22")


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _check_path(path: str) -> None:
    segments = path.split("/")[1:]
    plain = all(char.isascii() and (char.isalnum() or char in "-_/.,") for char in path)
    if not path.startswith("/") or not plain or any(segment in ("", ".", "..") for segment in segments):
        raise InvalidInputError(
            f"{path[:60]!r} is not a path of the API.",
            field="path",
            remedy="Start with a slash, leave no id empty, and put the query into params.",
        )
