"""Records on their way into the mirror, and where they are stored."""

import hashlib
from dataclasses import dataclass
from typing import Any

from bookbridge.mirror.entities import Entity
from bookbridge.mirror.values import Row, Scale
from bookbridge.mirror.world import Mirror
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization


@dataclass(slots=True)
class Record:
    """One record as Zoho sent it; ``raw`` is its JSON text, ``is_detail`` whether it was read by id.

    ``columns`` are its columns where they were made beforehand, outside the transaction; ``modified_at`` is when Zoho
    last changed it, in milliseconds since 1970, ``None`` where Zoho does not tell.
    """

    row: Row
    raw: str
    is_detail: bool = False
    columns: dict[str, Any] | None = None
    modified_at: int | None = None
    _hash: str = ""

    @property
    def hash(self) -> str:
        """A short fingerprint of the row as Zoho sent it."""
        if not self._hash:
            self._hash = hashlib.blake2b(self.raw.encode(), digest_size=12).hexdigest()
        return self._hash


def record_of(entity: Entity, row: Row, raw: str, /, *, is_detail: bool = False) -> Record:
    """A record of an entity, with its JSON text."""
    return Record(row, raw, is_detail=is_detail, modified_at=entity.modified_at(row))


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where rows are stored: one organization in one transaction; ``defers`` leaves receivables to a rebuild."""

    mirror: Mirror
    tx: Tx
    organization: Organization
    scale: Scale
    defers: bool = False

    @property
    def organization_id(self) -> str:
        """The organization's id."""
        return self.organization.organization_id
