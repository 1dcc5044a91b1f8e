"""The effects ledger: the rows that are the truth about each write to Zoho, and the only changes they go through."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.effects.runs import WAKE_PRIORITY, Runs
from bookbridge.effects.states import OPEN_STATES, Act, Decision, Standing, State
from bookbridge.store import tables
from bookbridge.store.db import Tx

_T = tables.effects


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the ledger as it was read; ``epoch`` fences every later change."""

    id: str
    organization_id: str
    kind: str
    ekey: str
    content_hash: str
    order_pk: str | None
    depends_on: str | None
    call_class: str
    state: State
    intent: dict[str, Any]
    request: bytes | None
    revision: int
    epoch: int
    not_before: datetime
    attempts: int
    lookups: int
    refusals: int
    unsettled: bool
    priority: int
    zoho_id: str | None
    result: dict[str, Any] | None
    reason: str | None
    created_at: datetime

    def standing(self, now: datetime) -> Standing:
        """What the pure protocol needs to know."""
        return Standing(
            attempts=self.attempts,
            lookups=self.lookups,
            refusals=self.refusals,
            revision=self.revision,
            unsettled=self.unsettled,
            age_s=(now - self.created_at).total_seconds(),
        )


_COLUMNS = tuple(_T.c[name] for name in Effect.__slots__)
_ONE = sa.select(*_COLUMNS).where(_T.c.id == sa.bindparam("id"))
_ONE_HELD = _ONE.with_for_update(read=True)
_PLANNED = sa.select(_T.c.id, _T.c.state, _T.c.content_hash, _T.c.zoho_id).where(
    _T.c.organization_id == sa.bindparam("organization_id"), _T.c.ekey == sa.bindparam("ekey")
)
"""The queries of every order, built once: SQLAlchemy takes longer to build one than SQLite to answer it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """An effect to be: ``ekey`` is its identity for ever, ``intent`` what its kind needs to build the request."""

    kind: str
    ekey: str
    organization_id: str
    intent: dict[str, Any]
    call_class: str = "order"
    order_pk: str | None = None
    depends_on: str | None = None
    content_hash: str = ""
    priority: int = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """The effect that now stands for a plan; ``is_new`` is false when its identity was planned before."""

    effect_id: str
    is_new: bool
    state: State
    content_hash: str
    zoho_id: str | None


class Ledger(Runs):
    """Planning, fencing and settling of effects; every method works inside the caller's transaction."""

    def plan(self, tx: Tx, plan: Plan, /) -> Planned:
        """Write an effect down and queue its run, unless its identity is there already."""
        existing = self._by_ekey(tx, plan.organization_id, plan.ekey)
        if existing is not None:
            return existing
        (planned,) = self.plan_all(tx, [plan])
        if planned is not None:
            return planned
        there = self._by_ekey(tx, plan.organization_id, plan.ekey)
        assert there is not None
        return there

    def plan_all(self, tx: Tx, plans: Sequence[Plan], /) -> list[Planned | None]:
        """Write effects down in few statements and queue their runs; ``None`` for an identity planned before."""
        released = {each: self._released(tx, each) for each in sorted({p.depends_on for p in plans if p.depends_on})}
        waits = [plan.depends_on is not None and not released[plan.depends_on] for plan in plans]
        now = self.db.now(tx)
        rows = [self._row(plan, now, waits=each) for plan, each in zip(plans, waits, strict=True)]
        new = self.db.insert_absent(tx, _T, rows)
        made: list[Planned | None] = []
        for plan, row in zip(plans, rows, strict=True):
            if row["id"] not in new:
                made.append(None)
                continue
            if row["run_id"] is not None:
                self.queue_planned(tx, row["run_id"], (row["id"], plan.organization_id, plan.priority))
            made.append(Planned(row["id"], True, State.PLANNED, plan.content_hash, None))
        return made

    def _row(self, plan: Plan, now: datetime, *, waits: bool) -> dict[str, Any]:
        return {
            "id": self._ids.new("eff"),
            "organization_id": plan.organization_id,
            "kind": plan.kind,
            "ekey": plan.ekey,
            "content_hash": plan.content_hash,
            "order_pk": plan.order_pk,
            "depends_on": plan.depends_on,
            "call_class": plan.call_class,
            "state": State.PLANNED,
            "intent": plan.intent,
            "priority": plan.priority,
            "run_id": None if waits else self._ids.new("run"),
            "not_before": now,
            "created_at": now,
            "updated_at": now,
        }

    def get(self, tx: Tx, effect_id: str, /) -> Effect | None:
        """The effect as it stands."""
        row = tx.execute(_ONE, {"id": effect_id}).one_or_none()
        return None if row is None else _effect(row)

    def by_ekey(self, tx: Tx, organization_id: str, ekey: str, /) -> Effect | None:
        """The effect with that identity."""
        where = (_T.c.organization_id == organization_id) & (_T.c.ekey == ekey)
        row = tx.execute(sa.select(*_COLUMNS).where(where)).one_or_none()
        return None if row is None else _effect(row)

    def of_order(self, tx: Tx, order_pk: str, /) -> list[Effect]:
        """Every effect of an order, oldest first."""
        rows = tx.execute(sa.select(*_COLUMNS).where(_T.c.order_pk == order_pk).order_by(_T.c.created_at, _T.c.id))
        return [_effect(row) for row in rows]

    def intend(
        self, tx: Tx, effect: Effect, /, *, request: bytes, revision: int, quarantine_s: float, owner: str
    ) -> int | None:
        """Write the intent down before the first byte leaves, and take the fence.

        Returns the new epoch, or ``None`` when somebody else took the effect since it was read.
        """
        now, epoch = self.db.now(tx), effect.epoch + 1
        mine = sa.update(_T).where(_T.c.id == effect.id, _T.c.epoch == effect.epoch, _T.c.state.in_(OPEN_STATES))
        taken = mine.values(
            state=State.UNKNOWN,
            epoch=epoch,
            owner=owner,
            request=request,
            revision=revision,
            attempts=effect.attempts + 1,
            refusals=effect.refusals if revision == effect.revision else 0,
            lookups=0,
            unsettled=True,
            not_before=now + timedelta(seconds=quarantine_s),
            updated_at=now,
        )
        if tx.execute(taken).rowcount != 1:
            return None
        tx.execute(
            sa.insert(tables.attempts),
            {
                "effect_id": effect.id,
                "epoch": epoch,
                "revision": revision,
                "request_hash": hashlib.sha256(request).hexdigest(),
                "sent_at": now,
            },
        )
        return epoch

    def note_attempt(self, tx: Tx, effect_id: str, epoch: int, /, *, outcome: str, detail: str = "") -> None:
        """Write down what became of a send."""
        one = (tables.attempts.c.effect_id == effect_id) & (tables.attempts.c.epoch == epoch)
        values = {"outcome": outcome, "detail": detail[:500] or None, "settled_at": self.db.now(tx)}
        tx.execute(sa.update(tables.attempts).where(one).values(**values))

    def settle(
        self,
        tx: Tx,
        effect: Effect,
        state: State,
        /,
        *,
        zoho_id: str | None = None,
        result: dict[str, Any] | None = None,
        reason: str = "",
    ) -> bool:
        """Bring an effect to its end state.

        Evidence (a Zoho id) is recorded whoever brings it; an end without evidence only by the holder of the fence.
        """
        where = (_T.c.id == effect.id) & _T.c.state.in_((*OPEN_STATES, *(() if zoho_id is None else (State.FAILED,))))
        if zoho_id is None:
            where &= _T.c.epoch == effect.epoch
        now = self.db.now(tx)
        values = {
            "state": state,
            "zoho_id": zoho_id,
            "result": result,
            "reason": reason or None,
            "unsettled": False,
            "owner": None,
            "updated_at": now,
            "settled_at": now,
        }
        return tx.execute(sa.update(_T).where(where).values(**values)).rowcount == 1

    def wait(self, tx: Tx, effect: Effect, decision: Decision, /, **changes: Any) -> bool:
        """Leave an effect open and have it looked at again after ``decision.delay_s``."""
        now = self.db.now(tx)
        state = State.PLANNED if decision.act is Act.WAIT_PLANNED else State.UNKNOWN
        run_id = self._ids.new("run")
        mine = (_T.c.id == effect.id) & (_T.c.epoch == effect.epoch) & _T.c.state.in_(OPEN_STATES)
        values = {
            "state": state,
            "not_before": now + timedelta(seconds=decision.delay_s),
            "reason": decision.reason or None,
            "run_id": run_id,
            "updated_at": now,
            **changes,
        }
        if tx.execute(sa.update(_T).where(mine).values(**values)).rowcount != 1:
            return False
        self.enqueue(tx, run_id, effect.id, effect.organization_id, WAKE_PRIORITY, decision.delay_s)
        return True

    def change(self, tx: Tx, effect: Effect, /, **changes: Any) -> bool:
        """Change counters of an open effect under its fence."""
        mine = (_T.c.id == effect.id) & (_T.c.epoch == effect.epoch) & _T.c.state.in_(OPEN_STATES)
        return tx.execute(sa.update(_T).where(mine).values(updated_at=self.db.now(tx), **changes)).rowcount == 1

    def audit(self, tx: Tx, effect: Effect, state: State, /, *, zoho_id: str | None, reason: str) -> None:
        """Write down that an effect ended, with the hash of what was sent."""
        digest = hashlib.sha256(effect.request).hexdigest() if effect.request else ""
        row = {
            "organization_id": effect.organization_id,
            "at": self.db.now(tx),
            "actor": "bookbridge",
            "action": f"{effect.kind}:{state}",
            "subject_id": effect.id,
            "detail": {"zoho_id": zoho_id, "reason": reason, "request_hash": digest, "attempts": effect.attempts},
        }
        tx.execute(sa.insert(tables.audit), row)

    def wait_for(self, tx: Tx, effect: Effect, upstream_id: str | None, /) -> bool:
        """Put an effect whose request is not built yet to sleep until another one is done."""
        done = upstream_id is None or self._released(tx, upstream_id)
        now = self.db.now(tx)
        mine = (_T.c.id == effect.id) & (_T.c.epoch == effect.epoch) & _T.c.state.in_(OPEN_STATES)
        values = {"state": State.PLANNED, "depends_on": upstream_id, "request": None, "revision": effect.revision}
        changed = sa.update(_T).where(mine).values(run_id=None, not_before=now, updated_at=now, **values)
        if tx.execute(changed).rowcount != 1:
            return False
        if done:
            self.queue_run(tx, effect.id, effect.organization_id, effect.priority)
        return True

    def reopen(self, tx: Tx, effect: Effect, /, *, reason: str) -> bool:
        """Try a failed or reviewed effect again; it starts by reading, because something may be there."""
        if effect.state not in (State.FAILED, State.REVIEW) or effect.zoho_id is not None:
            return False
        now = self.db.now(tx)
        state = State.UNKNOWN if effect.request is not None else State.PLANNED
        values = {"state": state, "attempts": 0, "lookups": 0, "refusals": 0, "unsettled": effect.request is not None}
        where = (_T.c.id == effect.id) & (_T.c.epoch == effect.epoch) & (_T.c.state == effect.state)
        changed = (
            sa.update(_T)
            .where(where)
            .values(not_before=now, created_at=now, reason=reason, epoch=effect.epoch + 1, updated_at=now, **values)
        )
        if tx.execute(changed).rowcount != 1:
            return False
        self.queue_run(tx, effect.id, effect.organization_id, WAKE_PRIORITY)
        return True

    def discard(self, tx: Tx, effect: Effect, /, *, reason: str) -> bool:
        """Give an effect up that is certainly not in Zoho."""
        allowed = (State.PLANNED, State.FAILED, State.REVIEW)
        where = (_T.c.id == effect.id) & (_T.c.epoch == effect.epoch) & _T.c.state.in_(allowed)
        values = {"state": State.DISCARDED, "reason": reason, "epoch": effect.epoch + 1, "updated_at": self.db.now(tx)}
        return tx.execute(sa.update(_T).where(where & _T.c.zoho_id.is_(None)).values(**values)).rowcount == 1

    def _by_ekey(self, tx: Tx, organization_id: str, ekey: str) -> Planned | None:
        row = tx.execute(_PLANNED, {"organization_id": organization_id, "ekey": ekey}).one_or_none()
        return None if row is None else Planned(row.id, False, State(row.state), row.content_hash, row.zoho_id)

    def _released(self, tx: Tx, effect_id: str) -> bool:
        """Whether it is done; one that came to a bad end is tried again, because somebody waits for it anew.

        Holds the row until commit, so that it cannot settle unseen meanwhile.
        """
        upstream = _effect(tx.execute(_ONE if self.db.is_sqlite else _ONE_HELD, {"id": effect_id}).one())
        self.reopen(tx, upstream, reason="Wanted again.")
        return upstream.state is State.DONE


def _effect(row: Sequence[Any]) -> Effect:
    values = dict(zip(Effect.__slots__, row, strict=True))
    values["state"] = State(values["state"])
    return Effect(**values)
