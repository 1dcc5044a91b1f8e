"""Syncs by themselves: the thread of a server that claims what was asked for and starts what is due.

It is a thread of its own because a sync may take minutes. Several replicas may have one: the run's lease lets one of
them work for an organization.
"""

import logging
import threading

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.mirror import runs
from bookbridge.mirror.world import Mirror
from bookbridge.zoho.budget import BudgetView

log = logging.getLogger(__name__)
LOOK_S = 1.0
DAY_S = 86_400
SHARE = 0.2
"""The part of the day's calls that syncs by themselves may use while nothing else does."""
KEPT = 0.3
"""The part that is left to people and orders."""
LONGEST_S = 6 * 3600.0


class Schedule:
    """Starts with ``start``; ``stop`` ends the sync under way at its next call.

    Args:
        mirror: what is synced, for every connected organization.
        every_s: seconds between two syncs; 0 only does what is asked for.
    """

    def __init__(self, mirror: Mirror, /, *, every_s: float) -> None:
        self._mirror = mirror
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bookbridge-sync-schedule", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, *, wait_s: float = 10.0) -> None:
        """Stop looking; what a sync has stored stays, and the next goes on there."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=wait_s)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S * min(1.0, self._mirror.limits.scale)):
            try:
                self._round()
            except Exception:  # the schedule must outlive a database that is away for a while
                log.exception("the schedule of syncs failed; it looks again")

    def _round(self) -> None:
        for organization in self._mirror.zoho.connected():
            if self._stop.is_set() or organization.is_paused:
                continue
            run = runs.claim_due(
                self._mirror, organization.organization_id, every_s=self._pause_s(organization.organization_id)
            )
            if run is not None:
                runs.execute(self._mirror, run, stop=self._stop)

    def _pause_s(self, organization_id: str) -> float:
        if not self._every_s:
            return 0.0
        with self._mirror.db.read() as tx:
            last = runs.latest(tx, organization_id, state=runs.DONE)
        calls = int((last.progress or {}).get("calls", 0)) if last is not None and not last.wanted.get("full") else 0
        try:
            view = self._mirror.zoho.budget_left(organization_id)
        except BookbridgeError:
            return self._every_s * self._mirror.limits.scale
        return pause_s(self._every_s, calls, view) * self._mirror.limits.scale


def pause_s(every_s: float, calls: int, view: BudgetView, /) -> float:
    """Seconds between two syncs of ``calls`` calls each: the more of the day's calls are used, the longer.

    >>> from bookbridge.zoho.budget import BudgetState, BudgetPolicy, view as view_of
    >>> pause_s(300.0, 8, view_of(BudgetState(), now_ms=0, policy=BudgetPolicy()))
    300.0
    """
    if not view.day_limit or view.day_remaining is None or not calls:
        return every_s
    room = view.day_limit * (1 - KEPT)
    left = max(1.0, view.day_remaining - view.day_limit * KEPT)
    needed = DAY_S * calls / (SHARE * view.day_limit) * (room / left)
    return min(LONGEST_S, max(every_s, needed))
