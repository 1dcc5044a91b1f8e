"""The composition root: settings in, a running application out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bookbridge.access.options import AccessOptions
from bookbridge.access.zoho import ZohoAccess
from bookbridge.config import Settings
from bookbridge.effects import parties
from bookbridge.effects.kinds import Context, EffectKind, Landed
from bookbridge.effects.ledger import Ledger
from bookbridge.effects.run import Runner
from bookbridge.features.billing import FEATURE as BILLING
from bookbridge.features.billing.workflow import Options as BillingOptions
from bookbridge.features.connection import FEATURE as CONNECTION
from bookbridge.features.contacts import FEATURE as CONTACTS
from bookbridge.features.expenses import FEATURE as EXPENSES
from bookbridge.features.mirror import FEATURE as MIRROR
from bookbridge.features.receivables import FEATURE as RECEIVABLES
from bookbridge.features.reconcile import FEATURE as RECONCILE
from bookbridge.features.reports import FEATURE as REPORTS
from bookbridge.inbox.receive import Inbox
from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.kernel.ids import IdSource, RandomIds
from bookbridge.mirror import landing
from bookbridge.mirror.schedule import Schedule
from bookbridge.mirror.world import Mirror
from bookbridge.net import Transport
from bookbridge.registry import Feature, Services
from bookbridge.store import schema
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization
from bookbridge.store.secrets import Sealer, load_keys
from bookbridge.workflow import storage
from bookbridge.workflow.queue import DurableQueue

if TYPE_CHECKING:
    from bookbridge.workflow.engine import Engine

FEATURES: tuple[Feature, ...] = (BILLING, CONTACTS, EXPENSES, CONNECTION, MIRROR, RECEIVABLES, REPORTS, RECONCILE)
"""Every feature, on purpose."""


@dataclass(frozen=True, kw_only=True)
class App:
    """A built application: ``services`` for whoever asks, ``runner`` for the engine."""

    settings: Settings
    services: Services
    features: tuple[Feature, ...]
    runner: Runner

    def engine(self, *, executor_id: str, workers: int = 8) -> "Engine":
        """The workers of this process; start them in one process a SQLite file, in any number on PostgreSQL."""
        from bookbridge.workflow.engine import Chore, Engine  # only who runs effects waits for the library

        sweep = Chore(name="sweep", every_s=self.services.limits.sweep_every_s, run=_quiet(self.runner.sweep))
        own = [
            Chore(
                name=each.name, every_s=each.every_s * self.services.limits.scale, run=_bound(each.run, self.services)
            )
            for feature in self.features
            for each in feature.schedules
        ]
        return Engine(
            self.services.db,
            executor_id=executor_id,
            run=self.runner.run,
            clock=self.services.clock,
            limits=self.services.limits,
            chores=(sweep, *own),
            workers=workers,
        )

    def schedule(self) -> Schedule:
        """The syncs this process starts by itself and those it is asked for; start it beside the engine."""
        return Schedule(self.services.mirror, every_s=self.settings.sync_every)

    def close(self) -> None:
        """Close every connection."""
        self.services.zoho.close()
        self.services.db.close()


def build(
    settings: Settings,
    /,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    transport: Transport | None = None,
) -> App:
    """Open the database, bring it up to date, and put everything together.

    ``transport`` replaces the one that reaches Zoho; the durability tests die in it at exact moments.

    Raises:
        ConfigurationError: the settings, the key or the database cannot be used.
    """
    clock, ids = clock or SystemClock(), ids or RandomIds()
    db = Database(settings.database_url.reveal(), clock=clock)
    schema.upgrade(db)
    storage.ensure(db)
    ring = load_keys(settings.encryption_key, home=settings.home, may_create=settings.is_loopback)
    sealer = Sealer(ring)
    sealer.check(db)
    zoho = ZohoAccess(db=db, sealer=sealer, options=AccessOptions.of(settings), clock=clock, transport=transport)
    zoho.check()
    ledger = Ledger(db, queue=DurableQueue(db), ids=ids)
    planners = [feature.on["order.created"](ledger) for feature in FEATURES if "order.created" in feature.on]
    services = Services(
        db=db,
        clock=clock,
        ids=ids,
        sealer=sealer,
        zoho=zoho,
        ledger=ledger,
        inbox=Inbox(db, ids=ids, planners=planners, gathering=ledger.gathering),
        mirror=_mirror(settings, db=db, zoho=zoho, clock=clock, ids=ids),
        limits=settings.limits,
        options=_options(settings),
    )
    return App(settings=settings, services=services, features=FEATURES, runner=_runner(settings, services))


def _runner(settings: Settings, services: Services, /) -> Runner:
    """What runs the effects of every feature."""
    context = Context(
        db=services.db,
        clock=services.clock,
        zoho=services.zoho,
        ledger=services.ledger,
        limits=services.limits,
        options=services.options,
        landed=_landing(services.mirror),
    )
    kinds: dict[str, EffectKind] = {kind.name: kind for feature in FEATURES for kind in feature.effects}
    return Runner(context, kinds=kinds, owner=settings.replica_id or "bookbridge")


def _mirror(settings: Settings, /, *, db: Database, zoho: ZohoAccess, clock: Clock, ids: IdSource) -> Mirror:
    """The mirror, and who is told what it stored: customers are looked up among the contacts it has."""
    return Mirror(
        db=db,
        zoho=zoho,
        clock=clock,
        ids=ids,
        limits=settings.limits,
        owner=f"{settings.replica_id or 'process'}:{ids.new('run')}",
        with_lines=settings.mirror_lines,
        stored={"contacts": _remember},
        complete={"contacts": parties.mark_loaded},
        buried={"contacts": _forget},
    )


def _remember(db: Database, tx: Tx, organization: Organization, rows: Sequence[Mapping[str, Any]]) -> None:
    parties.remember(db, tx, organization, rows)


def _forget(tx: Tx, organization_id: str, contact_ids: Sequence[str]) -> None:
    for contact_id in contact_ids:
        parties.forget(tx, organization_id, contact_id)


def _landing(mirror: Mirror) -> Callable[[Tx, str, Landed | None], None]:
    def landed(tx: Tx, organization_id: str, seen: Landed | None, /) -> None:
        if seen is not None:
            parts = {"is_detail": seen.is_detail, "is_part": seen.is_part}
            landing.land(mirror, tx, organization_id, seen.entity, seen.row, **parts)

    return landed


def _options(settings: Settings) -> Mapping[str, Any]:
    """The plain parameters of features, and the functions they offer each other by name."""
    hooks = {name: call for feature in FEATURES for name, call in feature.hooks.items()}
    return {"billing": BillingOptions(numbering=settings.numbering, status=settings.invoice_status), **hooks}


def _quiet(call: Any) -> Any:
    def run() -> None:
        call()

    return run


def _bound(call: Any, services: Services) -> Any:
    def run() -> None:
        call(services)

    return run
