"""What the mirror works with, put together by ``bootstrap``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bookbridge.access.zoho import ZohoAccess
from bookbridge.kernel.clock import Clock
from bookbridge.kernel.ids import IdSource
from bookbridge.kernel.limits import Limits
from bookbridge.mirror.values import Row, Scale
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization

Hook = Callable[[Database, Tx, Organization, Sequence[Row]], None]
"""Told in the transaction that stores them which rows of an entity are new or changed."""


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """The mirror of one installation.

    By entity, ``stored`` is told of new and changed rows, ``complete`` that all of them are here, ``buried`` which are
    gone. ``with_lines`` reads the lines of invoices and bills too; ``owner`` is this process' name in ``bb_sync_runs``.
    """

    db: Database
    zoho: ZohoAccess
    clock: Clock
    ids: IdSource
    limits: Limits
    owner: str = "bookbridge"
    with_lines: bool = False
    stored: Mapping[str, Hook] = field(default_factory=dict)
    complete: Mapping[str, Callable[[Database, Tx, str], None]] = field(default_factory=dict)
    buried: Mapping[str, Callable[[Tx, str, Sequence[str]], None]] = field(default_factory=dict)


def scale_of(tx: Tx, organization: Organization, /) -> Scale:
    """The currencies of an organization as far as they are mirrored."""
    table: Any = tables.mirror_currencies
    query = sa.select(table.c.code, table.c.exponent).where(
        table.c.organization_id == organization.organization_id, table.c.deleted_at.is_(None)
    )
    return Scale(
        currency=organization.currency,
        exponent=organization.exponent,
        exponents={row.code: row.exponent for row in tx.execute(query)},
        key_field=organization.key_field,
    )
