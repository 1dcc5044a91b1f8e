"""Who may call Zoho now: the call budget of one organization as pure functions (RELIABILITY 3, FACTS 2).

``take`` asks for a permit, ``give_back`` returns it with what was seen. Whoever keeps the state (a lock in one
process, a row in a database) calls them one at a time and saves the state every time, after ``Wait`` too: it
records who waits.

How it works. All starts of the last window are kept, so the limit holds exactly over a sliding window. People start at
once while the window has room. Everybody else is spread evenly by a virtual clock over what people do not need, so the
window never fills in lumps and a person who finds it full waits less than a second for the next free place. Between
the spread classes the first in order goes, except that a class that has waited too long gets one call.
"""

import msgspec

from bookbridge.zoho.budget_state import (
    RANKS,
    BudgetPolicy,
    BudgetState,
    BudgetView,
    CallClass,
    Cut,
    Day,
    Demand,
    Granted,
    Held,
    Observation,
    Permit,
    Stop,
    Wait,
)

__all__ = [
    "BudgetPolicy",
    "BudgetState",
    "BudgetView",
    "CallClass",
    "Granted",
    "Observation",
    "Permit",
    "Wait",
    "give_back",
    "observe",
    "take",
    "view",
]

_QUEUED = frozenset(("slots", "minute", "pace", "priority"))
_SLOW_RAISE_PER_S = 0.02
_UNKNOWN_DAY_MS = 3_600_000


def take(
    state: BudgetState, /, *, now_ms: int, call_class: CallClass, policy: BudgetPolicy
) -> tuple[BudgetState, Granted | Wait]:
    """A permit for one call of ``call_class``, or when to ask again."""
    state = _forget(state, now_ms, policy)
    refusal = _refusal(state, now_ms, call_class, policy)
    if refusal is None:
        return _grant(state, now_ms, call_class, policy)
    if refusal.reason not in _QUEUED:
        return state, refusal
    known = state.demands.get(call_class)
    demand = Demand(since_ms=known.since_ms if known else now_ms, until_ms=refusal.until_ms)
    return msgspec.structs.replace(state, demands={**state.demands, call_class: demand}), refusal


def give_back(
    state: BudgetState, permit_id: int, /, *, now_ms: int, observation: Observation, policy: BudgetPolicy
) -> BudgetState:
    """The call with ``permit_id`` is over; learn from it and free its slot (an unknown id frees nothing)."""
    state = observe(state, observation, now_ms=now_ms, policy=policy, permit_id=permit_id)
    return msgspec.structs.replace(state, held=tuple(held for held in state.held if held.permit_id != permit_id))


def observe(
    state: BudgetState,
    observation: Observation,
    /,
    *,
    now_ms: int,
    policy: BudgetPolicy,
    permit_id: int | None = None,
) -> BudgetState:
    """Learn the day's counters and react to a limit; ``permit_id`` names the call that saw it, if it is known."""
    held = next((row for row in state.held if row.permit_id == permit_id), None)
    if observation.rate is not None and observation.rate.limit > 0:
        running = sum(1 for row in state.held if row.permit_id != permit_id)
        day = Day(
            limit=observation.rate.limit,
            remaining=max(0, observation.rate.remaining - running),
            resets_at_ms=now_ms + max(0, observation.rate.reset_s) * 1000,
        )
        state = msgspec.structs.replace(state, day=day)
    if observation.code in (43, 44, 45, 1070):
        state = msgspec.structs.replace(state, limited=state.limited + 1)
        return _limited(state, observation, held, now_ms, policy)
    if held is not None and held.probe and state.stop is not None:
        return _probed(state, observation, now_ms, policy)
    return state


def view(state: BudgetState, /, *, now_ms: int, policy: BudgetPolicy) -> BudgetView:
    """What is left, for people."""
    state = _forget(state, now_ms, policy)
    day, stop = state.day, state.stop
    return BudgetView(
        calls_made=state.next_id - 1,
        calls_limited=state.limited,
        calls_in_window=len(state.starts),
        allowance=int(_allowance(state, now_ms, policy)),
        slots_in_use=len(state.held),
        slots=_slots(state, now_ms, policy),
        day_limit=day.limit if day else None,
        day_remaining=day.remaining if day else None,
        day_resets_at_ms=day.resets_at_ms if day else None,
        stopped_until_ms=stop.until_ms if stop else None,
        reason=stop.reason if stop else "",
    )


def _forget(state: BudgetState, now_ms: int, policy: BudgetPolicy) -> BudgetState:
    """The state without what time has ended: old starts, dead permits, waiters that went away, yesterday."""
    since = now_ms - policy.ms(policy.window_ms)
    grace = max(20, policy.ms(policy.grace_ms))
    return msgspec.structs.replace(
        state,
        starts=tuple(at for at in state.starts if at > since),
        people=tuple(at for at in state.people if at > since),
        held=tuple(row for row in state.held if row.ends_at_ms > now_ms),
        demands={name: row for name, row in state.demands.items() if row.until_ms + grace >= now_ms},
        day=state.day if state.day is not None and state.day.resets_at_ms > now_ms else None,
        slots=None if _slots(state, now_ms, policy) >= policy.slots else state.slots,
    )


def _refusal(state: BudgetState, now_ms: int, call_class: CallClass, policy: BudgetPolicy) -> Wait | None:
    """The first reason why no call of this class may start now."""
    if state.stop is not None:
        return _stopped(state.stop, state, now_ms, policy)
    day = state.day
    if day is not None and day.remaining <= int(day.limit * policy.day_reserve[call_class]):
        return Wait(until_ms=day.resets_at_ms, reason="day")
    if len(state.held) >= policy.slots_for(call_class, _slots(state, now_ms, policy)):
        return Wait(until_ms=now_ms + max(5, policy.ms(policy.poll_ms)), reason="slots")
    if policy.calls:
        refusal = _no_room(state, now_ms, call_class, policy)
        if refusal is not None:
            return refusal
    return _outranked(state, now_ms, call_class, policy)


def _stopped(stop: Stop, state: BudgetState, now_ms: int, policy: BudgetPolicy) -> Wait | None:
    """Nobody before the stop's end; after it one call alone."""
    if now_ms < stop.until_ms:
        return Wait(until_ms=stop.until_ms, reason="stopped")
    if any(row.probe for row in state.held):
        return Wait(until_ms=now_ms + policy.ms(1000), reason="probing")
    return None


def _no_room(state: BudgetState, now_ms: int, call_class: CallClass, policy: BudgetPolicy) -> Wait | None:
    """The minute's limit: the window for everybody, people's share, and the even spread of the others."""
    window = policy.ms(policy.window_ms)
    allowance = int(_allowance(state, now_ms, policy))
    if len(state.starts) >= allowance:
        return Wait(until_ms=state.starts[len(state.starts) - allowance] + window, reason="minute")
    if call_class is CallClass.INTERACTIVE:
        half = max(policy.interactive_calls, allowance // 2)
        crowded = len(state.people) >= half and any(name is not CallClass.INTERACTIVE for name in state.demands)
        return Wait(until_ms=state.people[len(state.people) - half] + window, reason="share") if crowded else None
    room = _others(state, allowance, policy)
    if len(state.starts) - len(state.people) >= room:
        return Wait(until_ms=_others_free_at(state, room) + window, reason="minute")
    earliest = state.paced_at_ms - policy.burst * window // room
    return Wait(until_ms=earliest, reason="pace") if now_ms < earliest else None


def _others(state: BudgetState, allowance: int, policy: BudgetPolicy) -> int:
    """Starts per window for all classes but people: what these used lately stays theirs, and a few more."""
    lately = len(state.people) + 3
    reserve = min(policy.interactive_calls, max(policy.spare_calls, lately)) * allowance // policy.calls
    return max(1, allowance - reserve)


def _others_free_at(state: BudgetState, room: int) -> int:
    """When the oldest start of the spread classes that still stands in the way was made."""
    people = list(state.people)
    others = []
    for at in state.starts:
        if at in people:
            people.remove(at)
        else:
            others.append(at)
    return others[len(others) - room]


def _outranked(state: BudgetState, now_ms: int, call_class: CallClass, policy: BudgetPolicy) -> Wait | None:
    """Whether somebody with a better claim waits for the same place."""
    mine = _claim(call_class, state.demands.get(call_class), now_ms, policy)
    for name, demand in state.demands.items():
        if name is not call_class and _claim(name, demand, now_ms, policy) < mine:
            pause = policy.window_ms / policy.calls if policy.calls else policy.poll_ms
            return Wait(until_ms=now_ms + max(5, policy.ms(pause)), reason="priority")
    return None


def _claim(name: CallClass, demand: Demand | None, now_ms: int, policy: BudgetPolicy) -> tuple[int, int]:
    """Lower goes first: people, then who has waited too long (the longest first), then by class."""
    if name is CallClass.INTERACTIVE:
        return (0, 0)
    if demand is not None and now_ms - demand.since_ms >= policy.ms(policy.starvation_s[name] * 1000):
        return (1, demand.since_ms)
    return (2, RANKS[name])


def _grant(state: BudgetState, now_ms: int, call_class: CallClass, policy: BudgetPolicy) -> tuple[BudgetState, Granted]:
    probe = state.stop is not None
    permit = Permit(permit_id=state.next_id, call_class=call_class, granted_at_ms=now_ms, probe=probe)
    held = Held(
        permit_id=permit.permit_id,
        call_class=call_class,
        granted_at_ms=now_ms,
        ends_at_ms=now_ms + policy.ms(policy.permit_ms),
        probe=probe,
    )
    person = call_class is CallClass.INTERACTIVE
    known = state.demands.get(call_class)
    served = {call_class: msgspec.structs.replace(known, since_ms=now_ms)} if known is not None else {}
    counted = bool(policy.calls)
    day = state.day
    state = msgspec.structs.replace(
        state,
        starts=(*state.starts, now_ms) if counted else (),
        people=(*state.people, now_ms) if counted and person else state.people,
        held=(*state.held, held),
        demands={**state.demands, **served},
        paced_at_ms=state.paced_at_ms if person or not counted else _paced(state, now_ms, policy),
        next_id=state.next_id + 1,
        day=None if day is None else msgspec.structs.replace(day, remaining=max(0, day.remaining - 1)),
    )
    return state, Granted(permit)


def _paced(state: BudgetState, now_ms: int, policy: BudgetPolicy) -> int:
    """The virtual clock after one more start: it advances one interval and never lags behind real time."""
    interval = policy.ms(policy.window_ms) // _others(state, int(_allowance(state, now_ms, policy)), policy)
    return max(state.paced_at_ms, now_ms) + interval


def _allowance(state: BudgetState, now_ms: int, policy: BudgetPolicy) -> float:
    """Starts per window now: the policy's, or less for a while after Zoho said 44."""
    full, cut = float(policy.calls), state.cut
    if cut is None:
        return full
    rising = state.stop is None
    elapsed_s = max(0.0, (now_ms - cut.at_ms) / 1000 / policy.time_scale) if rising else 0.0
    minutes = policy.window_ms / 60_000
    fast = cut.calls + policy.raise_per_s * minutes * elapsed_s
    slow = cut.soft + _SLOW_RAISE_PER_S * minutes * elapsed_s
    return max(1.0, min(full, fast, slow))


def _slots(state: BudgetState, now_ms: int, policy: BudgetPolicy) -> int:
    """Calls at once now: the policy's, or less for a while after Zoho said 1070; one more each minute."""
    if state.slots is None:
        return policy.slots
    return min(policy.slots, state.slots + max(0, now_ms - state.slots_at_ms) // policy.ms(60_000))


def _limited(
    state: BudgetState, observation: Observation, held: Held | None, now_ms: int, policy: BudgetPolicy
) -> BudgetState:
    """React to one of Zoho's four limits (FACTS 2.2)."""
    if observation.code == 1070:
        return _fewer_slots(state, held, now_ms, policy)
    if observation.code == 43:
        seconds = observation.retry_after_s if observation.retry_after_s is not None else policy.abuse_stop_s
        return _stop(state, "abuse", now_ms + policy.ms(seconds * 1000), 0)
    if observation.code == 45 and not (observation.rate is not None and observation.rate.remaining > 0):
        day = state.day or Day(limit=0, remaining=0, resets_at_ms=now_ms + _UNKNOWN_DAY_MS)
        return msgspec.structs.replace(state, day=msgspec.structs.replace(day, remaining=0))
    if state.stop is not None and not (held is not None and held.probe):
        return state
    step = 0 if state.stop is None else state.stop.step + 1
    seconds = policy.stops_s[min(step, len(policy.stops_s) - 1)]
    stopped = _stop(state, "minute", now_ms + policy.ms(seconds * 1000), step)
    return stopped if observation.code == 45 else _cut(stopped, now_ms, policy)


def _stop(state: BudgetState, reason: str, until_ms: int, step: int) -> BudgetState:
    return msgspec.structs.replace(state, stop=Stop(reason=reason, until_ms=until_ms, step=step), demands={})


def _cut(state: BudgetState, now_ms: int, policy: BudgetPolicy) -> BudgetState:
    """After a 44: seven tenths of the allowance, soon raised to just below what was too much, then slowly."""
    if not policy.calls:
        return state
    calls = max(1.0, policy.cut * _allowance(state, now_ms, policy))
    soft = max(calls, 0.9 * len(state.starts), 0.4 * policy.calls)
    return msgspec.structs.replace(state, cut=Cut(calls=calls, soft=soft, at_ms=now_ms))


def _fewer_slots(state: BudgetState, held: Held | None, now_ms: int, policy: BudgetPolicy) -> BudgetState:
    """Half the slots, once for all calls that were running together."""
    if held is not None and state.slots is not None and held.granted_at_ms <= state.slots_at_ms:
        return state
    return msgspec.structs.replace(state, slots=max(1, _slots(state, now_ms, policy) // 2), slots_at_ms=now_ms)


def _probed(state: BudgetState, observation: Observation, now_ms: int, policy: BudgetPolicy) -> BudgetState:
    """The call that tried came back: an answer ends the stop, silence means trying again soon."""
    if observation.status is None or state.stop is None:
        again = now_ms + policy.ms(5000)
        return state if state.stop is None else _stop(state, state.stop.reason, again, state.stop.step)
    cut = state.cut
    return msgspec.structs.replace(
        state,
        stop=None,
        cut=None if cut is None else msgspec.structs.replace(cut, at_ms=now_ms),
        paced_at_ms=now_ms + policy.ms(policy.burst * policy.window_ms / max(1, policy.calls)),
    )
