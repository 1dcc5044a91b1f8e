"""The calls a sync will make, and their share of today's budget, before it makes any: from what is known here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bookbridge.mirror import rounds, state, wanted
from bookbridge.mirror.deletions import CHECK_EVERY_MS
from bookbridge.mirror.entities import WITH_LINES, Changes, Entity
from bookbridge.mirror.reader import PER_PAGE
from bookbridge.mirror.state import State
from bookbridge.mirror.sync import Wish
from bookbridge.mirror.world import Mirror
from bookbridge.store.organizations import Organization
from bookbridge.zoho.budget import BudgetView
from bookbridge.zoho.budget_state import DAY_RESERVE, CallClass


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One entity: ``calls`` at least; ``why`` says how they come about."""

    entity: str
    calls: int
    why: str


@dataclass(frozen=True, kw_only=True)
class SyncPlan:
    """What a sync will do; ``open_ended`` where a list was never read, so that nobody knows its length."""

    entities: tuple[Planned, ...]
    details: int
    budget: BudgetView

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(each.calls for each in self.entities) + self.details

    @property
    def usable(self) -> int | None:
        """How many calls syncs may still make today; ``None`` where Zoho has not told its limit yet."""
        view = self.budget
        if view.day_limit is None or view.day_remaining is None:
            return None
        return max(0, view.day_remaining - int(view.day_limit * DAY_RESERVE[CallClass.SYNC]))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        limit = self.budget.day_limit
        return {
            "entities": [{"entity": each.entity, "calls": each.calls, "why": each.why} for each in self.entities],
            "details": self.details,
            "calls": self.calls,
            "day_limit": limit,
            "day_remaining": self.budget.day_remaining,
            "usable_today": self.usable,
            "share_of_day": round(self.calls / limit, 4) if limit else None,
        }

    def as_text(self) -> str:
        """For people."""
        lines = [f"{each.entity:12} {each.calls:>6} calls  {each.why}" for each in self.entities]
        if self.details:
            lines.append(f"{'details':12} {self.details:>6} calls  what rows of lists leave out")
        limit, usable = self.budget.day_limit, self.usable
        share = f", {100 * self.calls / limit:.1f} % of the {limit:,} calls of a day" if limit else ""
        lines.append(f"{'together':12} {self.calls:>6} calls{share}")
        if usable is None:
            lines.append("Zoho has not told its daily limit yet; the first call will.")
        elif usable < self.calls:
            lines.append(f"Syncs may make {usable:,} more calls today; the rest follows when the day turns.")
        else:
            lines.append(f"Syncs may make {usable:,} more calls today.")
        return "\n".join(lines)


def plan_of(mirror: Mirror, organization: Organization, wish: Wish, /) -> SyncPlan:
    """What a sync with this wish will cost; no call is made.

    Raises:
        InvalidInputError: an entity that does not exist.
    """
    chosen = wish.chosen()
    with mirror.db.read() as tx:
        states = state.load_all(tx, organization.organization_id)
        left = wanted.count(tx, organization.organization_id)
        now = mirror.db.now(tx)
    known = {each.name: states.get(each.name, State(entity=each.name)) for each in chosen}
    rolling = (
        {}
        if wish.full
        else rounds.shares(
            {
                each.name: known[each.name]
                for each in chosen
                if known[each.name].full_at is not None and each.changes is not Changes.WHOLE
            },
            thorough=wish.thorough,
        )
    )
    scale = mirror.limits.scale
    planned = []
    for entity in chosen:
        due = _is_due(entity, known[entity.name], wish, now, scale)
        checks = entity.counts and due and (wish.thorough or _check_is_due(known[entity.name], now, scale))
        planned.append(_planned(entity, known[entity.name], wish, due, rolling.get(entity.name, 0), checks))
    details = sum(count for name, count in left.items() if name in known)
    if wish.lines or mirror.with_lines:
        details += sum(known[name].rows for name in WITH_LINES if name in known)
    return SyncPlan(
        entities=tuple(planned), details=details, budget=mirror.zoho.budget_left(organization.organization_id)
    )


def _planned(entity: Entity, known: State, wish: Wish, due: bool, rolling: int, checks: bool) -> Planned:
    pages = max(1, -(-known.rows // PER_PAGE))
    extra = rolling + int(checks)
    parts = [f"{rolling} in search of deleted records" if rolling else "", "1 control count" if checks else ""]
    if not due:
        return Planned(entity=entity.name, calls=extra, why=", ".join(filter(None, ["not due", *parts])))
    if known.full_at is None:
        calls, why = 1, "never read: one call for every 200 records"
    elif wish.full or entity.changes is Changes.WHOLE:
        calls = pages + (1 if pages > 1 and entity.changes is not Changes.WHOLE else 0)
        why = f"all {known.rows:,} records"
    else:
        calls, why = 1, "what changed: one call, and one more for every further 200 records"
    return Planned(entity=entity.name, calls=calls + extra, why=", ".join(filter(None, [why, *parts])))


def _is_due(entity: Entity, known: State, wish: Wish, now: Any, scale: float) -> bool:
    if wish.full or wish.thorough or entity.name in wish.entities or not entity.every_s:
        return True
    if known.synced_at is None or known.error:
        return True
    return bool(now - known.synced_at >= timedelta(seconds=entity.every_s * scale))


def _check_is_due(known: State, now: Any, scale: float) -> bool:
    checked = int((known.sweep or {}).get("checked", 0))
    return bool(now.timestamp() * 1000 - checked >= CHECK_EVERY_MS * scale)
