"""In continuous integration nothing is skipped silently."""

from pathlib import Path

from tests.architecture.sources import ROOT
from tests.support.processes import Outcome, run

SUITE = """
import pytest

@pytest.mark.skip(reason="no chromium is installed")
def test_one() -> None: ...

@pytest.mark.skip(reason="BOOKBRIDGE_SPEC_DIR names no directory")
def test_two() -> None: ...

@pytest.mark.xfail(strict=True)
def test_three() -> None:
    raise AssertionError

def test_four() -> None: ...
"""


def outcome_of(folder: Path, **variables: str) -> Outcome:
    """Run a small suite with our plug-in."""
    (folder / "test_small.py").write_text(SUITE)
    (folder / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_package')\n")
    options = ("-p", "tests.support.skips", "-p", "no:cacheprovider", "-q", "-rA", "--continue-on-collection-errors")
    return run("pytest", *options, str(folder), cwd=folder, env={"PYTHONPATH": str(ROOT), **variables})


def test_a_skip_is_a_failure_where_everything_must_run(tmp_path: Path) -> None:
    """Skipped tests and modules fail with their reason; listed reasons, expected failures and the rest do not."""
    outcome = outcome_of(tmp_path, BOOKBRIDGE_NO_SKIPS="1")
    assert outcome.code == 1, outcome.out
    assert "1 passed, 1 skipped, 1 xfailed, 2 errors" in outcome.out
    assert "skipped, which is not allowed here: no chromium is installed" in outcome.out


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    """A machine that lacks something runs the rest."""
    outcome = outcome_of(tmp_path)
    assert outcome.code == 0, outcome.out
    assert "1 passed, 3 skipped, 1 xfailed" in outcome.out
