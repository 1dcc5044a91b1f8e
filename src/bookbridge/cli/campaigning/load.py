"""Before the campaign: contacts in the sandbox, the organization connected, the contacts loaded, a door for hooks."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bookbridge import bootstrap, config
from bookbridge.bootstrap import App
from bookbridge.cli.campaigning.processes import SandboxProcess
from bookbridge.effects import parties
from bookbridge.store import endpoints, export

SEED_BATCH = 500


@dataclass(frozen=True, slots=True)
class Door:
    """Where hooks go and the secret they are signed with."""

    path: str
    secret: str


def seed_contacts(sandbox: SandboxProcess, names: Collection[str], /, *, organization_id: str) -> None:
    """Create a contact for each name, without any call of Bookbridge."""
    ordered = sorted(names)
    for start in range(0, len(ordered), SEED_BATCH):
        rows = [{"contact_name": name} for name in ordered[start : start + SEED_BATCH]]
        sandbox.control("seed", {"organization_id": organization_id, "contacts": rows})


@contextmanager
def application(environment: Mapping[str, str], /) -> Iterator[App]:
    """Bookbridge in this process, without engine and server, for the time of a step."""
    app = bootstrap.build(config.load(environment))
    try:
        yield app
    finally:
        app.close()


def load_contacts(app: App, /, *, organization_id: str) -> int:
    """Load every contact by page and remember that nobody else exists; returns how many there are."""
    services = app.services
    organization = services.zoho.organization(organization_id)
    books = services.zoho.books(organization_id, call_class="sync")
    rows = [row.raw for row in books.contacts.list()]
    with services.db.transaction() as tx:
        for start in range(0, len(rows), SEED_BATCH):
            parties.remember(services.db, tx, organization, rows[start : start + SEED_BATCH])
        parties.mark_loaded(services.db, tx, organization_id)
    return len(rows)


def make_door(app: App, /, *, organization_id: str, source: str) -> Door:
    """A signed hook endpoint."""
    services = app.services
    with services.db.transaction() as tx:
        made, secret = endpoints.create(
            tx,
            ids=services.ids,
            sealer=services.sealer,
            now=services.clock.now(),
            kind="orders",
            organization_id=organization_id,
            source=source,
        )
    return Door(f"/hooks/orders/{made.endpoint}", secret.reveal())


def is_empty(app: App, /) -> bool:
    """Whether no order was ever received."""
    with app.services.db.read() as tx:
        return not export.order_states(tx)
