"""The campaign itself, small: real processes, kills and faults, and a verdict of zero."""

import json
from pathlib import Path

import pytest

from tests.support import processes

pytestmark = pytest.mark.durability


def test_a_small_campaign_is_clean(tmp_path: Path) -> None:
    """Forty orders under F1 with kills, on SQLite: each acknowledged order has its one invoice."""
    options = ("--count", "40", "--kill-every", "5", "--scale", "0.05", "--seed", "4", "--new-customers", "0.5")
    done = processes.run(
        "bookbridge", "campaign", *options, "--longest", "120", "--json", str(tmp_path / "result.json")
    )
    result = json.loads((tmp_path / "result.json").read_text())
    assert done.code == 0, done.out
    found = {name: result[name] for name in ("acknowledged", "invoices", "duplicates", "lost", "wrong_bindings")}
    assert found == {"acknowledged": 40, "invoices": 40, "duplicates": 0, "lost": 0, "wrong_bindings": 0}
    assert (result["difference"], result["unresolved"]) == ("0.00", 0)
    assert result["faults"] > 0


def test_sqlite_with_replicas_is_refused() -> None:
    """Exit code 2 and the remedy."""
    done = processes.run("bookbridge", "campaign", "--replicas", "2")
    assert done.code == 2
    assert "--database postgres" in done.out
