"""Small reference data of an organization (items, taxes, currencies, accounts), loaded whole and replaced whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.clock import from_millis, to_millis
from bookbridge.store import meta
from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import reference as table


@dataclass(frozen=True, kw_only=True)
class ReferenceRow:
    """One record: ``ref_id`` is Zoho's id, ``code`` what people look it up by (SKU, currency code, account code)."""

    ref_id: str
    name: str
    code: str = ""
    payload: dict[str, Any]


def replace(
    db: Database, tx: Tx, rows: Iterable[ReferenceRow], /, *, organization_id: str, kind: str, at: datetime
) -> int:
    """Make ``rows`` everything there is of ``kind``, as fetched at ``at``; how many there are."""
    meta.put(db, tx, _fetched(organization_id, kind), str(to_millis(at)))
    tx.execute(sa.delete(table).where(_kind(organization_id, kind)))
    return add(db, tx, rows, organization_id=organization_id, kind=kind, at=at)


def add(db: Database, tx: Tx, rows: Iterable[ReferenceRow], /, *, organization_id: str, kind: str, at: datetime) -> int:
    """Insert or update ``rows`` beside what is there; how many were given."""
    values = [
        {
            "organization_id": organization_id,
            "kind": kind,
            "ref_id": row.ref_id,
            "name": row.name,
            "code": row.code,
            "payload": row.payload,
            "fetched_at": at,
        }
        for row in {each.ref_id: each for each in rows}.values()
    ]
    db.upsert(tx, table, values, key=("organization_id", "kind", "ref_id"))
    return len(values)


def load(tx: Tx, /, *, organization_id: str, kind: str) -> list[ReferenceRow]:
    """Everything of ``kind``, by name."""
    statement = sa.select(table).where(_kind(organization_id, kind)).order_by(table.c.name, table.c.ref_id)
    return [_row(row) for row in tx.execute(statement)]


def get(tx: Tx, ref_id: str, /, *, organization_id: str, kind: str) -> ReferenceRow | None:
    """The record with Zoho's id ``ref_id``."""
    where = sa.and_(_kind(organization_id, kind), table.c.ref_id == ref_id)
    found = tx.execute(sa.select(table).where(where)).one_or_none()
    return None if found is None else _row(found)


def by_code(tx: Tx, code: str, /, *, organization_id: str, kind: str) -> ReferenceRow | None:
    """The first record with that code, exactly as written."""
    where = sa.and_(_kind(organization_id, kind), table.c.code == code)
    found = tx.execute(sa.select(table).where(where).order_by(table.c.ref_id).limit(1)).one_or_none()
    return None if found is None else _row(found)


def fetched_at(tx: Tx, /, *, organization_id: str, kind: str) -> datetime | None:
    """When ``kind`` was last fetched whole, even if Zoho had nothing; ``None`` when it never was."""
    millis = meta.get(tx, _fetched(organization_id, kind))
    return None if millis is None else from_millis(int(millis))


def named(tx: Tx, wanted: str, /, *, organization_id: str, kind: str) -> list[ReferenceRow]:
    """The records whose id, else code, else name (without regard to case) is ``wanted``."""
    mine = _kind(organization_id, kind)
    close = sa.select(table).where(mine, (table.c.ref_id == wanted) | (table.c.code == wanted))
    found = [_row(row) for row in tx.execute(close)]
    if found:
        return [row for row in found if row.ref_id == wanted] or found
    name = wanted.strip().lower()
    names = tx.execute(sa.select(table.c.ref_id, table.c.name).where(mine))
    ids = [row.ref_id for row in names if row.name.strip().lower() == name]
    return [_row(row) for row in tx.execute(sa.select(table).where(mine, table.c.ref_id.in_(ids)))] if ids else []


def _fetched(organization_id: str, kind: str) -> str:
    return f"fetched:{organization_id}:{kind}"


def _kind(organization_id: str, kind: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.organization_id == organization_id, table.c.kind == kind)


def _row(row: Any) -> ReferenceRow:
    return ReferenceRow(ref_id=row.ref_id, name=row.name, code=row.code, payload=row.payload)
