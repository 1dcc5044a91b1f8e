"""Accounts on the command line: passwords come from a hidden prompt or from standard input, never from arguments."""

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bookbridge.cli.main import execute
from bookbridge.store import admins, sessions, tables
from tests.support.web import PASSWORD, Site

Told = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_place(site: Site, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BOOKBRIDGE_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("BOOKBRIDGE_SANDBOX_URL", raising=False)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    return execute(["admin", *arguments])


def test_an_account_is_made_used_and_removed(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> None:
    """Made from a pipe, listed without its hash, switched off and on, given a new password, removed."""
    other = "a second sentence nobody knows"
    assert _run(monkeypatch, "create", "Ann", stdin=f"{PASSWORD}\r\nignored\n") == 0
    assert site.enter().status_code == 303
    assert _run(monkeypatch, "list", "--json") == 0
    told = capsys.readouterr().out
    assert '"name":"ann"' in told and "argon2" not in told
    assert _run(monkeypatch, "disable", "ann", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"name": "ann", "state": "off", "ended": 1}
    assert site.enter().status_code == 403 and site.csrf() == ""
    assert _run(monkeypatch, "enable", "ann") == 0 and site.enter().status_code == 303
    assert _run(monkeypatch, "password", "ann", stdin=other) == 0
    assert "Ended 1 session." in capsys.readouterr().out
    assert (site.enter().status_code, site.enter("ann", other).status_code) == (403, 303)
    assert _run(monkeypatch, "remove", "ann") == 0 and site.enter("ann", other).status_code == 403
    with site.app.services.db.read() as tx:
        rows = tx.execute(sa.select(tables.audit).order_by(tables.audit.c.seq)).all()
        assert admins.list_all(tx) == [] and sessions.list_open(tx, now=site.app.services.clock.now()) == []
    done = [row.action for row in rows if row.actor == "command line"]
    assert done == ["admin.created", "admin.disabled", "admin.enabled", "admin.password", "admin.removed"]
    assert PASSWORD not in str(rows) and other not in str(rows)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "word"),
    [
        (("create", "ann"), "", 2, "standard input"),
        (("create", "ann"), "tiny\n", 2, "too short"),
        (("create", "ann"), "password2026!\n", 2, "tried first"),
        (("create", "../etc"), PASSWORD, 2, "name of an account"),
        (("create", "ann", PASSWORD), "", 2, "unexpected extra argument"),
        (("password", "nobody"), PASSWORD, 1, "no account nobody"),
        (("disable", "nobody"), "", 1, "no account nobody"),
        (("remove", "nobody"), "", 1, "no account nobody"),
        (("end-sessions", "nobody"), "", 1, "no account nobody"),
    ],
)
def test_wrong_use_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Told, arguments: tuple[str, ...], stdin: str, code: int, word: str
) -> None:
    """A sentence with what to do; the password that was refused is not repeated."""
    assert _run(monkeypatch, *arguments, stdin=stdin) == code
    told = capsys.readouterr().err
    assert word in told and "Traceback" not in told
    assert not stdin or stdin.strip() not in told


def test_a_name_is_taken_once(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> None:
    """Making it again keeps the password it has."""
    site.account()
    assert _run(monkeypatch, "create", "ANN", stdin="a second sentence nobody knows") == 1
    assert "admin password ann" in capsys.readouterr().err
    assert site.enter().status_code == 303


def test_sessions_are_listed_and_ended_by_account(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> None:
    """One account's, or everybody's."""
    site.account()
    now = site.app.services.clock.now
    monkeypatch.setattr("bookbridge.cli.admin._now", now)
    for _ in range(2):
        site.client.cookies.clear()
        site.enter()
    site.client.cookies.clear()
    site.log_in()
    assert _run(monkeypatch, "sessions", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert sorted(row["account"] for row in rows) == ["(link)", "ann", "ann"]
    assert {row["address"] for row in rows} == {"testclient"}
    for arguments, ended in ((("end-sessions", "ann"), 2), (("end-sessions",), 1)):
        assert _run(monkeypatch, *arguments, "--json") == 0
        assert json.loads(capsys.readouterr().out) == {"ended": ended}
    assert _run(monkeypatch, "sessions") == 0 and "Nobody is logged in" in capsys.readouterr().out
