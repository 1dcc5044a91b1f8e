"""One campaign from the empty database to the verdict."""

import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bookbridge.cli.campaigning import checker, deliveries, feeder, load, postgres
from bookbridge.cli.campaigning.orders import SOURCE, CampaignOrder
from bookbridge.cli.campaigning.processes import (
    Nemesis,
    ProcessError,
    Replica,
    SandboxProcess,
    clean_environment,
    end,
    free_port,
)
from bookbridge.kernel import ids
from bookbridge.kernel.clock import SystemClock
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.sandbox.faults import PROFILES
from bookbridge.store import export
from bookbridge.store.db import Database

ORGANIZATION = "10000002"
"""The sandbox's organization in pounds."""
QUIET_S = 15 * 60.0
POLL_S = 2.0
_CLOCK = SystemClock()


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is asked for; times in seconds, ``database`` is ``sqlite``, ``postgres`` or the URL of an empty database.

    ``new_customers`` is the share of customers whose contact is not seeded, ``rate`` deliveries a second (0: as fast
    as they are taken), ``longest_s`` ends the chaos however far it is.
    """

    orders: Sequence[CampaignOrder]
    folder: Path
    database: str = "sqlite"
    replicas: int = 1
    seed: int = 1
    faults: str = "F1"
    kill_every_s: float = 10.0
    scale: float = 0.1
    numbering: str = "derived"
    new_customers: float = 0.0
    rate: float = 0.0
    workers: int = 8
    longest_s: float = 3600.0


@dataclass
class Tally:
    """What is counted while it runs: calls to the API by what they do, token calls, answers by status."""

    calls: int = 0
    by_call: Counter[str] = field(default_factory=Counter)
    token_calls: int = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Count requests of the sandbox's log; the campaign's own reading is not in it yet when this is called."""
        for row in rows:
            if "/oauth/" in row["path"]:
                self.token_calls += 1
            else:
                self.calls += 1
                self.by_call[row["route"] or f"{row['method']} (not executed)"] += 1


def fault_plan(name: str, /, *, scale: float, seed: int) -> bytes:
    """The plan in TOML, scaled and seeded: a profile's name, a file, or empty for none.

    Raises:
        ConfigurationError: there is no such file or profile.
    """
    if not name or name == "none":
        return b""
    path = PROFILES / f"{name}.toml" if (PROFILES / f"{name}.toml").is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in PROFILES.glob("*.toml")))
        raise ConfigurationError(f"There is no fault plan {name}; give a file, none, or one of: {known}.")
    return f"seed = {seed}\nscale = {scale}\n".encode() + path.read_bytes()


@contextmanager
def database_url(campaign: Campaign, /) -> Iterator[str]:
    """The URL of the campaign's database."""
    if campaign.database in ("postgres", "postgresql"):
        with postgres.temporary_server() as url:
            yield url
    elif campaign.database == "sqlite":
        yield f"sqlite:///{campaign.folder / 'bookbridge.db'}"
    else:
        yield campaign.database


class Running:
    """A campaign in progress."""

    def __init__(self, campaign: Campaign, url: str, sandbox: SandboxProcess, say: Callable[[str], None]) -> None:
        self.campaign = campaign
        self.url = url
        self.sandbox = sandbox
        self.say = say
        self.tally = Tally()
        self.load_calls = 0
        self.api_key = f"campaign-{ids.token()}"
        self.door = load.Door("", "")
        self.replicas: list[Replica] = []
        self.nemesis = Nemesis([], 0.0, 0)
        self.acknowledgements = campaign.folder / "acknowledged.jsonl"
        self._fed: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What every process of Bookbridge in this campaign is told."""
        return {
            **clean_environment(),
            **self.sandbox.env,
            "ZOHO_ORG_ID": ORGANIZATION,
            "BOOKBRIDGE_HOME": str(self.campaign.folder / "home"),
            "BOOKBRIDGE_DATABASE_URL": self.url,
            "BOOKBRIDGE_API_KEY": self.api_key,
            "BOOKBRIDGE_TIME_SCALE": str(self.campaign.scale),
            "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
            "BOOKBRIDGE_NUMBERING": self.campaign.numbering,
        }

    def prepare(self) -> None:
        """Seed and load the contacts, connect, make the hook endpoint; these calls are counted apart."""
        names = sorted({order.contact_name for order in self.campaign.orders})
        known = names[: round(len(names) * (1 - self.campaign.new_customers))]
        load.seed_contacts(self.sandbox, known, organization_id=ORGANIZATION)
        with load.application(self.environment) as app:
            if not load.is_empty(app):
                raise ConfigurationError("The campaign needs an empty database; this one has orders.")
            app.services.zoho.default_organization()
            loaded = load.load_contacts(app, organization_id=ORGANIZATION)
            self.door = load.make_door(app, organization_id=ORGANIZATION, source=SOURCE)
        before = Tally()
        before.add(self.sandbox.new_requests())
        self.load_calls = before.calls
        self.say(f"{loaded} contacts loaded with {self.load_calls} calls")

    def start(self) -> None:
        """Faults on, replicas up, orders flowing, kills coming."""
        campaign = self.campaign
        plan = fault_plan(campaign.faults, scale=campaign.scale, seed=campaign.seed)
        if plan:
            self.sandbox.faults(plan)
        for number in range(campaign.replicas):
            name = f"replica-{number + 1}"
            environment = {**self.environment, "BOOKBRIDGE_REPLICA_ID": name}
            log = campaign.folder / f"{name}.log"
            self.replicas.append(Replica(name, free_port(), environment, log, campaign.workers))
        for replica in self.replicas:
            replica.start()
        for replica in self.replicas:
            replica.wait_ready()
        self._fed = self._feed()
        self.nemesis = Nemesis(self.replicas, campaign.kill_every_s, campaign.seed)
        self.nemesis.start()

    def _feed(self) -> "subprocess.Popen[bytes]":
        campaign = self.campaign
        plan = feeder.FeedPlan(
            urls=[replica.url for replica in self.replicas],
            api_key=self.api_key,
            hook_path=self.door.path,
            hook_secret=self.door.secret,
            deliveries=str(campaign.folder / "deliveries.jsonl"),
            acknowledgements=str(self.acknowledgements),
            rate=campaign.rate,
            seed=campaign.seed,
        )
        planned = deliveries.plan(len(campaign.orders), seed=campaign.seed)
        path = feeder.write(plan, campaign.folder, orders=campaign.orders, deliveries=planned)
        with (campaign.folder / "feeder.log").open("ab") as log:
            command = [sys.executable, "-m", "bookbridge.cli.campaigning.feeder", str(path)]
            return subprocess.Popen(command, stdout=log, stderr=log, env=clean_environment())

    def states(self) -> tuple[dict[str, int], int]:
        """Orders by state and open effects; each look opens the database anew, as recovery must not be helped."""
        db = Database(self.url, pool_size=1)
        try:
            with db.read() as tx:
                return export.order_states(tx), export.open_effects(tx)
        finally:
            db.close()

    def wait_until_settled(self, longest_s: float, *, phase: str) -> bool:
        """Wait until everything that was delivered rests; whether it came to that in time."""
        until, told = _CLOCK.monotonic() + longest_s, 0.0
        while True:
            self.tally.add(self.sandbox.new_requests())
            fed = self._fed is not None and self._fed.poll() is not None
            states, open_effects = self.states()
            if _CLOCK.monotonic() >= told:
                self._progress(phase, states)
                told = _CLOCK.monotonic() + 5 * POLL_S
            moving = sum(states.get(name, 0) for name in export.OPEN_ORDERS) + open_effects
            if fed and not moving:
                return True
            if _CLOCK.monotonic() >= until:
                return False
            _CLOCK.sleep(POLL_S)

    def _progress(self, phase: str, states: Mapping[str, int]) -> None:
        acknowledged, _ = feeder.read_acknowledgements(self.acknowledgements)
        shown = " ".join(f"{name} {count}" for name, count in sorted(states.items()))
        self.say(
            f"{phase}: acknowledged {len(acknowledged)}/{len(self.campaign.orders)}, {shown}, "
            f"calls {self.tally.calls}, kills {self.nemesis.kills}"
        )

    def quieten(self) -> bool:
        """Faults and kills off; everything must come to rest within a quarter of an hour (scaled)."""
        if self._fed is not None and self._fed.poll() is None:
            end(self._fed)
        self.nemesis.stop()
        self.sandbox.control("faults", method="DELETE")
        until = _CLOCK.monotonic() + QUIET_S * self.campaign.scale
        rested = self.wait_until_settled(QUIET_S * self.campaign.scale, phase="quiet")
        while self.sandbox.control("faults")["pending_late"] and _CLOCK.monotonic() < until:
            _CLOCK.sleep(0.2)
        return rested

    def stop(self) -> None:
        """End every process that this campaign started."""
        if self._fed is not None:
            end(self._fed)
        self.nemesis.stop()
        for replica in self.replicas:
            replica.stop()

    def verdict(self) -> tuple[checker.Verdict, int]:
        """Compare the three sources; also how many orders were acknowledged."""
        commits = self.sandbox.control("commits")
        self.tally.add(self.sandbox.new_requests())
        listed = self.sandbox.invoices(ORGANIZATION)
        acknowledged, refused = feeder.read_acknowledgements(self.acknowledgements)
        db = Database(self.url, pool_size=1)
        try:
            with db.read() as tx:
                ledger, audit = export.orders(tx), export.audit(tx)
        finally:
            db.close()
        found = checker.check(
            organization_id=ORGANIZATION,
            expected=[
                checker.Expected(
                    order_id=order.order_id, source=SOURCE, total=order.total, contact_name=order.contact_name
                )
                for order in self.campaign.orders
            ],
            acknowledged=acknowledged,
            commits=commits,
            listed=listed,
            ledger=ledger,
            audit=audit,
        )
        for row in refused[:5]:
            found.note(f"delivery of order {row['order_id']} was refused with {row['status']}")
        return found, len(acknowledged)


def run(campaign: Campaign, /, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Run a campaign; returns what ``--json`` writes.

    Raises:
        ConfigurationError: the database is not empty, or SQLite with several replicas.
        ProcessError: a process did not start.
    """
    if campaign.replicas > 1 and campaign.database.startswith("sqlite"):
        raise ConfigurationError("SQLite has one process; use --database postgres for replicas.")
    campaign.folder.mkdir(parents=True, exist_ok=True)
    started = _CLOCK.monotonic()
    with ExitStack() as stack:
        url = stack.enter_context(database_url(campaign))
        sandbox = stack.enter_context(SandboxProcess(log=campaign.folder / "sandbox.log"))
        running = Running(campaign, url, sandbox, say)
        stack.callback(running.stop)
        running.prepare()
        fed_at = _CLOCK.monotonic()
        running.start()
        in_time = running.wait_until_settled(campaign.longest_s, phase="chaos")
        chaos_s = _CLOCK.monotonic() - fed_at
        rested = running.quieten()
        faults = sandbox.control("faults")["counts"]
        running.stop()
        verdict, acknowledged = running.verdict()
        return _report(
            running, verdict, faults, acknowledged, chaos_s=chaos_s, seconds=_CLOCK.monotonic() - started,
            rested=rested and in_time,
        )  # fmt: skip


def _report(
    running: Running,
    verdict: checker.Verdict,
    faults: Mapping[str, int],
    acknowledged: int,
    *,
    chaos_s: float,
    seconds: float,
    rested: bool,
) -> dict[str, Any]:
    campaign, tally = running.campaign, running.tally
    settings = ("replicas", "seed", "kill_every_s", "scale", "numbering", "new_customers", "rate")
    return {
        "orders": len(campaign.orders),
        "acknowledged": acknowledged,
        **verdict.as_dict(),
        "clean": verdict.is_clean and acknowledged == len(campaign.orders) and rested,
        "calls": tally.calls,
        "load_calls": running.load_calls,
        "calls_per_order": round(tally.calls / max(1, acknowledged), 4),
        "calls_by_route": dict(tally.by_call.most_common()),
        "token_calls": tally.token_calls,
        "faults": sum(faults.values()),
        "faults_by_kind": dict(faults),
        "kills": running.nemesis.kills,
        "ended_by_themselves": running.nemesis.ended,
        "chaos_seconds": round(chaos_s, 1),
        "seconds": round(seconds, 1),
        "fault_plan": campaign.faults,
        **{name: getattr(campaign, name) for name in settings},
        "database": "sqlite" if running.url.startswith("sqlite") else "postgresql",
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """What this ran on."""
    names = ("bookbridge", "dbos", "sqlalchemy", "uvicorn", "fastapi")
    found = {name: version(name) for name in names}
    return {**found, "python": platform.python_version(), "machine": platform.machine()}


__all__ = ["Campaign", "ProcessError", "run"]
