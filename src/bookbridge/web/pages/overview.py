"""What the status page shows, gathered from the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookbridge.features.billing import store_queries
from bookbridge.features.billing.store_queries import OrderRow
from bookbridge.kernel.clock import from_millis
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.registry import Services
from bookbridge.store import organizations
from bookbridge.store.organizations import Organization

SHOWN_FAILURES = 8
STUCK_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Warning:
    """Something a person should do; ``grade`` is ``warn`` or ``bad``."""

    grade: str
    title: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Calls to Zoho; ``per_minute`` 0: no limit; ``day_limit`` 0: not known yet."""

    calls_this_minute: int
    per_minute: int
    day_limit: int
    day_remaining: int
    stopped_until: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Connected:
    """One organization and how its connection stands."""

    organization_id: str
    name: str
    region: str
    currency: str
    time_zone: str
    is_default: bool
    state: str
    state_words: str
    reason: str
    budget: Budget | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything on the status page; ``throughput`` counts finished orders in each of the last 60 minutes."""

    counts: Mapping[str, int]
    failures: tuple[OrderRow, ...]
    throughput: tuple[int, ...]
    oldest: datetime | None
    organizations: tuple[Connected, ...]
    warnings: tuple[Warning, ...]

    @property
    def total(self) -> int:
        """Orders of every state."""
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        """Orders that wait for somebody."""
        return sum(self.counts[state] for state in store_queries.NEEDS_SOMEBODY)


def gather(services: Services, /) -> Overview:
    """Read the overview; calls Zoho never."""
    with services.db.read() as tx:
        now = services.db.now(tx)
        counts = store_queries.counts_by_state(tx)
        failures = tuple(store_queries.recent_failures(tx, limit=SHOWN_FAILURES))
        oldest = store_queries.oldest_unfinished(tx)
        throughput = store_queries.finished_by_bucket(tx, now=now, bucket=timedelta(minutes=1), buckets=60)
        known = organizations.list_all(tx)
    found = tuple(_connected(services, each) for each in known)
    return Overview(
        counts=counts,
        failures=failures,
        throughput=tuple(throughput),
        oldest=oldest,
        organizations=found,
        warnings=tuple(_warnings(found, oldest, now)),
    )


def _connected(services: Services, organization: Organization) -> Connected:
    state, words = "active", "connected"
    if organization.grant_id is None:
        state, words = "failed", "disconnected"
    elif organization.is_paused:
        state, words = "paused", "paused"
    return Connected(
        organization_id=organization.organization_id,
        name=organization.name,
        region=organization.region,
        currency=organization.currency,
        time_zone=organization.time_zone,
        is_default=organization.is_default,
        state=state,
        state_words=words,
        reason=organization.paused_reason or "",
        budget=_budget(services, organization) if organization.grant_id else None,
    )


def _budget(services: Services, organization: Organization) -> Budget | None:
    try:
        view = services.zoho.budget_left(organization.organization_id)
    except BookbridgeError:
        return None
    return Budget(
        calls_this_minute=view.calls_in_window,
        per_minute=view.allowance or 0,
        day_limit=view.day_limit or 0,
        day_remaining=view.day_remaining or 0,
        stopped_until=from_millis(view.stopped_until_ms) if view.stopped_until_ms else None,
        reason=view.reason or "",
    )


def _warnings(found: tuple[Connected, ...], oldest: datetime | None, now: datetime) -> list[Warning]:
    made = [
        Warning(grade="bad", title=f"{each.name} is paused.", advice=each.reason or "Run `bookbridge doctor`.")
        for each in found
        if each.state == "paused"
    ]
    made += [
        Warning(grade="bad", title=f"{each.name} is disconnected.", advice="Its orders wait; connect it again.")
        for each in found
        if each.state == "failed"
    ]
    if oldest is not None and now - oldest > STUCK_AFTER:
        minutes = int((now - oldest).total_seconds() // 60)
        advice = "Look at the orders or run `bookbridge doctor`."
        made.append(
            Warning(grade="warn", title=f"An order has been on its way for {minutes:,} minutes.", advice=advice)
        )
    return made
