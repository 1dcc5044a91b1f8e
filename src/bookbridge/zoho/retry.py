"""Whether a failed call may be repeated, as a pure decision; sleeping and sending are the session's."""

from dataclasses import dataclass
from typing import TypeAlias

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.net import AmbiguousError, DestinationRefusedError, NotSentError
from bookbridge.zoho.errors import RateLimitedError, ServerFailureError, UnreadableAnswerError


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """``attempts`` in all; pauses double from ``first_pause_s`` up to ``longest_pause_s``, times ``time_scale``."""

    attempts: int = 4
    limit_attempts: int = 3
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0
    time_scale: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """Send again after that many seconds."""

    after_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveUp:
    """Do not send again; ``unknown`` says that the request may have been carried out."""

    unknown: bool = False


Decision: TypeAlias = Retry | GiveUp


def decide(
    error: BookbridgeError, /, *, attempt: int, idempotent: bool, jitter: float, policy: RetryPolicy
) -> Decision:
    """What to do after attempt number ``attempt`` (from 1) failed with ``error``.

    ``idempotent`` says whether repeating the request does no harm; ``jitter`` is a number from 0 to 1. A request
    that certainly was not carried out (never sent, or refused for a limit) may be repeated whatever it is; one that
    may have been carried out only when it is idempotent.
    """
    if isinstance(error, DestinationRefusedError):
        return GiveUp()
    if isinstance(error, RateLimitedError):
        return _after_limit(error, attempt, jitter, policy)
    if isinstance(error, NotSentError):
        return _again(attempt, jitter, policy)
    if isinstance(error, AmbiguousError | ServerFailureError | UnreadableAnswerError):
        return _again(attempt, jitter, policy) if idempotent else GiveUp(unknown=True)
    return GiveUp()


def _after_limit(error: RateLimitedError, attempt: int, jitter: float, policy: RetryPolicy) -> Decision:
    """Limits of a minute and of concurrency pass soon, and the budget does the waiting; the others do not."""
    if error.kind in ("day", "abuse") or attempt >= policy.limit_attempts:
        return GiveUp()
    return Retry(after_s=_pause(attempt, jitter, policy))


def _again(attempt: int, jitter: float, policy: RetryPolicy) -> Decision:
    return GiveUp() if attempt >= policy.attempts else Retry(after_s=_pause(attempt, jitter, policy))


def _pause(attempt: int, jitter: float, policy: RetryPolicy) -> float:
    """Half of the pause is fixed, half is jitter, so that many clients do not return together."""
    longest = min(policy.longest_pause_s, policy.first_pause_s * 2.0 ** (attempt - 1))
    return policy.time_scale * longest * (0.5 + 0.5 * jitter)
