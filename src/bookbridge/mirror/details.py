"""Reading what rows of lists leave out: details of payments, credit notes and invoices, and histories of write-offs."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from typing import Any

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.mirror import allocations, apply, burial, settling, wanted
from bookbridge.mirror.entities import BY_NAME
from bookbridge.mirror.place import Place, Record
from bookbridge.mirror.progress import Progress
from bookbridge.mirror.reader import STOPS, Reader
from bookbridge.mirror.values import minor, number, text
from bookbridge.mirror.wanted import COMMENTS, Wanted
from bookbridge.mirror.world import Mirror, scale_of
from bookbridge.store.organizations import Organization

BATCH = 48
TOGETHER = 12
"""Details stored in one transaction: fewer when they arrive slowly."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """The reading of details in one sync."""

    mirror: Mirror
    organization: Organization
    reader: Reader
    progress: Progress
    entities: frozenset[str]
    tried: set[Wanted] = field(default_factory=set)

    def read(self) -> str:
        """Everything on the list, oldest first; a sentence about what could not be read, empty for none.

        Raises:
            CallsExhaustedError, SyncStoppedError: what was read is stored; the rest stays on the list.
        """
        problem = ""
        while batch := self._next():
            self.tried.update(batch)
            problem = self._batch(batch) or problem
        return problem

    def _next(self) -> list[Wanted]:
        organization_id = self.organization.organization_id
        with self.mirror.db.read() as tx:
            left = wanted.count(tx, organization_id)
            found = wanted.take(tx, organization_id, self.entities, limit=BATCH + len(self.tried))
        self.progress.details = sum(count for name, count in left.items() if name in self.entities)
        return [each for each in found if each not in self.tried][:BATCH]

    def _batch(self, batch: Sequence[Wanted]) -> str:
        flying: dict[Future[Any], tuple[Wanted, int]] = {}
        for each in batch:
            entity = BY_NAME[each.entity]
            ask = self.reader.comments if each.what == COMMENTS else self.reader.record
            flying[ask(entity, each.record_id)] = (each, self.reader.now())
        arrived: list[tuple[Wanted, int, Any]] = []
        problem = ""
        try:
            for future in as_completed(flying):
                each, asked_at = flying[future]
                try:
                    arrived.append((each, asked_at, future.result()))
                except STOPS:
                    raise
                except BookbridgeError as error:
                    problem = f"{each.what} of {each.entity} {each.record_id}: {error}"
                if len(arrived) >= TOGETHER:
                    self._store(arrived)
                    arrived = []
        finally:
            for future in flying:
                future.cancel()
            self._store(arrived)
        return problem

    def _store(self, arrived: Sequence[tuple[Wanted, int, Any]]) -> None:
        if not arrived:
            return
        with self.mirror.db.transaction(durable=False) as tx:
            scale = scale_of(tx, self.organization)
            place = Place(mirror=self.mirror, tx=tx, organization=self.organization, scale=scale)
            for each, asked_at, found in arrived:
                keep(place, each, found, asked_at=asked_at)
        self.progress.details = max(0, self.progress.details - len(arrived))


def keep(place: Place, each: Wanted, found: Any, /, *, asked_at: int) -> None:
    """Store one answer: a record, ``None`` for one that is gone, or the rows of a history."""
    entity = BY_NAME[each.entity]
    if isinstance(found, Record):
        done = apply.store(place, entity, [found], seen_at=asked_at)
        if not (done.new or done.changed):
            return  # the row was changed after it was asked for: it is read again
    elif found is None:
        burial.bury(place, entity, [each.record_id], at=asked_at)
    else:
        _write_off(place, each, found)
    wanted.drop(place.tx, place.organization_id, each.entity, [each.record_id], what=each.what)


def _write_off(place: Place, each: Wanted, comments: Iterable[Any]) -> None:
    """When an invoice was written off; a history that does not tell leaves it to the day it was last changed."""
    entity = BY_NAME[each.entity]
    row = burial.payload(place, entity, each.record_id)
    on = allocations.written_off_on(comments) or settling.day(row, "last_modified_time")
    currency = text(row, "currency_code") or place.scale.currency
    amount = minor(number(row, "write_off_amount"), place.scale.of(currency))
    settling.write_off(place, entity, each.record_id, amount, on)
    apply.refresh(place, entity, [each.record_id])
