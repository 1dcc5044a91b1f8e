"""How old the mirror is: what pages and answers say beside figures ("as of 40 s ago")."""

from dataclasses import dataclass
from datetime import datetime

from bookbridge.mirror import state
from bookbridge.mirror.entities import ENTITIES
from bookbridge.mirror.state import State
from bookbridge.store.db import Database


@dataclass(frozen=True, kw_only=True)
class EntityFreshness:
    """One entity: ``state`` is never, filling, fresh or failed; ``age_s`` since its last good sync."""

    entity: str
    rows: int
    synced_at: datetime | None
    age_s: float | None
    state: str
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """All entities; ``synced_at`` is the oldest of those asked for, ``None`` while one was never complete."""

    entities: tuple[EntityFreshness, ...]
    synced_at: datetime | None
    age_s: float | None

    @property
    def is_complete(self) -> bool:
        """Whether every entity was read whole at least once."""
        return self.synced_at is not None


def of(db: Database, organization_id: str, /, *entities: str) -> Freshness:
    """How fresh ``entities`` are (none named: those that are read with every sync)."""
    named = entities or tuple(each.name for each in ENTITIES)
    with db.read() as tx:
        states = state.load_all(tx, organization_id)
        now = db.now(tx)
    found = tuple(_entity(states.get(name, State(entity=name)), now) for name in named)
    often = {each.name for each in ENTITIES if not each.every_s} if not entities else set(entities)
    times = [each.synced_at for each in found if each.entity in often]
    known = [at for at in times if at is not None]
    oldest = min(known) if known and len(known) == len(times) else None
    age_s = None if oldest is None else max(0.0, (now - oldest).total_seconds())
    return Freshness(entities=found, synced_at=oldest, age_s=age_s)


def _entity(known: State, now: datetime) -> EntityFreshness:
    at = known.synced_at if known.full_at is not None else None
    word = "fresh" if at is not None else ("filling" if known.progress is not None else "never")
    return EntityFreshness(
        entity=known.entity,
        rows=known.rows,
        synced_at=at,
        age_s=None if at is None else max(0.0, round((now - at).total_seconds(), 1)),
        state="failed" if known.error else word,
        error=known.error,
    )
