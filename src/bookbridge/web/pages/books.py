"""What the dashboard shows of the mirrored books, read in one pass; no call to Zoho."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bookbridge.features.mirror import actions
from bookbridge.mirror import runs
from bookbridge.mirror.queries import aging, asking, due, freshness, months, names
from bookbridge.mirror.queries.asking import Asked
from bookbridge.mirror.runs import Run
from bookbridge.mirror.sync import Wish
from bookbridge.registry import Services
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from bookbridge.web.pages import figures, receivables
from bookbridge.web.pages.figures import Freshness, Receivables

OLD_AFTER_S = 3600
"""From then on the page calls the copy old."""
SHOWN_DUE = 7


@dataclass(frozen=True, kw_only=True)
class Books:
    """Freshness always; ``money`` only when it was asked for and the invoices are mirrored."""

    freshness: Freshness
    money: Receivables | None


def gather(services: Services, organization: Organization, given: Mapping[str, str], /, *, with_money: bool) -> Books:
    """Read what the dashboard shows of an organization.

    Raises:
        InvalidInputError: a day, a basis or a currency that there is not.
    """
    with services.db.snapshot() as tx:
        fresh = freshness_of(tx, organization.organization_id, services.db.now(tx))
        money = None
        if with_money and is_mirrored(tx, organization.organization_id):
            money = _money(tx, asked(tx, services, organization, given))
    return Books(freshness=fresh, money=money)


def asked(tx: Tx, services: Services, organization: Organization, given: Mapping[str, str], /) -> Asked:
    """The question of an address: ``as_of``, ``by`` and ``currency``, each empty for what is usual.

    Raises:
        InvalidInputError: a day, a basis or a currency that there is not.
    """
    words = {name: given.get(name, "") for name in ("as_of", "by", "currency")}
    return asking.asked(tx, organization, services.clock.now(), **words)


def sync(services: Services, organization: Organization, /) -> None:
    """Ask for a sync, unless one was asked for or is running."""
    with services.db.read() as tx:
        last = runs.latest(tx, organization.organization_id)
    if last is None or last.is_over:
        actions.start(services, organization, Wish())


def is_mirrored(tx: Tx, organization_id: str, /) -> bool:
    """Whether the invoices were copied whole at least once."""
    return freshness.is_mirrored(tx, organization_id)


def customer_name(tx: Tx, organization_id: str, customer_id: str, /) -> str:
    """What a customer is called; its id where nobody knows."""
    return names.of_customers(tx, organization_id, [customer_id]).get(customer_id, customer_id)


def freshness_of(tx: Tx, organization_id: str, now: datetime, /) -> Freshness:
    """How old the copy is: as old as the oldest of what the receivables are made of."""
    last = runs.latest(tx, organization_id)
    if last is not None and not last.is_over:
        return replace(_at_rest(tx, organization_id, now), state="running", progress=_progress(last))
    return _at_rest(tx, organization_id, now)


def _progress(run: Run) -> str:
    """``1,250 records read, 14 calls``; empty before the first."""
    told = run.progress or {}
    rows = sum(int(each.get("rows", 0)) for each in told.get("entities", ()))
    return f"{rows:,} records read, {int(told.get('calls', 0)):,} calls" if rows else ""


def _at_rest(tx: Tx, organization_id: str, now: datetime) -> Freshness:
    known = freshness.freshness(tx, organization_id)
    wanted = [known[name] for name in freshness.RECEIVABLES if name in known]
    times = [each.synced_at for each in wanted if each.synced_at is not None]
    errors = [each.error for each in known.values() if each.error]
    if not times:
        return Freshness(state="failed" if errors else "never", error=errors[0] if errors else "")
    age = int((now - min(times)).total_seconds())
    state = "failed" if errors else "fresh" if age < OLD_AFTER_S else "old"
    rows = sum(each.rows for each in known.values())
    return Freshness(state=state, age_s=age, synced_at=min(times), error=errors[0] if errors else "", rows=rows)


def _money(tx: Tx, question: Asked) -> Receivables:
    found = aging.aging(tx, question)
    soon = due.due_soon(tx, question, limit=SHOWN_DUE)
    rows = [figures.Month(key=each.month, cash=each.received, dso=each.dso) for each in months.months(tx, question)]
    return Receivables(
        aging=receivables.aging_of(found),
        months=figures.months(rows),
        due=soon,
        credits=found.credits_total,
        credits_count=found.credits_count,
        cash_this_month=rows[-1].cash,
    )
