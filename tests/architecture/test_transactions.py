"""Who may end a transaction: nobody but the database seam."""

import ast

from tests.architecture.sources import calls, modules, name_of

ENDS = {"commit", "rollback"}
SEAM = {"store/db.py", "store/budgets.py"}
"""The seam, and the budget's own connections, which count a call even when the work around it is rolled back."""


def test_only_the_seam_opens_transactions_of_its_own() -> None:
    """``engine.begin()`` stands in the database seam; everything else works inside a transaction it is given."""
    assert _callers({"begin", "begin_nested"}) <= SEAM


def test_nobody_commits_by_hand() -> None:
    """A transaction ends with its block; a commit in the middle would acknowledge half an order."""
    assert not _callers(ENDS)


def _callers(names: set[str]) -> set[str]:
    ours = [path for path in modules() if not name_of(path).startswith("sandbox/")]
    return {name_of(path) for path in ours for call in calls(path) if _method(call) in names}


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
