"""``bookbridge demo``: a sandbox, a server against it, real orders, and a look at what came of them."""

import csv
import io
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bookbridge.kernel.clock import SystemClock
from bookbridge.kernel.errors import BookbridgeError

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.cli.campaigning.processes import SandboxProcess
    from bookbridge.cli.importing.display import Display
    from bookbridge.cli.importing.summary import Summary
    from bookbridge.config import Settings

HOME = Path(".demo")
MARK = "made-by-bookbridge-demo"
ORDERS = Path(__file__).parent / "demo_data" / "orders.csv"
ORGANIZATION = "10000002"
"""The sandbox's organization in London, which keeps its books in pounds like the shop the orders come from."""

USUAL_PORTS = (3000, 0)
"""The guide's port, and any free one where it is taken."""

HISTORY = {"invoices": 900, "months": 13, "seed": 4}
"""What the books hold from before the demo."""
MIRRORED_WITHIN_S = 60.0

REFRESH_PATH = "/oauth/v2/token"


class DemoError(BookbridgeError):
    """The demo cannot run here."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the sandbox itself counted: token ``refreshes``, ``invoices``, and orders that have more than one."""

    refreshes: int
    invoices: int
    duplicates: int


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving until Ctrl-C.")
@click.option(
    "--port", default=None, type=click.IntRange(1, 65535), help="Of the server (default: 3000 or a free one)."
)
def demo(once: bool, port: int | None) -> int:
    """Show orders becoming invoices: everything runs here, in ./.demo, without a Zoho account."""
    from bookbridge import bootstrap, config
    from bookbridge.cli.campaigning.processes import SandboxProcess, clean_environment
    from bookbridge.cli.importing.display import Display

    display = Display()
    _fresh(HOME)
    with SandboxProcess(limits="off", log=HOME / "sandbox.log") as sandbox:
        display.say(f"A sandbox plays Zoho on {sandbox.url} (without its limit of 100 calls a minute).")
        environment = _environment(sandbox.env)
        with _serving({**clean_environment(), **environment}, ports=(port,) if port else USUAL_PORTS) as server:
            settings = config.load(environment, port=server.port)
            display.say(f"Bookbridge serves on {settings.base_url}.")
            app = bootstrap.build(settings)
            try:
                summary = _import(app, display)
                _show(sandbox, summary)
                if not once:
                    _history(sandbox, app, display)
                    _stay(app, settings, server.process)
            finally:
                app.close()
    return 3 if summary.leaves_work else 0


def _fresh(home: Path) -> None:
    """An empty folder of our own; only one that an earlier demo made is removed.

    Raises:
        DemoError: the folder holds something else, or another demo runs in it.
    """
    if home.exists():
        if any(home.iterdir()) and not (home / MARK).exists():
            raise DemoError(f"{home.resolve()} was not made by the demo; move it away.")
        if _is_in_use(home / "bookbridge.db"):
            raise DemoError("Another demo runs in this folder; stop it with Ctrl-C, or run this one elsewhere.")
        shutil.rmtree(home)
    home.mkdir(mode=0o700)
    (home / MARK).touch()


def _is_in_use(database: Path) -> bool:
    from bookbridge.store.db import Database
    from bookbridge.workflow.lock import engine_is_running

    if not database.exists():
        return False
    db = Database(f"sqlite:///{database}")
    try:
        return engine_is_running(db)
    finally:
        db.close()


def _environment(of_sandbox: Mapping[str, str]) -> dict[str, str]:
    """The settings of a small real installation, but for the sandbox and its lifted limit."""
    return {
        **of_sandbox,
        "ZOHO_ORG_ID": ORGANIZATION,
        "BOOKBRIDGE_HOME": str(HOME),
        "BOOKBRIDGE_ENV": "development",
        "BOOKBRIDGE_INVOICE_STATUS": "sent",
        "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
        "BOOKBRIDGE_SYNC_EVERY": "60",
    }


@dataclass(frozen=True)
class Server:
    """A running ``bookbridge serve``."""

    process: "subprocess.Popen[str]"
    port: int


@contextmanager
def _serving(environment: Mapping[str, str], /, *, ports: Sequence[int]) -> Iterator[Server]:
    """``bookbridge serve`` as a process of its own on the first port that is free, ended with the block.

    Raises:
        DemoError: it did not start.
    """
    from bookbridge.cli.campaigning.processes import end

    started = (_started(environment, port) for port in ports)
    server = next((each for each in started if each is not None), None)
    if server is None:
        raise DemoError(f"The server did not start: {(HOME / 'serve.log').read_text(encoding='utf-8')[-2000:]}")
    try:
        yield server
    finally:
        end(server.process, wait_s=40.0)
        assert server.process.stdout is not None
        server.process.stdout.close()


def _started(environment: Mapping[str, str], port: int) -> Server | None:
    """A server that said that it is ready; ``None`` when it ended instead."""
    from bookbridge.cli.campaigning.processes import bookbridge, end

    command = bookbridge("serve", "--json", "--port", str(port))
    with (HOME / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=dict(environment), text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if line:
        return Server(process, int(json.loads(line)["port"]))
    end(process)
    process.stdout.close()
    return None


def _import(app: "App", display: "Display") -> "Summary":
    from bookbridge.cli.importing.files import ONLINE_RETAIL, OrderFile
    from bookbridge.cli.importing.run import Import, Wishes

    path = HOME / "orders.csv"
    path.write_text(shifted(ORDERS.read_text(encoding="utf-8"), last_on=_today()), encoding="utf-8")
    organization = app.services.zoho.organization(ORGANIZATION)
    display.say(f"Importing {path}: real orders of a real shop (CC BY 4.0, see NOTICE), moved to end today.")
    return Import(app, organization, OrderFile(path, form=ONLINE_RETAIL), Wishes(), display).run()


def _history(sandbox: "SandboxProcess", app: "App", display: "Display") -> None:
    """A year of older books that the sandbox makes up, mirrored by the running server: something for the dashboard."""
    from bookbridge.features.mirror import actions
    from bookbridge.mirror.sync import Wish

    sandbox.control("fill", {"organization_id": ORGANIZATION, **HISTORY})
    asked = actions.start(app.services, app.services.zoho.organization(ORGANIZATION), Wish())
    display.say(f"For the dashboard the sandbox makes up {HISTORY['invoices']} older invoices with their payments.")
    clock = app.services.clock
    until = clock.monotonic() + MIRRORED_WITHIN_S
    while _sync_state(app, asked["id"]) not in ("done", "failed") and clock.monotonic() < until:
        clock.sleep(0.25)


def _sync_state(app: "App", run_id: str) -> str:
    from bookbridge.mirror import runs

    with app.services.db.read() as tx:
        run = runs.get(tx, run_id)
    return "failed" if run is None else run.state


def _today() -> date:
    return SystemClock().now().date()


def shifted(table: str, /, *, last_on: date) -> str:
    """The same orders, every date moved by the same number of days so that the last is on ``last_on``."""
    rows = list(csv.DictReader(io.StringIO(table)))
    moments = [datetime.fromisoformat(row["InvoiceDate"]) for row in rows]
    by = timedelta(days=(last_on - max(moments).date()).days)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row, moment in zip(rows, moments, strict=True):
        writer.writerow({**row, "InvoiceDate": (moment + by).isoformat()})
    return out.getvalue()


def proof_of(requests: list[dict[str, Any]], commits: list[dict[str, Any]], /) -> Proof:
    """What really happened, from the sandbox's own logs of requests and of changes."""
    made = [row for row in commits if row["resource"] == "invoices" and row["method"] == "POST"]
    created = Counter(row["key"] for row in made if row["path"].rstrip("/").endswith("/invoices"))
    refreshes = sum(1 for row in requests if row["path"].startswith(REFRESH_PATH) and row["status"] == 200)
    return Proof(refreshes=refreshes, invoices=created.total(), duplicates=created.total() - len(created))


def _show(sandbox: "SandboxProcess", summary: "Summary") -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    proof = proof_of(sandbox.control("requests"), sandbox.control("commits"))
    console.print()
    summary.show(console)
    console.print(f"\nThe sandbox's own log says: {proof.invoices} invoices created, {proof.duplicates} duplicates,")
    console.print(f"{proof.refreshes} refresh{'' if proof.refreshes == 1 else 'es'} of the access token.")


def _stay(app: "App", settings: "Settings", server: "subprocess.Popen[str]") -> None:
    """Say where to look and serve until Ctrl-C, or until the server is told to stop.

    Raises:
        DemoError: the server ended by itself.
    """
    from bookbridge.store import sessions

    with app.services.db.transaction() as tx:
        token = sessions.create_link(tx, now=app.services.clock.now())
    try:
        click.echo(
            f"\nDashboard (the link works once, for 15 minutes):\n  {settings.base_url}/login?token={token.reveal()}"
        )
        click.echo(f"Another link:  BOOKBRIDGE_HOME={HOME} BOOKBRIDGE_PORT={settings.port} bookbridge admin link")
        click.echo("Stop with Ctrl-C.")
        ended_well = server.wait() == 0
    except KeyboardInterrupt:
        ended_well = True
    if not ended_well:
        raise DemoError(f"The server ended by itself; {HOME / 'serve.log'} says why.")
    click.echo("\nStopped.")
