"""One import from its first look at the file to its summary."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bookbridge.bootstrap import App
from bookbridge.cli.importing import accept, watch
from bookbridge.cli.importing.accept import Outcome
from bookbridge.cli.importing.display import Display
from bookbridge.cli.importing.files import OrderFile, Overview
from bookbridge.cli.importing.summary import Summary
from bookbridge.effects import parties
from bookbridge.features.contacts import loading
from bookbridge.inbox import imports
from bookbridge.inbox.imports import Progress
from bookbridge.inbox.sources.csvfile import Defaults
from bookbridge.inbox.sources.entries import Entry
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.kernel.money import Money
from bookbridge.store.organizations import Organization

MANY_UNKNOWN = 20
"""From so many customers without a contact on, all contacts are loaded by page before the first look-up."""

LOAD_AGAIN_S = 600.0
"""A long import loads them again after this time: what was loaded is trusted for a quarter of an hour."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command's options say: ``source`` and ``currency`` are empty where not given."""

    source: str = ""
    currency: str = ""
    waits: bool = True


@dataclass
class Import:
    """One file on its way into one organization."""

    app: App
    organization: Organization
    file: OrderFile
    wishes: Wishes
    display: Display
    import_id: str = ""
    overview: Overview = field(default_factory=Overview)
    loaded_at_s: float | None = None

    def __post_init__(self) -> None:
        self.import_id = self.app.services.ids.new("imp")

    def dry_run(self) -> Summary:
        """Read and check everything, write nothing."""
        services = self.app.services
        self._look()
        with self.display.bar("reading", self.overview.orders) as bar:
            outcome = accept.forecast(services, self._organization_id, self._entries(), told=bar.advance)
        return Summary(self.overview, outcome, is_dry_run=True, currencies=())

    def run(self) -> Summary:
        """Accept the file's orders and, unless told not to, wait until each has its invoice or its reason."""
        services = self.app.services
        began, calls = services.clock.monotonic(), self._calls()
        self._look()
        self._load_contacts()
        with self.display.bar("storing", self.overview.orders) as bar:
            outcome = accept.accept(services, self.organization, self.import_id, self._entries(), told=bar.advance)
        stored = services.clock.monotonic()
        seen = self._wait(calls) if self.wishes.waits else self._seen()
        done = services.clock.monotonic()
        return self._summary(outcome, seen, calls=self._calls() - calls, storing_s=stored - began, all_s=done - began)

    @property
    def _organization_id(self) -> str:
        return self.organization.organization_id

    def _look(self) -> None:
        with self.display.busy("looking at the file"):
            self.overview = self.file.overview()

    def _entries(self) -> Iterator[Entry]:
        defaults = Defaults(
            source=self.wishes.source or "default",
            currency=self.wishes.currency or self.organization.currency,
            zone=ZoneInfo(self.organization.time_zone or "UTC"),
        )
        return self.file.entries(
            defaults,
            source=self.wishes.source,
            currency=self.wishes.currency,
            organization_id=self._organization_id,
        )

    def _load_contacts(self) -> None:
        """Load every contact by page when that costs less than asking for each unknown customer."""
        source = self.wishes.source or "default"
        keys = {
            parties.identity_key(self._organization_id, source=source, party=party) for party in self.overview.parties
        }
        with self.app.services.db.read() as tx:
            unknown = len(keys) - imports.bound(tx, self._organization_id, keys)
        if unknown >= MANY_UNKNOWN:
            with self.display.busy("loading the contacts"):
                self._load(most_calls=max(2, unknown // 2))

    def _load(self, *, most_calls: int) -> None:
        self.loaded_at_s = None
        try:
            if loading.load_all(self.app.services, self.organization, most_calls=most_calls) is not None:
                self.loaded_at_s = self.app.services.clock.monotonic()
        except BookbridgeError as error:
            self.display.say(f"The contacts could not be loaded ({error}); each customer is looked up instead.")

    def _load_again(self, seen: Progress) -> None:
        """What was loaded grows old while a long import runs."""
        if self.loaded_at_s is None or self.app.services.clock.monotonic() - self.loaded_at_s < LOAD_AGAIN_S:
            return
        left = seen.total - seen.resting
        if left >= MANY_UNKNOWN:
            self._load(most_calls=max(2, left // 4))

    def _wait(self, calls: int) -> Progress:
        with watch.working(self.app) as is_ours:
            if not is_ours:
                self.display.say("Another process does the work; this one watches.")
            with self.display.bar("invoicing", self._seen().total) as bar:

                def told(seen: Progress) -> None:
                    self._load_again(seen)
                    bar.show(seen.resting, seen.total, states=seen.states, calls=self._calls() - calls)

                return watch.until_over(self.app, self._organization_id, self.import_id, told=told)

    def _seen(self) -> Progress:
        return watch.look(self.app, self._organization_id, self.import_id)

    def _calls(self) -> int:
        return self.app.services.zoho.budget_left(self._organization_id).calls_made

    def _summary(self, outcome: Outcome, seen: Progress, *, calls: int, storing_s: float, all_s: float) -> Summary:
        with self.app.services.db.read() as tx:
            made = imports.invoices(tx, self._organization_id, self.import_id)
            totals: list[Money] = imports.totals(tx, self._organization_id, self.import_id)
            problems = imports.problems(tx, self._organization_id, self.import_id)
        return Summary(
            self.overview,
            outcome,
            import_id=self.import_id,
            states=dict(seen.states),
            invoices_new=made.get("new", 0),
            invoices_before=sum(made.values()) - made.get("new", 0),
            currencies=tuple(totals),
            problems=tuple(problems),
            calls=calls,
            storing_s=storing_s,
            all_s=all_s,
            unfinished=seen.total - seen.resting,
        )
