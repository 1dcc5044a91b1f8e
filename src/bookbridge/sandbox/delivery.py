"""How one call is answered: in order, or as the fault that was chosen for it says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bookbridge.sandbox import pages
from bookbridge.sandbox.faults import Event, FaultPlan, Rule
from bookbridge.sandbox.jsonout import dumps
from bookbridge.sandbox.logbook import Entry
from bookbridge.sandbox.messages import Answer, html_answer
from bookbridge.sandbox.wire import Wire


class Exchange(Protocol):
    """One call as the deliverer sees it: to the API or to the accounts server."""

    @property
    def route(self) -> str:
        """Name the route, to tell calls of the same kind."""

    def admit(self) -> Answer | None:
        """Check the call; an answer means it is refused."""

    def execute(self) -> Answer:
        """Do what the call asks for, once."""

    def error(self, status: int) -> Answer:
        """Make a server error."""

    def pretend(self, rule: Rule, *, scale: float) -> Answer | None:
        """Make the refusal a fault pretends (limits, tokens); None when this kind of call has none."""

    def leave(self) -> None:
        """Mark the call as over."""


@dataclass
class Case:
    """One call being delivered: the exchange, its connection, its log entry, and the fault chosen for it."""

    exchange: Exchange
    wire: Wire
    entry: Entry
    event: Event
    rule: Rule

    def number(self, name: str, default: float) -> float:
        """Read a numeric parameter of the rule."""
        return float(self.rule.params.get(name, default))


class Delivery:
    """Answers calls under the fault plan; ``latency_s`` is added to each call to the API."""

    def __init__(self, *, plan: FaultPlan) -> None:
        self.plan = plan
        self.latency_s = 0.0
        self._answers: dict[str, Answer] = {}
        self._late: set[asyncio.TimerHandle] = set()
        self._after: dict[str, Callable[[Case], Awaitable[None]]] = {
            "error_after": self._error_after,
            "answer_lost": self._answer_lost,
            "late_commit": self._late_commit,
            "cut_json": self._cut_json,
            "html_200": self._html_200,
            "code_nonzero_200": self._code_nonzero_200,
            "other_answer": self._other_answer,
            "slow_bytes": self._slow_bytes,
        }

    async def deliver(self, exchange: Exchange, wire: Wire, entry: Entry, event: Event) -> None:
        """Answer one call."""
        rule = self.plan.choose(event) if self.plan.rules else None
        if rule is None:
            await self._plainly(exchange, wire, entry, event)
            return
        case = Case(exchange, wire, entry, event, rule)
        if rule.kind == "request_lost":
            self._fired(case)
            await wire.reset()
            return
        refusal = exchange.admit()
        if refusal is not None:
            self.plan.withdraw(rule)
            await self._send(wire, entry, refusal)
            return
        try:
            await self._wait(event)
            await self._with_fault(case)
        finally:
            exchange.leave()

    def forget(self) -> None:
        """Drop stored answers and late commits that have not happened yet."""
        self._answers.clear()
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        self.plan.pending_late = 0

    async def _plainly(self, exchange: Exchange, wire: Wire, entry: Entry, event: Event) -> None:
        answer = exchange.admit()
        if answer is not None:
            await self._send(wire, entry, answer)
            return
        try:
            await self._wait(event)
            answer = exchange.execute()
            self._answers[exchange.route] = answer
            await self._send(wire, entry, answer)
        finally:
            exchange.leave()

    async def _wait(self, event: Event) -> None:
        extra_s = self.plan.latency_s(event) if self.plan.rules else 0.0
        if self.latency_s + extra_s > 0:
            await asyncio.sleep(self.latency_s + extra_s)

    async def _with_fault(self, case: Case) -> None:
        rule = case.rule
        if rule.kind in self._after:
            await self._after[rule.kind](case)
            return
        if rule.kind == "error_before":
            answer: Answer | None = case.exchange.error(int(case.number("status", 500)))
        else:
            answer = case.exchange.pretend(rule, scale=self.plan.scale)
        if answer is None:
            self.plan.withdraw(rule)
            await self._send(case.wire, case.entry, case.exchange.execute())
            return
        self._fired(case)
        await self._send(case.wire, case.entry, answer)

    async def _error_after(self, case: Case) -> None:
        self._fired(case)
        case.exchange.execute()
        await self._send(case.wire, case.entry, case.exchange.error(int(case.number("status", 502))))

    async def _answer_lost(self, case: Case) -> None:
        self._fired(case)
        case.exchange.execute()
        await case.wire.reset()

    async def _late_commit(self, case: Case) -> None:
        """Execute later, whatever becomes of the connection; ``hold`` keeps the client waiting, else it is cut."""
        self._fired(case)
        self._execute_later(case.exchange, self.plan.late_s(case.rule))
        if case.rule.params.get("hold"):
            await case.wire.hold(longest_s=case.number("hold_s", 90) * self.plan.scale)
        else:
            await case.wire.reset()

    def _execute_later(self, exchange: Exchange, delay_s: float) -> None:
        def run() -> None:
            self._late.discard(handle)
            self.plan.pending_late -= 1
            exchange.execute()

        self.plan.pending_late += 1
        handle = asyncio.get_running_loop().call_later(delay_s, run)
        self._late.add(handle)

    async def _cut_json(self, case: Case) -> None:
        self._fired(case)
        answer = case.exchange.execute()
        case.entry.status = answer.status
        await case.wire.cut(answer, reset=case.rule.params.get("end") == "reset")

    async def _html_200(self, case: Case) -> None:
        self._fired(case)
        if case.rule.params.get("executed", True):
            case.exchange.execute()
        await self._send(case.wire, case.entry, html_answer(pages.unavailable()))

    async def _code_nonzero_200(self, case: Case) -> None:
        self._fired(case)
        headers = [("content-type", "application/json;charset=UTF-8")]
        if case.rule.params.get("executed", False):
            headers = case.exchange.execute().headers
        code, message = int(case.number("code", 1000)), case.rule.params.get("message", "Internal error")
        await self._send(case.wire, case.entry, Answer(200, dumps({"code": code, "message": message}), headers))

    async def _other_answer(self, case: Case) -> None:
        """Send what an earlier request of the same route was answered; without one the call is answered in order."""
        earlier = self._answers.get(case.exchange.route)
        answer = case.exchange.execute()
        if earlier is None:
            self.plan.withdraw(case.rule)
        else:
            self._fired(case)
        await self._send(case.wire, case.entry, earlier or answer)

    async def _slow_bytes(self, case: Case) -> None:
        self._fired(case)
        answer = case.exchange.execute()
        case.entry.status = answer.status
        await case.wire.trickle(answer, pause_s=case.number("pause_s", 1.0) * self.plan.scale)

    def _fired(self, case: Case) -> None:
        case.entry.fault = case.rule.kind
        self.plan.record(case.rule, case.event)

    async def _send(self, wire: Wire, entry: Entry, answer: Answer) -> None:
        entry.status = answer.status
        await wire.send(answer)
