"""Records on their way into the mirror, and where they are stored."""

from dataclasses import dataclass

from bookbridge.mirror.values import Row, Scale
from bookbridge.mirror.world import Mirror
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization


@dataclass(frozen=True, slots=True)
class Record:
    """One record as Zoho sent it; ``raw`` is its JSON text, ``is_detail`` whether it was read by id."""

    row: Row
    raw: str
    is_detail: bool = False


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
