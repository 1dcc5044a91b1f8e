"""A built application with its web side, for tests: real database, real keys, no Zoho behind it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from bookbridge import bootstrap, config
from bookbridge.kernel.clock import Clock
from bookbridge.kernel.secret import Secret
from bookbridge.store import admins, keys, organizations, passwords, sessions
from bookbridge.store.organizations import Organization
from bookbridge.web import app as web

BASE = "http://127.0.0.1:3000"
PASSWORD = "lantern over quiet water"


@dataclass(frozen=True)
class Site:
    """An application and a client that reaches it without a network."""

    app: bootstrap.App
    client: TestClient

    @contextmanager
    def open(self) -> Iterator[bootstrap.App]:
        """The application, in the place of one that a command would open and close."""
        yield self.app

    @classmethod
    def of(cls, app: bootstrap.App, /) -> "Site":
        """The site of an application that is built already."""
        return cls(app, TestClient(web.create(app), base_url=BASE, raise_server_exceptions=False))

    def key(self, *scopes: str, organization_ids: Iterable[str] = (), valid_days: int = 365) -> dict[str, str]:
        """The headers of a new API key."""
        services = self.app.services
        with services.db.transaction() as tx:
            _made, text = keys.create(
                tx,
                ids=services.ids,
                now=services.clock.now(),
                name="test",
                scopes=scopes or ("*",),
                organization_ids=tuple(organization_ids),
                valid_days=valid_days,
            )
        return {"Authorization": f"Bearer {text.reveal()}"}

    def link(self) -> str:
        """The token of a new log-in link."""
        with self.app.services.db.transaction() as tx:
            return sessions.create_link(tx, now=self.app.services.clock.now()).reveal()

    def log_in(self) -> str:
        """Open a session in the client; the session's CSRF token."""
        answer = self.client.post(
            "/login", data={"token": self.link()}, headers={"Origin": BASE}, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        cookie = self.client.cookies["bookbridge"]
        with self.app.services.db.read() as tx:
            found = sessions.find(tx, cookie, now=self.app.services.clock.now())
        assert found is not None
        return found.csrf

    def account(self, name: str = "ann", password: str = PASSWORD) -> None:
        """Make an administrator account."""
        services = self.app.services
        with services.db.transaction() as tx:
            stored = passwords.hashed(Secret(password))
            admins.create(services.db, tx, name, password_hash=stored, now=services.clock.now())

    def enter(self, name: str = "ann", password: str = PASSWORD, **headers: str) -> httpx2.Response:
        """Send the log-in form as this site's page would."""
        form = {"name": name, "password": password}
        return self.client.post("/login", data=form, headers={"Origin": BASE, **headers}, follow_redirects=False)

    def csrf(self) -> str:
        """The CSRF token of the client's open session; empty without one."""
        with self.app.services.db.read() as tx:
            now = self.app.services.clock.now()
            found = sessions.find(tx, self.client.cookies.get("bookbridge") or "", now=now)
        return found.csrf if found else ""

    def send(self, path: str, **form: str) -> httpx2.Response:
        """Send a form of a page."""
        data = {"csrf": self.csrf(), **form}
        return self.client.post(
            path, data=data, headers={"Origin": BASE, "Accept": "text/html"}, follow_redirects=False
        )

    def connect(self, organization_id: str = "10000001", *, name: str = "Demo Trading Inc", **changes: object) -> None:
        """Write a connected organization down without asking Zoho."""
        services = self.app.services
        values: dict[str, object] = {
            "organization_id": organization_id, "region": "us", "name": name, "currency": "USD", "exponent": 2,
            "time_zone": "America/New_York", "info": {}, "grant_id": "grant_1", **changes,
        }  # fmt: skip
        with services.db.transaction() as tx:
            organizations.save(services.db, tx, Organization(**values), at=services.clock.now())  # type: ignore[arg-type]


def build(url: str, home: Path, *, clock: Clock | None = None, **overrides: object) -> Site:
    """An application on the database at ``url``."""
    settings = config.load({}, database_url=url, home=str(home), **overrides)
    app = bootstrap.build(settings, clock=clock)
    return Site.of(app)
