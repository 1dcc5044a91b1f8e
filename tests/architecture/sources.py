"""The project's own Python files as syntax trees, for rules that no linter holds."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "bookbridge"


def modules(*, below: str = "") -> list[Path]:
    """Every Python file of the package below a folder; generated code sits apart and is left out."""
    found = sorted((PACKAGE / below).rglob("*.py"))
    return [path for path in found if "generated" not in path.parts]


def name_of(path: Path, /) -> str:
    """How a file is called in a message: its path inside the package."""
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree_of(path: Path, /) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path, /) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(path: Path, /) -> Iterator[ast.Call]:
    """Every call in a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield node
