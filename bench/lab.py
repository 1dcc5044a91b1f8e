"""What the bench programs share: a sandbox process, an installation against it, replicas, tables."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.cli import interpreter
from bookbridge.cli.campaigning import load, postgres
from bookbridge.cli.campaigning.processes import Replica, SandboxProcess, bookbridge, clean_environment, free_port
from bookbridge.features.contacts import loading
from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.inbox.receive import Delivery
from bookbridge.store import export
from bookbridge.store.db import Database

DOLLARS, POUNDS = "10000001", "10000002"
API_KEY = "bench-key-" + "0" * 40
DEMO_ORDERS = Path(__file__).parent.parent / "src" / "bookbridge" / "cli" / "demo_data" / "orders.csv"


class Lab:
    """A sandbox in its own process and an empty installation; everything is gone afterwards."""

    def __init__(self, sandbox: SandboxProcess, folder: Path, url: str) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.url = url
        self.environment = {
            **clean_environment(),
            **sandbox.env,
            "ZOHO_ORG_ID": POUNDS,
            "BOOKBRIDGE_HOME": str(folder / "home"),
            "BOOKBRIDGE_DATABASE_URL": url,
            "BOOKBRIDGE_API_KEY": API_KEY,
            "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
        }

    @contextmanager
    def app(self, **environment: str) -> Iterator[App]:
        """Bookbridge in this process, connected, without server and engine."""
        with load.application({**self.environment, **environment}) as app:
            app.services.zoho.default_organization()
            interpreter.keep_what_is_here()  # as `serve` and `sync` do
            yield app

    @contextmanager
    def engine(self, app: App, *, workers: int = 8) -> Iterator[None]:
        """The engine in this process."""
        engine = app.engine(executor_id="bench", workers=workers)
        engine.start()
        try:
            yield
        finally:
            engine.stop(wait_s=5.0)

    @contextmanager
    def serve(self, *, name: str = "bench", **environment: str) -> Iterator[Replica]:
        """``bookbridge serve`` in a process of its own, ready."""
        replica = Replica(name, free_port(), {**self.environment, **environment}, self.folder / f"{name}.log")
        replica.start()
        try:
            replica.wait_ready()
            yield replica
        finally:
            replica.stop()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Bookbridge to its end."""
        return subprocess.run(
            bookbridge(*arguments), env=self.environment, stdout=subprocess.PIPE, stderr=sys.stderr, text=True,
            check=False,
        )  # fmt: skip

    def calls(self) -> Counter[str]:
        """The calls to the API since the last time this was asked, by route; token calls under ``token``."""
        counted: Counter[str] = Counter()
        for row in self.sandbox.new_requests():
            name = "token" if "/oauth/" in row["path"] else row["route"] or f"{row['method']} refused"
            counted[name] += 1
        return counted

    def rest(
        self, *, longest_s: float = 3600.0, told: Callable[[dict[str, int]], None] | None = None
    ) -> dict[str, int]:
        """Wait until no order and no effect moves; orders by state."""
        db = Database(self.url, pool_size=1)
        until = time.monotonic() + longest_s
        try:
            while True:
                with db.read() as tx:
                    states, moving = export.order_states(tx), export.open_effects(tx)
                if told is not None:
                    told(states)
                if not moving and not any(states.get(name) for name in export.OPEN_ORDERS):
                    return states
                if time.monotonic() > until:
                    raise SystemExit(f"not at rest after {longest_s:.0f} s: {states}")
                time.sleep(0.1)
        finally:
            db.close()

    def open_orders(self) -> int:
        """How many orders still move."""
        db = Database(self.url, pool_size=1)
        try:
            with db.read() as tx:
                states = export.order_states(tx)
        finally:
            db.close()
        return sum(states.get(name, 0) for name in export.OPEN_ORDERS)


@contextmanager
def lab(*, limits: str = "off", database: str = "sqlite") -> Iterator[Lab]:
    """A fresh lab; ``database`` is ``sqlite`` or ``postgres``."""
    folder = Path(tempfile.mkdtemp(prefix="bookbridge-bench-"))
    try:
        with SandboxProcess(limits=limits, log=folder / "sandbox.log") as sandbox:
            if database == "sqlite":
                yield Lab(sandbox, folder, f"sqlite:///{folder / 'bookbridge.db'}")
            else:
                with postgres.temporary_server() as url:
                    yield Lab(sandbox, folder, url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_contacts(app: App) -> int:
    """Load the contacts of the organization in pounds by page."""
    organization = app.services.zoho.organization(POUNDS)
    return loading.load_all(app.services, organization, most_calls=10_000) or 0


def receive(app: App, bodies: Sequence[Mapping[str, Any]], *, batch: int = 100, channel: str = "import") -> None:
    """Accept orders as an import does, ``batch`` in one durable transaction."""
    organization = app.services.zoho.organization(POUNDS)
    for start in range(0, len(bodies), batch):
        with app.services.db.transaction() as tx, app.services.ledger.gathering(tx):
            deliveries = []
            for body in bodies[start : start + batch]:
                parsed = parse_body.validate(dict(body))
                deliveries.append(Delivery(to_order(parsed, order_id=parsed.order_id), organization, channel))
            app.services.inbox.receive_all_in(tx, deliveries)


def options(text: str | None, **more: Any) -> argparse.Namespace:
    """The command line of a bench: ``--orders``, ``--json`` and what ``more`` adds (name -> default)."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--orders", default="", metavar="PATH", help="orders of the online-retail format")
    parser.add_argument("--json", default="", metavar="OUT", help="write the figures to a file; - prints them")
    for name, default in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"({default})")
    return parser.parse_args()


def show(title: str, figures: Mapping[str, Any], given: argparse.Namespace) -> None:
    """Print a small table, and the figures as JSON where that was asked for."""
    if given.json == "-":
        print(json.dumps(dict(figures), indent=2, default=str))
        return
    print(title)
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        print(f"  {name.ljust(width)}  {_text(value)}")
    if given.json:
        Path(given.json).write_text(json.dumps(dict(figures), indent=2, default=str) + "\n", encoding="utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values are (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
