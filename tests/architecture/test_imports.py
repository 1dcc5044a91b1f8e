"""The import contracts of pyproject.toml hold, and they would notice a violation."""

import shutil
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.support.processes import Outcome, run

PLANTED = {
    "layers": ("kernel/money.py", "import bookbridge.store.db"),
    "features": ("features/contacts/policy.py", "import bookbridge.features.billing"),
    "kernel": ("kernel/money.py", "import sqlalchemy"),
    "pure": ("features/billing/policy.py", "import bookbridge.store.tables"),
    "http": ("web/app.py", "import httpx2"),
    "engine": ("inbox/receive.py", "import dbos"),
    "sql": ("features/billing/actions.py", "import sqlalchemy"),
    "sandbox": ("sandbox/state.py", "import bookbridge.kernel.money"),
    "sandbox-users": ("web/app.py", "import bookbridge.sandbox.state"),
    "cycles": ("store/db.py", "import bookbridge.store.keys"),
}
"""For each contract a file and a line that must not stand in it."""


def test_contracts_hold() -> None:
    """Imports go down only, and each rule of the architecture is kept."""
    outcome = lint(ROOT)
    assert outcome.code == 0, outcome.out


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    """A contract that cannot break holds nothing."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static", "generated"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    name, line = PLANTED[contract]
    path = tmp_path / "src" / "bookbridge" / name
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    outcome = lint(tmp_path, "--contract", contract)
    assert outcome.code == 1, outcome.out
    assert "BROKEN" in outcome.out


def lint(folder: Path, *options: str) -> Outcome:
    """Check the sources below ``folder`` against the contracts beside them."""
    return run("lint-imports", "--no-logo", "--no-cache", *options, cwd=folder, env={"PYTHONPATH": str(folder / "src")})
