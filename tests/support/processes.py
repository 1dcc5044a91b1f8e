"""Running our own commands as real processes, always bounded in time."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
LIMIT_S = 180.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended; ``out`` is both its streams."""

    code: int
    out: str


def clean_environment(**variables: str) -> dict[str, str]:
    """An environment without a setting of ours or of the guide, and with ``variables``."""
    mine = ("BOOKBRIDGE_", "ZOHO_", "DATABASE_URL", "PORT", "REPL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return {**kept, **variables}


def run(
    *command: str, cwd: Path | None = None, limit_s: float = LIMIT_S, env: Mapping[str, str] | None = None
) -> Outcome:
    """Run a program of the virtual environment to its end, in a clean environment with ``env`` on top."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=cwd,
        env=clean_environment(**(env or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit_s,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)
