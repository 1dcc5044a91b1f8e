"""What can be asked of the mirror: its freshness, a sync, how far a sync is."""

from datetime import datetime
from typing import Any

from bookbridge.kernel.errors import NotFoundError
from bookbridge.mirror import freshness, runs
from bookbridge.mirror.sync import Wish
from bookbridge.registry import Principal, Services
from bookbridge.store.organizations import Organization


def shown(services: Services, organization: Organization, /) -> dict[str, Any]:
    """How fresh each entity is, and the last sync."""
    fresh = freshness.of(services.db, organization.organization_id)
    with services.db.read() as tx:
        last = runs.latest(tx, organization.organization_id)
    return {
        "organization_id": organization.organization_id,
        "synced_at": fresh.synced_at,
        "age_s": fresh.age_s,
        "is_complete": fresh.is_complete,
        "entities": [_entity(each) for each in fresh.entities],
        "last_sync": None if last is None else sync_shown(last),
    }


def _entity(each: freshness.EntityFreshness) -> dict[str, Any]:
    return {
        "entity": each.entity,
        "rows": each.rows,
        "synced_at": each.synced_at,
        "age_s": each.age_s,
        "state": each.state,
        "error": each.error,
    }


def start(services: Services, organization: Organization, wish: Wish, /) -> dict[str, Any]:
    """Write down that a sync is wanted; a running server begins it within a second or two.

    Raises:
        InvalidInputError: an entity that is not mirrored.
    """
    run_id = runs.ask(services.mirror, organization.organization_id, wish)
    with services.db.read() as tx:
        run = runs.get(tx, run_id)
    assert run is not None
    return sync_shown(run)


def sync(services: Services, who: Principal, run_id: str, /) -> dict[str, Any]:
    """How far a sync is.

    Raises:
        NotFoundError: there is none with that id, or it is of an organization the caller may not see.
    """
    with services.db.read() as tx:
        run = runs.get(tx, run_id)
    if run is None or (who.organization_ids and run.organization_id not in who.organization_ids):
        raise NotFoundError("There is no sync with that id; start one with POST /api/mirror/sync.")
    return sync_shown(run)


def sync_shown(run: runs.Run, /) -> dict[str, Any]:
    """A run as people and programs see it."""
    times: dict[str, datetime | None] = {name: getattr(run, name) for name in ("asked_at", "started_at", "finished_at")}
    return {
        "id": run.id,
        "organization_id": run.organization_id,
        "state": run.state,
        "wanted": run.wanted,
        "progress": run.progress,
        "error": run.error,
        **times,
    }
