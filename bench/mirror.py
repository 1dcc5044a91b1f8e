"""The mirror: cold with latency, cost of storing, second sync, deletions and edits, kill -9 during a sync.

``--only`` takes the names of parts: cold, storing (or cold-sqlite, storing-postgres, ...), changes, kill.

Every comparison is made in one run: the same sandbox, the same pages, one way after the other.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.cli.campaigning.processes import ProcessError
from bookbridge.mirror import passes
from bookbridge.mirror.entities import BY_NAME, ENTITIES, Entity
from bookbridge.mirror.sync import Sync, Wish
from bookbridge.net.transport import HttpTransport
from bookbridge.store.db import Database
from bookbridge.zoho import session as sessions
from bookbridge.zoho.books.client import Books
from lab import POUNDS, Lab, lab, options, show

PER_PAGE = 200
DATABASES = ("sqlite", "postgres")
LITTLE_MS = 10
"""A latency that no service of the internet is below."""


def fill(made: Lab, invoices: int) -> None:
    """Months of business in the sandbox."""
    made.sandbox.control("fill", {"organization_id": POUNDS, "invoices": invoices, "months": 24, "seed": 5})


def plain(app: App) -> tuple[int, int, float]:
    """Every page of every list, one call after the other, parsed and thrown away: rows, calls, seconds."""
    books = Books(app.services.zoho.session(POUNDS), call_class="sync")
    rows = calls = 0
    started = time.perf_counter()
    for entity in ENTITIES:
        page, more = 1, True
        while more:
            params = {**entity.params, "page": page, "per_page": PER_PAGE}
            body = books.call("GET", entity.path, params=params).body
            rows += len(body[entity.many])
            calls += 1
            page, more = page + 1, body["page_context"]["has_more_page"]
    return rows, calls, time.perf_counter() - started


REBUILT: list[float] = []
"""Seconds that receivables took after the first pass, newest last."""


def timed_rebuild(*given: Any) -> bool:
    """The rebuild of receivables, timed."""
    started = time.perf_counter()
    try:
        return rebuild(*given)
    finally:
        REBUILT.append(time.perf_counter() - started)


rebuild, passes.rebuild = passes.rebuild, timed_rebuild


def synced(app: App, **wish: Any) -> tuple[Sync, float]:
    """One sync in this process, and its seconds."""
    run = Sync(app.services.mirror, app.services.zoho.organization(POUNDS), Wish(**wish))
    started = time.perf_counter()
    outcome = run.run()
    assert outcome.is_good, outcome
    return run, time.perf_counter() - started


def cold(invoices: int, latency_ms: int, database: str) -> dict[str, Any]:
    """Lists only, with latency and Zoho's ten slots: ours beside one call after the other."""
    with lab(limits="zoho", database=database) as made, made.app() as app:
        fill(made, invoices)
        made.sandbox.control("switches", {"minute_limit": 1_000_000})
        made.sandbox.control("latency", {"ms": latency_ms})
        rows, calls, slow = plain(app)
        made.sandbox.new_requests()
        run, fast = synced(app, details=False)
        refused = sum(row["status"] == 429 for row in made.sandbox.new_requests())
        name = f"cold, {database}"
        return {
            f"{name}: rows, pages": f"{rows:,} rows, {calls} pages, {latency_ms} ms a call",
            f"{name}: one after the other, s": round(slow, 2),
            f"{name}: ours, s": round(fast, 2),
            f"{name}: of which receivables, s": round(REBUILT[-1], 2),
            f"{name}: ours, calls": run.progress.calls,
            f"{name}: ours, refused by a limit": refused,
            f"{name}: times faster": round(slow / fast, 2),
            f"{name}: times faster until all is stored": round(slow / (fast - REBUILT[-1]), 2),
        }


class Stopwatch:
    """Seconds spent in HTTP, in reading JSON and in transactions, over all threads."""

    def __init__(self) -> None:
        self.spent = {"http": 0.0, "json": 0.0, "sql": 0.0}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure what happens in the block."""
        send, decode, transaction = HttpTransport.send, sessions.decode, Database.transaction

        def timed(name: str, call: Any) -> Any:
            def run(*args: Any, **kwargs: Any) -> Any:
                started = time.perf_counter()
                try:
                    return call(*args, **kwargs)
                finally:
                    self.spent[name] += time.perf_counter() - started

            return run

        @contextmanager
        def measured(db: Database, **kwargs: Any) -> Iterator[Any]:
            with transaction(db, **kwargs) as tx:
                started = time.perf_counter()
                yield tx
                self.spent["sql"] += time.perf_counter() - started

        HttpTransport.send, sessions.decode = timed("http", send), timed("json", decode)  # type: ignore[method-assign]
        Database.transaction = measured  # type: ignore[method-assign]
        try:
            yield
        finally:
            HttpTransport.send, sessions.decode = send, decode  # type: ignore[method-assign]
            Database.transaction = transaction  # type: ignore[method-assign]


def storing(invoices: int, database: str, latency_ms: int = 0) -> dict[str, Any]:
    """Without latency, or with little: fetched, parsed and stored, beside a loop that only fetches and parses."""
    with lab(database=database) as made, made.app() as app:
        fill(made, invoices)
        made.sandbox.control("latency", {"ms": latency_ms})
        rows, _, loop = plain(app)
        watch = Stopwatch()
        with watch.running():
            _, ours = synced(app, details=False)
        whole, receivables = sum(watch.spent.values()), REBUILT[-1]
        name = f"storing, {database}" + (f", {latency_ms} ms a call" if latency_ms else "")
        return {
            f"{name}: rows": rows,
            f"{name}: fetch and parse alone, s": round(loop, 2),
            f"{name}: ours with storing, s": round(ours, 2),
            f"{name}: of which receivables, s": round(receivables, 2),
            f"{name}: ratio": round(ours / loop, 2),
            f"{name}: ratio until all is stored": round((ours - receivables) / loop, 2),
            **{f"{name}: share of {what}, %": round(100 * spent / whole, 1) for what, spent in watch.spent.items()},
        }


def changes(invoices: int) -> dict[str, Any]:
    """A full sync, then what changed and what is gone."""
    with lab() as made, made.app() as app:
        fill(made, invoices)
        full, _ = synced(app)
        return {**second(made, app, full.progress.calls), **gone(made, app)}


def second(made: Lab, app: App, full_calls: int) -> dict[str, Any]:
    """One row in a hundred changes, then a sync."""
    changed = edit(made, app, 100)
    time.sleep(1.1)  # Zoho's times have whole seconds
    run, seconds = synced(app, thorough=False)
    found = sum(each.changed for each in run.progress.entities.values())
    return {
        "second sync: rows changed, found": f"{changed}, {found}",
        "second sync: calls": run.progress.calls,
        "second sync: calls of a full one": full_calls,
        "second sync: share, %": round(100 * run.progress.calls / full_calls, 2),
        "second sync: seconds": round(seconds, 2),
    }


def edit(made: Lab, app: App, every: int) -> int:
    """Change one record of every so many in the big lists, as people do."""
    done = 0
    for name, field in (
        ("invoices", "reference_number"),
        ("payments", "reference_number"),
        ("expenses", "description"),
    ):
        ids = living(app, BY_NAME[name])[::every]
        done += sum(put(made, BY_NAME[name], each, {field: f"edited {done}"}) for each in ids)
    return done


def put(made: Lab, entity: Entity, record_id: str, body: dict[str, Any]) -> bool:
    """A change in Zoho by somebody else."""
    return person(made, "edit", entity, record_id, body)


def person(made: Lab, action: str, entity: Entity, record_id: str, fields: dict[str, Any]) -> bool:
    """A person's edit or deletion; whether Zoho allowed it."""
    wanted = {
        "organization_id": POUNDS, "action": action, "resource": entity.path.strip("/"), "id": record_id,
        "fields": fields,
    }  # fmt: skip
    try:
        made.sandbox.control("people", wanted)
    except ProcessError:
        return False
    return True


def living(app: App, entity: Entity) -> list[str]:
    """The ids of an entity that are alive in the mirror."""
    table: Any = entity.table
    where = (table.c.organization_id == POUNDS) & table.c.deleted_at.is_(None)
    with app.services.db.read() as tx:
        return list(tx.scalars(sa.select(table.c[entity.id]).where(where).order_by(table.c[entity.id])))


def gone(made: Lab, app: App) -> dict[str, Any]:
    """50 deletions and 50 edits; syncs until all are found, and what they cost."""
    deleted: dict[str, set[str]] = {}
    for name, most in (("payments", 20), ("expenses", 10), ("invoices", 20)):
        entity, found = BY_NAME[name], set()
        for each in living(app, entity)[7::23]:
            if len(found) < most and person(made, "delete", entity, each, {}):
                found.add(each)
        deleted[name] = found
    edited = edit_by_hand(made, app, deleted)
    made.calls()
    syncs = calls = at_once = 0
    while True:
        run, _ = synced(app)
        syncs, calls = syncs + 1, calls + run.progress.calls
        left = sum(len(ids & set(living(app, BY_NAME[name]))) for name, ids in deleted.items())
        at_once = at_once or sum(map(len, deleted.values())) - left
        if not left or syncs >= 60:
            break
    wrong = compare(made, app)
    return {
        "deletions, edits made": f"{sum(map(len, deleted.values()))}, {edited}",
        "deletions found by the first sync": at_once,
        "syncs until all were found": syncs,
        "calls until all were found": calls,
        "records that differ from Zoho afterwards": wrong,
    }


def edit_by_hand(made: Lab, app: App, deleted: dict[str, set[str]]) -> int:
    """50 records of every list changed by people; how many Zoho allowed."""
    edited = 0
    for name, until in (("items", 5), ("contacts", 15), ("payments", 25), ("expenses", 35), ("invoices", 50)):
        field = {"contacts": "notes", "items": "description", "expenses": "description"}.get(name, "reference_number")
        for each in living(app, BY_NAME[name])[3::5]:
            if edited < until and each not in deleted.get(name, ()):
                edited += put(made, BY_NAME[name], each, {field: "by hand"})
    return edited


def compare(made: Lab, app: App) -> int:
    """Records that are not in the mirror as Zoho lists them now, or are there and not in Zoho."""
    books = Books(app.services.zoho.session(POUNDS), call_class="sync")
    wrong = 0
    for entity in ENTITIES:
        theirs: dict[str, Any] = {}
        page, more = 1, True
        while more:
            params = {**entity.params, "page": page, "per_page": PER_PAGE}
            body = books.call("GET", entity.path, params=params).body
            theirs.update({str(row[entity.id]): row for row in body[entity.many]})
            page, more = page + 1, body["page_context"]["has_more_page"]
        table: Any = entity.table
        query = sa.select(table).where(table.c.organization_id == POUNDS, table.c.deleted_at.is_(None))
        with app.services.db.read() as tx:
            ours = {getattr(row, entity.id): row for row in tx.execute(query)}
        wrong += len(set(ours) ^ set(theirs))
        for record_id in set(ours) & set(theirs):
            told, kept = theirs[record_id], ours[record_id].payload
            money = ("total", "balance", "amount", "unused_amount", "status", "reference_number", "description", "rate")
            differ = {each: (told[each], kept[each]) for each in money if each in told and told[each] != kept.get(each)}
            if differ:
                wrong += 1
                print(entity.name, record_id, differ, file=sys.stderr)
    return wrong


def killed(invoices: int, kills: int) -> dict[str, Any]:
    """kill -9 at random moments of ``bookbridge sync --full``; then one sync to its end and a comparison."""
    with lab() as made:
        fill(made, invoices)
        made.sandbox.control("latency", {"ms": 30})
        chance, hit, begun = random.Random(11), 0, 0
        environment = {**made.environment, "BOOKBRIDGE_TIME_SCALE": "0.05"}  # a dead run's lease ends in 1.5 s
        command = [
            sys.executable,
            "-c",
            "from bookbridge.cli.main import run; run()",
            "sync",
            "--full",
            "--org",
            POUNDS,
        ]
        while hit < kills and begun < 3 * kills:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            begun += 1
            begins(made, process)
            time.sleep(chance.uniform(0.0, 0.8))
            process.kill()  # nothing happens to one that has ended
            hit += process.wait() == -signal.SIGKILL
        made.sandbox.control("latency", {"ms": 0})
        with made.app(BOOKBRIDGE_TIME_SCALE="1") as app:
            synced(app)
            wrong = compare(made, app)
            rows = sum(len(living(app, entity)) for entity in ENTITIES)
    return {
        "kill -9: syncs begun": begun,
        "kill -9: killed while syncing": hit,
        "kill -9: rows": rows,
        "kill -9: records that differ": wrong,
    }


def begins(made: Lab, process: subprocess.Popen[bytes]) -> None:
    """Wait until it makes calls."""
    made.calls()
    while process.poll() is None:
        if any(name.startswith("GET") for name in made.calls()):
            return
        time.sleep(0.02)


def main() -> None:
    """Every part, or those named by ``--only``."""
    given = options(__doc__, cold=5000, storing=13000, kill=1500, kills=50, latency_ms=150, only="")
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        **{f"cold-{name}": partial(cold, given.cold, given.latency_ms, name) for name in DATABASES},
        **{f"storing-{name}": partial(storing, given.storing, name) for name in DATABASES},
        "storing-late": partial(storing, given.storing, "sqlite", LITTLE_MS),
        "changes": lambda: changes(given.storing),
        "kill": lambda: killed(given.kill, given.kills),
    }
    figures: dict[str, Any] = {}
    for name, part in parts.items():
        if not given.only or {name, name.partition("-")[0]} & set(given.only.split(",")):
            figures |= part()
            if given.json != "-":
                print(json.dumps(figures, default=str), file=sys.stderr)
    show("The mirror", figures, given)


if __name__ == "__main__":
    main()
