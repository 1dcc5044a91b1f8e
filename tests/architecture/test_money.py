"""No amount passes through a binary fraction."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import calls, modules, name_of, tree_of

FLOATS_ALLOWED = {
    "config.py",  # the scale of time
    "web/limits.py",  # requests a second
    "web/metrics.py",  # the metrics library wants it
    "zoho/answers.py",  # seconds to wait
    "zoho/budget.py",  # calls a minute
    "zoho/tokens.py",  # seconds a token lives
    "sandbox/control.py",
    "sandbox/control_tokens.py",
    "sandbox/delivery.py",
    "sandbox/exchanges.py",
    "sandbox/faults.py",  # seconds and chances of faults
}
"""Where ``float(...)`` is called, and for what; none of it is money."""

MONEY = re.compile(r"(^|_)(amount|total|balance|price|rate|subtotal|discount|tax|quantity|due|minor|shipping)($|_)")


RATES_OF_TIME = {
    "sandbox/faults.py rate",  # the share of calls that are broken
    "cli/campaigning/feeder.py rate",  # deliveries a second
    "cli/campaigning/run.py rate",
}
"""Names that sound like money and are not."""


def test_float_is_called_only_where_no_money_is() -> None:
    """A new ``float(...)`` has to be put on the list, on purpose."""
    found = {name_of(path) for path in modules() for call in calls(path) if _called(call) == "float"}
    assert found <= FLOATS_ALLOWED


def test_nothing_called_like_money_is_a_float() -> None:
    """No parameter, field or variable whose name means money is annotated ``float``."""
    wrong = {
        f"{name_of(path)} {name}"
        for path in modules()
        for name, annotation in annotations(path)
        if MONEY.search(name) and "float" in annotation
    }
    assert wrong <= RATES_OF_TIME


def test_no_column_holds_a_fraction() -> None:
    """Amounts are whole minor units and rates are texts in the database."""
    kinds = {"Float", "Numeric", "Double", "REAL", "DOUBLE_PRECISION"}
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules(below="store")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in kinds
    ]
    assert not wrong


def annotations(path: Path, /) -> Iterator[tuple[str, str]]:
    """Name and annotation of everything annotated in a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, ast.unparse(node.annotation)
        if isinstance(node, ast.AnnAssign):
            yield ast.unparse(node.target), ast.unparse(node.annotation)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
