"""The values of the call budget: classes, policy, state, observations (RELIABILITY 3). Pure data.

Times are milliseconds since 1970 on one clock per state. Durations of the policy are given unscaled and multiplied by
``time_scale``; only the day's reset, which is the calendar's, is never scaled.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.zoho.answers import Payload, RateHint
from bookbridge.zoho.errors import RateLimitedError, ZohoError


class CallClass(StrEnum):
    """Who a call is for, first to last."""

    INTERACTIVE = "interactive"
    ORDER = "order"
    PAYMENT = "payment"
    REMINDER = "reminder"
    SYNC = "sync"
    RECONCILE = "reconcile"


RANKS: dict[CallClass, int] = {name: rank for rank, name in enumerate(CallClass)}

STARVATION_S: dict[CallClass, float] = {
    CallClass.INTERACTIVE: 0.0,
    CallClass.ORDER: 10.0,
    CallClass.PAYMENT: 30.0,
    CallClass.REMINDER: 120.0,
    CallClass.SYNC: 300.0,
    CallClass.RECONCILE: 600.0,
}
"""Seconds after which a waiting class gets one call ahead of the classes above it (interactive excepted)."""

DAY_RESERVE: dict[CallClass, float] = {
    CallClass.INTERACTIVE: 0.0,
    CallClass.ORDER: 0.10,
    CallClass.PAYMENT: 0.10,
    CallClass.REMINDER: 0.15,
    CallClass.SYNC: 0.30,
    CallClass.RECONCILE: 0.30,
}
"""The share of the day's calls a class leaves to those before it; a tenth is for people alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetPolicy:
    """How many calls may start and run.

    ``calls`` starts per ``window_ms`` (0: no limit of the minute), ``slots`` at once. Of these, people
    (``interactive``) always find ``interactive_slots`` and up to ``interactive_calls``; what they have not used lately
    is lent out again down to ``spare_calls``. Classes below orders and payments leave ``order_slots`` to them.
    ``burst`` calls may start at once after a rest, then they are spread evenly. ``grace_ms`` is how late a waiter may
    come back before its place is given away; ``permit_ms`` how long a permit is kept for a process that died.
    """

    calls: int = 97
    window_ms: int = 61_000
    slots: int = 10
    interactive_slots: int = 2
    order_slots: int = 1
    interactive_calls: int = 12
    spare_calls: int = 5
    burst: int = 6
    grace_ms: int = 400
    poll_ms: int = 50
    permit_ms: int = 60_000
    stops_s: tuple[float, ...] = (60.0, 90.0, 135.0)
    abuse_stop_s: float = 3600.0
    cut: float = 0.7
    raise_per_s: float = 1.4
    time_scale: float = 1.0
    day_reserve: dict[CallClass, float] = field(default_factory=lambda: DAY_RESERVE)
    starvation_s: dict[CallClass, float] = field(default_factory=lambda: STARVATION_S)

    @classmethod
    def for_minute(cls, calls_per_minute: int, /, *, slots: int = 10, time_scale: float = 1.0) -> "BudgetPolicy":
        """The policy for Zoho's limit of ``calls_per_minute`` (100): three calls and a second are left for jitter.

        0 lifts the minute's limit and keeps the slots. ``slots`` is 10, or 3 of 5 on the Free plan.
        """
        if calls_per_minute < 0 or slots < 1:
            raise BookbridgeError("The calls per minute cannot be negative, and one call at a time is the least.")
        calls = 0 if calls_per_minute == 0 else max(1, calls_per_minute - max(1, calls_per_minute * 3 // 100))
        people = min(12, calls // 8)
        return cls(
            calls=calls,
            slots=slots,
            interactive_slots=min(2, slots - 1),
            order_slots=1 if slots > 3 else 0,
            interactive_calls=people,
            spare_calls=min(5, people),
            burst=min(6, max(1, calls // 16)) if calls else 6,
            time_scale=time_scale,
        )

    def slots_for(self, call_class: CallClass, slots: int | None = None, /) -> int:
        """How many of ``slots`` (the policy's) calls of a class and those below it may use together; at least one."""
        kept = 0 if call_class is CallClass.INTERACTIVE else self.interactive_slots
        if RANKS[call_class] > RANKS[CallClass.PAYMENT]:
            kept += self.order_slots
        return max(1, (self.slots if slots is None else slots) - kept)

    def ms(self, millis: float) -> int:
        """A duration in milliseconds, scaled; at least one."""
        return max(1, round(millis * self.time_scale))


@dataclass(frozen=True, kw_only=True, slots=True)
class Permit:
    """The right to make one call now; ``probe`` marks the one call that tries whether a stop is over."""

    permit_id: int
    call_class: CallClass
    granted_at_ms: int
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """The call may start now."""

    permit: Permit


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Ask again at ``until_ms``. ``reason``: stopped, probing, day, slots, minute, share, pace, priority."""

    until_ms: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a finished call says about the limits.

    ``sent`` is whether Zoho may have counted it, ``status`` the HTTP status when there was an answer, ``code``
    Zoho's code of a limit (43, 44, 45, 1070).
    """

    sent: bool = True
    status: int | None = None
    code: int | None = None
    retry_after_s: float | None = None
    rate: RateHint | None = None

    @classmethod
    def of_payload(cls, payload: Payload, /) -> "Observation":
        """What a success says."""
        return cls(status=payload.status, code=0, rate=payload.rate)

    @classmethod
    def of_error(cls, error: BookbridgeError, /, *, sent: bool, rate: RateHint | None = None) -> "Observation":
        """What a failure says."""
        if isinstance(error, RateLimitedError):
            return cls(status=error.status, code=error.code or 44, retry_after_s=error.retry_after_s, rate=rate)
        status = error.status if isinstance(error, ZohoError) else None
        return cls(sent=sent, status=status, rate=rate)


class Held(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A call that is running."""

    permit_id: int
    call_class: CallClass
    granted_at_ms: int
    ends_at_ms: int
    probe: bool = False


class Demand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Somebody of a class waits: since when without a call, and when it was told to come back."""

    since_ms: int
    until_ms: int


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """No call may start before ``until_ms``; then one tries. ``step`` counts the tries that failed."""

    reason: str
    until_ms: int
    step: int = 0


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The day's counters as the last answer told them; the calendar's reset in milliseconds."""

    limit: int
    remaining: int
    resets_at_ms: int


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """The allowance after a 44: ``calls`` per window at ``at_ms``, raised from there; ``soft`` is raised slowly."""

    calls: float
    soft: float
    at_ms: int


class BudgetState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One organization's budget; small enough to be read and written with every call.

    ``starts`` are all starts in the window, ``people`` those of interactive calls, ``paced_at_ms`` the virtual time
    of the evenly spread classes.
    """

    starts: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    held: tuple[Held, ...] = ()
    demands: dict[CallClass, Demand] = {}
    paced_at_ms: int = 0
    next_id: int = 1
    limited: int = 0
    stop: Stop | None = None
    day: Day | None = None
    cut: Cut | None = None
    slots: int | None = None
    slots_at_ms: int = 0

    def to_json(self) -> bytes:
        """The state as a JSON text below 4 kB."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, raw: bytes | str, /) -> "BudgetState":
        """The state that ``to_json`` wrote."""
        return msgspec.json.decode(raw, type=cls)


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetView:
    """What people see of a budget; ``None`` where Zoho has not said yet.

    ``calls_made`` counts every call that was ever let through, in all processes, ``calls_limited`` those that Zoho
    answered with one of its limits.
    """

    calls_made: int
    calls_limited: int
    calls_in_window: int
    allowance: int
    slots_in_use: int
    slots: int
    day_limit: int | None
    day_remaining: int | None
    day_resets_at_ms: int | None
    stopped_until_ms: int | None
    reason: str
