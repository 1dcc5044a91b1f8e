"""The README's table says what was measured: every row comes from a kept figure, and every bench can be run as one."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
HELPERS = frozenset({"filled", "lab", "run", "table"})


def module(name: str) -> ModuleType:
    """A module of ``bench/``."""
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def test_make_bench_runs_every_program() -> None:
    """A new program under ``bench/`` is part of ``make bench``."""
    programs = {path.stem for path in (ROOT / "bench").glob("*.py")} - HELPERS
    assert programs == set(module("run").BENCHES)


def test_the_table_in_the_readme_is_written_from_the_kept_figures() -> None:
    """Nobody copies a figure by hand; ``make docs`` writes the table."""
    table = module("table")
    assert table.render(table.kept()) in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("bench", sorted(module("table").kept()["benches"]))
def test_a_kept_figure_says_how_and_when_it_was_measured(bench: str) -> None:
    """A command anybody can run, a day, and a row that shows it."""
    table = module("table")
    entry = table.kept()["benches"][bench]
    assert entry["command"].startswith(("python bench/", "bookbridge campaign "))
    assert len(entry["date"]) == 10
    assert any(row.bench == bench and row.shows(entry["figures"]) for row in table.ROWS) or bench == "budget"


def test_a_table_leaves_out_what_was_never_measured() -> None:
    """A row without figures is not shown."""
    assert module("table").render({"machine": "x", "benches": {}}).count("\n") == 3
