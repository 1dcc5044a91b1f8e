"""A sync that is killed leaves nothing that the next one does not make good."""

import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bookbridge.mirror.entities import ENTITIES
from tests.support.mirror import living, mirrored, synced, zoho_without_limits
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
            for entity in ENTITIES:
                theirs = {row[entity.id]: row for row in rows_of(zoho, entity.path, entity.many, entity.params)}
                ours = living(app, entity.name)
                assert set(ours) == set(theirs), entity.name
                differ = [each for each, row in ours.items() if balance(row.payload) != balance(theirs[each])]
                assert not differ, entity.name


def balance(row: Any) -> Decimal:
    """What is open of a document; 0 for what has no balance."""
    return Decimal(str(row.get("balance") or 0))


def rows_of(zoho: Zoho, path: str, many: str, params: Any = None) -> list[dict[str, Any]]:
    """Every row of a list, as anybody can read it."""
    rows: list[dict[str, Any]] = []
    page, more = 1, True
    while more:
        body = zoho.books("GET", path, params={**(params or {}), "page": page, "per_page": 200}).json()
        rows += body[many]
        page, more = page + 1, body["page_context"]["has_more_page"]
    return rows


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
