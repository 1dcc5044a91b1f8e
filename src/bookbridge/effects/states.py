"""The keyed-intent protocol as decisions: pure code, no clock, no database, no network.

An effect is *planned* until its request is about to leave; then it is *unknown* until an answer or a reading settles
it. Every decision below takes what the ledger knows (``Standing``) and what just happened, and says what to do next.
"""

from dataclasses import dataclass
from enum import StrEnum

from bookbridge.kernel.limits import Limits


class State(StrEnum):
    """Where an effect stands."""

    PLANNED = "planned"
    UNKNOWN = "unknown"
    DONE = "done"
    REVIEW = "review"
    FAILED = "failed"
    DISCARDED = "discarded"


OPEN_STATES = (State.PLANNED, State.UNKNOWN)
"""States from which an effect still moves by itself."""


class Sent(StrEnum):
    """What one send came to."""

    CREATED = "created"
    CREATED_DIFFERENT = "created_different"
    NOT_EXECUTED = "not_executed"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    AMBIGUOUS = "ambiguous"


class Found(StrEnum):
    """What a reading by key came to."""

    OURS = "ours"
    OURS_DIFFERENT = "ours_different"
    FOREIGN = "foreign"
    SEVERAL = "several"
    NOTHING = "nothing"
    OUTDATED = "outdated"
    UNREADABLE = "unreadable"


class Act(StrEnum):
    """What to do next."""

    SETTLE = "settle"
    REVIEW = "review"
    FAIL = "fail"
    WAIT_PLANNED = "wait_planned"
    WAIT_UNKNOWN = "wait_unknown"
    LOOK = "look"
    SEND = "send"
    NEXT_KEY = "next_key"
    RENEW = "renew"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the ledger knows: ``unsettled`` means an earlier send may have been executed without us knowing.

    ``attempts`` counts sends that may have reached Zoho, ``lookups`` readings since the last send, ``refusals`` answers
    that refused the present revision, ``age_s`` seconds since the effect was planned (unscaled time of its database).
    """

    attempts: int = 0
    lookups: int = 0
    refusals: int = 0
    revision: int = 0
    unsettled: bool = False
    age_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """``act`` now, or after ``delay_s`` seconds; ``counts`` whether the send counts as an attempt."""

    act: Act
    delay_s: float = 0.0
    reason: str = ""


MAX_REVISIONS = 3
MAX_REFUSALS = 3
LONGEST_PAUSE_S, LONGEST_WAIT_S = 60.0, 300.0
"""Longest pause after a call that was not executed, and while there is no connection at all (unscaled)."""
LOOK_PAUSES_S = (0.0, 2.0, 5.0, 10.0)
"""Pauses before the readings that follow a refusal, because a list can lag behind a write (FACTS 4.6)."""


def after_send(standing: Standing, sent: Sent, /, *, limits: Limits, detail: str = "") -> Decision:
    """What to do after a send; ``standing`` already counts this send."""
    match sent:
        case Sent.CREATED:
            return Decision(act=Act.SETTLE)
        case Sent.CREATED_DIFFERENT:
            return Decision(act=Act.REVIEW, reason=detail)
        case Sent.NOT_EXECUTED | Sent.RATE_LIMITED:
            return _not_executed(standing, sent, limits, detail)
        case Sent.REFUSED | Sent.UNCLEAR:
            return Decision(act=Act.LOOK)
        case Sent.AMBIGUOUS:
            return Decision(act=Act.WAIT_UNKNOWN, delay_s=limits.quarantine_s, reason=detail)


def patience(standing: Standing, /, *, limits: Limits, longest_s: float = LONGEST_WAIT_S) -> float:
    """Seconds to wait: the longer an effect has waited, the longer, so that thousands of them do not spin."""
    return min(longest_s * limits.scale, max(limits.retry_pause_s, standing.age_s / 4))


def _not_executed(standing: Standing, sent: Sent, limits: Limits, detail: str) -> Decision:
    if standing.age_s > limits.give_up_s and not standing.unsettled:
        return Decision(act=Act.FAIL, reason=f"Not sent for {limits.give_up_s / 3600:.0f} hours: {detail}")
    state = Act.WAIT_UNKNOWN if standing.unsettled else Act.WAIT_PLANNED
    pause_s = limits.retry_pause_s  # of a limit the budget knows how long it lasts
    if sent is Sent.NOT_EXECUTED:
        pause_s = patience(standing, limits=limits, longest_s=LONGEST_PAUSE_S)
    return Decision(act=state, delay_s=pause_s, reason=detail)


def after_look(
    standing: Standing, found: Found, /, *, limits: Limits, refusal: str = "", certain: bool = False
) -> Decision:
    """What to do after a reading by key.

    Args:
        standing: what the ledger knows, this reading counted.
        found: what was read.
        limits: the times of the protocol.
        refusal: why Zoho refused the last send, empty when the last send was ambiguous.
        certain: the refusal is a validation of the content, not a clash of keys.
    """
    match found:
        case Found.OURS:
            return Decision(act=Act.SETTLE)
        case Found.OURS_DIFFERENT:
            return Decision(act=Act.REVIEW, reason="The document in Zoho differs from what was sent.")
        case Found.SEVERAL:
            return Decision(act=Act.REVIEW, reason="Zoho holds more than one document with this key.")
        case Found.FOREIGN:
            return _next_key(standing)
        case Found.UNREADABLE:
            return _unreadable(standing, limits, refusal)
        case Found.OUTDATED:
            return _renew(standing, limits, refusal, certain)
        case Found.NOTHING:
            return _after_nothing(standing, limits, refusal, certain)


def _unreadable(standing: Standing, limits: Limits, refusal: str) -> Decision:
    if standing.age_s > limits.give_up_s:
        reason = f"Zoho could not be read for {limits.give_up_s / 3600:.0f} hours: it is not known what became of it."
        return Decision(act=Act.REVIEW, reason=reason)
    pause_s = limits.retry_pause_s * min(64, 2**standing.lookups)
    return Decision(act=Act.WAIT_UNKNOWN, delay_s=pause_s, reason=refusal)


def _renew(standing: Standing, limits: Limits, refusal: str, certain: bool) -> Decision:
    """Nothing is there and what was sent names something that is gone: build it anew, unless a send is unsettled."""
    if standing.unsettled or standing.revision >= MAX_REVISIONS:
        return _after_nothing(standing, limits, refusal, certain)
    return Decision(act=Act.RENEW)


def _next_key(standing: Standing) -> Decision:
    if standing.revision >= MAX_REVISIONS:
        return Decision(act=Act.REVIEW, reason="Other documents in Zoho use every number this order could have.")
    return Decision(act=Act.NEXT_KEY)


def _after_nothing(standing: Standing, limits: Limits, refusal: str, certain: bool) -> Decision:
    if standing.attempts >= limits.max_attempts:
        return Decision(act=Act.FAIL, reason=refusal or f"No answer could be had in {standing.attempts} attempts.")
    if not refusal:
        return Decision(act=Act.SEND)
    if certain and not standing.unsettled:
        return Decision(act=Act.FAIL, reason=refusal)
    if standing.lookups < len(LOOK_PAUSES_S):
        return Decision(act=Act.WAIT_UNKNOWN, delay_s=LOOK_PAUSES_S[standing.lookups] * limits.scale, reason=refusal)
    if standing.refusals >= MAX_REFUSALS or certain:
        return Decision(act=Act.FAIL, reason=refusal)
    return Decision(act=Act.SEND)
