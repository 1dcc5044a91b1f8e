"""No secret in any log, answer, dump or crash, whatever Zoho says about it in its errors (SEC-039).

A real server runs against a Zoho that echoes credentials and bodies. Every secret and every piece of personal data is
a unique marker; afterwards everything that came out of the installation is searched for them.
"""

import base64
import io
import json
import os
import signal
import sqlite3
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bookbridge.cli.main import execute
from bookbridge.inbox.sources import standard
from bookbridge.kernel.clock import SystemClock
from bookbridge.kernel.secret import Secret
from bookbridge.sandbox.regions import CLIENT_SECRET, access_token, refresh_token
from tests.support.echo import Echo
from tests.support.processes import BIN, clean_environment
from tests.support.sandbox import running_sandbox

SECRETS = {
    "client secret": "cnryclientsecret7f3a91",
    "refresh token": "cnryrefreshtoken5b2c77",
    "first API key": "cnryapikeyfromenvironment4e1d88aa00",
    "encryption key": base64.urlsafe_b64encode(b"cnryencryptionkey9a8b7c6d5e4f3a2").decode(),
}
ACCESS = "cnryaccesstoken"
PERSON, MAIL = "Cnryname Cnrysurname", "cnrymail@example.com"
NOTE = "cnrynote of the customer"
OUTCOMES = ("refused", "failed", "failed_json", "cut", "rejected", "moved", "note")
SHOWN_ONCE = (("keys", "create"), ("sources", "add"), ("admin", "link"))
WHERE_PEOPLE_ARE = {"bb_orders", "bb_effects", "bb_contacts", "bb_attempts", "bb_audit"}
"""Tables that keep what an order says about its customer; the last two where Zoho's refusal quotes it."""


@dataclass
class Seen:
    """Everything that came out: by where it came from."""

    texts: dict[str, str] = field(default_factory=dict)

    def answer(self, answer: httpx2.Response) -> httpx2.Response:
        """Keep an HTTP answer with its headers."""
        place = f"{len(self.texts)} {answer.request.method} {answer.request.url.path} {answer.status_code}"
        self.texts[place] = f"{answer.headers}\n{answer.text}"
        return answer


@dataclass
class World:
    """A running server, its Zoho, and where its traces are."""

    echo: Echo
    url: str
    database: Path
    log: Path
    process: subprocess.Popen[str]
    seen: Seen = field(default_factory=Seen)

    def cli(self, *arguments: str) -> Any:
        """Run a command beside the server; what it printed is kept, a traceback too."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                execute(arguments)
            except Exception:  # `--debug` lets everything through
                traceback.print_exc()
        if arguments[:2] not in SHOWN_ONCE:
            self.seen.texts[f"command {' '.join(arguments)}"] = out.getvalue()
        self.seen.texts[f"stderr of {' '.join(arguments)}"] = err.getvalue()
        return json.loads(out.getvalue()) if out.getvalue().startswith(("{", "[")) else None


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The server with a marker for each of its secrets."""
    names = {SECRETS["client secret"]: CLIENT_SECRET, SECRETS["refresh token"]: refresh_token("us")}
    names |= {f"{ACCESS}first": access_token("us")}
    with running_sandbox(limits="off") as sandbox, Echo(sandbox, names=names, prefix=ACCESS) as echo:
        given = {
            **sandbox.env,
            "ZOHO_CLIENT_SECRET": SECRETS["client secret"],
            "ZOHO_REFRESH_TOKEN": SECRETS["refresh token"],
            "ZOHO_ACCESS_TOKEN": f"{ACCESS}first",
            "BOOKBRIDGE_SANDBOX_URL": echo.url,
            "BOOKBRIDGE_API_KEY": SECRETS["first API key"],
            "BOOKBRIDGE_ENCRYPTION_KEY": SECRETS["encryption key"],
            "BOOKBRIDGE_HOME": str(tmp_path / "home"),
            "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
            "BOOKBRIDGE_TIME_SCALE": "0.02",
            "BOOKBRIDGE_SYNC_EVERY": "0",
            "PYTHONFAULTHANDLER": "1",
        }
        environment = clean_environment(**given)
        for name in set(os.environ) - set(environment):
            monkeypatch.delenv(name)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with _served(environment, tmp_path) as (process, url):
            yield World(echo, url, tmp_path / "home" / "bookbridge.db", tmp_path / "serve.log", process)


@contextmanager
def _served(environment: dict[str, str], home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with (home / "serve.log").open("w") as log:
        command = [str(BIN / "bookbridge"), "serve", "--port", "0", "--json"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()
            process.communicate()


def _order(number: int) -> dict[str, Any]:
    return {
        "order_id": f"c-{number}",
        "customerEmail": MAIL,
        "customerName": PERSON,
        "items": [{"name": "Tea", "price": number}],
        "notes": NOTE,
    }


def _trouble(world: World, http: httpx2.Client) -> None:
    """Orders while Zoho misbehaves; then the accounts server does."""
    seen = world.seen
    seen.answer(http.post("/api/invoices/from-order?wait=20", json=_order(1)))
    for number, kind in enumerate(OUTCOMES, 2):
        world.echo.api.append(kind)
        seen.answer(http.post("/api/invoices/from-order?wait=1", json=_order(number)))
    world.echo.api.append("refused")
    direct = {"customer_id": "1", "line_items": [{"name": PERSON, "rate": 1}], "notes": NOTE}
    seen.answer(http.post("/api/invoices?wait=5", json=direct))
    world.echo.api.append("failed_json")
    seen.answer(http.post("/api/contacts/find-or-create?wait=2", json={"email": f"x{MAIL}", "name": PERSON}))
    world.echo.accounts.extend(["oauth", "oauth_failed"])
    world.echo.api.extend(["rejected"] * 3)
    seen.answer(http.post("/api/invoices/from-order?wait=1", json=_order(50)))
    world.echo.api.clear()


def _look_everywhere(world: World, http: httpx2.Client) -> list[str]:
    """Read whatever can be read, as a stranger, with a key and as an administrator; gives further secrets."""
    with httpx2.Client(base_url=world.url, trust_env=False, timeout=30) as strange:
        return _look(world, http, strange)


def _look(world: World, http: httpx2.Client, strange: httpx2.Client) -> list[str]:
    seen = world.seen
    rows = seen.answer(http.get("/api/orders")).json()["orders"]
    paths = [
        "/api/invoices",
        "/api/contacts",
        "/api/expenses",
        "/api/accounts",
        "/api/connection",
        "/metrics",
        "/livez",
    ]
    paths += ["/readyz", "/api/organizations?visible=true", "/docs", "/openapi.json", "/nothing", "/api/invoices/1"]
    for path in [*paths, *(row["url"] for row in rows)]:
        seen.answer(http.get(path))
        seen.answer(strange.get(path))
        seen.answer(strange.get(path, headers={"Authorization": f"Bearer {SECRETS['first API key']}x"}))
    key = world.cli("keys", "create", "canary", "--json")["key"]
    source = world.cli("sources", "add", "orders", "--json")
    link = world.cli("admin", "link", "--json")["url"].rpartition("=")[2]
    seen.answer(strange.get("/api/orders", params={"api_key": key}))
    seen.answer(strange.get("/api/orders", headers={"Authorization": f"Basic {key}"}))
    _hook(world, strange, source)
    seen.answer(strange.get("/oauth/callback", params={"code": "cnrycode", "state": "cnrystate"}))
    own = {"Origin": world.url}
    strange.post("/login", data={"token": link}, headers=own)
    cookie = strange.cookies["bookbridge"]
    for path in ("/", "/orders", *(f"/orders/{row['id']}" for row in rows)):
        assert seen.answer(strange.get(path, headers={"Accept": "text/html"})).status_code == 200
    seen.answer(strange.post("/orders/x/retry", data={"csrf": cookie}, headers=own))
    return [key, source["secret"], source["secret"].removeprefix("whsec_"), link, cookie]


def _hook(world: World, http: httpx2.Client, source: dict[str, Any]) -> None:
    raw = json.dumps({"type": "order.created", "data": _order(99)}).encode()
    headers = standard.sign(raw, secret=Secret(source["secret"]), event_id="msg_1", at=SystemClock().now())
    path = f"/hooks/orders/{source['endpoint']}"
    assert world.seen.answer(http.post(path, content=raw, headers=headers)).status_code == 202
    world.seen.answer(http.post(path, content=raw + b" ", headers=headers))
    world.seen.answer(http.post(path, content=raw, headers={"webhook-signature": source["secret"]}))


def _commands(world: World) -> None:
    for command in ("orgs", "orders list", "keys list", "sources list", "invoices list", "contacts list", "doctor"):
        world.cli(*command.split(), "--json")


def _break(world: World, http: httpx2.Client) -> None:
    """Take a table away under the running server, let it fail, and end it with a dump of its threads."""
    with sqlite3.connect(world.database) as wire:
        wire.execute("ALTER TABLE bb_orders RENAME COLUMN customer TO gone")
    world.seen.answer(http.post("/api/invoices/from-order?wait=0", json=_order(70)))
    world.seen.answer(http.get("/api/orders"))
    world.cli("orders", "list", "--json")
    world.cli("--debug", "orders", "list")
    with sqlite3.connect(world.database) as wire:
        wire.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.kill(world.process.pid, signal.SIGABRT)
    world.process.wait(timeout=30)


def _tables(database: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table as text."""
    with sqlite3.connect(database) as wire:
        wire.text_factory = bytes
        names = [name.decode() for (name,) in wire.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in wire.execute(f'SELECT * FROM "{name}"'):
                yield name, repr(row)


def test_no_secret_comes_out(world: World) -> None:
    """Secrets: nowhere, not in the raw database file either. Personal data: only where orders and contacts are kept."""
    with httpx2.Client(base_url=world.url, trust_env=False, timeout=40) as http:
        http.headers["Authorization"] = f"Bearer {SECRETS['first API key']}"
        _trouble(world, http)
        secrets = [*SECRETS.values(), ACCESS, *_look_everywhere(world, http)]
        _commands(world)
        _break(world, http)
    assert set(OUTCOMES) | {"oauth"} <= set(world.echo.fired), "every kind of error was met"
    assert len(world.echo.given) >= 1, "the token was renewed"

    log = world.log.read_text()
    assert "internal" in log or "unforeseen_error" in log, "the crash left its traces"
    found = [(place, each) for place, text in world.seen.texts.items() for each in secrets if each in text]
    assert found == []
    assert [each for each in secrets if each in log] == []
    raw = b"".join(path.read_bytes() for path in world.database.parent.iterdir())
    assert [each for each in secrets if each.encode() in raw] == []

    # Zoho's refusal is told to whoever sent what it refuses, word for word
    people = ("Cnryname", "cnrymail", "cnrynote")
    assert [each for each in people if each in log] == []
    told = {place: text for place, text in world.seen.texts.items() if "problem+json" in text or "/metrics" in place}
    told = {place: text for place, text in told.items() if '"zoho' not in text and "Zoho refused" not in text}
    told |= {place: text for place, text in world.seen.texts.items() if place.startswith("stderr")}
    assert [(place, each) for place, text in told.items() for each in people if each in text] == []
    kept = {name for name, row in _tables(world.database) if any(each in row for each in people)}
    assert kept <= WHERE_PEOPLE_ARE
