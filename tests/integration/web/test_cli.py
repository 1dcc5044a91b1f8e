"""The command line: exit codes, sentences instead of tracebacks, secrets shown once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bookbridge.cli.main import COMMANDS, execute
from bookbridge.store import keys, sessions
from bookbridge.store.db import Database


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands see nothing of the machine they are tested on."""
    for name in ("DATABASE_URL", "BOOKBRIDGE_DATABASE_URL", "BOOKBRIDGE_API_KEY", "BOOKBRIDGE_SANDBOX_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(tmp_path / "home"))


def test_help_imports_none_of_the_commands() -> None:
    """The command line starts fast because it loads nothing it does not use."""
    code = (
        "import sys; from bookbridge.cli.main import execute; execute(['--help']); "
        "print([m for m in ('fastapi', 'dbos', 'sqlalchemy', 'rich', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip().endswith("[]")
    assert "Commands:" in done.stdout


def test_the_public_commands_have_their_names() -> None:
    """The names are a promise to people and scripts."""
    promised = "demo serve connect doctor orders contacts invoices expenses orgs sources keys admin campaign sandbox db"
    assert set(promised.split()) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], 2),
        (["keys", "create"], 2),
        (["keys", "create", "x", "--scope", "bogus"], 2),
        (["keys", "revoke", "nothing"], 1),
        (["sources", "remove", "nothing"], 1),
        (["sources", "add", "orders"], 1),
        (["keys", "list", "--database", "mysql://x"], 2),
        (["serve", "--host", "0.0.0.0"], 2),
        (["--version"], 0),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0 done, 1 failed, 2 wrong usage or configuration; always a sentence, never a traceback."""
    assert execute(arguments) == code
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert (told.err if code else told.out).strip()


def test_a_public_bind_names_what_is_missing_and_how_to_make_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Listening beyond this machine needs keys and an address; the sentence has the commands."""
    assert execute(["serve", "--host", "0.0.0.0"]) == 2
    told = capsys.readouterr().err
    for name in ("BOOKBRIDGE_ENCRYPTION_KEY", "BOOKBRIDGE_API_KEY", "BOOKBRIDGE_PUBLIC_URL", "python3 -c"):
        assert name in told


def test_a_key_is_shown_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Created, listed without its text, revoked."""
    assert execute(["keys", "create", "shop", "--scope", "orders:read,invoices:write", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert keys.id_of(made["key"]) == made["id"] and made["scopes"] == ["invoices:write", "orders:read"]
    assert execute(["keys", "list", "--json"]) == 0
    listed = capsys.readouterr().out
    assert made["key"] not in listed and json.loads(listed)[0]["state"] == "active"
    assert execute(["keys", "revoke", made["id"]]) == 0
    assert execute(["keys", "list"]) == 0
    assert "revoked" in capsys.readouterr().out


def test_an_admin_link_opens_a_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The printed address holds a token that the database knows by its hash; logging everybody out ends it."""
    assert execute(["admin", "link"]) == 0
    url = capsys.readouterr().out.strip()
    assert url.startswith("http://127.0.0.1:3000/login?token=")
    db = Database(f"sqlite:///{tmp_path / 'home' / 'bookbridge.db'}")
    with db.transaction() as tx:
        assert sessions.redeem_link(tx, url.partition("token=")[2], now=db.now(tx)) is not None
    db.close()
    assert execute(["admin", "end-sessions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ended": 1}


def test_the_schema_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Upgrading twice is safe and says so; a plain path is a database too."""
    where = ["--database", str(tmp_path / "own.db"), "--json"]
    assert [execute(["db", "upgrade", *where]), execute(["db", "upgrade", *where])] == [0, 0]
    states = [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()]
    assert states == ["upgraded", "current"]


def test_an_unexpected_error_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """People see what happened and how to see more; nobody sees a traceback unasked."""
    monkeypatch.setitem(COMMANDS, "orgs", ("bookbridge.cli.main:NOTHING", ""))
    assert execute(["orgs"]) == 1
    assert "bookbridge --debug" in capsys.readouterr().err
    with pytest.raises(AttributeError):
        execute(["--debug", "orgs"])
