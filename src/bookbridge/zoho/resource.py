"""What every resource of Zoho Books can do: page, list, get, create, update, upsert, delete (FACTS 4).

The builders (``create_request`` and so on) are pure and return a ``Request``; the methods send it. A ledger that must
write a request down before sending it uses the builders.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.errors import UnreadableAnswerError
from bookbridge.zoho.protocol import Param, Request, path_id
from bookbridge.zoho.records import PageContext, Record

R = TypeVar("R", bound=Record)
MAX_PER_PAGE = 200
_PAGING = frozenset(("page", "per_page", "sort_column", "sort_order", "filter_by"))


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A record to be created; fields left empty are not sent.

    ``extra`` takes fields Zoho documents that are not typed here.
    """

    extra: dict[str, Any] = {}


Body: TypeAlias = Draft | Mapping[str, Any]
Send: TypeAlias = Callable[[Request], Payload]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[R]):
    """One page of a list."""

    rows: list[R]
    context: PageContext


class Resource(Generic[R]):
    """The calls all resources share; a subclass names its path, its keys and its record."""

    PATH: ClassVar[str]
    ONE: ClassVar[str]
    MANY: ClassVar[str]
    ID: ClassVar[str]
    FILTERS: ClassVar[frozenset[str]] = frozenset()
    KIND: type[R]

    def __init__(self, send: Send) -> None:
        self._send = send

    def page(self, *, page: int = 1, per_page: int = MAX_PER_PAGE, **filters: Param) -> Page[R]:
        """One page; ``filters`` are Zoho's own names.

        Raises:
            InvalidInputError: a filter this list does not document: Zoho would ignore it and return everything.
        """
        return self._page(filters, page, per_page)

    def list(self, **filters: Param) -> Iterator[R]:
        """Every record that matches, over all pages, each once (rows shift while pages are read, FACTS 4.3)."""
        seen: set[str] = set()
        number = 1
        while True:
            page = self._page(filters, number, MAX_PER_PAGE)
            fresh = [row for row in page.rows if self.id_of(row) not in seen]
            if page.context.has_more_page and not fresh:
                raise UnreadableAnswerError(f"The list {self.PATH} does not end: page {number} brought nothing new.")
            for row in fresh:
                seen.add(self.id_of(row))
                yield row
            if not page.context.has_more_page:
                return
            number += 1

    def get(self, record_id: str, /) -> R:
        """One record with all its fields.

        Raises:
            RecordNotFoundError: there is none.
        """
        return self.read(self._send(self.get_request(record_id)))

    def page_request(self, *, page: int = 1, per_page: int = MAX_PER_PAGE, **filters: Param) -> Request:
        """The request of one page."""
        return self._page_request(filters, page, per_page)

    def _page(self, filters: Mapping[str, Param], page: int, per_page: int) -> Page[R]:
        payload = self._send(self._page_request(filters, page, per_page))
        return Page(rows=payload.records(self.MANY, self.KIND), context=payload.page_context)

    def _page_request(self, filters: Mapping[str, Param], page: int, per_page: int) -> Request:
        unknown = sorted(set(filters) - self.FILTERS - _PAGING)
        if unknown:
            raise InvalidInputError(
                f"{self.PATH} cannot be filtered by {', '.join(unknown)}; Zoho would ignore it and return everything.",
                field=unknown[0],
                remedy=f"Use one of {', '.join(sorted(self.FILTERS | _PAGING))}.",
            )
        return Request(method="GET", path=self.PATH, params={"page": page, "per_page": per_page, **filters})

    def get_request(self, record_id: str, /) -> Request:
        """The request of one record."""
        return Request(method="GET", path=self._path(record_id))

    def read(self, payload: Payload, /) -> R:
        """The record of an answer to get, create or update."""
        return payload.record(self.ONE, self.KIND)

    def id_of(self, record: R, /) -> str:
        """The record's id."""
        value = getattr(record, self.ID)
        return value if isinstance(value, str) else ""

    def _path(self, record_id: str, *more: str) -> str:
        return "/".join((self.PATH, path_id(record_id, name=self.ID), *more))


class Writable(Resource[R]):
    """A resource that can also be created, changed and deleted."""

    UPSERT: ClassVar[bool] = True

    def create(self, draft: Body, /) -> R:
        """A new record.

        Raises:
            OutcomeUnknownError: it may exist now; look before creating it again.
        """
        return self.read(self._send(self.create_request(draft)))

    def update(self, record_id: str, patch: Body, /) -> R:
        """Change only the fields of ``patch``; lists in it replace the whole list (FACTS 4.1)."""
        return self.read(self._send(self.update_request(record_id, patch)))

    def delete(self, record_id: str, /) -> None:
        """Delete a record.

        Raises:
            HasTransactionsError: it is in use.
        """
        self._send(self.delete_request(record_id))

    def upsert(self, draft: Body, /, *, key_field: str, key_value: str, create: bool = True) -> R:
        """Update the record whose unique custom field ``key_field`` is ``key_value``, or create it (FACTS 4.8).

        An upsert that is repeated overwrites what people changed in between.
        """
        return self.read(
            self._send(self.upsert_request(draft, key_field=key_field, key_value=key_value, create=create))
        )

    def create_request(self, draft: Body, /) -> Request:
        """The request that creates a record."""
        return Request(method="POST", path=self.PATH, json=body_of(draft))

    def update_request(self, record_id: str, patch: Body, /) -> Request:
        """The request that changes a record."""
        return Request(method="PUT", path=self._path(record_id), json=body_of(patch))

    def delete_request(self, record_id: str, /) -> Request:
        """The request that deletes a record."""
        return Request(method="DELETE", path=self._path(record_id))

    def upsert_request(self, draft: Body, /, *, key_field: str, key_value: str, create: bool = True) -> Request:
        """The request of ``upsert``; the key goes into the body too, because Zoho may not store the header alone."""
        if not self.UPSERT:
            raise InvalidInputError(f"Zoho offers no upsert on {self.PATH}.", remedy="Create or update it.")
        headers = {
            "X-Unique-Identifier-Key": header_text(key_field, name="key_field"),
            "X-Unique-Identifier-Value": header_text(key_value, name="key_value"),
        }
        if create:
            headers["X-Upsert"] = "true"
        body = with_custom_field(body_of(draft), key_field, key_value)
        return Request(method="PUT", path=self.PATH, json=body, headers=headers, idempotent=True)


def body_of(draft: Body, /) -> dict[str, Any]:
    """A draft as the object to send: nothing that was left empty, ``extra`` merged in; a mapping as it is."""
    if not isinstance(draft, Draft):
        return {str(name): _member(value) for name, value in draft.items()}
    given = {name: getattr(draft, name) for name in draft.__struct_fields__ if name != "extra"}
    out = {name: _member(value) for name, value in given.items() if value not in (None, "", [], {})}
    doubled = sorted(set(out) & set(draft.extra))
    if doubled:
        raise InvalidInputError(f"{doubled[0]} is given twice.", field=doubled[0], remedy="Leave it out of extra.")
    return {**out, **draft.extra}


def with_custom_field(body: dict[str, Any], api_name: str, value: str, /) -> dict[str, Any]:
    """``body`` carrying the custom field ``api_name``, unless it carries it already (FACTS 4.9)."""
    fields = list(body.get("custom_fields", []))
    if any(field.get("api_name") == api_name for field in fields if isinstance(field, Mapping)):
        return body
    return {**body, "custom_fields": [*fields, {"api_name": api_name, "value": value}]}


def header_text(value: str, /, *, name: str) -> str:
    """``value`` for a header.

    Raises:
        InvalidInputError: empty, or holding a character a header cannot carry.
    """
    if not value or not value.isascii() or not value.isprintable():
        raise InvalidInputError("A unique key is plain ASCII text and not empty.", field=name)
    return value


def _member(value: Any) -> Any:
    if isinstance(value, Draft):
        return body_of(value)
    if isinstance(value, list | tuple):
        return [_member(member) for member in value]
    return value
