"""The one loop: token, budget, send, decode, observe.

``call`` repeats what is safe to repeat; ``once`` never repeats and says what is known about its one attempt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeAlias

from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.kernel.ids import fraction
from bookbridge.net import AmbiguousError, HttpAnswer, NotSentError, Transport, TransportError
from bookbridge.zoho.answers import Payload, RateHint, decode, rate_hint, without
from bookbridge.zoho.budget import CallClass, Observation, Permit
from bookbridge.zoho.datacenters import Region
from bookbridge.zoho.errors import (
    BudgetExhaustedError,
    OAuthError,
    OutcomeUnknownError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    TokenRejectedError,
    ZohoError,
)
from bookbridge.zoho.limiter import Budget
from bookbridge.zoho.protocol import Prepared, Request, prepare, to_http
from bookbridge.zoho.retry import GiveUp, RetryPolicy, decide
from bookbridge.zoho.tokens import AccessToken, TokenSource


@dataclass(frozen=True, slots=True)
class Answered:
    """Zoho carried it out and said so."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Refused:
    """Zoho refused the request for what it says; whether anything exists is for the caller to read."""

    error: RefusedError | RecordNotFoundError


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly nothing was sent: no permit, no token, no connection, or the last check said no."""

    error: BookbridgeError


@dataclass(frozen=True, slots=True)
class TokenRejected:
    """Not carried out: the token was refused; the token source knows it already."""

    error: TokenRejectedError


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Not carried out: a limit; the budget knows it already."""

    error: RateLimitedError


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been carried out: only reading can tell."""

    error: AmbiguousError | ZohoError


Outcome: TypeAlias = Answered | Refused | NotSent | TokenRejected | RateLimited | Ambiguous


@dataclass(slots=True)
class Reservation:
    """A permit and a token, ready for one call; unused ones give the permit back when the ``with`` block ends."""

    token: AccessToken
    permit: Permit
    budget: Budget = field(repr=False)
    _open: bool = True

    def __enter__(self) -> "Reservation":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release(Observation(sent=False))

    def release(self, observation: Observation, /) -> None:
        """Give the permit back, once."""
        if self._open:
            self._open = False
            self.budget.release(self.permit, observation)

    @property
    def spent(self) -> bool:
        """Whether the permit has been given back already."""
        return not self._open


@dataclass(frozen=True, kw_only=True)
class Session:
    """Calls of one organization in one region; safe to share between threads.

    ``jitter`` gives numbers from 0 to 1 for the pauses between attempts.
    """

    transport: Transport
    region: Region
    tokens: TokenSource
    budget: Budget
    organization_id: str = ""
    clock: Clock = field(default_factory=SystemClock)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    jitter: Callable[[], float] = fraction

    def prepare(self, request: Request, /) -> Prepared:
        """The bytes of a request for this organization.

        Raises:
            InvalidInputError: the request cannot be written.
        """
        return prepare(request, organization_id=self.organization_id)

    def call(
        self,
        request: Request | Prepared,
        /,
        *,
        call_class: CallClass | str = CallClass.INTERACTIVE,
        wait_s: float | None = None,
    ) -> Payload:
        """The answer, repeating where that is safe.

        Raises:
            ZohoError: Zoho's refusal; ``OutcomeUnknownError`` for a write that may have been carried out.
            NotSentError, BudgetExhaustedError, OAuthError: nothing was sent (the last time).
            AmbiguousError: a read got no whole answer.
        """
        prepared = request if isinstance(request, Prepared) else self.prepare(request)
        attempt, renewed = 0, False
        while True:
            attempt += 1
            with self.reserve(call_class=call_class, wait_s=wait_s) as seat:
                try:
                    return self._exchange(prepared, seat, None)
                except TokenRejectedError:
                    self.tokens.rejected(seat.token)
                    if renewed or self.tokens.token().version == seat.token.version:
                        raise
                    renewed = True
                    continue
                except (TransportError, ZohoError) as error:
                    pause_s = self._pause(error, prepared, attempt)
            self.clock.sleep(pause_s)

    def reserve(self, *, call_class: CallClass | str, wait_s: float | None = None) -> Reservation:
        """A token and then a permit, so that the call can start at once.

        Raises:
            BudgetExhaustedError: no permit within ``wait_s`` seconds.
            OAuthError: no token.
        """
        token = self.tokens.token()
        permit = self.budget.acquire(CallClass(call_class), wait_s=wait_s)
        return Reservation(token=token, permit=permit, budget=self.budget)

    def once(
        self,
        request: Request | Prepared,
        /,
        *,
        call_class: CallClass | str = CallClass.ORDER,
        wait_s: float | None = None,
        reservation: Reservation | None = None,
        before_send: Callable[[Permit], None] | None = None,
    ) -> Outcome:
        """Send at most once and say what is known about it; nothing a vendor or a network does is raised.

        ``before_send`` is called immediately before the first byte leaves; a ``BookbridgeError`` of it means
        ``NotSent``, any other exception reaches the caller after the permit has been given back. ``reservation``
        is one that ``reserve`` gave; without it one is made here.
        """
        prepared = request if isinstance(request, Prepared) else self.prepare(request)
        try:
            seat = reservation or self.reserve(call_class=call_class, wait_s=wait_s)
        except (BudgetExhaustedError, OAuthError) as error:
            return NotSent(error)
        if seat.spent:
            raise BookbridgeError("A reservation serves one call; make a new one.")
        with seat:
            return self._outcome(prepared, seat, before_send)

    def _outcome(self, prepared: Prepared, seat: Reservation, before_send: Callable[[Permit], None] | None) -> Outcome:
        check = _LastCheck(before_send, seat.permit)
        try:
            return Answered(self._exchange(prepared, seat, check.run))
        except BookbridgeError as error:
            if error is check.failure:
                return NotSent(error)
            if isinstance(error, TokenRejectedError):
                self.tokens.rejected(seat.token)
            outcome = _outcome_of(error)
            if outcome is None:
                raise
            return outcome

    def _exchange(self, prepared: Prepared, seat: Reservation, before_write: Callable[[], None] | None) -> Payload:
        """Send, give the permit back with what was seen, and decode."""
        http = to_http(prepared, region=self.region, access_token=seat.token.value)
        try:
            answer = self.transport.send(http, before_write=before_write)
        except TransportError as error:
            seat.release(Observation.of_error(error, sent=isinstance(error, AmbiguousError)))
            raise
        return self._decoded(without(answer, seat.token.value), prepared, seat)

    def _decoded(self, answer: HttpAnswer, prepared: Prepared, seat: Reservation) -> Payload:
        rate: RateHint | None = rate_hint(answer.headers)
        try:
            payload = decode(answer, method=prepared.method, path=prepared.path, accept=prepared.accept)
        except ZohoError as error:
            seat.release(Observation.of_error(error, sent=True, rate=rate))
            raise
        seat.release(Observation.of_payload(payload))
        return payload

    def _pause(self, error: TransportError | ZohoError, prepared: Prepared, attempt: int) -> float:
        """Seconds until the next attempt; raises when there is none."""
        decision = decide(
            error, attempt=attempt, idempotent=prepared.repeatable, jitter=self.jitter(), policy=self.retry
        )
        if isinstance(decision, GiveUp):
            if decision.unknown:
                raise OutcomeUnknownError(
                    f"{prepared.method} {prepared.path} got no whole answer; look for the record before sending again.",
                    method=prepared.method,
                    path=prepared.path,
                ) from error
            raise error
        return decision.after_s


def _outcome_of(error: BookbridgeError) -> Outcome | None:
    """The outcome a failure stands for; ``None`` for one that is neither the network's nor Zoho's."""
    if isinstance(error, NotSentError):
        return NotSent(error)
    if isinstance(error, TokenRejectedError):
        return TokenRejected(error)
    if isinstance(error, RateLimitedError):
        return RateLimited(error)
    if isinstance(error, RefusedError | RecordNotFoundError):
        return Refused(error)
    return Ambiguous(error) if isinstance(error, AmbiguousError | ZohoError) else None


class _LastCheck:
    """Runs the caller's check before the first byte and remembers its refusal."""

    def __init__(self, check: Callable[[Permit], None] | None, permit: Permit) -> None:
        self._check = check
        self._permit = permit
        self.failure: BookbridgeError | None = None

    def run(self) -> None:
        """Run the check, if there is one."""
        if self._check is None:
            return
        try:
            self._check(self._permit)
        except BookbridgeError as error:
            self.failure = error
            raise
