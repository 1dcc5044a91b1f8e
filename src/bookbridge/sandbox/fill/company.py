"""The fill itself: months of purchases, payments and expenses of one company, ending at the sandbox's present."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from bookbridge.sandbox.books.values import Record
from bookbridge.sandbox.fill.cast import Cast
from bookbridge.sandbox.fill.plan import Plan
from bookbridge.sandbox.fill.purchases import Purchases
from bookbridge.sandbox.fill.stories import Stories
from bookbridge.sandbox.fill.timeline import Timeline
from bookbridge.sandbox.state import Org, World

TABLES = ("contacts", "items", "invoices", "customerpayments", "creditnotes", "expenses", "bills", "vendorpayments")
_DAY_S = 86_400
_MANY = 2000


def fill(world: World, plan: Plan) -> Record:
    """Fill an organization (the first one when none is named); gives the number of records by resource.

    The caller holds the world's lock. Raises ValueError for an unknown organization or currency.
    """
    first = next(iter(world.orgs.values()))
    org = world.orgs.get(plan.organization_id) if plan.organization_id else first
    if org is None:
        raise ValueError(f"no organization {plan.organization_id}; known: {', '.join(world.orgs)}")
    company = _Company(world, org, plan)
    with _no_collection(freeze=plan.invoices >= _MANY):
        company.live()
    return {"organization_id": org.organization_id, **{name: len(org.table(name)) for name in TABLES}}


@contextmanager
def _no_collection(*, freeze: bool) -> Iterator[None]:
    """Keep the garbage collector from walking through all records again and again while none of them is garbage.

    Many records stay out of its sight afterwards too; else lists pause for it.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if freeze:
            gc.freeze()
        if running:
            gc.enable()


def _birth(pair: tuple[str, Record]) -> Any:
    return pair[1]["_born_s"]


class _Company:
    """One run of a fill."""

    def __init__(self, world: World, org: Org, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(plan.seed)
        self._line = Timeline(world, org, self._random)
        self._start_s = self._line.end_s - int(plan.months * 30.4375 * _DAY_S)
        self._org = org

    def live(self) -> None:
        """Play everything, then put the tables into the order of creation if others were there before."""
        before = {name: len(self._org.table(name)) for name in TABLES}
        self._line.at(self._start_s, self._open)
        self._line.run()
        for name, many in before.items():
            if many:
                self._sort(name)

    def _sort(self, name: str) -> None:
        rows = sorted(self._org.table(name).items(), key=_birth)
        self._org.tables[name] = dict(rows)

    def _open(self) -> None:
        """Create the parties, then plan every purchase and expense."""
        line, plan = self._line, self._plan
        cast = Cast(line, plan, line.today)
        stories, purchases = Stories(line, cast, withheld=plan.withheld), Purchases(line, cast)
        for story in self._drawn():
            line.at(self._moment(), stories.begin, story)
        for _ in range(plan.number("advances")):
            line.at(self._moment(), stories.advance)
        for _ in range(plan.number("credit_notes")):
            line.at(self._moment(), stories.credit_note)
        for _ in range(plan.number("expenses")):
            line.at(self._moment(), purchases.expense)
        for _ in range(plan.number("bills")):
            line.at(self._moment(), purchases.bill)

    def _drawn(self) -> list[str]:
        """Draw the story of each invoice; one that is deleted comes on top of the number asked for."""
        weights = self._plan.weights()
        names = list(weights)
        drawn = self._random.choices(names, list(weights.values()), k=self._plan.invoices)
        lost = Counter(drawn)["deleted"]
        weights["deleted"] = 0
        if lost and any(weights.values()):
            drawn += self._random.choices(names, list(weights.values()), k=lost)
        return drawn

    def _moment(self) -> int:
        """Draw a second between beginning and end, a little more often towards the end: the company grows."""
        share = self._random.random() ** 0.8
        return self._start_s + 60 + int((self._line.end_s - self._start_s - 120) * share)
