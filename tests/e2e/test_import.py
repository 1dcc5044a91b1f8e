"""``bookbridge orders import`` as a user runs it: a process, a file, a database, a Zoho."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bookbridge.cli.demo import ORDERS
from bookbridge.sandbox.launch import SandboxServer
from tests.support.processes import Outcome, run
from tests.support.sandbox import running_sandbox

TOTAL = Decimal("15618.83")
"""Of the 58 sales among the 63 documents of the demo's excerpt."""


@dataclass(frozen=True)
class Installation:
    """A home of its own against a sandbox of its own."""

    home: Path
    box: SandboxServer

    def bookbridge(self, *arguments: str) -> Outcome:
        """Run a command."""
        variables = {
            **self.box.env,
            "ZOHO_ORG_ID": "10000002",
            "BOOKBRIDGE_HOME": str(self.home),
            "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0",
        }
        return run("bookbridge", *arguments, env=variables)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with ``--json`` and read what it printed."""
        outcome = self.bookbridge(*arguments, "--json")
        assert outcome.code == code, outcome.out
        return json.loads(outcome.out, parse_float=Decimal)

    def invoices(self) -> list[dict[str, Any]]:
        """Every invoice the sandbox has."""
        return list(self.box.world.orgs["10000002"].table("invoices").values())


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation."""
    with running_sandbox(limits="off") as box:
        yield Installation(tmp_path / "home", box)


def test_every_sale_becomes_one_invoice_and_a_second_import_none(installation: Installation) -> None:
    """The totals are equal to the last digit, what is left out has its reason, and importing again changes nothing."""
    arguments = ("orders", "import", str(ORDERS), "--format", "online-retail")
    first = installation.json(*arguments)
    assert first["read"] == 63
    assert first["orders"] == {"new": 58, "same": 0, "changed": 0}
    assert Counter({each["reason"].split(":")[0]: each["count"] for each in first["reasons"]}) == {
        "cancellation": 3,
        "total zero": 2,
    }
    assert first["invoices"] == {"new": 58, "before": 0}
    assert first["totals"] == {"GBP": TOTAL}
    assert first["states"] == {"done": 58}
    assert len(installation.invoices()) == 58
    assert sum(invoice["total"] for invoice in installation.invoices()) == TOTAL
    contacts = len({invoice["customer_id"] for invoice in installation.invoices()})
    assert first["calls"] == 58 + contacts + 1, "a known customer costs one call, a new one two, all contacts one page"
    second = installation.json(*arguments)
    assert second["orders"] == {"new": 0, "same": 58, "changed": 0}
    assert second["invoices"] == {"new": 0, "before": 58}
    assert second["calls"] == 0
    assert len(installation.invoices()) == 58


def test_wrong_rows_are_told_and_the_others_go_on(installation: Installation, tmp_path: Path) -> None:
    """Exit code 3, the line and the remedy; the good orders have their invoices; changed ones wait for a person."""
    path, report = tmp_path / "orders.csv", tmp_path / "report.json"
    head = "order_id,customer_email,name,quantity,price\n"
    path.write_text(f"{head}1,ann@example.com,Tea,2,2.25\n2,ann@example.com,Tea,two,1\n3,bob@example.com,Cup,1,3\n")
    dry = installation.json("orders", "import", str(path), "--dry-run", code=3)
    assert dry["orders"] == {"new": 2, "same": 0, "changed": 0}
    assert installation.json("orders", "list") == []
    outcome = installation.bookbridge("orders", "import", str(path), "--report", str(report))
    assert outcome.code == 3, outcome.out
    assert "line 3" in outcome.out
    (wrong,) = json.loads(report.read_text())["entries"]["wrong"]
    assert (wrong["line"], wrong["field"]) == (3, "quantity")
    path.write_text(f"{head}1,ann@example.com,Tea,3,2.25\n")
    again = installation.json("orders", "import", str(path), code=3)
    assert again["orders"]["changed"] == 1
    assert [problem["state"] for problem in again["problems"]] == ["review"]
    assert sorted(invoice["total"] for invoice in installation.invoices()) == [Decimal("3"), Decimal("4.5")]


def test_an_import_that_was_not_waited_for_is_finished_by_the_next(installation: Installation, tmp_path: Path) -> None:
    """Stored is stored: whoever runs the engine next makes the invoices."""
    path = tmp_path / "orders.jsonl"
    order = {"order_id": "1", "customerEmail": "ann@example.com", "items": [{"name": "Tea", "price": 2.5}]}
    path.write_text(json.dumps({**order, "currency": "GBP"}) + "\n")
    stored = installation.json("orders", "import", str(path), "--no-wait")
    assert stored["unfinished"] == 1
    assert not installation.invoices()
    done = installation.json("orders", "import", str(path))
    assert (done["orders"]["same"], done["unfinished"], done["totals"]) == (1, 0, {"GBP": Decimal("2.5")})
    life = installation.json("orders", "show", "1")
    assert life["order"]["state"] == "done"
    pdf = tmp_path / "invoice.pdf"
    installation.json("invoices", "pdf", life["order"]["invoice_id"], "--out", str(pdf))
    assert pdf.read_bytes().startswith(b"%PDF")


def test_usage_is_explained(installation: Installation, tmp_path: Path) -> None:
    """A file or an option that cannot be: exit code 2 and one sentence."""
    for arguments in ([str(tmp_path / "none.csv")], [str(ORDERS), "--map", "order_id"], ["orders.xlsx"]):
        outcome = installation.bookbridge("orders", "import", *arguments)
        assert outcome.code == 2, outcome.out
        assert "Traceback" not in outcome.out
