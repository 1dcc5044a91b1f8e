"""One installation of the durability tests: sandbox, database, processes, and the invariants."""

import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.cli.campaigning import checker
from bookbridge.kernel.limits import Limits
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import export
from tests.durability import replica
from tests.durability.replica import Death
from tests.support.app import an_order, built_app, send
from tests.support.processes import clean_environment
from tests.support.sandbox import Zoho, running_sandbox

SCALE = 0.01
LIMITS = Limits.scaled(SCALE)
LONGEST_S = 40.0
ORGANIZATION = "10000001"
NEVER = Death()

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.durability.replica"])
"""Replicas are forked from a process that has imported everything: alive within a few hundred milliseconds."""


class Installation:
    """A database with a sandbox behind it; replicas come and go."""

    def __init__(self, app: App, box: SandboxServer, environment: dict[str, str]) -> None:
        self.app = app
        self.box = box
        self.environment = environment
        self.sent: list[str] = []
        self._processes: list[Any] = []

    def send(self, *order_ids: str) -> None:
        """Accept orders in this process."""
        for order_id in order_ids:
            send(self.app, an_order(order_id), organization_id=ORGANIZATION)
            self.sent.append(order_id)

    def start(self, name: str = "one", *, death: Death = NEVER) -> Any:
        """Start a replica."""
        return self._forked(replica.run_engine, {**self.environment, "BOOKBRIDGE_REPLICA_ID": name}, death)

    def receive_and_die(self, order_id: str, *, death: Death) -> Any:
        """Receive an order in a process that dies; its exit is awaited."""
        process = self._forked(replica.receive, self.environment, death, order_id, ORGANIZATION)
        process.join(LONGEST_S)
        return process

    def wait_for_death(self, process: Any) -> bool:
        """Whether the replica died of its own kill before everything was done."""
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            if process.exitcode is not None:
                assert process.exitcode == -9, process.exitcode
                return True
            if self.rests():
                process.join(0.3)
                return process.exitcode == -9
            time.sleep(0.02)
        raise AssertionError(f"neither dead nor done: {self.states()}")

    def rests(self) -> bool:
        """Whether nothing moves any more."""
        with self.app.services.db.read() as tx:
            states, moving = export.order_states(tx), export.open_effects(tx)
        return not moving and not any(states.get(name) for name in export.OPEN_ORDERS)

    def states(self) -> dict[str, int]:
        """Orders by state."""
        with self.app.services.db.read() as tx:
            return export.order_states(tx)

    def settle(self) -> None:
        """Wait until everything rests."""
        until = time.monotonic() + LONGEST_S
        while not self.rests():
            assert time.monotonic() < until, f"still moving: {self.states()}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill what still runs."""
        for process in self._processes:
            process.kill()
            process.join(10)
            process.close()

    def assert_invariants(self) -> None:
        """I1 to I6, judged by the sandbox's commit log."""
        with self.app.services.db.read() as tx:
            ledger, audit = export.orders(tx), export.audit(tx)
            effects, attempts = export.effects(tx), export.attempts(tx)
        expected = [
            checker.Expected(
                order_id=name, source="default", total=Decimal("39.98"), contact_name="Ada Lovelace"
            )
            for name in self.sent
        ]  # fmt: skip
        commits = [vars_of(commit) for commit in self.box.world.commits]
        listed = self._listed()
        verdict = checker.check(
            organization_id=ORGANIZATION, expected=expected, acknowledged=self.sent, commits=commits, listed=listed,
            ledger=ledger, audit=audit,
        )  # fmt: skip
        assert verdict.is_clean, verdict
        assert verdict.invoices == len(self.sent)
        self._assert_sends(effects, attempts)

    def _listed(self) -> list[dict[str, Any]]:
        zoho = Zoho(self.box)
        rows: list[dict[str, Any]] = zoho.books("GET", "/invoices").json()["invoices"]
        zoho.close()
        return rows

    def _assert_sends(self, effects: list[Any], attempts: list[Any]) -> None:
        sends = Counter(entry["path"].rpartition("/")[2] for entry in self.box.sandbox.log.after(0) if is_create(entry))
        kinds = {effect["id"]: effect["kind"] for effect in effects}
        written = Counter(kinds[row["effect_id"]] for row in attempts)
        assert sends["invoices"] <= written["invoice.create"], "I4: bytes left without an intent"
        assert sends["contacts"] <= written["contact.ensure"], "I4: bytes left without an intent"
        by_effect: dict[str, list[Any]] = defaultdict(list)
        for row in attempts:
            by_effect[row["effect_id"]].append(row)
        quarantine = timedelta(seconds=LIMITS.quarantine_s)
        for rows in by_effect.values():
            for earlier, later in pairwise(rows):
                certain = earlier["outcome"] in ("not_executed", "refused")
                apart = later["sent_at"] - earlier["sent_at"]
                assert certain or apart >= quarantine, f"I5: sends {apart} apart"
                same = earlier["revision"] != later["revision"] or earlier["request_hash"] == later["request_hash"]
                assert same, "I6: other bytes for the same revision"

    def _forked(self, target: Any, *arguments: Any) -> Any:
        process = _context.Process(target=target, args=arguments, daemon=True)
        process.start()
        self._processes.append(process)
        return process


def is_create(entry: dict[str, Any]) -> bool:
    """Whether a logged request creates an invoice or a contact."""
    return entry["method"] == "POST" and entry["path"].endswith(("/invoices", "/contacts"))


def vars_of(commit: Any) -> dict[str, Any]:
    """A commit as the control plane shows it."""
    return {name: getattr(commit, name) for name in type(commit).__slots__}


@contextmanager
def installation(url: str, home: Path) -> Iterator[Installation]:
    """A connected installation with the contact known to nobody yet."""
    with running_sandbox(limits="off") as box, built_app(box, url=url, home=home) as app:
        app.services.zoho.default_organization()
        environment = {
            **clean_environment(),
            **box.env,
            "BOOKBRIDGE_HOME": str(home),
            "BOOKBRIDGE_DATABASE_URL": url,
            "BOOKBRIDGE_TIME_SCALE": str(SCALE),
            "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
        }
        made = Installation(app, box, environment)
        try:
            yield made
        finally:
            made.stop()
