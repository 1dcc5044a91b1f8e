"""How one entity is read: a whole pass that can be resumed, or only what changed since the watermark.

The watermark is a time of Zoho's own, taken from rows, never from a clock of ours: everything changed up to then is in
the mirror. Reading begins an overlap before it, because lists lag and a second may hold several changes (FACTS 4.6).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from bookbridge.kernel.clock import from_millis, to_millis
from bookbridge.mirror import apply, receivables, state
from bookbridge.mirror.apply import Stored
from bookbridge.mirror.entities import Changes, Entity
from bookbridge.mirror.paging import in_order, pages
from bookbridge.mirror.place import Place
from bookbridge.mirror.progress import Progress
from bookbridge.mirror.reader import PER_PAGE, Answer, Reader
from bookbridge.mirror.state import State
from bookbridge.mirror.values import Scale
from bookbridge.mirror.world import Mirror, scale_of
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from bookbridge.zoho.errors import RefusedError, UnreadableAnswerError
from bookbridge.zoho.protocol import Param

OVERLAP = timedelta(minutes=2)
RESUMABLE_MS = 24 * 3600 * 1000
"""An unfinished pass that is older begins anew."""
RECEIVABLES = "receivables"
"""The state of what follows from invoices, credit notes and payments."""
NEWEST: Mapping[str, Param] = {"sort_column": "last_modified_time", "sort_order": "D"}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The sync of one entity; ``ready`` waits until what its rows need is stored, ``storing`` is held while
    rows are stored: threads that queue on the database would keep the calls of the others waiting."""

    mirror: Mirror
    organization: Organization
    entity: Entity
    reader: Reader
    progress: Progress
    full: bool = False
    ready: Callable[[], None] = lambda: None
    storing: AbstractContextManager[Any] = field(default_factory=nullcontext)
    _scales: dict[str, Scale] = field(default_factory=dict)

    @property
    def organization_id(self) -> str:
        """The organization's id."""
        return self.organization.organization_id

    def load(self) -> State:
        """The entity's state."""
        with self.mirror.db.read() as tx:
            return state.load(tx, self.organization_id, self.entity.name)

    def scale(self) -> Scale:
        """The currencies of the organization; those the currencies' own sync brought are in it."""
        found = self._scales.get(self.organization_id)
        if found is None:
            with self.mirror.db.read() as tx:
                found = scale_of(tx, self.organization)
            if self.entity.name != "currencies":
                self._scales[self.organization_id] = found
        return found

    def place(self, tx: Tx, scale: Scale, /, *, defers: bool = False) -> Place:
        """Where rows are stored in a transaction."""
        return Place(mirror=self.mirror, tx=tx, organization=self.organization, scale=scale, defers=defers)

    def keep(self, tx: Tx, /, **values: Any) -> None:
        """Set columns of the entity's state."""
        state.change(self.mirror.db, tx, self.organization_id, self.entity.name, **values)


def sync(turn: Turn, /) -> bool:
    """Bring one entity up to date; whether the list was read whole just now, from its first page to its last.

    Raises:
        BookbridgeError: Zoho or the network did not let it; what was read is kept.
    """
    known = turn.load()
    if turn.full or known.full_at is None or turn.entity.changes is Changes.WHOLE or not changed(turn, known):
        return whole(turn, known)
    return False


def whole(turn: Turn, known: State, /) -> bool:
    """Every page of the list; an unfinished pass goes on where its stored pages end. Whether it began anew."""
    resumed = _resumed(turn, known)
    started = resumed or {"started": turn.reader.now(), "done": 0}
    expected = max(int(started.get("pages", 0)), -(-known.rows // PER_PAGE))
    turn.progress.start(turn.entity.name, of=expected)
    done = int(started["done"])
    stored: set[int] = set()
    for answers in pages(
        lambda number, rank: turn.reader.page(turn.entity, number, _steadily(turn.entity, number), rank=rank),
        first=max(1, done),
        width=turn.reader.slots,
        expected=expected,
    ):
        stored.update(answer.number for answer in answers)
        while done + 1 in stored:
            done += 1
        for answer in answers:
            require_whole(turn.entity, answer)
            if answer.total is not None:
                started = {**started, "pages": -(-answer.total // PER_PAGE)}
        started = {**started, "done": done, **_watermark(turn, started, answers)}
        store(turn, answers, progress=started, defers=known.full_at is None)
    _finish(turn, started, was_empty=resumed is None and not known.rows)
    return resumed is None


def _steadily(entity: Entity, number: int) -> dict[str, Param]:
    """The order in which rows that are added do not shift the others; the first page counts them where it can."""
    order: dict[str, Param] = {"sort_column": entity.steady, "sort_order": "A"} if entity.steady else {}
    return {**order, "response_option": 1} if entity.counts and number == 1 else order


def _watermark(turn: Turn, started: Mapping[str, Any], answers: Sequence[Answer]) -> dict[str, Any]:
    """Up to when everything will be here after this pass, as far as is known now.

    What the pass has shown in its first moments is no later than their end, and the overlap reaches back beyond their
    beginning. A pass that takes longer asks once for the newest row before those moments are over.
    """
    if started.get("sealed") or turn.entity.changes is Changes.WHOLE:
        return {}
    if turn.reader.now() - int(started["started"]) > int(OVERLAP.total_seconds() * 500):
        return {"sealed": True}
    times = [_newest(answer) for answer in answers]
    if turn.reader.now() - int(started["started"]) > int(OVERLAP.total_seconds() * 250):
        with suppress(RefusedError):  # it does not know this order
            times.append(_newest(turn.reader.page(turn.entity, 1, dict(NEWEST)).result()))
        return {"sealed": True, "watermark": _latest(started.get("watermark"), *times)}
    return {"watermark": _latest(started.get("watermark"), *times)}


def _latest(*times: int | None) -> int | None:
    return max((each for each in times if each is not None), default=None)


def _resumed(turn: Turn, known: State) -> dict[str, Any] | None:
    """The unfinished pass to go on with; ``None`` to begin one."""
    begun = known.progress
    if begun is None or turn.reader.now() - int(begun["started"]) > RESUMABLE_MS:
        return None
    return begun


def _newest(answer: Answer) -> int | None:
    """When the latest of these rows was changed, by Zoho's time."""
    times = [record.modified_at for record in answer.records]
    return max((each for each in times if each is not None), default=None)


def changed(turn: Turn, known: State, /) -> bool:
    """Only what changed since the watermark; ``False`` when the list does not tell, so that it must be read whole."""
    if known.watermark is None:
        return False
    entity = turn.entity
    reading = _Changes(turn, known, to_millis(known.watermark))
    params: dict[str, Param] = dict(NEWEST)
    if entity.changes is Changes.FILTER:
        params["last_modified_time"] = known.watermark - OVERLAP
    if entity.counts:
        params["response_option"] = 1
    width = turn.reader.slots if entity.changes is Changes.FILTER else 1
    try:
        arriving = pages(lambda number, rank: turn.reader.page(entity, number, params, rank=rank), first=1, width=width)
        for answer in in_order(arriving):
            if reading.take(answer):
                break
    except RefusedError:  # it does not know this order
        return False
    return reading.keep()


class _Changes:
    """Pages of changes, newest first, down to an overlap before the watermark.

    A filter is never trusted to have been applied, nor an order to be the one asked for: rows say both.
    """

    def __init__(self, turn: Turn, known: State, watermark: int) -> None:
        self._turn = turn
        self._known = known
        self._watermark = watermark
        self._before = watermark - int(OVERLAP.total_seconds() * 1000)
        self._is_useless = False
        self._listed: int | None = None

    def take(self, answer: Answer) -> bool:
        """Store a page; whether no further one is needed."""
        turn, entity = self._turn, self._turn.entity
        store(turn, [answer], defers=self._known.full_at is None)
        times = [record.modified_at or 0 for record in answer.records]
        if answer.number == 1:
            self._watermark = max(self._watermark, *times, 0)
            if not answer.has_more and entity.changes is Changes.NEWEST_FIRST and _is_whole(entity, answer):
                self._listed = answer.asked_at
        ordered, reached = _is_ordered(answer, times), min(times, default=self._before) < self._before
        self._is_useless = not ordered and (reached or entity.changes is Changes.NEWEST_FIRST) and answer.has_more
        return reached or self._is_useless

    def keep(self) -> bool:
        """Note how far the mirror is now; ``False`` when the list did not tell what changed."""
        if self._is_useless:
            return False
        turn = self._turn
        with turn.mirror.db.transaction(durable=False) as tx:
            values: dict[str, Any] = {"watermark": from_millis(self._watermark), "synced_at": turn.mirror.db.now(tx)}
            if self._listed is not None:
                values["sweep"] = {"listed": self._listed}
            turn.keep(tx, error=None, **values)
            _tell_complete(turn, tx)
        return True


def _is_ordered(answer: Answer, times: list[int]) -> bool:
    """Whether a page came newest first, by its own word and by its rows."""
    said = (answer.sort_column, answer.sort_order[:1].upper()) == ("last_modified_time", "D")
    return said and all(left >= right for left, right in pairwise(times))


def store(turn: Turn, answers: Sequence[Answer], /, *, defers: bool, **state_values: Any) -> Stored:
    """Store pages in one transaction, together with how far the pass is."""
    records = [record for answer in answers for record in answer.records]
    turn.ready()
    scale = turn.scale()
    if defers:  # new rows, most of them
        apply.prepare(turn.entity, records, scale)
    with turn.storing, turn.mirror.db.transaction(durable=False) as tx:
        place = turn.place(tx, scale, defers=defers)
        done = apply.store(place, turn.entity, records, seen_at=min(answer.asked_at for answer in answers))
        if state_values:
            turn.keep(tx, **state_values)
    changed = len(done.new) + len(done.changed)
    turn.progress.add(turn.entity.name, rows=len(records), changed=changed, pages=len(answers))
    return done


def _finish(turn: Turn, started: dict[str, Any], *, was_empty: bool) -> None:
    """The pass is complete: what was put off until now follows. Where nothing was before, nothing can be missing."""
    with turn.mirror.db.transaction(durable=False) as tx:
        state.lock(turn.mirror.db, tx, turn.organization_id)
        before = state.load(tx, turn.organization_id, turn.entity.name)
        if before.full_at is None and turn.entity.documents:
            state.change(turn.mirror.db, tx, turn.organization_id, RECEIVABLES, progress={"rebuild": True})
        now = turn.mirror.db.now(tx)
        found = [to_millis(before.watermark)] if before.watermark else []
        watermark = max([*found, *([started["watermark"]] if started.get("watermark") else [])], default=None)
        turn.keep(
            tx,
            watermark=None if watermark is None else from_millis(watermark),
            full_at=from_millis(int(started["started"])),
            synced_at=now,
            progress=None,
            sweep={"ended" if was_empty else "listed": int(started["started"])},
            error=None,
        )
        _tell_complete(turn, tx)


def _tell_complete(turn: Turn, tx: Tx) -> None:
    hook = turn.mirror.complete.get(turn.entity.name)
    if hook is not None:
        hook(turn.mirror.db, tx, turn.organization_id)


def rebuild(mirror: Mirror, organization_id: str, /) -> bool:
    """Make receivables anew where a first pass put that off; once for all lists, in one transaction."""
    with mirror.db.read() as tx:
        if state.load(tx, organization_id, RECEIVABLES).progress is None:
            return False
    with mirror.db.transaction(durable=False) as tx:
        state.lock(mirror.db, tx, organization_id)
        receivables.rebuild(mirror.db, tx, organization_id)
        state.change(mirror.db, tx, organization_id, RECEIVABLES, progress=None)
    return True


def require_whole(entity: Entity, answer: Answer, /) -> None:
    """Refuse a list that leaves records out: what is not on it would be taken for deleted.

    Raises:
        UnreadableAnswerError: Zoho applied a filter nobody asked for.
    """
    if not _is_whole(entity, answer):
        raise UnreadableAnswerError(
            f"Zoho filtered the list of {entity.name} ({answer.applied}); nothing is concluded from it."
        )


def _is_whole(entity: Entity, answer: Answer) -> bool:
    return not (entity.applied and answer.applied) or answer.applied == entity.applied
