"""A sync that is killed leaves nothing that the next one does not make good."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.mirror import differences, mirrored, rows_of, synced, zoho_without_limits
from tests.support.processes import clean_environment
from tests.support.sandbox import Zoho

KILLS = 2
COMMAND = [sys.executable, "-c", "from bookbridge.cli.main import run; run()", "sync", "--full"]


@pytest.mark.durability
def test_a_killed_sync_leaves_a_mirror_that_becomes_equal_to_its_source(sqlite_url: str, tmp_path: Path) -> None:
    """kill -9 at random moments of a first sync, while somebody edits and deletes; then one sync to its end."""
    chance = random.Random(5)
    with zoho_without_limits() as zoho:
        zoho.control("fill", {"invoices": 260, "months": 6})
        given = {**zoho.server.env, "BOOKBRIDGE_HOME": str(tmp_path), "BOOKBRIDGE_DATABASE_URL": sqlite_url}
        environment = clean_environment(**given, BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE="0", BOOKBRIDGE_TIME_SCALE="0.05")
        zoho.control("latency", {"ms": 40})
        for _ in range(KILLS):
            _killed(zoho, environment, after_s=chance.uniform(0.0, 0.8))
            draft = next(row for row in rows_of(zoho, "/invoices", "invoices") if row["status"] == "draft")
            assert zoho.books("DELETE", f"/invoices/{draft['invoice_id']}").status_code == 200
        zoho.control("latency", {"ms": 0})
        with mirrored(zoho, sqlite_url, tmp_path) as app:
            synced(app)
            assert differences(app, zoho) == {}


def _killed(zoho: Zoho, environment: dict[str, str], *, after_s: float) -> None:
    """Start a sync, and kill it some time after its first call."""
    zoho.books("GET", "/organizations")
    seen = zoho.control("requests")[-1]["seq"]
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and not zoho.control(f"requests?after={seen}"):
            time.sleep(0.05)
        time.sleep(after_s)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
