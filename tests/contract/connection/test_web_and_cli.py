"""The connection as people use it: routes of the application, and commands."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import click
import httpx2
import pytest

from bookbridge.cli.main import execute
from bookbridge.sandbox.launch import SandboxServer
from tests.support import web
from tests.support.sandbox import Zoho, running_sandbox


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """A region whose user agrees at once; any loopback redirect is registered."""
    switches = {"auto_consent": "accept", "any_loopback_redirect": True}
    with running_sandbox(limits="off", switches=switches) as server:
        yield server


@pytest.fixture
def site(box: SandboxServer, sqlite_url: str, tmp_path: Path) -> Iterator[web.Site]:
    """An application with a client and no connection."""
    made = web.build(
        sqlite_url,
        tmp_path,
        sandbox_url=box.url,
        client_id=box.env["ZOHO_CLIENT_ID"],
        client_secret=box.env["ZOHO_CLIENT_SECRET"],
        calls_per_minute="0",
    )
    yield made
    made.app.close()


def callback_of(address: str) -> str:
    """Path and query with which the consent page sends the browser back."""
    answer = httpx2.get(address, follow_redirects=False)
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


def test_person_connects_and_chooses(site: web.Site) -> None:
    """Log in, connect, tick one of two organizations: it is connected, listed and can be disconnected."""
    csrf = site.log_in()
    away = site.client.get("/oauth/connect", follow_redirects=False)
    assert away.status_code == 303
    page = site.client.get(callback_of(away.headers["location"]))
    assert page.status_code == 200, page.text
    assert "Demo Retail Ltd" in page.text
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None
    form = {"ticket": found.group(1), "organization_id": "10000002", "csrf": csrf}
    done = site.client.post("/oauth/choose", data=form, headers={"Origin": web.BASE})
    assert done.status_code == 200, done.text
    assert "Demo Retail Ltd" in done.text
    key = site.key("connection:read", "connection:write")
    site.client.cookies.clear()
    listed = site.client.get("/api/organizations?visible=true", headers=key).json()
    assert [row["organization_id"] for row in listed["organizations"]] == ["10000002"]
    assert {row["organization_id"]: row["connected"] for row in listed["visible"]} == {
        "10000001": False,
        "10000002": True,
    }
    shown = site.client.get("/api/connection", headers=key)
    assert shown.json()["connections"][0]["organization_ids"] == ["10000002"]
    assert "refresh_token" not in shown.text
    ended = site.client.delete("/api/connection", headers=key)
    assert ended.json() == {"disconnected": ["10000002"], "revocation_confirmed": True}
    assert site.client.get("/api/connection", headers=key).json() == {"connected": False, "connections": []}


def test_callback_reflects_nothing(site: web.Site) -> None:
    """Texts in the callback never reach the page, and a stranger's callback is refused (SEC-028)."""
    answer = site.client.get("/oauth/callback?error=%3Cscript%3Ealert(1)%3C/script%3E&state=%22evil%22&code=marker")
    assert answer.status_code == 400
    assert not {"script", "evil", "marker"} & set(re.findall(r"\w+", answer.text))


def test_host_header_does_not_change_the_redirect(site: web.Site) -> None:
    """The redirect address comes from the configuration alone (SEC-022)."""
    site.log_in()
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    away = site.client.get("/oauth/connect", headers=headers, follow_redirects=False)
    sent = dict(parse_qsl(urlsplit(away.headers["location"]).query))
    assert sent["redirect_uri"] == "http://127.0.0.1:3000/oauth/callback"


def test_connect_needs_the_scope(site: web.Site) -> None:
    """A key that may only read cannot connect or disconnect."""
    key = site.key("connection:read")
    assert site.client.get("/oauth/connect", headers=key, follow_redirects=False).status_code == 403
    assert site.client.delete("/api/connection", headers=key).status_code == 403


@pytest.fixture
def environ(box: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """The process' environment names the sandbox's client and an empty home."""
    given = {**box.env, "BOOKBRIDGE_HOME": str(tmp_path / "home"), "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0"}
    for name in ("ZOHO_REFRESH_TOKEN", "ZOHO_ORG_ID"):
        given.pop(name, None)
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return box


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = execute(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_connect_by_code(environ: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A self client's code connects; without a choice the organizations are listed; then orgs and doctor are happy."""
    zoho = Zoho(environ)
    code = zoho.control("tokens", {"action": "self_client_code"})["code"]
    status, _, err = run(["connect", "--code", code, "--json"], capsys)
    assert (status, "10000002" in err) == (2, True)
    code = zoho.control("tokens", {"action": "self_client_code"})["code"]
    status, out, err = run(["connect", "--code", code, "--org", "10000002", "--json"], capsys)
    assert status == 0, err
    assert json.loads(out)["connected"][0]["currency_code"] == "GBP"
    status, out, _ = run(["orgs", "--visible", "--json"], capsys)
    assert {row["organization_id"]: row["state"] for row in json.loads(out)} == {
        "10000001": "not connected",
        "10000002": "connected",
    }
    status, out, _ = run(["doctor", "--json"], capsys)
    assert (status, json.loads(out)["ok"]) == (0, True)
    status, _, err = run(["connect", "--code", code], capsys)
    assert (status, "two or three minutes" in err) == (1, True)
    assert run(["doctor"], capsys)[0] == 1
    zoho.close()


def test_connect_by_browser(
    environ: SandboxServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command opens the consent page, takes the callback on loopback and connects every organization asked for."""

    def browse(url: str) -> int:
        def go() -> None:
            httpx2.get(url, follow_redirects=True, timeout=60)

        threading.Thread(target=go, daemon=True).start()
        return 0

    monkeypatch.setattr(click, "launch", browse)
    status, out, err = run(["connect", "--all", "--json", "--port", str(free_port())], capsys)
    assert status == 0, err
    assert len(json.loads(out)["connected"]) == 2


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
