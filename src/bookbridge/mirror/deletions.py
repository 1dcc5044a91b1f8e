"""Finding records that Zoho no longer has: Zoho tells of no deletion (FACTS 4.6).

A round reads every page of a list, a few pages with each sync or, where a control count differs, all at once. What the
round did not see is read by its id, and only Zoho's word that there is no such record (404, code 1002) makes a
tombstone: lists lag, are filtered, and show less to some roles.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.clock import from_millis
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.mirror import apply, burial, passes
from bookbridge.mirror.paging import pages
from bookbridge.mirror.passes import Turn
from bookbridge.mirror.place import Record
from bookbridge.mirror.reader import PER_PAGE
from bookbridge.mirror.state import State
from bookbridge.zoho.protocol import Param

CHECK_EVERY_MS = 15 * 60_000
"""How often a sync that nobody asked for counts."""
MOST_CONFIRMED = 500
"""Records read by their ids in one sync; the others follow with the next."""
TOGETHER = 24
FEW, SHARE = 100, 4
"""More missing records than these (a number, and one part in ``SHARE`` of all) are not believed at once."""


class ManyMissingError(BookbridgeError):
    """Many records are no longer listed at once."""


def check(turn: Turn, /, *, thorough: bool) -> bool:
    """Compare Zoho's count with the mirror's; whether a whole round is needed now (FACTS 4.3).

    A difference that the last round could not explain starts no other one. What was not believed is looked at anew.
    """
    known = turn.load()
    sweep = dict(known.sweep or {})
    if thorough and sweep.get("doubted"):
        return True
    recently = turn.reader.now() - int(sweep.get("checked", 0)) < CHECK_EVERY_MS * turn.mirror.limits.scale
    if not turn.entity.counts or known.full_at is None or (recently and not thorough):
        return False
    told = turn.reader.count(turn.entity)
    if told is not None and told > known.rows and passes.changed(turn, known):  # it is new, or was late
        known, told = turn.load(), turn.reader.count(turn.entity)
        sweep = dict(known.sweep or {})
    differs = told is not None and told != known.rows
    difference = [told, known.rows] if differs else None
    with turn.mirror.db.transaction(durable=False) as tx:
        turn.keep(tx, sweep={**sweep, "checked": turn.reader.now(), "difference": difference})
    return differs and sweep.get("difference") != difference


def search(turn: Turn, /, *, most: int) -> None:
    """Go on with the round by at most ``most`` pages (0: to its end); a new one begins where none is under way."""
    sweep = dict(turn.load().sweep or {})
    if "started" not in sweep:
        sweep = {**_facts(sweep), "started": turn.reader.now(), "page": 1}
    rows = turn.load().rows
    order: dict[str, Param] = {"sort_column": turn.entity.steady, "sort_order": "A"} if turn.entity.steady else {}
    first, done, ended = int(sweep["page"]), int(sweep["page"]) - 1, False
    stored: set[int] = set()
    for answers in pages(
        lambda number, rank: turn.reader.page(turn.entity, number, order, rank=rank),
        first=first,
        width=turn.reader.slots,
        expected=-(-rows // PER_PAGE),
        most=most,
    ):
        for answer in answers:
            passes.require_whole(turn.entity, answer)
            stored.add(answer.number)
            ended = ended or not answer.has_more
        while done + 1 in stored:
            done += 1
        sweep = {**sweep, "page": done + 1}
        passes.store(turn, answers, defers=False, sweep=sweep)
    if ended:
        with turn.mirror.db.transaction(durable=False) as tx:
            turn.keep(tx, sweep={**_facts(sweep), "listed": int(sweep["started"])})


def confirm(turn: Turn, /, *, believes: bool = False) -> None:
    """Read by its id what the last whole list did not show, and mark what is gone.

    Raises:
        ManyMissingError: too many are missing to believe it; ``believes`` goes on all the same.
    """
    known = turn.load()
    sweep = dict(known.sweep or {})
    if "listed" not in sweep:
        return
    missing = _missing(turn, int(sweep["listed"]), limit=MOST_CONFIRMED + 1)
    if missing:
        try:
            _require_credible(turn, known, missing, believes=believes)
        except ManyMissingError:
            with turn.mirror.db.transaction(durable=False) as tx:
                turn.keep(tx, sweep={"checked": sweep.get("checked", 0), "doubted": True})
            raise
    for start in range(0, min(len(missing), MOST_CONFIRMED), TOGETHER):
        _confirm(turn, missing[start : min(start + TOGETHER, MOST_CONFIRMED)])
    if len(missing) <= MOST_CONFIRMED:
        with turn.mirror.db.transaction(durable=False) as tx:
            turn.keep(tx, sweep={**_facts(sweep), "ended": int(sweep["listed"])})


def _require_credible(turn: Turn, known: State, missing: Sequence[str], *, believes: bool) -> None:
    """Refuse to conclude from a list that shows far less than before, or that shows what cannot be read.

    Raises:
        ManyMissingError: it does; what it showed is forgotten, and the next thorough sync reads the list anew.
    """
    listed_at = int((known.sweep or {})["listed"])
    if not believes and len(missing) > FEW and _count(turn, listed_at) > known.rows // SHARE:
        raise ManyMissingError(
            f"More than a quarter of the {turn.entity.name} are no longer listed; look whether the connected Zoho user "
            "may still see them, then run `bookbridge sync --accept-deletions`."
        )
    _require_readable(turn, listed_at)


def _confirm(turn: Turn, ids: Sequence[str]) -> None:
    asked_at = turn.reader.now()
    answers = [(each, turn.reader.record(turn.entity, each)) for each in ids]
    found = [(each, future.result()) for each, future in answers]
    scale = turn.scale()
    with turn.mirror.db.transaction(durable=False) as tx:
        place = turn.place(tx, scale)
        living: list[Record] = [record for _, record in found if record is not None]
        if living:
            apply.store(place, turn.entity, living, seen_at=asked_at)
        gone = burial.bury(place, turn.entity, [each for each, record in found if record is None], at=asked_at)
    turn.progress.add(turn.entity.name, deleted=gone)


def _require_readable(turn: Turn, listed_at: int) -> None:
    """A record that was listed must be found by its id, or that Zoho does not find others means nothing.

    Raises:
        ManyMissingError: it is not.
    """
    table: Any = turn.entity.table
    query = sa.select(table.c[turn.entity.id]).where(*_alive(turn), table.c.seen_at >= from_millis(listed_at)).limit(1)
    with turn.mirror.db.read() as tx:
        listed = tx.execute(query).scalar_one_or_none()
    if listed is not None and turn.reader.record(turn.entity, listed).result() is None:
        raise ManyMissingError(
            f"Zoho lists {turn.entity.name} that it does not find by their ids; nothing is concluded."
        )


def _missing(turn: Turn, listed_at: int, *, limit: int) -> list[str]:
    """Living records that the list of ``listed_at`` did not show."""
    table: Any = turn.entity.table
    query = sa.select(table.c[turn.entity.id]).where(*_alive(turn), table.c.seen_at < from_millis(listed_at))
    with turn.mirror.db.read() as tx:
        return list(tx.scalars(query.limit(limit)))


def _count(turn: Turn, listed_at: int) -> int:
    table: Any = turn.entity.table
    query = sa.select(sa.func.count()).select_from(table).where(*_alive(turn), table.c.seen_at < from_millis(listed_at))
    with turn.mirror.db.read() as tx:
        return int(tx.execute(query).scalar_one())


def _alive(turn: Turn) -> Iterator[Any]:
    table: Any = turn.entity.table
    yield table.c.organization_id == turn.organization_id
    yield table.c.deleted_at.is_(None)


def _facts(sweep: dict[str, Any]) -> dict[str, Any]:
    """What outlives a round."""
    return {name: sweep[name] for name in ("checked", "difference", "ended") if name in sweep}
