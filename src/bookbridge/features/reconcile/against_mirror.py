"""The mirror against Zoho: control totals first, pages only where they differ (RELIABILITY 6, FACTS 4.3, 4.6).

The list of what changed since the mirror's watermark is read first. What it shows is put in the place of the mirror's
rows, and only then the control totals are compared: they find what is in no list, because it is gone. Nothing is named
before the mirror was read again, and never what changed while we looked: Zoho's own times of change tell, so no two
clocks are compared.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from bookbridge.features.reconcile.comparison import Comparison
from bookbridge.features.reconcile.halving import differing, totals_of
from bookbridge.features.reconcile.policy import mirror_difference
from bookbridge.features.reconcile.sides import Days, InvoiceSide, Totals
from bookbridge.features.reconcile.store import mirror
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.zoho.errors import UnreadableAnswerError

OVERLAP = timedelta(minutes=5)
MOST_LOOKUPS = 1000
"""Invoices looked up one by one in a comparison, because Zoho's list did not show them."""
PART = "mirror"


class TooManyError(BookbridgeError):
    """More invoices are missing in Zoho's lists than can be looked up one by one; run `bookbridge sync --full`."""


def compare(run: Comparison, /) -> bool:
    """Name every invoice that differs; whether the mirror, with what was read now, shows what Zoho has."""
    with run.services.db.read() as tx:
        state = mirror.mirror_of(tx, run.organization_id, "invoices")
        newest = mirror.newest_change(tx, run.organization_id)
    if not state.is_whole:
        run.notes.append("The mirror is not filled yet, so it was not compared; `bookbridge sync` fills it.")
        return False
    since = _earlier(state.watermark, newest)
    run.first = {row.invoice_id: row for row in run.reader.changed_since(since)} if since else {}
    for row in run.first.values():
        run.fresh.add(row)
    run.mark = max((row.modified_at for row in run.first.values() if row.modified_at), default=since)
    _name(run, set(run.first) | _paged(run, _days_to_read(run)))
    return True


def _earlier(watermark: datetime | None, newest: datetime | None) -> datetime | None:
    """From when on changes are listed: a little before all that the mirror has; ``None`` when it has nothing."""
    times = [each for each in (watermark, newest) if each is not None]
    return min(times) - OVERLAP if times else None


def _days_to_read(run: Comparison) -> list[Days]:
    """The days whose pages are read: those on which the mirror, with what changed, has other totals than Zoho."""
    with run.services.db.read() as tx:
        by_day = mirror.totals_by_day(tx, run.organization_id)
        stale = mirror.mirrored(tx, run.organization_id, run.first.keys())
    for row in stale.values():
        by_day[row.dated_on] = by_day.get(row.dated_on, Totals()) - row.base
    for row in run.first.values():
        by_day[row.dated_on] = by_day.get(row.dated_on, Totals()) + row.base
    days = run.wanted.days
    run.compared["invoices"] = totals_of(by_day, days).count
    if run.wanted.full:
        return [days]
    try:
        found = differing(by_day, days, run.reader.control_totals)
    except UnreadableAnswerError as error:
        run.notes.append(f"{error} Every page was read instead.")
        return [days]
    if run.wanted.recent_days and found != [days]:
        since = date.fromisoformat(run.today) - timedelta(days=run.wanted.recent_days)
        found = [each for each in found if each.first < since.isoformat()]
        found.append(Days(since.isoformat(), days.last))
    return found


def _paged(run: Comparison, ranges: Iterable[Days]) -> set[str]:
    """Read the pages of some days; the ids of every invoice that Zoho or the mirror has there."""
    ids: set[str] = set()
    for days in ranges:
        with run.services.db.read() as tx:
            ids |= mirror.mirrored_ids(tx, run.organization_id, days.first, days.last)
        for row in run.reader.invoices(days):
            run.fresh.add(row)
            ids.add(row.invoice_id)
            run.compared["rows read"] += 1
            run.tell(PART, run.compared["rows read"], len(ids))
    return ids


def _name(run: Comparison, suspects: set[str]) -> None:
    """Settle what differs and name it."""
    differs = _differing(run, suspects)
    _look_up(run, [each for each in sorted(differs) if each not in run.fresh.rows])
    differs = _differing(run, differs)
    if not differs:
        return
    moving = run.first.keys() & run.fresh.gone
    for row in run.changed_meanwhile():
        run.fresh.add(row)
        moving.add(row.invoice_id)
    for invoice_id, (ours, theirs) in sorted(_differing(run, differs).items()):
        run.touched |= {side.customer_id for side in (ours, theirs) if side is not None}
        dated = {side.dated_on for side in (ours, theirs) if side is not None}
        found = mirror_difference(ours, theirs)
        if invoice_id in moving:
            run.compared["changed meanwhile"] += 1
        elif found is not None and any(day in run.wanted.days for day in dated):
            run.found.append(found)


def _differing(run: Comparison, ids: Iterable[str]) -> dict[str, tuple[InvoiceSide | None, InvoiceSide | None]]:
    """Those of the invoices that differ now: what the mirror says, what Zoho said."""
    with run.services.db.read() as tx:
        ours = mirror.mirrored(tx, run.organization_id, list(ids))
    pairs = {each: (ours.get(each), run.fresh.rows.get(each)) for each in ids}
    return {each: pair for each, pair in pairs.items() if mirror_difference(*pair) is not None}


def _look_up(run: Comparison, ids: list[str]) -> None:
    """Whether invoices that no list showed are really gone: a list may lag behind or shift while it is read."""
    if len(ids) > MOST_LOOKUPS:
        raise TooManyError
    for position, invoice_id in enumerate(ids):
        run.tell(PART, position, len(ids))
        row = run.reader.invoice(invoice_id)
        if row is None:
            run.fresh.remove(invoice_id)
        else:
            run.fresh.add(row)
