"""The access token of a grant, shared by every thread and process that use one database.

Threads of a process share one attempt; processes share the refresh lease of the grant's row: whoever takes it
refreshes, the others wait for the next version. No transaction is open while Zoho is asked, and a holder that dies
is replaced when its lease ends (RELIABILITY 2).
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookbridge.kernel.clock import Clock, to_millis
from bookbridge.kernel.limits import Limits
from bookbridge.kernel.secret import Secret
from bookbridge.store import grants, organizations
from bookbridge.store.db import Database, Tx
from bookbridge.store.grants import Grant
from bookbridge.store.secrets import Sealer
from bookbridge.zoho import token_policy
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.errors import AccountsUnavailableError, GrantRevokedError, OAuthError
from bookbridge.zoho.oauth import TokenGrant
from bookbridge.zoho.token_policy import Blocked, Plan, Refresh, RefreshPolicy, RefreshState
from bookbridge.zoho.tokens import AccessToken

POLL_S = 0.05
"""How often a process that waits for another's refresh looks."""


@dataclass(frozen=True)
class _Lease:
    """The right to refresh, given for one version."""

    grant: Grant
    owner: str
    now: datetime


@dataclass(frozen=True)
class _Held:
    """A token with the moment (monotonic) from which on it should be looked at again."""

    token: AccessToken
    version: int
    until: float


class SharedTokens:
    """``zoho.tokens.TokenSource`` over the database; safe to share between threads."""

    def __init__(
        self,
        *,
        db: Database,
        sealer: Sealer,
        grant_id: str,
        authenticator: Callable[[Grant], Authenticator],
        clock: Clock,
        limits: Limits,
        policy: RefreshPolicy,
    ) -> None:
        self._db = db
        self._sealer = sealer
        self._grant_id = grant_id
        self._authenticator = authenticator
        self._clock = clock
        self._limits = limits
        self._policy = policy
        self._jitter = secrets.SystemRandom().random()
        self._mutex = threading.Lock()
        self._held: _Held | None = None
        self._rejected = 0
        self._by_person = False

    def token(self) -> AccessToken:
        """A token that should work; refreshes when it is old or was rejected.

        Raises:
            GrantRevokedError: Zoho no longer honours the grant.
            OAuthError: there is no usable token and none can be had now.
        """
        held = self._fresh()
        if held is not None:
            return held
        with self._mutex:
            return self._fresh() or self._obtain()

    def renew(self) -> AccessToken:
        """A person wants to know whether the grant works: ask Zoho now, unless that is not allowed yet.

        Raises:
            OAuthError: Zoho refused, or there is no usable token and none can be had now.
        """
        with self._mutex:
            self._by_person = True
            try:
                return self._obtain()
            finally:
                self._by_person = False

    def rejected(self, token: AccessToken, /) -> None:
        """Zoho answered 401 to this token; the next ``token()`` gives another if this one is still the stored one."""
        with self._mutex:
            self._rejected = max(self._rejected, int(token.version))
            self._held = None

    def _fresh(self) -> AccessToken | None:
        held = self._held
        if held is None or held.version <= self._rejected or self._clock.monotonic() >= held.until:
            return None
        return held.token

    def _obtain(self) -> AccessToken:
        patience = self._limits.refresh_lease_s + self._limits.token_call_s
        deadline = self._clock.monotonic() + patience
        while True:
            step = self._decide()
            if isinstance(step, AccessToken):
                return step
            if isinstance(step, _Lease):
                return self._refresh(step)
            if self._clock.monotonic() >= deadline:
                raise AccountsUnavailableError("Another process is refreshing the token and does not finish.")
            self._clock.sleep(POLL_S)

    def _decide(self) -> AccessToken | _Lease | None:
        """The stored token, or the right to refresh it, or ``None`` while another process does."""
        with self._db.read() as tx:
            now = self._db.now(tx)
            grant = self._grant(tx)
        decision = self._plan(grant, now)
        if isinstance(decision, Blocked):
            if self._is_rejected(grant) and grant.lease_until is not None and grant.lease_until > now:
                return None  # another process is renewing the rejected token this very moment
            return self._make_do(grant, now)
        if not isinstance(decision, Refresh):
            return self._hold(grant, now)
        lease = self._take_lease(grant)
        if lease is None and self._usable(grant, now) and not self._is_rejected(grant):
            return self._hold(grant, now)  # still good: no need to wait for the other's refresh
        return lease

    def _grant(self, tx: Tx) -> Grant:
        grant = grants.get(tx, self._sealer, self._grant_id)
        if grant is None or grant.state != grants.ACTIVE:
            raise GrantRevokedError
        return grant

    def _plan(self, grant: Grant, now: datetime) -> Plan:
        return token_policy.plan(
            _history(grant),
            now_ms=to_millis(now),
            token_age_s=_age_s(grant, now),
            token_lifetime_s=grant.lifetime_s,
            rejected=self._by_person or self._is_rejected(grant),
            by_person=self._by_person,
            jitter=self._jitter,
            policy=self._policy,
        )

    def _is_rejected(self, grant: Grant) -> bool:
        return grant.access is not None and grant.access.version <= self._rejected

    @staticmethod
    def _usable(grant: Grant, now: datetime) -> bool:
        return grant.access is not None and grant.access.expires_at > now

    def _make_do(self, grant: Grant, now: datetime) -> AccessToken:
        """While refreshing is stopped the present token stays in use as long as it lives."""
        if self._usable(grant, now):
            return _token(grant)
        raise _ERRORS.get(grant.last_error, AccountsUnavailableError)()

    def _hold(self, grant: Grant, now: datetime) -> AccessToken:
        """Keep the stored token in memory until it is due for renewal."""
        assert grant.access is not None
        token = _token(grant)
        spread = self._policy.early_s + self._jitter * (self._policy.late_s - self._policy.early_s)
        left = spread * grant.lifetime_s / 3600 - (_age_s(grant, now) or 0.0)
        self._held = _Held(token, grant.access.version, self._clock.monotonic() + max(0.0, left))
        return token

    def _take_lease(self, seen: Grant) -> _Lease | None:
        owner = secrets.token_hex(8)
        with self._db.transaction() as tx:
            now = self._db.now(tx)
            version = seen.access.version if seen.access else 0
            until = now + timedelta(seconds=self._limits.refresh_lease_s)
            if not grants.take_lease(tx, self._grant_id, owner=owner, version=version, now=now, until=until):
                return None
            grant = self._grant(tx)
            if not isinstance(self._plan(grant, now), Refresh):
                grants.end_lease(tx, self._grant_id, owner=owner)
                return None
            state = token_policy.started(
                _history(grant), now_ms=to_millis(now), rejected=self._is_rejected(grant), policy=self._policy
            )
            _remember(tx, grant, state)
        return _Lease(grant, owner, now)

    def _refresh(self, lease: _Lease) -> AccessToken:
        try:
            answer = self._authenticator(lease.grant).refresh(lease.grant.refresh_token.reveal())
        except OAuthError as error:
            return self._failed(lease, error)
        return self._store(lease, answer)

    def _store(self, lease: _Lease, answer: TokenGrant) -> AccessToken:
        with self._db.transaction() as tx:
            now = self._db.now(tx)
            grant = self._grant(tx)
            grants.save_refreshed(
                tx,
                self._sealer,
                self._grant_id,
                token=Secret(answer.access_token),
                version=(lease.grant.access.version if lease.grant.access else 0) + 1,
                expires_at=lease.now + timedelta(seconds=answer.expires_in),
                at=now,
            )
            _remember(tx, grant, token_policy.succeeded(_history(grant)), lifetime_s=answer.expires_in)
            return self._hold(self._grant(tx), now)

    def _failed(self, lease: _Lease, error: OAuthError) -> AccessToken:
        with self._db.transaction() as tx:
            now = self._db.now(tx)
            grant = self._grant(tx)
            state = token_policy.failed(_history(grant), error, now_ms=to_millis(now), policy=self._policy)
            _remember(tx, grant, state, error=error)
            grants.end_lease(tx, self._grant_id, owner=lease.owner)
            if state.revoked:
                _give_up(tx, self._grant_id, reason=str(error), at=now)
        if self._usable(grant, now) and not state.revoked and not self._by_person:
            return _token(grant)
        raise error


def refresh_policy(limits: Limits, /) -> RefreshPolicy:
    """Zoho's rules on refreshing with the times of ``limits``; a token's age is never scaled."""
    plain = RefreshPolicy()
    return RefreshPolicy(
        forced_apart_s=plain.forced_apart_s * limits.scale,
        tries_within_s=plain.tries_within_s * limits.scale,
        throttled_s=plain.throttled_s * limits.scale,
        failed_pause_s=plain.failed_pause_s * limits.scale,
        revoked_apart_s=limits.revoked_after_s,
    )


_ERRORS = {kind.__name__: kind for kind in OAuthError.__subclasses__()}


def _give_up(tx: Tx, grant_id: str, *, reason: str, at: datetime) -> None:
    """A revoked grant pauses its organizations; their orders are kept and go on after a reconnect."""
    grants.mark(tx, grant_id, state=grants.REVOKED, reason=reason, at=at)
    organizations.pause_grant(tx, grant_id, reason="Zoho no longer honours the connection; run `bookbridge connect`.")


def _remember(
    tx: Tx, grant: Grant, state: RefreshState, *, lifetime_s: int | None = None, error: OAuthError | None = None
) -> None:
    grants.save_history(
        tx,
        grant.grant_id,
        history=state.to_json().decode(),
        lifetime_s=lifetime_s or grant.lifetime_s,
        last_error=type(error).__name__ if error else "",
    )


def _age_s(grant: Grant, now: datetime) -> float | None:
    """Seconds since the stored token was asked for; ``None`` without one."""
    if grant.access is None:
        return None
    return grant.lifetime_s - (grant.access.expires_at - now).total_seconds()


def _history(grant: Grant) -> RefreshState:
    return RefreshState.from_json(grant.history) if grant.history else RefreshState()


def _token(grant: Grant) -> AccessToken:
    assert grant.access is not None
    stored = grant.access
    return AccessToken(value=stored.value.reveal(), version=str(stored.version), expires_at=stored.expires_at)
