"""Tables of sums: rows of differences are added to what is there, and what became nothing is removed.

Rows are written in the order of their keys, so that two transactions never wait for each other in a circle.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bookbridge.store.db import Database, Tx

Amounts = list[int]
Differences = Mapping[tuple[str, ...], Amounts]
"""What to add, by key; the amounts in the order of the table's columns."""


def add(db: Database, tx: Tx, table: sa.Table, differences: Differences, /) -> None:
    """Add the differences; keys and amounts are in the order of the table's columns."""
    keys = sorted(key for key, amounts in differences.items() if any(amounts))
    if not keys:
        return
    rows = [(*key, *differences[key]) for key in keys]
    names = [column.name for column in table.columns]
    if db.is_sqlite:
        write, clean = _on_sqlite(table)
        tx.execute(write, [dict(zip(names, row, strict=True)) for row in rows])
        tx.execute(clean, [{f"key_{name}": value for name, value in zip(names, key, strict=False)} for key in keys])
        return
    write, clean = _on_postgres(table)
    lists = {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    tx.execute(write, lists)
    tx.execute(clean, {name: lists[name] for name in _keys(table)})


def is_nothing(table: sa.Table, /) -> sa.ColumnElement[bool]:
    """Whether every sum of a row is zero."""
    return sa.and_(*(table.c[name] == 0 for name in _sums(table)))


@cache
def _on_sqlite(table: sa.Table) -> tuple[sa.Executable, sa.Executable]:
    keys = [table.c[name] == sa.bindparam(f"key_{name}") for name in _keys(table)]
    return _adding(sqlite.insert(table), table), sa.delete(table).where(*keys, is_nothing(table))


@cache
def _on_postgres(table: sa.Table) -> tuple[sa.Executable, sa.Executable]:
    """One statement for all rows: the columns travel as arrays."""
    given = _unnest(table, [column.name for column in table.columns])
    insert = postgresql.insert(table).from_select([column.name for column in table.columns], sa.select(given))
    touched = _unnest(table, _keys(table))
    found = sa.and_(*(table.c[name] == touched.c[name] for name in _keys(table)))
    return _adding(insert, table), sa.delete(table).where(found, is_nothing(table))


def _unnest(table: sa.Table, names: Sequence[str]) -> sa.FromClause:
    arrays = [sa.bindparam(name, type_=postgresql.ARRAY(table.c[name].type)) for name in names]
    columns = [sa.column(name, table.c[name].type) for name in names]
    return sa.func.unnest(*arrays).table_valued(*columns).render_derived(name="given")


def _adding(insert: Any, table: sa.Table) -> sa.Executable:
    changed = {name: table.c[name] + insert.excluded[name] for name in _sums(table)}
    statement: sa.Executable = insert.on_conflict_do_update(index_elements=_keys(table), set_=changed)
    return statement


def _keys(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _sums(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]
