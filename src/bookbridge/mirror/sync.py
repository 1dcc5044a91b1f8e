"""One sync of one organization: every entity's changes since the last one, or everything where there was none.

Entities are read side by side and stored as soon as what they need is: currencies, whose decimals amounts need, and the
customers of payments. What concerns one list fails that list; what concerns all of them (no calls left today, a revoked
grant) stops the sync. Both leave a state from which the next sync goes on.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from bookbridge.kernel.errors import BookbridgeError, InvalidInputError
from bookbridge.mirror import deletions, passes, rounds, state, wanted
from bookbridge.mirror.details import Details
from bookbridge.mirror.entities import BY_NAME, ENTITIES, WITH_LINES, Entity
from bookbridge.mirror.progress import Progress
from bookbridge.mirror.reader import STOPS, Reader
from bookbridge.mirror.world import Mirror
from bookbridge.store.organizations import Organization

log = logging.getLogger(__name__)
STUMBLED = "Something here went wrong that was not foreseen; the log says more."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for.

    ``entities`` (none: all), everything anew (``full``) or only changes, whether with the ``lines`` of invoices.
    ``thorough`` counts and compares every time; syncs that nobody asked for do it now and then. ``accepts_deletions``
    believes that many records are gone at once; without ``details`` only lists are read, and what their rows leave out
    stays wanted.
    """

    entities: tuple[str, ...] = ()
    full: bool = False
    lines: bool = False
    thorough: bool = True
    accepts_deletions: bool = False
    details: bool = True

    def chosen(self) -> tuple[Entity, ...]:
        """The entities asked for, in the order in which they are read.

        Raises:
            InvalidInputError: there is no such entity.
        """
        for name in self.entities:
            if name not in BY_NAME:
                known = ", ".join(BY_NAME)
                raise InvalidInputError(f"{name} is not mirrored.", field="entities", remedy=f"Use some of {known}.")
        return tuple(each for each in ENTITIES if not self.entities or each.name in self.entities)


@dataclass(kw_only=True)
class Outcome:
    """How a sync ended: ``failed`` sentences by entity, why it ``stopped`` early, and when it can go on."""

    failed: dict[str, str] = field(default_factory=dict)
    stopped: str = ""
    goes_on_at: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether everything asked for is up to date."""
        return not self.failed and not self.stopped


class Sync:
    """Runs once; ``progress`` can be watched from another thread, ``stop`` ends it at the next call."""

    def __init__(
        self,
        mirror: Mirror,
        organization: Organization,
        wish: Wish,
        /,
        *,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.mirror = mirror
        self.organization = organization
        self.wish = wish
        self.progress = progress or Progress()
        self._stop = stop or threading.Event()
        self._outcome = Outcome()
        self._mutex = threading.Lock()
        self._stored: dict[str, threading.Event] = {}
        self._whole: set[str] = set()
        self._storing = threading.Lock()

    def run(self) -> Outcome:
        """Bring the mirror up to date as far as possible.

        Raises:
            InvalidInputError: an entity that does not exist.
        """
        chosen = self.wish.chosen()
        for entity in chosen:
            self.progress.start(entity.name, state="waiting")
        try:
            with Reader(self.mirror, self.organization.organization_id, stop=self._stop) as reader:
                self._entities(chosen, reader)
                passes.rebuild(self.mirror, self.organization.organization_id)
                self._deletions(chosen, reader)
                self._details(chosen, reader)
        except STOPS as error:
            self._stopped(error)
        return self._outcome

    def _entities(self, entities: tuple[Entity, ...], reader: Reader) -> None:
        """Each in a thread: all are read at once, and stored when what they need is stored."""
        self._stored = {entity.name: threading.Event() for entity in entities}
        with ThreadPoolExecutor(len(entities), "bookbridge-entity") as threads:
            list(threads.map(lambda entity: self._entity(entity, reader), entities))

    def _ready(self, entity: Entity) -> None:
        """Wait for the currencies, whose decimals amounts need, and a payment's customers."""
        for name in needs(entity):
            if name in self._stored:
                self._stored[name].wait()

    def _turn(self, entity: Entity, reader: Reader) -> passes.Turn:
        return passes.Turn(
            mirror=self.mirror,
            organization=self.organization,
            entity=entity,
            reader=reader,
            progress=self.progress,
            full=self.wish.full,
            ready=partial(self._ready, entity),
            storing=self._storing,
        )

    def _deletions(self, chosen: tuple[Entity, ...], reader: Reader) -> None:
        """Look for records that are gone: where counts differ at once, elsewhere a few pages at a time."""
        if self._outcome.stopped:
            return
        turns = [self._turn(each, reader) for each in chosen if each.name not in self._outcome.failed]
        others = [each for each in turns if each.entity.name not in self._whole]
        rolling = rounds.next_of(others, thorough=self.wish.thorough)
        with ThreadPoolExecutor(max(1, len(turns)), "bookbridge-entity") as threads:
            list(threads.map(lambda turn: self._search(turn, rolling.get(turn.entity.name, 0)), turns))
        self.progress.calls = reader.calls

    def _search(self, turn: passes.Turn, most: int) -> None:
        """One entity's part of the search."""
        try:
            if turn.entity.name not in self._whole and deletions.check(turn, thorough=self.wish.thorough):
                deletions.search(turn, most=0)
            elif most:
                deletions.search(turn, most=most)
            deletions.confirm(turn, believes=self.wish.accepts_deletions)
        except STOPS as error:
            self._stopped(error)
        except BookbridgeError as error:
            self._failed(turn.entity, str(error))
        except Exception:
            log.exception("the search for deleted %s stumbled", turn.entity.name)
            self._failed(turn.entity, STUMBLED)

    def _details(self, chosen: tuple[Entity, ...], reader: Reader) -> None:
        """What rows of the lists left out."""
        if self._outcome.stopped or not self.wish.details:
            return
        for each in chosen if self.wish.lines or self.mirror.with_lines else ():
            if each.name in WITH_LINES:
                with self.mirror.db.transaction() as tx:
                    organization_id = self.organization.organization_id
                    wanted.want_details(self.mirror.db, tx, organization_id, each.name, each.table, each.id)
        reading = Details(
            mirror=self.mirror,
            organization=self.organization,
            reader=reader,
            progress=self.progress,
            entities=frozenset(each.name for each in chosen),
        )
        try:
            problem = reading.read()
        finally:
            self.progress.calls = reader.calls
        if problem:
            self._outcome.failed["details"] = problem

    def _entity(self, entity: Entity, reader: Reader) -> None:
        """One entity; its failure is kept in its state and does not concern the others."""
        turn = self._turn(entity, reader)
        try:
            if self._is_due(entity):
                self.progress.start(entity.name)
                if passes.sync(turn):
                    self._whole.add(entity.name)
                self.progress.end(entity.name)
            else:
                self.progress.end(entity.name, state="skipped")
        except STOPS as error:
            self.progress.end(entity.name, error=str(error))
            self._stopped(error)
            self._note(entity, str(error))
        except BookbridgeError as error:
            self._failed(entity, str(error))
        except Exception:
            log.exception("the sync of %s stumbled", entity.name)
            self._failed(entity, STUMBLED)
        finally:
            self._stored[entity.name].set()
            self.progress.calls = reader.calls

    def _is_due(self, entity: Entity) -> bool:
        """Small lists that seldom change are not read with every sync that nobody asked for."""
        if self.wish.full or self.wish.thorough or entity.name in self.wish.entities or not entity.every_s:
            return True
        with self.mirror.db.read() as tx:
            now = self.mirror.db.now(tx)
            known = state.load(tx, self.organization.organization_id, entity.name)
        every = timedelta(seconds=entity.every_s * self.mirror.limits.scale)
        return known.synced_at is None or known.error is not None or now - known.synced_at >= every

    def _failed(self, entity: Entity, sentence: str) -> None:
        with self._mutex:
            self._outcome.failed[entity.name] = sentence
        self.progress.end(entity.name, error=sentence)
        self._note(entity, sentence)

    def _note(self, entity: Entity, sentence: str) -> None:
        with self.mirror.db.transaction() as tx:
            state.change(self.mirror.db, tx, self.organization.organization_id, entity.name, error=sentence)

    def _stopped(self, error: BookbridgeError) -> None:
        with self._mutex:
            if not self._outcome.stopped:
                self._outcome.stopped = str(error)
                self._outcome.goes_on_at = getattr(error, "until_ms", None)
        self._stop.set()


def needs(entity: Entity, /) -> tuple[str, ...]:
    """Whose rows must be stored before those of ``entity``."""
    if entity.name == "currencies":
        return ()
    return ("currencies", "contacts") if entity.name == "payments" else ("currencies",)


def summary(outcome: Outcome, progress: Progress, /) -> dict[str, Any]:
    """The end of a sync as plain values."""
    return {
        **progress.shown(),
        "failed": outcome.failed,
        "stopped": outcome.stopped,
        "goes_on_at": outcome.goes_on_at,
    }
