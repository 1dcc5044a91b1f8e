"""Continuous integration installs what a machine lacks and lets no test be skipped in silence."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import BROWSERS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "run"


def run_without(folder: Path, *missing: str, has: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Run the script on a machine whose programs all only say that they were called.

    Returns what was installed with apt-get, and the variables that ``make test`` was given.
    """
    log = folder / "log"
    for name in ("dirname", "id"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name in {"make", "python3", "apt-get", *has} - set(missing):
        program = folder / name
        program.write_text(
            f'#!{shutil.which("bash")}\necho "{name} $* $BOOKBRIDGE_NO_SKIPS$BOOKBRIDGE_REQUIRE_BROWSER" >> {log}\n'
        )
        program.chmod(0o755)
    for name in missing:
        if name == "python3":
            (folder / name).write_text(f"#!{shutil.which('bash')}\nexit 1\n")
            (folder / name).chmod(0o755)
    (folder / "sudo").write_text(f'#!{shutil.which("bash")}\n"$@"\n')
    (folder / "sudo").chmod(0o755)
    subprocess.run(
        [str(shutil.which("bash")), str(SCRIPT)], env={"PATH": str(folder)}, check=False, capture_output=True
    )
    said = log.read_text().splitlines()
    return [line for line in said if line.startswith("apt-get install")], [
        line for line in said if line.startswith("make test")
    ]


def test_it_installs_what_is_missing(tmp_path: Path) -> None:
    """Neither a browser nor the module venv: both are installed, then everything is run."""
    installed, made = run_without(tmp_path, "python3")
    assert len(installed) == 1 and {"python3-venv", "chromium"} <= set(installed[0].split())
    assert made == ["make test 11"]


@pytest.mark.parametrize("browser", BROWSERS)
def test_any_browser_that_the_tests_can_use_is_enough(tmp_path: Path, browser: str) -> None:
    """It and the tests look for the same programs."""
    installed, made = run_without(tmp_path, has=(browser,))
    assert installed == []
    assert made == ["make test 11"]
