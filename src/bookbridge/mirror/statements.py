"""The SQL of storing mirrored rows: one statement for many rows, prepared once for each table and database.

It goes past the column types on purpose: a payload is stored as the text Zoho sent, times as the milliseconds they are.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from bookbridge.kernel.clock import from_millis
from bookbridge.mirror.entities import Entity
from bookbridge.store.db import Database, Tx


class Known(NamedTuple):
    """What the mirror has of a record."""

    hash: str
    modified_at: int
    seen_at: int
    deleted_at: int | None
    has_detail: bool


@lru_cache(maxsize=64)
def _upsert(table: str, record_id: str, columns: tuple[str, ...], mark: str) -> str:
    """Insert or replace; a tombstone and the detail of an older version go.

    A record read by its id (it has no hash) leaves the row of the list where it shows the same version.
    """
    names = ", ".join(columns)
    marks = ", ".join([mark] * len(columns))
    apart = ("organization_id", record_id, "detail", "payload", "hash")
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in apart)
    same = f"coalesce({table}.modified_at, -1) = coalesce(excluded.modified_at, -1)"
    for name in ("payload", "hash"):
        changed += f", {name} = CASE WHEN excluded.hash = '' AND {same} THEN {table}.{name} ELSE excluded.{name} END"
    detail = f"coalesce(excluded.detail, CASE WHEN {same} THEN {table}.detail END)"
    return (
        f"INSERT INTO {table} ({names}) VALUES ({marks}) "  # noqa: S608 - names of our own tables
        f"ON CONFLICT (organization_id, {record_id}) DO UPDATE SET {changed}, detail = {detail}, deleted_at = NULL"
    )


def write(db: Database, tx: Tx, entity: Entity, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], /) -> None:
    """Insert or replace complete rows, all with the same columns."""
    if rows:
        statement = _upsert(entity.table.name, entity.id, columns, "?" if db.is_sqlite else "%s")
        tx.exec_driver_sql(statement, list(rows))


def insert(db: Database, tx: Tx, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], /) -> None:
    """Insert plain values."""
    if rows:
        mark = "?" if db.is_sqlite else "%s"
        names, marks = ", ".join(columns), ", ".join([mark] * len(columns))
        tx.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - our names


def known(tx: Tx, entity: Entity, organization_id: str, ids: Collection[str], /) -> dict[str, Known]:
    """What the mirror has of the records with ``ids``."""
    rows = tx.execute(_known(entity.name, entity.table, entity.id), {"organization_id": organization_id, "ids": ids})
    return {row[0]: Known(row[1], -1 if row[2] is None else row[2], *row[3:6]) for row in rows}


@lru_cache(maxsize=64)
def _known(name: str, table: sa.Table, record_id: str) -> sa.Executable:
    def plain(column: str) -> sa.ColumnElement[Any]:
        return sa.type_coerce(table.c[column], sa.BigInteger)

    return sa.select(
        table.c[record_id],
        table.c.hash,
        plain("modified_at"),
        plain("seen_at"),
        plain("deleted_at"),
        table.c.detail.is_not(None),
    ).where(
        table.c.organization_id == sa.bindparam("organization_id"),
        table.c[record_id].in_(sa.bindparam("ids", expanding=True)),
    )


def seen(tx: Tx, entity: Entity, organization_id: str, ids: Collection[str], seen_at: int, /) -> None:
    """Note that these records were seen unchanged."""
    if ids:
        given = {"organization": organization_id, "ids": list(ids), "at": from_millis(seen_at)}
        tx.execute(_seen(entity.name, entity.table, entity.id), given)


@lru_cache(maxsize=64)
def _seen(name: str, table: sa.Table, record_id: str) -> sa.Executable:
    at = sa.bindparam("at", type_=table.c.seen_at.type)
    return (
        sa.update(table)
        .where(
            table.c.organization_id == sa.bindparam("organization"),
            table.c[record_id].in_(sa.bindparam("ids", expanding=True)),
            table.c.seen_at < at,
        )
        .values(seen_at=at)
    )
