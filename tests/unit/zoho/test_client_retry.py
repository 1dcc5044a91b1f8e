"""Whether a failed call is repeated: a pure table."""

import pytest

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.net import AmbiguousError, DestinationRefusedError, NotSentError
from bookbridge.zoho.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    ServerFailureError,
    UnreadableAnswerError,
)
from bookbridge.zoho.retry import GiveUp, Retry, RetryPolicy, decide

POLICY = RetryPolicy()
MAYBE = [AmbiguousError("x", kind="timeout"), ServerFailureError(), UnreadableAnswerError()]
NEVER = [RefusedError(), RecordNotFoundError(), DestinationRefusedError(), OutcomeUnknownError(), BookbridgeError()]
LIMIT = [RateLimitedError(kind="minute"), RateLimitedError(kind="concurrency")]


def decided(error: BookbridgeError, *, attempt: int = 1, idempotent: bool = False, jitter: float = 0.0) -> object:
    """The decision under the plain policy."""
    return decide(error, attempt=attempt, idempotent=idempotent, jitter=jitter, policy=POLICY)


@pytest.mark.parametrize("error", MAYBE)
def test_what_may_have_happened_is_repeated_only_when_that_does_no_harm(error: BookbridgeError) -> None:
    """A create is given up as unknown, a read is repeated a few times."""
    assert decided(error) == GiveUp(unknown=True)
    assert isinstance(decided(error, idempotent=True), Retry)
    assert decided(error, idempotent=True, attempt=POLICY.attempts) == GiveUp()


@pytest.mark.parametrize("error", [NotSentError(), *LIMIT])
def test_what_certainly_did_not_happen_is_repeated_even_for_a_create(error: BookbridgeError) -> None:
    """Never sent, or refused for a limit."""
    assert isinstance(decided(error), Retry)
    assert decided(error, attempt=10) == GiveUp()


@pytest.mark.parametrize("error", [*NEVER, RateLimitedError(kind="day"), RateLimitedError(kind="abuse")])
def test_what_will_not_change_is_not_repeated(error: BookbridgeError) -> None:
    """Refusals, a spent day, a block of an hour."""
    assert decided(error, idempotent=True) == GiveUp()


def test_pauses_double_and_are_spread() -> None:
    """Half fixed, half jitter; never longer than the policy's longest; scaled with time."""
    firsts = [decided(NotSentError(), attempt=number, jitter=1.0) for number in (1, 2, 3)]
    assert firsts == [Retry(after_s=0.5), Retry(after_s=1.0), Retry(after_s=2.0)]
    assert decided(NotSentError(), jitter=0.0) == Retry(after_s=0.25)
    slow = RetryPolicy(attempts=99, time_scale=0.1)
    found = decide(NotSentError(), attempt=50, idempotent=True, jitter=1.0, policy=slow)
    assert found == Retry(after_s=pytest.approx(0.8))
