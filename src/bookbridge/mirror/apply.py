"""Storing what Zoho sent: rows become rows of our tables, in one transaction under the organization's mirror lock.

Newer wins: a row replaces what is there when Zoho changed it later, or when it was changed at the same second and read
later. What a row does not say of a payment or a credit note is put on the list of details to read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bookbridge.mirror import lines, receivables, settling, state, statements
from bookbridge.mirror.entities import Entity
from bookbridge.mirror.place import Place, Record
from bookbridge.mirror.statements import Known
from bookbridge.mirror.values import Row, Scale, millis, text

LAG_MS = 120_000
"""A list may show for this long what is gone already (FACTS 4.6)."""


@dataclass(kw_only=True, slots=True)
class Stored:
    """What storing did: ids by entity and whether something is still to be read."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    wanted: int = 0


def store(place: Place, entity: Entity, records: Sequence[Record], /, *, seen_at: int) -> Stored:
    """Store the rows of one answer, which was asked for at ``seen_at`` (milliseconds since 1970, the database's)."""
    state.lock(place.mirror.db, place.tx, place.organization_id)
    by_id = _newest(entity, records)
    before = statements.known(place.tx, entity, place.organization_id, list(by_id))
    done = Stored()
    fresh: list[Record] = []
    for record_id, record in by_id.items():
        had = before.get(record_id)
        if not _wins(record, had, seen_at):
            done.unchanged += 1
            continue
        fresh.append(record)
        (done.new if had is None else done.changed).append(record_id)
    told = _told_by_detail(entity, fresh, before)
    rows = settling.with_currencies(place, entity, [record.row for record in fresh], told)
    _write(place, entity, fresh, rows, seen_at)
    back = sum(1 for each in done.changed if before[each].deleted_at is not None)
    state.count(place.mirror.db, place.tx, place.organization_id, entity.name, len(done.new) + back)
    changed = {*done.new, *done.changed}
    statements.seen(place.tx, entity, place.organization_id, [each for each in by_id if each not in changed], seen_at)
    if fresh:
        rest = [row for row in rows if text(row, entity.id) not in told]
        settled = settling.follow(place, entity, rest, is_new=lambda record_id: record_id not in before)
        done.wanted = settled.wanted
        _follow(place, entity, rows, settled.invoice_ids)
    return done


def prepare(entity: Entity, records: Iterable[Record], scale: Scale, /) -> None:
    """Make the columns of rows before the transaction, so that it is short; payments need their customers first."""
    if entity.name != "payments":
        for record in records:
            record.columns = entity.columns(record.row, scale)
            assert record.hash


def _newest(entity: Entity, records: Iterable[Record]) -> dict[str, Record]:
    """Each record once (rows shift while pages are read, FACTS 4.3); rows without an id are no records."""
    found: dict[str, Record] = {}
    for record in records:
        record_id = text(record.row, entity.id)
        if record_id:
            found[record_id] = record
    return found


def _wins(record: Record, had: Known | None, seen_at: int) -> bool:
    """Whether a row replaces what the mirror has."""
    if had is None:
        return True
    modified_at = record.modified_at or -1
    if had.deleted_at is not None:
        return modified_at > had.modified_at or seen_at > had.deleted_at + LAG_MS
    if modified_at != had.modified_at:
        return modified_at > had.modified_at
    if seen_at < had.seen_at:
        return False
    return record.is_detail or record.hash != had.hash


def _write(place: Place, entity: Entity, records: Sequence[Record], rows: Sequence[Row], seen_at: int) -> None:
    """Store complete rows, with what all tables have around the columns of the entity."""
    names: tuple[str, ...] = ()
    values: list[tuple[Any, ...]] = []
    organization_id, scale, record_id = place.organization_id, place.scale, entity.id
    for record, row in zip(records, rows, strict=True):
        columns = record.columns or entity.columns(row, scale)
        names = names or ("organization_id", record_id, *columns, *_AROUND)
        detail, fingerprint = (record.raw, "") if record.is_detail else (None, record.hash)
        created_at, modified_at = millis(row, "created_time"), record.modified_at
        around = (record.raw, detail, fingerprint, created_at, modified_at, seen_at)
        values.append((organization_id, text(record.row, record_id), *columns.values(), *around))
    statements.write(place.mirror.db, place.tx, entity, names, values)


_AROUND = ("payload", "detail", "hash", "created_at", "modified_at", "seen_at")


def _told_by_detail(entity: Entity, records: Sequence[Record], before: Mapping[str, Known]) -> set[str]:
    """Records of which the detail of this very version is known, and which are now seen in a list."""
    found = set()
    for record in records:
        had = before.get(text(record.row, entity.id))
        if had is None or record.is_detail or not had.has_detail or had.deleted_at is not None or had.hash:
            continue  # a row that differs from an earlier one of the same second may mean another change
        if had.modified_at == (record.modified_at or -1):
            found.add(text(record.row, entity.id))
    return found


def _follow(place: Place, entity: Entity, rows: Sequence[Row], invoice_ids: Iterable[str]) -> None:
    """What follows from changed rows: lines, receivables, and who else wants to know."""
    if entity.name == "invoices":
        lines.replace(place, rows)
    refresh(place, entity, [text(row, entity.id) for row in rows], invoice_ids)
    hook = place.mirror.stored.get(entity.name)
    if hook is not None:
        hook(place.mirror.db, place.tx, place.organization, rows)


def refresh(place: Place, entity: Entity, ids: Iterable[str], invoice_ids: Iterable[str] = (), /) -> None:
    """Let receivables follow the documents ``ids`` of an entity and the invoices they settle."""
    if place.defers:
        return
    named: dict[str, set[str]] = {"invoice_ids": set(invoice_ids)}
    if entity.documents:
        named.setdefault(entity.documents, set()).update(ids)
    if any(named.values()):
        receivables.refresh(place.mirror.db, place.tx, place.organization, **named)
