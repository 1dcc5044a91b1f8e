"""Reading Zoho for a sync: pages and records as calls of the class ``sync``, several at once, up to the slots."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec

from bookbridge.kernel.clock import to_millis
from bookbridge.kernel.errors import BookbridgeError, NotConnectedError
from bookbridge.mirror.entities import Entity
from bookbridge.mirror.place import Record, record_of
from bookbridge.mirror.slots import Rank, Slots
from bookbridge.mirror.values import Row
from bookbridge.mirror.world import Mirror
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.books.client import Books
from bookbridge.zoho.budget import CallClass
from bookbridge.zoho.errors import (
    BudgetExhaustedError,
    OAuthError,
    RateLimitedError,
    RecordNotFoundError,
    UnreadableAnswerError,
)
from bookbridge.zoho.protocol import Param, Request, path_id

PER_PAGE = 200
PATIENCE_S = 5.0
"""How long one try for a permit lasts; between tries a stop is noticed."""
LONGEST_WAIT_MS = 5 * 60_000
"""What ends later than this is not waited for: the sync stops and goes on another time."""

_SPLIT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class SyncStoppedError(BookbridgeError):
    """The sync was told to stop; it goes on where it stopped."""


class CallsExhaustedError(BookbridgeError):
    """Today's calls for syncs are used; ``until_ms`` is when there are new ones (milliseconds since 1970)."""

    def __init__(self, message: str | None = None, *, until_ms: int) -> None:
        super().__init__(message)
        self.until_ms = until_ms


STOPS = (CallsExhaustedError, SyncStoppedError, NotConnectedError, OAuthError)
"""Errors that concern the whole sync, not one list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One page of a list; ``asked_at`` is when it was asked for (the database's milliseconds)."""

    records: list[Record]
    number: int
    asked_at: int
    has_more: bool
    sort_column: str = ""
    sort_order: str = ""
    applied: str = ""
    total: int | None = None


class Reader:
    """Calls of one sync; closes its threads when the ``with`` block ends. Safe to share between threads."""

    def __init__(self, mirror: Mirror, organization_id: str, /, *, stop: threading.Event) -> None:
        self._mirror = mirror
        self._stop = stop
        limits = mirror.limits
        self._books = Books(
            mirror.zoho.session(organization_id), call_class=CallClass.SYNC, wait_s=PATIENCE_S * limits.scale
        )
        with mirror.db.read() as tx:
            self._now = to_millis(mirror.db.now(tx))
        self._since = mirror.clock.monotonic()
        self.slots = self._usable_slots(organization_id)
        self._pool = Slots(self.slots, "bookbridge-sync")
        self._mutex = threading.Lock()
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def now(self) -> int:
        """The database's time in milliseconds, without asking it each time."""
        return self._now + int((self._mirror.clock.monotonic() - self._since) * 1000)

    def page(
        self, entity: Entity, number: int, params: Mapping[str, Param], /, *, rank: Rank = Rank.NEXT
    ) -> "Future[Answer]":
        """One page of a list, read by a thread of its own as soon as one is free."""
        return self._pool.submit(rank, self._page, entity, number, params)

    def record(self, entity: Entity, record_id: str, /) -> "Future[Record | None]":
        """One record by its id; ``None`` when Zoho says that there is none (404)."""
        return self._pool.submit(Rank.COUNTED, self._record, entity, record_id)

    def comments(self, entity: Entity, record_id: str, /) -> "Future[list[Row]]":
        """The history of a record, newest first."""
        return self._pool.submit(Rank.COUNTED, self._comments, entity, record_id)

    def count(self, entity: Entity, /) -> int | None:
        """How many records the list has; ``None`` where Zoho does not tell (FACTS 4.3)."""
        params: dict[str, Param] = {**entity.params, "response_option": 2, "page": 1, "per_page": 1}
        body = self._send(Request(method="GET", path=entity.path, params=params)).body
        total = (body.get("page_context") or {}).get("total")
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    def _usable_slots(self, organization_id: str) -> int:
        """The organization's slots without those kept for people and orders."""
        mirror = self._mirror
        plan = str(mirror.zoho.organization(organization_id).info.get("plan_name", ""))
        policy = mirror.zoho.options.budget_policy(plan=plan)
        return policy.slots_for(CallClass.SYNC)

    def _page(self, entity: Entity, number: int, params: Mapping[str, Param]) -> Answer:
        asked_at = self.now()
        query = {**entity.params, **params, "page": number, "per_page": PER_PAGE}
        payload = self._send(Request(method="GET", path=entity.path, params=query))
        context = payload.page_context
        return Answer(
            records=records_of(payload, entity),
            number=number,
            asked_at=asked_at,
            has_more=context.has_more_page,
            sort_column=context.sort_column,
            sort_order=context.sort_order,
            applied=context.applied_filter,
            total=context.total,
        )

    def _record(self, entity: Entity, record_id: str) -> Record | None:
        request = Request(method="GET", path=f"{entity.path}/{path_id(record_id, name=entity.id)}")
        try:
            payload = self._send(request)
        except RecordNotFoundError:
            return None
        row = payload.body.get(entity.one)
        if not isinstance(row, dict) or str(row.get(entity.id, "")) != record_id:
            raise UnreadableAnswerError(f"{payload.place} did not answer with the record asked for.")
        return record_of(entity, row, _member(payload, entity.one), is_detail=True)

    def _comments(self, entity: Entity, record_id: str) -> list[Row]:
        request = Request(method="GET", path=f"{entity.path}/{path_id(record_id, name=entity.id)}/comments")
        rows = self._send(request).body.get("comments")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _send(self, request: Request) -> Payload:
        """Call when it is our turn; what a minute's limit needs is waited for, what a day's needs is not."""
        while True:
            if self._stop.is_set():
                raise SyncStoppedError
            try:
                payload = self._books.send(request)
            except BudgetExhaustedError as error:
                self._wait(error)
            except RateLimitedError as error:
                if error.kind in ("day", "abuse"):
                    raise CallsExhaustedError(str(error), until_ms=self._ends_at(error)) from error
            else:
                with self._mutex:
                    self.calls += 1
                return payload

    def _wait(self, error: BudgetExhaustedError) -> None:
        left_ms = error.until_ms - self.now()
        if error.reason == "day" or left_ms > LONGEST_WAIT_MS * self._mirror.limits.scale:
            raise CallsExhaustedError(str(error), until_ms=error.until_ms) from error
        self._stop.wait(min(1.0, max(0.01, left_ms / 1000)))

    def _ends_at(self, error: RateLimitedError) -> int:
        seconds = error.retry_after_s if error.retry_after_s is not None else error.reset_s
        return self.now() + int((seconds if seconds is not None else 3600) * 1000)


def records_of(payload: Payload, entity: Entity, /) -> list[Record]:
    """The rows of a list's answer, each with its own JSON text.

    Raises:
        UnreadableAnswerError: there is no such list in the answer.
    """
    member = entity.many
    rows = payload.body.get(member)
    if not isinstance(rows, list):
        raise UnreadableAnswerError(f"{payload.place} has no list {member!r}.", status=payload.status)
    raws = _ROWS.decode(_SPLIT.decode(payload.content)[member])
    pairs = zip(rows, raws, strict=True)
    return [record_of(entity, row, str(raw, "utf-8")) for row, raw in pairs if isinstance(row, dict)]


def _member(payload: Payload, member: str) -> str:
    return bytes(_SPLIT.decode(payload.content)[member]).decode()


def raw_of(row: Any, /) -> str:
    """A record we have only as values, as JSON text."""
    return msgspec.json.encode(row).decode()
