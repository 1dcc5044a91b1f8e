"""Access tokens for one process: a fixed one, or one that is renewed by its refresh token, once for all threads."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bookbridge.kernel.clock import Clock, SystemClock, to_millis
from bookbridge.kernel.ids import RandomIds
from bookbridge.net import TransportError
from bookbridge.zoho import token_policy
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.errors import AccountsUnavailableError, GrantRevokedError, OAuthError
from bookbridge.zoho.token_policy import Blocked, Refresh, RefreshPolicy, RefreshState


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessToken:
    """A token with its version (to tell which one was rejected) and its end (aware, UTC)."""

    value: str = field(repr=False)
    version: str
    expires_at: datetime | None = None


class TokenSource(Protocol):
    """Where a session gets its access token from."""

    def token(self) -> AccessToken:
        """The present token, renewed first where that is due.

        Raises:
            OAuthError: there is none and none can be had now.
        """
        ...

    def rejected(self, token: AccessToken, /) -> None:
        """Zoho refused this token; the next ``token()`` renews it, if it is still the present one."""
        ...


class StaticToken:
    """An access token somebody else obtained; it cannot be renewed."""

    def __init__(self, value: str, /) -> None:
        self._token = AccessToken(value=value, version="static")

    def token(self) -> AccessToken:
        """The token."""
        return self._token

    def rejected(self, token: AccessToken, /) -> None:
        """Nothing can be done; the caller sees Zoho's refusal."""


class CachedTokens:
    """Keeps one access token and renews it: one request for all threads that wait for it."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        refresh_token: str,
        clock: Clock | None = None,
        policy: RefreshPolicy | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._refresh_token = refresh_token
        self._clock = clock or SystemClock()
        self._policy = policy or RefreshPolicy()
        self._lock = threading.Lock()
        self._state = RefreshState()
        self._token: AccessToken | None = None
        self._asked_at = 0.0
        self._lifetime_s = 3600.0
        self._rejected = False
        self._error: OAuthError | None = None

    def token(self) -> AccessToken:
        """The present token, renewed first where that is due; all threads wait for one renewal.

        Raises:
            OAuthError: there is no usable token and none can be had now.
        """
        with self._lock:
            decision = self._plan()
            if isinstance(decision, Refresh):
                self._refresh()
            elif isinstance(decision, Blocked) and not self._usable(self._error):
                raise self._error or AccountsUnavailableError()
            if self._token is None:
                raise self._error or AccountsUnavailableError()
            return self._token

    def rejected(self, token: AccessToken, /) -> None:
        """Renew at the next ``token()``, unless another thread has done so already."""
        with self._lock:
            if self._token is not None and token.version == self._token.version:
                self._rejected = True

    def _plan(self) -> token_policy.Plan:
        age = None if self._token is None else self._clock.monotonic() - self._asked_at
        return token_policy.plan(
            self._state,
            now_ms=to_millis(self._clock.now()),
            token_age_s=age,
            token_lifetime_s=self._lifetime_s,
            rejected=self._rejected,
            jitter=_spread(self._token),
            policy=self._policy,
        )

    def _usable(self, error: OAuthError | None) -> bool:
        """Whether the present token may be used on although renewing it failed with ``error``.

        A rejected one stays in use while Zoho only asks for patience (the refusal may be about a scope), but not
        when the grant itself is gone.
        """
        if self._token is None or self._clock.monotonic() - self._asked_at >= self._lifetime_s:
            return False
        return not (self._rejected and isinstance(error, GrantRevokedError))

    def _refresh(self) -> None:
        now = self._clock.now()
        asked_at = self._clock.monotonic()
        self._state = token_policy.started(
            self._state, now_ms=to_millis(now), rejected=self._rejected, policy=self._policy
        )
        try:
            grant = self._authenticator.refresh(self._refresh_token)
        except (OAuthError, TransportError) as error:
            self._note_failure(error)
            return
        self._state = token_policy.succeeded(self._state)
        self._asked_at, self._lifetime_s = asked_at, float(grant.expires_in)
        self._token = AccessToken(
            value=grant.access_token,
            version=RandomIds().new("tok"),
            expires_at=now + timedelta(seconds=grant.expires_in),
        )
        self._rejected, self._error = False, None

    def _note_failure(self, error: OAuthError | TransportError) -> None:
        """Remember the failure; it reaches the caller only when no usable token is left."""
        known = error if isinstance(error, OAuthError) else AccountsUnavailableError(str(error))
        self._state = token_policy.failed(self._state, known, now_ms=to_millis(self._clock.now()), policy=self._policy)
        self._error = known
        if not self._usable(known):
            raise known


def _spread(token: AccessToken | None) -> float:
    """A number from 0 to 1 that differs between tokens and stays for one."""
    return 0.0 if token is None else (sum(token.version.encode()) % 100) / 100
