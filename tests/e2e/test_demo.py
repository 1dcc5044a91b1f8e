"""``bookbridge demo``: the first thing anybody runs."""

import os
import re
import signal
import subprocess
from pathlib import Path

import httpx2

from bookbridge.cli.demo import MARK
from tests.support.processes import BIN, LIMIT_S, clean_environment, run


def test_the_demo_shows_orders_becoming_invoices(tmp_path: Path) -> None:
    """From nothing to a summary in one command: 58 invoices, no duplicate, one refresh of the token."""
    outcome = run("bookbridge", "demo", "--once", cwd=tmp_path)
    assert outcome.code == 0, outcome.out
    assert "58 invoices created, 0 duplicates," in outcome.out
    assert "1 refresh of the access token" in outcome.out
    assert re.search(r"total GBP +15,618\.83", outcome.out)


def test_the_demo_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """An earlier demo's folder is made anew, the link opens the status page, Ctrl-C ends everything."""
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / MARK).touch()
    (tmp_path / ".demo" / "bookbridge.db").write_text("left by an earlier demo")
    command = subprocess.Popen(
        [str(BIN / "bookbridge"), "demo"],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert command.stdout is not None
        link = ""
        while not link:
            line = command.stdout.readline()
            assert line, "the demo ended early"
            link = line.strip() if "/login?token=" in line else ""
        page = httpx2.get(link, timeout=30.0)
        assert page.status_code == 200, page.text
        os.killpg(command.pid, signal.SIGINT)
        said, _ = command.communicate(timeout=LIMIT_S)
        assert "Stopped." in said
        assert command.returncode == 0
    finally:
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
            command.wait()


def test_the_demo_spares_a_folder_it_did_not_make(tmp_path: Path) -> None:
    """``.demo`` is removed only when an earlier demo made it."""
    mine = tmp_path / ".demo" / "mine"
    mine.parent.mkdir()
    mine.write_text("precious")
    outcome = run("bookbridge", "demo", "--once", cwd=tmp_path)
    assert outcome.code == 1
    assert mine.read_text() == "precious"
