"""Zoho for every process of an installation: shared tokens, shared budgets, and the organizations they serve."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bookbridge.access import directory, environment, keyfields
from bookbridge.access.budget import SharedBudget
from bookbridge.access.keyfields import KeyFields
from bookbridge.access.options import AccessOptions
from bookbridge.access.tokens import SharedTokens, refresh_policy
from bookbridge.access.world import require_same_world
from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.kernel.errors import ConfigurationError, NotConnectedError
from bookbridge.net import Transport, TransportError
from bookbridge.net.transport import HttpTransport
from bookbridge.store import grants, organizations
from bookbridge.store.budgets import BudgetRows
from bookbridge.store.db import Database
from bookbridge.store.grants import Grant
from bookbridge.store.organizations import Organization
from bookbridge.store.secrets import Sealer
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.books.client import Books
from bookbridge.zoho.budget import BudgetView, CallClass
from bookbridge.zoho.datacenters import all_origins
from bookbridge.zoho.errors import ZohoError
from bookbridge.zoho.session import Session

CACHE_S = 3.0
"""How long an organization's row is believed without looking again: a pause takes effect within this time."""
TURN_S = 75.0
"""How long a call waits for its turn: longer than a minute's limit lasts, so that no thread is held until tomorrow."""


class ZohoAccess:
    """Sessions for connected organizations; one for each process, safe to share between threads.

    Args:
        db: where grants, organizations and budgets are.
        sealer: opens the grants' secrets.
        options: regions, limits and the environment's own connection.
        transport: what sends calls; by default one that reaches the options' regions and nothing else.
    """

    def __init__(
        self,
        *,
        db: Database,
        sealer: Sealer,
        options: AccessOptions,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.db = db
        self.sealer = sealer
        self.options = options
        self.clock = clock or SystemClock()
        origins = all_origins(options.regions.values())
        self._own: list[HttpTransport] = []
        self._transport = transport or self._opened(
            HttpTransport(origins=origins, timeout_s=options.limits.call_timeout_s)
        )
        self.accounts_transport: Transport = transport or self._opened(
            HttpTransport(origins=origins, timeout_s=options.limits.token_call_s)
        )
        self._budgets = BudgetRows(db, clock=self.clock)
        self._mutex = threading.RLock()
        self._environment_mutex = threading.RLock()
        self._environment_busy = False
        self._environment_done = options.environment is None
        self._tokens: dict[str, SharedTokens] = {}
        self._sessions: dict[tuple[str, str], Session] = {}
        self._seen: dict[str, tuple[Organization, float]] = {}

    def organization(self, organization_id: str, /) -> Organization:
        """The connected organization, at most a few seconds old.

        Raises:
            NotConnectedError: no connection serves it.
            ConfigurationError: the environment's own connection cannot be used as it is set.
        """
        held = self._seen.get(organization_id)
        if held is not None and self.clock.monotonic() < held[1]:
            return held[0]
        self.ensure_environment()
        with self.db.read() as tx:
            found = organizations.get(tx, organization_id)
        if found is None or found.grant_id is None:
            raise NotConnectedError(f"Organization {organization_id} is not connected; run `bookbridge connect`.")
        self._seen[organization_id] = (found, self.clock.monotonic() + CACHE_S)
        return found

    def default_organization(self) -> Organization:
        """The organization of whoever names none.

        Raises:
            NotConnectedError: none is connected, or several are and none is the default.
        """
        self.ensure_environment()
        with self.db.read() as tx:
            named = organizations.get(tx, self.options.organization_id)
            found = named if named and named.grant_id else organizations.default(tx)
            connected = [each for each in organizations.list_all(tx) if each.grant_id is not None]
        if found is not None:
            return found
        if not connected:
            raise NotConnectedError
        raise NotConnectedError(
            "Several organizations are connected; name one of: "
            + ", ".join(f"{each.organization_id} ({each.name})" for each in connected)
            + "."
        )

    def connected(self) -> list[Organization]:
        """Every connected organization, the default first."""
        self.ensure_environment()
        with self.db.read() as tx:
            return [each for each in organizations.list_all(tx) if each.grant_id is not None]

    def session(self, organization_id: str, /) -> Session:
        """A session with the shared token and the shared budget of the organization.

        Raises:
            NotConnectedError: no connection serves it.
        """
        organization = self.organization(organization_id)
        assert organization.grant_id is not None
        key = (organization_id, organization.grant_id)
        with self._mutex:
            if key not in self._sessions:
                self._sessions[key] = self._session(organization, organization.grant_id)
            return self._sessions[key]

    def books(self, organization_id: str, /, *, call_class: str = "interactive") -> Books:
        """The Books client of the organization; its calls count as ``call_class``.

        A limit of a minute is waited for, one of a day is not: ``BudgetExhaustedError``.
        """
        wait_s = TURN_S * self.options.limits.scale
        return Books(self.session(organization_id), call_class=CallClass(call_class), wait_s=wait_s)

    def budget(self, organization_id: str, /) -> SharedBudget:
        """The shared budget of the organization."""
        plan = directory.plan_of(self.organization(organization_id).info)
        policy = self.options.budget_policy(plan=plan)
        return SharedBudget(rows=self._budgets, organization_id=organization_id, policy=policy, clock=self.clock)

    def budget_left(self, organization_id: str, /) -> BudgetView:
        """What the organization's calls have used and what is left."""
        return self.budget(organization_id).view()

    def tokens(self, grant_id: str, /) -> SharedTokens:
        """The shared token of a grant."""
        with self._mutex:
            if grant_id not in self._tokens:
                self._tokens[grant_id] = SharedTokens(
                    db=self.db,
                    sealer=self.sealer,
                    grant_id=grant_id,
                    authenticator=self.authenticator_of,
                    clock=self.clock,
                    limits=self.options.limits,
                    policy=refresh_policy(self.options.limits),
                )
            return self._tokens[grant_id]

    def authenticator_of(self, grant: Grant, /) -> Authenticator:
        """Who talks to the accounts server of a grant's region, with the grant's client."""
        return self.authenticator(
            region=grant.region, client_id=grant.client_id, client_secret=grant.client_secret.reveal()
        )

    def authenticator(self, *, region: str, client_id: str, client_secret: str) -> Authenticator:
        """Who talks to a region's accounts server."""
        found = self.options.regions.get(region)
        if found is None:
            raise ConfigurationError(f"The region {region!r} is not available here.")
        return Authenticator(
            transport=self.accounts_transport, region=found, client_id=client_id, client_secret=client_secret
        )

    def grant_session(self, grant_id: str, /) -> Session:
        """A session that belongs to no organization, to see which ones a grant reaches."""
        with self.db.read() as tx:
            grant = grants.get(tx, self.sealer, grant_id)
        if grant is None:
            raise NotConnectedError
        budget = SharedBudget(
            rows=self._budgets,
            organization_id=f"grant:{grant_id}",
            policy=self.options.budget_policy(plan=""),
            clock=self.clock,
        )
        return Session(
            transport=self._transport,
            region=self.options.regions[grant.region],
            tokens=self.tokens(grant_id),
            budget=budget,
            clock=self.clock,
        )

    def find_key_fields(self, organization_id: str, /) -> KeyFields:
        """Look for the unique custom field, remember the finding and return it.

        Raises:
            ZohoError: the organization could not be asked.
        """
        found = keyfields.find(
            self.session(organization_id), configured=self.options.key_field, confirmed=self.options.key_field_given
        )
        with self.db.transaction() as tx:
            organizations.set_key_field(tx, organization_id, found.name, by_module=found.by_module)
        self.forget(organization_id)
        return found

    def adopt(self, organization: Organization, /, *, at: datetime) -> Organization:
        """Store a newly visible organization, look for its unique field, and return it complete."""
        with self.db.transaction() as tx:
            known = organizations.get(tx, organization.organization_id)
            first = not organizations.list_all(tx)
            kept = organization if known is None else organization.with_fields_of(known)
            organizations.save(self.db, tx, replace(kept, is_default=first), at=at)
            organizations.resume(tx, organization.organization_id)
        self.forget(organization.organization_id)
        with suppress(ZohoError, TransportError):  # the connection stands; `doctor` looks again
            self.find_key_fields(organization.organization_id)
        return self.organization(organization.organization_id)

    def check(self) -> None:
        """What must hold before anything is started.

        Raises:
            ConfigurationError: the database belongs to the sandbox while this is real Zoho, or the reverse; or
                ``BOOKBRIDGE_NUMBERING=zoho`` without the unique custom field.
        """
        require_same_world(self.db, is_sandbox=self.options.is_sandbox)
        if self.options.numbering != "zoho":
            return
        for organization in self.connected():
            if organization.key_field is None and self.find_key_fields(organization.organization_id).name is None:
                raise ConfigurationError(
                    f"BOOKBRIDGE_NUMBERING=zoho needs a custom field on the invoices of {organization.name} that "
                    f"refuses duplicates; create {self.options.key_field or 'one'} and name it in "
                    "BOOKBRIDGE_KEY_FIELD, or use BOOKBRIDGE_NUMBERING=derived."
                )

    def ensure_environment(self) -> None:
        """Make the environment's own connection usable, once a process."""
        if self._environment_done:
            return
        with self._environment_mutex:
            if self._environment_done or self._environment_busy:  # busy: this very thread is connecting it
                return
            self._environment_busy = True
            try:
                require_same_world(self.db, is_sandbox=self.options.is_sandbox)
                environment.connect(self)
                self._environment_done = True
            finally:
                self._environment_busy = False

    def forget(self, organization_id: str, /) -> None:
        """Read the organization's row anew next time."""
        self._seen.pop(organization_id, None)

    def now(self) -> datetime:
        """The database's time."""
        with self.db.read() as tx:
            return self.db.now(tx)

    def close(self) -> None:
        """Close every connection this object opened."""
        for transport in self._own:
            transport.close()
        self._budgets.close()

    def _session(self, organization: Organization, grant_id: str) -> Session:
        return Session(
            transport=self._transport,
            region=self.options.regions[organization.region],
            tokens=self.tokens(grant_id),
            budget=self.budget(organization.organization_id),
            organization_id=organization.organization_id,
            clock=self.clock,
        )

    def _opened(self, transport: HttpTransport) -> HttpTransport:
        self._own.append(transport)
        return transport
