"""A comparison from its beginning to its end: the three parts in turn, what stopped it, what is written down.

A part that cannot go on (the day's calls are used up, Zoho does not answer) ends the comparison as incomplete; what
was named until then was confirmed and stays. Zoho is only read, never written.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bookbridge.features.reconcile import against_contacts, against_invoices, against_mirror
from bookbridge.features.reconcile.comparison import Comparison, Step, Wanted
from bookbridge.features.reconcile.kinds import KINDS
from bookbridge.features.reconcile.reading import TURN_S, Reader
from bookbridge.features.reconcile.sides import Days
from bookbridge.features.reconcile.store import runs
from bookbridge.features.reconcile.store.orders import Window
from bookbridge.kernel.errors import BookbridgeError, ConflictError
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization
from bookbridge.zoho.errors import BudgetExhaustedError

LEASE_S = 8 * TURN_S
"""How long a comparison may be silent before another one may begin: longer than one call waits and takes."""
RENEW_S = TURN_S / 4
_ORDER = {kind.name: position for position, kind in enumerate(KINDS)}


def open_run(services: Services, organization: Organization, wanted: Wanted, /) -> str:
    """Write a comparison down and become the one who makes it; its id.

    Raises:
        ConflictError: one of this organization is going on.
    """
    run_id = services.ids.new("rec")
    organization_id = organization.organization_id
    with services.db.transaction() as tx:
        if not runs.claim(services.db, tx, organization_id, for_s=LEASE_S):
            raise ConflictError(
                f"A comparison of {organization.name} is going on; `GET /api/reconcile` and the page show it."
            )
        runs.start(services.db, tx, run_id, organization_id, wanted=wanted.as_dict())
    return run_id


def carry_out(
    services: Services,
    organization: Organization,
    wanted: Wanted,
    run_id: str,
    /,
    *,
    told: Callable[[Step], None] = lambda step: None,
) -> runs.Run:
    """Compare, and write down what was found; whatever happens, the run ends."""
    try:
        run = _prepared(services, organization, wanted, told, _Pulse(services, organization.organization_id, run_id))
        state, error = _parts(run)
        return _finished(run, run_id, state=state, error=error)
    except BaseException as error:
        _broken(services, organization.organization_id, run_id, error)
        raise


class _Pulse:
    """Keeps the claim and shows how far the run is, every few seconds."""

    def __init__(self, services: Services, organization_id: str, run_id: str) -> None:
        self._services = services
        self._organization_id = organization_id
        self._run_id = run_id
        self._last = services.clock.monotonic()
        self.run: Comparison | None = None

    def __call__(self) -> None:
        """Called before each call of Zoho."""
        services = self._services
        if services.clock.monotonic() - self._last < RENEW_S or self.run is None:
            return
        self._last = services.clock.monotonic()
        with services.db.transaction() as tx:
            runs.hold(services.db, tx, self._organization_id, for_s=LEASE_S)
            runs.note(tx, self._run_id, calls=self.run.reader.calls, counts=self.run.counts())


def _prepared(
    services: Services,
    organization: Organization,
    wanted: Wanted,
    told: Callable[[Step], None],
    pulse: _Pulse,
) -> Comparison:
    run = Comparison(
        services=services,
        organization=organization,
        wanted=wanted,
        window=window_of(wanted.days, organization),
        today=services.clock.now().astimezone(_zone(organization)).date().isoformat(),
        reader=Reader(services, organization, alive=pulse),
        told=told,
    )
    pulse.run = run
    return run


def window_of(days: Days, organization: Organization, /) -> Window:
    """The moments in which an order was placed whose invoice is dated on one of the days."""
    zone = _zone(organization)

    def midnight(day: str, more: int) -> datetime | None:
        on = date.fromisoformat(day) + timedelta(days=more) if day else None
        return datetime(on.year, on.month, on.day, tzinfo=zone) if on else None

    return Window(midnight(days.first, 0), midnight(days.last, 1))


def _zone(organization: Organization) -> tzinfo:
    """The organization's zone, as far as it is known here."""
    try:
        return ZoneInfo(organization.time_zone or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return UTC


def _parts(run: Comparison) -> tuple[str, str]:
    """Make the three parts; the state of the run and why it is incomplete."""
    step = "the mirror against Zoho"
    try:
        certified = against_mirror.compare(run)
        step = "orders against invoices"
        against_invoices.compare(run, certified=certified)
        step = "receivables against contact balances"
        if run.wanted.days == Days():
            against_contacts.compare(run)
        else:
            run.notes.append("Receivables were not compared: balances are of now and have no period.")
    except BookbridgeError as error:
        against_contacts.compare_sums(run)
        run.notes.append(f"Stopped at {step}; what comes after it was not compared.")
        return runs.INCOMPLETE, _why(error)
    against_contacts.compare_sums(run)
    return runs.DONE, ""


def _why(error: BookbridgeError) -> str:
    if isinstance(error, BudgetExhaustedError):
        return f"The call budget is used up ({error.reason}); the next comparison goes on."
    return str(error)


def _finished(run: Comparison, run_id: str, *, state: str, error: str) -> runs.Run:
    db = run.services.db
    found = sorted(run.found, key=lambda each: (_ORDER[each.kind], each.subject))
    with db.transaction() as tx:
        counts, calls = run.counts(), run.reader.calls
        runs.finish(db, tx, run_id, state=state, calls=calls, counts=counts, error=error, found=found)
        runs.forget_old(tx, run.organization_id)
        runs.hold(db, tx, run.organization_id, for_s=0)
        kept = runs.last(db, tx, run.organization_id, run_id=run_id)
    assert kept is not None
    return replace(kept, differences=tuple(found))


def _broken(services: Services, organization_id: str, run_id: str, error: BaseException) -> None:
    with services.db.transaction() as tx:
        text = f"{type(error).__name__}; run it again, and with `bookbridge --debug reconcile` to see where."
        counts = {"compared": {}, "differences": 0, "known": 0, "kinds": {}, "notes": []}
        runs.finish(services.db, tx, run_id, state=runs.BROKEN, calls=0, counts=counts, error=text, found=())
        runs.hold(services.db, tx, organization_id, for_s=0)
