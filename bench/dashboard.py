"""Pages over a large mirror: how long the server takes for the dashboard and the lists behind it, and what they cost.

Fills invoices with payments straight into the tables, opens a session, and asks each page ``--rounds`` times through
the whole web side (session, queries, template, headers) without a socket; prints the median, the mean time of the
processor (what matters of it on a busy machine), the statements sent to the database and the calls made to Zoho.
``--folder DIR`` keeps the filled SQLite file there and uses it again.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

import filled
from bookbridge import bootstrap, config
from bookbridge.cli.campaigning import postgres
from bookbridge.kernel.clock import FixedClock
from bookbridge.net.transport import HttpTransport
from bookbridge.store import organizations, schema, sessions, tables
from bookbridge.store.db import Database
from bookbridge.web import app as web
from lab import options, show

PAST = filled.TODAY - timedelta(days=400)
PAGES = {
    "dashboard": "/",
    f"dashboard, as of {PAST}": f"/?as_of={PAST}",
    "dashboard, its live part": "/?part=live",
    "invoices": "/invoices",
    "invoices over 90 days": "/invoices?bucket=90%2B&sort=-balance",
    f"invoices over 90 days, as of {PAST}": f"/invoices?bucket=90%2B&as_of={PAST}",
    "invoices, search": "/invoices?search=INV-00012",
    "customers": "/customers",
}
HOST = b"127.0.0.1:3000"


class CountedTransport(HttpTransport):
    """Reaches nobody; counts whoever tries."""

    def __init__(self) -> None:
        super().__init__(origins=())
        self.calls = 0

    def send(self, *given: Any, **more: Any) -> Any:
        """Count, and refuse as a transport without destinations does."""
        self.calls += 1
        return super().send(*given, **more)


class Asker:
    """Asks the ASGI application as one logged-in browser does, and keeps the time from first byte to last."""

    def __init__(self, app: bootstrap.App) -> None:
        self._web = web.create(app)
        db, now = app.services.db, app.services.clock.now()
        with db.transaction() as tx:
            made = sessions.redeem_link(tx, sessions.create_link(tx, now=now).reveal(), now=now)
        assert made is not None
        self._cookie = f"bookbridge={made[0].reveal()}".encode()
        self.statements = 0
        event.listen(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_given: Any) -> None:
        self.statements += 1

    async def get(self, address: str) -> tuple[float, bytes]:
        """Milliseconds and the page."""
        path, _, query = address.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", HOST), (b"accept", b"text/html"), (b"cookie", self._cookie)],
            "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 3000), "state": {},
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        started = time.perf_counter()
        await self._web(scope, receive, send)
        took = (time.perf_counter() - started) * 1000
        assert sent[0]["status"] == 200, (address, sent[0]["status"])
        return took, b"".join(each.get("body", b"") for each in sent)


def prepare(url: str, count: int) -> None:
    """Fill the database unless it is filled, and mark the organization as connected."""
    db = Database(url)
    schema.upgrade(db)
    with db.read() as tx:
        is_filled = tx.execute(sa.select(tables.mirror_invoices.c.invoice_id).limit(1)).one_or_none() is not None
    if not is_filled:
        filled.fill(db, count)
    with db.transaction() as tx:
        connected = replace(filled.ORGANIZATION, grant_id="grant_bench")
        organizations.save(db, tx, connected, at=filled.NOW)
    db.close()


def measure(url: str, home: Path, name: str, rounds: int, figures: dict[str, Any]) -> None:
    """Every page on one database."""
    transport = CountedTransport()
    settings = config.load({}, database_url=url, home=str(home))
    app = bootstrap.build(settings, clock=FixedClock(filled.NOW), transport=transport)
    try:
        asyncio.run(_pages(app, name, rounds, figures))
    finally:
        app.close()
    figures[f"{name}: calls to Zoho"] = transport.calls


async def _pages(app: bootstrap.App, name: str, rounds: int, figures: dict[str, Any]) -> None:
    asker = Asker(app)
    for title, address in PAGES.items():
        _took, page = await asker.get(address)
        before, worked = asker.statements, time.process_time()
        times = [(await asker.get(address))[0] for _ in range(rounds)]
        figures[f"{name}: {title} (ms)"] = statistics.median(times)
        figures[f"{name}: {title}, processor (ms)"] = (time.process_time() - worked) * 1000 / rounds
        if address == "/":
            assert b"Outstanding" in page
            figures[f"{name}: dashboard, slowest (ms)"] = max(times)
            figures[f"{name}: dashboard, statements"] = (asker.statements - before) // rounds
            figures[f"{name}: dashboard (KiB)"] = len(page) // 1024


@contextmanager
def place(folder: str) -> Iterator[Path]:
    """Where files are kept, or a folder that is gone afterwards."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as made:
        yield Path(made)


def main() -> None:
    """Measure on SQLite and PostgreSQL."""
    given = options(__doc__, count=1_000_000, rounds=9, databases="sqlite,postgres", folder="")
    figures: dict[str, Any] = {"invoices": given.count}
    with place(given.folder) as folder:
        if "sqlite" in given.databases:
            url = f"sqlite:///{folder / f'dashboard-{given.count}.db'}"
            prepare(url, given.count)
            measure(url, folder / "home", "SQLite", given.rounds, figures)
        if "postgres" in given.databases:
            with postgres.temporary_server() as url:
                prepare(url, given.count)
                measure(url, folder / "home-pg", "PostgreSQL", given.rounds, figures)
    show("Pages over a large mirror", figures, given)


if __name__ == "__main__":
    main()
