"""When to ask Zoho for a new access token, pure (FACTS 1.6, RELIABILITY 2).

Zoho locks a grant out after about ten tokens in ten minutes, and asking again prolongs it. So: one token an hour,
renewed early with jitter; a rejected token renews at most once a minute; three tries in ten minutes in all; silence
for ten minutes after "Access Denied", during which the present token stays in use.
"""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from bookbridge.zoho.errors import GrantRevokedError, OAuthError, TokenThrottledError


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshPolicy:
    """Times in seconds; ages are counted from before the token was asked for."""

    early_s: float = 50 * 60.0
    late_s: float = 55 * 60.0
    forced_apart_s: float = 60.0
    tries: int = 3
    tries_by_person: int = 5
    tries_within_s: float = 600.0
    throttled_s: float = 600.0
    failed_pause_s: float = 5.0
    revoked_apart_s: float = 30.0


class RefreshState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered about one grant's refreshing; times in milliseconds since 1970, 0 for never."""

    tries: tuple[int, ...] = ()
    forced_at_ms: int = 0
    blocked_until_ms: int = 0
    refused_at_ms: int = 0
    revoked: bool = False

    def to_json(self) -> bytes:
        """The state as a small JSON text."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, raw: bytes | str, /) -> "RefreshState":
        """The state that ``to_json`` wrote."""
        return msgspec.json.decode(raw, type=cls)


@dataclass(frozen=True, slots=True)
class UseCurrent:
    """The present token is good enough."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Ask for a new one now, after ``started`` has been recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """There is no usable token and none may be asked for before ``until_ms``."""

    until_ms: int
    reason: str


Plan: TypeAlias = UseCurrent | Refresh | Blocked


def plan(
    state: RefreshState,
    /,
    *,
    now_ms: int,
    token_age_s: float | None,
    token_lifetime_s: float = 3600.0,
    rejected: bool = False,
    by_person: bool = False,
    jitter: float = 0.0,
    policy: RefreshPolicy = RefreshPolicy(),
) -> Plan:
    """What to do about a grant whose present token is ``token_age_s`` old (``None``: there is none).

    ``rejected`` says that Zoho has just refused that very token; ``jitter`` is a number from 0 to 1, fixed per
    token, that spreads renewals over the last ten minutes; ``by_person`` allows two more tries.
    """
    expired = token_age_s is None or token_age_s >= token_lifetime_s
    due = policy.early_s + jitter * (policy.late_s - policy.early_s)
    wanted = expired or rejected or (token_age_s or 0.0) >= due * token_lifetime_s / 3600.0
    if not wanted:
        return UseCurrent()
    until, reason = _barrier(state, now_ms, rejected and not expired, by_person, policy)
    if until <= now_ms:
        return Refresh()
    return Blocked(until_ms=until, reason=reason) if expired or rejected else UseCurrent()


def started(
    state: RefreshState,
    /,
    *,
    now_ms: int,
    rejected: bool = False,
    policy: RefreshPolicy = RefreshPolicy(),
) -> RefreshState:
    """Remember a try, before the request leaves: a try that dies counts too."""
    tries = (*_recent(state, now_ms, policy), now_ms)
    return msgspec.structs.replace(state, tries=tries, forced_at_ms=now_ms if rejected else state.forced_at_ms)


def succeeded(state: RefreshState, /) -> RefreshState:
    """A new token came: the grant lives and nothing is blocked."""
    return msgspec.structs.replace(state, blocked_until_ms=0, refused_at_ms=0, revoked=False)


def failed(
    state: RefreshState,
    error: OAuthError,
    /,
    *,
    now_ms: int,
    policy: RefreshPolicy = RefreshPolicy(),
) -> RefreshState:
    """No token came. Revoked only after two definite refusals that are some time apart (RELIABILITY 2)."""
    if isinstance(error, TokenThrottledError):
        return msgspec.structs.replace(state, blocked_until_ms=now_ms + _ms(policy.throttled_s))
    if isinstance(error, GrantRevokedError):
        first = state.refused_at_ms or now_ms
        apart = _ms(policy.revoked_apart_s)
        again = max(first + apart, now_ms + _ms(policy.failed_pause_s))
        return msgspec.structs.replace(
            state, refused_at_ms=first, revoked=now_ms - first >= apart, blocked_until_ms=again
        )
    return msgspec.structs.replace(state, blocked_until_ms=now_ms + _ms(policy.failed_pause_s))


def _barrier(state: RefreshState, now_ms: int, forced: bool, by_person: bool, policy: RefreshPolicy) -> tuple[int, str]:
    """The latest moment before which asking is not allowed, and why; 0 when nothing stands in the way."""
    tries = _recent(state, now_ms, policy)
    allowed = policy.tries_by_person if by_person else policy.tries
    barriers = [(state.blocked_until_ms, "Zoho refused a token a moment ago")]
    if len(tries) >= allowed:
        barriers.append((tries[-allowed] + _ms(policy.tries_within_s), "too many tokens were asked for"))
    if forced and state.forced_at_ms:
        barriers.append((state.forced_at_ms + _ms(policy.forced_apart_s), "a rejected token was renewed just now"))
    return max(barriers)


def _recent(state: RefreshState, now_ms: int, policy: RefreshPolicy) -> tuple[int, ...]:
    return tuple(at for at in state.tries if at > now_ms - _ms(policy.tries_within_s))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
