"""A reader can hold every function and every module in mind."""

import ast

from tests.architecture.sources import functions, modules, name_of, tree_of

FUNCTION_LINES = 40
MODULE_LINES = 400
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "service"}
DATA = {"store/tables.py"}
"""Declarations without a decision, which are read by looking one up."""


def test_functions_have_at_most_forty_lines() -> None:
    """A function of ours fits a screen.

    Routers and factories are counted without the functions inside them, and a mapping written down in one piece (a
    record as Zoho shows it) as one line.
    """
    long = [
        f"{name_of(path)}:{node.lineno} {node.name} has {own_lines(node)} lines"
        for path in modules()
        if "migrations" not in path.parts
        for node in functions(path)
        if own_lines(node) > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_modules_have_at_most_four_hundred_lines() -> None:
    """A module of ours has one subject."""
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    long = [
        f"{name} has {lines} lines"
        for name, lines in sizes.items()
        if lines > MODULE_LINES and name not in DATA and "migrations" not in name
    ]
    assert not long, "\n".join(long)


def test_module_names_say_what_is_inside() -> None:
    """No module is called by a word that fits anything."""
    vague = [name_of(path) for path in modules() if path.stem in FORBIDDEN_NAMES]
    assert not vague


def test_every_module_says_what_it_is_for() -> None:
    """Each module begins with a docstring."""
    mute = [name_of(path) for path in modules() if not ast.get_docstring(tree_of(path))]
    assert not mute


def own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's code: without docstring and inner functions, a mapping counted as one line."""
    apart = outermost([each for each in ast.walk(node) if each is not node and isinstance(each, APART)])
    lines = _length(node) - sum(_length(each) - isinstance(each, ast.Dict) for each in apart)
    return lines - (_length(node.body[0]) if ast.get_docstring(node) is not None else 0)


APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Dict)


def outermost(nodes: list[ast.AST], /) -> list[ast.AST]:
    """Those that are inside no other."""
    inside = {id(inner) for node in nodes for inner in ast.walk(node) if inner is not node}
    return [node for node in nodes if id(node) not in inside]


def _length(node: ast.AST) -> int:
    assert isinstance(node, ast.stmt | ast.expr)
    return (node.end_lineno or node.lineno) - node.lineno + 1
