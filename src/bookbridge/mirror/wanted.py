"""Records of which more must be read than their row: a list that outlives crashes and days without calls."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import mirror_wanted as _table

DETAIL, COMMENTS = "detail", "comments"
table: Any = _table


class Wanted(NamedTuple):
    """``what`` (detail, comments) is to be read of a record."""

    entity: str
    record_id: str
    what: str


def want(db: Database, tx: Tx, organization_id: str, entity: str, ids: Sequence[str], /, *, what: str) -> None:
    """Put records on the list."""
    now = db.now(tx) if ids else None
    key = {"organization_id": organization_id, "entity": entity, "what": what}
    rows = [{**key, "record_id": each, "wanted_at": now} for each in ids]
    db.upsert(tx, table, rows, key=("organization_id", "entity", "record_id", "what"))


def want_details(db: Database, tx: Tx, organization_id: str, entity: str, records: Any, record_id: str, /) -> None:
    """Put every living record of a table on the list whose detail was never read."""
    missing = sa.select(
        sa.literal(organization_id),
        sa.literal(entity),
        records.c[record_id],
        sa.literal(DETAIL),
        sa.literal(db.now(tx), table.c.wanted_at.type),
    ).where(records.c.organization_id == organization_id, records.c.detail.is_(None), records.c.deleted_at.is_(None))
    here = sa.select(table.c.record_id).where(
        table.c.organization_id == organization_id, table.c.entity == entity, table.c.what == DETAIL
    )
    names = ["organization_id", "entity", "record_id", "what", "wanted_at"]
    tx.execute(sa.insert(table).from_select(names, missing.where(records.c[record_id].not_in(here))))


def drop(tx: Tx, organization_id: str, entity: str, ids: Sequence[str], /, *, what: str) -> None:
    """Take records off the list."""
    if ids:
        tx.execute(_DROP, {"organization": organization_id, "named": entity, "read": what, "ids": list(ids)})


def take(tx: Tx, organization_id: str, entities: Collection[str], /, *, limit: int) -> list[Wanted]:
    """The first of the list, in the order in which they were wanted."""
    query = (
        sa.select(table.c.entity, table.c.record_id, table.c.what)
        .where(table.c.organization_id == organization_id, table.c.entity.in_(list(entities)))
        .order_by(table.c.wanted_at, table.c.record_id)
        .limit(limit)
    )
    return [Wanted(*row) for row in tx.execute(query)]


def count(tx: Tx, organization_id: str, /) -> dict[str, int]:
    """How many are on the list, by entity."""
    query = sa.select(table.c.entity, sa.func.count()).where(table.c.organization_id == organization_id)
    return {row[0]: row[1] for row in tx.execute(query.group_by(table.c.entity))}


_DROP = sa.delete(table).where(
    table.c.organization_id == sa.bindparam("organization"),
    table.c.entity == sa.bindparam("named"),
    table.c.what == sa.bindparam("read"),
    table.c.record_id.in_(sa.bindparam("ids", expanding=True)),
)
