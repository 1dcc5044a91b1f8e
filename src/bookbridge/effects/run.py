"""One run of one effect: read it, send or look, settle or leave it to be woken.

The run holds no database transaction while it talks to Zoho. Its fence is the epoch: the intent that precedes every
send is one conditional update, and whatever a slower run decides later is refused because the epoch moved on.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bookbridge.effects import breaker
from bookbridge.effects.kinds import Context, EffectKind, Existing, Judgement, Reading, Ready, Settlement, Stuck, Waits
from bookbridge.effects.ledger import Effect
from bookbridge.effects.outages import FenceLostError, TooLateError, is_certain, zoho_is_back
from bookbridge.effects.states import OPEN_STATES, Act, Decision, Found, Sent, State, after_look, after_send, patience
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError, NotConnectedError
from bookbridge.store.db import DatabaseError, Tx
from bookbridge.zoho import session as zs
from bookbridge.zoho.errors import BudgetExhaustedError, OAuthError
from bookbridge.zoho.protocol import Prepared

log = logging.getLogger(__name__)

FORGOTTEN_S = 5.0
_NO_CONNECTION = (OAuthError, NotConnectedError)
_STUMBLED = "Something here went wrong that was not foreseen; the log says more. It is tried again."


@dataclass
class _Turn:
    """What a run knows while it works on one effect."""

    effect: Effect
    kind: EffectKind
    prepared: Prepared | None = None
    frozen: bytes = b""
    revision: int = 0
    refusal: str = ""
    certain: bool = False
    counting: bool = False
    with_intent: Callable[[Tx], None] | None = None


class Runner:
    """Runs effects; safe to use from several threads.

    Args:
        context: what the kinds may use.
        kinds: every kind of effect by name.
        owner: the name of this process in the ledger.
    """

    def __init__(self, context: Context, /, *, kinds: Mapping[str, EffectKind], owner: str) -> None:
        self._context = context
        self._kinds = kinds
        self._owner = owner

    def run(self, effect_ids: str, /) -> None:
        """Take effects (ids with a space between), and those that waited for them, to their next resting place.

        Between two of them bulk work looks whether somebody waits for another effect, and gives way.
        """
        waiting = effect_ids.split()
        while waiting:
            waiting[:0] = self._safely(waiting.pop(0))
            if self._context.ledger.gives_way(waiting):
                return

    def sweep(self) -> int:
        """Queue effects that are due and whose run was lost."""
        grace = FORGOTTEN_S * self._context.limits.scale + 1.0
        return self._context.ledger.sweep(grace_s=grace)

    def _safely(self, effect_id: str) -> list[str]:
        try:
            return self._one(effect_id)
        except DatabaseError:
            raise  # nothing can be written down; the sweep finds the effect again
        except Exception:  # a fault of ours must neither spin nor stay unseen, nor stop the other effects of the run
            log.exception("effect %s stumbled", effect_id)
            return self._stumbled(effect_id)

    def _stumbled(self, effect_id: str) -> list[str]:
        """Look again later, with a reason people see; after a day it is for them."""
        with self._context.db.read() as tx:
            effect, now = self._context.ledger.get(tx, effect_id), self._context.db.now(tx)
        if effect is None or effect.state not in OPEN_STATES:
            return []
        if effect.standing(now).age_s > self._context.limits.give_up_s:
            end = State.REVIEW if effect.unsettled else State.FAILED
            return self._settle(_Turn(effect, self._kinds[effect.kind]), Settlement(end, reason=_STUMBLED))
        pause_s = max(self._backoff(effect), (effect.not_before - now).total_seconds())
        return self._leave(effect, Decision(act=_waiting(effect), delay_s=pause_s, reason=_STUMBLED))

    def _one(self, effect_id: str) -> list[str]:
        context = self._context
        with context.db.read() as tx:
            effect = context.ledger.get(tx, effect_id)
            now = context.db.now(tx)
            guard = breaker.view(tx, effect.organization_id) if effect else breaker.BreakerView()
        if effect is None:
            return []
        if effect.state not in OPEN_STATES:
            return self._release(effect) if effect.state is State.DONE else []
        if effect.not_before > now:
            pause_s = (effect.not_before - now).total_seconds()
            return self._leave(effect, Decision(act=_waiting(effect), delay_s=pause_s, reason=effect.reason or ""))
        paused = self._pause_of(effect)
        if paused:
            return self._leave(effect, Decision(act=_waiting(effect), delay_s=self._backoff(effect), reason=paused))
        counting = guard.ambiguous_in_a_row > 0
        turn = _Turn(effect, self._kinds[effect.kind], revision=effect.revision, counting=counting)
        if guard.open_since is not None and turn.kind.creates and not zoho_is_back(context, effect):
            pause = context.limits.breaker_probe_s
            return self._leave(effect, Decision(act=_waiting(effect), delay_s=pause, reason="Zoho does not answer."))
        return self._drive(turn)

    def _pause_of(self, effect: Effect) -> str:
        """Why nothing may be asked of Zoho for the effect's organization now; empty when it may."""
        try:
            return self._context.zoho.organization(effect.organization_id).paused_reason or ""
        except BookbridgeError as error:
            return str(error)

    def _drive(self, turn: _Turn) -> list[str]:
        step: Decision | list[str] = Decision(act=Act.SEND)
        if turn.effect.request is not None:
            turn.frozen, turn.prepared = turn.effect.request, Prepared.thaw(turn.effect.request)
            if turn.effect.state is State.UNKNOWN:
                step = self._look(turn)
        while isinstance(step, Decision):
            match step.act:
                case Act.SEND:
                    step = self._send(turn)
                case Act.LOOK:
                    step = self._look(turn)
                case Act.NEXT_KEY:
                    turn.revision, turn.prepared = turn.revision + 1, None
                    step = Decision(act=Act.SEND)
                case Act.RENEW:
                    step = self._renew(turn)
                case _:
                    step = self._rest(turn, step)
        return step

    def _send(self, turn: _Turn) -> Decision | list[str]:
        """Prepare if need be, take a seat in the budget, write the intent down, send once, classify."""
        context, effect = self._context, turn.effect
        try:
            stop = self._prepare(turn)
            if stop is not None:
                return stop
            session = context.zoho.session(effect.organization_id)
            wait_s = context.limits.budget_wait_s
            with session.reserve(call_class=effect.call_class, wait_s=wait_s) as seat:
                before = effect
                self._intend(turn)
                assert turn.prepared is not None
                outcome = session.once(turn.prepared, call_class=effect.call_class, reservation=seat)
        except FenceLostError:
            return []
        except TooLateError as error:
            return self._not_executed(turn, effect, Sent.NOT_EXECUTED, str(error))
        except BudgetExhaustedError as error:
            return Decision(act=_waiting(effect), delay_s=self._until(error), reason=str(error))
        except InvalidInputError as error:
            return Decision(act=Act.FAIL, reason=f"{error} {error.remedy}".strip())
        except BookbridgeError as error:
            return self._later(effect, error)
        return self._classify(turn, before, outcome)

    def _prepare(self, turn: _Turn) -> Decision | list[str] | None:
        if turn.prepared is not None:
            return None
        try:
            built = turn.kind.prepare(self._context, turn.effect, turn.revision)
        except ArithmeticError:  # an amount or a date at the end of its range would fail for ever
            built = Stuck("An amount or a date is out of range; discard this and send it corrected.")
        if isinstance(built, Stuck):
            return self._settle(turn, Settlement(built.state, reason=built.reason))
        if isinstance(built, Waits):
            return self._wait_for(turn, built)
        if isinstance(built, Existing):
            return self._settle(turn, Settlement(State.DONE, built.zoho_id, built.result))
        ready = built if isinstance(built, Ready) else Ready(built)
        turn.with_intent = ready.with_intent
        turn.prepared = self._context.zoho.session(turn.effect.organization_id).prepare(ready.request)
        turn.frozen = turn.prepared.freeze()
        return None

    def _wait_for(self, turn: _Turn, waits: Waits) -> list[str]:
        context, effect = self._context, replace(turn.effect, revision=turn.revision)
        with context.db.transaction() as tx:
            if context.ledger.wait_for(tx, effect, waits.plan(tx)):
                turn.kind.noted(tx, context, effect, State.PLANNED, "")
        return []

    def _renew(self, turn: _Turn) -> Decision | list[str]:
        """The same document under the same key, built anew: what was sent names something that is gone."""
        effect = turn.effect
        changes: dict[str, Any] = {
            "state": State.PLANNED,
            "request": None,
            "revision": turn.revision + 1,
            "refusals": 0,
            "lookups": 0,
            "intent": {**effect.intent, "renewals": effect.intent.get("renewals", 0) + 1},
        }
        with self._context.db.transaction() as tx:
            if not self._context.ledger.change(tx, effect, **changes):
                return []
        turn.revision, turn.prepared, turn.refusal, turn.certain = turn.revision + 1, None, "", False
        turn.effect = replace(effect, **changes)
        return Decision(act=Act.SEND)

    def _later(self, effect: Effect, error: BookbridgeError) -> Decision:
        """Nothing was sent. Without a connection it waits for one; anything else is given up after a day."""
        old = effect.standing(self._now()).age_s > self._context.limits.give_up_s
        if old and not effect.unsettled and not isinstance(error, _NO_CONNECTION):
            return Decision(act=Act.FAIL, reason=str(error))
        return Decision(act=_waiting(effect), delay_s=self._backoff(effect), reason=str(error))

    def _intend(self, turn: _Turn) -> None:
        context, effect = self._context, turn.effect
        started = context.clock.monotonic()
        with context.db.transaction() as tx:
            epoch = context.ledger.intend(
                tx,
                effect,
                request=turn.frozen,
                revision=turn.revision,
                quarantine_s=context.limits.quarantine_s,
                owner=self._owner,
            )
            if epoch is None:
                raise FenceLostError()
            if turn.with_intent is not None:
                turn.with_intent(tx)
            turn.kind.noted(tx, context, effect, State.PLANNED, "")
        refusals = effect.refusals if turn.revision == effect.revision else 0
        turn.effect = replace(
            effect, epoch=epoch, state=State.UNKNOWN, attempts=effect.attempts + 1, lookups=0, refusals=refusals
        )
        if context.clock.monotonic() - started > context.limits.lease_s - context.limits.call_timeout_s:
            raise TooLateError

    def _classify(self, turn: _Turn, before: Effect, outcome: zs.Outcome) -> Decision | list[str]:
        context, limits = self._context, self._context.limits
        match outcome:
            case zs.Answered(payload):
                assert turn.prepared is not None
                return self._answered(turn, turn.kind.judge(context, turn.effect, turn.prepared, payload))
            case zs.Refused(error):
                turn.refusal, turn.certain = str(error), is_certain(error)
                self._note_refusal(turn, before)
                return after_send(turn.effect.standing(self._now()), Sent.REFUSED, limits=limits)
            case zs.Ambiguous(error):
                return self._ambiguous(turn, str(error))
            case zs.RateLimited(error):
                return self._not_executed(turn, before, Sent.RATE_LIMITED, str(error))
            case zs.NotSent(error) | zs.TokenRejected(error):
                return self._not_executed(turn, before, Sent.NOT_EXECUTED, str(error))

    def _answered(self, turn: _Turn, judgement: Judgement) -> Decision | list[str]:
        if judgement.sent is Sent.AMBIGUOUS:
            return self._ambiguous(turn, judgement.detail)
        differs = judgement.sent is Sent.CREATED_DIFFERENT
        end = State.REVIEW if differs else State.DONE
        return self._settle(turn, Settlement.of(end, judgement), "created")

    def _ambiguous(self, turn: _Turn, detail: str) -> Decision:
        context = self._context
        if turn.kind.creates:
            with context.db.transaction() as tx:
                breaker.ambiguous(context.db, tx, turn.effect.organization_id, limits=context.limits)
                context.ledger.note_attempt(tx, turn.effect.id, turn.effect.epoch, outcome="ambiguous", detail=detail)
        return after_send(
            turn.effect.standing(turn.effect.created_at), Sent.AMBIGUOUS, limits=context.limits, detail=detail
        )

    def _not_executed(self, turn: _Turn, before: Effect, sent: Sent, detail: str) -> list[str]:
        """Certainly not executed: as it was before the intent, to be sent again."""
        context = self._context
        with context.db.transaction() as tx:
            standing = before.standing(context.db.now(tx))
            decision = after_send(standing, sent, limits=context.limits, detail=detail)
            context.ledger.note_attempt(tx, before.id, turn.effect.epoch, outcome="not_executed", detail=detail)
            if decision.act is Act.FAIL:
                return self._end(tx, turn, Settlement(State.FAILED, reason=decision.reason))
            changes = {"attempts": before.attempts, "unsettled": before.unsettled, "owner": None}
            if context.ledger.wait(tx, turn.effect, decision, **changes):
                turn.kind.noted(tx, context, turn.effect, State.PLANNED, detail)
        return []

    def _note_refusal(self, turn: _Turn, before: Effect) -> None:
        """A refusal executed nothing: only an earlier send can still be unsettled."""
        context, refusals = self._context, turn.effect.refusals + 1
        with context.db.transaction() as tx:
            context.ledger.note_attempt(tx, turn.effect.id, turn.effect.epoch, outcome="refused", detail=turn.refusal)
            context.ledger.change(
                tx, turn.effect, refusals=refusals, unsettled=before.unsettled, reason=turn.refusal, request=turn.frozen
            )
        turn.effect = replace(turn.effect, refusals=refusals, unsettled=before.unsettled, reason=turn.refusal)

    def _look(self, turn: _Turn) -> Decision | list[str]:
        """Settle by reading: is our document there?"""
        context, effect = self._context, turn.effect
        assert turn.prepared is not None
        refused = bool(turn.refusal or effect.refusals)
        try:
            reading = turn.kind.look(context, effect, turn.prepared, refused)
        except BudgetExhaustedError as error:
            return Decision(act=Act.WAIT_UNKNOWN, delay_s=self._until(error), reason=str(error))
        except _NO_CONNECTION as error:
            return Decision(act=Act.WAIT_UNKNOWN, delay_s=self._backoff(effect), reason=str(error))
        except BookbridgeError as error:
            reading = Reading(Found.UNREADABLE, detail=str(error))
        turn.effect = replace(effect, lookups=effect.lookups + 1)
        if reading.zoho_id is not None and reading.found in (Found.OURS, Found.OURS_DIFFERENT):
            end = State.DONE if reading.found is Found.OURS else State.REVIEW
            return self._settle(turn, Settlement.of(end, reading), "found")
        if reading.found is Found.SEVERAL and reading.detail:
            return Decision(act=Act.REVIEW, reason=reading.detail)
        refusal = turn.refusal or (effect.reason or "refused" if effect.refusals else "")
        standing = turn.effect.standing(self._now())
        return after_look(standing, reading.found, limits=context.limits, refusal=refusal, certain=turn.certain)

    def _rest(self, turn: _Turn, decision: Decision) -> list[str]:
        if decision.act in (Act.WAIT_PLANNED, Act.WAIT_UNKNOWN):
            return self._leave(turn.effect, decision)
        end = State.FAILED if decision.act is Act.FAIL else State.REVIEW
        return self._settle(turn, Settlement(end, reason=decision.reason))

    def _leave(self, effect: Effect, decision: Decision) -> list[str]:
        context = self._context
        state = State.PLANNED if decision.act is Act.WAIT_PLANNED else State.UNKNOWN
        with context.db.transaction() as tx:
            if context.ledger.wait(tx, effect, decision, lookups=effect.lookups):
                self._kinds[effect.kind].noted(tx, context, effect, state, decision.reason)
        return []

    def _settle(self, turn: _Turn, settlement: Settlement, outcome: str = "") -> list[str]:
        with self._context.db.transaction() as tx:
            if outcome:
                epoch = turn.effect.epoch
                self._context.ledger.note_attempt(tx, turn.effect.id, epoch, outcome=outcome, detail=settlement.reason)
            return self._end(tx, turn, settlement)

    def _end(self, tx: Tx, turn: _Turn, settlement: Settlement) -> list[str]:
        """Record the end, its follow-ups and the effects it releases, all in one transaction."""
        context, effect = self._context, turn.effect
        recorded = context.ledger.settle(
            tx,
            effect,
            settlement.state,
            zoho_id=settlement.zoho_id,
            result=settlement.result,
            reason=settlement.reason,
        )
        if not recorded:
            return []
        if settlement.zoho_id is not None and turn.counting:
            breaker.clear(tx, effect.organization_id)
        context.ledger.audit(tx, effect, settlement.state, zoho_id=settlement.zoho_id, reason=settlement.reason)
        context.landed(tx, effect.organization_id, settlement.landed)  # first: the mirror's lock comes before others
        turn.kind.settled(tx, context, effect, settlement)
        return self._and_those_that_waited(tx, effect) if settlement.state is State.DONE else []

    def _release(self, effect: Effect) -> list[str]:
        """The next portion of those that waited for a done effect, or what a run left that died in between."""
        with self._context.db.transaction() as tx:
            more = self._context.ledger.release(tx, effect.id).more
        return [effect.id] if more else []

    def _and_those_that_waited(self, tx: Tx, effect: Effect) -> list[str]:
        """A first portion is queued; its oldest goes on in this run, which comes back to this effect for the rest."""
        released = self._context.ledger.release(tx, effect.id, keep_first=True)
        return [effect.id] * released.more + ([] if released.first is None else [released.first])

    def _backoff(self, effect: Effect) -> float:
        """Longer for effects that have waited long: a revoked grant must not make thousands of them spin."""
        return patience(effect.standing(self._now()), limits=self._context.limits)

    def _until(self, error: BudgetExhaustedError) -> float:
        now_ms = int(self._now().timestamp() * 1000)
        return max(self._context.limits.retry_pause_s, (error.until_ms - now_ms) / 1000)

    def _now(self) -> datetime:
        with self._context.db.read() as tx:
            return self._context.db.now(tx)


def _waiting(effect: Effect) -> Act:
    return Act.WAIT_PLANNED if effect.state is State.PLANNED else Act.WAIT_UNKNOWN
