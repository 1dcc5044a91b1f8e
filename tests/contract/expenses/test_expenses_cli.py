"""Expenses and contacts on the command line, without a server and beside one."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookbridge.cli.main import execute
from tests.support.running import running_app
from tests.support.sandbox import Zoho


@pytest.fixture
def environ(zoho: Zoho, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The process' environment names the sandbox and an empty home, which is returned."""
    zoho.control("reset", {})
    given = {**zoho.server.env, "BOOKBRIDGE_HOME": str(tmp_path), "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0"}
    for name, value in {**given, "BOOKBRIDGE_TIME_SCALE": "0.04"}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = execute(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


def read(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """The JSON a command prints."""
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def test_an_expense_is_recorded_without_a_server(environ: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice with the same --id is once; list and show find it."""
    wanted = ("expenses", "add", "18.40", "travel expense", "--vendor", "City Cabs", "--id", "x1")
    first = read(capsys, *wanted)
    code, out, _ = run(capsys, *wanted)

    assert (code, out.startswith("Already recorded: 18.4 USD in Travel Expense")) == (0, True)
    assert first["expense"]["vendor_name"] == "City Cabs"
    (row,) = read(capsys, "expenses", "list", "--vendor", "City")
    assert row["expense_id"] == first["expense_id"]
    assert read(capsys, "expenses", "show", first["expense_id"])["amount"] == 18.4
    assert "City Cabs" in run(capsys, "expenses", "show", first["expense_id"])[1]


def test_aliases_are_set_listed_used_and_removed(environ: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For categories and for accounts that pay."""
    assert run(capsys, "expenses", "alias")[1].startswith("No aliases")
    assert run(capsys, "expenses", "alias", "taxi", "Travel Expense")[1] == "taxi now means Travel Expense.\n"
    run(capsys, "expenses", "alias", "default", "Business Checking", "--paid-through")
    assert {row["alias"] for row in read(capsys, "expenses", "alias")} == {"taxi", "default"}
    expense = read(capsys, "expenses", "add", "5", "Taxi", "--date", "2026-03-02")["expense"]
    assert (expense["account_name"], expense["paid_through_account_name"]) == ("Travel Expense", "Business Checking")

    assert read(capsys, "expenses", "alias", "taxi", "--remove") == {"alias": "taxi", "removed": True}
    code, _, err = run(capsys, "expenses", "add", "5", "Taxi")
    assert (code, "no expense account for category 'Taxi'" in err) == (2, True)
    assert run(capsys, "expenses", "alias", "taxi")[0] == 2


def test_accounts_are_listed(environ: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table for people."""
    assert "Office Supplies" in run(capsys, "expenses", "accounts")[1]
    assert "Petty Cash" in run(capsys, "expenses", "accounts", "--type", "paid_through")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("five", "Lodging"), "AMOUNT 'five' is not a number."),
        (("5", "Lodging", "--date", "yesterday"), "date must be a date such as 2026-01-31."),
        (("5", "Lodging", "--currency", "GBP", "--rate", "x"), "--rate 'x' is not a number."),
    ],
)
def test_wrong_arguments_are_explained(
    arguments: tuple[str, ...], sentence: str, environ: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2."""
    code, _, err = run(capsys, "expenses", "add", *arguments)
    assert (code, sentence in err) == (2, True)


def test_an_unconfirmed_expense_is_said_and_settled_later(
    environ: Path, zoho: Zoho, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 while the answer is lost; the same command again finds the one expense."""
    wanted = ("expenses", "add", "7.00", "Lodging", "--id", "lost")
    read(capsys, "expenses", "accounts")
    rule = {"kind": "answer_lost", "match": {"method": "POST", "path": "^/expenses$"}, "rate": 1.0, "times": 1}
    zoho.control("faults", {"rules": [rule]})
    code, out, _ = run(capsys, *wanted, "--wait", "0")
    assert (code, out.startswith("Stored, not confirmed yet (unknown")) == (1, True)
    assert read(capsys, *wanted)["effect"]["state"] == "done"
    assert len(read(capsys, "expenses", "list")) == 1


def test_a_command_beside_a_running_server_records_once(
    environ: Path, zoho: Zoho, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both try to carry it out; the ledger lets one of them send."""
    url = f"sqlite:///{environ / 'bookbridge.db'}"
    with running_app(zoho.server, url=url, home=environ, time_scale="0.04"):
        for number in range(3):
            told = read(capsys, "expenses", "add", "7.00", "Lodging", "--vendor", f"Inn {number}", "--id", f"b{number}")
            assert told["effect"]["state"] == "done"
    assert len(read(capsys, "expenses", "list")) == 3


def test_contacts_are_found_or_created_listed_and_loaded(environ: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Created once; loading makes a bulk import know them."""
    first = read(capsys, "contacts", "find-or-create", "ada@example.com", "--name", "Ada Lovelace")
    code, out, _ = run(capsys, "contacts", "find-or-create", "ADA@example.com")
    assert first["created"] is True
    assert (code, out) == (0, f"Found Ada Lovelace, contact {first['contact']['contact_id']}.\n")
    assert [row["contact_name"] for row in read(capsys, "contacts", "list")] == ["Ada Lovelace"]
    assert read(capsys, "contacts", "load") == {"contacts": 1}
    assert run(capsys, "contacts", "find-or-create", "nobody")[0] == 2
