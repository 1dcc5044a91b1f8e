"""What people do with comparisons: make one, have one made, look at the last one."""

import logging
import threading
from datetime import date, timedelta

from bookbridge.features.reconcile import workflow
from bookbridge.features.reconcile.comparison import Wanted
from bookbridge.features.reconcile.kinds import BY_NAME, KINDS, Difference, Kind
from bookbridge.features.reconcile.sides import Days
from bookbridge.features.reconcile.store import runs
from bookbridge.features.reconcile.store.runs import Run
from bookbridge.kernel.errors import BookbridgeError, ConflictError, InvalidInputError, NotFoundError
from bookbridge.registry import Services
from bookbridge.store import organizations
from bookbridge.store.organizations import Organization

__all__ = ["BY_NAME", "KINDS", "Difference", "Kind", "Run", "Wanted", "daily", "last_run", "start", "wanted_of"]

log = logging.getLogger(__name__)

DAY_S = 24 * 3600.0
RECENT_DAYS = 35
"""Days of which the daily comparison reads every page (RELIABILITY 6)."""
LOOK_EVERY_S = 600.0


def wanted_of(first: str = "", last: str = "", /, *, full: bool = False) -> Wanted:
    """What to compare, from what a person gave.

    Raises:
        InvalidInputError: not a date, or a period that ends before it begins.
    """
    for name, text in (("from", first), ("to", last)):
        if text:
            _date(name, text)
    if first and last and last < first:
        raise InvalidInputError("The period ends before it begins.", field="to", remedy="Swap `from` and `to`.")
    return Wanted(days=Days(first, last), full=full)


def _date(name: str, text: str) -> None:
    try:
        plain = date.fromisoformat(text).isoformat() == text
    except ValueError:
        plain = False
    if not plain:
        raise InvalidInputError(f"{name} is not a date.", field=name, remedy="Send one such as 2026-01-31.")


def last_run(
    services: Services, organization_id: str, /, *, run_id: str = "", most: int = runs.MOST_KEPT
) -> Run | None:
    """The latest comparison of an organization (or the named one) with up to ``most`` differences; ``None``: none."""
    with services.db.read() as tx:
        return runs.last(services.db, tx, organization_id, run_id=run_id, most=most)


def named_run(services: Services, organization_id: str, run_id: str, /) -> Run:
    """The comparison with that id.

    Raises:
        NotFoundError: there is none.
    """
    found = last_run(services, organization_id, run_id=run_id)
    if found is None:
        raise NotFoundError("There is no such comparison; POST /api/reconcile makes one.")
    return found


def start(services: Services, organization: Organization, wanted: Wanted, /) -> str:
    """Have a comparison made in a thread of this process; its id.

    Raises:
        ConflictError: one is going on.
    """
    run_id = workflow.open_run(services, organization, wanted)
    thread = threading.Thread(
        target=_carried_out, args=(services, organization, wanted, run_id), name="bookbridge-reconcile", daemon=True
    )
    thread.start()
    return run_id


def _carried_out(services: Services, organization: Organization, wanted: Wanted, run_id: str) -> None:
    try:
        workflow.carry_out(services, organization, wanted, run_id)
    except Exception:  # the run says that it broke; the process goes on
        log.exception("the comparison %s broke", run_id)


def daily(services: Services, /) -> None:
    """Once a day for each organization; called often, by one replica at a time.

    A newly connected organization has its first comparison a day later.
    """
    with services.db.read() as tx:
        connected = [each for each in organizations.list_all(tx) if each.grant_id is not None and not each.is_paused]
    for organization in connected:
        if not _is_due(services, organization):
            continue
        try:
            start(services, organization, Wanted(recent_days=RECENT_DAYS))
        except ConflictError:
            continue
        except BookbridgeError:
            log.exception("the daily comparison of %s could not begin", organization.organization_id)


def _is_due(services: Services, organization: Organization) -> bool:
    with services.db.read() as tx:
        last = runs.last_started(tx, organization.organization_id)
        since = last or runs.connected_at(tx, organization.organization_id)
        return since is not None and services.db.now(tx) - since >= timedelta(seconds=DAY_S * services.limits.scale)
