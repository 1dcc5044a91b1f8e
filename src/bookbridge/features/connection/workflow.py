"""Connecting and disconnecting: to Zoho's consent page and back, which organizations, and the end of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from bookbridge.access import directory
from bookbridge.access.world import require_same_world
from bookbridge.access.zoho import ZohoAccess
from bookbridge.effects import waking
from bookbridge.effects.ledger import Ledger
from bookbridge.features.connection import policy, store
from bookbridge.features.connection.policy import Choice
from bookbridge.kernel.clock import to_millis
from bookbridge.kernel.errors import BookbridgeError, ConfigurationError
from bookbridge.kernel.ids import IdSource, token
from bookbridge.kernel.secret import Secret
from bookbridge.store import audit, grants, meta, organizations
from bookbridge.store.audit import OPERATOR
from bookbridge.store.db import Tx
from bookbridge.store.grants import NewGrant
from bookbridge.store.organizations import Organization
from bookbridge.zoho import oauth
from bookbridge.zoho.datacenters import Region
from bookbridge.zoho.errors import AccountsUnavailableError, OAuthError, StateMismatchError
from bookbridge.zoho.oauth import TokenGrant

LAST_FAILURE = "last_connect_failure"
ABANDONED = timedelta(hours=1)

log = structlog.get_logger("bookbridge.connection")


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Zoho gave a grant: either ``connected`` is done, or a person must choose with ``ticket`` among ``offered``."""

    grant_id: str
    offered: tuple[Choice, ...]
    connected: tuple[Organization, ...] = ()
    ticket: str = ""


class Connector:
    """The steps of a connection over one installation's ``ZohoAccess``.

    With the ``ledger``, what waited for a connection goes on at once after a reconnect, else within minutes.
    """

    def __init__(self, zoho: ZohoAccess, /, *, ids: IdSource, ledger: Ledger | None = None) -> None:
        self._zoho = zoho
        self._ids = ids
        self._ledger = ledger

    def start(
        self, /, *, browser: str, redirect_uri: str = "", organization_id: str = "", actor: str = OPERATOR
    ) -> str:
        """The address of Zoho's consent page for a browser known by the secret ``browser``.

        ``organization_id`` names the organization a reconnect is for; ``redirect_uri`` is the configured one unless
        the command line listens itself; ``actor`` is who will be told to have connected.

        Raises:
            ConfigurationError: no client id and secret.
            TooManyConnectionsError: see ``policy.guard_grants``.
        """
        options = self._zoho.options
        region = self._home()
        require_same_world(self._zoho.db, is_sandbox=options.is_sandbox)
        self._guard(region)
        self.sweep()
        state, verifier = token(256), token(512)
        with self._zoho.db.transaction() as tx:
            now = self._zoho.db.now(tx)
            store.remember(
                tx, self._zoho.sealer, state, browser=browser, verifier=verifier,
                redirect_uri=redirect_uri or options.callback_uri,
                detail={"organization_id": organization_id, "actor": actor},
                expires_at=now + timedelta(seconds=policy.STATE_S), now=now,
            )  # fmt: skip
        return oauth.authorize_url(
            region,
            client_id=options.client_id,
            redirect_uri=redirect_uri or options.callback_uri,
            state=state,
            code_challenge=oauth.pkce_challenge(verifier),
        )

    def arrive(self, params: Mapping[str, str], /, *, browser: str) -> Arrived:
        """Take the callback's query of the browser that started it; asks Zoho only when everything about it is right.

        Raises:
            StateMismatchError: started elsewhere, used before, or too long ago.
            UnknownRegionError: a region that is not in the table.
            OAuthError, OtherBooksError, NoRefreshTokenError: Zoho refused, or these are other books.
        """
        pending = self._take(params.get("state", ""), browser)
        callback = oauth.read_callback(
            params, expected_state=params["state"], regions=self._zoho.options.regions, default_region=self._home()
        )
        return self.exchange(
            callback.code,
            region=callback.region,
            redirect_uri=pending.redirect_uri,
            verifier=pending.verifier,
            browser=browser,
            organization_id=str(pending.detail.get("organization_id", "")),
            actor=str(pending.detail.get("actor", OPERATOR)),
        )

    def exchange(
        self, code: str, /, *, region: Region, redirect_uri: str = "", verifier: str = "", browser: str = "",
        organization_id: str = "", actor: str = OPERATOR,
    ) -> Arrived:  # fmt: skip
        """Turn a code into a stored grant; connects at once when there is nothing to choose.

        Raises:
            OAuthError: Zoho refused the code.
            OtherBooksError: the grant does not reach ``organization_id``; it is ended again.
        """
        options = self._zoho.options
        self._home()
        self._guard(region)
        authenticator = self._zoho.authenticator(
            region=region.key, client_id=options.client_id, client_secret=options.client_secret.reveal()
        )
        try:
            answer = authenticator.exchange(code, redirect_uri=redirect_uri, code_verifier=verifier)
        except OAuthError as error:
            self._note(error)
            raise
        grant_id = self._keep(answer, region)
        try:
            return self._offer(grant_id, region, browser=browser, intended=organization_id, actor=actor)
        except BookbridgeError:
            self.end_grant(grant_id, reason="the connection was not completed")
            raise

    def choose(self, ticket: str, wanted: Iterable[str], /, *, browser: str) -> tuple[Organization, ...]:
        """Connect the organizations a person chose from what was offered under ``ticket``.

        Raises:
            StateMismatchError: the ticket is of another browser, used, or too old.
            InvalidInputError: nothing, or something that was not offered.
        """
        pending = self._take(ticket, browser)
        offered = [Choice(**each) for each in pending.detail["offered"]]
        ids = policy.chosen(offered, wanted)
        actor = str(pending.detail.get("actor", OPERATOR))
        return self._connect(str(pending.detail["grant_id"]), str(pending.detail["region"]), ids, actor=actor)

    def disconnect(self, organization_ids: Iterable[str], /, *, actor: str = OPERATOR) -> tuple[list[str], bool]:
        """End the connection of these organizations; a grant that serves no other is revoked and its key destroyed.

        Returns the organizations and whether Zoho confirmed every revocation. Orders and history stay.
        """
        ended, used = [], set()
        with self._zoho.db.transaction() as tx:
            at = self._zoho.db.now(tx)
            for organization_id in organization_ids:
                found = organizations.get(tx, organization_id)
                if found is None or found.grant_id is None:
                    continue
                used.add(found.grant_id)
                organizations.assign(tx, organization_id, grant_id=None, region=found.region, at=at)
                ended.append(organization_id)
                self._audit(tx, "disconnected", organization_id, found.grant_id, actor)
        for organization_id in ended:
            self._zoho.forget(organization_id)
        confirmed = [self._end_if_idle(grant_id) for grant_id in sorted(used)]
        log.info("disconnected", organizations=ended)
        return ended, all(confirmed)

    def end_grant(self, grant_id: str, /, *, reason: str) -> bool:
        """Revoke a grant at Zoho and destroy its secrets here; whether Zoho confirmed it."""
        with self._zoho.db.read() as tx:
            grant = grants.get(tx, self._zoho.sealer, grant_id)
        if grant is None:
            return True
        try:
            confirmed = self._zoho.authenticator_of(grant).revoke(grant.refresh_token.reveal())
        except AccountsUnavailableError:
            confirmed = False
        with self._zoho.db.transaction() as tx:
            grants.destroy(tx, grant_id, reason=reason, at=self._zoho.db.now(tx))
        return confirmed

    def sweep(self) -> None:
        """End grants of people who never chose an organization."""
        with self._zoho.db.read() as tx:
            stale = store.abandoned_grants(tx, before=self._zoho.db.now(tx) - ABANDONED)
        for grant_id in stale:
            self.end_grant(grant_id, reason="no organization was chosen")

    def warning(self) -> str:
        """What to say about the number of grants of this client, if anything."""
        try:
            return self._guard(self._home())
        except policy.TooManyConnectionsError as error:
            return str(error)
        except ConfigurationError:
            return ""

    def _home(self) -> Region:
        options = self._zoho.options
        missing = [
            name
            for name, value in (("ZOHO_CLIENT_ID", options.client_id), ("ZOHO_CLIENT_SECRET", options.client_secret))
            if not value
        ]
        if missing:
            raise ConfigurationError(
                f"Set {' and '.join(missing)}: register a client at https://api-console.zoho.com (Server-based, or "
                "Self Client for `connect --code`)."
            )
        return options.regions[options.region]

    def _guard(self, region: Region) -> str:
        with self._zoho.db.read() as tx:
            count = grants.count_of_client(tx, self._zoho.options.client_id, region.key)
        return policy.guard_grants(count)

    def _take(self, state: str, browser: str) -> store.Pending:
        if not state or not browser:
            raise StateMismatchError
        with self._zoho.db.transaction() as tx:
            now = self._zoho.db.now(tx)
            pending = store.take(tx, self._zoho.sealer, state)
        if pending is None or pending.expires_at < now or pending.browser_hash != store.digest(browser):
            raise StateMismatchError
        return pending

    def _keep(self, answer: TokenGrant, region: Region) -> str:
        if not answer.refresh_token:
            raise policy.NoRefreshTokenError
        options = self._zoho.options
        with self._zoho.db.transaction() as tx:
            at = self._zoho.db.now(tx)
            new = NewGrant(
                grant_id=self._ids.new("grt"),
                region=region.key,
                client_id=options.client_id,
                client_secret=options.client_secret,
                refresh_token=Secret(answer.refresh_token),
                access_token=Secret(answer.access_token),
                expires_at=at + timedelta(seconds=answer.expires_in),
                scopes=answer.scope or ",".join(oauth.SCOPES),
            )
            grants.insert(self._zoho.db, tx, self._zoho.sealer, new, at=at)
            meta.drop(tx, LAST_FAILURE)
        return new.grant_id

    def _offer(self, grant_id: str, region: Region, *, browser: str, intended: str, actor: str) -> Arrived:
        rows = directory.visible_organizations(self._zoho.grant_session(grant_id))
        with self._zoho.db.read() as tx:
            known = [each.organization_id for each in organizations.list_all(tx) if each.grant_id is not None]
        offered = policy.choices(rows, connected=known)
        policy.require_intended(offered, intended)
        only = [intended] if intended else [each.organization_id for each in offered]
        if len(only) == 1:
            done = self._connect(grant_id, region.key, only, rows=rows, actor=actor)
            return Arrived(grant_id=grant_id, offered=tuple(offered), connected=done)
        if not offered:
            raise policy.OtherBooksError("This Zoho user belongs to no Zoho Books organization in this region.")
        ticket = self._ticket(grant_id, region, offered, browser, actor)
        return Arrived(grant_id=grant_id, offered=tuple(offered), ticket=ticket)

    def _ticket(self, grant_id: str, region: Region, offered: list[Choice], browser: str, actor: str) -> str:
        ticket = token(256)
        shown = [{"organization_id": e.organization_id, "name": e.name, "connected": e.connected} for e in offered]
        with self._zoho.db.transaction() as tx:
            now = self._zoho.db.now(tx)
            store.remember(
                tx, self._zoho.sealer, ticket, browser=browser, verifier="", redirect_uri="",
                detail={"grant_id": grant_id, "region": region.key, "offered": shown, "actor": actor},
                expires_at=now + timedelta(seconds=policy.STATE_S), now=now,
            )  # fmt: skip
        return ticket

    def _connect(
        self, grant_id: str, region: str, ids: list[str], *, actor: str, rows: list[dict[str, Any]] | None = None
    ) -> tuple[Organization, ...]:
        if rows is None:
            rows = directory.visible_organizations(self._zoho.grant_session(grant_id))
        by_id = {str(row.get("organization_id")): row for row in rows}
        with self._zoho.db.read() as tx:
            at = self._zoho.db.now(tx)
            before = {each.grant_id for each in map(lambda i: organizations.get(tx, i), ids) if each is not None}
        done = [
            self._zoho.adopt(directory.organization_of(by_id[each], region=region, grant_id=grant_id), at=at)
            for each in ids
        ]
        for old in sorted(before - {None, grant_id}, key=str):
            if not str(old).startswith("env_"):  # the environment's token is the operator's own
                self._end_if_idle(str(old))
        with self._zoho.db.transaction() as tx:
            for each in ids:
                self._audit(tx, "connected", each, grant_id, actor)
        woken = sum(waking.hurry(self._ledger, each) for each in ids) if self._ledger else 0
        log.info("connected", organizations=ids, region=region, woken=woken)
        return tuple(done)

    def _audit(self, tx: Tx, action: str, organization_id: str, grant_id: str, actor: str) -> None:
        at = self._zoho.db.now(tx)
        audit.record(tx, at=at, actor=actor, action=action, subject_id=grant_id, organization_id=organization_id)

    def _end_if_idle(self, grant_id: str) -> bool:
        with self._zoho.db.read() as tx:
            busy = organizations.of_grant(tx, grant_id)
        return True if busy else self.end_grant(grant_id, reason="disconnected")

    def _note(self, error: OAuthError) -> None:
        """Remember why connecting failed, for ``doctor``; the sentence has no secret in it."""
        with self._zoho.db.transaction() as tx:
            value = {"error": type(error).__name__, "at_ms": to_millis(self._zoho.db.now(tx))}
            meta.put(self._zoho.db, tx, LAST_FAILURE, json.dumps(value))
